import BorealBase

/// A value that a client bound to one `?` of a prepared statement.
public enum ParameterValue: Equatable, Sendable {
    /// NULL.
    case null
    /// An integer of any width, sent without the unsigned flag.
    case integer(Int64)
    /// An integer of any width, sent with the unsigned flag.
    case unsigned(UInt64)
    /// A Double, or a Float made wider.
    case real(Double)
    /// Digits of a DECIMAL as they came; what is no number is `text`.
    case decimal(String)
    /// UTF-8 text.
    case text(String)
    /// A BLOB, or what was called text and is no UTF-8.
    case bytes([UInt8])
    /// `YYYY-MM-DD`
    case date(String)
    /// `YYYY-MM-DD HH:MM:SS[.ffffff]`
    case dateTime(String)
    /// `[-]HH:MM:SS[.ffffff]`, up to 838 hours.
    case time(String)
}

/// What a client says about the value of one `?` (two bytes of COM_STMT_EXECUTE).
struct ParameterType: Equatable, Sendable {
    /// `parameter_type`, low byte.
    var field: FieldType
    /// `parameter_type`, bit 0x8000.
    var isUnsigned: Bool
}

/// The binary form of values (the manual's "Binary Protocol Value"), read.
extension PayloadReader {
    /// The value of one parameter.
    ///
    /// - Throws: `truncated`; `wrongArguments` for a date that no calendar has.
    mutating func value(_ type: ParameterType) throws(WireError) -> ParameterValue {
        switch type.field {
        case .null: .null
        case .tiny: try whole(1, type)
        case .short, .year: try whole(2, type)
        case .long, .int24: try whole(4, type)
        case .longLong: try whole(8, type)
        case .float:
            .real(Double(Float(bitPattern: UInt32(truncatingIfNeeded: try integer(4, "value")))))
        case .double: .real(Double(bitPattern: try integer(8, "value")))
        case .date: try .date(calendar(hasTime: false))
        case .dateTime, .timestamp: try .dateTime(calendar(hasTime: true))
        case .time: try .time(duration())
        default: string(try lengthEncodedBytes("value"), type.field)
        }
    }

    /// A value whose bytes came by COM_STMT_SEND_LONG_DATA or stand in the packet.
    func string(_ bytes: UnsafeRawBufferPointer, _ field: FieldType) -> ParameterValue {
        switch field {
        case .tinyBlob, .mediumBlob, .longBlob, .blob, .geometry, .bit: return .bytes(Array(bytes))
        default: break
        }
        let valid =
            characterSet == nil ? String(validating: bytes, as: UTF8.self) : self.text(bytes)
        guard let text = valid else { return .bytes(Array(bytes)) }
        let isDecimal = field == .newDecimal || field == .decimal
        return isDecimal && Self.isNumber(bytes) ? .decimal(text) : .text(text)
    }

    /// True for digits with a sign and a point at most.
    private static func isNumber(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var rest = bytes[...]
        if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") {
            rest = rest.dropFirst()
        }
        let digits = rest.count { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        let points = rest.count { $0 == UInt8(ascii: ".") }
        return digits > 0 && points <= 1 && digits + points == rest.count
    }

    private mutating func whole(
        _ bytes: Int,
        _ type: ParameterType
    ) throws(WireError) -> ParameterValue {
        let raw = try integer(bytes, "value")
        if type.isUnsigned { return .unsigned(raw) }
        let shift = UInt64(64 - 8 * bytes)
        return .integer(Int64(bitPattern: raw << shift) >> Int64(shift))
    }

    /// DATE and DATETIME: a length of 0, 4, 7 or 11 bytes, then year (2), month, day, hour, minute,
    /// second (1 each), microseconds (4), as far as the length goes.
    private mutating func calendar(hasTime: Bool) throws(WireError) -> String {
        let length = try byte("length")
        guard length == 0 || length == 4 || length == 7 || length == 11 else {
            throw malformed("length")
        }
        var parts: [UInt64] = [0, 0, 0, 0, 0, 0, 0]
        if length >= 4 {
            parts[0] = try integer(2, "year")
            for part in 1...2 { parts[part] = try integer(1, "month and day") }
        }
        if length >= 7 { for part in 3...5 { parts[part] = try integer(1, "time") } }
        if length == 11 { parts[6] = try integer(4, "microseconds") }
        let limits: [UInt64] = [9_999, 12, 31, 23, 59, 59, 999_999]
        guard zip(parts, limits).allSatisfy({ $0 <= $1 }) else {
            throw .wrongArguments("mysqld_stmt_execute")
        }
        let date = TimeText.padded(parts[0], 4) + "-" + TimeText.padded(parts[1], 2) + "-"
        let day = date + TimeText.padded(parts[2], 2)
        guard hasTime else { return day }
        return day + " " + TimeText.clock(parts[3], parts[4], parts[5], parts[6])
    }

    /// TIME: a length of 0, 8 or 12 bytes, then sign (1), days (4), hour, minute, second (1 each),
    /// microseconds (4), as far as the length goes.
    private mutating func duration() throws(WireError) -> String {
        let length = try byte("length")
        guard length == 0 || length == 8 || length == 12 else { throw malformed("length") }
        guard length > 0 else { return "00:00:00" }
        let isNegative = try byte("is_negative") != 0
        let days = try integer(4, "days")
        let hours = try integer(1, "hours") + days * 24
        let minutes = try integer(1, "minutes")
        let seconds = try integer(1, "seconds")
        let microseconds = length == 12 ? try integer(4, "microseconds") : 0
        guard minutes <= 59, seconds <= 59, microseconds <= 999_999 else {
            throw .wrongArguments("mysqld_stmt_execute")
        }
        let isTooLong = hours > TimeText.hoursMax
        let text =
            isTooLong
            ? TimeText.clock(TimeText.hoursMax, 59, 59, 0)
            : TimeText.clock(hours, minutes, seconds, microseconds)
        return isNegative ? "-" + text : text
    }
}

/// Times as MySQL writes them.
enum TimeText {
    /// The longest TIME is 838:59:59.
    static let hoursMax: UInt64 = 838

    static func padded(_ number: UInt64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }

    /// `HH:MM:SS`, with six digits behind a point when there are microseconds.
    static func clock(_ h: UInt64, _ m: UInt64, _ s: UInt64, _ microseconds: UInt64) -> String {
        let text = padded(h, 2) + ":" + padded(m, 2) + ":" + padded(s, 2)
        return microseconds == 0 ? text : text + "." + padded(microseconds, 6)
    }
}

/// The binary form of values, written.
extension ParameterValue {
    /// The type that the value travels under. Times go as text, which every server reads.
    var wireType: ParameterType {
        switch self {
        case .null: ParameterType(field: .null, isUnsigned: false)
        case .integer: ParameterType(field: .longLong, isUnsigned: false)
        case .unsigned: ParameterType(field: .longLong, isUnsigned: true)
        case .real: ParameterType(field: .double, isUnsigned: false)
        case .decimal: ParameterType(field: .newDecimal, isUnsigned: false)
        case .bytes: ParameterType(field: .blob, isUnsigned: false)
        case .text, .date, .dateTime, .time: ParameterType(field: .varString, isUnsigned: false)
        }
    }

    /// Appends the value; NULL has no bytes.
    func encode(into output: inout ByteBuffer) {
        switch self {
        case .null: break
        case .integer(let value):
            output.append(littleEndian: UInt64(bitPattern: value), bytes: 8)
        case .unsigned(let value): output.append(littleEndian: value, bytes: 8)
        case .real(let value): output.append(littleEndian: value.bitPattern, bytes: 8)
        case .bytes(let bytes): bytes.withUnsafeBytes { output.append(lengthEncoded: $0) }
        case .decimal(let text), .text(let text), .date(let text), .dateTime(let text),
            .time(let text):
            output.append(lengthEncoded: text)
        }
    }
}
