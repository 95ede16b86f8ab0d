import BorealBase
import Testing

@testable import BorealTables

/// `NAMED(word, word, x, ...)`: what its first two arguments are, the session's `ai_on_error`, and
/// `x`. In FROM a table of what it knows.
private struct NamedFunction: BatchFunction {
    struct Refused: Error {}

    func nameCount(of count: Int) -> Int { 2 }

    var tableColumns: [BatchTableColumn] {
        [.init("number", .integer), .init("word", .text), .init("is_there", .flag)]
    }

    func bind(_ arguments: [BatchArgument], caller: BatchCaller) throws -> any BatchCall {
        let words = arguments.prefix(2).map { $0.constant?.text ?? "?" }
        let rule = caller.variable("ai_on_error")?.text ?? "?"
        guard caller.variable("no_such_variable") == nil else { throw Refused() }
        return Call("\(words.joined(separator: "/")) \(rule)")
    }

    private final class Call: BatchCall {
        let type = ColumnType(.json)
        let constantCount = 2
        let identity: String
        let isCurrent = false

        init(_ words: String) { identity = words }

        func check(_ rights: AccountRights) throws {}

        func answer(
            _ batch: RowBatch,
            firstRow: Int,
            cancellation: CancellationFlag
        ) throws -> Column {
            var bytes = ByteColumn()
            for row in 0..<batch.rowCount {
                var number: Int64 = 7
                if case .int64(let values)? = batch.columns.first?.storage { number = values[row] }
                let json = JSON.object([
                    ("number", .integer(number)), ("word", .string(identity)),
                    ("is_there", .bool(number > 0)),
                ])
                bytes.append(json.description)
            }
            return Column(
                name: "",
                type: type,
                storage: .bytes(bytes),
                validity: Validity(allValid: batch.rowCount)
            )
        }
    }
}

@Suite("Calls with names and tables of calls")
struct NamedCallTests {
    private let tables: TableHarness

    init() throws {
        tables = try TableHarness()
        tables.store.addBatchFunction("NAMED", NamedFunction())
        try tables.run("CREATE TABLE t (m INT, v1 INT, x INT)")
        try tables.run("INSERT INTO t VALUES (1, 2, 30), (1, 2, 40)")
    }

    @Test(
        "a bare word in the place of a name is its text, even where a column has that name",
        arguments: [
            ("SELECT NAMED(m, v1, x)->>'$.word' FROM t WHERE x = 30", "m/v1 DEFAULT"),
            ("SELECT NAMED(p.s.m, DEFAULT_VERSION, 1)->>'$.word'", "m/DEFAULT_VERSION DEFAULT"),
            ("SELECT NAMED('a b', `c d`, 1)->>'$.word'", "a b/c d DEFAULT"),
            ("SELECT NAMED(m, v1, m)->>'$.number' FROM t LIMIT 1", "1"),
            ("SELECT x FROM t WHERE NAMED(m, v1, x)->>'$.number' > 30", "40"),
            ("SELECT NAMED(m, v1 + 1, x)->>'$.word' FROM t WHERE x = 30", "m/? DEFAULT"),
        ]
    )
    func names(_ sql: String, _ expected: String) {
        #expect(tables.outcome(sql) == expected, "\(sql)")
    }

    @Test("a call sees the variables of its session")
    func variables() throws {
        try tables.run("SET ai_on_error = 'null'")
        #expect(tables.outcome("SELECT NAMED(m, v, 1)->>'$.word'") == "m/v NULL")
        try tables.run("SET ai_on_error = DEFAULT")
        #expect(tables.outcome("SELECT NAMED(m, v, 1)->>'$.word'") == "m/v DEFAULT")
        #expect(tables.outcome("SET ai_on_error = 'maybe'").contains("1231"))
    }

    @Test(
        "a call in FROM is a table of one row",
        arguments: [
            ("SELECT * FROM NAMED(m, v, 5)", "5,m/v DEFAULT,1"),
            ("SELECT n.word, number + 1 FROM polar_ai.NAMED(m, v, -5) AS n", "m/v DEFAULT,-4"),
            ("SELECT is_there FROM NAMED(m, v, 0)", "0"),
            ("SELECT x, number FROM t JOIN NAMED(m, v, 9) AS n ON 1 ORDER BY x", "30,9;40,9"),
        ]
    )
    func tableOfCall(_ sql: String, _ expected: String) {
        #expect(tables.outcome(sql) == expected, "\(sql)")
    }

    @Test("a function that is no table stands not in FROM")
    func noTable() {
        #expect(tables.outcome("SELECT * FROM NAMED_NOT(1)") == "!1305")
    }
}
