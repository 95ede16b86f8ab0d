import BorealBase
import BorealSQL

/// Comparison by the types of both sides.
extension Translator {
    /// `left sign right`, after both are brought to one type.
    func comparison(
        _ sign: BinaryOperator,
        _ left: TypedSQL,
        _ right: TypedSQL
    ) throws -> TypedSQL {
        let (a, b, collation) = try comparable(left, right, sign.rawValue)
        let word = sign == .nullSafeEqual ? "IS" : sign.rawValue
        let tail = collation.map { " COLLATE \($0)" } ?? ""
        let isNullable = sign != .nullSafeEqual && (left.isNullable || right.isNullable)
        // The collation stands at the left operand: of two, SQLite takes the left one's, and one
        // inside an operand (CASE WHEN a = b COLLATE ...) counts as the operand's own.
        return .boolean("(\(a)\(tail) \(word) \(b))", isNullable: isNullable)
    }

    /// Two values in one representation, and the collation to compare them with.
    func comparable(
        _ left: TypedSQL,
        _ right: TypedSQL,
        _ operation: String = "="
    ) throws -> (String, String, String?) {
        let left = yearLiteral(left, beside: right)
        let right = yearLiteral(right, beside: left)
        let (a, b) = (left.valueClass, right.valueClass)
        if a == .null || b == .null { return (left.sql, right.sql, nil) }
        if a.isTemporal || b.isTemporal { return try comparableTimes(left, right) }
        if a.isWhole && b.isWhole { return (left.sql, right.sql, nil) }
        if a == .json || b == .json { return try comparableJSON(left, right) }
        if a.isNumber || b.isNumber { return comparableNumbers(left, right) }
        if a == .text && b == .text {
            let name = try collation(left, right, operation)
            return (left.sql, right.sql, StorageName.collation(name))
        }
        return (bytes(left).sql, bytes(right).sql, nil)
    }

    private func comparableNumbers(
        _ left: TypedSQL,
        _ right: TypedSQL
    ) -> (String, String, String?) {
        let a = numberFor(left, beside: right)
        let b = numberFor(right, beside: left)
        if a.valueClass.isWhole && b.valueClass.isWhole { return (a.sql, b.sql, nil) }
        if a.valueClass == .real || b.valueClass == .real {
            return (sortable(a), sortable(b), nil)
        }
        // Both sides count as they would be shown: 10/3 is equal to 3.3333.
        let (first, second) = (settled(decimal(a)), settled(decimal(b)))
        return (first.sql, second.sql, StorageName.decimalCollation)
    }

    /// A literal of two digits beside a YEAR is a year: 5 is 2005, 70 is 1970.
    private func yearLiteral(_ value: TypedSQL, beside other: TypedSQL) -> TypedSQL {
        guard other.type.kind == .year, other.origin != nil else { return value }
        let number: Int
        switch value.literal {
        case .integer(let written)? where written > 0 && written < 100: number = Int(written)
        case .string(let text)? where (1...2).contains(text.utf8.count):
            guard let digits = Int(text), digits >= 0 else { return value }
            number = digits
        default: return value
        }
        return .integer(String(number < 70 ? 2_000 + number : 1_900 + number), bits: 11)
    }

    /// Whole numbers stay as they are beside reals (SQLite compares the two exactly), so that an
    /// index can be used.
    private func sortable(_ value: TypedSQL) -> String {
        value.valueClass == .integer ? value.sql : real(value).sql
    }

    /// A literal takes the form that suits the other side; everything else its own.
    private func numberFor(_ value: TypedSQL, beside other: TypedSQL) -> TypedSQL {
        if case .string(let text)? = value.literal {
            let parsed = DecimalNumber.prefix(of: text.utf8)?.number ?? DecimalNumber()
            if other.valueClass == .decimal {
                let digits = max(parsed.integerDigits, 1) + parsed.scale
                return .decimal("'\(parsed.text)'", digits: digits, scale: parsed.scale)
            }
            if let whole = Int64(parsed.text) {
                return .integer(whole < 0 ? "(\(whole))" : "\(whole)")
            }
            if parsed.scale == 0, let whole = UInt64(parsed.text) {
                return TypedSQL(Self.unsignedLiteral(whole), Self.unsignedType)
            }
            return .real(Self.realLiteral(parsed.double))
        }
        if case .decimal(let written)? = value.literal, other.valueClass.isWhole,
            written.utf8.count <= 15, let number = Double(written)
        {
            return .real(Self.realLiteral(number))
        }
        if case .hexadecimal(let raw)? = value.literal, raw.count <= 8 {
            let number = raw.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            return TypedSQL(Self.unsignedLiteral(number), Self.unsignedType)
        }
        return number(value)
    }

    private func comparableTimes(
        _ left: TypedSQL,
        _ right: TypedSQL
    ) throws -> (String, String, String?) {
        let (a, b) = (left.valueClass, right.valueClass)
        if a == .time || b == .time {
            // Beside a date a TIME is that time of today.
            let meetsDate = a == .date || b == .date || a == .dateTime || b == .dateTime
            guard meetsDate else { return try comparableDurations(left, right) }
        }
        if a == .date && b == .date { return (left.sql, right.sql, "BINARY") }
        if let other = [left, right].first(where: { $0.valueClass.isNumber }), other.literal == nil
        {
            return (number(left).sql, number(right).sql, nil)
        }
        // A number that is no date is compared as a number.
        if [left, right].contains(where: { isNoDate($0) }) {
            return (number(left).sql, number(right).sql, nil)
        }
        if a == .date, let same = try dateLiteral(right) { return (left.sql, same, "BINARY") }
        if b == .date, let same = try dateLiteral(left) { return (same, right.sql, "BINARY") }
        let first = try checked(dateTime(left), left)
        let second = try checked(dateTime(right), right)
        let decimals = max(first.type.decimals, second.type.decimals)
        return (padded(first, decimals).sql, padded(second, decimals).sql, "BINARY")
    }

    /// Durations do not sort as text: their microseconds do.
    private func comparableDurations(
        _ left: TypedSQL,
        _ right: TypedSQL
    ) throws -> (String, String, String?) {
        (try microseconds(left), try microseconds(right), nil)
    }

    /// A number of the text that is no date.
    private func isNoDate(_ value: TypedSQL) -> Bool {
        let written: String
        switch value.literal {
        case .integer(let number)?: written = String(number)
        case .decimal(let digits)?: written = digits
        case .float?, .hexadecimal?, .bits?: return true
        default: return false
        }
        guard let number = Double(written), number >= 101 else { return true }
        let parsed = CalendarTime.parse(written)?.value
        return parsed?.isValidDate(zeroPartsAllowed: true) != true
    }

    /// A literal that is a date without a time, for comparing with a DATE column by its index.
    private func dateLiteral(_ value: TypedSQL) throws -> String? {
        let written: String
        switch value.literal {
        case .string(let text)?: written = text
        case .integer(let number)?: written = String(number)
        default: return nil
        }
        guard let parsed = CalendarTime.parse(written),
            parsed.value.isValidDate(zeroPartsAllowed: true)
        else {
            throw TableError.wrongLiteral(type: "DATE", value: written)
        }
        return parsed.value.isMidnight ? "'\(parsed.value.dateText)'" : nil
    }

    /// The length of a duration; what is none counts as zero.
    private func microseconds(_ value: TypedSQL) throws -> String {
        let converted = "b_time_us(\(try time(value).sql))"
        guard value.valueClass != .time else { return converted }
        return "ifnull(\(converted), CASE WHEN \(value.sql) IS NOT NULL THEN 0 END)"
    }

    private static let zeroDate = "'0000-00-00 00:00:00.000000'"

    /// A literal that is no date is an error, not a comparison that is never true.
    private func checked(_ converted: TypedSQL, _ original: TypedSQL) throws -> TypedSQL {
        guard case .string(let text)? = original.literal else {
            guard original.valueClass == .text || original.valueClass == .binary else {
                return converted
            }
            // Text that is no date compares as the zero date.
            var value = converted
            let known = "\(original.sql) IS NOT NULL"
            value.sql = "ifnull(\(value.sql), CASE WHEN \(known) THEN \(Self.zeroDate) END)"
            return value
        }
        if let parsed = CalendarTime.parse(text),
            parsed.value.isValidDate(zeroPartsAllowed: true), parsed.value.isValidTime
        {
            return converted
        }
        throw TableError.wrongLiteral(type: "DATETIME", value: text)
    }

    private func comparableJSON(
        _ left: TypedSQL,
        _ right: TypedSQL
    ) throws -> (String, String, String?) {
        if left.valueClass.isNumber || right.valueClass.isNumber {
            return (real(left).sql, real(right).sql, nil)
        }
        if left.valueClass == .json && right.valueClass == .json {
            return (left.sql, right.sql, "BINARY")
        }
        func unquoted(_ value: TypedSQL) -> String {
            value.valueClass == .json ? "b_json_unquote(\(value.sql))" : text(value).sql
        }
        return (unquoted(left), unquoted(right), "BINARY")
    }
}
