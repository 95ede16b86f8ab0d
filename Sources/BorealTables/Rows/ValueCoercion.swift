import BorealBase
import BorealSQLite

/// Brings a value into a column's type, as INSERT and UPDATE must: an error in strict mode, a
/// warning and the nearest value otherwise.
struct ValueCoercion {
    let mode: ModeFlags
    /// Bad values are errors; IGNORE and the absence of strict mode make them warnings.
    var isStrict: Bool
    /// Minutes east of UTC, for TIMESTAMP.
    let offsetMinutes: Int
    /// The row's number, for messages.
    var row = 1
    /// Collected warnings.
    var warnings: [TableWarning] = []

    init(mode: ModeFlags, isStrict: Bool, offsetMinutes: Int) {
        self.mode = mode
        self.isStrict = isStrict
        self.offsetMinutes = offsetMinutes
    }

    /// An error in strict mode, else a warning and the value instead.
    mutating func complain<R>(_ error: TableError, _ instead: R) throws -> R {
        if isStrict { throw error }
        if warnings.count < TableLimits.warningsMax {
            warnings.append(TableWarning(.warning, error.asWarning))
        }
        return instead
    }

    mutating func coerce(_ value: TableValue, _ column: StoredColumn) throws -> SQLiteValue {
        if value.isNull { return .null }
        switch column.type.base {
        case .tinyint, .smallint, .mediumint, .int, .bigint: return try whole(value, column)
        case .float, .double: return try real(value, column)
        case .decimal: return try decimal(value, column)
        case .bit: return try bit(value, column)
        case .year: return try year(value, column)
        case .char, .varchar, .tinytext, .text, .mediumtext, .longtext:
            return try text(value, column)
        case .binary, .varbinary, .tinyblob, .blob, .mediumblob, .longblob:
            return try binary(value, column)
        case .date, .datetime, .timestamp: return try moment(value, column)
        case .time: return try time(value, column)
        case .enumeration: return try enumeration(value, column)
        case .set: return try set(value, column)
        case .json: return try json(value, column)
        case .vector: return try vector(value, column)
        }
    }

    // MARK: - Numbers

    /// The exact number of a value; text that is none is complained about.
    ///
    /// - Returns: the number, and whether text stood behind it. That is complained about last: a
    /// number out of range is the graver thing.
    private mutating func number(
        _ value: TableValue,
        _ column: StoredColumn,
        _ type: String
    ) throws -> (value: DecimalNumber, isWhole: Bool) {
        switch value {
        case .integer(let number): return (DecimalNumber(number), true)
        case .unsigned(let number): return (DecimalNumber(number), true)
        case .real(let number):
            if let exact = DecimalNumber(number) { return (exact, true) }
            let error = TableError.outOfRange(column: column.name, row: row)
            return (try complain(error, DecimalNumber()), true)
        default:
            let text = value.text ?? ""
            if let parsed = DecimalNumber.prefix(of: text.utf8) {
                return (parsed.number, parsed.isWhole)
            }
            let error = TableError.wrongFieldValue(
                type: type,
                value: text,
                column: column.name,
                row: row
            )
            return (try complain(error, DecimalNumber()), true)
        }
    }

    /// A value that fits, with the complaint that text stood behind it, if it did.
    private mutating func fitting(
        _ value: SQLiteValue,
        _ isWhole: Bool,
        _ column: StoredColumn
    ) throws -> SQLiteValue {
        isWhole ? value : try complain(.dataTruncated(column: column.name, row: row), value)
    }

    private mutating func whole(_ value: TableValue, _ column: StoredColumn) throws -> SQLiteValue {
        let range = column.type.integerRange
        if case .integer(let number) = value, number >= range.low {
            if number < 0 || UInt64(number) <= range.high { return .integer(number) }
        }
        // Digits alone, as files hold them, need no exact arithmetic.
        if case .text(let text) = value, let number = Int64(text), number >= range.low,
            number < 0 || UInt64(number) <= range.high
        {
            return .integer(number)
        }
        let given = try number(value, column, "integer")
        let exact = given.value.rounded(scale: 0)
        if let number = exact.int64, number >= range.low, number < 0 || UInt64(number) <= range.high
        {
            return try fitting(.integer(number), given.isWhole, column)
        }
        if let number = exact.uint64, number <= range.high {
            return try fitting(.unsigned(number), given.isWhole, column)
        }
        let nearest: SQLiteValue =
            exact.isNegative ? .integer(range.low) : .unsigned(range.high)
        return try complain(.outOfRange(column: column.name, row: row), nearest)
    }

    private mutating func real(_ value: TableValue, _ column: StoredColumn) throws -> SQLiteValue {
        var result: Double
        switch value {
        case .integer(let number): result = Double(number)
        case .unsigned(let number): result = Double(number)
        case .real(let number): result = number
        default:
            let text = value.text ?? ""
            if let plain = text.plainNumber {
                result = plain
                break
            }
            let parsed = DecimalNumber.prefix(of: text.utf8)
            result = parsed?.number.double ?? 0
            if parsed?.isWhole != true {
                result = try complain(.dataTruncated(column: column.name, row: row), result)
            }
        }
        if let decimals = column.type.decimals, let exact = DecimalNumber(result) {
            let digits = column.type.length ?? 0
            let rounded = exact.rounded(scale: decimals)
            result = rounded.double
            if !rounded.fits(digits: digits, scale: decimals) {
                let most = DecimalNumber.largest(
                    digits: digits,
                    scale: decimals,
                    isNegative: rounded.isNegative
                )
                result = try complain(.outOfRange(column: column.name, row: row), most.double)
            }
        }
        if column.type.base == .float {
            let narrow = Float(result)
            guard narrow.isFinite else {
                let most = Double(
                    result < 0 ? -Float.greatestFiniteMagnitude : .greatestFiniteMagnitude
                )
                return try .real(complain(.outOfRange(column: column.name, row: row), most))
            }
            result = Double(narrow)
        }
        guard result.isFinite, !(column.type.isUnsigned && result < 0) else {
            return try .real(complain(.outOfRange(column: column.name, row: row), 0))
        }
        return .real(result)
    }

    private mutating func decimal(_ value: TableValue, _ column: StoredColumn) throws -> SQLiteValue
    {
        let digits = column.type.length ?? 10
        let scale = column.type.decimals ?? 0
        let given = try number(value, column, "decimal")
        let exact = given.value.rounded(scale: scale)
        if exact.fits(digits: digits, scale: scale), !(column.type.isUnsigned && exact.isNegative) {
            return try fitting(.text(exact.text), given.isWhole, column)
        }
        let isLow = exact.isNegative
        let nearest =
            isLow && column.type.isUnsigned
            ? DecimalNumber().rounded(scale: scale)
            : DecimalNumber.largest(digits: digits, scale: scale, isNegative: isLow)
        return try .text(complain(.outOfRange(column: column.name, row: row), nearest.text))
    }

    private mutating func bit(_ value: TableValue, _ column: StoredColumn) throws -> SQLiteValue {
        let bits = column.type.length ?? 1
        let highest: UInt64 = bits >= 64 ? .max : (1 << UInt64(bits)) - 1
        var pattern: UInt64?
        switch value {
        case .bytes(let bytes) where bytes.count <= 8:
            pattern = bytes.reduce(0) { $0 << 8 | UInt64($1) }
        case .text(let text) where text.utf8.count <= 8:
            pattern = text.utf8.reduce(0) { $0 << 8 | UInt64($1) }
        case .text, .bytes: pattern = nil
        default: pattern = try number(value, column, "integer").value.rounded(scale: 0).uint64
        }
        guard let pattern, pattern <= highest else {
            let most = Int64(bitPattern: highest)
            return try .integer(complain(.dataTooLong(column: column.name, row: row), most))
        }
        return .integer(Int64(bitPattern: pattern))
    }

    private mutating func year(_ value: TableValue, _ column: StoredColumn) throws -> SQLiteValue {
        let given = try number(value, column, "year")
        var number = given.value.rounded(scale: 0).int64 ?? -1
        if case .text(let text) = value, text.count == 4, number == 0 { return .integer(0) }
        if (1...69).contains(number) { number += 2_000 }
        if (70...99).contains(number) { number += 1_900 }
        if case .text = value, number == 0 { number = 2_000 }
        guard number == 0 || (1_901...2_155).contains(number) else {
            return try .integer(complain(.outOfRange(column: column.name, row: row), 0))
        }
        return try fitting(.integer(number), given.isWhole, column)
    }

    // MARK: - Text and bytes

    private mutating func text(_ value: TableValue, _ column: StoredColumn) throws -> SQLiteValue {
        if case .bytes(let raw) = value, String(validating: raw, as: UTF8.self) == nil {
            let shown = raw.prefix(6).map { "\\x" + Digest.hex([$0]).uppercased() }.joined()
            let error = TableError.wrongFieldValue(
                type: "string",
                value: shown,
                column: column.name,
                row: row
            )
            return try .text(complain(error, String(decoding: raw, as: UTF8.self)))
        }
        var text = value.text ?? ""
        switch column.type.base {
        case .char, .varchar:
            let most = column.type.length ?? 1
            if text.utf8.count > most { text = try cut(text, most, column) }
            if column.type.base == .char, text.utf8.last == 0x20 {
                var view = text.unicodeScalars
                while view.last == " " { view.removeLast() }
                text = String(view)
            }
        default:
            if text.utf8.count > column.type.bytesMax {
                let kept = String(decoding: text.utf8.prefix(column.type.bytesMax), as: UTF8.self)
                text = try complain(.dataTooLong(column: column.name, row: row), kept)
            }
        }
        return .text(text)
    }

    /// Text cut to a number of characters; only trailing blanks may go without complaint.
    private mutating func cut(_ text: String, _ most: Int, _ column: StoredColumn) throws -> String
    {
        let scalars = text.unicodeScalars
        guard scalars.count > most else { return text }
        let kept = String(String.UnicodeScalarView(scalars.prefix(most)))
        if scalars.dropFirst(most).allSatisfy({ $0 == " " }) { return kept }
        return try complain(.dataTooLong(column: column.name, row: row), kept)
    }

    private mutating func binary(_ value: TableValue, _ column: StoredColumn) throws -> SQLiteValue
    {
        var bytes: [UInt8]
        if case .bytes(let raw) = value {
            bytes = raw
        } else {
            bytes = Array((value.text ?? "").utf8)
        }
        let isFixed = column.type.base == .binary
        let most =
            isFixed || column.type.base == .varbinary
            ? column.type.length ?? 1 : column.type.bytesMax
        if bytes.count > most {
            bytes = try complain(
                .dataTooLong(column: column.name, row: row),
                Array(bytes.prefix(most))
            )
        }
        if isFixed { bytes.append(contentsOf: repeatElement(0, count: most - bytes.count)) }
        return .blob(bytes)
    }

    // MARK: - Times

    private mutating func moment(_ value: TableValue, _ column: StoredColumn) throws -> SQLiteValue
    {
        let isDate = column.type.base == .date
        let name = isDate ? "date" : "datetime"
        let text = value.text ?? ""
        let decimals = isDate ? 0 : column.type.length ?? 0
        let zero = isDate ? "0000-00-00" : "0000-00-00 00:00:00"
        let wrong = TableError.wrongValue(type: name, value: text, column: column.name, row: row)
        let isNumber: Bool
        switch value {
        case .integer(0), .unsigned(0): isNumber = true
        default: isNumber = false
        }
        var parsed =
            isNumber
            ? CalendarTime.Parsed(value: .init(), hasTime: false) : CalendarTime.parse(text)
        if parsed?.isWhole == false, !isDate { parsed = nil }
        guard let found = parsed, found.value.isValidTime,
            found.value.isValidDate(zeroPartsAllowed: true)
        else { return try .text(complain(wrong, zero)) }
        if found.value.isZeroDate
            ? mode.refusesZeroDate : found.value.hasZeroPart && mode.refusesZeroInDate
        {
            return try .text(complain(wrong, zero))
        }
        if isDate { return .text(found.value.dateText) }
        var moment = found.value.rounded(decimals: decimals)
        if let offset = found.offsetMinutes, !moment.isZeroDate {
            let shift = (offsetMinutes - offset) * 60_000_000
            moment = moment.adding(microseconds: shift) ?? moment
        }
        if column.type.base == .timestamp, !moment.isZeroDate {
            guard !moment.hasZeroPart,
                let utc = moment.adding(microseconds: -offsetMinutes * 60_000_000),
                utc.epochMicroseconds > 0, utc.epochMicroseconds < 2_147_483_648_000_000
            else { return try .text(complain(wrong, zero)) }
            moment = utc
        }
        return .text(moment.text(decimals: decimals))
    }

    private mutating func time(_ value: TableValue, _ column: StoredColumn) throws -> SQLiteValue {
        let text = value.text ?? ""
        let decimals = column.type.length ?? 0
        guard let parsed = ClockTime.parse(text), parsed.isWhole else {
            let wrong = TableError.wrongValue(
                type: "time",
                value: text,
                column: column.name,
                row: row
            )
            return try .text(complain(wrong, ClockTime().text(decimals: decimals)))
        }
        var time = parsed.value.rounded(decimals: decimals)
        if !time.isInRange {
            let most = ClockTime.microsecondsMax
            let nearest = ClockTime(microseconds: time.microseconds < 0 ? -most : most)
            time = try complain(
                .wrongValue(type: "time", value: text, column: column.name, row: row),
                nearest
            )
        }
        return .text(time.text(decimals: decimals))
    }

    // MARK: - ENUM, SET, JSON

    private mutating func enumeration(_ value: TableValue, _ column: StoredColumn) throws
        -> SQLiteValue
    {
        let members = column.type.members
        let truncated = TableError.dataTruncated(column: column.name, row: row)
        switch value {
        case .integer, .unsigned, .real, .decimal:
            guard let index = value.wholeNumber, index >= 1, index <= Int64(members.count) else {
                return try .text(complain(truncated, ""))
            }
            return .text(members[Int(index) - 1])
        default:
            let text = value.text ?? ""
            if let member = members.first(where: { same($0, text, column) }) {
                return .text(member)
            }
            if let index = Int(text), index >= 1, index <= members.count {
                return .text(members[index - 1])
            }
            return try .text(complain(truncated, ""))
        }
    }

    private func same(_ member: String, _ text: String, _ column: StoredColumn) -> Bool {
        column.type.isBinaryCollation ? member == text : TextFolding.equal(member, text)
    }

    private mutating func set(_ value: TableValue, _ column: StoredColumn) throws -> SQLiteValue {
        let members = column.type.members
        let truncated = TableError.dataTruncated(column: column.name, row: row)
        var chosen: UInt64 = 0
        var given = value
        if case .text(let text) = value, let number = UInt64(text),
            !members.contains(where: { same($0, text, column) })
        {
            given = .unsigned(number)
        }
        switch given {
        case .integer, .unsigned, .real, .decimal:
            let exact = try number(given, column, "set").value.rounded(scale: 0)
            chosen = exact.uint64 ?? exact.int64.map { UInt64(bitPattern: $0) } ?? .max
            let bits = chosen
            if members.count < 64, bits >= 1 << UInt64(members.count) {
                return try .text(complain(truncated, ""))
            }
        default:
            let words = (value.text ?? "").split(separator: ",", omittingEmptySubsequences: false)
            for word in words where !(words.count == 1 && word.isEmpty) {
                guard let index = members.firstIndex(where: { same($0, String(word), column) })
                else {
                    _ = try complain(truncated, "")
                    continue
                }
                chosen |= 1 << UInt64(index)
            }
        }
        let list = members.enumerated().filter { chosen & 1 << UInt64($0.offset) != 0 }.map(
            \.element
        )
        return .text(list.joined(separator: ","))
    }

    private func json(_ value: TableValue, _ column: StoredColumn) throws -> SQLiteValue {
        do {
            return .text(try JSON.parse(value.text ?? "").normalised.shown)
        } catch {
            throw TableError.invalidJSON(
                reason: error.reason,
                position: error.offset,
                column: column.name
            )
        }
    }

    /// A vector of at most as many numbers as the column has. What is none is an error in every
    /// mode.
    private func vector(_ value: TableValue, _ column: StoredColumn) throws -> SQLiteValue {
        let bytes: [UInt8]
        switch value {
        case .bytes(let given): bytes = given
        // Drivers and dumps that know no vectors send the bytes as text.
        case .text(let text) where text.utf8.first != UInt8(ascii: "["): bytes = Array(text.utf8)
        default: throw TableError.notAVector(VectorText.quoted((value.text ?? "").utf8))
        }
        guard bytes.count <= column.type.bytesMax else {
            throw TableError.dataTooLong(column: column.name, row: row)
        }
        guard bytes.withUnsafeBytes({ VectorText.isVector($0) }) else {
            throw TableError.notAVector(VectorText.quoted(bytes))
        }
        return .blob(bytes)
    }

    /// What a column gets in place of a missing value when nothing else is said.
    static func implicitDefault(_ column: StoredColumn) -> TableValue {
        switch column.type.base {
        case .date: .text("0000-00-00")
        case .datetime, .timestamp: .text("0000-00-00 00:00:00")
        case .time: .text("00:00:00")
        case .enumeration: .text(column.type.members.first ?? "")
        case .json: .text("null")
        case .vector: .bytes([])
        case _ where column.type.isText || column.type.isBinary: .text("")
        default: .integer(0)
        }
    }
}

extension String {
    /// The number of a text of digits, a point and an exponent at most, beginning and ending with a
    /// digit: what `Double` reads as SQL does. Nil for any other.
    fileprivate var plainNumber: Double? {
        guard let first = utf8.first, let last = utf8.last, Self.isDigit(last),
            Self.isDigit(first) || first == UInt8(ascii: "-")
        else { return nil }
        for byte in utf8 where !Self.isDigit(byte) {
            switch byte {
            case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "e"),
                UInt8(ascii: "E"):
                continue
            default: return nil
            }
        }
        return Double(self)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }
}

extension TableError {
    /// What a warning says in its place: text that was cut is data that was truncated.
    var asWarning: TableError {
        if case .dataTooLong(let column, let row) = self {
            return .dataTruncated(column: column, row: row)
        }
        return self
    }
}
