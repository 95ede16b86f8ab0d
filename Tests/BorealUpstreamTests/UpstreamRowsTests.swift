import BorealBase
import BorealWire
import Synchronization
import Testing

@testable import BorealUpstream

/// The rows between the loop that reads them and whoever takes them.
@Suite struct UpstreamRowsTests {
    /// Counts what it is called for.
    private final class Bell: Sendable {
        private let rings = Mutex(0)
        var count: Int { rings.withLock { $0 } }
        func ring() { rings.withLock { $0 += 1 } }
    }

    private func batch(_ rows: Int) -> RowBatch { RowBatch(columns: [], rowCount: rows) }

    private func shown(_ next: UpstreamRows.Next) -> String {
        switch next {
        case .batch(let batch): "\(batch.rowCount)"
        case .end: "end"
        case .pending: "pending"
        case .failed(let error): "\(error)"
        }
    }

    private func shown(_ head: UpstreamRows.Head) -> String {
        switch head {
        case .columns(let columns): columns.map(\.name).joined(separator: ",")
        case .pending: "pending"
        case .failed(let error): "\(error)"
        }
    }

    private let columns = [ColumnDefinition41(name: "a", type: .double)]

    @Test("columns, batches and the end come in order, and each wakes who waits once")
    func order() {
        let rows = UpstreamRows(server: "s")
        let bell = Bell()
        #expect(shown(rows.head) == "pending" && shown(rows.take()) == "pending")
        rows.onChange { bell.ring() }
        rows.tell(columns)
        #expect(bell.count == 1 && shown(rows.head) == "a")
        // What is there already is told at once.
        rows.onChange { bell.ring() }
        #expect(bell.count == 2)
        #expect(!rows.wish.isStarted)
        rows.start()
        #expect(rows.wish.isStarted && rows.wish.hasRoom)
        rows.onChange { bell.ring() }
        #expect(bell.count == 2)
        rows.give(batch(3))
        rows.give(batch(4))
        #expect(bell.count == 3 && !rows.wish.hasRoom)
        rows.end()
        #expect((0..<4).map { _ in shown(rows.take()) } == ["3", "4", "end", "end"])
    }

    @Test("the reading side is told when there is room again, and when nobody wants more")
    func wishes() {
        let rows = UpstreamRows(server: "s")
        let bell = Bell()
        rows.setReader { bell.ring() }
        rows.tell(columns)
        rows.start()
        rows.start()
        #expect(bell.count == 1)
        rows.give(batch(1))
        #expect(shown(rows.take()) == "1" && bell.count == 1)
        rows.give(batch(1))
        rows.give(batch(2))
        #expect(shown(rows.take()) == "1" && bell.count == 2)
        rows.close()
        rows.close()
        #expect(bell.count == 3 && rows.wish.isClosed)
        // What comes behind that is dropped.
        rows.give(batch(5))
        #expect(shown(rows.take()) == "pending")
    }

    @Test("an error takes the place of rows that nobody has taken; none comes behind the end")
    func failures() {
        let rows = UpstreamRows(server: "s")
        let bell = Bell()
        rows.tell(columns)
        rows.start()
        rows.give(batch(1))
        #expect(shown(rows.take()) == "1")
        rows.onChange { bell.ring() }
        rows.give(batch(2))
        rows.fail(.lost)
        rows.fail(.stopped)
        #expect(bell.count == 1 && rows.isFailed)
        #expect(shown(rows.take()) == "lost")
        let whole = UpstreamRows(server: "s")
        whole.give(batch(7))
        whole.end()
        whole.fail(.lost)
        #expect([shown(whole.take()), shown(whole.take())] == ["7", "end"])
        let unborn = UpstreamRows(server: "s")
        unborn.fail(.hasNoRows)
        #expect(shown(unborn.head) == "hasNoRows")
    }
}
