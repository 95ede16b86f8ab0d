import BorealBase
import Foundation
import Testing

@testable import BorealEngine

@Suite struct CursorRowsTests {
    private let folder = NSTemporaryDirectory()

    private func rows(_ count: Int, of bytes: Int, _ budget: CursorBudget) throws -> CursorRows {
        let rows = CursorRows(budget, folder: folder)
        for number in 0..<count {
            let row = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: bytes)
            try row.withUnsafeBytes { bytes in try rows.append(bytes) as Void }
        }
        try rows.seal()
        return rows
    }

    /// The first byte and the length of each row that is left.
    private func read(_ rows: CursorRows) throws -> [[Int]] {
        var all: [[Int]] = []
        while rows.rowsLeft > 0 {
            try rows.next { all.append([Int($0.first ?? 0), $0.count]) }
        }
        return all
    }

    @Test("rows come back in their order, whether they lie in memory, in a file or in both")
    func order() throws {
        for memory in [0, 64 << 10, 1 << 20] {
            let budget = CursorBudget(memoryBytes: memory)
            for (count, bytes) in [(0, 1), (3, 0), (50, 1_000), (300, 5_000), (2, 2 << 20)] {
                let kept = try read(rows(count, of: bytes, budget))
                let expected = (0..<count).map { [bytes == 0 ? 0 : $0 & 0xFF, bytes] }
                #expect(kept == expected, "\(count) rows of \(bytes) bytes")
            }
        }
    }

    @Test("all cursors share their memory; whoever finds none of it left goes to a file")
    func sharedMemory() throws {
        let budget = CursorBudget(memoryBytes: 256 << 10)
        var cursors: [CursorRows] = []
        for _ in 0..<20 { cursors.append(try rows(40, of: 1_000, budget)) }
        let held = budget.held
        #expect(held.memory <= 256 << 10 && held.memory > 128 << 10)
        #expect(held.files >= 10 && held.file >= held.files * 30_000)
        // Those in files are not worse off.
        for cursor in cursors { #expect(try read(cursor).count == 40) }
        cursors = []
        #expect(budget.held == CursorBudget.Held())
    }

    @Test("files have their bounds too: beyond them a cursor is an error that holds nothing")
    func sharedFiles() throws {
        let budget = CursorBudget(memoryBytes: 0, fileBytes: 100_000, filesMax: 3)
        var cursors: [CursorRows] = []
        for _ in 0..<3 { cursors.append(try rows(10, of: 1_000, budget)) }
        let full = #expect(throws: ServerError.self) { try rows(1, of: 10, budget) }
        #expect(full?.code == .tableIsFull)
        cursors.removeLast()
        #expect(throws: ServerError.self) { try rows(100, of: 1_000, budget) }
        #expect(budget.held.files == 2)
        cursors.append(try rows(10, of: 1_000, budget))
        #expect(try read(cursors[2]).count == 10)
        cursors = []
        #expect(budget.held == CursorBudget.Held())
    }

    @Test("the bounds of the server are those of Limits")
    func bounds() throws {
        let budget = CursorBudget()
        #expect(budget.takeMemory(Limits.cursorsMemoryBytes))
        #expect(!budget.takeMemory(1))
        budget.giveBack(memory: 1, file: 0, files: 0)
        #expect(budget.takeMemory(1))
        try budget.takeFile(Limits.cursorsFileBytes, isNew: true)
        #expect(throws: ServerError.self) { try budget.takeFile(1, isNew: false) }
    }
}
