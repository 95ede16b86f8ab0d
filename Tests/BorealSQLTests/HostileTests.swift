import BorealSQL
import Testing

@Suite struct HostileTests {
    private func repeated(_ text: String, _ count: Int) -> String {
        String(repeating: text, count: count)
    }

    @Test(
        "depth is a typed error, whatever nests",
        arguments: [
            ("SELECT ", "(", "1"),
            ("SELECT ", "(SELECT ", "1"),
            ("SELECT ", "f(", "1"),
            ("SELECT ", "NOT ", "1"),
            ("SELECT ", "!", "1"),
            ("SELECT ", "- ", "1"),
            ("SELECT ", "CASE WHEN ", "1"),
            ("SELECT ", "a BETWEEN 1 AND ", "1"),
            ("SELECT ", "@a:=", "1"),
            ("SELECT ", "INTERVAL(", "1"),
            ("SELECT ", "{d ", "1"),
            ("SELECT ", "a IN (", "1"),
            ("SELECT ", "CAST(", "1"),
            ("SELECT ", "TRIM(", "1"),
            ("SELECT ", "EXISTS (SELECT ", "1"),
            ("SELECT ", "BINARY ", "1"),
            ("SELECT ", "ROW(1, ", "1"),
            ("SELECT * FROM ", "(", "t"),
            ("SELECT * FROM ", "(SELECT * FROM ", "t"),
            ("SELECT * FROM ", "a LEFT JOIN ", "t"),
            ("SELECT * FROM ", "{ OJ ", "t"),
            ("", "(", "SELECT 1"),
            ("", "EXPLAIN SELECT * FROM (", "SELECT 1"),
            ("", "WITH a AS (", "SELECT 1"),
            ("", "EXPLAIN FORMAT=JSON ", "SELECT 1"),
            ("", "SET STATEMENT a=1 FOR ", "SELECT 1"),
            ("DEPLOY MODEL m WITH (", "a=(", "b=1"),
            ("CREATE MODEL m WITH (a=1) AS (SELECT ", "(", "1"),
            ("CREATE TABLE t (a INT CHECK (", "(", "1"),
        ]
    )
    func depth(prefix: String, nest: String, core: String) {
        let text = prefix + repeated(nest, 100_000) + core
        #expect(throws: SyntaxError.self) { try StatementParser.parse(text) }
    }

    @Test("150 levels of parentheses and subqueries are fine")
    func allowedDepth() throws {
        let plain = "SELECT " + repeated("(", 150) + "1" + repeated(")", 150)
        _ = try StatementParser.parse(plain)
        let queries = "SELECT " + repeated("(SELECT ", 60) + "1" + repeated(")", 60)
        _ = try StatementParser.parse(queries)
        let calls = "SELECT " + repeated("f(", 150) + "1" + repeated(")", 150)
        _ = try StatementParser.parse(calls)
    }

    @Test(
        "chains that would make deep trees are a typed error",
        arguments: ["1 + ", "1 = ", "1 IS NULL = "]
    )
    func chains(link: String) throws {
        #expect(throws: SyntaxError.self) {
            try StatementParser.parse("SELECT " + repeated(link, 100_000) + "1")
        }
        _ = try StatementParser.parse("SELECT " + repeated(link, 300) + "1")
    }

    @Test("long flat texts parse: lists, rows, options")
    func flat() throws {
        _ = try StatementParser.parse("SELECT a IN (" + repeated("1,", 100_000) + "1)")
        _ = try StatementParser.parse(
            "INSERT INTO t VALUES " + repeated("(1,'a'),", 50_000) + "(1,'a')"
        )
        _ = try StatementParser.parse("SELECT 'a'" + repeated(" 'b'", 50_000))
        _ = try StatementParser.parse("SELECT " + repeated("a AND ", 100_000) + "b")
    }

    @Test("70,000 placeholders are a typed error")
    func placeholders() {
        #expect(throws: SyntaxError.self) {
            try StatementParser.parse("SELECT a IN (" + repeated("?,", 70_000) + "?)")
        }
    }

    @Test("cut and mixed statements never crash and end in time")
    func fuzz() {
        let seeds = OrdinaryTests.statements + DialectRecord.all.map(\.statement)
        let pieces = seeds.flatMap { $0.split(separator: " ").map { Array($0.utf8) } }
        var generator = SplitMix(state: 7)
        for seed in seeds {
            let bytes = Array(seed.utf8)
            for _ in 0..<8 {
                var text = Array(bytes.prefix(Int(generator.next() % UInt64(bytes.count + 1))))
                switch generator.next() % 4 {
                case 0: break
                case 1: text += pieces[Int(generator.next() % UInt64(pieces.count))]
                case 2 where !text.isEmpty:
                    text[Int(generator.next() % UInt64(text.count))] = UInt8(
                        truncatingIfNeeded: generator.next()
                    )
                default:
                    text = []
                    for _ in 0..<12 {
                        text += pieces[Int(generator.next() % UInt64(pieces.count))] + [0x20]
                    }
                }
                do throws(SyntaxError) {
                    let parsed = try StatementParser.parse(text)
                    #expect(Int(parsed.span.end) <= text.count)
                } catch {
                    #expect(Int(error.span?.end ?? 0) <= text.count)
                    _ = error.near(in: text)
                }
            }
        }
    }
}

/// A small generator, so that the texts are the same in every run.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
