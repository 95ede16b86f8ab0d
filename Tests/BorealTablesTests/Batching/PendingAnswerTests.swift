import BorealBase
import BorealSQL
import BorealWire
import Dispatch
import Foundation
import Synchronization
import Testing

@testable import BorealTables

/// `LATER(x)`: twice x, answered when the test says so.
private final class LaterFunction: BatchFunction {
    struct Asked: Sendable {
        let values: [Int64]
        let place: BatchPlace
        let answer: PendingAnswer
    }

    struct Lost: Error {}

    let asked = Mutex<[Asked]>([])
    let givenUp = Mutex(0)
    let rowsMax = Mutex(Limits.batchRows)
    let chunksAhead = Mutex(1)
    /// Statements that said that no rows follow.
    let ended = Mutex(0)

    func bind(_ arguments: [BatchArgument], caller: BatchCaller) throws -> any BatchCall {
        Call(self)
    }

    /// Answers what waits; how many rows that were.
    @discardableResult
    func answerAll() -> Int {
        let waiting = asked.withLock { asked in
            defer { asked = [] }
            return asked
        }
        // The last first: answers may come in any order.
        for item in waiting.reversed() {
            let warning = TableWarning(.warning, .remoteModel, "\(item.values.count) rows")
            item.answer.complete(
                .success(Self.column(item.values.map { $0 * 2 })),
                warnings: [warning]
            )
        }
        return waiting.reduce(0) { $0 + $1.values.count }
    }

    func fail() {
        for item in asked.withLock({ $0 }) { item.answer.complete(.failure(Lost())) }
    }

    static func column(_ values: [Int64]) -> Column {
        Column(
            name: "",
            type: .longLong,
            storage: .int64(values),
            validity: Validity(allValid: values.count)
        )
    }

    private final class Call: BatchCall {
        let type = ColumnType.longLong
        let constantCount = 0
        let identity = "later"
        let isCurrent = true
        let function: LaterFunction

        init(_ function: LaterFunction) { self.function = function }

        var rowsMax: Int { function.rowsMax.withLock { $0 } }
        var chunksAhead: Int { function.chunksAhead.withLock { $0 } }

        func endAsking() { function.ended.withLock { $0 += 1 } }

        func check(_ rights: AccountRights) throws {}

        func answer(
            _ batch: RowBatch,
            firstRow: Int,
            cancellation: CancellationFlag
        ) throws -> Column { throw Lost() }

        func ask(
            _ batch: RowBatch,
            at place: BatchPlace,
            cancellation: CancellationFlag
        ) throws -> BatchAnswer {
            guard case .int64(let values) = batch.columns[0].storage else { throw Lost() }
            let function = function
            let answer = PendingAnswer { function.givenUp.withLock { $0 += 1 } }
            let asked = Asked(values: values, place: place, answer: answer)
            function.asked.withLock { $0.append(asked) }
            return .pending(answer)
        }
    }
}

@Suite("Calls that are answered later") struct PendingAnswerTests {
    private let tables: TableHarness
    private let later = LaterFunction()

    init() throws {
        tables = try TableHarness()
        tables.store.addBatchFunction("LATER", later)
        try tables.run("CREATE TABLE t (id INT PRIMARY KEY, x INT)")
        try tables.run("INSERT INTO t VALUES (1,10),(2,20),(3,30),(4,20),(5,50)")
    }

    private enum Step: Equatable {
        case waiting
        case finished([String])
    }

    /// Steps until the statement waits or ends.
    private func step(_ statement: any TableStatement) throws -> Step {
        do {
            let rows = try TableHarness.finish(statement).rows
            return .finished(rows.map { $0.map { $0 ?? "NULL" }.joined(separator: ",") })
        } catch TableError.lockWaitTimeout {
            return .waiting
        }
    }

    @Test(
        "a statement waits until the answers are there, in every form",
        arguments: [
            ("SELECT id, LATER(x) FROM t ORDER BY id", "1,20;2,40;3,60;4,40;5,100", 5),
            ("SELECT LATER(x), LATER(id) FROM t WHERE id < 3", "20,2;40,4", 4),
            ("SELECT SUM(LATER(x)) FROM t", "260", 4),
            ("SELECT id FROM t WHERE LATER(x) > 50 ORDER BY id", "3;5", 4),
            ("SELECT LATER(LATER(x)) FROM t WHERE id = 1", "40", 2),
            ("SELECT id FROM t ORDER BY LATER(-x) LIMIT 2", "5;3", 4),
        ]
    )
    func queries(_ sql: String, _ expected: String, _ rows: Int) throws {
        let statement = try tables.prepare(sql)
        var asked = 0
        var result = try step(statement)
        while result == .waiting {
            #expect(try step(statement) == .waiting, "it waits as long as nobody answers")
            asked += later.answerAll()
            result = try step(statement)
        }
        #expect(result == .finished(expected.split(separator: ";").map(String.init)))
        #expect(asked == rows)
        let said = tables.session.warnings.compactMap { Int($0.message.prefix { $0 != " " }) }
        #expect(said.reduce(0, +) == rows, "what the calls said is there for SHOW WARNINGS")
    }

    @Test(
        "chunks are under way at once as far as the call likes, each told whether rows follow",
        arguments: [
            ("SELECT LATER(x) FROM t ORDER BY id", "20;40;60;40;100", [2, 2, 1], 0),
            ("SELECT LATER(x) FROM t ORDER BY id LIMIT 3", "20;40;60", [2, 1], 0),
            ("SELECT LATER(x) FROM t WHERE id < 5 ORDER BY id", "20;40;60;40", [2, 2], 1),
            ("SELECT SUM(LATER(x)) FROM t", "260", [2, 2], 1),
            ("SELECT id FROM t WHERE LATER(x) > 50 ORDER BY id", "3;5", [2, 2], 1),
        ]
    )
    func ahead(_ sql: String, _ expected: String, _ chunks: [Int], _ ends: Int) throws {
        later.rowsMax.withLock { $0 = 2 }
        later.chunksAhead.withLock { $0 = 8 }
        let statement = try tables.prepare(sql)
        #expect(try step(statement) == .waiting)
        let asked = later.asked.withLock { $0.map { ($0.values.count, $0.place) } }
        #expect(asked.map(\.0) == chunks)
        #expect(asked.map(\.1.firstRow) == chunks.indices.map { chunks[..<$0].reduce(0, +) })
        #expect(asked.dropLast().allSatisfy { $0.1.expectsMore })
        #expect(later.ended.withLock { $0 } == (asked.last?.1.expectsMore == true ? 1 : 0))
        #expect(later.ended.withLock { $0 } == ends)
        later.answerAll()
        let result = try step(statement)
        #expect(result == .finished(expected.split(separator: ";").map(String.init)))
    }

    @Test("rows behind SQL_SELECT_LIMIT are not asked about")
    func selectLimit() throws {
        later.rowsMax.withLock { $0 = 2 }
        later.chunksAhead.withLock { $0 = 8 }
        try tables.run("SET sql_select_limit = 3")
        let statement = try tables.prepare("SELECT LATER(x) FROM t")
        #expect(try step(statement) == .waiting)
        #expect(later.answerAll() == 3)
        #expect(try step(statement) == .finished(["20", "40", "60"]))
    }

    @Test("a change that has chunks under way waits for all, and begins anew once")
    func changeAhead() throws {
        later.rowsMax.withLock { $0 = 1 }
        later.chunksAhead.withLock { $0 = 3 }
        let statement = try tables.prepare("UPDATE t SET x = LATER(x)")
        var rounds: [Int] = []
        while try step(statement) == .waiting {
            guard let first = later.asked.withLock({ $0.first }) else { break }
            rounds.append(later.asked.withLock { $0.count })
            // One of them alone does not let it go on.
            first.answer.complete(.success(LaterFunction.column(first.values.map { $0 * 2 })))
            if rounds[rounds.count - 1] > 1 { #expect(try step(statement) == .waiting) }
            later.answerAll()
        }
        #expect(rounds == [3, 1])
        #expect(tables.outcome("SELECT * FROM t ORDER BY id") == "1,20;2,40;3,60;4,40;5,100")
    }

    @Test("a change holds no lock while it waits, and asks about each value once")
    func change() throws {
        later.rowsMax.withLock { $0 = 2 }
        let other = try tables.other()
        let statement = try tables.prepare("UPDATE t SET x = LATER(x)")
        #expect(try step(statement) == .waiting)
        try tables.run("INSERT INTO t VALUES (6, 60), (7, 10)", in: other)
        var asked = 0
        while true {
            asked += later.answerAll()
            guard try step(statement) == .waiting else { break }
            try tables.run("SELECT 1", in: other)
        }
        #expect(asked == 5, "10, 20, 30, 50 and the 60 that came meanwhile")
        #expect(
            tables.outcome("SELECT * FROM t ORDER BY id")
                == "1,20;2,40;3,60;4,40;5,100;6,120;7,20"
        )
    }

    @Test("rows are written to another table with the answers")
    func insertSelect() throws {
        try tables.run("CREATE TABLE u (id INT, y INT)")
        let statement = try tables.prepare("INSERT INTO u SELECT id, LATER(x) FROM t")
        #expect(try step(statement) == .waiting)
        later.answerAll()
        _ = try step(statement)
        #expect(tables.outcome("SELECT * FROM u") == "1,20;2,40;3,60;4,40;5,100")
    }

    @Test(
        "a failure ends the statement and leaves everything as it was",
        arguments: [
            "SELECT LATER(x) FROM t", "SELECT id FROM t WHERE LATER(x) = 1",
            "UPDATE t SET x = LATER(x)",
        ]
    )
    func failure(_ sql: String) throws {
        let statement = try tables.prepare(sql)
        #expect(try step(statement) == .waiting)
        later.fail()
        #expect(throws: LaterFunction.Lost.self) { try step(statement) }
        statement.close()
        #expect(tables.outcome("SELECT x FROM t WHERE id < 3") == "10;20")
        // Nobody is left with the lock.
        try tables.run("UPDATE t SET x = 11 WHERE id = 1", in: try tables.other())
    }

    @Test(
        "answers that nobody wants any more are given up",
        arguments: [
            "SELECT LATER(x), LATER(id) FROM t", "SELECT id FROM t WHERE LATER(x) = 1",
            "UPDATE t SET x = LATER(x)",
        ]
    )
    func abandoned(_ sql: String) throws {
        let statement = try tables.prepare(sql)
        #expect(try step(statement) == .waiting)
        let waiting = later.asked.withLock { $0.count }
        statement.close()
        #expect(later.givenUp.withLock { $0 } == waiting)
        later.answerAll()
        #expect(tables.outcome("SELECT x FROM t WHERE id < 3") == "10;20")
    }

    @Test("a query that only waits for answers holds no connection, and ends as it would have")
    func connections() throws {
        let session = tables.session
        try tables.run("BEGIN")
        try tables.run("UPDATE t SET x = 11 WHERE id = 1")
        let own = try tables.prepare("SELECT LATER(x) FROM t WHERE id = 1")
        #expect(try step(own) == .waiting)
        #expect(session.isInsideTransaction)
        later.answerAll()
        #expect(try step(own) == .finished(["22"]))
        try tables.run("ROLLBACK")
        let other = try tables.other()
        let before = tables.store.idleConnections
        let waiting = try (1...5).map { id in
            try tables.prepare("SELECT id, LATER(x) FROM t WHERE id = \(id)", in: other)
        }
        for statement in waiting { #expect(try step(statement) == .waiting) }
        #expect(tables.store.idleConnections >= before)
        waiting[4].close()
        later.answerAll()
        let rows = try waiting.prefix(4).map { try step($0) }
        #expect(rows == [["1,20"], ["2,40"], ["3,60"], ["4,40"]].map { Step.finished($0) })
        #expect(tables.store.idleConnections >= before)
        #expect(other.foundRows == 1)
    }

    @Test("the time of a query ends its wait")
    func deadline() throws {
        let statement = try tables.prepare(
            "SELECT /*+ MAX_EXECUTION_TIME(20) */ LATER(x) FROM t"
        )
        let end = MonotonicClock.milliseconds + 10_000
        #expect(throws: TableError.self) {
            while MonotonicClock.milliseconds < end, try step(statement) == .waiting {
                usleep(1_000)
            }
        }
        #expect(MonotonicClock.milliseconds < end)
        statement.close()
        #expect(later.givenUp.withLock { $0 } == 1)
    }

    @Test("background work waits on its own thread, and ends when it is cancelled")
    func background() throws {
        let text = "SELECT LATER(x) FROM t WHERE LATER(id) < 9"
        let flag = CancellationFlag()
        let snapshot = try tables.session.snapshot()
        let query = try StatementParser.parseQuery(text)
        let run = try snapshot.query(query, text: Array(text.utf8), cancellation: flag)
        let helper = later
        let end = CancellationFlag()
        defer { end.cancel() }
        DispatchQueue.global().async {
            while !end.isCancelled {
                usleep(1_000)
                helper.answerAll()
            }
        }
        let batch = try #require(try run.nextBatch(rowsMax: 10))
        guard case .int64(let values) = batch.columns[0].storage else { throw LaterFunction.Lost() }
        #expect(values == [20, 40, 60, 40])
        run.close()

        let second = try snapshot.query(query, text: Array(text.utf8), cancellation: flag)
        flag.cancel()
        #expect(throws: TableError.self) { try second.nextBatch(rowsMax: 10) }
    }

    @Test("rows of a VALUES list are asked about together, and no lock is held meanwhile")
    func givenRows() throws {
        let statement = try tables.prepare(
            "INSERT INTO t VALUES (7, LATER(1)), (8, 5), (9, LATER(2) + LATER(id)), (10, id)"
        )
        #expect(try step(statement) == .waiting)
        #expect(later.asked.withLock { $0.map(\.place.expectsMore) } == [true, true])
        try tables.run("UPDATE t SET x = x WHERE id = 1", in: try tables.other())
        #expect(tables.outcome("SELECT COUNT(*) FROM t WHERE id > 6") == "0")
        var asked = 0
        repeat { asked += later.answerAll() } while try step(statement) == .waiting
        #expect(asked == 3, "no answer is asked for twice")
        #expect(tables.outcome("SELECT id, x FROM t WHERE id > 6") == "7,2;8,5;9,22;10,10")
    }

    @Test("an answer that a given row does not get undoes all rows")
    func givenRowFails() throws {
        let statement = try tables.prepare("INSERT INTO t VALUES (7, 1), (8, LATER(1))")
        #expect(try step(statement) == .waiting)
        later.fail()
        #expect(throws: LaterFunction.Lost.self) { try step(statement) }
        statement.close()
        #expect(tables.outcome("SELECT COUNT(*) FROM t WHERE id > 6") == "0")
        let closed = try tables.prepare("INSERT INTO t SET id = 7, x = LATER(1)")
        #expect(try step(closed) == .waiting)
        closed.close()
        #expect(later.givenUp.withLock { $0 } == 1)
    }

    @Test("a few rows whose answers are there end soon, long ones and many do not")
    func endsSoon() throws {
        try tables.run("CREATE TABLE l (id INT PRIMARY KEY, c LONGTEXT)")
        try tables.run("INSERT INTO l VALUES (1, 'short'), (2, REPEAT('x', 100000))")
        let rows: [(String, Bool)] = [
            ("SELECT LATER(id), c FROM l WHERE id = 1", true),
            ("SELECT LATER(id), c FROM l WHERE id = 2", false),
            ("SELECT LATER(x) FROM t", true), ("SELECT LATER(a.id) FROM t a, t b", false),
        ]
        for (sql, expected) in rows {
            let statement = try tables.prepare(sql)
            #expect(try step(statement) == .waiting)
            #expect(!statement.endsSoon, "\(sql)")
            later.answerAll()
            #expect(statement.endsSoon == expected, "\(sql)")
            statement.close()
        }
    }

    /// A statement that asks, a query after it, and what that answers.
    private static let others: [(String, String, String)] = [
        ("SELECT LATER(x), id INTO @a, @b FROM t WHERE id = 2", "SELECT @a, @b", "40,2"),
        ("SELECT id INTO @a FROM t WHERE LATER(x) = 40 LIMIT 1", "SELECT @a", "2"),
        ("CREATE TABLE n SELECT id, LATER(x) AS y FROM t", "SELECT MAX(y) FROM n", "100"),
        ("CREATE TEMPORARY TABLE m SELECT LATER(x) AS y FROM t", "SELECT MAX(y) FROM m", "100"),
        ("INSERT INTO t SET id = 7, x = LATER(3)", "SELECT x FROM t WHERE id = 7", "6"),
        ("REPLACE INTO t VALUES (1, LATER(3))", "SELECT x FROM t WHERE id = 1", "6"),
        ("DO LATER(1), LATER(2)", "SELECT 1", "1"),
    ]

    @Test("other statements wait as well", arguments: 0..<others.count)
    func otherStatements(_ index: Int) throws {
        let (sql, query, expected) = Self.others[index]
        let statement = try tables.prepare(sql)
        #expect(try step(statement) == .waiting)
        repeat { later.answerAll() } while try step(statement) == .waiting
        #expect(tables.outcome(query) == expected)
    }

    @Test("SET waits for every answer before it changes anything")
    func variables() throws {
        try tables.run("SET @c = 0")
        let statement = try tables.prepare("SET @c = 1, @a = LATER(4), @b = LATER(5) + LATER(6)")
        var asked = 0
        while try step(statement) == .waiting {
            #expect(tables.outcome("SELECT @c") == "0")
            asked += later.answerAll()
        }
        #expect(asked == 3, "no answer is asked for twice")
        #expect(tables.outcome("SELECT @a, @b, @c") == "8,22,1")
    }

    @Test("SET that fails or is given up leaves everything as it was")
    func failedVariables() throws {
        try tables.run("SET @c = 1")
        let failing = try tables.prepare("SET @c = 2, @a = LATER(7)")
        #expect(try step(failing) == .waiting)
        later.fail()
        #expect(throws: (any Error).self) { try step(failing) }
        let closed = try tables.prepare("SET @c = 3, @a = LATER(8)")
        #expect(try step(closed) == .waiting)
        closed.close()
        #expect(later.givenUp.withLock { $0 } == 1)
        #expect(tables.outcome("SELECT @c") == "1")
    }
}
