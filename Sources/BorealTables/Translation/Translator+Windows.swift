import BorealBase
import BorealSQL

/// Window functions, and aggregates with OVER.
extension Translator {
    /// Functions that need OVER.
    static let windowNames: Set<String> = [
        "ROW_NUMBER", "RANK", "DENSE_RANK", "PERCENT_RANK", "CUME_DIST", "NTILE", "LAG", "LEAD",
        "FIRST_VALUE", "LAST_VALUE", "NTH_VALUE",
    ]

    /// A call with OVER. It may stand in the select list and in ORDER BY, never inside of another.
    func window(
        _ name: String,
        _ call: FunctionCall,
        _ over: WindowReference,
        _ scope: Scope
    ) throws -> TypedSQL {
        let isAggregate = Self.aggregateNames.contains(name)
        guard isAggregate || Self.windowNames.contains(name) else {
            throw TableError.notSupported("\(name) OVER")
        }
        let isAllowed = scope.place == "field list" || scope.place == "order clause"
        guard isAllowed, !scope.isInsideAggregate, !scope.forbidsWindows else {
            throw TableError.query(.windowFunctionMisplaced(call.name.name))
        }
        guard !call.isDistinct, !call.ignoresNulls else {
            throw TableError.notSupported("DISTINCT or IGNORE NULLS in a window function")
        }
        scope.windowCount += 1
        let frame = try windowSQL(over, scope)
        scope.forbidsWindows = true
        defer { scope.forbidsWindows = false }
        let values = try call.arguments.map { try expression($0, scope) }
        if isAggregate { return try aggregateOver(name, call, values, frame) }
        switch name {
        case "ROW_NUMBER", "RANK", "DENSE_RANK":
            return try .integer("(\(Self.bare(name, values)) OVER \(frame))", bits: 62).notNull
        case "PERCENT_RANK", "CUME_DIST":
            return try .real("(\(Self.bare(name, values)) OVER \(frame))").notNull
        case "NTILE":
            let count = try Self.only(values, name)
            return .integer("(ntile(\(whole(count).sql)) OVER \(frame))", bits: 62)
        default: return try navigation(name, call, values, frame)
        }
    }

    /// An aggregate over the rows of the frame instead of those of a group.
    private func aggregateOver(
        _ name: String,
        _ call: FunctionCall,
        _ values: [TypedSQL],
        _ frame: String
    ) throws -> TypedSQL {
        switch name {
        case "COUNT":
            let argument = call.isStar ? "*" : try Self.only(values, name).sql
            return .integer("(count(\(argument)) OVER \(frame))", bits: 62).notNull
        case "GROUP_CONCAT", "ANY_VALUE": throw TableError.notSupported("\(name) OVER")
        case "JSON_OBJECTAGG":
            guard values.count == 2 else { throw TableError.wrongParameterCount(call.name.name) }
            let list = "\(text(values[0]).sql), \(jsonArgument(values[1]))"
            return TypedSQL("(b_json_objectagg(\(list)) OVER \(frame))", ColumnType(.json))
        default:
            return try single(name, Self.only(values, name), isDistinct: false, over: frame)
        }
    }

    private static func bare(_ name: String, _ values: [TypedSQL]) throws -> String {
        guard values.isEmpty else { throw TableError.wrongParameterCount(name) }
        return name.lowercased() + "()"
    }

    private static func only(_ values: [TypedSQL], _ name: String) throws -> TypedSQL {
        guard values.count == 1 else { throw TableError.wrongParameterCount(name) }
        return values[0]
    }

    /// LAG, LEAD, FIRST_VALUE, LAST_VALUE, NTH_VALUE.
    private func navigation(
        _ name: String,
        _ call: FunctionCall,
        _ values: [TypedSQL],
        _ frame: String
    ) throws -> TypedSQL {
        let counts =
            name == "NTH_VALUE"
            ? 2...2 : name.hasPrefix("L") && name != "LAST_VALUE" ? 1...3 : 1...1
        guard counts.contains(values.count), let first = values.first else {
            throw TableError.wrongParameterCount(call.name.name)
        }
        var rest: [String] = []
        if values.count > 1 {
            guard values[1].valueClass.isWhole else {
                throw TableError.wrongArguments(name.lowercased())
            }
            rest.append(whole(values[1]).sql)
        }
        let word = name.lowercased()
        if values.count > 2 {
            return try choice([first, values[2]]) { list in
                "(\(word)(\(list[0]), \(rest[0]), \(list[1])) OVER \(frame))"
            }
        }
        var result = first
        result.sql = "(\(word)(\(([first.sql] + rest).joined(separator: ", "))) OVER \(frame))"
        result.literal = nil
        result.origin = nil
        result.isNullable = true
        return result
    }

    // MARK: - Windows

    /// Notes the WINDOW clause of a block.
    func define(_ definitions: [WindowDefinition]) throws {
        windows = [:]
        for window in definitions {
            let name = window.name.name.asciiLowercased
            guard windows.updateValue(window.specification, forKey: name) == nil else {
                throw TableError.query(.windowExists(window.name.name))
            }
        }
        for window in definitions {
            windows[window.name.name.asciiLowercased] = try whole(window.specification, depth: 0)
        }
    }

    private func windowSQL(_ over: WindowReference, _ scope: Scope) throws -> String {
        switch over {
        case .inline(let specification):
            return try windowSQL(whole(specification, depth: 0), scope)
        case .named(let name): return try windowSQL(named(name), scope)
        }
    }

    private func named(_ name: Identifier) throws -> WindowSpecification {
        guard let found = windows[name.name.asciiLowercased] else {
            throw TableError.query(.windowMissing(name.name))
        }
        return found
    }

    /// A window with what it takes over from the window that it is built on.
    private func whole(_ window: WindowSpecification, depth: Int) throws -> WindowSpecification {
        guard let base = window.base else { return window }
        guard depth <= windows.count else { throw TableError.query(.windowCircle) }
        let outer = try whole(named(base), depth: depth + 1)
        guard window.partitionBy.isEmpty else { throw TableError.query(.windowPartitionsAgain) }
        guard outer.frame == nil else { throw TableError.query(.windowHasFrame(base.name)) }
        guard outer.orderBy.isEmpty || window.orderBy.isEmpty else {
            throw TableError.query(.windowOrdersAgain(base.name))
        }
        var result = window
        result.base = nil
        result.partitionBy = outer.partitionBy
        if result.orderBy.isEmpty { result.orderBy = outer.orderBy }
        return result
    }

    private func windowSQL(_ window: WindowSpecification, _ scope: Scope) throws -> String {
        let place = scope.place
        scope.place = "window partition by"
        defer { scope.place = place }
        scope.forbidsWindows = true
        defer { scope.forbidsWindows = false }
        var parts: [String] = []
        if !window.partitionBy.isEmpty {
            let list = try window.partitionBy.map {
                try settled(expression($0, scope)).collated
            }
            parts.append("PARTITION BY " + list.joined(separator: ", "))
        }
        scope.place = "window order by"
        let order = try window.orderBy.map { try expression($0.expression, scope) }
        let shiftsRange = window.frame.map { $0.unit == .range && $0.hasOffset } ?? false
        if !order.isEmpty {
            let list = try zip(order, window.orderBy).map { value, item in
                let key = shiftsRange ? try rangeKey(value) : sortKey(value)
                return key + (item.isDescending ? " DESC" : "")
            }
            parts.append("ORDER BY " + list.joined(separator: ", "))
        }
        guard let frame = window.frame else { return "(" + parts.joined(separator: " ") + ")" }
        if shiftsRange, order.count != 1 { throw TableError.query(.windowRangeOrder) }
        let start = try bound(frame.start, frame, order.first, scope)
        let end = try frame.end.map { try bound($0, frame, order.first, scope) } ?? "CURRENT ROW"
        parts.append("\(frame.unit.rawValue) BETWEEN \(start) AND \(end)")
        return "(" + parts.joined(separator: " ") + ")"
    }

    /// What a RANGE frame with offsets counts along: a number, for dates of microseconds.
    private func rangeKey(_ value: TypedSQL) throws -> String {
        switch value.valueClass {
        case .integer, .real: return value.sql
        case .unsigned, .decimal: return real(value).sql
        case .time: return "b_time_us(\(value.sql))"
        case .date, .dateTime: return "b_range_us(\(value.sql))"
        default: throw TableError.query(.windowRangeOrder)
        }
    }

    /// One end of a frame.
    private func bound(
        _ bound: WindowFrame.Bound,
        _ frame: WindowFrame,
        _ key: TypedSQL?,
        _ scope: Scope
    ) throws -> String {
        switch bound {
        case .unboundedPreceding: return "UNBOUNDED PRECEDING"
        case .unboundedFollowing: return "UNBOUNDED FOLLOWING"
        case .currentRow: return "CURRENT ROW"
        case .preceding(let node): return try offset(node, frame, key, scope) + " PRECEDING"
        case .following(let node): return try offset(node, frame, key, scope) + " FOLLOWING"
        }
    }

    /// How far a frame reaches, a literal or a parameter.
    private func offset(
        _ node: Expression,
        _ frame: WindowFrame,
        _ key: TypedSQL?,
        _ scope: Scope
    ) throws -> String {
        if case .interval(let amount, let unit) = node.kind {
            guard frame.unit == .range, key?.valueClass.isTemporal == true,
                case .literal(.integer(let count)) = amount.kind
            else { throw TableError.query(.windowFrameOffset) }
            guard let microseconds = Self.fixedMicroseconds[unit], count <= 1 << 32 else {
                throw TableError.notSupported("a RANGE frame of \(unit.rawValue)s")
            }
            return String(Int(count) * microseconds)
        }
        guard key?.valueClass.isTemporal != true || frame.unit == .rows else {
            throw TableError.query(.windowFrameOffset)
        }
        switch node.kind {
        case .literal(.integer), .placeholder: return try expression(node, scope).sql
        case .literal(.decimal(let digits)) where frame.unit == .range: return digits
        default: throw TableError.query(.windowFrameOffset)
        }
    }

    /// Units of time that always last equally long.
    private static let fixedMicroseconds: [IntervalUnit: Int] = [
        .microsecond: 1, .second: 1_000_000, .minute: 60_000_000, .hour: 3_600_000_000,
        .day: 86_400_000_000, .week: 604_800_000_000,
    ]

    /// What ORDER BY sorts by.
    func sortKey(_ value: TypedSQL) -> String {
        if !value.members.isEmpty { return memberNumber(value).sql }
        if value.valueClass == .time { return "b_time_us(\(value.sql))" }
        return value.collated
    }
}

extension WindowFrame {
    /// It reaches a number of rows or units beyond the current row.
    fileprivate var hasOffset: Bool {
        [start, end].contains { bound in
            switch bound {
            case .preceding, .following: true
            default: false
            }
        }
    }
}

extension TypedSQL {
    /// The same value, known never to be NULL.
    fileprivate var notNull: TypedSQL {
        var value = self
        value.isNullable = false
        return value
    }
}
