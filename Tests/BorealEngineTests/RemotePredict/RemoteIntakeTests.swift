import BorealBase
import BorealTables
import BorealWire
import Testing

@testable import BorealEngine

/// A query that yields texts of one length.
private final class Texts: QuerySource {
    let columns: [ColumnDefinition41] = []
    let types: [ColumnType] = []
    let resultColumns: [ResultColumn] = []
    private var left: Int
    private let text: String
    /// How many rows were asked for, each time.
    private(set) var asked: [Int] = []

    init(_ count: Int, bytes: Int) {
        left = count
        text = String(repeating: "x", count: bytes)
    }

    func next(rowsMax: Int) throws(ServerError) -> RowBatch? {
        asked.append(rowsMax)
        let count = min(left, rowsMax)
        guard count > 0 else { return nil }
        left -= count
        var bytes = ByteColumn()
        for _ in 0..<count { bytes.append(text) }
        let column = Column(
            name: "a",
            type: ColumnType(.text),
            storage: .bytes(bytes),
            validity: Validity(allValid: count)
        )
        return RowBatch(columns: [column], rowCount: count)
    }

    func close() {}
}

@Suite("Rows for remote models")
struct RemoteIntakeTests {
    @Test(
        "chunks are small until rows are known, and where they are long",
        arguments: [(100, [16, 256, 256]), (1 << 20, [16, 1, 1]), (100_000, [16, 20, 20])]
    )
    func sizes(_ bytes: Int, _ wanted: [Int]) throws {
        let source = Texts(10_000, bytes: bytes)
        var intake = RemoteIntake(source, rowsMax: 256)
        for _ in wanted { #expect(try intake.next() != nil) }
        #expect(source.asked == wanted)
    }

    @Test("a chunk is never more than the model takes")
    func few() throws {
        let source = Texts(30, bytes: 1)
        var intake = RemoteIntake(source, rowsMax: 10)
        var rows = 0
        while let batch = try intake.next() { rows += batch.rowCount }
        #expect(rows == 30)
        #expect(source.asked == [10, 10, 10, 10])
        // The end is the end.
        #expect(try intake.next() == nil)
        #expect(source.asked.count == 4)
    }

    @Test("rows are counted before they are taken, in steps, and none is lost")
    func counting() throws {
        var intake = RemoteIntake(Texts(100, bytes: 1), rowsMax: 32)
        var steps = 1
        while try !intake.holdAll(upTo: 100, most: 40) { steps += 1 }
        #expect(steps == 3 && intake.heldRows == 100)
        var rows = 0
        while let batch = try intake.next() { rows += batch.rowCount }
        #expect(rows == 100)
    }

    @Test("one row too many, and rows too long to be held, are told")
    func limits() throws {
        var many = RemoteIntake(Texts(101, bytes: 1), rowsMax: 32)
        let tooMany = #expect(throws: ServerError.self) {
            while try !many.holdAll(upTo: 100, most: 1_000) {}
        }
        #expect(tooMany?.code == .tooManyRowsOnline)
        #expect(tooMany?.message.contains("'100'") == true)
        var long = RemoteIntake(Texts(100, bytes: 1 << 20), rowsMax: 32)
        let tooLong = #expect(throws: ServerError.self) {
            while try !long.holdAll(upTo: 100, most: 1_000) {}
        }
        #expect(tooLong?.code == .memoryLimit)
        #expect(tooLong?.message.contains("mode='sync'") == true)
    }

    @Test("what a batch takes is counted by its cells")
    func bytes() throws {
        let batch = try #require(try Texts(3, bytes: 100).next(rowsMax: 3))
        #expect(batch.byteCount == 3 * 108)
    }
}
