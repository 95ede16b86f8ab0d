import BorealBase
import BorealCatalog
import BorealEngine
import BorealHTTP
import BorealNet
import BorealREST

/// The HTTP side door: signed artifacts, uploads, health, metrics and the REST contract.
struct HTTPDoor: Sendable {
    private let configuration: HTTPServerConfiguration
    private let router: Router
    private let core: ServerCore

    init(core: ServerCore) {
        self.core = core
        configuration = HTTPServerConfiguration(pool: core.workers)
        var router = Router()
        router.on(.get, "/healthz", place: .loop) { _, answer in
            answer.respond(.text(200, "ok\n"))
        }
        router.on(.get, "/readyz", place: .loop) { _, answer in
            answer.respond(core.isStopping ? .text(503, "stopping\n") : .text(200, "ready\n"))
        }
        router.on(.get, "/artifacts/{sha256}/{name}") { request, answer in
            answer.respond(ArtifactRoute.answer(request, core.engine.catalog))
        }
        router.on(.put, "/uploads/{name}") { request in UploadRoute.decide(request, core) }
        router.on(.get, "/metrics") { request, answer in
            switch HTTPLogin(core: core).account(of: request) {
            case .success: answer.respond(MetricsRoute.answer(core))
            case .failure(let refusal): answer.respond(refusal.response)
            }
        }
        let login: @Sendable (HTTPRequest) -> RESTService.Login = { request in
            switch HTTPLogin(core: core).account(of: request) {
            case .success(let account): .account(account)
            case .failure(let refusal): .refused(refusal.response)
            }
        }
        RESTService(engine: core.engine, login: login).register(in: &router)
        ProviderService(engine: core.engine, login: login).register(in: &router)
        self.router = router
    }

    /// Makes the handler of each connection to the HTTP port.
    var makeHandler: Listener.MakeHandler {
        { [core, configuration, router] _ in
            TLSSniffer(core: core) {
                HTTPConnection(configuration: configuration, router: router)
            }
        }
    }
}
