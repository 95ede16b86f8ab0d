import BorealBase
import BorealWire
import Foundation
import Testing

@testable import BorealTables

@Suite struct WaitTests {
    /// Steps once; the rows, or nil when it waits.
    private func step(_ statement: any TableStatement) throws -> LockTicket? {
        var writer = RowWriter(sequenceID: 0, capabilities: [.deprecateEOF])
        var buffer = ByteBuffer()
        if !statement.columns.isEmpty {
            writer.columns(statement.columns.map(\.definition), status: [], into: &buffer)
        }
        switch try statement.step(into: &writer, buffer: &buffer, budgetBytes: 1 << 16) {
        case .waiting(let ticket): return ticket
        case .more, .finished: return nil
        }
    }

    @Test("SLEEP waits by a ticket, not on a thread, and a second run repeats nothing")
    func sleeping() throws {
        let tables = try TableHarness()
        let long = try tables.prepare("SELECT SLEEP(100)")
        let begun = MonotonicClock.milliseconds
        _ = try #require(try step(long))
        #expect(MonotonicClock.milliseconds - begun < 50_000, "the step itself does not wait")
        long.close()
        let statement = try tables.prepare("SELECT @a := ifnull(@a, 0) + 1, SLEEP(0.05)")
        let start = MonotonicClock.milliseconds
        let ticket = try #require(try step(statement))
        #expect(ticket.deadlineMilliseconds >= start + 50)
        while MonotonicClock.milliseconds < ticket.deadlineMilliseconds { usleep(1_000) }
        #expect(try TableHarness.finish(statement).rows == [["1", "0"]])
        #expect(tables.outcome("SELECT @a") == "1")
    }

    @Test(
        "the time of a query ends its waits: a SLEEP by itself answers 1, all else is 3024",
        arguments: [
            ("SELECT SLEEP(100)", "1"), ("SELECT SLEEP(100), SLEEP(100)", "1,1"),
            ("SELECT SLEEP(0.001), SLEEP(100)", "0,1"),
            ("SELECT a FROM t WHERE SLEEP(100) = 0", "!3024"),
            ("SELECT GET_LOCK('l', 100)", "!3024"), ("SELECT GET_LOCK('l', -1)", "!3024"),
            ("SELECT GET_LOCK('m', 100)", "1"),
        ]
    )
    func outOfTime(sql: String, expected: String) throws {
        let tables = try TableHarness()
        let other = try tables.other()
        try tables.run("CREATE TABLE t (a INT)")
        try tables.run("INSERT INTO t VALUES (1), (2)")
        try tables.run("SELECT GET_LOCK('l', 0)", in: other)
        let hinted = sql.replacing("SELECT", with: "SELECT /*+ MAX_EXECUTION_TIME(1000) */")
        let statement = try tables.prepare(hinted)
        let start = MonotonicClock.milliseconds
        var outcome: String?
        while outcome == nil, MonotonicClock.milliseconds < start + 60_000 {
            do {
                let rows = try TableHarness.finish(statement).rows
                outcome = rows.map { $0.map { $0 ?? "NULL" }.joined(separator: ",") }.first
            } catch TableError.lockWaitTimeout {
                usleep(1_000)
            } catch let error as TableError {
                outcome = "!\(error.serverErrorCode.rawValue)"
            }
        }
        #expect(outcome == expected)
        statement.close()
    }

    @Test("a wait that is not a query's is refused")
    func elsewhere() throws {
        let tables = try TableHarness()
        #expect(tables.outcome("SET @a = SLEEP(1)") == "!1235")
        #expect(tables.outcome("SELECT SLEEP(0)") == "0")
    }

    @Test("a change that sleeps holds no lock meanwhile, and changes each row once")
    func sleepingChange() throws {
        let tables = try TableHarness()
        let other = try tables.other()
        try tables.run("CREATE TABLE t (a INT, b INT)")
        let statements = [
            "INSERT INTO t VALUES (1, SLEEP(0.02)), (2, SLEEP(0.02))",
            "UPDATE t SET a = a + 10, b = SLEEP(0.02) WHERE a < 5",
        ]
        for (number, text) in statements.enumerated() {
            let statement = try tables.prepare(text)
            for _ in 0..<2 {
                let ticket = try #require(try step(statement), "\(text)")
                try tables.run("INSERT INTO t VALUES (\(20 + number), 0)", in: other)
                while MonotonicClock.milliseconds < ticket.deadlineMilliseconds { usleep(1_000) }
            }
            _ = try TableHarness.finish(statement)
        }
        #expect(tables.outcome("SELECT a, b FROM t ORDER BY a") == "11,0;12,0;20,0;20,0;21,0;21,0")
        let left = try tables.prepare("DELETE FROM t WHERE SLEEP(100) = 0")
        _ = try #require(try step(left))
        left.close()
        #expect(tables.outcome("SELECT COUNT(*) FROM t") == "6")
    }

    @Test("a lock is handed to the first who waits for it")
    func handingOver() throws {
        let tables = try TableHarness()
        let second = try tables.other(2)
        let third = try tables.other(3)
        #expect(tables.outcome("SELECT GET_LOCK('l', 0)") == "1")
        #expect(try tables.run("SELECT GET_LOCK('L', 0)", in: second) == [["0"]])
        let waiting = try tables.prepare("SELECT GET_LOCK('l', 100)", in: second)
        let ticket = try #require(try step(waiting))
        let later = try tables.prepare("SELECT GET_LOCK('l', 100)", in: third)
        _ = try #require(try step(later))
        #expect(!ticket.isGranted)
        #expect(tables.outcome("SELECT RELEASE_LOCK('l')") == "1")
        #expect(ticket.isGranted)
        #expect(try TableHarness.finish(waiting).rows == [["1"]])
        #expect(tables.outcome("SELECT IS_USED_LOCK('l'), IS_FREE_LOCK('l')") == "2,0")
        #expect(tables.outcome("SELECT RELEASE_LOCK('l')") == "0")
        later.close()
        second.close()
        #expect(tables.outcome("SELECT IS_FREE_LOCK('l')") == "1")
    }

    @Test("a lock that does not come is 0 at the deadline")
    func timeout() throws {
        let tables = try TableHarness()
        let second = try tables.other(2)
        #expect(tables.outcome("SELECT GET_LOCK('l', 1) + GET_LOCK('l', 1)") == "2")
        let waiting = try tables.prepare("SELECT GET_LOCK('l', 0.02)", in: second)
        let ticket = try #require(try step(waiting))
        while MonotonicClock.milliseconds < ticket.deadlineMilliseconds { usleep(1_000) }
        #expect(try TableHarness.finish(waiting).rows == [["0"]])
        #expect(tables.outcome("SELECT RELEASE_ALL_LOCKS(), IS_FREE_LOCK('l')") == "2,1")
    }
}
