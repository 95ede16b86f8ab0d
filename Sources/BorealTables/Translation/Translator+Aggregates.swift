import BorealBase
import BorealSQL

/// Aggregates. See `Translator+Windows.swift` for OVER.
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
        if let groups = scope.hashed { return try hashedAggregate(name, call, scope, groups) }
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
                ? settled(values[0]).collated
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
        case .decimal: "b_dnorm(\(settled(value).sql))"
        default: value.sql
        }
    }

    /// An aggregate of one value; with `over` the frame it is answered for.
    func single(
        _ name: String,
        _ value: TypedSQL,
        isDistinct: Bool,
        over: String?
    ) throws -> TypedSQL {
        let distinct = isDistinct ? "DISTINCT " : ""
        let tail = over.map { " OVER \($0)" } ?? ""
        switch name {
        case "MIN", "MAX":
            return extreme(value) { argument, collation in
                let isText = value.collated != value.sql && argument == value.sql
                let collated = isText ? "\(argument) COLLATE \(collation)" : argument
                return operand("\(name.lowercased())(\(collated))\(tail)", tail)
            }
        case "ANY_VALUE": return value
        case "SUM", "AVG":
            return sum(name, number(value)) { kind, argument in
                let exact = decimal(number(value))
                // DISTINCT compares by value, which the collation does.
                let comparesExactly = isDistinct && argument == exact.sql
                let collated = comparesExactly ? settled(exact).collated : argument
                let word = Self.sumFunction(kind, over != nil)
                return operand("\(word)(\(distinct)\(collated))\(tail)", tail)
            }
        case "BIT_AND", "BIT_OR", "BIT_XOR":
            let target = "b_\(name.lowercased())" + (over == nil ? "" : "_over")
            let call = "\(target)(\(whole(value).sql))\(tail)"
            return TypedSQL(operand(call, tail), Self.unsignedType, isNullable: false)
        case "JSON_ARRAYAGG":
            let call = "b_json_arrayagg(\(jsonArgument(value)))\(tail)"
            return TypedSQL(operand(call, tail), ColumnType(.json))
        default:
            let isSample = name.hasSuffix("SAMP")
            let isVariance = name.hasPrefix("VAR")
            let target =
                (isVariance ? "b_var" : "b_std") + (isSample ? "_samp" : "_pop")
                + (over == nil ? "" : "_over")
            return .real(operand("\(target)(\(distinct)\(real(value).sql))\(tail)", tail))
        }
    }

    /// A call as an operand: with OVER it needs parentheses.
    private func operand(_ call: String, _ tail: String) -> String {
        tail.isEmpty ? call : "(\(call))"
    }

    /// The functions inside SQLite that add and count.
    private static func sumFunction(
        _ kind: HashedGrouping.Accumulator,
        _ isWindow: Bool
    ) -> String {
        switch kind {
        case .values: "count"
        case .exactSum: "b_dsum"
        // SQLite's own sum would take back what leaves a frame, and keep the error.
        case .realSum where isWindow: "b_sum_over"
        default: "sum"
        }
    }

    /// MIN and MAX.
    ///
    /// - Parameter found: the SQL of the extreme of an operand by a collation.
    func extreme<E: Error>(
        _ value: TypedSQL,
        _ found: (_ operand: String, _ collation: String) throws(E) -> String
    ) throws(E) -> TypedSQL {
        var result = value.type.kind == .bit ? number(value) : value
        result.literal = nil
        result.isNullable = true
        if value.valueClass == .time {
            // Durations do not sort as text: their microseconds do.
            let extreme = try found("b_time_us(\(value.sql))", "BINARY")
            result.sql = "b_us_time(\(extreme), \(value.type.decimals))"
            return result
        }
        result.sql = try found(value.sql, value.collationName)
        return result
    }

    /// SUM and AVG.
    ///
    /// - Parameter part: the SQL of a sum or a count of an argument.
    func sum<E: Error>(
        _ name: String,
        _ value: TypedSQL,
        _ part: (_ kind: HashedGrouping.Accumulator, _ argument: String) throws(E) -> String
    ) throws(E) -> TypedSQL {
        switch value.valueClass {
        case .real, .null:
            var sql = try part(.realSum, value.sql)
            if name == "AVG" { sql = "(\(sql) / \(try part(.values, value.sql)))" }
            var result = TypedSQL.real(sql)
            if value.type.decimals < ColumnType.double.decimals {
                let more = name == "AVG" ? context.divisionDigits : 0
                result.type.decimals = min(value.type.decimals + more, 31)
            }
            return result
        case .integer where value.bits <= 32:
            let total = try part(.wholeSum, value.sql)
            if name == "SUM" {
                return .decimal("b_itext(\(total))", digits: value.bits / 3 + 22, scale: 0)
            }
            let digits = context.divisionDigits
            let mean = "b_imean(\(total), \(try part(.values, value.sql)), \(digits))"
            var result = TypedSQL.decimal(mean, digits: 20 + digits, scale: digits)
            result.isLoose = true
            return result
        default: return try exactSum(name, decimal(value), part)
        }
    }

    private func exactSum<E: Error>(
        _ name: String,
        _ value: TypedSQL,
        _ part: (_ kind: HashedGrouping.Accumulator, _ argument: String) throws(E) -> String
    ) throws(E) -> TypedSQL {
        let isMean = name == "AVG"
        let more = isMean ? context.divisionDigits : 0
        let scale = min(value.type.decimals + more, DecimalNumber.scaleMax)
        let digits = value.type.length - value.type.decimals + 22 + scale
        let sum = try part(.exactSum, value.sql)
        let call =
            isMean ? "b_dmean(\(sum), \(try part(.values, value.sql)), \(more))" : sum
        var result = TypedSQL.decimal(call, digits: digits, scale: scale)
        result.isLoose = isMean || value.isLoose
        return result
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
        var result = TypedSQL.text("b_group_concat(\(list.joined(separator: ", ")))")
        result.type = ColumnType(.text, length: 1_024)
        return result
    }

    /// A value that sorts by SQLite's plain order as the value does by MySQL's.
    private func orderKey(_ value: TypedSQL) -> String {
        switch value.valueClass {
        case .text where !value.members.isEmpty: memberNumber(value).sql
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
}
