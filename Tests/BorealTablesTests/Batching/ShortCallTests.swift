import BorealBase
import BorealSQL
import Synchronization
import Testing

@testable import BorealTables

/// Rows of calls that are bound for each run: their plans are kept, by text and by `?`, and run
/// without a parser.
@Suite struct ShortCallTests {
    /// `SAID('name', text, ...)`: who asks for whom, and the texts.
    private final class SaidFunction: BatchFunction {
        struct Refused: Error {}

        /// Times that a call was bound.
        let binds = Mutex(0)
        /// What it answers is a number from now on.
        let isNumeric = Mutex(false)
        let isQuick = true

        func nameCount(of count: Int) -> Int { 1 }

        func bind(_ arguments: [BatchArgument], caller: BatchCaller) throws -> any BatchCall {
            binds.withLock { $0 += 1 }
            guard let name = arguments.first?.constant?.text, name != "nobody" else {
                throw Refused()
            }
            let caller = caller.variable("autocommit")?.text ?? ""
            return Call("\(name)\(caller)", isNumeric.withLock { $0 })
        }

        private final class Call: BatchCall {
            let type: ColumnType
            let constantCount = 1
            let identity: String
            let isCurrent = false

            init(_ identity: String, _ isNumeric: Bool) {
                self.identity = identity
                type = isNumeric ? .longLong : .varchar()
            }

            func check(_ rights: AccountRights) throws {}

            func answer(
                _ batch: RowBatch,
                firstRow: Int,
                cancellation: CancellationFlag
            ) throws -> Column {
                var texts = ByteColumn()
                for row in 0..<batch.rowCount {
                    let said = batch.columns.map { column -> String in
                        guard case .bytes(let values) = column.storage else { return "?" }
                        return values.string(row)
                    }
                    texts.append("\(identity):" + said.joined(separator: ","))
                }
                let isText = type != .longLong
                return Column(
                    name: "",
                    type: type,
                    storage: isText
                        ? .bytes(texts)
                        : .int64([Int64](repeating: 7, count: batch.rowCount)),
                    validity: Validity(allValid: batch.rowCount)
                )
            }
        }
    }

    private let tables: TableHarness
    private let said = SaidFunction()

    init() throws {
        tables = try TableHarness()
        tables.store.addBatchFunction("SAID", said)
    }

    /// Names and cells of a text's row, when it may run without a parser.
    private func short(_ sql: String, in session: TableSession? = nil) throws -> [String]? {
        let session = session ?? tables.session
        let run = session.shortStatement(Array(sql.utf8), cancellation: CancellationFlag())
        guard let run else { return nil }
        #expect(run.mayWait)
        let cells = try TableHarness.finish(run).rows.flatMap { $0.map { $0 ?? "NULL" } }
        #expect(run.definitions.map(\.name) == run.columns.map(\.name))
        return run.columns.map(\.name) + cells
    }

    /// The same by the parser's way.
    private func long(_ sql: String) throws -> [String] {
        let run = try tables.prepare(sql)
        let cells = try TableHarness.finish(run).rows.flatMap { $0.map { $0 ?? "NULL" } }
        return run.columns.map(\.name) + cells
    }

    @Test("a text that differs in quoted texts only runs as the parser's way would run it")
    func texts() throws {
        let pairs = [
            ("SELECT SAID('a', 'x')", "SELECT SAID('bb', 'yyy')"),
            ("SELECT SAID('a','x') AS said", "SELECT SAID('b','') AS said"),
            (
                "select said( 'a' , 'é' ) , SAID('c','d')",
                "select said( '' , 'xyz' ) , SAID('e','f')"
            ),
            ("SELECT SAID(word, 'x')", "SELECT SAID(word, 'yy')"),
            ("/*polar4ai*/SELECT SAID('a', 'x')", "/*polar4ai*/SELECT SAID('a', 'a longer one')"),
            ("SELECT SAID('a', 'x', 5, NULL)", "SELECT SAID('b', '5', 5, NULL)"),
        ]
        for (first, second) in pairs {
            #expect(try short(first) == nil)
            let expected = try long(first)
            #expect(try short(first) == expected, "\(first)")
            let found = try short(second)
            #expect(try found == long(second), "\(second)")
            #expect(try found == short(second))
        }
        #expect(try short("SELECT SAID('bb', 'yyy')") == ["SAID('bb', 'yyy')", "bb1:yyy"])
    }

    @Test("what takes a parser to understand, or more than a row of calls, does not")
    func formless() throws {
        let texts = [
            #"SELECT SAID('a', 'it\'s')"#, "SELECT SAID('a', 'it''s')", "SELECT SAID('a', 'b' 'c')",
            "SELECT SAID('a', N'b')", "SELECT SAID('a', _utf8mb4 'b')", "SELECT SAID('a', X'41')",
            #"SELECT SAID("a", "b")"#, "SELECT SAID('a', 'b') -- c", "SELECT SAID('a', @x)",
            "SELECT SAID('a', /* c */ 'b')", "SELECT SAID('a', 'b') AS 'c'",
            "SELECT SAID('a', b)", "SELECT d.SAID('a', 'b')",
            "SELECT SAID('a', CONCAT('b', 'c'))", "SELECT SAID('a', 'b'), 'c'",
            "SELECT SAID('a', 'b') FROM DUAL WHERE 'c' = 'c'", "SELECT SAID('a', 'b') LIMIT 1",
            "SELECT UPPER(SAID('a', 'b'))", "SELECT CONCAT('a', 'b')",
            "SELECT SAID('a', '\(String(repeating: "b", count: 17_000))')",
            "SELECT " + (1...5).map { "SAID('a', '\($0)')" }.joined(separator: ", "),
            "(SELECT SAID('a', 'b'))", "VALUES ROW('a')",
        ]
        for text in texts {
            let first = tables.outcome(text)
            #expect(try short(text) == nil, "\(text.prefix(99))")
            #expect(tables.outcome(text) == first)
        }
    }

    @Test("values of a prepared statement run without a parser, unless they are long")
    func prepared() throws {
        let text = Array("SELECT SAID(?, ?) AS a, SAID('b', ?)".utf8)
        let query = try StatementParser.parseQuery(String(decoding: text, as: UTF8.self))
        let handle = PlanHandle()
        func run(_ values: [TableValue]) throws -> [[String?]] {
            let run = try tables.session.prepare(
                .query(query),
                text: text,
                parameters: values,
                handle: handle,
                cancellation: CancellationFlag()
            )
            return try TableHarness.finish(run).rows
        }
        func short(_ values: [TableValue]) throws -> [[String?]]? {
            try tables.session.shortStatement(handle, values, cancellation: CancellationFlag())
                .map { try TableHarness.finish($0).rows }
        }
        #expect(!handle.wasShort)
        #expect(try run([.text("a"), .text("x"), .text("y")]) == [["a1:x", "b1:y"]])
        #expect(handle.wasShort)
        #expect(try short([.text("c"), .text("it's"), .text("\\")]) == [["c1:it's", "b1:\\"]])
        #expect(try run([.text("d"), .text("1"), .text("2")]) == [["d1:1", "b1:2"]])
        // Of another class, too long, or refused: the long way says what there is to say.
        #expect(try short([.text("c"), .integer(1), .text("y")]) == nil)
        let long = TableValue.text(String(repeating: "z", count: 20_000))
        #expect(try short([.text("c"), long, .text("y")])?.count == 1)
        #expect(try short([.text("c"), long, long]) == nil)
        #expect(try short([.text("nobody"), .text("x"), .text("y")]) == nil)
        #expect(throws: SaidFunction.Refused.self) {
            try run([.text("nobody"), .text("x"), .text("y")])
        }
    }

    @Test("each run binds for who asks now, and an answer of another type takes another plan")
    func binding() throws {
        let text = "SELECT SAID('a', 'x')"
        _ = try long(text)
        let binds = said.binds.withLock { $0 }
        #expect(try short(text)?[1] == "a1:x")
        #expect(said.binds.withLock { $0 } == binds + 1)
        // Another session finds what this one has planned, and asks as itself.
        let other = try tables.other()
        #expect(try short("SELECT SAID('b', 'y')", in: other) == ["SAID('b', 'y')", "b1:y"])
        try tables.run("SET autocommit = 0", in: other)
        #expect(try short("SELECT SAID('b', 'y')", in: other) == nil)
        #expect(try tables.run("SELECT SAID('b', 'y')", in: other) == [["b0:y"]])
        #expect(try short("SELECT SAID('c', 'z')", in: other)?[1] == "c0:z")
        said.isNumeric.withLock { $0 = true }
        #expect(try short(text) == nil)
        #expect(try long(text)[1] == "7")
        #expect(try short(text)?[1] == "7")
        #expect(throws: SaidFunction.Refused.self) { try long("SELECT SAID('nobody', 'x')") }
        #expect(try short("SELECT SAID('nobody', 'x')") == nil)
    }

    @Test("the texts of a text, and how offsets move")
    func quotedTexts() throws {
        let text = Array("SELECT f('ab', 'c') , g('')".utf8)
        let quoted = try #require(QuotedText(text))
        #expect(String(decoding: quoted.key, as: UTF8.self) == "SELECT f(?, ?) , g(?)")
        #expect(quoted.values == [.text("ab"), .text("c"), .text("")])
        for offset in [0, 7, 9, 13, 15, 18, 19, 22, 24, 26, 27] {
            #expect(quoted.offset(ofKey: quoted.offset(inKey: offset)) == offset)
        }
        let formless = [
            "SELECT 1", "SELECT 'a", "SELECT \"a\", 'b'", "SELECT `a`, 'b'", "SELECT 'a'; ",
            "SELECT ?'a'",
            "'a'", "INSERT 'a'", "SELEC 'a'", " ('a')",
            "SELECT @a, 'b'", "/* 'a'", "SELECT 1 # 'a'",
        ]
        for text in formless { #expect(QuotedText(Array(text.utf8)) == nil, "\(text)") }
        #expect(QuotedText(Array("SELECT '".utf8) + [0xFF] + Array("'".utf8)) == nil)
    }
}
