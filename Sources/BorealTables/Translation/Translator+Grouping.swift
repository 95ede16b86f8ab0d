import BorealBase
import BorealSQL

/// What a block groups by.
struct Grouping {
    /// SQL of each expression, as it stands in the select list.
    var expressions: Set<String> = []
    /// The expressions in order.
    var values: [TypedSQL] = []
    /// Those that are columns, by the names a clause may use.
    var columns: [(name: String, table: String?, value: TypedSQL)] = []
    /// Items of the select list that an expression names, by place.
    var items: [Int: TypedSQL] = [:]
    /// Expressions that are NULL in the rows of WITH ROLLUP being translated.
    var rolledUp: Set<String> = []
    var hasRollup = false

    /// A grouped value as it is outside of aggregates.
    func shown(_ value: TypedSQL) -> TypedSQL {
        guard rolledUp.contains(value.sql) else { return value }
        var null = value
        null.sql = "NULL"
        null.isNullable = true
        null.literal = nil
        return null
    }
}

/// GROUP BY, and what ONLY_FULL_GROUP_BY asks of the other clauses.
extension Translator {
    /// Translates GROUP BY and notes it in the scope; what SQLite groups by.
    func groupBy(_ block: QueryBlock, _ scope: Scope) throws -> [String] {
        guard !block.groupBy.isEmpty else { return [] }
        let slots = try self.slots(block, scope)
        var grouping = Grouping()
        scope.place = "group statement"
        scope.forbidsAggregates = true
        defer { scope.forbidsAggregates = false }
        for node in block.groupBy {
            let value: TypedSQL
            if let place = try place(of: node, slots, scope) {
                value = try item(slots[place], scope)
                grouping.items[place] = slots[place].node == nil ? nil : value
            } else {
                value = try expression(node, scope)
            }
            grouping.expressions.insert(value.sql)
            grouping.values.append(value)
            if case .column(let name) = node.kind {
                grouping.columns.append((name.name.name, value.origin?.table, value))
            } else if let origin = value.origin {
                grouping.columns.append((origin.column, origin.table, value))
            }
        }
        scope.grouping = grouping
        return grouping.values.map { settled($0).collated }
    }

    /// The item of the select list that an expression of GROUP BY names: by its position, or by
    /// an alias that is no column of the tables.
    private func place(
        of node: Expression,
        _ slots: [SelectedItem],
        _ scope: Scope
    ) throws -> Int? {
        if case .literal(.integer(let position)) = node.kind {
            guard position >= 1, position <= UInt64(slots.count) else {
                throw TableError.unknownColumn(name: String(position), place: "group statement")
            }
            return Int(position) - 1
        }
        guard case .column(let name) = node.kind, name.table == nil,
            scope.columns(name.name.name, table: nil, database: nil).isEmpty
        else { return nil }
        let wanted = name.name.name.asciiLowercased
        var found: (place: Int, sql: String)?
        for (place, slot) in slots.enumerated() where slot.name.asciiLowercased == wanted {
            let sql = slot.node.map { columnSQL($0, scope) } ?? slot.value.sql
            guard let sql else { return place }
            if let found, found.sql != sql {
                throw TableError.ambiguousColumn(name: name.written, place: "group statement")
            }
            found = found ?? (place, sql)
        }
        return found?.place
    }

    /// An item of the select list, as an expression of GROUP BY.
    private func item(_ slot: SelectedItem, _ scope: Scope) throws -> TypedSQL {
        guard let node = slot.node else { return slot.value }
        do {
            return try expression(node, scope)
        } catch TableError.invalidGroupFunction {
            throw TableError.query(.cannotGroup(slot.name))
        } catch TableError.query(.windowFunctionMisplaced) {
            throw TableError.query(.windowAliasMisplaced(slot.name))
        }
    }

    /// `GROUPING(a, b)`: a bit for each argument, 1 where WITH ROLLUP has put its NULL.
    func grouping(_ call: FunctionCall, _ scope: Scope) throws -> TypedSQL {
        guard var grouping = scope.grouping, grouping.hasRollup else {
            throw TableError.invalidGroupFunction
        }
        guard !call.arguments.isEmpty, call.arguments.count <= 63 else {
            throw TableError.wrongParameterCount(call.name.name)
        }
        let rolledUp = grouping.rolledUp
        grouping.rolledUp = []
        scope.grouping = grouping
        defer { scope.grouping?.rolledUp = rolledUp }
        var bits = 0
        for (index, node) in call.arguments.enumerated() {
            let value = try expression(node, scope)
            guard grouping.expressions.contains(value.sql) else {
                throw TableError.query(.groupingArgument(index + 1))
            }
            bits = bits << 1 | (rolledUp.contains(value.sql) ? 1 : 0)
        }
        var result = TypedSQL.integer(String(bits), bits: call.arguments.count, length: 20)
        result.isNullable = false
        return result
    }

    // MARK: - ONLY_FULL_GROUP_BY

    /// Refuses columns whose value in a group is not one: 1055, 1140, and 3065 of DISTINCT.
    func checkGrouping(
        _ parts: TranslatedBlock,
        _ block: QueryBlock,
        _ orderBy: [OrderItem]
    ) throws {
        guard context.sqlMode.requiresFullGroupBy else { return }
        if parts.isAggregate {
            lazy var known = determined(parts, block)
            for (index, item) in parts.items.enumerated() where !item.bareColumns.isEmpty {
                let wrong = item.bareColumns.first { !known.contains($0.sql) }
                guard let wrong else { continue }
                guard !parts.groupBy.isEmpty else {
                    throw TableError.mixOfGroupColumns(position: index + 1, column: wrong.name)
                }
                throw TableError.query(
                    .notGrouped(position: index + 1, clause: "SELECT list", column: wrong.name)
                )
            }
            let wrong = parts.scope.bareColumns.first { !known.contains($0.sql) }
            if let wrong, !parts.groupBy.isEmpty {
                throw TableError.query(
                    .notGrouped(position: 1, clause: "ORDER BY", column: wrong.name)
                )
            }
        }
        guard block.isDistinct, !orderBy.isEmpty else { return }
        let selected = Set(parts.items.map(\.value.sql))
        if let wrong = parts.scope.bareColumns.first(where: { !selected.contains($0.sql) }) {
            throw TableError.query(.orderNotSelected(position: 1, column: wrong.name))
        }
    }

    /// Columns that have one value in a group: those grouped by, and what follows from them by
    /// keys and equalities.
    private func determined(_ parts: TranslatedBlock, _ block: QueryBlock) -> Set<String> {
        let scope = parts.scope
        var known = Set(scope.grouping?.values.map(\.sql) ?? [])
        var facts: [Dependence] = []
        if let condition = block.condition { note(condition, in: nil, scope, &facts) }
        var next = 0
        for reference in block.from { collect(reference, &next, scope, &facts) }
        var count = -1
        while known.count != count {
            count = known.count
            for fact in facts where fact.from.map(known.contains) ?? true { known.insert(fact.to) }
            for source in scope.sources {
                let columns = source.columns.map(\.value.sql)
                let isKnown = source.keys.contains { $0.allSatisfy { known.contains(columns[$0]) } }
                if isKnown { known.formUnion(columns) }
            }
        }
        return known
    }

    /// `to` has one value where `from` has; without `from` it has one anyway.
    private struct Dependence {
        var from: String?
        var to: String
    }

    /// What the ON conditions of a reference say; `next` counts the sources.
    private func collect(
        _ reference: TableReference,
        _ next: inout Int,
        _ scope: Scope,
        _ facts: inout [Dependence]
    ) {
        switch reference {
        case .table, .derived, .function: next += 1
        case .group(let members): for member in members { collect(member, &next, scope, &facts) }
        case .join(let join):
            let start = next
            collect(join.left, &next, scope, &facts)
            let middle = next
            collect(join.right, &next, scope, &facts)
            guard case .on(let node) = join.condition else { return }
            switch join.kind {
            case .inner, .straight: note(node, in: nil, scope, &facts)
            case .left: note(node, in: middle..<next, scope, &facts)
            case .right: note(node, in: start..<middle, scope, &facts)
            }
        }
    }

    /// What equalities joined by AND say.
    ///
    /// - Parameter weak: the sources that an outer join fills with NULLs: only they depend on the
    ///   others, and only when the condition has no other part.
    private func note(
        _ node: Expression,
        in weak: Range<Int>?,
        _ scope: Scope,
        _ facts: inout [Dependence]
    ) {
        var found: [Dependence] = []
        var isPure = true
        var rest = [node]
        while let node = rest.popLast() {
            guard case .binary(let sign, let left, let right) = node.kind,
                sign == .and || sign == .equal
            else {
                isPure = false
                continue
            }
            if sign == .and {
                rest += [left, right]
                continue
            }
            let (a, b) = (columnSQL(left, scope), columnSQL(right, scope))
            if let a, let b {
                found += [Dependence(from: a, to: b), Dependence(from: b, to: a)]
            } else if let a, isConstant(right, scope) {
                found.append(Dependence(from: nil, to: a))
            } else if let b, isConstant(left, scope) {
                found.append(Dependence(from: nil, to: b))
            } else {
                isPure = false
            }
        }
        guard let weak else { return facts += found }
        let filled = Set(scope.sources[weak].flatMap(\.columns).map(\.value.sql))
        guard isPure else { return }
        facts += found.filter { fact in
            filled.contains(fact.to) && !(fact.from.map(filled.contains) ?? false)
        }
    }

    /// The SQL of a column of the block itself; nil for everything else.
    private func columnSQL(_ node: Expression, _ scope: Scope) -> String? {
        guard case .column(let name) = node.kind else { return nil }
        let found = scope.columns(
            name.name.name,
            table: name.table?.name,
            database: name.database?.name
        )
        return found.count == 1 ? found[0].value.sql : nil
    }

    /// A value that is the same in every row of the block.
    private func isConstant(_ node: Expression, _ scope: Scope) -> Bool {
        switch node.kind {
        case .literal, .placeholder, .userVariable, .systemVariable: true
        case .unary(_, let operand): isConstant(operand, scope)
        case .column: columnSQL(node, scope) == nil
        default: false
        }
    }

    /// Sets of result columns of which each determines the row.
    func keys(_ parts: TranslatedBlock) -> [[Int]] {
        let places = Dictionary(
            parts.items.enumerated().map { ($1.value.sql, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        if let grouping = parts.scope.grouping {
            let key = grouping.values.compactMap { places[$0.sql] }
            return key.count == grouping.values.count ? [key] : []
        }
        guard parts.scope.sources.count == 1, let source = parts.scope.sources.first else {
            return []
        }
        return source.keys.compactMap { key in
            let found = key.compactMap { places[source.columns[$0].value.sql] }
            return found.count == key.count ? found : nil
        }
    }
}

extension Expression {
    /// It assigns a user variable, or an operand does.
    var assigns: Bool {
        switch kind {
        case .assignment: true
        case .unary(_, let operand), .cast(let operand, _, _), .collate(let operand, _),
            .isTest(let operand, _, _):
            operand.assigns
        case .binary(_, let left, let right): left.assigns || right.assigns
        case .function(let call): call.arguments.contains(where: \.assigns)
        case .caseWhen(let operand, let branches, let otherwise):
            (operand?.assigns ?? false) || (otherwise?.assigns ?? false)
                || branches.contains { $0.condition.assigns || $0.result.assigns }
        case .between(let value, let low, let high, _):
            value.assigns || low.assigns || high.assigns
        case .inList(let value, let list, _):
            value.assigns || list.contains(where: \.assigns)
        default: false
        }
    }
}

extension StoredTable {
    /// Sets of columns of which each determines the row: the primary key, and unique keys over
    /// columns that are never NULL.
    var rowKeys: [[Int]] {
        indexes.filter(\.isUnique).compactMap { index in
            let places = index.parts.compactMap { part in
                part.prefix == nil ? columnIndex(part.column) : nil
            }
            let isWhole = places.count == index.parts.count
            let isNotNull = index.kind == .primary || places.allSatisfy { !columns[$0].isNullable }
            return isWhole && isNotNull ? places : nil
        }
    }
}
