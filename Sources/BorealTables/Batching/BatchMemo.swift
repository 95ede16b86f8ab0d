import BorealBase
import BorealSQLite

/// Cells of a row or arguments of a function, as SQLite holds them.
protocol StoredCells {
    func type(_ index: Int) -> SQLiteType
    func int64(_ index: Int) -> Int64
    func double(_ index: Int) -> Double
    /// The bytes of text and blobs, in place.
    func storedBytes(_ index: Int) -> UnsafeRawBufferPointer
}

extension SQLiteStatement: StoredCells {
    func storedBytes(_ index: Int) -> UnsafeRawBufferPointer { blobBytes(index) }
}

extension SQLiteCall: StoredCells {
    func storedBytes(_ index: Int) -> UnsafeRawBufferPointer { bytes(index) }
}

/// Answers of a batched call by its arguments, for the length of one statement.
///
/// Keys and answers live in memory up to `TableLimits.memoBytesMax`, then go to a temporary file.
final class BatchMemo {
    /// Bytes of all keys, one behind the other.
    private var keyBytes: [UInt8] = []
    /// `[answers.count + 1]`: where each key begins.
    private var keyStarts = [0]
    private var answers: [SQLiteValue] = []
    /// Open addressing: position in `answers` plus one, 0 for free; a power of two of places.
    private var places = [UInt32](repeating: 0, count: 1_024)
    private var answerBytes = 0
    private var file: SpilledMemo?
    private var scratch: [UInt8] = []
    private let seed = UInt64.random(in: 1 ... .max)
    private let bytesMax: Int
    /// Keys in memory that wait for their answer: those from here on.
    private var firstPending = 0

    init(bytesMax: Int = TableLimits.memoBytesMax) { self.bytesMax = bytesMax }

    /// Answers that it was given.
    private(set) var answerCount = 0

    /// It should leave memory, which it does when no answer is under way.
    var isOverfull: Bool { keyBytes.count + answerBytes + answers.count * 48 > bytesMax }

    /// True once answers had to leave memory.
    var isSpilled: Bool { file != nil }
    /// The pass that fills it is done.
    var isComplete = false

    // MARK: - Filling

    /// Notes that the answer for these cells is wanted.
    ///
    /// - Returns: false when it is there or on its way already.
    func want<Cells: StoredCells>(_ cells: Cells, _ range: Range<Int>) throws -> Bool {
        encode(cells, range)
        let place = free(place: scratch)
        guard places[place] == 0 else { return false }
        if let file, try file.answer(scratch) != nil { return false }
        keyBytes.append(contentsOf: scratch)
        keyStarts.append(keyBytes.count)
        answers.append(.null)
        places[place] = UInt32(answers.count)
        if answers.count * 2 > places.count { grow() }
        return true
    }

    /// Answers the rows that were wanted first of those without an answer, in order.
    func fill(_ column: Column) throws {
        for row in 0..<column.count {
            let answer = SQLiteValue(column, row)
            if case .text(let text) = answer { answerBytes += text.utf8.count }
            answers[firstPending + row] = answer
        }
        firstPending += column.count
        answerCount += column.count
        if isOverfull, firstPending == answers.count { try spill() }
    }

    private func spill() throws {
        let target = try file ?? SpilledMemo()
        try target.add(answers.count) { index in
            (keyBytes[keyStarts[index]..<keyStarts[index + 1]], answers[index])
        }
        file = target
        keyBytes.removeAll()
        keyStarts = [0]
        answers.removeAll()
        answerBytes = 0
        firstPending = 0
        places = [UInt32](repeating: 0, count: 1_024)
    }

    // MARK: - Looking up

    /// The answer for these cells; nil when nobody wanted it.
    func answer<Cells: StoredCells>(_ cells: Cells, _ range: Range<Int>) throws -> SQLiteValue? {
        encode(cells, range)
        return try answerScratch()
    }

    /// The answer for arguments that `pack` has encoded.
    func answer(packs: [UnsafeRawBufferPointer]) throws -> SQLiteValue? {
        scratch.removeAll(keepingCapacity: true)
        for pack in packs { scratch.append(contentsOf: pack) }
        return try answerScratch()
    }

    private func answerScratch() throws -> SQLiteValue? {
        let entry = places[free(place: scratch)]
        if entry != 0 { return answers[Int(entry) - 1] }
        return try file?.answer(scratch)
    }

    /// Some of a call's arguments as bytes; packs one behind the other are the key of all.
    static func pack(_ call: SQLiteCall) -> [UInt8] {
        var bytes: [UInt8] = []
        encode(call, 0..<call.count, into: &bytes)
        return bytes
    }

    /// The place where a key stands, or the free one where it would.
    private func free(place key: [UInt8]) -> Int {
        let mask = places.count - 1
        var place = Int(truncatingIfNeeded: hash(key)) & mask
        while places[place] != 0, !holds(Int(places[place]) - 1, key) { place = (place + 1) & mask }
        return place
    }

    private func holds(_ entry: Int, _ key: [UInt8]) -> Bool {
        let range = keyStarts[entry]..<keyStarts[entry + 1]
        return range.count == key.count && keyBytes[range].elementsEqual(key)
    }

    private func grow() {
        places = [UInt32](repeating: 0, count: places.count * 4)
        let mask = places.count - 1
        for entry in answers.indices {
            let key = Array(keyBytes[keyStarts[entry]..<keyStarts[entry + 1]])
            var place = Int(truncatingIfNeeded: hash(key)) & mask
            while places[place] != 0 { place = (place + 1) & mask }
            places[place] = UInt32(entry + 1)
        }
    }

    /// Eight bytes at a time, multiplied and folded; seeded, so that nobody can aim at one place.
    private func hash(_ key: [UInt8]) -> UInt64 {
        key.withUnsafeBytes { bytes in
            var state = seed ^ UInt64(truncatingIfNeeded: bytes.count)
            var offset = 0
            while offset < bytes.count {
                let count = min(8, bytes.count - offset)
                var word: UInt64 = 0
                withUnsafeMutableBytes(of: &word) {
                    $0.copyMemory(
                        from: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
                    )
                }
                let product = (state ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
                state = product.high ^ product.low
                offset += 8
            }
            return state
        }
    }

    private func encode<Cells: StoredCells>(_ cells: Cells, _ range: Range<Int>) {
        scratch.removeAll(keepingCapacity: true)
        Self.encode(cells, range, into: &scratch)
    }

    /// Cells as bytes that are equal exactly when the cells are: a tag, then the value.
    private static func encode<Cells: StoredCells>(
        _ cells: Cells,
        _ range: Range<Int>,
        into key: inout [UInt8]
    ) {
        func append(_ word: UInt64) {
            withUnsafeBytes(of: word) { key.append(contentsOf: $0) }
        }
        for index in range {
            let type = cells.type(index)
            key.append(UInt8(truncatingIfNeeded: type.rawValue))
            switch type {
            case .null: break
            case .integer: append(UInt64(bitPattern: cells.int64(index)))
            case .real: append(cells.double(index).bitPattern)
            case .text, .blob:
                let bytes = cells.storedBytes(index)
                append(UInt64(bytes.count))
                key.append(contentsOf: bytes)
            }
        }
    }
}

/// Answers that have left memory: a table in a file that has no name.
private final class SpilledMemo {
    private let database: SQLiteConnection
    private let search: SQLiteStatement

    init() throws {
        var options = SQLiteConnection.Options()
        options.isWriteAheadLogged = false
        options.synchronous = .off
        database = try SQLiteConnection(.temporary, options: options)
        try database.execute("CREATE TABLE memo(key BLOB PRIMARY KEY, answer) WITHOUT ROWID")
        search = try database.prepare("SELECT answer FROM memo WHERE key = ?1")
    }

    func add(_ count: Int, _ entry: (Int) -> (ArraySlice<UInt8>, SQLiteValue)) throws {
        try database.transaction {
            let insert = try database.statement("INSERT INTO memo VALUES (?1, ?2)")
            defer { database.giveBack(insert) }
            for index in 0..<count {
                let (key, answer) = entry(index)
                try insert.bind([.blob(Array(key)), answer])
                while try insert.step() {}
                insert.reset()
            }
        }
    }

    func answer(_ key: [UInt8]) throws -> SQLiteValue? {
        defer { search.reset() }
        try search.bind(1, key)
        return try search.step() ? search.value(0) : nil
    }
}

extension SQLiteValue {
    /// A cell of a batch in SQLite's representation.
    init(_ column: Column, _ row: Int) {
        if column.isNull(row) {
            self = .null
            return
        }
        switch column.storage {
        case .int64(let values): self = .integer(values[row])
        case .uint64(let values): self = .unsigned(values[row])
        case .double(let values): self = .real(values[row])
        case .float(let values): self = .real(Double(values[row]))
        case .sparse(let numbers): self = .real(numbers[row])
        case .bytes(let values):
            self =
                ValueClass(column.type) == .binary
                ? .blob(Array(values[row])) : .text(values.string(row))
        }
    }
}
