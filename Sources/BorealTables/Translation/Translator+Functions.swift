import BorealBase
import BorealSQL

/// Calls of functions.
extension Translator {
    func function(_ call: FunctionCall, _ scope: Scope, _ node: Expression) throws -> TypedSQL {
        let name = call.name.name.uppercased()
        if let database = call.database {
            throw TableError.unknownFunction(database: database.name, name: call.name.name)
        }
        if let batched = try batchCall(call, scope) { return batched }
        if Self.volatileNames.contains(name) { volatileCount += 1 }
        if let over = call.over { return try window(name, call, over, scope) }
        if let aggregate = try aggregate(name, call, scope) { return aggregate }
        if let special = try special(name, call, scope, node) { return special }
        guard let entry = FunctionTable.all[name] else {
            throw TableError.unknownFunction(database: context.database, name: call.name.name)
        }
        guard let letters = entry.letters(call.arguments.count) else {
            throw TableError.wrongParameterCount(call.name.name)
        }
        let raw = try call.arguments.map { try expression($0, scope) }
        let arguments = try zip(letters, raw).map { try prepared($1, $0) }
        return answer(entry, name, arguments, raw)
    }

    /// Functions that answer something else each time.
    private static let volatileNames: Set<String> = [
        "RAND", "UUID", "UUID_SHORT", "SYSDATE", "SLEEP", "RANDOM_BYTES", "LAST_INSERT_ID",
    ]

    private func prepared(_ value: TypedSQL, _ letter: Character) throws -> TypedSQL {
        switch letter {
        case "t": text(value)
        case "r": real(value)
        case "i": whole(value)
        case "w": number(value)
        case "d": try dateTime(value)
        case "m": try time(value)
        case "e": try date(value)
        default: value.valueClass == .binary ? value : text(value)
        }
    }

    private func answer(
        _ entry: FunctionEntry,
        _ name: String,
        _ arguments: [TypedSQL],
        _ raw: [TypedSQL]
    ) -> TypedSQL {
        let target = entry.target ?? "b_" + name.lowercased()
        let sql = "\(target)(" + arguments.map(\.sql).joined(separator: ", ") + ")"
        switch entry.answer {
        case .text(let length):
            return .text(sql, length: length, isBinary: context.isBinaryConnection)
        case .textLike:
            let texts = arguments.filter { $0.valueClass == .text }
            let length = texts.map(\.type.length).reduce(0) { min($0 + $1, 1 << 24) }
            var result = TypedSQL.text(sql, length: max(length, 1))
            result.isBinaryText = texts.contains { $0.isBinaryText && $0.coercibility <= 2 }
            result.coercibility = texts.map(\.coercibility).min() ?? 4
            return result
        case .whole(let bits): return .integer(sql, bits: bits, length: min(bits / 3 + 1, 20))
        case .unsigned: return TypedSQL(sql, Self.unsignedType)
        case .real: return .real(sql)
        case .date: return TypedSQL(sql, ColumnType(.date, length: 10))
        case .dateTime(let decimals):
            let shown = max(decimals, arguments.first?.type.decimals ?? 0)
            return TypedSQL(sql, ColumnType(.dateTime, length: 19, decimals: min(shown, 6)))
        case .time(let decimals):
            let shown = max(decimals, raw.map(\.type.decimals).max() ?? 0)
            return TypedSQL(sql, ColumnType(.time, length: 10, decimals: min(shown, 6)))
        case .json: return TypedSQL(sql, ColumnType(.json))
        case .bytes: return TypedSQL(sql, ColumnType(.varbinary, length: 65_535))
        }
    }

    private func arguments(_ call: FunctionCall, _ count: ClosedRange<Int>, _ scope: Scope) throws
        -> [TypedSQL]
    {
        guard count.contains(call.arguments.count) else {
            throw TableError.wrongParameterCount(call.name.name)
        }
        return try call.arguments.map { try expression($0, scope) }
    }

    // MARK: - Functions with rules of their own

    private func special(
        _ name: String,
        _ call: FunctionCall,
        _ scope: Scope,
        _ node: Expression
    ) throws -> TypedSQL? {
        switch name {
        case "IF":
            let values = try arguments(call, 3...3, scope)
            let test = truth(values[0])
            return try choice(Array(values[1...])) {
                "(CASE WHEN \(test) THEN \($0[0]) ELSE \($0[1]) END)"
            }
        case "IFNULL":
            let values = try arguments(call, 2...2, scope)
            return try choice(values) { "ifnull(\($0[0]), \($0[1]))" }
        case "COALESCE":
            let values = try arguments(call, 1...1_000, scope)
            if values.count == 1 { return values[0] }
            return try choice(values) { "coalesce(\($0.joined(separator: ", ")))" }
        case "NULLIF":
            let values = try arguments(call, 2...2, scope)
            var result = values[0]
            let test = try comparison(.equal, values[0], values[1]).sql
            result.sql = "(CASE WHEN \(test) THEN NULL ELSE \(values[0].sql) END)"
            result.isNullable = true
            result.literal = nil
            return result
        case "ISNULL":
            return .boolean(
                "(\(try arguments(call, 1...1, scope)[0].sql) IS NULL)",
                isNullable: false
            )
        case "GREATEST", "LEAST":
            let word = name == "GREATEST" ? "max" : "min"
            let values = try arguments(call, 2...1_000, scope)
            let type = merged(values)
            var sample = TypedSQL("", type)
            sample.isBinaryText = values.contains { $0.isBinaryText }
            let tail =
                type.isText || type.kind == .decimal ? " COLLATE \(sample.collationName)" : ""
            return try choice(values) { list in
                "\(word)(\(list[0])\(tail), \(list.dropFirst().joined(separator: ", ")))"
            }
        case "VERSION":
            isCacheable = false
            return try constant(context.systemVariable(SystemVariable(name: "version")))
        case "VALUES": return .null
        default:
            return try textSpecial(name, call, scope) ?? numericSpecial(name, call, scope, node)
                ?? temporalSpecial(name, call, scope) ?? jsonSpecial(name, call, scope)
        }
    }

    private func textSpecial(
        _ name: String,
        _ call: FunctionCall,
        _ scope: Scope
    ) throws -> TypedSQL? {
        switch name {
        case "HEX":
            let value = try arguments(call, 1...1, scope)[0]
            if value.valueClass.isNumber {
                return .text("b_hex_int(\(whole(value).sql))", length: 16)
            }
            return .text(
                "b_hex(\((value.valueClass == .binary ? value : text(value)).sql))",
                length: 65_535
            )
        case "CHAR":
            let values = try arguments(call, 1...1_000, scope).map { whole($0).sql }
            let sql = "b_char(\(values.joined(separator: ", ")))"
            if let charset = call.charset, charset != "binary" { return .text("b_utf8(\(sql))") }
            return TypedSQL(sql, ColumnType(.varbinary, length: values.count * 4))
        case "LOCATE", "POSITION", "INSTR":
            let values = try arguments(call, 2...3, scope)
            let swapped = name == "INSTR" ? [values[1], values[0]] : Array(values[..<2])
            let isBinary = try comparesBytes(swapped[0], swapped[1])
            let start = values.count == 3 ? whole(values[2]).sql : "1"
            let list =
                "\(text(swapped[0]).sql), \(text(swapped[1]).sql), \(start), \(isBinary ? 1 : 0)"
            return .integer("b_locate(\(list))", bits: 32)
        case "FIELD":
            let values = try arguments(call, 2...1_000, scope)
            let tests = try values.dropFirst().enumerated().map { offset, value in
                "WHEN \(try comparison(.equal, values[0], value).sql) THEN \(offset + 1)"
            }
            return .integer("(CASE \(tests.joined(separator: " ")) ELSE 0 END)", bits: 10)
        case "FIND_IN_SET":
            let values = try arguments(call, 2...2, scope)
            let isBinary = try comparesBytes(values[0], values[1]) ? 1 : 0
            let list = "\(text(values[0]).sql), \(text(values[1]).sql), \(isBinary)"
            return .integer("b_find_in_set(\(list))", bits: 16)
        case "STRCMP":
            let values = try arguments(call, 2...2, scope)
            let (a, b) = (text(values[0]).sql, text(values[1]).sql)
            let isBinary = try comparesBytes(values[0], values[1])
            let tail = " COLLATE " + StorageName.collation(isBinary: isBinary)
            return .integer(
                "(CASE WHEN \(a) = \(b)\(tail) THEN 0 WHEN \(a) < \(b)\(tail) THEN -1 "
                    + "WHEN \(a) > \(b)\(tail) THEN 1 END)",
                bits: 2
            )
        case "CHARSET", "COLLATION":
            let value = try arguments(call, 1...1, scope)[0]
            let collation =
                value.valueClass == .text
                ? (value.isBinaryText ? "utf8mb4_bin" : Collations.defaultCollation) : "binary"
            let answer = name == "CHARSET" ? Collations.charset(of: collation) : collation
            return .text(answer.sqlLiteral, length: 64)
        case "COERCIBILITY":
            return .integer(String(try arguments(call, 1...1, scope)[0].coercibility), bits: 3)
        default: return nil
        }
    }

    private func numericSpecial(
        _ name: String,
        _ call: FunctionCall,
        _ scope: Scope,
        _ node: Expression
    ) throws -> TypedSQL? {
        switch name {
        case "ABS":
            var value = try number(arguments(call, 1...1, scope)[0])
            value.literal = nil
            if value.valueClass == .unsigned { return value }
            let shown = source(node.span).sqlLiteral
            switch value.valueClass {
            case .decimal: value.sql = "b_dabs(\(value.sql))"
            case .integer where value.bits >= 63: value.sql = "b_iabs(\(value.sql), \(shown))"
            default: value.sql = "abs(\(value.sql))"
            }
            return value
        case "SIGN":
            let value = try real(arguments(call, 1...1, scope)[0])
            return .integer("sign(\(value.sql))", bits: 1)
        case "CEIL", "CEILING", "FLOOR":
            let value = try number(arguments(call, 1...1, scope)[0])
            let word = name == "FLOOR" ? "floor" : "ceil"
            switch value.valueClass {
            case .decimal: return .integer("b_d\(word)(\(value.sql))")
            case .real: return .real("\(word)(\(value.sql))")
            default: return value
            }
        case "ROUND", "TRUNCATE": return try rounding(name, call, scope)
        case "MOD":
            guard call.arguments.count == 2 else {
                throw TableError.wrongParameterCount(call.name.name)
            }
            return try binary(.modulo, call.arguments[0], call.arguments[1], scope, node)
        case "RAND":
            let values = try arguments(call, 0...1, scope)
            guard values.isEmpty else { throw TableError.notSupported("RAND(seed)") }
            return .real("b_rand()")
        default: return nil
        }
    }

    private func rounding(_ name: String, _ call: FunctionCall, _ scope: Scope) throws -> TypedSQL {
        let values = try arguments(call, name == "ROUND" ? 1...2 : 2...2, scope)
        let value = number(values[0])
        let cut = name == "TRUNCATE" ? 1 : 0
        var places: Int?
        var placesSQL = "0"
        if values.count == 2 {
            placesSQL = whole(values[1]).sql
            places = Int(placesSQL) ?? Int(placesSQL.filter { $0 != "(" && $0 != ")" })
        } else {
            places = 0
        }
        switch value.valueClass {
        case .decimal:
            let scale = min(max(places ?? value.type.decimals, 0), value.type.decimals)
            let digits = value.type.length - value.type.decimals + 1 + scale
            return .decimal(
                "b_dplaces(\(value.sql), \(placesSQL), \(cut), \(scale))",
                digits: digits,
                scale: scale
            )
        case .real: return .real("b_rround(\(value.sql), \(placesSQL), \(cut))")
        case .integer where (places ?? -1) >= 0: return value
        case .integer: return .integer("b_iround(\(value.sql), \(placesSQL), \(cut))")
        case .unsigned where (places ?? -1) >= 0: return value
        case .unsigned: throw TableError.notSupported("\(name) of BIGINT UNSIGNED to tens")
        default: return value
        }
    }

    private func temporalSpecial(
        _ name: String,
        _ call: FunctionCall,
        _ scope: Scope
    ) throws -> TypedSQL? {
        switch name {
        case "NOW", "CURRENT_TIMESTAMP", "LOCALTIME", "LOCALTIMESTAMP", "SYSDATE", "UTC_TIMESTAMP":
            let decimals = try fractionalDigits(call, scope)
            let target =
                name == "UTC_TIMESTAMP" ? "b_utc_now" : name == "SYSDATE" ? "b_sysdate" : "b_now"
            return TypedSQL(
                "\(target)(\(decimals))",
                ColumnType(.dateTime, length: 19, decimals: decimals)
            )
        case "CURDATE", "CURRENT_DATE", "UTC_DATE":
            let target = name == "UTC_DATE" ? "b_utc_now" : "b_now"
            return TypedSQL("substr(\(target)(0), 1, 10)", ColumnType(.date, length: 10))
        case "CURTIME", "CURRENT_TIME", "UTC_TIME":
            let decimals = try fractionalDigits(call, scope)
            let target = name == "UTC_TIME" ? "b_utc_now" : "b_now"
            let type = ColumnType(.time, length: 10, decimals: decimals)
            return TypedSQL("substr(\(target)(\(decimals)), 12)", type)
        case "DATE": return try date(arguments(call, 1...1, scope)[0])
        case "TIME": return try time(arguments(call, 1...1, scope)[0])
        case "TIMESTAMP":
            let values = try arguments(call, 1...2, scope)
            let base = try dateTime(values[0])
            if values.count == 1 { return base }
            let sql = "b_addtime(\(base.sql), \(text(values[1]).sql), 1)"
            return TypedSQL(sql, ColumnType(.dateTime, length: 26, decimals: 6))
        case "DATE_ADD", "ADDDATE", "DATE_SUB", "SUBDATE":
            guard call.arguments.count == 2 else {
                throw TableError.wrongParameterCount(call.name.name)
            }
            let base = try expression(call.arguments[0], scope)
            let isBackwards = name == "DATE_SUB" || name == "SUBDATE"
            if case .interval(let amount, let unit) = call.arguments[1].kind {
                return try shifted(base, amount, unit, isBackwards, scope)
            }
            return try shifted(base, call.arguments[1], .day, isBackwards, scope)
        case "ADDTIME", "SUBTIME":
            let values = try arguments(call, 2...2, scope)
            let sign = name == "ADDTIME" ? 1 : -1
            let sql = "b_addtime(\(text(values[0]).sql), \(text(values[1]).sql), \(sign))"
            let decimals = values.map(\.type.decimals).max() ?? 0
            switch values[0].valueClass {
            case .dateTime, .date:
                return TypedSQL(sql, ColumnType(.dateTime, length: 19, decimals: min(decimals, 6)))
            case .time:
                return TypedSQL(sql, ColumnType(.time, length: 10, decimals: min(decimals, 6)))
            default: return .text(sql, length: 26)
            }
        default: return try unitSpecial(name, call, scope)
        }
    }

    private func fractionalDigits(_ call: FunctionCall, _ scope: Scope) throws -> Int {
        guard let first = call.arguments.first else { return 0 }
        guard case .literal(.integer(let digits)) = first.kind, digits <= 6,
            call.arguments.count == 1
        else { throw TableError.wrongArguments(call.name.name) }
        return Int(digits)
    }

    private func unitSpecial(
        _ name: String,
        _ call: FunctionCall,
        _ scope: Scope
    ) throws -> TypedSQL? {
        switch name {
        case "TIMESTAMPDIFF", "TIMESTAMPADD":
            guard call.arguments.count == 3, case .unit(let unit) = call.arguments[0].kind else {
                throw TableError.wrongParameterCount(call.name.name)
            }
            if name == "TIMESTAMPADD" {
                let base = try expression(call.arguments[2], scope)
                return try shifted(base, call.arguments[1], unit, false, scope)
            }
            let first = try text(expression(call.arguments[1], scope)).sql
            let second = try text(expression(call.arguments[2], scope)).sql
            return .integer("b_timestampdiff('\(unit.rawValue)', \(first), \(second))")
        case "UNIX_TIMESTAMP":
            let values = try arguments(call, 0...1, scope)
            guard let value = values.first else { return .integer("b_unix_now()", bits: 40) }
            let moment = try dateTime(value)
            if moment.type.decimals == 0 || value.valueClass == .text && literalHasNoFraction(value)
            {
                return .integer("CAST(b_unix(\(moment.sql), 0) AS INTEGER)", bits: 40)
            }
            let decimals = moment.type.decimals
            return .decimal(
                "b_unix(\(moment.sql), \(decimals))",
                digits: 12 + decimals,
                scale: decimals
            )
        case "FROM_UNIXTIME":
            let values = try arguments(call, 1...2, scope)
            let source = number(values[0])
            let decimals = source.valueClass == .integer ? 0 : min(source.type.decimals, 6)
            let sql = "b_from_unix(\(text(source).sql), \(decimals))"
            if values.count == 2 { return .text("b_date_format(\(sql), \(text(values[1]).sql))") }
            return TypedSQL(sql, ColumnType(.dateTime, length: 19, decimals: decimals))
        case "STR_TO_DATE":
            let values = try arguments(call, 2...2, scope)
            let sql = "b_str_to_date(\(text(values[0]).sql), \(text(values[1]).sql))"
            guard case .string(let format)? = values[1].literal else {
                return TypedSQL(sql, ColumnType(.dateTime, length: 26, decimals: 6))
            }
            return TypedSQL(sql, DateFormat.typeRead(by: format))
        default: return nil
        }
    }

    private func literalHasNoFraction(_ value: TypedSQL) -> Bool {
        if case .string(let text)? = value.literal { return !text.contains(".") }
        return false
    }

    private func jsonSpecial(
        _ name: String,
        _ call: FunctionCall,
        _ scope: Scope
    ) throws -> TypedSQL? {
        guard name == "JSON_OBJECT" || name == "JSON_ARRAY" else { return nil }
        let values = try arguments(call, 0...2_000, scope)
        if name == "JSON_OBJECT", values.count % 2 == 1 {
            throw TableError.wrongParameterCount(call.name.name)
        }
        let list = values.map { jsonArgument($0) }.joined(separator: ", ")
        return TypedSQL("b_\(name.lowercased())(\(list))", ColumnType(.json))
    }

    /// A value as JSON text, so that numbers stay numbers and texts become strings.
    func jsonArgument(_ value: TypedSQL) -> String {
        switch value.valueClass {
        case .null: "'null'"
        case .json: "ifnull(\(value.sql), 'null')"
        case .integer, .unsigned, .real, .decimal:
            "ifnull(\(text(value).sql), 'null')"
        default: "ifnull(b_json_quote(\(text(value).sql)), 'null')"
        }
    }
}
