package import BorealBase
package import BorealCatalog
package import BorealRemote
import BorealTables

/// A connector as the calls of one model see it: what it says, and how its keys open.
struct ConnectorBinding: Sendable {
    /// Headers of a request.
    typealias Headers = [(name: String, value: String)]

    let connector: Connector
    /// Tells one connector's keys from another's.
    let identity: String
    /// Grows with every change of it.
    let revision: Int
    /// Of a model that SQL describes: its limits and prices hold on this way too.
    let options: RemoteModelOptions?
    /// Its keys by name, opened for one request.
    private let keys: @Sendable () throws(RemoteModelError) -> [String: String]
    /// The headers of a model that SQL describes, whatever the connector says.
    private let fixed: (@Sendable () throws(RemoteModelError) -> Headers)?

    /// The headers of a request.
    ///
    /// - Parameter filled: fills the connector's templates with keys by name.
    /// - Throws: `RemoteModelError` CONFIG for a key that does not open and a place without value.
    func headers(
        _ filled: ((String) -> String?) throws(ContractError) -> Headers
    ) throws(RemoteModelError) -> Headers {
        if let fixed { return try fixed() }
        let keys = try keys()
        do throws(ContractError) {
            return try filled { keys[$0] }
        } catch {
            throw RemoteModelError(.config, error.reason)
        }
    }

    /// Keys that a service may have repeated, to be hidden.
    var secrets: [String] {
        // What does not open was not sent.
        Array(((try? keys()) ?? [:]).values)
    }

    /// A connector of the REST contract, its keys sealed under its own id.
    init(_ document: CatalogDocument, _ vault: SecretVault) throws(RemoteModelError) {
        // Only JSON was stored.
        let body = (try? JSON.parse(Array(document.body.utf8), keepsDigits: true)) ?? .null
        do throws(ContractError) {
            connector = try Connector(body, hasAccessControl: true)
        } catch {
            throw RemoteModelError(.config, error.reason)
        }
        identity = "connector \(document.id)"
        revision = Int(document.updated.microseconds)
        options = nil
        fixed = nil
        let id = document.id
        // Only JSON was stored; without keys it is empty.
        let sealed = (try? JSON.parse(document.secrets))?.object ?? []
        keys = { () throws(RemoteModelError) in
            var keys: [String: String] = [:]
            for (name, value) in sealed {
                let field = Connector.sealedField(name)
                keys[name] = try vault.open(value.string ?? "", model: id, field: field).text
            }
            return keys
        }
    }

    /// A model that SQL describes, written as a connector.
    ///
    /// - Throws: `RemoteModelError` CONFIG for one with a template of its own.
    init(
        _ record: RemoteModelRecord,
        _ bound: BoundModel,
        _ vault: SecretVault
    ) throws(RemoteModelError) {
        guard let connector = Connector(of: record, name: bound.model.name) else {
            throw RemoteModelError(.config, "it has a template of its own; call it from SQL")
        }
        self.connector = connector
        identity = bound.model.key
        revision = Int(bound.version.changed.microseconds)
        options = record.options
        keys = { () throws(RemoteModelError) in
            try vault.key(of: bound).map { ["token": $0.text] } ?? [:]
        }
        fixed = { () throws(RemoteModelError) in try record.headers(key: try vault.key(of: bound)) }
    }
}

/// A predict request of the REST contract for a remote model, bound to the connector that calls it.
package struct RemotePrediction: Sendable {
    private let engine: Engine
    private let access: ModelAccess
    private let bound: BoundModel
    private let binding: ConnectorBinding
    private let call: ConnectorCall
    /// Method and path, for the audit log.
    private let line: String

    /// What comes of a call: `inference_results`.
    package typealias Completion = @Sendable (Result<JSON, ContractError>) -> Void

    /// - Parameter line: method and path.
    /// - Throws: `ContractError`: what the input lacks, an address that is not trusted.
    package init(
        _ model: Model,
        _ input: PredictInput,
        _ engine: Engine,
        _ access: ModelAccess,
        line: String
    ) throws(ContractError) {
        self.engine = engine
        self.access = access
        self.line = line
        bound = BoundModel(model: model, version: model.defaultVersion)
        do throws(RemoteModelError) {
            binding = try engine.remote.connector(of: bound)
        } catch {
            throw .status(500, error.text)
        }
        call = try ConnectorCall(binding.connector, .predict, input)
        let trusted: TrustedList
        do throws(RemoteModelError) { trusted = try engine.trustedEndpoints() } catch {
            throw .status(500, error.text)
        }
        for request in call.requests { try trusted.checkConnector(request.address) }
    }

    /// Sends all requests side by side; one failure fails the whole.
    ///
    /// - Parameters:
    ///   - cancellation: set when the client has gone.
    ///   - completion: called once, on any thread.
    ///
    /// - Returns: what stops the requests.
    package func send(
        cancellation: CancellationFlag,
        completion: @escaping Completion
    ) -> [RemoteTicket] {
        let started = MonotonicClock.milliseconds
        let parts = GatheredAnswers(call.requests.count) { bodies in
            let result = answer(bodies)
            tell(result, since: started)
            completion(result)
        }
        return call.requests.enumerated().compactMap { place, request in
            submit(request, nil, cancellation) { parts.receive($0, at: place) }
        }
    }

    /// Sends a call whose events are passed on as they come.
    ///
    /// - Returns: what stops it; nil when nothing was sent.
    package func stream(
        cancellation: CancellationFlag,
        onEvents: @escaping @Sendable ([UInt8]) -> Bool,
        completion: @escaping @Sendable (ContractError?) -> Void
    ) -> RemoteTicket? {
        guard call.requests.count == 1 else {
            completion(.illegalArgument("a stream takes one request"))
            return nil
        }
        let started = MonotonicClock.milliseconds
        let passage = StreamPassage(shownName: nil, write: onEvents)
        return submit(call.requests[0], passage, cancellation) { result in
            switch result {
            case .success:
                tell(.success(.null), since: started)
                completion(nil)
            case .failure(let error):
                tell(.failure(Self.refusal(error)), since: started)
                completion(Self.refusal(error))
            }
        }
    }

    private func submit(
        _ request: ConnectorCall.Request,
        _ passage: StreamPassage?,
        _ cancellation: CancellationFlag,
        _ completion: @escaping @Sendable (Result<[UInt8], RemoteModelError>) -> Void
    ) -> RemoteTicket? {
        let dispatcher: RemoteDispatcher
        do throws(RemoteModelError) { dispatcher = try engine.remote.dispatcher() } catch {
            completion(.failure(error))
            return nil
        }
        var submission = RemoteSubmission(
            rows: [.written(request.body)],
            model: engine.remote.runtime(of: bound, binding, call, request, passage != nil),
            user: access.owner,
            statement: engine.remote.nextStatement()
        )
        submission.cancellation = cancellation
        submission.passage = passage
        return dispatcher.submit(submission) { outcomes in
            let outcome = outcomes.first.flatMap { $0 }
            completion(
                outcome?.result.map { answer in
                    guard case .written(let body) = answer.value else { return [] }
                    return body
                } ?? .success([])
            )
        }
    }

    private func answer(
        _ parts: [Result<[UInt8], RemoteModelError>]
    ) -> Result<JSON, ContractError> {
        Result { () throws(ContractError) in
            var results: [JSON] = []
            for (request, part) in zip(call.requests, parts) {
                switch part {
                case .failure(let error): throw Self.refusal(error)
                case .success(let body):
                    let tensors = try call.tensors(body, of: request)
                    results.append(
                        .object([("output", .array(tensors)), ("status_code", .integer(200))])
                    )
                }
            }
            return .object([("inference_results", .array(results))])
        }
    }

    /// A failure in the contract's words.
    private static func refusal(_ error: RemoteModelError) -> ContractError {
        switch error.code {
        case .upstream4xx, .upstream5xx, .rateLimit, .filtered:
            guard let status = error.status else { return .status(429, error.text) }
            let words = error.text.dropFirst("status \(status): ".count)
            guard !words.isEmpty else {
                return .status(
                    status,
                    "Remote service returned error status \(status) with empty body"
                )
            }
            return .status(status, "Error from remote service: \(words)")
        case .policy: return policyRefusal(error)
        case .config: return .illegalArgument(error.text)
        case .budget: return .status(429, error.text)
        case .busy: return .status(429, "Error communicating with remote model: \(error.text)")
        case .breakerOpen: return .status(503, error.text)
        case .timeout: return .status(504, "Error communicating with remote model: \(error.text)")
        default: return .status(502, "Error communicating with remote model: \(error.text)")
        }
    }

    /// The contract has a sentence for private addresses.
    private static func policyRefusal(_ error: RemoteModelError) -> ContractError {
        let parts = error.text.split(separator: "'", maxSplits: 2)
        guard error.text.contains("which this server may not reach"), let host = parts.first else {
            return .illegalArgument(error.text)
        }
        return .illegalArgument("Remote inference host name has private ip address: \(host)")
    }

    private func tell(_ result: Result<JSON, ContractError>, since started: UInt64) {
        var event = AuditEvent(
            "model",
            user: access.rights.user,
            host: access.rights.clientHost
        )
        event.statement = line
        event.model = bound.label
        event.milliseconds = MonotonicClock.milliseconds - started
        switch result {
        case .success: event.rows = UInt64(call.requests.count)
        case .failure(let error): event.outcome = "\(error.status) \(error.reason)"
        }
        engine.audit.record(event)
    }
}
