package import BorealBase
import BorealCatalog
package import BorealRemote
import BorealTables

/// A request that a client wrote in a service's own form, for a remote model of the registry: the
/// operator's own address. Body and answer pass unchanged but for the model's name and the key;
/// rights, pools, limits, cache, budgets and meters are those of the SQL side.
package struct RemotePassage: Sendable {
    /// How a service is spoken to.
    package enum Form: String, Sendable {
        case chat = "chat completions"
        case completions = "completions"
        case embeddings = "embeddings"
        case rerank = "rerank"
        case dashScopeRerank = "DashScope's rerank"

        /// The services that take it.
        fileprivate var codecs: [BuiltInCodec] {
            switch self {
            case .chat: [.openAIChat]
            case .completions: [.completions]
            case .embeddings: [.openAIEmbedding]
            case .rerank: [.openAIRerank, .cohereRerank]
            case .dashScopeRerank: [.dashScopeRerank]
            }
        }

        /// Whether its answers may come as events.
        fileprivate var mayStream: Bool { self == .chat || self == .completions }
    }

    /// One request.
    package struct Request: Sendable {
        package var form: Form
        package var body: [UInt8]
        package var access: ModelAccess
        /// Method and path, for the audit log.
        package var line: String

        package init(form: Form, body: [UInt8], access: ModelAccess, line: String) {
            self.form = form
            self.body = body
            self.access = access
            self.line = line
        }
    }

    /// What the whole answer is, or why there is none.
    package typealias Completion = @Sendable (Result<[UInt8], PassageError>) -> Void

    /// A name and a version with the colon between them.
    private static let nameBytesMax = 2 * 256 + 1

    private let engine: Engine
    private let request: Request
    private let bound: BoundModel
    private let runtime: RemoteModelRuntime
    private let head: PassedHead
    /// As the client wrote it.
    private let name: String
    /// The answer comes as events.
    package let isStream: Bool

    /// Binds a request to its model; nothing is sent yet.
    ///
    /// - Throws: `PassageError` for a body that is no JSON object with a model's name, a model that
    ///   is not there, may not be asked or is spoken to in another form.
    package init(_ request: Request, _ engine: Engine) throws(PassageError) {
        self.engine = engine
        self.request = request
        do throws(RemoteModelError) {
            head = try PassedHead(request.body)
        } catch {
            throw .badRequest("the body cannot be read: \(error.text)")
        }
        guard let name = head.model, !name.isEmpty else {
            throw .badRequest("you must provide a model parameter", parameter: "model")
        }
        guard name.utf8.count <= Self.nameBytesMax else {
            throw .badRequest(
                "model is a name of at most \(Self.nameBytesMax) bytes",
                parameter: "model"
            )
        }
        self.name = name
        isStream = head.isStream && request.form.mayStream
        do throws(ServerError) {
            let snapshot = engine.catalog.snapshot
            let address = ModelAddress(name, snapshot)
            try request.access.checkUse(address.name, snapshot)
            bound = try engine.models.usable(address.name, version: address.version)
        } catch {
            throw PassageError(error)
        }
        guard bound.version.modelClass == ModelClass.remote else {
            throw .badRequest("model '\(name)' is not a remote one", parameter: "model")
        }
        do throws(RemoteModelError) {
            runtime = try engine.remote.passage(
                of: bound,
                among: request.form.codecs,
                called: request.form.rawValue,
                shownName: name,
                isStream: isStream
            )
        } catch {
            throw PassageError(error)
        }
    }

    /// Sends the request.
    ///
    /// - Parameters:
    ///   - cancellation: set when the client has gone.
    ///   - onEvents: takes the events of a stream as they come; false when nobody reads.
    ///   - completion: called once, on any thread; the answer of a stream is empty.
    package func send(
        cancellation: CancellationFlag,
        onEvents: @escaping @Sendable ([UInt8]) -> Bool,
        completion: @escaping Completion
    ) -> RemoteTicket? {
        let dispatcher: RemoteDispatcher
        do throws(RemoteModelError) {
            dispatcher = try engine.remote.dispatcher()
        } catch {
            completion(.failure(PassageError(error)))
            return nil
        }
        var submission = RemoteSubmission(
            rows: [.written(head.body(request.body, for: runtime.upstreamName))],
            model: runtime,
            user: request.access.owner,
            statement: engine.remote.nextStatement()
        )
        submission.cancellation = cancellation
        if isStream { submission.passage = StreamPassage(shownName: name, write: onEvents) }
        let started = MonotonicClock.milliseconds
        return dispatcher.submit(submission) { outcomes in
            let result = Self.answer(of: outcomes)
            tell(result, since: started)
            completion(result)
        }
    }

    private static func answer(of outcomes: [RowOutcome?]) -> Result<[UInt8], PassageError> {
        switch outcomes.first.flatMap({ $0 })?.result {
        case .success(let answer)?:
            guard case .written(let body) = answer.value else { return .success([]) }
            return .success(body)
        case .failure(let error)?: return .failure(PassageError(error))
        case nil: return .success([])
        }
    }

    /// A line of the audit log.
    private func tell(_ result: Result<[UInt8], PassageError>, since started: UInt64) {
        let rights = request.access.rights
        var event = AuditEvent("model", user: rights.user, host: rights.clientHost)
        event.statement = request.line
        event.model = bound.label
        event.milliseconds = MonotonicClock.milliseconds - started
        switch result {
        case .success: event.rows = 1
        case .failure(let error): event.outcome = "\(error.status) \(error.message)"
        }
        engine.audit.record(event)
    }

    /// Remote models that the account may ask, in the order of their creation.
    package static func models(
        _ engine: Engine,
        _ access: ModelAccess
    ) -> [(name: String, created: Instant, owner: String)] {
        engine.catalog.snapshot.models.compactMap { model in
            guard model.defaultVersion.modelClass == ModelClass.remote, access.mayUse(model) else {
                return nil
            }
            return (model.name, model.created, model.owner)
        }
    }
}

/// Why a request was not answered, in the form that OpenAI's clients read.
package struct PassageError: Error, Equatable, Sendable {
    /// The HTTP status.
    package var status: Int
    /// The class of the failure, such as `invalid_request_error`.
    package var type: String
    /// The stable word; nil for none.
    package var code: String?
    package var message: String
    /// The member of the body that is wrong; nil for none.
    package var parameter: String?

    /// 400 for a request that cannot be sent.
    package static func badRequest(_ message: String, parameter: String? = nil) -> PassageError {
        PassageError(
            status: 400,
            type: "invalid_request_error",
            message: message,
            parameter: parameter
        )
    }

    /// What keeps a model from being asked.
    init(_ error: ServerError) {
        let (status, type, code): (Int, String, String?) =
            switch error.code {
            case .modelMissing: (404, "invalid_request_error", "model_not_found")
            case .tableAccessDenied: (403, "invalid_request_error", "model_access_denied")
            case .modelNotReady: (503, "server_error", "model_not_ready")
            default: (400, "invalid_request_error", nil)
            }
        self.init(status: status, type: type, code: code, message: error.message)
    }

    /// - Parameters: see the stored properties.
    package init(
        status: Int,
        type: String,
        code: String? = nil,
        message: String,
        parameter: String? = nil
    ) {
        self.status = status
        self.type = type
        self.code = code
        self.message = message
        self.parameter = parameter
    }

    /// What became of a call. A refusal of the service keeps its status.
    init(_ error: RemoteModelError) {
        let (status, type): (Int, String) =
            switch error.code {
            case .noModel: (404, "invalid_request_error")
            case .access, .policy: (403, "invalid_request_error")
            case .notDeployed, .breakerOpen: (503, "server_error")
            case .config, .filtered, .truncated: (400, "invalid_request_error")
            case .budget: (429, "insufficient_quota")
            case .busy, .rateLimit: (429, "rate_limit_error")
            case .connect, .badResponse: (502, "server_error")
            case .timeout: (504, "server_error")
            case .cancelled: (499, "server_error")
            case .upstream4xx: (error.status ?? 400, "invalid_request_error")
            case .upstream5xx: (error.status ?? 502, "server_error")
            }
        let word = error.code.rawValue.asciiLowercased
        self.init(status: status, type: type, code: word, message: error.text)
    }
}
