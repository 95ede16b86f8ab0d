import BorealBase

/// The cells of one column of binary rows as they come in.
struct BinaryCells: Sendable {
    /// How a cell travels.
    private enum Form: Sendable {
        case tiny, short, long, longLong
        case float, double
        /// DATE, DATETIME, TIMESTAMP as the text of that type.
        case calendar(hasTime: Bool)
        /// TIME as its text.
        case duration
        /// BIT: a string of bytes, most significant first.
        case bits
        /// Bytes as they are; a set of characters for texts that are no UTF-8.
        case string(SingleByteSet?)
        /// Only ever NULL.
        case null
    }

    private let name: String
    private let type: ColumnType
    private let form: Form
    private var integers: [Int64] = []
    private var unsigned: [UInt64] = []
    private var doubles: [Double] = []
    private var floats: [Float] = []
    private var bytes = ByteColumn()
    /// Rows without a value, ascending.
    private var nulls: [Int] = []
    /// What a text is put together in.
    private var text: [UInt8] = []

    /// - Throws: `unreadableColumn` for a character set that is not known here.
    init(_ definition: ColumnDefinition41) throws(WireError) {
        name = definition.name
        type = definition.columnType
        switch definition.type {
        case .tiny: form = .tiny
        case .short, .year: form = .short
        case .long, .int24: form = .long
        case .longLong: form = .longLong
        case .float: form = .float
        case .double: form = .double
        case .date: form = .calendar(hasTime: false)
        case .dateTime, .timestamp: form = .calendar(hasTime: true)
        case .time: form = .duration
        case .bit: form = .bits
        case .null: form = .null
        case .decimal, .newDecimal, .json, .geometry: form = .string(nil)
        case .varchar, .varString, .string, .enumeration, .set, .tinyBlob, .mediumBlob, .longBlob,
            .blob:
            form = .string(try Self.set(of: definition))
        }
    }

    /// What texts are in; nil for UTF-8, ASCII and bytes.
    private static func set(of definition: ColumnDefinition41) throws(WireError) -> SingleByteSet? {
        let id = definition.collation.id
        // Collations of MariaDB's own for UTF-8, of which there are hundreds.
        if (2_048..<2_560).contains(id) { return nil }
        guard let entry = definition.collation.description else {
            throw .unreadableColumn(definition.name, "the collation \(id)")
        }
        let name = entry.characterSet
        guard !name.hasPrefix("utf8"), name != "ascii", name != "binary" else { return nil }
        guard let set = SingleByteSet.named(name) else {
            throw .unreadableColumn(definition.name, "the character set '\(name)'")
        }
        return set
    }

    // MARK: - Rows

    mutating func appendNull(row: Int) {
        nulls.append(row)
        switch form {
        case .tiny, .short, .long, .bits: integers.append(0)
        case .longLong: if type.isUnsigned { unsigned.append(0) } else { integers.append(0) }
        case .float: floats.append(0)
        case .double: doubles.append(0)
        case .calendar, .duration, .string, .null:
            bytes.append(UnsafeRawBufferPointer(start: nil, count: 0))
        }
    }

    /// - Returns: bytes that were kept besides numbers.
    @inline(__always)
    mutating func append(_ cursor: inout BinaryCursor) throws(WireError) -> Int {
        switch form {
        case .tiny:
            let bits = try cursor.fixed(UInt8.self)
            integers.append(type.isUnsigned ? Int64(bits) : Int64(Int8(bitPattern: bits)))
        case .short:
            let bits = try cursor.fixed(UInt16.self)
            integers.append(type.isUnsigned ? Int64(bits) : Int64(Int16(bitPattern: bits)))
        case .long:
            let bits = try cursor.fixed(UInt32.self)
            integers.append(type.isUnsigned ? Int64(bits) : Int64(Int32(bitPattern: bits)))
        case .longLong:
            let bits = try cursor.fixed(UInt64.self)
            if type.isUnsigned {
                unsigned.append(bits)
            } else {
                integers.append(Int64(bitPattern: bits))
            }
        case .float: floats.append(Float(bitPattern: try cursor.fixed(UInt32.self)))
        case .double: doubles.append(Double(bitPattern: try cursor.fixed(UInt64.self)))
        case .bits:
            let value = try cursor.string()
            guard value.count <= 8 else { throw malformed }
            let bits = value.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            integers.append(Int64(bitPattern: bits))
        case .string(nil):
            let value = try cursor.string()
            bytes.append(value)
            return value.count
        case .string(let set?):
            text.removeAll(keepingCapacity: true)
            set.append(try cursor.string(), to: &text)
            return appendText()
        case .calendar(let hasTime):
            text.removeAll(keepingCapacity: true)
            try BinaryMoment(&cursor).write(hasTime: hasTime, type.decimals, to: &text)
            return appendText()
        case .duration:
            text.removeAll(keepingCapacity: true)
            try BinaryDuration(&cursor).write(type.decimals, to: &text)
            return appendText()
        case .null: throw malformed
        }
        return 0
    }

    private var malformed: WireError { .malformed(packet: BinaryCursor.packet, field: "value") }

    private mutating func appendText() -> Int {
        text.withUnsafeBytes { bytes.append($0) }
        return text.count
    }

    // MARK: - Batches

    /// The column of the rows since the last call.
    mutating func take(_ rowCount: Int) -> Column {
        var validity = Validity(allValid: nulls.isEmpty ? rowCount : 0)
        if !nulls.isEmpty {
            var rest = nulls[...]
            for row in 0..<rowCount {
                let isNull = rest.first == row
                if isNull { rest = rest.dropFirst() }
                validity.append(isNull: isNull)
            }
            nulls.removeAll(keepingCapacity: true)
        }
        return Column(name: name, type: type, storage: takeStorage(), validity: validity)
    }

    private mutating func takeStorage() -> Column.Storage {
        switch form {
        case .longLong where type.isUnsigned: return .uint64(Self.moved(&unsigned))
        case .tiny, .short, .long, .longLong, .bits: return .int64(Self.moved(&integers))
        case .float: return .float(Self.moved(&floats))
        case .double: return .double(Self.moved(&doubles))
        case .calendar, .duration, .string, .null:
            defer { bytes = ByteColumn() }
            return .bytes(bytes)
        }
    }

    /// The values, and room for as many again.
    private static func moved<Value>(_ values: inout [Value]) -> [Value] {
        var next: [Value] = []
        next.reserveCapacity(values.count)
        swap(&values, &next)
        return next
    }
}

/// The parts of a DATE, DATETIME or TIMESTAMP (the manual's `ProtocolBinary::MYSQL_TYPE_DATE`).
private struct BinaryMoment {
    private var date = (year: 0, month: 0, day: 0)
    private var clock = BinaryClock()

    init(_ cursor: inout BinaryCursor) throws(WireError) {
        let count = try cursor.integer(1)
        guard [0, 4, 7, 11].contains(count) else {
            throw .malformed(packet: BinaryCursor.packet, field: "length of a date")
        }
        if count >= 4 {
            date.year = Int(try cursor.integer(2))
            date.month = Int(try cursor.integer(1))
            date.day = Int(try cursor.integer(1))
        }
        if count >= 7 { try clock.read(&cursor, hasFraction: count == 11) }
        guard date.year <= 9_999, date.month <= 12, date.day <= 31 else {
            throw .malformed(packet: BinaryCursor.packet, field: "date")
        }
    }

    func write(hasTime: Bool, _ decimals: Int, to text: inout [UInt8]) {
        BinaryClock.append(date.year, digits: 4, to: &text)
        text.append(UInt8(ascii: "-"))
        BinaryClock.append(date.month, digits: 2, to: &text)
        text.append(UInt8(ascii: "-"))
        BinaryClock.append(date.day, digits: 2, to: &text)
        guard hasTime else { return }
        text.append(UInt8(ascii: " "))
        clock.write(hours: clock.hours, decimals, to: &text)
    }
}

/// The parts of a TIME (the manual's `ProtocolBinary::MYSQL_TYPE_TIME`).
private struct BinaryDuration {
    private var isNegative = false
    private var days = 0
    private var clock = BinaryClock()

    init(_ cursor: inout BinaryCursor) throws(WireError) {
        let count = try cursor.integer(1)
        guard [0, 8, 12].contains(count) else {
            throw .malformed(packet: BinaryCursor.packet, field: "length of a time")
        }
        guard count > 0 else { return }
        isNegative = try cursor.integer(1) != 0
        days = Int(try cursor.integer(4))
        try clock.read(&cursor, hasFraction: count == 12)
        // MySQL's own end is 838 hours.
        guard days <= 366 else {
            throw .malformed(packet: BinaryCursor.packet, field: "days of a time")
        }
    }

    func write(_ decimals: Int, to text: inout [UInt8]) {
        if isNegative { text.append(UInt8(ascii: "-")) }
        clock.write(hours: days * 24 + clock.hours, decimals, to: &text)
    }
}

/// Hours, minutes, seconds and what is behind the point.
private struct BinaryClock {
    private(set) var hours = 0
    private var minutes = 0
    private var seconds = 0
    private var microseconds = 0

    mutating func read(_ cursor: inout BinaryCursor, hasFraction: Bool) throws(WireError) {
        hours = Int(try cursor.integer(1))
        minutes = Int(try cursor.integer(1))
        seconds = Int(try cursor.integer(1))
        if hasFraction { microseconds = Int(try cursor.integer(4)) }
        guard hours < 24, minutes < 60, seconds < 60, microseconds < 1_000_000 else {
            throw .malformed(packet: BinaryCursor.packet, field: "time of a day")
        }
    }

    /// - Parameter decimals: digits behind the point; more than six: as many as are needed.
    func write(hours: Int, _ decimals: Int, to text: inout [UInt8]) {
        Self.append(hours, digits: hours > 99 ? 3 : 2, to: &text)
        text.append(UInt8(ascii: ":"))
        Self.append(minutes, digits: 2, to: &text)
        text.append(UInt8(ascii: ":"))
        Self.append(seconds, digits: 2, to: &text)
        let digits = decimals <= 6 ? decimals : microseconds > 0 ? 6 : 0
        guard digits > 0 else { return }
        text.append(UInt8(ascii: "."))
        var rest = microseconds
        for _ in digits..<6 { rest /= 10 }
        Self.append(rest, digits: digits, to: &text)
    }

    static func append(_ number: Int, digits: Int, to text: inout [UInt8]) {
        var divisor = 1
        for _ in 1..<max(digits, 1) { divisor *= 10 }
        while divisor > 0 {
            text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10))
            divisor /= 10
        }
    }
}
