import BorealCatalog
import BorealEngine
import BorealHTTP
import BorealNet
import BorealRemote
import Glibc

/// `GET /metrics`: Prometheus text. The names are a contract, listed in `docs/operations.md`.
enum MetricsRoute {
    static func answer(_ core: ServerCore) -> HTTPResponse {
        var text = MetricText()
        let snapshot = core.engine.catalog.snapshot
        text.gauge("boreal_connections", "Clients that are connected.", core.clientCount)
        statements(core.engine, &text)
        text.gauge("boreal_models", "Models in the registry.", snapshot.models.count)
        tasks(snapshot, &text)
        text.gauge("boreal_jobs", "Background jobs, queued and running.", snapshot.jobs.count)
        text.gauge("boreal_worker_queue", "Jobs that wait for a worker.", core.workers.queuedCount)
        text.counter(
            "boreal_training_rounds_total",
            "Rounds, iterations and epochs of training.",
            core.engine.meter.trainingRounds
        )
        text.counter(
            "boreal_rows_predicted_total",
            "Rows that models in this process have answered.",
            core.engine.meter.predictedRows
        )
        text.gauge("boreal_resident_bytes", "Memory of the process.", residentBytes)
        if let remote = core.engine.remoteFigures { figures(remote, &text) }
        alerts(core.engine.remoteFigures, &text)
        return HTTPResponse(
            status: 200,
            headers: ["Content-Type": "text/plain; version=0.0.4; charset=utf-8"],
            body: .bytes(Array(text.text.utf8))
        )
    }

    private static func statements(_ engine: Engine, _ text: inout MetricText) {
        text.head("boreal_statements_total", "counter", "Statements that ended.")
        let kinds = engine.meter.statements
        for (kind, counted) in kinds {
            for (outcome, count) in [("ok", counted.succeeded), ("error", counted.failed)] {
                text.value(
                    "boreal_statements_total",
                    [("kind", kind.rawValue), ("outcome", outcome)],
                    "\(count)"
                )
            }
        }
        let name = "boreal_statement_seconds"
        text.head(name, "histogram", "From a statement's arrival to the end of its answer.")
        for (kind, counted) in kinds {
            var sum = 0
            for (bound, count) in zip(WorkMeter.bounds, counted.buckets) {
                sum += count
                let seconds = "\(Double(bound) / 1e6)"
                text.value("\(name)_bucket", [("kind", kind.rawValue), ("le", seconds)], "\(sum)")
            }
            let all = counted.succeeded + counted.failed
            text.value("\(name)_bucket", [("kind", kind.rawValue), ("le", "+Inf")], "\(all)")
            let seconds = "\(Double(counted.microseconds) / 1e6)"
            text.value("\(name)_sum", [("kind", kind.rawValue)], seconds)
            text.value("\(name)_count", [("kind", kind.rawValue)], "\(all)")
        }
    }

    private static func tasks(_ snapshot: CatalogSnapshot, _ text: inout MetricText) {
        text.head("boreal_tasks", "gauge", "Offline tasks in the registry.")
        let states = Dictionary(grouping: snapshot.tasks) { $0.status.rawValue }
        for (state, tasks) in states.sorted(by: { $0.key < $1.key }) {
            text.value("boreal_tasks", [("status", state)], "\(tasks.count)")
        }
    }

    // MARK: - Remote models

    private static func figures(_ remote: RemoteFigures, _ text: inout MetricText) {
        let columns: [(name: String, help: String, value: (UsageMeter.Sum) -> Int)] = [
            ("requests", "Requests to remote models, each attempt.", { $0.requests }),
            ("rows", "Rows in these requests and from memory.", { $0.rows }),
            ("errors", "Requests that failed.", { $0.errors.values.reduce(0, +) }),
            ("tokens_in", "Tokens sent.", { $0.tokensIn }),
            ("tokens_out", "Tokens received.", { $0.tokensOut }),
            ("cache_hits", "Rows that were answered from memory.", { $0.cacheHits }),
        ]
        for column in columns {
            let name = "boreal_remote_\(column.name)_total"
            text.head(name, "counter", column.help)
            for usage in remote.usage {
                text.value(
                    name,
                    [("model", usage.model), ("provider", usage.provider)],
                    "\(column.value(usage.sum))"
                )
            }
        }
        text.head("boreal_remote_in_flight", "gauge", "Requests that wait for their answer.")
        for provider in remote.providers {
            text.value(
                "boreal_remote_in_flight",
                [("provider", provider.name), ("state", provider.state)],
                "\(provider.inFlight)"
            )
        }
        text.gauge(
            "boreal_remote_queue_rows",
            "Rows that no request has taken yet.",
            remote.load.queued
        )
        text.gauge("boreal_remote_cache_bytes", "Answers in memory.", remote.cache.bytes)
    }

    /// Error rate and share of a budget from which on somebody should look.
    private static let errorRateMax = 0.1
    private static let budgetShareMax = 0.8

    private static func alerts(_ remote: RemoteFigures?, _ text: inout MetricText) {
        text.head("boreal_alert", "gauge", "1 while somebody should look.")
        for provider in remote?.providers ?? [] {
            let labels = [("provider", provider.name)]
            if provider.state == "open" {
                text.value("boreal_alert", [("alert", "breaker_open")] + labels, "1")
            }
            if provider.errorRate > errorRateMax {
                text.value("boreal_alert", [("alert", "error_rate")] + labels, "1")
            }
        }
        for standing in remote?.budgets ?? [] where standing.share >= budgetShareMax {
            let owner = standing.owner.text
            text.value("boreal_alert", [("alert", "budget"), ("owner", owner)], "1")
        }
    }

    /// The second number of `/proc/self/statm`, in pages.
    private static var residentBytes: Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
        let numbers = String(
            decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) },
            as: UTF8.self
        )
        .split(separator: " ")
        guard numbers.count > 1, let pages = Int(numbers[1]) else { return 0 }
        return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
}

/// Lines of Prometheus' text format.
private struct MetricText {
    private(set) var text = ""

    mutating func head(_ name: String, _ type: String, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }

    mutating func gauge(_ name: String, _ help: String, _ value: Int) {
        head(name, "gauge", help)
        self.value(name, [], "\(value)")
    }

    mutating func counter(_ name: String, _ help: String, _ value: Int) {
        head(name, "counter", help)
        self.value(name, [], "\(value)")
    }

    mutating func value(_ name: String, _ labels: [(String, String)], _ value: String) {
        let list = labels.map { "\($0)=\"\(Self.escaped($1))\"" }.joined(separator: ",")
        text += list.isEmpty ? "\(name) \(value)\n" : "\(name){\(list)} \(value)\n"
    }

    private static func escaped(_ label: String) -> String {
        label.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            .replacing("\n", with: "\\n")
    }
}
