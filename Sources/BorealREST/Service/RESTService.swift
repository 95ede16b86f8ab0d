import BorealBase
package import BorealCatalog
package import BorealEngine
package import BorealHTTP
import BorealNet

/// The REST contract of remote models: routes below `/_plugins/_ml` and `/_cluster/settings`.
/// Handlers run on workers, but for predictions that take less; nothing here waits for a remote
/// model.
package struct RESTService: Sendable {
    /// Who asks, or the answer for those who may not.
    package enum Login: Sendable {
        case account(Account)
        case refused(HTTPResponse)
    }

    private let engine: Engine
    private let routes: RESTRoutes
    private let login: @Sendable (HTTPRequest) -> Login

    /// What every route knows.
    private static let commonParameters: Set<String> = [
        "pretty", "human", "error_trace", "filter_path", "format",
    ]
    /// Bytes of a body; a larger one is answered with 413.
    private static let bodyBytesMax = 1 << 20

    /// - Parameters:
    ///   - login: opens an account by the request's credentials.
    package init(
        engine: Engine,
        login: @escaping @Sendable (HTTPRequest) -> Login
    ) {
        self.engine = engine
        self.login = login
        let settings = ClusterSettings(engine)
        routes = RESTRoutes(
            settings.routes + ConnectorRoutes(settings).routes + ModelRoutes(settings).routes
                + ModelGroupRoutes.routes + TaskRoutes.routes + StatsRoutes.routes
                + PredictRoutes(settings).routes
        )
    }

    /// Puts all of it behind a door.
    package func register(in router: inout Router) {
        let methods: [HTTPMethod] = [.get, .post, .put, .delete, .patch]
        for pattern in ["/_plugins/{rest...}", "/_cluster/{rest...}"] {
            for method in methods {
                router.on(
                    method,
                    pattern,
                    place: .loopIf { QuickCalls.containsPrediction($0, engine) },
                    bodyBytesMax: Self.bodyBytesMax
                ) { request, writer in
                    answer(request, writer)
                }
            }
        }
    }

    private func answer(_ request: HTTPRequest, _ writer: ResponseWriter) {
        let account: Account
        switch login(request) {
        case .account(let found): account = found
        case .refused(let response): return writer.respond(Self.enveloped(response))
        }
        let uri = request.path + (request.query.map { "?" + $0 } ?? "")
        switch routes.match(request.method, request.segments) {
        case .found(let route, let places):
            let filter: FilterPath?
            let isPretty = request.queryItems.contains {
                $0.name == "pretty" && $0.value != "false"
            }
            do throws(RESTError) {
                try Self.checkParameters(request, route)
                filter = try request.queryValue("filter_path").map { (text) throws(RESTError) in
                    try FilterPath(text)
                }
            } catch {
                return writer.respond(RESTResponder.response(error.json, error.status))
            }
            let responder = RESTResponder(
                writer,
                isPretty: isPretty,
                filter: filter,
                ended: audit(request, account)
            )
            let known = RESTRequest(
                engine: engine,
                http: request,
                account: account,
                places: places
            )
            route.action(known, responder)
        case .otherMethods(let methods):
            writer.respond(Self.wrongMethod(request.method, methods, uri))
        case .unknown:
            let words = "no handler found for uri [\(uri)] and method [\(request.method.rawValue)]"
            writer.respond(RESTResponder.response(.object([("error", .string(words))]), 400))
        }
    }

    /// What changes or asks a model is told to the audit log, without its body.
    private func audit(
        _ request: HTTPRequest,
        _ account: Account
    ) -> @Sendable (RESTError?) -> Void {
        let isReading = request.method == .get || request.method == .head
        guard !isReading, request.segments.last != "_search" else { return { _ in } }
        let started = MonotonicClock.milliseconds
        return { [engine] error in
            var event = AuditEvent("model", user: account.name.user, host: request.peer.host)
            event.statement = "\(request.method.rawValue) \(request.path)"
            event.milliseconds = MonotonicClock.milliseconds - started
            if let error { event.outcome = "\(error.status) \(error.reason)" }
            engine.audit.record(event)
        }
    }

    private static func checkParameters(
        _ request: HTTPRequest,
        _ route: RESTRoute
    ) throws(RESTError) {
        var unknown: [String] = []
        for item in request.queryItems
        where !commonParameters.contains(item.name) && !route.parameters.contains(item.name) {
            if !unknown.contains(item.name) { unknown.append(item.name) }
        }
        guard !unknown.isEmpty else { return }
        let names = unknown.prefix(10).map { "[\($0)]" }.joined(separator: ", ")
        throw .illegalArgument(
            "request [\(request.path)] contains unrecognized parameter"
                + "\(unknown.count > 1 ? "s" : ""): \(names)"
        )
    }

    private static func wrongMethod(
        _ method: HTTPMethod,
        _ methods: [HTTPMethod],
        _ uri: String
    ) -> HTTPResponse {
        let allowed = methods.map(\.rawValue).joined(separator: ", ")
        let words =
            "Incorrect HTTP method for uri [\(uri)] and method [\(method.rawValue)], "
            + "allowed: [\(allowed)]"
        var response = RESTResponder.response(
            .object([("error", .string(words)), ("status", .integer(405))]),
            405
        )
        response.headers.append("Allow", allowed)
        return response
    }

    /// What the door says to those who may not enter, in the contract's form.
    private static func enveloped(_ refusal: HTTPResponse) -> HTTPResponse {
        var reason = HTTPStatus.reason(refusal.status)
        if case .bytes(let bytes) = refusal.body {
            reason = String(decoding: bytes.filter { $0 != 0x0A }, as: UTF8.self)
        }
        let error = RESTError(type: "security_exception", reason, status: refusal.status)
        var response = RESTResponder.response(error.json, error.status)
        if let schemes = refusal.headers["WWW-Authenticate"] {
            response.headers.append("WWW-Authenticate", schemes)
        }
        return response
    }
}
