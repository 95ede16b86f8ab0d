import BorealBase

/// The cells of one column of binary rows as they come in.
struct BinaryCells: Sendable {
    /// How a cell travels. Without payloads: looking at one counts no references.
    private enum Form: Sendable {
        case int8, uint8, int16, uint16, int32, uint32, int64, uint64
        case float, double
        /// DATE, DATETIME, TIMESTAMP as the text of that type.
        case date, dateTime
        /// TIME as its text.
        case duration
        /// BIT: a string of bytes, most significant first.
        case bits
        /// Bytes as they are.
        case bytes
        /// Texts in `set`.
        case text
        /// Only ever NULL.
        case null
    }

    private let name: String
    private let type: ColumnType
    private let form: Form
    /// The set of characters of texts that are no UTF-8.
    private let set: SingleByteSet?
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
        form = try Self.form(of: definition, isUnsigned: type.isUnsigned)
        set = form == .text ? try Self.set(of: definition) : nil
    }

    private static func form(
        of definition: ColumnDefinition41,
        isUnsigned: Bool
    ) throws(WireError) -> Form {
        switch definition.type {
        case .tiny: isUnsigned ? .uint8 : .int8
        case .short, .year: isUnsigned ? .uint16 : .int16
        case .long, .int24: isUnsigned ? .uint32 : .int32
        case .longLong: isUnsigned ? .uint64 : .int64
        case .float: .float
        case .double: .double
        case .date: .date
        case .dateTime, .timestamp: .dateTime
        case .time: .duration
        case .bit: .bits
        case .null: .null
        case .decimal, .newDecimal, .json, .geometry: .bytes
        case .varchar, .varString, .string, .enumeration, .set, .tinyBlob, .mediumBlob, .longBlob,
            .blob:
            try set(of: definition) == nil ? .bytes : .text
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
        case .int8, .uint8, .int16, .uint16, .int32, .uint32, .int64, .bits: integers.append(0)
        case .uint64: unsigned.append(0)
        case .float: floats.append(0)
        case .double: doubles.append(0)
        case .date, .dateTime, .duration, .bytes, .text, .null:
            bytes.append(UnsafeRawBufferPointer(start: nil, count: 0))
        }
    }

    /// - Returns: bytes that were kept besides numbers.
    @inline(__always)
    mutating func append(_ cursor: inout BinaryCursor) throws(WireError) -> Int {
        switch form {
        case .int8: integers.append(Int64(try cursor.fixed(Int8.self)))
        case .uint8: integers.append(Int64(try cursor.fixed(UInt8.self)))
        case .int16: integers.append(Int64(try cursor.fixed(Int16.self)))
        case .uint16: integers.append(Int64(try cursor.fixed(UInt16.self)))
        case .int32: integers.append(Int64(try cursor.fixed(Int32.self)))
        case .uint32: integers.append(Int64(try cursor.fixed(UInt32.self)))
        case .int64: integers.append(try cursor.fixed(Int64.self))
        case .uint64: unsigned.append(try cursor.fixed(UInt64.self))
        case .float: floats.append(Float(bitPattern: try cursor.fixed(UInt32.self)))
        case .double: doubles.append(Double(bitPattern: try cursor.fixed(UInt64.self)))
        case .bytes:
            let value = try cursor.string()
            bytes.append(value)
            return value.count
        case .bits, .text, .date, .dateTime, .duration, .null: return try appendRare(&cursor)
        }
        return 0
    }

    /// Appends what takes more than a copy.
    private mutating func appendRare(_ cursor: inout BinaryCursor) throws(WireError) -> Int {
        text.removeAll(keepingCapacity: true)
        switch form {
        case .bits:
            let value = try cursor.string()
            guard value.count <= 8 else { throw malformed }
            let bits = value.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            integers.append(Int64(bitPattern: bits))
            return 0
        case .text: set?.append(try cursor.string(), to: &text)
        case .date: try BinaryMoment(&cursor).write(hasTime: false, type.decimals, to: &text)
        case .dateTime: try BinaryMoment(&cursor).write(hasTime: true, type.decimals, to: &text)
        case .duration: try BinaryDuration(&cursor).write(type.decimals, to: &text)
        default: throw malformed
        }
        text.withUnsafeBytes { bytes.append($0) }
        return text.count
    }

    private var malformed: WireError { .malformed(packet: BinaryCursor.packet, field: "value") }

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
        case .uint64: return .uint64(Self.moved(&unsigned))
        case .int8, .uint8, .int16, .uint16, .int32, .uint32, .int64, .bits:
            return .int64(Self.moved(&integers))
        case .float: return .float(Self.moved(&floats))
        case .double: return .double(Self.moved(&doubles))
        case .date, .dateTime, .duration, .bytes, .text, .null:
            return .bytes(bytes.moved())
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
