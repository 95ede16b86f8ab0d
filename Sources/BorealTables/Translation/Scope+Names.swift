import BorealBase
import BorealSQL

/// What a name means in a clause of a block.
///
/// MySQL looks at the tables of FROM first; GROUP BY and ORDER BY then at the select list, except
/// that an item of ORDER BY that is a name alone means the select list first. HAVING sees the
/// select list and what is grouped by, and of two that differ the latter.
extension Scope {
    /// The value of a name in this block; nil when the block has none.
    ///
    /// - Parameter isOwn: the name stands in this block, not in a subquery of it.
    func value(of name: ColumnName, isOwn: Bool) throws -> TypedSQL? {
        if place == "having clause", isOwn, !isInsideAggregate { return try inHaving(name) }
        let found = columns(
            name.name.name,
            table: name.table?.name,
            database: name.database?.name
        )
        guard found.count <= 1 else {
            throw TableError.ambiguousColumn(name: name.written, place: place)
        }
        if let column = found.first {
            if !isInsideAggregate { bareColumns.append(BareColumn(column.value)) }
            guard let grouping, !isOwn, !isInsideAggregate,
                grouping.expressions.contains(column.value.sql)
            else { return column.value }
            bareColumns.removeLast()
            return grouping.shown(column.value)
        }
        guard usesAliases, name.table == nil, let place = try self.place(of: name.name.name) else {
            return nil
        }
        return try alias(selected[place])
    }

    private var usesAliases: Bool {
        place == "having clause" || place == "order clause" || place == "group statement"
    }

    private func alias(_ item: SelectedItem) throws -> TypedSQL {
        if item.hasWindow, place != "order clause" || isInsideAggregate {
            throw TableError.query(.windowAliasMisplaced(item.name))
        }
        if item.hasAggregate, isInsideAggregate || place == "group statement" {
            throw place == "group statement"
                ? TableError.query(.cannotGroup(item.name)) : TableError.invalidGroupFunction
        }
        if !isInsideAggregate { bareColumns += item.bareColumns }
        return item.value
    }

    private func inHaving(_ name: ColumnName) throws -> TypedSQL? {
        let grouped = grouping?.columns.first { column in
            column.name.asciiLowercased == name.name.name.asciiLowercased
                && (name.table == nil || column.table == name.table?.name)
        }
        var item: SelectedItem?
        if name.table == nil {
            item = try place(of: name.name.name).map { selected[$0] }
        } else if let column = columns(
            name.name.name,
            table: name.table?.name,
            database: name.database?.name
        ).first {
            item = selected.first { $0.isColumn && $0.value.sql == column.value.sql }
        }
        if let grouped, item == nil || item?.value.sql != grouped.value.sql {
            return grouping?.shown(grouped.value)
        }
        return try item.map { try alias($0) }
    }

    /// The place of the select list's item of that name; a name of two different columns is an
    /// error.
    func place(of name: String) throws -> Int? {
        let wanted = name.asciiLowercased
        var found: Int?
        for (index, item) in selected.enumerated() where item.name.asciiLowercased == wanted {
            guard item.isColumn else { return index }
            if let found, selected[found].value.sql != item.value.sql {
                throw TableError.ambiguousColumn(name: name, place: place)
            }
            found = found ?? index
        }
        return found
    }
}
