import BorealBase
import BorealSQL

/// Aggregates, plain and over windows.
extension Translator {
    static let aggregateNames: Set<String> = [
        "COUNT", "SUM", "AVG", "MIN", "MAX", "GROUP_CONCAT", "STD", "STDDEV", "STDDEV_POP",
        "STDDEV_SAMP", "VARIANCE", "VAR_POP", "VAR_SAMP", "BIT_AND", "BIT_OR", "BIT_XOR",
        "JSON_ARRAYAGG", "JSON_OBJECTAGG", "ANY_VALUE",
    ]

    func aggregate(_ name: String, _ call: FunctionCall, _ scope: Scope) throws -> TypedSQL? {
        guard Self.aggregateNames.contains(name) else { return nil }
        guard !scope.forbidsAggregates, !scope.isInsideAggregate else {
            throw TableError.invalidGroupFunction
        }
        scope.hasAggregate = scope.hasAggregate || name != "ANY_VALUE"
        scope.isInsideAggregate = true
        defer { scope.isInsideAggregate = false }
        if name == "GROUP_CONCAT" { return try groupConcat(call, scope) }
        if name == "COUNT" { return try count(call, scope) }
        if name == "JSON_OBJECTAGG" {
            guard call.arguments.count == 2 else { throw TableError.wrongParameterCount(name) }
            let key = try text(expression(call.arguments[0], scope)).sql
            let value = try jsonArgument(expression(call.arguments[1], scope))
            return TypedSQL("b_json_objectagg(\(key), \(value))", ColumnType(.json))
        }
        guard call.arguments.count == 1 else {
            throw TableError.wrongParameterCount(call.name.name)
        }
        let value = try expression(call.arguments[0], scope)
        return try single(name, value, isDistinct: call.isDistinct, over: nil)
    }

    private func count(_ call: FunctionCall, _ scope: Scope) throws -> TypedSQL {
        var result: TypedSQL
        if call.isStar {
            result = .integer("count(*)", bits: 62)
        } else if call.isDistinct {
            let values = try call.arguments.map { try expression($0, scope) }
            guard !values.isEmpty else { throw TableError.wrongParameterCount("COUNT") }
            let list =
                values.count == 1
                ? values[0].collated
                : "b_tuple(" + values.map { key($0) }.joined(separator: ", ") + ")"
            result = .integer("count(DISTINCT \(list))", bits: 62)
        } else {
            guard call.arguments.count == 1 else { throw TableError.wrongParameterCount("COUNT") }
            result = .integer("count(\(try expression(call.arguments[0], scope).sql))", bits: 62)
        }
        result.isNullable = false
        return result
    }

    /// A value whose bytes are equal exactly when the values are.
    func key(_ value: TypedSQL) -> String {
        switch value.valueClass {
        case .text where !value.isBinaryText: "b_fold(\(value.sql))"
        case .decimal: "b_dnorm(\(value.sql))"
        default: value.sql
        }
    }

    private func single(
        _ name: String,
        _ value: TypedSQL,
        isDistinct: Bool,
        over: String?
    ) throws -> TypedSQL {
        let distinct = isDistinct ? "DISTINCT " : ""
        let tail = over.map { " OVER \($0)" } ?? ""
        switch name {
        case "MIN", "MAX":
            var result = value
            let operand = value.valueClass == .time ? value.sql : value.collated
            if value.valueClass == .time { throw TableError.notSupported("\(name) of TIME") }
            result.sql = "\(name.lowercased())(\(operand))\(tail)"
            if over != nil { result.sql = "(\(result.sql))" }
            result.literal = nil
            result.isNullable = true
            return result
        case "ANY_VALUE": return value
        case "SUM", "AVG": return try sum(name, number(value), distinct, tail)
        case "BIT_AND", "BIT_OR", "BIT_XOR":
            guard over == nil else { throw TableError.notSupported("\(name) OVER") }
            return TypedSQL("b_\(name.lowercased())(\(whole(value).sql))", Self.unsignedType)
        case "JSON_ARRAYAGG":
            guard over == nil else { throw TableError.notSupported("\(name) OVER") }
            return TypedSQL("b_json_arrayagg(\(jsonArgument(value)))", ColumnType(.json))
        default:
            guard over == nil else { throw TableError.notSupported("\(name) OVER") }
            let isSample = name.hasSuffix("SAMP")
            let isVariance = name.hasPrefix("VAR")
            let target = (isVariance ? "b_var" : "b_std") + (isSample ? "_samp" : "_pop")
            return .real("\(target)(\(distinct)\(real(value).sql))")
        }
    }

    private func sum(
        _ name: String,
        _ value: TypedSQL,
        _ distinct: String,
        _ tail: String
    ) throws -> TypedSQL {
        let isWindow = !tail.isEmpty
        switch value.valueClass {
        case .real, .null:
            let call = "\(name.lowercased())(\(distinct)\(value.sql))\(tail)"
            return .real(isWindow ? "(\(call))" : call)
        case .integer where value.bits <= 32:
            if name == "SUM" {
                let call = "b_itext(sum(\(distinct)\(value.sql))\(tail))"
                return .decimal(call, digits: value.bits / 3 + 22, scale: 0)
            }
            let parts = "sum(\(distinct)\(value.sql))\(tail), count(\(distinct)\(value.sql))\(tail)"
            return .decimal("b_idiv4(\(parts))", digits: 24, scale: 4)
        default:
            guard !isWindow else { throw TableError.notSupported("\(name) OVER of this type") }
            let exact = decimal(value)
            let scale = name == "SUM" ? exact.type.decimals : min(exact.type.decimals + 4, 30)
            let digits = exact.type.length - exact.type.decimals + 22 + scale
            let collation = distinct.isEmpty ? "" : " COLLATE \(StorageName.decimalCollation)"
            let call = name == "SUM" ? "b_dsum" : "b_davg"
            // DISTINCT compares by value, which the collation does.
            let sql = "\(call)(\(distinct)\(exact.sql)\(collation))"
            return .decimal("b_dround(\(sql), \(scale))", digits: digits, scale: scale)
        }
    }

    private func groupConcat(_ call: FunctionCall, _ scope: Scope) throws -> TypedSQL {
        guard !call.arguments.isEmpty else { throw TableError.wrongParameterCount("GROUP_CONCAT") }
        let parts = try call.arguments.map { try text(expression($0, scope)).sql }
        let value = parts.count == 1 ? parts[0] : "b_concat(\(parts.joined(separator: ", ")))"
        var list = [value, Self.textLiteral(call.separator ?? ","), call.isDistinct ? "1" : "0"]
        for item in call.orderBy {
            let order = try expression(item.expression, scope)
            list.append(orderKey(order))
            list.append(item.isDescending ? "1" : "0")
        }
        return .text("b_group_concat(\(list.joined(separator: ", ")))", length: 1_024)
    }

    /// A value that sorts by SQLite's plain order as the value does by MySQL's.
    private func orderKey(_ value: TypedSQL) -> String {
        switch value.valueClass {
        case .text where !value.members.isEmpty: enumIndex(value)
        case .text where !value.isBinaryText: "b_fold(\(value.sql))"
        case .decimal: "CAST(\(value.sql) AS REAL)"
        case .time: "b_time_us(\(value.sql))"
        default: value.sql
        }
    }

    /// The place of an ENUM value among its members, which is how ENUM sorts.
    func enumIndex(_ value: TypedSQL) -> String {
        var sql = "(CASE \(value.sql) COLLATE BINARY"
        for (index, member) in value.members.enumerated() {
            sql += " WHEN \(Self.textLiteral(member)) THEN \(index + 1)"
        }
        return sql + " WHEN '' THEN 0 END)"
    }

    // MARK: - Windows

    static let windowNames: Set<String> = [
        "ROW_NUMBER", "RANK", "DENSE_RANK", "PERCENT_RANK", "CUME_DIST", "NTILE", "LAG", "LEAD",
        "FIRST_VALUE", "LAST_VALUE", "NTH_VALUE",
    ]

    func window(
        _ name: String,
        _ call: FunctionCall,
        _ over: WindowReference,
        _ scope: Scope
    ) throws -> TypedSQL {
        guard !scope.forbidsAggregates else { throw TableError.invalidGroupFunction }
        guard !call.isDistinct, !call.ignoresNulls else {
            throw TableError.notSupported("DISTINCT or IGNORE NULLS in a window function")
        }
        let frame = try windowSQL(over, scope)
        let values = try call.arguments.map { try expression($0, scope) }
        switch name {
        case "ROW_NUMBER", "RANK", "DENSE_RANK":
            return .integer("(\(name.lowercased())() OVER \(frame))", bits: 62)
        case "PERCENT_RANK", "CUME_DIST": return .real("(\(name.lowercased())() OVER \(frame))")
        case "NTILE":
            guard values.count == 1 else { throw TableError.wrongParameterCount(name) }
            return .integer("(ntile(\(whole(values[0]).sql)) OVER \(frame))", bits: 62)
        case "LAG", "LEAD", "FIRST_VALUE", "LAST_VALUE", "NTH_VALUE":
            guard let first = values.first, values.count <= 3 else {
                throw TableError.wrongParameterCount(name)
            }
            var list = [first.sql]
            if values.count > 1 { list.append(whole(values[1]).sql) }
            if values.count > 2 { list.append(try converted(values[2], to: first.type).sql) }
            var result = first
            result.sql = "(\(name.lowercased())(\(list.joined(separator: ", "))) OVER \(frame))"
            result.literal = nil
            result.origin = nil
            result.isNullable = true
            return result
        case "COUNT":
            let argument = call.isStar ? "*" : values.first?.sql ?? "*"
            return .integer("(count(\(argument)) OVER \(frame))", bits: 62)
        case "SUM", "AVG", "MIN", "MAX":
            guard values.count == 1 else { throw TableError.wrongParameterCount(name) }
            return try single(name, values[0], isDistinct: false, over: frame)
        default: throw TableError.notSupported("\(name) OVER")
        }
    }

    private func windowSQL(_ over: WindowReference, _ scope: Scope) throws -> String {
        switch over {
        case .inline(let specification): return try windowSQL(specification, scope)
        case .named(let name):
            guard let specification = windows[name.name.asciiLowercased] else {
                throw TableError.notSupported("the window '\(name.name)', which is not defined")
            }
            return try windowSQL(specification, scope)
        }
    }

    private func windowSQL(_ window: WindowSpecification, _ scope: Scope) throws -> String {
        guard window.base == nil else {
            throw TableError.notSupported("a window built on a window")
        }
        var parts: [String] = []
        if !window.partitionBy.isEmpty {
            let list = try window.partitionBy.map { try expression($0, scope).collated }
            parts.append("PARTITION BY " + list.joined(separator: ", "))
        }
        if !window.orderBy.isEmpty {
            let list = try window.orderBy.map { item in
                try sortKey(expression(item.expression, scope)) + (item.isDescending ? " DESC" : "")
            }
            parts.append("ORDER BY " + list.joined(separator: ", "))
        }
        if let frame = window.frame {
            let start = try bound(frame.start, scope)
            let end = try frame.end.map { try bound($0, scope) } ?? "CURRENT ROW"
            parts.append("\(frame.unit.rawValue) BETWEEN \(start) AND \(end)")
        }
        return "(" + parts.joined(separator: " ") + ")"
    }

    private func bound(_ bound: WindowFrame.Bound, _ scope: Scope) throws -> String {
        switch bound {
        case .unboundedPreceding: "UNBOUNDED PRECEDING"
        case .unboundedFollowing: "UNBOUNDED FOLLOWING"
        case .currentRow: "CURRENT ROW"
        case .preceding(let value): try whole(expression(value, scope)).sql + " PRECEDING"
        case .following(let value): try whole(expression(value, scope)).sql + " FOLLOWING"
        }
    }

    /// What ORDER BY sorts by.
    func sortKey(_ value: TypedSQL) -> String {
        if !value.members.isEmpty { return enumIndex(value) }
        if value.valueClass == .time { return "b_time_us(\(value.sql))" }
        return value.collated
    }
}
