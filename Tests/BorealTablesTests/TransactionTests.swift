import BorealBase
import BorealSQL
import BorealWire
import Testing

@testable import BorealTables

@Suite struct TransactionTests {
    private func prepared() throws -> (TableHarness, TableSession) {
        let tables = try TableHarness()
        try tables.run("CREATE TABLE t (id INT PRIMARY KEY, v INT)")
        try tables.run("INSERT INTO t VALUES (1, 10)")
        return (tables, try tables.other())
    }

    private func value(_ tables: TableHarness, _ session: TableSession? = nil) throws -> String {
        TableHarness.show(try tables.run("SELECT v FROM t ORDER BY id", in: session))
    }

    private func step(_ statement: any TableStatement) throws -> StepOutcome {
        var writer = RowWriter(sequenceID: 0, capabilities: [])
        var buffer = ByteBuffer()
        return try statement.step(into: &writer, buffer: &buffer, budgetBytes: 1 << 16)
    }

    @Test("a repeatable read keeps its snapshot, a committed read does not")
    func isolation() throws {
        let (tables, other) = try prepared()
        try tables.run("START TRANSACTION")
        #expect(try value(tables) == "10")
        try tables.run("UPDATE t SET v = 11", in: other)
        #expect(try value(tables) == "10")
        try tables.run("COMMIT")
        #expect(try value(tables) == "11")
        try tables.run("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
        try tables.run("START TRANSACTION")
        #expect(try value(tables) == "11")
        try tables.run("UPDATE t SET v = 12", in: other)
        #expect(try value(tables) == "12")
    }

    @Test("the first write goes on with a fresh snapshot")
    func currentRead() throws {
        let (tables, other) = try prepared()
        try tables.run("START TRANSACTION")
        #expect(try value(tables) == "10")
        try tables.run("UPDATE t SET v = v + 1", in: other)
        try tables.run("UPDATE t SET v = v + 100")
        #expect(try value(tables) == "111")
        try tables.run("COMMIT")
        #expect(try value(tables, other) == "111")
    }

    @Test("a second writer gets a ticket, which is granted at the commit")
    func lockWait() throws {
        let (tables, other) = try prepared()
        try tables.run("START TRANSACTION")
        try tables.run("UPDATE t SET v = 20")
        let waiting = try tables.prepare("UPDATE t SET v = v + 1", in: other)
        guard case .waiting(let ticket) = try step(waiting) else {
            Issue.record("the second writer did not wait")
            return
        }
        #expect(!ticket.isGranted)
        #expect(try value(tables, other) == "10")
        try tables.run("COMMIT")
        #expect(ticket.isGranted)
        guard case .finished = try step(waiting) else {
            Issue.record("the second writer did not finish")
            return
        }
        #expect(try value(tables) == "21")
    }

    @Test("a holder that goes away gives the lock up and leaves nothing")
    func killedHolder() throws {
        let (tables, other) = try prepared()
        try tables.run("START TRANSACTION")
        try tables.run("UPDATE t SET v = 99")
        let waiting = try tables.prepare("UPDATE t SET v = v + 1", in: other)
        _ = try step(waiting)
        tables.session.close()
        guard case .finished = try step(waiting) else {
            Issue.record("the lock was not given up")
            return
        }
        #expect(try value(tables, other) == "11")
    }

    @Test("a waiter that is closed leaves the queue")
    func closedWaiter() throws {
        let (tables, other) = try prepared()
        try tables.run("START TRANSACTION")
        try tables.run("UPDATE t SET v = 20")
        let waiting = try tables.prepare("UPDATE t SET v = 0", in: other)
        _ = try step(waiting)
        waiting.close()
        #expect(tables.store.writeLock.waitingCount == 0)
        try tables.run("ROLLBACK")
        try tables.run("UPDATE t SET v = 30")
        #expect(try value(tables, other) == "30")
    }

    @Test("a statement that fails undoes itself, not its transaction")
    func atomicity() throws {
        let (tables, _) = try prepared()
        try tables.run("START TRANSACTION")
        try tables.run("INSERT INTO t VALUES (2, 20)")
        #expect(throws: TableError.duplicateEntry(value: "1", key: "t.PRIMARY")) {
            try tables.run("INSERT INTO t VALUES (3, 30), (1, 0)")
        }
        #expect(try value(tables) == "10;20")
        try tables.run("SAVEPOINT a")
        try tables.run("DELETE FROM t")
        try tables.run("ROLLBACK TO a")
        try tables.run("COMMIT")
        #expect(try value(tables) == "10;20")
        #expect(tables.outcome("ROLLBACK TO nope") == "!1305")
    }

    @Test("autocommit off holds changes until a commit; a definition commits what was open")
    func implicitCommit() throws {
        let (tables, other) = try prepared()
        try tables.run("SET autocommit = 0")
        try tables.run("UPDATE t SET v = 20")
        #expect(try value(tables, other) == "10")
        try tables.run("ROLLBACK")
        #expect(try value(tables) == "10")
        try tables.run("UPDATE t SET v = 30")
        try tables.run("CREATE TABLE u (a INT)")
        #expect(try value(tables, other) == "30")
    }

    @Test("a cancelled statement ends with 1317")
    func cancellation() throws {
        let (tables, _) = try prepared()
        let flag = CancellationFlag()
        let endless =
            "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT SUM(n) FROM r"
        let statement = try tables.prepare(endless, cancellation: flag)
        flag.cancel()
        #expect(throws: TableError.interrupted) { try TableHarness.finish(statement) }
        #expect(try value(tables) == "10")
    }

    @Test("a snapshot for background work does not see later changes, nor a dropped table")
    func snapshot() throws {
        let (tables, _) = try prepared()
        let snapshot = try tables.session.snapshot()
        try tables.run("UPDATE t SET v = 77")
        try tables.run("DROP TABLE t")
        let text = "SELECT id, v FROM t"
        guard case .ordinary(.query(let query)) = try StatementParser.parse(text).kind else {
            return
        }
        let run = try snapshot.query(
            query,
            text: Array(text.utf8),
            cancellation: CancellationFlag()
        )
        let batch = try #require(try run.nextBatch(rowsMax: 100))
        guard case .int64(let values) = batch.columns[1].storage else {
            Issue.record("the column is not of integers")
            return
        }
        #expect(values == [10])
        #expect(try run.nextBatch(rowsMax: 100) == nil)
    }

    @Test("prepared statements take values of every kind")
    func parameters() throws {
        let (tables, _) = try prepared()
        try tables.run("INSERT INTO t VALUES (?, ?)", [.integer(5), .text("50")])
        let rows = try tables.run(
            "SELECT v FROM t WHERE id = ? AND ? = 'x' LIMIT ?",
            [.text("5"), .text("X"), .integer(1)]
        )
        #expect(TableHarness.show(rows) == "50")
        #expect(
            TableHarness.show(try tables.run("SELECT ? + 1, ?", [.decimal("1.50"), .null]))
                == "2.50,NULL"
        )
    }

    @Test("with autocommit off only a statement that reads or changes tables begins a transaction")
    func implicitBegin() throws {
        let (tables, _) = try prepared()
        try tables.run("SET autocommit = 0")
        for sql in ["SELECT 1", "SELECT @@sql_mode", "SET @x = 1", "SHOW TABLES", "SHOW STATUS"] {
            try tables.run(sql)
            #expect(!tables.session.isInTransaction, "\(sql)")
        }
        try tables.run("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
        try tables.run("SELECT * FROM t")
        #expect(tables.session.isInTransaction)
        #expect(tables.outcome("SET TRANSACTION ISOLATION LEVEL READ COMMITTED") == "!1568")
    }

    @Test("a SERIALIZABLE transaction does not write over what it has not seen")
    func serializable() throws {
        let (tables, other) = try prepared()
        try tables.run("SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE")
        try tables.run("START TRANSACTION")
        #expect(try value(tables) == "10")
        try tables.run("UPDATE t SET v = v + 1")
        try tables.run("COMMIT")
        try tables.run("START TRANSACTION")
        #expect(try value(tables) == "11")
        try tables.run("UPDATE t SET v = 50", in: other)
        #expect(throws: TableError.deadlock) { try tables.run("UPDATE t SET v = v + 1") }
        #expect(try value(tables) == "50")
    }

    @Test("a READ ONLY transaction refuses changes with 1792")
    func readOnly() throws {
        let (tables, _) = try prepared()
        tables.check(
            """
            START TRANSACTION READ ONLY
            SELECT v FROM t => 10
            UPDATE t SET v = 1 => !1792
            COMMIT
            UPDATE t SET v = 1
            """
        )
    }

    @Test("what SET TRANSACTION says is used up by the next query of tables")
    func usedUp() throws {
        let (tables, _) = try prepared()
        tables.check(
            """
            SET TRANSACTION READ ONLY
            SELECT 1 => 1
            UPDATE t SET v = 1 => !1792
            SELECT v FROM t => 10
            UPDATE t SET v = 1
            SET TRANSACTION READ ONLY, ISOLATION LEVEL SERIALIZABLE
            START TRANSACTION
            SELECT v FROM t => 1
            UPDATE t SET v = 2 => !1792
            ROLLBACK
            UPDATE t SET v = 2
            """
        )
    }

    @Test("SET TRANSACTION READ ONLY holds for one transaction, the session, or all new ones")
    func readOnlyScopes() throws {
        let (tables, other) = try prepared()
        tables.check(
            """
            SET TRANSACTION READ ONLY
            START TRANSACTION
            UPDATE t SET v = 1 => !1792
            COMMIT
            UPDATE t SET v = 1
            SET SESSION TRANSACTION READ ONLY
            SELECT @@transaction_read_only, @@tx_read_only => 1,1
            UPDATE t SET v = 2 => !1792
            CREATE TABLE refused (a INT) => !1792
            START TRANSACTION READ WRITE
            UPDATE t SET v = 3
            COMMIT
            SET autocommit = 0
            SELECT v FROM t => 3
            UPDATE t SET v = 4 => !1792
            COMMIT
            SET SESSION TRANSACTION READ WRITE
            UPDATE t SET v = 5
            COMMIT
            SET GLOBAL TRANSACTION READ ONLY
            SELECT @@session.transaction_read_only, @@global.transaction_read_only => 0,1
            """
        )
        #expect(throws: TableError.transaction(.readOnly)) {
            try tables.run("UPDATE t SET v = 6", in: other)
        }
    }

    @Test("COMMIT AND CHAIN begins the next transaction with the same characteristics")
    func chain() throws {
        let (tables, other) = try prepared()
        tables.check(
            """
            START TRANSACTION READ ONLY
            COMMIT AND CHAIN
            UPDATE t SET v = 1 => !1792
            ROLLBACK AND NO CHAIN
            START TRANSACTION
            UPDATE t SET v = 2
            COMMIT AND CHAIN
            UPDATE t SET v = 3
            """
        )
        #expect(tables.session.isInTransaction)
        #expect(try value(tables, other) == "2")
        tables.check("ROLLBACK")
        #expect(try value(tables) == "2")
    }

    @Test("savepoints set before the first change, set again and released")
    func savepoints() throws {
        let (tables, _) = try prepared()
        tables.check(
            """
            SAVEPOINT nothing
            ROLLBACK TO nothing => !1305
            START TRANSACTION
            SAVEPOINT a
            SAVEPOINT b
            UPDATE t SET v = 11
            ROLLBACK TO b
            SELECT v FROM t => 10
            UPDATE t SET v = 12
            SAVEPOINT b
            UPDATE t SET v = 13
            ROLLBACK TO SAVEPOINT B
            SELECT v FROM t => 12
            ROLLBACK TO a
            SELECT v FROM t => 10
            ROLLBACK TO b => !1305
            UPDATE t SET v = 14
            RELEASE SAVEPOINT a
            RELEASE SAVEPOINT a => !1305
            COMMIT
            SELECT v FROM t => 14
            """
        )
    }

    @Test("LOCK TABLES allows what it names and keeps other writers out")
    func lockTables() throws {
        let (tables, other) = try prepared()
        tables.check(
            """
            CREATE TABLE u (a INT)
            LOCK TABLES t WRITE, u READ
            SELECT count(*) FROM u => 0
            INSERT INTO u VALUES (1) => !1099
            UPDATE t SET v = 20
            CREATE TABLE w (a INT)
            INSERT INTO w VALUES (1) => !1100
            """
        )
        #expect(throws: TableError.lockWaitTimeout) {
            try tables.run("UPDATE t SET v = 21", in: other)
        }
        #expect(try value(tables, other) == "20")
        tables.check("UNLOCK TABLES")
        try tables.run("UPDATE t SET v = 22", in: other)
        tables.check("INSERT INTO u VALUES (1)")
    }

    @Test("under LOCK TABLES READ what is read does not change")
    func lockForReading() throws {
        let (tables, other) = try prepared()
        tables.check("LOCK TABLES t READ")
        try tables.run("UPDATE t SET v = 30", in: other)
        tables.check(
            """
            SELECT v FROM t => 10
            UPDATE t SET v = 1 => !1099
            START TRANSACTION
            SELECT v FROM t => 30
            COMMIT
            """
        )
    }

    @Test("READ UNCOMMITTED reads what is committed, a consistent snapshot begins at once")
    func otherLevels() throws {
        let (tables, other) = try prepared()
        try tables.run("SET SESSION TRANSACTION ISOLATION LEVEL READ UNCOMMITTED")
        try tables.run("START TRANSACTION")
        try tables.run("BEGIN", in: other)
        try tables.run("UPDATE t SET v = 40", in: other)
        #expect(try value(tables) == "10")
        try tables.run("COMMIT", in: other)
        #expect(try value(tables) == "40")
        try tables.run("COMMIT")
        try tables.run("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        try tables.run("START TRANSACTION WITH CONSISTENT SNAPSHOT")
        try tables.run("UPDATE t SET v = 41", in: other)
        #expect(try value(tables) == "40")
    }
}
