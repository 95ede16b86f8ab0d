public import BorealBase
import BorealSQLite

/// One value of MySQL's kind outside a scan: a parameter, a variable, a default, a cell of SHOW.
public enum TableValue: Equatable, Sendable {
    case null
    case integer(Int64)
    /// A whole number from 0, when it may be above `Int64.max`.
    case unsigned(UInt64)
    case real(Double)
    /// Canonical text of an exact number.
    case decimal(String)
    /// UTF-8; dates and times too, in MySQL's text form.
    case text(String)
    case bytes([UInt8])
    /// A bound date or time: text in MySQL's form, and which of DATE, DATETIME and TIME it is.
    case temporal(String, ColumnType.Kind)

    /// True for NULL.
    public var isNull: Bool { self == .null }

    /// As a client would see it; nil for NULL.
    public var text: String? {
        switch self {
        case .null: nil
        case .integer(let value): String(value)
        case .unsigned(let value): String(value)
        case .real(let value): NumberText.double(value)
        case .decimal(let value): value
        case .text(let value), .temporal(let value, _): value
        case .bytes(let value): String(decoding: value, as: UTF8.self)
        }
    }

    /// As a whole number, rounded; nil when it is none.
    public var wholeNumber: Int64? {
        switch self {
        case .null: nil
        case .integer(let value): value
        case .unsigned(let value): Int64(exactly: value)
        case .real(let value): Int64(exactly: value.rounded())
        default: text.flatMap { DecimalNumber($0)?.int64 }
        }
    }

    /// The type of the value.
    public var type: ColumnType {
        switch self {
        case .null: ColumnType(.null)
        case .integer: .longLong
        case .unsigned: ColumnType(.longLong, isUnsigned: true, length: 20)
        case .real: .double
        case .decimal(let text):
            ColumnType(.decimal, length: 65, decimals: DecimalNumber(text)?.scale ?? 0)
        case .text(let text): .varchar(max(text.unicodeScalars.count, 1))
        case .bytes(let bytes): ColumnType(.varbinary, length: max(bytes.count, 1))
        case .temporal(let text, let kind):
            ColumnType(kind, decimals: text.utf8.contains(UInt8(ascii: ".")) ? 6 : 0)
        }
    }

    /// In SQLite's representation.
    var stored: SQLiteValue {
        switch self {
        case .null: .null
        case .integer(let value): .integer(value)
        case .unsigned(let value): .unsigned(value)
        case .real(let value): .real(value)
        case .decimal(let value), .text(let value), .temporal(let value, _): .text(value)
        case .bytes(let value): .blob(value)
        }
    }

    /// A value that a query yielded, whose column has this type.
    init(_ value: SQLiteValue, type: ColumnType) {
        switch value {
        case .null: self = .null
        case .integer(let number):
            self = type.isUnsigned && number >= 0 ? .unsigned(UInt64(number)) : .integer(number)
        case .real(let number): self = .real(number)
        case .text(let text): self = type.kind == .decimal ? .decimal(text) : .text(text)
        case .blob(let bytes):
            let isWide = ValueClass(type) == .unsigned && bytes.count == 8
            self = isWide ? .unsigned(bytes.reduce(0) { $0 << 8 | UInt64($1) }) : .bytes(bytes)
        }
    }
}

extension SQLiteValue {
    /// The representation of a BIGINT UNSIGNED.
    static func unsigned(_ value: UInt64) -> SQLiteValue {
        if let small = Int64(exactly: value) { return .integer(small) }
        return .blob(
            stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> $0) }
        )
    }
}

/// Numbers as MySQL prints them.
enum NumberText {
    /// Shortest digits that read back, an exponent from 1e15 on and below 1e-15, as MySQL has it.
    static func double(_ value: Double) -> String { layOut(value.description, value == 0) }

    /// The same for a 32-bit number.
    static func float(_ value: Float) -> String { layOut(value.description, value == 0) }

    /// With so many digits behind the point, rounded half away from zero in decimal.
    static func fixed(_ value: Double, _ decimals: Int) -> String {
        guard let number = DecimalNumber(value) else { return value.description }
        let text = number.rounded(scale: decimals).text
        return text.hasPrefix("-") && !text.contains { ("1"..."9").contains($0) }
            ? String(text.dropFirst()) : text
    }

    private static func layOut(_ description: String, _ isZero: Bool) -> String {
        if isZero { return description.hasPrefix("-") ? "-0" : "0" }
        guard let number = DecimalNumber.prefix(of: description.utf8)?.number else {
            return description
        }
        let negative = number.isNegative ? "-" : ""
        var digits = number.text.filter(\.isNumber)[...]
        // `digits` with a point behind `point` of them.
        var point = digits.count - number.scale
        while digits.first == "0" {
            digits = digits.dropFirst()
            point -= 1
        }
        while digits.last == "0" { digits = digits.dropLast() }
        let exponent = point - 1
        if exponent >= 15 || exponent < -15 {
            let fraction = digits.dropFirst()
            return
                "\(negative)\(digits.prefix(1))" + (fraction.isEmpty ? "" : ".\(fraction)")
                + "e\(exponent)"
        }
        if point <= 0 {
            return negative + "0." + String(repeating: "0", count: -point) + digits
        }
        if digits.count <= point {
            return negative + digits + String(repeating: "0", count: point - digits.count)
        }
        return negative + digits.prefix(point) + "." + digits.dropFirst(point)
    }
}
