import Testing

@testable import BorealRemote

@Suite("Fair queue")
struct FairQueueTests {
    /// Takes batches of so many rows until nothing is left.
    private func drain(_ queue: inout FairQueue<String>, rows: Int) -> [[String]] {
        var batches: [[String]] = []
        while queue.count > 0 {
            var packer = BatchPacker(rowsMax: rows, tokensMax: 8_192)
            batches.append(queue.take(into: &packer) { $0.first == $1.first })
        }
        return batches
    }

    private func queue(_ rows: [(String, UInt64)]) -> FairQueue<String> {
        var queue = FairQueue<String>()
        for (row, statement) in rows {
            let isTaken = queue.append(row, bytes: row.utf8.count, statement: statement)
            #expect(isTaken)
        }
        return queue
    }

    @Test("statements take turns, rows of one keep their order")
    func turns() {
        var rows = queue([("a1", 1), ("a2", 1), ("a3", 1), ("a4", 1), ("a5", 2), ("a6", 3)])
        #expect(rows.count == 6)
        #expect(rows.bytes == 12)
        #expect(drain(&rows, rows: 1) == [["a1"], ["a5"], ["a6"], ["a2"], ["a3"], ["a4"]])
        #expect(rows.bytes == 0)
    }

    @Test("a batch is filled across statements, but only with rows that may stand together")
    func joins() {
        var rows = queue([("a1", 1), ("a2", 1), ("b1", 2), ("b2", 2), ("a3", 3)])
        #expect(rows.first == "a1")
        #expect(drain(&rows, rows: 10) == [["a1", "a3", "a2"], ["b1", "b2"]])
    }

    @Test("a call behind a scan waits for one turn")
    func noStarving() {
        var rows = queue((0..<1_000).map { ("a\($0)", 1) })
        #expect(rows.append("single", bytes: 6, statement: 2) == true)
        let batches = drain(&rows, rows: 10)
        #expect(batches.firstIndex { $0.contains("single") } ?? 9 <= 1)
    }

    @Test("it is bounded by rows and by bytes")
    func bounds() {
        var rows = FairQueue<Int>()
        for index in 0..<10_000 { #expect(rows.append(index, bytes: 1, statement: 1) == true) }
        #expect(rows.append(0, bytes: 1, statement: 2) == false)
        var bytes = FairQueue<Int>()
        #expect(bytes.append(0, bytes: 64 << 20, statement: 1) == true)
        #expect(bytes.append(0, bytes: 1, statement: 1) == false)
        #expect(bytes.count == 1)
    }

    @Test("unwanted rows leave, with their bytes, and so does an emptied statement")
    func removal() {
        var rows = queue([("a1", 1), ("a2", 1), ("b1", 2)])
        rows.remove(statement: 1) { $0 == "a1" }
        #expect(rows.count == 2)
        #expect(rows.bytes == 4)
        rows.remove(statement: 1) { _ in true }
        #expect(rows.statements == [2])
        rows.remove(statement: 9) { _ in true }
        #expect(rows.removeAll() == ["b1"])
        #expect(rows.count == 0)
        #expect(rows.first == nil)
    }

    @Test("order survives many rows taken and added in between")
    func longRun() {
        var rows = FairQueue<Int>()
        var next = 0
        var taken: [Int] = []
        for _ in 0..<100 {
            for _ in 0..<50 {
                #expect(rows.append(next, bytes: 1, statement: 7) == true)
                next += 1
            }
            var packer = BatchPacker(rowsMax: 40, tokensMax: 8_192)
            taken += rows.take(into: &packer) { _, _ in true }
        }
        #expect(taken == Array(0..<4_000))
        #expect(rows.count == 1_000)
    }
}
