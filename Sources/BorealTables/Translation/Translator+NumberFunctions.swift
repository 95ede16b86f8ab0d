import BorealBase
import BorealSQL

/// Functions of numbers whose answer has the type of the argument.
extension Translator {
    static let numberSpecials: [String: Special] = [
        "ABS": { try $0.absolute($1) },
        "SIGN": { translator, call in
            let value = try translator.real(translator.arguments(call, 1...1)[0])
            return .integer("sign(\(value.sql))", bits: 2, length: 2)
        },
        "CEIL": { try $0.nextWhole($1, "ceil") }, "CEILING": { try $0.nextWhole($1, "ceil") },
        "FLOOR": { try $0.nextWhole($1, "floor") },
        "ROUND": { try $0.rounding($1) }, "TRUNCATE": { try $0.rounding($1) },
        "MOD": { translator, call in
            let arguments = call.call.arguments
            guard arguments.count == 2 else {
                throw TableError.wrongParameterCount(call.call.name.name)
            }
            return try translator.binary(
                .modulo,
                arguments[0],
                arguments[1],
                call.scope,
                call.node
            )
        },
        "RAND": { try $0.random($1) },
    ]

    private func absolute(_ call: SpecialCall) throws -> TypedSQL {
        var value = try number(arguments(call, 1...1)[0])
        value.literal = nil
        value.origin = nil
        switch value.valueClass {
        case .unsigned, .null: return value
        case .decimal: value.sql = "b_dabs(\(value.sql))"
        case .integer where value.bits >= 63:
            value.sql = "b_iabs(\(value.sql), \(source(call.node.span).sqlLiteral))"
        default: value.sql = "abs(\(value.sql))"
        }
        return value
    }

    private func nextWhole(_ call: SpecialCall, _ word: String) throws -> TypedSQL {
        let value = try number(arguments(call, 1...1)[0])
        switch value.valueClass {
        case .decimal:
            let digits = value.type.length - value.type.decimals
            let sql = "b_d\(word)(\(value.sql))"
            // Beyond 64 bits the answer stays a decimal.
            guard digits > 17 else { return .integer(sql, length: digits + 2) }
            return .decimal("b_dround(\(sql), 0)", digits: digits + 1, scale: 0)
        case .real:
            return TypedSQL("\(word)(\(value.sql))", ColumnType(.double, length: 17, decimals: 0))
        default: return value
        }
    }

    /// The value of a literal as a whole number.
    private func constant(_ value: TypedSQL) -> Int? {
        switch value.literal {
        case .integer(let number)?: return Int(clamping: number)
        case .decimal(let text)?: return DecimalNumber(text)?.int64.map { Int($0) }
        case .string(let text)?:
            return DecimalNumber.prefix(of: text.utf8)?.number.int64.map { Int($0) }
        default: return Int(value.sql.filter { $0 != "(" && $0 != ")" })
        }
    }

    private func rounding(_ call: SpecialCall) throws -> TypedSQL {
        let values = try arguments(call, call.name == "ROUND" ? 1...2 : 2...2)
        let value = number(values[0])
        let cut = call.name == "TRUNCATE" ? 1 : 0
        let places = values.count == 2 ? constant(values[1]) : 0
        let placesSQL = values.count == 2 ? whole(values[1]).sql : "0"
        switch value.valueClass {
        case .decimal:
            let scale = min(max(places ?? value.type.decimals, 0), DecimalNumber.scaleMax)
            let digits = value.type.length - value.type.decimals + 1 + scale
            return .decimal(
                "b_dplaces(\(value.sql), \(placesSQL), \(cut), \(scale))",
                digits: digits,
                scale: scale
            )
        case .real:
            let decimals = places.map { min(max($0, 0), 31) } ?? 31
            return TypedSQL(
                "b_rround(\(value.sql), \(placesSQL), \(cut))",
                ColumnType(.double, length: 17 + (decimals > 30 ? 5 : decimals), decimals: decimals)
            )
        case .integer, .unsigned:
            if places ?? -1 >= 0, values.last?.valueClass != .null { return value }
            let isUnsigned = value.valueClass == .unsigned
            let shown = source(call.node.span).sqlLiteral
            let flags = cut | (isUnsigned ? 2 : 0)
            let sql = "b_iround(\(value.sql), \(placesSQL), \(flags), \(shown))"
            return isUnsigned ? TypedSQL(sql, Self.unsignedType) : .integer(sql)
        default: return value
        }
    }

    private func random(_ call: SpecialCall) throws -> TypedSQL {
        let values = try arguments(call, 0...1)
        guard let seed = values.first else {
            var result = TypedSQL.real("b_rand()")
            result.isNullable = false
            return result
        }
        let place = freshAlias("").filter(\.isNumber)
        let isConstant = seed.literal != nil || constant(seed) != nil ? 1 : 0
        return .real("b_rand_seeded(\(place), \(whole(seed).sql), \(isConstant))")
    }
}
