import BorealCatalog
import BorealEngine
import BorealHTTP
import BorealNet

/// `GET /metrics`: Prometheus text. The names are a contract, listed in `docs/operations.md`.
enum MetricsRoute {
    static func answer(_ core: ServerCore) -> HTTPResponse {
        let snapshot = core.engine.catalog.snapshot
        var text = ""
        gauge("boreal_connections", "Clients that are connected.", core.clientCount, &text)
        counter("boreal_statements_total", "Statements begun.", core.engine.questionCount, &text)
        gauge("boreal_models", "Models in the registry.", snapshot.models.count, &text)
        gauge("boreal_tasks", "Offline tasks in the registry.", snapshot.tasks.count, &text)
        gauge("boreal_jobs", "Background jobs, queued and running.", snapshot.jobs.count, &text)
        gauge(
            "boreal_worker_queue",
            "Jobs that wait for a worker.",
            core.workers.queuedCount,
            &text
        )
        return HTTPResponse(
            status: 200,
            headers: ["Content-Type": "text/plain; version=0.0.4; charset=utf-8"],
            body: .bytes(Array(text.utf8))
        )
    }

    private static func gauge(_ name: String, _ help: String, _ value: Int, _ text: inout String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) gauge\n\(name) \(value)\n"
    }

    private static func counter(_ name: String, _ help: String, _ value: Int, _ text: inout String)
    {
        text += "# HELP \(name) \(help)\n# TYPE \(name) counter\n\(name) \(value)\n"
    }
}
