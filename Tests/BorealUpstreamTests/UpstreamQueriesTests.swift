import BorealNet
import Testing

@testable import BorealUpstream

/// Queries that take turns on one connection with what others send there.
@Suite struct UpstreamQueriesTests {
    @Test("what comes behind a KILL is sent when that is answered")
    func killed() throws {
        let stage = try Stage()
        defer { stage.end() }
        let teller = Teller()
        teller.atReady = { upstream in
            let queries = UpstreamQueries(upstream) { teller.happenings.give("idle") }
            queries.kill(7)
            teller.happenings.give(queries.isBusy ? "busy" : "free")
        }
        _ = try stage.open(
            "mysql://u:secret@127.0.0.1:\(stage.port)/d?ssl-mode=DISABLED",
            teller
        )
        #expect((0..<3).map { _ in teller.happenings.take() } == ["ready", "busy", "idle"])
    }
}
