import BorealBase
import BorealSQL

/// UNION, INTERSECT, EXCEPT and VALUES.
extension Translator {
    /// `VALUES ROW(..), ..`: columns of the types that all rows together need.
    func valueRows(_ rows: [[Expression]], _ parent: Scope?) throws -> InnerQuery {
        let scope = Scope(parent: parent)
        let values = try rows.map { try $0.map { try expression($0, scope) } }
        addPasses(scope, source: "")
        guard let first = values.first, !first.isEmpty else {
            throw TableError.columnCountMismatch(row: 1)
        }
        if let wrong = values.firstIndex(where: { $0.count != first.count }) {
            throw TableError.columnCountMismatch(row: wrong + 1)
        }
        var columns = first
        for index in first.indices {
            columns[index] = try choice(values.map { $0[index] }) { $0[0] }
            columns[index].isLoose = false
        }
        let list = try values.map { row in
            let cells = try row.enumerated().map { index, value in
                try converted(value, to: columns[index].type).sql
            }
            return "(" + cells.joined(separator: ", ") + ")"
        }
        let alias = freshAlias("u")
        let names = first.indices.map { "\(alias).column\($0 + 1) AS c\($0)" }
        let source = "(VALUES \(list.joined(separator: ", "))) AS \(alias)"
        return InnerQuery(
            sql: "SELECT \(names.joined(separator: ", ")) FROM \(source)",
            values: columns,
            names: first.indices.map { "column_\($0)" },
            isSingleRow: rows.count == 1
        )
    }

    /// Two queries and what stands between them. The names are those of the left one.
    func combined(_ operation: SetOperation, _ parent: Scope?) throws -> InnerQuery {
        if operation.kind == .union { return try union(operation, parent) }
        let left = try body(operation.left, parent)
        let right = try body(operation.right, parent)
        let columns = try unified([left, right])
        var result = InnerQuery(sql: "", values: columns, names: left.names)
        result.isMaterialized = true
        if operation.isAll || columns.contains(where: { $0.valueClass == .text }) {
            result.sql = try counted(operation, left, right, columns)
            return result
        }
        let first = try operand(left, columns, isLeft: true, isSet: true)
        let second = try operand(right, columns, isLeft: false, isSet: true)
        result.sql = "\(first) \(operation.kind.rawValue) \(second)"
        result.isCompound = true
        return result
    }

    /// A chain of unions. UNION takes out what is equal in all that stands before it, so that only
    /// the last UNION without ALL counts.
    private func union(_ operation: SetOperation, _ parent: Scope?) throws -> InnerQuery {
        var links: [(query: QueryBody, isAll: Bool)] = []
        var first = QueryBody.combined(operation)
        while case .combined(let link) = first, link.kind == .union {
            links.append((link.right, link.isAll))
            first = link.left
        }
        links.reverse()
        let members = try ([first] + links.map(\.query)).map { try body($0, parent) }
        let columns = try unified(members)
        var result = InnerQuery(sql: "", values: columns, names: members[0].names)
        result.isMaterialized = true
        result.isCompound = true
        var parts = try members.enumerated().map { index, member in
            try operand(member, columns, isLeft: index == 0)
        }
        if let last = links.lastIndex(where: { !$0.isAll }) {
            // SQLite's own UNION sorts, and keeps the last of equal texts; MySQL's rows come as
            // they come and the first stays, as with DISTINCT.
            let alias = freshAlias("u")
            let list = columns.indices.map { "\(collated(columns[$0], alias, $0)) AS c\($0)" }
            let rows = parts[...(last + 1)].joined(separator: " UNION ALL ")
            let distinct =
                "SELECT DISTINCT \(list.joined(separator: ", ")) FROM (\(rows)) AS \(alias)"
            parts.replaceSubrange(...(last + 1), with: [distinct])
        }
        result.sql = parts.joined(separator: " UNION ALL ")
        return result
    }

    /// The columns of a set operation, of the types that all its members together need.
    private func unified(_ members: [InnerQuery]) throws -> [TypedSQL] {
        let first = members[0].values
        guard members.allSatisfy({ $0.values.count == first.count }) else {
            throw TableError.selectsDiffer
        }
        return try first.indices.map { index in try unified(members.map { $0.values[index] }) }
    }

    private func unified(_ values: [TypedSQL]) throws -> TypedSQL {
        var column = try choice(values) { $0[0] }
        column.isLoose = false
        column.isNullable = values.contains(where: \.isNullable)
        if values.allSatisfy({ $0.members == values[0].members }) {
            column.members = values[0].members
        }
        return column
    }

    private func collated(_ column: TypedSQL, _ alias: String, _ index: Int) -> String {
        Self.member(column, alias, index).collated
    }

    /// A side of a set operation with its columns brought to the common types.
    private func operand(
        _ query: InnerQuery,
        _ columns: [TypedSQL],
        isLeft: Bool,
        isSet: Bool = false
    ) throws -> String {
        var needsWrap = query.isClosed || (!isLeft && query.isCompound)
        let alias = freshAlias("u")
        var list: [String] = []
        for (index, column) in columns.enumerated() {
            var value = Self.member(query.values[index], alias, index)
            if needsConversion(value, column) {
                value = try converted(value, to: column.type)
                needsWrap = true
            }
            value.collation = column.collation
            if isSet, value.collated != value.sql {
                list.append("\(value.collated) AS c\(index)")
                needsWrap = true
            } else {
                list.append("\(value.sql) AS c\(index)")
            }
        }
        guard needsWrap else { return query.sql }
        return "SELECT \(list.joined(separator: ", ")) FROM (\(query.sql)) AS \(alias)"
    }

    private func needsConversion(_ value: TypedSQL, _ column: TypedSQL) -> Bool {
        if ValueClass(column.type) != value.valueClass || value.isLoose { return true }
        let hasFraction = column.valueClass == .decimal || column.valueClass == .dateTime
        return hasFraction && column.type.decimals != value.type.decimals
    }

    /// INTERSECT and EXCEPT by grouping the rows of both sides: of equal texts the left one stays,
    /// and with ALL a row is as often in the result as the counts of both sides say.
    private func counted(
        _ operation: SetOperation,
        _ left: InnerQuery,
        _ right: InnerQuery,
        _ columns: [TypedSQL]
    ) throws -> String {
        let isAll = operation.isAll
        let sides = try [left, right].enumerated().map { side, query in
            let rows = try operand(query, columns, isLeft: true)
            let alias = freshAlias("u")
            let keys = columns.indices.map { collated(columns[$0], alias, $0) }
            let partition = keys.joined(separator: ", ")
            let number = isAll ? ", row_number() OVER (PARTITION BY \(partition)) AS n" : ""
            let list = columns.indices.map { "\(alias).c\($0)" }.joined(separator: ", ")
            return "SELECT \(list), \(side) AS s\(number) FROM (\(rows)) AS \(alias)"
        }
        let alias = freshAlias("u")
        let list = columns.indices.map { "\(alias).c\($0) AS c\($0)" }.joined(separator: ", ")
        var keys = columns.indices.map { collated(columns[$0], alias, $0) }
        if isAll { keys.append("\(alias).n") }
        let test = operation.kind == .intersect ? "> 0" : "= 0"
        // min() makes SQLite take the other columns from the row where it was found.
        return "SELECT \(list) FROM (\(sides.joined(separator: " UNION ALL "))) AS \(alias) "
            + "GROUP BY \(keys.joined(separator: ", ")) "
            + "HAVING min(\(alias).s) = 0 AND sum(\(alias).s) \(test)"
    }

    /// ORDER BY and LIMIT of a set operation: by name, by position, or by an expression over both.
    func ordered(
        _ inner: InnerQuery,
        _ orderBy: [OrderItem],
        _ limit: LimitClause?
    ) throws -> InnerQuery {
        guard !orderBy.isEmpty || limit != nil else { return inner }
        var result = inner
        let alias = freshAlias("u")
        let scope = Scope(parent: nil)
        scope.place = "order clause"
        let columns = zip(inner.names, inner.values).enumerated().map { index, pair in
            SourceColumn(name: pair.0, value: Self.member(pair.1, alias, index))
        }
        scope.sources = [Source(name: alias, database: nil, columns: columns)]
        let list = inner.values.indices.map { "\(alias).c\($0) AS c\($0)" }.joined(separator: ", ")
        result.sql = "SELECT \(list) FROM (\(inner.sql)) AS \(alias)"
        let keys = try orderBy.map { item -> String in
            let value: TypedSQL
            if case .literal(.integer(let position)) = item.expression.kind {
                guard position >= 1, position <= UInt64(columns.count) else {
                    throw TableError.unknownColumn(name: String(position), place: "order clause")
                }
                value = columns[Int(position) - 1].value
            } else {
                value = try expression(item.expression, scope)
            }
            return sortKey(value) + (item.isDescending ? " DESC" : "")
        }
        addPasses(scope, source: " FROM (\(inner.sql)) AS \(alias)")
        if !keys.isEmpty { result.sql += " ORDER BY " + keys.joined(separator: ", ") }
        if let limit { result.sql += try limitSQL(limit, scope) }
        result.isClosed = true
        result.isCompound = false
        return result
    }
}
