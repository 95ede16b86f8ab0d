import BorealBase
import BorealSQL

/// Values from one representation to another, at translation when the value is a literal.
extension Translator {
    /// A number in its own class: whole, real or decimal; text and JSON become real.
    func number(_ value: TypedSQL) -> TypedSQL {
        if let bits = bitLiteral(value) { return bits }
        switch value.valueClass {
        case .integer where value.type.isUnsigned || Self.unsignedKinds.contains(value.type.kind):
            var result = value
            result.type = Self.unsignedType
            return result
        case .null, .integer, .unsigned, .real, .decimal: return value
        case .text where !value.members.isEmpty: return memberNumber(value)
        case .text, .binary, .json: return real(value)
        case .date: return .integer("b_tnum(\(value.sql))", bits: 47)
        case .dateTime, .time:
            if value.type.decimals == 0 { return .integer("b_tnum(\(value.sql))", bits: 47) }
            let scale = value.type.decimals
            return .decimal("b_tdec(\(value.sql))", digits: 14 + scale, scale: scale)
        }
    }

    /// `0x41` and `b'101'` are numbers where a number is wanted.
    private func bitLiteral(_ value: TypedSQL) -> TypedSQL? {
        let raw: [UInt8]
        switch value.literal {
        case .hexadecimal(let bytes)?, .bits(let bytes)?: raw = bytes
        default: return nil
        }
        guard raw.count <= 8 else { return nil }
        let number = raw.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return TypedSQL(Self.unsignedLiteral(number), Self.unsignedType)
    }

    /// Types that count as unsigned although nothing says so.
    private static let unsignedKinds: Set<ColumnType.Kind> = [.year, .bit]

    /// An ENUM or SET as a number: the place of the member, or a bit for each member.
    func memberNumber(_ value: TypedSQL) -> TypedSQL {
        guard value.type.kind == .set else {
            return .integer(enumIndex(value), bits: 16, length: 20)
        }
        let list = value.members.joined(separator: ",").sqlLiteral
        let sql = "b_set_bits(\(value.sql), \(list))"
        if value.members.count > 63 { return TypedSQL(sql, Self.unsignedType) }
        return .integer(sql, bits: value.members.count, length: 20)
    }

    /// A real number.
    func real(_ value: TypedSQL) -> TypedSQL {
        // A literal that is no number is read when the statement runs, for the warning.
        if case .string(let text)? = value.literal,
            let parsed = DecimalNumber.prefix(of: text.utf8), parsed.isWhole
        {
            return .real(Self.realLiteral(parsed.number.double))
        }
        switch value.valueClass {
        case .null, .real: return value
        case .integer: return .real("CAST(\(value.sql) AS REAL)")
        case .unsigned: return .real("b_ureal(\(value.sql))")
        case .decimal:
            if case .decimal(let text)? = value.literal, let number = Double(text) {
                return .real(Self.realLiteral(number))
            }
            return .real("CAST(\(value.sql) AS REAL)")
        case .text where !value.members.isEmpty: return real(memberNumber(value))
        case .text, .binary: return .real("b_num(\(value.sql))")
        case .json: return .real("b_num(b_json_unquote(\(value.sql)))")
        case .date, .dateTime, .time: return real(number(value))
        }
    }

    /// A SQLite literal of a real number.
    static func realLiteral(_ value: Double) -> String {
        if value.isInfinite { return value < 0 ? "-9e999" : "9e999" }
        let text = value.description
        return value < 0 || text.hasPrefix("-") ? "(\(text))" : text
    }

    /// A decimal.
    func decimal(_ value: TypedSQL) -> TypedSQL {
        switch value.valueClass {
        case .null, .decimal: return value
        case .integer, .unsigned:
            if case .integer(let number)? = value.literal {
                let text = String(number)
                return .decimal("'\(text)'", digits: text.count, scale: 0)
            }
            let digits = value.bits >= 63 ? 20 : value.bits / 3 + 1
            let call = value.valueClass == .unsigned ? "b_utext" : "b_itext"
            return .decimal("\(call)(\(value.sql))", digits: digits, scale: 0)
        case .real: return loose("b_rdec(\(value.sql))")
        case .text, .binary, .json: return loose("b_tdecimal(\(text(value).sql))")
        case .date, .dateTime, .time: return decimal(number(value))
        }
    }

    /// A decimal of unknown size.
    private func loose(_ sql: String) -> TypedSQL {
        var value = TypedSQL.decimal(sql, digits: 65, scale: 30)
        value.isLoose = true
        return value
    }

    /// A decimal with exactly the digits that its type says, as it is shown and stored.
    func settled(_ value: TypedSQL) -> TypedSQL {
        guard value.isLoose, value.valueClass == .decimal else { return value }
        var result = value
        result.sql = "b_dround(\(value.sql), \(value.type.decimals))"
        result.isLoose = false
        result.literal = nil
        return result
    }

    /// A whole number, rounded.
    func whole(_ value: TypedSQL) -> TypedSQL {
        if let bits = bitLiteral(value) { return bits }
        switch value.valueClass {
        case .null, .integer, .unsigned: return value
        case .real: return .integer("b_rint(\(value.sql))")
        case .decimal: return .integer("b_dint(\(value.sql))")
        case .text where !value.members.isEmpty: return memberNumber(value)
        case .text, .binary, .json: return .integer("b_tint(\(text(value).sql))")
        case .date, .dateTime, .time:
            let converted = number(value)
            return converted.valueClass == .integer ? converted : whole(converted)
        }
    }

    /// An ENUM or SET as text that no longer knows its members.
    private func withoutMembers(_ value: TypedSQL) -> TypedSQL {
        guard !value.members.isEmpty else { return value }
        var result = value
        result.members = []
        result.type = .varchar(value.type.length)
        return result
    }

    /// Text as a client would see the value.
    func text(_ value: TypedSQL) -> TypedSQL {
        var result: TypedSQL
        switch value.valueClass {
        case .null: return value
        case .text: return withoutMembers(value)
        case .integer where value.type.kind == .bit: result = .text("b_bit(\(value.sql))")
        case .integer: result = .text("b_itext(\(value.sql))", length: 20)
        case .unsigned: result = .text("b_utext(\(value.sql))", length: 20)
        case .real where value.type.decimals < 31:
            result = .text("b_rfixed(\(value.sql), \(value.type.decimals))", length: 53)
        case .real:
            let call = value.type.kind == .float ? "b_ftext" : "b_rtext"
            result = .text("\(call)(\(value.sql))", length: 23)
        case .decimal: result = .text(settled(value).sql, length: value.type.length + 2)
        case .binary:
            result = .text("b_utf8(\(value.sql))", length: value.type.length, isBinary: true)
            result.coercibility = 2
            return result
        case .date, .dateTime, .time: result = .text(value.sql, length: 26)
        case .json:
            result = .text(value.sql, length: 1 << 20, isBinary: true)
        }
        result.isNullable = value.isNullable
        result.isBinaryText = result.isBinaryText || context.isBinaryConnection
        return result
    }

    /// Bytes.
    func bytes(_ value: TypedSQL) -> TypedSQL {
        if value.valueClass == .binary || value.valueClass == .null { return value }
        let converted = text(value)
        if let charset = value.charset {
            return TypedSQL(
                "b_encode(\(converted.sql), '\(charset)')",
                ColumnType(.varbinary, length: converted.type.length * 4)
            )
        }
        return TypedSQL(
            "CAST(\(converted.sql) AS BLOB)",
            ColumnType(.varbinary, length: converted.type.length)
        )
    }

    /// A date and time.
    func dateTime(_ value: TypedSQL) throws -> TypedSQL {
        let type = ColumnType(.dateTime, length: 19, decimals: 0)
        switch value.valueClass {
        case .null, .dateTime: return value
        case .date:
            if case .temporal? = value.literal {
                return TypedSQL("'\(value.sql.dropFirst().dropLast()) 00:00:00'", type)
            }
            return TypedSQL("(\(value.sql) || ' 00:00:00')", type)
        case .time: return TypedSQL("b_time_dt(\(value.sql))", type)
        case .text, .binary, .json:
            if case .string(let text)? = value.literal,
                let parsed = CalendarTime.parse(text), parsed.offsetMinutes == nil,
                parsed.value.isValidDate(zeroPartsAllowed: true), parsed.value.isValidTime
            {
                let decimals = CalendarTime.fractionDigits(text)
                let canonical = parsed.value.text(decimals: decimals)
                return TypedSQL(
                    "'\(canonical)'",
                    ColumnType(.dateTime, length: 19, decimals: decimals)
                )
            }
            let wide = ColumnType(.dateTime, length: 26, decimals: 6)
            return TypedSQL("b_dt(\(text(value).sql))", wide)
        case .integer, .unsigned, .real, .decimal:
            let wide = ColumnType(.dateTime, length: 26, decimals: 6)
            return TypedSQL("b_dt(\(text(value).sql))", wide)
        }
    }

    /// A date.
    func date(_ value: TypedSQL) throws -> TypedSQL {
        let type = ColumnType(.date, length: 10)
        switch value.valueClass {
        case .null, .date: return value
        case .dateTime: return TypedSQL("substr(\(value.sql), 1, 10)", type)
        default:
            if case .string(let text)? = value.literal, let parsed = CalendarTime.parse(text),
                parsed.isWhole, parsed.value.isValidDate(zeroPartsAllowed: true)
            {
                return TypedSQL("'\(parsed.value.dateText)'", type)
            }
            return TypedSQL("substr(\(try dateTime(value).sql), 1, 10)", type)
        }
    }

    /// A time of day or duration.
    func time(_ value: TypedSQL) throws -> TypedSQL {
        let decimals = value.valueClass == .dateTime ? value.type.decimals : 6
        let type = ColumnType(.time, length: 10, decimals: decimals)
        switch value.valueClass {
        case .null, .time: return value
        case .date: return TypedSQL("'00:00:00'", ColumnType(.time, length: 10))
        case .dateTime: return TypedSQL("substr(\(value.sql), 12)", type)
        default: return TypedSQL("b_time(\(text(value).sql))", type)
        }
    }

    /// The common type of several values: CASE, IF, COALESCE, UNION.
    func merged(_ values: [TypedSQL]) -> ColumnType {
        let known = values.filter { $0.valueClass != .null }
        guard let first = known.first else { return ColumnType(.null) }
        let classes = known.map(\.valueClass)
        if classes.allSatisfy({ $0 == first.valueClass }) { return widest(known, first) }
        if classes.allSatisfy({ $0.isWhole }) {
            return .decimal(digits: 20, scale: 0)
        }
        if classes.allSatisfy({ $0.isWhole || $0 == .decimal }) {
            let converted = known.map { decimal($0).type }
            let scale = converted.map(\.decimals).max() ?? 0
            let digits = converted.map { $0.length - $0.decimals }.max() ?? 0
            return .decimal(digits: digits + scale, scale: scale)
        }
        if classes.allSatisfy(\.isNumber) { return Self.double(known) }
        if classes.allSatisfy(\.isTemporal) {
            return ColumnType(
                .dateTime,
                length: 19,
                decimals: known.map(\.type.decimals).max() ?? 0
            )
        }
        if classes.contains(.binary) { return ColumnType(.varbinary, length: 65_535) }
        let length = known.map { text($0).type.length }.max() ?? 255
        return length > 16_383 ? ColumnType(.text, length: length) : .varchar(length)
    }

    /// A real number shown with as many digits behind the point as the values have; with as many as
    /// it needs when one of them is shown so.
    private static func double(_ values: [TypedSQL]) -> ColumnType {
        var type = ColumnType.double
        type.decimals = min(values.map(\.type.decimals).max() ?? 31, 31)
        return type
    }

    private func widest(_ values: [TypedSQL], _ first: TypedSQL) -> ColumnType {
        var type = first.type
        let order: [ColumnType.Kind] = [.tiny, .short, .medium, .long, .longLong]
        for value in values.dropFirst() {
            switch first.valueClass {
            case .decimal:
                let digits = max(
                    type.length - type.decimals,
                    value.type.length - value.type.decimals
                )
                let scale = max(type.decimals, value.type.decimals)
                type = .decimal(digits: digits + scale, scale: scale)
            case .integer:
                let left = order.firstIndex(of: type.kind) ?? 4
                let right = order.firstIndex(of: value.type.kind) ?? 4
                let isMixed =
                    type.isUnsigned != value.type.isUnsigned
                    || (type.kind == .bit) != (value.type.kind == .bit)
                if right > left { type = value.type }
                if isMixed { (type.kind, type.isUnsigned) = (.longLong, false) }
                type.length = max(type.length, value.type.length)
            case .real where type.kind == value.type.kind:
                type.decimals = Self.double(values).decimals
            case .real: type = .double
            case .text:
                let length = max(type.length, value.type.length)
                type = length > 16_383 ? ColumnType(.text, length: length) : .varchar(length)
            default:
                if value.type.length > type.length { type = value.type }
                type.decimals = max(type.decimals, value.type.decimals)
            }
        }
        return type
    }

    /// A value in the representation of a type that `merged` gave.
    func converted(_ value: TypedSQL, to type: ColumnType) throws -> TypedSQL {
        let target = ValueClass(type)
        var result: TypedSQL
        switch target {
        case .null: result = value
        case .integer, .unsigned: result = whole(value)
        case .real: result = real(value)
        case .decimal:
            result = decimal(value)
            if result.type.decimals != type.decimals || result.isLoose {
                result.isLoose = false
                result.sql = "b_dround(\(result.sql), \(type.decimals))"
            }
        case .text: result = text(value)
        case .binary: result = bytes(value)
        case .date: result = try date(value)
        case .dateTime: result = try padded(dateTime(value), type.decimals)
        case .time: result = try time(value)
        case .json: result = value
        }
        result.type = type
        result.isNullable = value.isNullable
        return result
    }

    /// A date and time with exactly so many digits of the second.
    func padded(_ value: TypedSQL, _ decimals: Int) -> TypedSQL {
        guard value.type.decimals != decimals else { return value }
        var result = value
        result.sql = "b_dtpad(\(value.sql), \(decimals))"
        result.type.decimals = decimals
        return result
    }
}

extension ColumnType {
    /// DECIMAL within its limits.
    static func decimal(digits: Int, scale: Int) -> ColumnType {
        ColumnType(
            .decimal,
            length: min(max(digits, 1), DecimalNumber.digitsMax),
            decimals: min(scale, DecimalNumber.scaleMax)
        )
    }
}
