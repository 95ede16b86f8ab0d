import BorealBase
import BorealSQLite
import Synchronization
import Testing

@testable import BorealTables

/// `TIMES(factor, x)`: x times a constant, and how many rows it was asked for.
private final class TimesFunction: BatchFunction {
    let rows = Mutex(0)
    let chunks = Mutex(0)
    let isCurrent = Mutex(true)
    /// The most rows it takes at once, and the most it got.
    let most = Mutex(Limits.batchRows)
    let greatest = Mutex(0)

    struct Refused: Error {}

    func bind(_ arguments: [BatchArgument], caller: BatchCaller) throws -> any BatchCall {
        guard arguments.count >= 2, let factor = arguments[0].constant?.wholeNumber else {
            throw Refused()
        }
        return Call(function: self, factor: factor)
    }

    private final class Call: BatchCall {
        let type = ColumnType.longLong
        let constantCount = 1
        let identity: String
        let function: TimesFunction
        let factor: Int64

        init(function: TimesFunction, factor: Int64) {
            self.function = function
            self.factor = factor
            identity = "times \(factor)"
        }

        var isCurrent: Bool { function.isCurrent.withLock { $0 } }

        func check(_ rights: AccountRights) throws {}

        var rowsMax: Int { function.most.withLock { $0 } }

        /// The sum of its arguments times the factor; NULL when the first is NULL.
        func answer(
            _ batch: RowBatch,
            firstRow: Int,
            cancellation: CancellationFlag
        ) throws -> Column {
            function.rows.withLock { $0 += batch.rowCount }
            function.chunks.withLock { $0 += 1 }
            function.greatest.withLock { $0 = max($0, batch.rowCount) }
            var validity = Validity()
            var values: [Int64] = []
            for row in 0..<batch.rowCount {
                validity.append(isNull: batch.columns[0].isNull(row))
                let sum = batch.columns.reduce(Int64(0)) { sum, column in
                    if case .int64(let values) = column.storage { sum + values[row] } else { sum }
                }
                values.append(sum * factor)
            }
            return Column(name: "", type: type, storage: .int64(values), validity: validity)
        }
    }
}

@Suite struct BatchFunctionTests {
    private let tables: TableHarness
    private let times = TimesFunction()

    init() throws {
        tables = try TableHarness()
        tables.store.addBatchFunction("TIMES", times)
        try tables.run("CREATE TABLE t (id INT PRIMARY KEY, g INT, x INT, y INT)")
        try tables.run(
            "INSERT INTO t VALUES (1,1,10,0),(2,1,20,0),(3,2,30,0),(4,2,10,0),(5,3,NULL,0)"
        )
        try tables.run("CREATE TABLE u (id INT PRIMARY KEY, w INT)")
        try tables.run("INSERT INTO u VALUES (1,20),(2,40),(3,60)")
    }

    /// Rows that the function is asked for while `body` runs.
    private func asked(_ body: () throws -> Void) rethrows -> Int {
        times.rows.withLock { $0 = 0 }
        try body()
        return times.rows.withLock { $0 }
    }

    private func check(_ cases: [(String, String)]) {
        for (sql, expected) in cases { #expect(tables.outcome(sql) == expected, "\(sql)") }
    }

    @Test("a call stands in the select list, alone and inside expressions")
    func selectList() {
        check([
            ("SELECT TIMES(2, 21)", "42"),
            ("SELECT id, TIMES(2, x) FROM t ORDER BY id", "1,20;2,40;3,60;4,20;5,NULL"),
            ("SELECT TIMES(2, x) + 1 FROM t WHERE id = 1", "21"),
            ("SELECT TIMES(3, TIMES(2, x)) FROM t WHERE id < 3 ORDER BY id", "60;120"),
            ("SELECT IF(TIMES(2, x) > 30, 'big', 'small') FROM t WHERE id < 3", "small;big"),
            ("SELECT TIMES(2, x, id) FROM t WHERE id = 2", "44"),
            ("SELECT times(2, x) FROM t WHERE id = 2", "40"),
            ("SELECT DISTINCT TIMES(2, x) FROM t WHERE x IS NOT NULL ORDER BY 1", "20;40;60"),
        ])
    }

    @Test("a call stands in WHERE, beside AND, OR and NOT")
    func conditions() {
        check([
            ("SELECT id FROM t WHERE TIMES(2, x) > 30 ORDER BY id", "2;3"),
            ("SELECT id FROM t WHERE NOT TIMES(2, x) = 20 OR g = 3 ORDER BY id", "2;3;5"),
            ("SELECT id FROM t WHERE g = 2 AND TIMES(2, x) = 20", "4"),
            ("SELECT id FROM t WHERE TIMES(3, TIMES(2, x)) = 120", "2"),
        ])
    }

    @Test("a call stands in ON of inner and outer joins")
    func joins() {
        check([
            (
                "SELECT t.id, u.id FROM t JOIN u ON TIMES(2, t.x) = u.w ORDER BY 1, 2",
                "1,1;2,2;3,3;4,1"
            ),
            (
                "SELECT t.id, u.id FROM t LEFT JOIN u ON u.id < 3 AND TIMES(2, t.x) = u.w "
                    + "ORDER BY 1",
                "1,1;2,2;3,NULL;4,1;5,NULL"
            ),
        ])
    }

    @Test("a call stands in GROUP BY and HAVING, inside aggregates and around them")
    func groups() {
        check([
            (
                "SELECT TIMES(2, x) k, COUNT(*) FROM t GROUP BY k ORDER BY k",
                "NULL,1;20,2;40,1;60,1"
            ),
            ("SELECT g FROM t GROUP BY g HAVING TIMES(40, COUNT(*)) > 70 ORDER BY g", "1;2"),
            ("SELECT g, TIMES(2, COUNT(*)) FROM t GROUP BY g ORDER BY g", "1,4;2,4;3,2"),
            ("SELECT SUM(TIMES(2, x)) FROM t", "140"),
        ])
    }

    @Test("a call that takes few rows at once gets no more, in every form, and answers the same")
    func fewRows() {
        times.most.withLock { $0 = 2 }
        check([
            ("SELECT id, TIMES(2, x) FROM t ORDER BY id", "1,20;2,40;3,60;4,20;5,NULL"),
            ("SELECT TIMES(2, x, id), TIMES(3, g) FROM t", "22,3;44,3;66,6;28,6;NULL,9"),
            ("SELECT SUM(TIMES(2, x)) FROM t", "140"),
            ("SELECT id FROM t WHERE TIMES(2, x) > 30 ORDER BY id", "2;3"),
        ])
        #expect(times.greatest.withLock { $0 } == 2)
    }

    @Test("a call stands in ORDER BY, by itself, by its alias and in a window")
    func orders() {
        check([
            ("SELECT id FROM t ORDER BY TIMES(-1, x), id", "5;3;2;1;4"),
            ("SELECT id, TIMES(-1, x) p FROM t ORDER BY p, id LIMIT 2", "5,NULL;3,-30"),
            ("SELECT id, TIMES(-1, x) FROM t ORDER BY 2, 1 LIMIT 2", "5,NULL;3,-30"),
            (
                "SELECT id, ROW_NUMBER() OVER (ORDER BY TIMES(-1, x), id) FROM t "
                    + "ORDER BY id LIMIT 2",
                "1,4;2,3"
            ),
        ])
    }

    @Test("a call stands in subqueries, derived and common tables, UNION and EXISTS")
    func nested() {
        check([
            ("SELECT id FROM u WHERE w IN (SELECT TIMES(2, x) FROM t WHERE g = 1)", "1;2"),
            ("SELECT (SELECT MAX(TIMES(2, x)) FROM t)", "60"),
            ("SELECT p FROM (SELECT TIMES(2, x) p FROM t) s WHERE p > 30 ORDER BY p", "40;60"),
            (
                "SELECT TIMES(10, c) FROM (SELECT g, COUNT(*) c FROM t JOIN u "
                    + "ON TIMES(2, t.x) = u.w GROUP BY g) s ORDER BY g",
                "20;20"
            ),
            (
                "WITH s AS (SELECT TIMES(2, x) p FROM t) SELECT TIMES(2, p) FROM s WHERE p = 60",
                "120"
            ),
            (
                "SELECT TIMES(2, x) FROM t WHERE id = 1 UNION SELECT TIMES(2, w) FROM u "
                    + "ORDER BY 1",
                "20;40;80;120"
            ),
            (
                "SELECT id FROM u WHERE EXISTS "
                    + "(SELECT 1 FROM t WHERE t.id = u.id AND TIMES(2, t.x) = 20)",
                "1"
            ),
        ])
    }

    @Test("rows are written back with the answers")
    func changes() throws {
        let cases: [(String, String, String)] = [
            (
                "UPDATE t SET y = TIMES(2, x) WHERE x IS NOT NULL", "SELECT y FROM t",
                "20;40;60;20;0"
            ),
            ("UPDATE t SET y = 7 WHERE TIMES(2, x) = 20", "SELECT id FROM t WHERE y = 7", "1;4"),
            (
                "UPDATE t JOIN u ON TIMES(2, t.x) = u.w SET t.y = u.id",
                "SELECT y FROM t ORDER BY id", "1;2;3;1;0"
            ),
            (
                "INSERT INTO u SELECT id + 10, TIMES(2, x) FROM t WHERE id < 3",
                "SELECT w FROM u WHERE id > 10", "20;40"
            ),
            (
                "INSERT INTO u VALUES (20, TIMES(2, 4)), (21, TIMES(2, 5))",
                "SELECT w FROM u WHERE id > 19", "8;10"
            ),
            (
                "INSERT INTO t SELECT id + 100, g, TIMES(2, x), 0 FROM t", "SELECT SUM(x) FROM t",
                "210"
            ),
            ("DELETE FROM t WHERE TIMES(2, x) >= 40 AND id < 100", "SELECT COUNT(*) FROM t", "8"),
            (
                "CREATE TABLE v AS SELECT id, TIMES(2, x) p FROM t WHERE id < 5", "SELECT p FROM v",
                "20;20"
            ),
            (
                "CREATE VIEW w AS SELECT TIMES(2, w) p FROM u",
                "SELECT p FROM w ORDER BY p LIMIT 1", "16"
            ),
            ("SET @p = TIMES(2, 4)", "SELECT @p", "8"),
        ]
        for (change, query, expected) in cases {
            try tables.run(change)
            #expect(tables.outcome(query) == expected, "\(change)")
        }
    }

    @Test("each distinct argument is asked once, and only rows that may matter")
    func economy() throws {
        let cases: [(String, Int)] = [
            ("SELECT id FROM t WHERE TIMES(2, x) > 30", 4),
            ("SELECT id FROM t WHERE TIMES(2, x) > 30 AND g = 1", 2),
            ("SELECT TIMES(2, x) + 0 FROM t WHERE TIMES(2, x) > 30", 4),
            ("SELECT TIMES(2, x) FROM t WHERE TIMES(2, x) > 30 ORDER BY TIMES(2, x)", 4),
            ("SELECT TIMES(2, x) FROM t", 5),
            ("SELECT TIMES(2, x) FROM t LIMIT 2", 2),
            ("SELECT TIMES(2, x) FROM t ORDER BY id DESC LIMIT 1", 1),
            ("SELECT TIMES(3, x) + 0 FROM t WHERE TIMES(2, x) = 20", 5),
        ]
        for (sql, expected) in cases {
            #expect(try asked { try tables.run(sql) } == expected, "\(sql)")
        }
    }

    @Test("a query that streams may use what memo form refuses")
    func volatileArguments() {
        #expect(tables.outcome("SELECT TIMES(2, FLOOR(RAND() * 0)) FROM t LIMIT 1") == "0")
        #expect(tables.outcome("SELECT TIMES(DISTINCT 2, x) FROM t") == "!1210")
    }

    @Test("a shape that cannot be taken apart is 1235")
    func refusals() {
        let cases = [
            "SELECT (SELECT MAX(TIMES(2, t.x)) FROM u) FROM t",
            "SELECT id FROM t WHERE TIMES(2, FLOOR(RAND() * 10)) > 3",
            "WITH RECURSIVE r AS (SELECT 1 n UNION ALL SELECT TIMES(2, n) FROM r WHERE n < 9) "
                + "SELECT n FROM r",
            "INSERT INTO u VALUES (1, 1) ON DUPLICATE KEY UPDATE w = TIMES(2, 3)",
        ]
        for sql in cases { #expect(tables.outcome(sql) == "!1235", "\(sql)") }
    }

    @Test("parameters may stand for constants and arguments")
    func parameters() throws {
        let sql = "SELECT TIMES(?, x) FROM t WHERE id = ? AND TIMES(?, x) > ?"
        #expect(
            try tables.run(sql, [.integer(3), .integer(2), .integer(2), .integer(30)]) == [["60"]]
        )
        #expect(
            try tables.run(sql, [.integer(5), .integer(2), .integer(2), .integer(30)]) == [["100"]]
        )
        #expect(try tables.run("SELECT TIMES(2, ?)", [.integer(21)]) == [["42"]])
    }

    @Test("thousands of rows are asked in chunks, and a spilled memo answers the same")
    func manyRows() throws {
        try tables.run("CREATE TABLE n (id INT PRIMARY KEY)")
        try tables.run(
            "INSERT INTO n WITH RECURSIVE s AS (SELECT 1 i UNION ALL SELECT i + 1 FROM s "
                + "WHERE i < 900) SELECT a.i * 1000 + b.i FROM s a JOIN s b WHERE b.i < 11"
        )
        times.chunks.withLock { $0 = 0 }
        #expect(try tables.run("SELECT COUNT(*) FROM n WHERE TIMES(2, id) > 0") == [["9000"]])
        #expect(times.chunks.withLock { $0 } == 3)
        let streamed = try tables.run("SELECT id, TIMES(2, id) FROM n ORDER BY id")
        #expect(streamed.count == 9_000)
        #expect(streamed.allSatisfy { Int($0[1] ?? "") == 2 * (Int($0[0] ?? "") ?? 0) })
    }

    @Test("a call with more arguments than a SQLite function takes")
    func wideCalls() throws {
        let list = (1...250).map { "x + \($0)" }.joined(separator: ", ")
        let sum = 250 * 10 + 250 * 251 / 2
        #expect(tables.outcome("SELECT id FROM t WHERE TIMES(1, \(list)) = \(sum)") == "1;4")
        #expect(tables.outcome("SELECT TIMES(1, \(list)) FROM t WHERE id = 1") == "\(sum)")
    }

    @Test("a plan is made anew when what it calls was replaced")
    func replaced() throws {
        let sql = "SELECT TIMES(2, x) FROM t WHERE id = 1"
        #expect(tables.outcome(sql) == "20")
        times.isCurrent.withLock { $0 = false }
        tables.store.addBatchFunction("TIMES", TimesFunction())
        #expect(tables.outcome(sql) == "20")
        #expect(try asked { try tables.run(sql) } == 0)
    }
}

@Suite struct BatchMemoTests {
    private struct Cells: StoredCells {
        var number: Int64
        func type(_ index: Int) -> SQLiteType { .integer }
        func int64(_ index: Int) -> Int64 { number }
        func double(_ index: Int) -> Double { 0 }
        func storedBytes(_ index: Int) -> UnsafeRawBufferPointer { .init(start: nil, count: 0) }
    }

    @Test("answers are found in memory and after they have left it", arguments: [1 << 30, 4_096])
    func spill(bytesMax: Int) throws {
        let memo = BatchMemo(bytesMax: bytesMax)
        for chunk in 0..<10 {
            let numbers = (0..<500).map { Int64(chunk * 400 + $0) }
            let wanted = try numbers.filter { try memo.want(Cells(number: $0), 0..<1) }
            #expect(wanted.count == (chunk == 0 ? 500 : 400))
            let column = Column(
                name: "",
                type: .longLong,
                storage: .int64(wanted.map { $0 * 3 }),
                validity: Validity(allValid: wanted.count)
            )
            try memo.fill(column)
        }
        #expect(memo.isSpilled == (bytesMax == 4_096))
        for number in Int64(0)..<4_100 {
            #expect(try memo.answer(Cells(number: number), 0..<1) == .integer(number * 3))
        }
        #expect(try memo.answer(Cells(number: 9_999), 0..<1) == nil)
    }
}
