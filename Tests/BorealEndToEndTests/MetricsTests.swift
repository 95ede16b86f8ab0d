import Foundation
import Testing

/// `GET /metrics` as Prometheus reads it.
@Suite("Metrics", .enabled(if: RESTClient.isAvailable, "curl is not installed"))
struct MetricsTests {
    /// The values of the page by name and labels.
    private static func values(_ page: String) -> [String: Double] {
        var values: [String: Double] = [:]
        for line in page.split(separator: "\n") where !line.hasPrefix("#") {
            guard let blank = line.lastIndex(of: " ") else { continue }
            values[String(line[..<blank])] = Double(line[line.index(after: blank)...])
        }
        return values
    }

    @Test("statements, predictions and calls of remote models are told as they happen")
    func figures() throws {
        let server = try ServerProcess.ephemeral()
        let rest = RESTClient(port: server.httpPort)
        let client = try RawClient(port: server.mysqlPort)
        func read() throws -> [String: Double] {
            Self.values(try rest.send("GET", "/metrics", isWhole: true).text)
        }
        let before = try read()
        try client.query("SELECT 1")
        #expect(throws: (any Error).self) { try client.query("SELECT nothing") }
        let after = try read()
        func grown(_ name: String) -> Double { (after[name] ?? -1) - (before[name] ?? 0) }
        #expect(grown(#"boreal_statements_total{kind="select",outcome="ok"}"#) == 1)
        #expect(grown(#"boreal_statements_total{kind="select",outcome="error"}"#) == 1)
        #expect(grown(#"boreal_statement_seconds_bucket{kind="select",le="+Inf"}"#) == 2)
        #expect(grown(#"boreal_statement_seconds_count{kind="select"}"#) == 2)
        #expect(after["boreal_connections"] == 1)
        #expect((after["boreal_resident_bytes"] ?? 0) > 1e6)
        #expect(after["boreal_training_rounds_total"] == 0)
        #expect(try rest.send("GET", "/metrics", isWhole: true, as: "").status == 401)
        guard ModelService.isAvailable else { return }
        let service = try ModelService()
        try rest.trust()
        try client.query(
            """
            SELECT AI_CreateModel('m', '\(service.url)/v1/chat/completions', NULL, NULL, 'q',
            '{"author_type":"token","token":"k","retries":0}')
            """
        )
        try client.query("SELECT AI_CallText('m', 'one two')")
        for _ in 0..<6 {
            #expect(throws: (any Error).self) {
                try client.query("SELECT AI_CallText('m', '[[fault:500]]')")
            }
        }
        let remote = try read()
        let labels = "{model=\"m\",provider=\"127.0.0.1:\(service.port)/v1/chat/completions\"}"
        #expect((remote["boreal_remote_requests_total" + labels] ?? 0) >= 6)
        #expect((remote["boreal_remote_errors_total" + labels] ?? 0) >= 5)
        #expect((remote["boreal_remote_tokens_in_total" + labels] ?? 0) > 0)
        #expect(remote.contains { $0.key.hasPrefix(#"boreal_alert{alert="breaker_open""#) })
    }
}
