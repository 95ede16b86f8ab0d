import BorealBase
import BorealCatalog
package import BorealEngine
package import BorealHTTP
import BorealNet
import BorealRemote

/// The operator's own address: remote models of the registry asked in the forms of OpenAI and
/// DashScope. A client of those services works unchanged; `model` names a registry model, or one
/// version of it as `name:version`, and the key is a token of an account.
package struct ProviderService: Sendable {
    private let engine: Engine
    private let login: @Sendable (HTTPRequest) -> RESTService.Login

    /// Bytes of a body: a chat may hold pictures.
    private static let bodyBytesMax = 32 << 20

    /// What stands before the forms of OpenAI: their own prefix, and DashScope's.
    private static let prefixes = ["/v1", "/compatible-mode/v1", "/compatible-api/v1"]
    private static let forms: [(path: String, form: RemotePassage.Form)] = [
        ("/chat/completions", .chat), ("/completions", .completions),
        ("/embeddings", .embeddings), ("/rerank", .rerank), ("/reranks", .rerank),
    ]
    private static let dashScopeRerank = "/api/v1/services/rerank/text-rerank/text-rerank"

    /// - Parameter login: opens an account by the request's credentials.
    package init(
        engine: Engine,
        login: @escaping @Sendable (HTTPRequest) -> RESTService.Login
    ) {
        self.engine = engine
        self.login = login
    }

    /// Puts the routes behind a door.
    package func register(in router: inout Router) {
        for prefix in Self.prefixes {
            for (path, form) in Self.forms { post(prefix + path, form, &router) }
            router.on(.get, prefix + "/models") { request, writer in list(request, writer) }
            router.on(.get, prefix + "/models/{model*}") { request, writer in
                show(request, writer)
            }
        }
        post(Self.dashScopeRerank, .dashScopeRerank, &router)
    }

    private func post(_ path: String, _ form: RemotePassage.Form, _ router: inout Router) {
        router.on(
            .post,
            path,
            place: .loopIf { QuickCalls.contains($0, engine) },
            bodyBytesMax: Self.bodyBytesMax
        ) { request, writer in
            pass(request, form, writer)
        }
    }

    // MARK: - Calls

    private func pass(
        _ request: HTTPRequest,
        _ form: RemotePassage.Form,
        _ writer: ResponseWriter
    ) {
        guard let account = account(request, writer) else { return }
        do throws(PassageError) {
            let passage = try RemotePassage(
                RemotePassage.Request(
                    form: form,
                    body: request.body,
                    access: engine.access(of: account, clientHost: request.peer.host),
                    line: "\(request.method.rawValue) \(request.path)"
                ),
                engine
            )
            let events = EventAnswer(writer)
            let ticket = passage.send(
                cancellation: writer.cancellation,
                onEvents: { events.pass($0) },
                completion: { result in
                    switch result {
                    case .success where passage.isStream: events.end()
                    case .success(let body): writer.respond(Self.answer(body))
                    case .failure(let error):
                        if !events.end(with: error.json) { writer.respond(error.response) }
                    }
                }
            )
            writer.onGone { ticket?.cancel() }
        } catch {
            writer.respond(error.response)
        }
    }

    private static func answer(_ body: [UInt8]) -> HTTPResponse {
        HTTPResponse(
            status: 200,
            headers: ["Content-Type": "application/json; charset=utf-8"],
            body: .bytes(body)
        )
    }

    /// The account of the request; nil when it was answered.
    private func account(_ request: HTTPRequest, _ writer: ResponseWriter) -> Account? {
        switch login(request) {
        case .account(let account): return account
        case .refused(let refusal):
            writer.respond(PassageError.refused(refusal).response)
            return nil
        }
    }

    // MARK: - Looking

    private func list(_ request: HTTPRequest, _ writer: ResponseWriter) {
        guard let account = account(request, writer) else { return }
        let access = engine.access(of: account, clientHost: request.peer.host)
        let models = RemotePassage.models(engine, access).map(Self.shown)
        let json = JSON.object([("object", .string("list")), ("data", .array(models))])
        writer.respond(Self.answer(Array(json.description.utf8)))
    }

    private func show(_ request: HTTPRequest, _ writer: ResponseWriter) {
        guard let account = account(request, writer) else { return }
        let access = engine.access(of: account, clientHost: request.peer.host)
        let name = request.parameters["model"] ?? ""
        let found = RemotePassage.models(engine, access).first {
            $0.name.lowercased() == name.lowercased()
        }
        guard let found else {
            let error = PassageError(
                status: 404,
                type: "invalid_request_error",
                code: "model_not_found",
                message: "The model '\(name)' does not exist",
                parameter: "model"
            )
            return writer.respond(error.response)
        }
        writer.respond(Self.answer(Array(Self.shown(found).description.utf8)))
    }

    private static func shown(_ model: (name: String, created: Instant, owner: String)) -> JSON {
        .object([
            ("id", .string(model.name)), ("object", .string("model")),
            ("created", .integer(model.created.microseconds / 1_000_000)),
            ("owned_by", .string(model.owner)),
        ])
    }
}

extension PassageError {
    /// What the door says to those who may not enter.
    static func refused(_ refusal: HTTPResponse) -> PassageError {
        var words = HTTPStatus.reason(refusal.status)
        if case .bytes(let bytes) = refusal.body {
            words = String(decoding: bytes.filter { $0 != 0x0A }, as: UTF8.self)
        }
        return PassageError(
            status: refusal.status,
            type: "invalid_request_error",
            code: refusal.status == 401 ? "invalid_api_key" : nil,
            message: words
        )
    }

    /// `{"error": {"message", "type", "param", "code"}}`
    var json: JSON {
        .object([
            (
                "error",
                .object([
                    ("message", .string(message)), ("type", .string(type)),
                    ("param", parameter.map { .string($0) } ?? .null),
                    ("code", code.map { .string($0) } ?? .null),
                ])
            )
        ])
    }

    var response: HTTPResponse {
        var response = HTTPResponse.json(status, json.description)
        if status == 401 {
            response.headers["WWW-Authenticate"] = "Basic realm=\"boreal\", charset=\"UTF-8\""
        }
        return response
    }
}
