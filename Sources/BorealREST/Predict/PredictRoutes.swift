import BorealBase
import BorealCatalog
import BorealEngine
import BorealHTTP
import BorealRemote
import Synchronization

/// `_predict` and `_predict/stream`. A handler starts the calls and goes; the answer follows from
/// whatever thread brings it.
struct PredictRoutes: Sendable {
    private let settings: ClusterSettings
    private let rates = CallRates()

    private static let base = "/_plugins/_ml"

    init(_ settings: ClusterSettings) { self.settings = settings }

    var routes: [RESTRoute] {
        [
            RESTRoute(.post, "\(Self.base)/models/{id}/_predict", later: predict),
            RESTRoute(.post, "\(Self.base)/_predict/{algorithm}/{id}", later: predict),
            RESTRoute(.post, "\(Self.base)/models/{id}/_predict/stream", later: stream),
            RESTRoute(.post, "\(Self.base)/models/{id}/_batch_predict") {
                (_) throws(RESTError) -> RESTAnswer in
                throw .illegalArgument(
                    "_batch_predict is not supported; use PREDICT with mode='async' in SQL"
                )
            },
        ]
    }

    private func predict(_ request: RESTRequest, _ responder: RESTResponder) {
        do throws(RESTError) {
            let (prediction, interface) = try bound(request)
            let writer = responder.writer
            let tickets = prediction.send(cancellation: writer.cancellation) { result in
                do throws(RESTError) {
                    let json = try result.mapError { RESTError($0) }.get()
                    try interface.check(json, .output)
                    responder.respond(RESTAnswer(json))
                } catch {
                    responder.fail(error)
                }
            }
            writer.onGone { for ticket in tickets { ticket.cancel() } }
        } catch {
            responder.fail(error)
        }
    }

    private func stream(_ request: RESTRequest, _ responder: RESTResponder) {
        do throws(RESTError) {
            let (prediction, _) = try bound(request, isStream: true)
            let answer = EventAnswer(responder.writer)
            let ticket = prediction.stream(
                cancellation: responder.writer.cancellation,
                onEvents: { answer.pass($0) },
                completion: { error in
                    guard let error else { return answer.end() }
                    let known = RESTError(error)
                    if !answer.end(with: known.json) { responder.fail(known) }
                }
            )
            responder.writer.onGone { ticket?.cancel() }
        } catch {
            responder.fail(error)
        }
    }

    // MARK: - Binding

    private func bound(
        _ request: RESTRequest,
        isStream: Bool = false
    ) throws(RESTError) -> (RemotePrediction, CallInterface) {
        let model = try ModelRoutes.find(request, orElse: .status(404, "Failed to find model"))
        try request.checkRemoteInference()
        let details = ModelDetails(model)
        guard details.json["is_enabled"]?.bool ?? true else {
            throw .status(403, "Model is disabled.")
        }
        guard rates.admits(details.json["rate_limiter"], model.contractID) else {
            throw .status(429, "Request is throttled at model level.")
        }
        let algorithm = request.place("algorithm")
        let body = try request.object(orElse: .parse("Predict request has empty body"))
        let prediction: RemotePrediction
        let interface: CallInterface
        do throws(ContractError) {
            interface = try CallInterface(details.json["interface"], of: model.contractID)
        } catch {
            throw RESTError(error)
        }
        try interface.check(body, .input)
        do throws(ContractError) {
            var input = try PredictInput(
                body,
                isAboutTexts: !algorithm.isEmpty && algorithm.asciiLowercased != "remote"
            )
            if isStream, case .parameters(let given) = input {
                input = .parameters(given + [("stream", .bool(true))])
            }
            prediction = try RemotePrediction(
                model,
                input,
                request.engine,
                request.access,
                line: "POST \(request.http.path)"
            )
        } catch {
            throw RESTError(error)
        }
        // The last step: a request that is turned down deploys nothing.
        try ready(model, request)
        return (prediction, interface)
    }

    /// A model that was never deployed is deployed now, if that may be; one that was undeployed by
    /// hand is not.
    private func ready(_ model: Model, _ request: RESTRequest) throws(RESTError) {
        guard model.status != .serving else { return }
        guard !model.contract.isUndeployed else {
            throw .status(400, "Model not ready yet. Please deploy the model first.")
        }
        guard model.status == .saved else {
            throw .status(400, "Model not ready yet. Please deploy the model first.")
        }
        let setting = ModelDetails(model).json["deploy_setting"]
        // What is no truth value was refused when it was set.
        let isAllowed = (try? setting?.flag("is_auto_deploy_enabled")).flatMap { $0 } ?? true
        guard settings.deploysAutomatically, isAllowed else {
            throw .illegalArgument(
                "Auto deployment disabled for this model, please deploy model first "
                    + "Model ID: \(model.contractID)"
            )
        }
        try request.change { change in
            guard let model = change.snapshot.model(contractID: model.contractID),
                model.status == .saved
            else { return }
            try ModelRoutes.deploy(model, change)
        }
    }
}

/// A streamed answer: the head goes with the first event, so that a failure before it is an
/// ordinary answer with its status.
final class EventAnswer: Sendable {
    private let writer: ResponseWriter
    private let hasStarted = Mutex(false)

    init(_ writer: ResponseWriter) { self.writer = writer }

    /// - Returns: false when the client has gone.
    func pass(_ events: [UInt8]) -> Bool {
        begin()
        return writer.write(events)
    }

    func end() {
        begin()
        writer.end()
    }

    /// Behind the first event a failure is an event too, and no `[DONE]` follows.
    ///
    /// - Returns: false when nothing has been sent yet.
    func end(with failure: JSON) -> Bool {
        guard hasStarted.withLock({ $0 }) else { return false }
        _ = writer.write(Array("data: \(failure.description)\n\n".utf8))
        writer.end()
        return true
    }

    private func begin() {
        let isFirst = hasStarted.withLock { hasStarted in
            defer { hasStarted = true }
            return !hasStarted
        }
        guard isFirst else { return }
        writer.start(
            status: 200,
            headers: ["Content-Type": "text/event-stream", "Cache-Control": "no-cache"]
        )
    }
}

/// How often models may be called: their `rate_limiter`, one bucket a model.
final class CallRates: Sendable {
    private struct Bucket {
        var rule: JSON
        var level: Double
        var filledAt: UInt64
    }

    private let buckets = Mutex<[String: Bucket]>([:])
    private static let bucketsMax = 10_000

    private static let seconds: [String: Double] = [
        "NANOSECONDS": 1e-9, "MICROSECONDS": 1e-6, "MILLISECONDS": 1e-3, "SECONDS": 1,
        "MINUTES": 60, "HOURS": 3_600, "DAYS": 86_400,
    ]

    /// Takes a call from the bucket of a model.
    ///
    /// - Parameters:
    ///   - rule: `{"limit": "4", "unit": "MINUTES"}`; nil for no limit.
    ///   - now: nanoseconds of a clock that only goes forward.
    func admits(
        _ rule: JSON?,
        _ model: String,
        at now: UInt64 = MonotonicClock.nanoseconds
    ) -> Bool {
        guard let rule, let limit = rule["limit"]?.string.flatMap({ Double($0) }),
            let period = rule["unit"]?.string.flatMap({ Self.seconds[$0] })
        else { return true }
        return buckets.withLock { buckets in
            if buckets.count >= Self.bucketsMax { buckets = [:] }
            // A changed rule starts with a full bucket.
            var bucket =
                buckets[model].flatMap { $0.rule == rule ? $0 : nil }
                ?? Bucket(rule: rule, level: max(1, limit), filledAt: now)
            let passed = Double(now - min(now, bucket.filledAt)) / 1e9
            bucket.level = min(max(1, limit), bucket.level + passed / period * limit)
            bucket.filledAt = now
            let isAdmitted = bucket.level >= 1
            if isAdmitted { bucket.level -= 1 }
            buckets[model] = bucket
            return isAdmitted
        }
    }
}
