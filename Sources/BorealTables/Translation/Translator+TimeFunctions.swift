import BorealBase
import BorealSQL

/// Functions of dates and times whose type depends on their arguments.
extension Translator {
    static let timeSpecials: [String: Special] = [
        "NOW": { try $0.now($1, "b_now") }, "CURRENT_TIMESTAMP": { try $0.now($1, "b_now") },
        "LOCALTIME": { try $0.now($1, "b_now") }, "LOCALTIMESTAMP": { try $0.now($1, "b_now") },
        "SYSDATE": { try $0.now($1, "b_sysdate") },
        "UTC_TIMESTAMP": { try $0.now($1, "b_utc_now") },
        "CURDATE": { try $0.today($1, "b_now") }, "CURRENT_DATE": { try $0.today($1, "b_now") },
        "UTC_DATE": { try $0.today($1, "b_utc_now") },
        "CURTIME": { try $0.timeNow($1, "b_now") },
        "CURRENT_TIME": { try $0.timeNow($1, "b_now") },
        "UTC_TIME": { try $0.timeNow($1, "b_utc_now") },
        "DATE": { translator, call in
            try translator.date(translator.arguments(call, 1...1)[0])
        },
        "TIME": { translator, call in
            let value = try translator.arguments(call, 1...1)[0]
            return try translator.timed(translator.time(value), translator.precision(value))
        },
        "TIMESTAMP": { try $0.timestamp($1) },
        "DATE_ADD": { try $0.dateShift($1, 1) }, "ADDDATE": { try $0.dateShift($1, 1) },
        "DATE_SUB": { try $0.dateShift($1, -1) }, "SUBDATE": { try $0.dateShift($1, -1) },
        "ADDTIME": { try $0.timeSum($1, 1) }, "SUBTIME": { try $0.timeSum($1, -1) },
        "TIMEDIFF": { try $0.timeDifference($1) },
        "TIMESTAMPDIFF": { try $0.timestampDifference($1) },
        "TIMESTAMPADD": { try $0.timestampSum($1) },
        "UNIX_TIMESTAMP": { try $0.unixTimestamp($1) },
        "FROM_UNIXTIME": { try $0.fromUnixTime($1) },
        "STR_TO_DATE": { try $0.textToDate($1) },
        "MAKETIME": { translator, call in
            let values = try translator.arguments(call, 3...3)
            let parts = values[..<2].map { translator.whole($0).sql }.joined(separator: ", ")
            let sql = "b_maketime(\(parts), \(translator.decimal(values[2]).sql))"
            return translator.timed(TypedSQL(sql, .time(6)), translator.numberPrecision(values[2]))
        },
        "SEC_TO_TIME": { translator, call in
            let value = try translator.arguments(call, 1...1)[0]
            let sql = "b_sec_to_time(\(translator.decimal(value).sql))"
            return translator.timed(TypedSQL(sql, .time(6)), translator.numberPrecision(value))
        },
        "CONVERT_TZ": { translator, call in
            let values = try translator.arguments(call, 3...3)
            let decimals = translator.precision(values[0])
            let list = try [
                translator.dateTime(values[0]), translator.text(values[1]),
                translator.text(values[2]),
            ].map(\.sql).joined(separator: ", ")
            return TypedSQL("b_convert_tz(\(list), \(decimals))", .dateTime(decimals))
        },
    ]

    // MARK: - Digits of the second

    /// Digits behind the second that a value has as a date or time: those written, of a literal.
    func precision(_ value: TypedSQL) -> Int {
        switch value.valueClass {
        case .date, .dateTime, .time: return min(value.type.decimals, 6)
        case .text, .binary, .json:
            guard case .string(let text)? = value.literal else { return 6 }
            return CalendarTime.fractionDigits(text)
        default: return numberPrecision(value)
        }
    }

    /// Digits behind the point that a value has as a number, at most 6.
    func numberPrecision(_ value: TypedSQL) -> Int {
        switch value.valueClass {
        case .null, .integer, .unsigned, .date: 0
        case .decimal, .real, .dateTime, .time: min(value.type.decimals, 6)
        case .text, .binary, .json: 6
        }
    }

    /// A time with exactly so many digits of the second.
    func timed(_ value: TypedSQL, _ decimals: Int) -> TypedSQL {
        guard value.valueClass == .time else { return value }
        return TypedSQL("b_timepad(\(value.sql), \(decimals))", .time(decimals))
    }

    // MARK: - Now

    /// `NOW(digits)`: a literal of at most 6.
    private func fractionalDigits(_ call: SpecialCall) throws -> Int {
        guard let first = call.call.arguments.first else { return 0 }
        guard call.call.arguments.count == 1 else {
            throw TableError.wrongParameterCount(call.call.name.name)
        }
        guard case .literal(.integer(let digits)) = first.kind else {
            throw TableError.wrongArguments(call.call.name.name)
        }
        guard digits <= 6 else {
            throw TableError.tooBigPrecision(
                Int(clamping: digits),
                name: call.call.name.name.lowercased(),
                max: 6
            )
        }
        return Int(digits)
    }

    private func now(_ call: SpecialCall, _ target: String) throws -> TypedSQL {
        let decimals = try fractionalDigits(call)
        return TypedSQL("\(target)(\(decimals))", .dateTime(decimals), isNullable: false)
    }

    private func today(_ call: SpecialCall, _ target: String) throws -> TypedSQL {
        _ = try arguments(call, 0...0)
        return TypedSQL(
            "substr(\(target)(0), 1, 10)",
            ColumnType(.date, length: 10),
            isNullable: false
        )
    }

    private func timeNow(_ call: SpecialCall, _ target: String) throws -> TypedSQL {
        let decimals = try fractionalDigits(call)
        return TypedSQL("substr(\(target)(\(decimals)), 12)", .time(decimals), isNullable: false)
    }

    // MARK: - Sums and differences

    private func timestamp(_ call: SpecialCall) throws -> TypedSQL {
        let values = try arguments(call, 1...2)
        let base = try dateTime(values[0])
        let decimals = values.map { precision($0) }.max() ?? 0
        guard values.count == 2 else { return padded(base, decimals) }
        let sql = "b_addtime(\(base.sql), \(text(values[1]).sql), 1)"
        return TypedSQL("b_dtpad(\(sql), \(decimals))", .dateTime(decimals))
    }

    private func dateShift(_ call: SpecialCall, _ sign: Int) throws -> TypedSQL {
        let arguments = call.call.arguments
        guard arguments.count == 2 else {
            throw TableError.wrongParameterCount(call.call.name.name)
        }
        let base = try expression(arguments[0], call.scope)
        if case .interval(let amount, let unit) = arguments[1].kind {
            return try shifted(base, amount, unit, sign < 0, call.scope)
        }
        return try shifted(base, arguments[1], .day, sign < 0, call.scope)
    }

    private func timeSum(_ call: SpecialCall, _ sign: Int) throws -> TypedSQL {
        let values = try arguments(call, 2...2)
        let base = values[0].valueClass == .date ? try dateTime(values[0]) : values[0]
        let sql = "b_addtime(\(text(base).sql), \(text(values[1]).sql), \(sign))"
        let decimals = max(precision(base), precision(values[1]))
        switch base.valueClass {
        case .dateTime: return TypedSQL("b_dtpad(\(sql), \(decimals))", .dateTime(decimals))
        case .time: return timed(TypedSQL(sql, .time(6)), decimals)
        default: return .text(sql, length: 26)
        }
    }

    private func timeDifference(_ call: SpecialCall) throws -> TypedSQL {
        let values = try arguments(call, 2...2).map { value in
            value.valueClass == .date ? try dateTime(value) : value
        }
        let sql = "b_timediff(\(values.map { text($0).sql }.joined(separator: ", ")))"
        return timed(TypedSQL(sql, .time(6)), values.map { precision($0) }.max() ?? 0)
    }

    private func unit(_ call: SpecialCall) throws -> IntervalUnit {
        guard call.call.arguments.count == 3, case .unit(let unit) = call.call.arguments[0].kind
        else { throw TableError.wrongParameterCount(call.call.name.name) }
        return unit
    }

    private func timestampDifference(_ call: SpecialCall) throws -> TypedSQL {
        let unit = try unit(call)
        let moments = try call.call.arguments[1...].map { node -> String in
            let value = try expression(node, call.scope)
            return try (value.valueClass == .time ? dateTime(value) : text(value)).sql
        }
        return .integer(
            "b_timestampdiff('\(unit.rawValue)', \(moments.joined(separator: ", ")))",
            length: 21
        )
    }

    private func timestampSum(_ call: SpecialCall) throws -> TypedSQL {
        let unit = try unit(call)
        let base = try expression(call.call.arguments[2], call.scope)
        return try shifted(base, call.call.arguments[1], unit, false, call.scope)
    }

    // MARK: - Unix time, reading

    private func unixTimestamp(_ call: SpecialCall) throws -> TypedSQL {
        let values = try arguments(call, 0...1)
        guard let value = values.first else {
            var result = TypedSQL.integer("b_unix_now()", bits: 40, length: 11)
            result.isNullable = false
            return result
        }
        let moment = try dateTime(value)
        let decimals = precision(value)
        guard decimals > 0 else {
            return .integer("CAST(b_unix(\(moment.sql), 0) AS INTEGER)", bits: 40, length: 11)
        }
        return .decimal(
            "b_unix(\(moment.sql), \(decimals))",
            digits: 11 + decimals,
            scale: decimals
        )
    }

    private func fromUnixTime(_ call: SpecialCall) throws -> TypedSQL {
        let values = try arguments(call, 1...2)
        let decimals = numberPrecision(values[0])
        let sql = "b_from_unix(\(decimal(values[0]).sql), \(decimals))"
        guard values.count == 2 else { return TypedSQL(sql, .dateTime(decimals)) }
        return .text("b_date_format(\(sql), \(text(values[1]).sql))")
    }

    private func textToDate(_ call: SpecialCall) throws -> TypedSQL {
        let values = try arguments(call, 2...2)
        let list = "\(text(values[0]).sql), \(text(values[1]).sql)"
        guard case .string(let format)? = values[1].literal else {
            // A pattern that is not known yet may give anything: a moment holds it.
            return TypedSQL("b_str_to_date(\(list), 1)", .dateTime(6))
        }
        return TypedSQL("b_str_to_date(\(list), 0)", DatePattern.typeRead(by: format))
    }
}

extension ColumnType {
    /// DATETIME with so many digits of the second.
    static func dateTime(_ decimals: Int) -> ColumnType {
        let shown = decimals > 0 ? decimals + 1 : 0
        return ColumnType(.dateTime, length: 19 + shown, decimals: decimals)
    }

    /// TIME with so many digits of the second.
    static func time(_ decimals: Int) -> ColumnType {
        let shown = decimals > 0 ? decimals + 1 : 0
        return ColumnType(.time, length: 10 + shown, decimals: decimals)
    }
}
