import Foundation
import Testing

/// A call of a remote model, again and again: the way without a parser and without a worker must
/// answer as the long one does, whatever changed in between.
@Suite(
    "One call of a remote model again and again",
    .serialized,
    .enabled(if: ModelService.isAvailable, "python3 is not installed")
)
struct RepeatedCallTests {
    private static let fixture = Result { try RemoteFixture() }

    private let bench: RemoteFixture
    private let client: RawClient

    init() throws {
        bench = try Self.fixture.get()
        client = try bench.connect()
        try bench.service.reset()
        try client.query("DROP MODEL IF EXISTS m")
        try client.query(bench.definition("m", "chat", ", RETRIES='0'"))
        // The first one of a form goes the long way.
        #expect(try client.query(call("first")).cell == "echo:first")
    }

    private func call(_ text: String) -> String { "SELECT AI_CallText('m', '\(text)')" }

    @Test("each answer is its own, under its own name")
    func answers() throws {
        for number in 0..<50 {
            let answer = try client.query(call("row \(number)"))
            #expect(answer.rows == [["echo:row \(number)"]])
            #expect(answer.names == ["AI_CallText('m', 'row \(number)')"])
        }
        let named = try client.query("SELECT AI_CallText('m','a') AS b, AI_CallText('m','c') d")
        #expect(named.names == ["b", "d"] && named.rows == [["echo:a", "echo:c"]])
        let again = try client.query("SELECT AI_CallText('m','e') AS b, AI_CallText('m','f') d")
        #expect(again.names == ["b", "d"] && again.rows == [["echo:e", "echo:f"]])
        #expect(try client.query("SELECT FOUND_ROWS()").cell == "1")
        #expect(try bench.service.requests() == 55)
    }

    @Test("what changes between two of them counts at once")
    func changes() throws {
        #expect(try client.query(call("a")).cell == "echo:a")
        try client.query("DROP MODEL m")
        try client.query(bench.definition("m", "chat", ", RETRIES='0', PROMPT='say {x}'"))
        #expect(try client.query(call("b")).cell == "echo:say b")
        // Who may not ask, and who may no longer.
        try client.query("CREATE USER IF NOT EXISTS u")
        try client.query("GRANT SELECT ON d.* TO u")
        let other = try bench.connect(user: "u")
        let refusal = try other.failure(of: call("c"))
        #expect(refusal.number == 1142 || refusal.number == 9053, "\(refusal)")
        try client.query("SET sql_select_limit = 0")
        #expect(try client.query(call("none")).rows.isEmpty)
        try client.query("SET sql_select_limit = DEFAULT")
        #expect(try client.query(call("d")).cell == "echo:say d")
        try client.query("SET ai_on_error = NULL")
        #expect(try client.query(call("[[fault:400]]")).rows == [[nil]])
        #expect(try client.query("SHOW WARNINGS").rows.map { $0[1] } == ["9064"])
        try client.query("SET ai_on_error = DEFAULT")
        #expect(try client.failure(of: call("[[fault:400]]")).number == 9064)
        #expect(try client.query(call("e")).cell == "echo:say e")
        #expect(try client.query("SHOW WARNINGS").rows.isEmpty)
        try client.query("DROP MODEL m")
        #expect(try client.failure(of: call("f")).number == 9053)
        #expect(try client.query("SELECT 1").cell == "1")
    }

    @Test("one that waits is shown, killed, limited in time, and forgotten with its client")
    func waiting() throws {
        #expect(try client.query(call("a")).cell == "echo:a")
        let other = try bench.connect()
        let id = try client.query("SELECT CONNECTION_ID()").cell ?? "0"
        let waits = call("[[fault:hang]] b")
        try client.start(waits)
        let isShown = try eventually {
            try other.query("SHOW FULL PROCESSLIST").rows.contains {
                $0[0] == id && $0[7] == waits && $0[4] == "Query"
            }
        }
        #expect(isShown)
        try other.query("KILL QUERY \(id)")
        let killed = #expect(throws: RawClient.ServerFailure.self) { try client.readAnswer() }
        #expect(killed?.number == 1317)
        #expect(try client.query(call("c")).cell == "echo:c")
        try client.query("SET max_execution_time = 200")
        #expect(try client.query(call("d")).cell == "echo:d")
        #expect(try client.failure(of: waits).number == 3024)
        #expect(try client.query(call("e")).cell == "echo:e")
        // The loop serves others meanwhile, whichever it is.
        try client.query("SET max_execution_time = 0")
        let gone = (0..<8).map { _ in Result { try bench.connect() } }
        for one in gone {
            _ = try one.get().query(call("f"))
            try one.get().start(waits)
        }
        #expect(try client.query(call("g")).cell == "echo:g")
        for one in gone { try one.get().vanish() }
        let isGone = try eventually {
            try client.query("SHOW FULL PROCESSLIST").rows.allSatisfy { $0[7] != waits }
        }
        #expect(isGone)
    }

    @Test("statements that are sent ahead are answered in their order, and so are prepared ones")
    func order() throws {
        var bytes: [UInt8] = []
        for number in 0..<100 {
            // The first takes longest.
            let fault = number == 0 ? "[[fault:slow:300]] " : ""
            let payload = [3] + Array(call("\(fault)row \(number)").utf8)
            bytes += [UInt8(payload.count & 0xFF), UInt8(payload.count >> 8), 0, 0] + payload
        }
        try client.writeRaw(bytes)
        for number in 0..<100 {
            let answer = try client.readAnswer().cell
            #expect(answer?.hasSuffix("row \(number)") == true, "\(answer ?? "NULL")")
        }
        try client.query("PREPARE p FROM 'SELECT AI_CallText(?, ?) AS said'")
        for number in 0..<5 {
            try client.query("SET @m = 'm', @t = 'it''s \(number)'")
            #expect(try client.query("EXECUTE p USING @m, @t").cell == "echo:it's \(number)")
        }
    }
}
