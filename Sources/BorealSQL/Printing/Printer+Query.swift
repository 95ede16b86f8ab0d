extension Query: CustomStringConvertible {
    /// The query in normal form, on one line.
    public var description: String {
        var printer = Printer()
        printer.write(self)
        return printer.text
    }
}

extension Printer {
    /// A query in parentheses.
    mutating func writeSubquery(_ query: Query) {
        write("(")
        write(query)
        write(")")
    }

    mutating func write(_ query: Query) {
        if let with = query.with {
            write(with.isRecursive ? "WITH RECURSIVE " : "WITH ")
            writeList(with.tables) { printer, table in
                printer.writeName(table.name.name)
                if !table.columns.isEmpty { printer.writeNames(table.columns) }
                printer.write(" AS ")
                printer.writeSubquery(table.query)
            }
            write(" ")
        }
        write(query.body)
        if !query.orderBy.isEmpty { writeOrderBy(query.orderBy) }
        if let limit = query.limit { write(limit) }
        for lock in query.locks { write(lock) }
        if let into = query.into { write(into) }
    }

    private mutating func write(_ body: QueryBody) {
        switch body {
        case .select(let block): write(block)
        case .values(let rows):
            write("VALUES ")
            writeList(rows) { printer, row in
                printer.write("ROW(")
                printer.writeList(row) { $0.write($1) }
                printer.write(")")
            }
        case .table(let name):
            write("TABLE ")
            writeName(name)
        case .combined(let operation):
            // The shape follows from the operators' binding: the parser makes no other.
            write(operation.left)
            write(" \(operation.kind.rawValue)\(operation.isAll ? " ALL" : "") ")
            write(operation.right)
        case .parenthesized(let query): writeSubquery(query)
        }
    }

    // MARK: - Blocks

    private mutating func write(_ block: QueryBlock) {
        write("SELECT ")
        if block.isDistinct { write("DISTINCT ") }
        if block.isStraightJoin { write("STRAIGHT_JOIN ") }
        if block.calculatesFoundRows { write("SQL_CALC_FOUND_ROWS ") }
        writeItems(block.items)
        if !block.from.isEmpty {
            write(" FROM ")
            writeList(block.from) { $0.write($1) }
        }
        if let condition = block.condition {
            write(" WHERE ")
            write(condition)
        }
        if !block.groupBy.isEmpty {
            write(" GROUP BY ")
            writeList(block.groupBy) { $0.write($1) }
            if block.withRollup { write(" WITH ROLLUP") }
        }
        if let having = block.having {
            write(" HAVING ")
            write(having)
        }
        if !block.windows.isEmpty {
            write(" WINDOW ")
            writeList(block.windows) { printer, window in
                printer.writeName(window.name.name)
                printer.write(" AS ")
                printer.write(window.specification)
            }
        }
    }

    /// A select list.
    mutating func writeItems(_ items: [SelectItem]) {
        writeList(items) { printer, item in
            switch item.kind {
            case .star: printer.write("*")
            case .tableStar(let name):
                printer.writeName(name)
                printer.write(".*")
            case .expression(let expression, let alias):
                printer.write(expression)
                guard let alias else { return }
                printer.write(" AS ")
                // Only a string can be an empty name.
                if alias.name.isEmpty { printer.write("''") } else { printer.writeName(alias.name) }
            }
        }
    }

    // MARK: - Tables

    private mutating func write(_ reference: TableReference) {
        switch reference {
        case .table(let table): write(table)
        case .derived(let table):
            if table.isLateral { write("LATERAL ") }
            writeSubquery(table.query)
            write(" AS ")
            writeName(table.alias.name)
            if !table.columns.isEmpty { writeNames(table.columns) }
        case .join(let join): write(join)
        case .group(let list):
            write("(")
            writeList(list) { $0.write($1) }
            write(")")
        case .function(let function):
            write(function.call)
            if let alias = function.alias {
                write(" AS ")
                writeName(alias.name)
            }
        }
    }

    private mutating func write(_ table: NamedTable) {
        writeName(table.name)
        if !table.partitions.isEmpty {
            write(" PARTITION ")
            writeNames(table.partitions)
        }
        if let alias = table.alias {
            write(" AS ")
            writeName(alias.name)
        }
        for hint in table.indexHints {
            write(" \(hint.action.rawValue) INDEX (")
            writeList(hint.indexes) { $0.write($1 == "PRIMARY" ? $1 : "`\($1)`") }
            write(")")
        }
    }

    private mutating func write(_ join: Join) {
        write(join.left)
        write(
            join.condition == .natural
                ? " NATURAL \(join.kind.rawValue) " : " \(join.kind.rawValue) "
        )
        if case .join = join.right {
            write("(")
            write(join.right)
            write(")")
        } else {
            write(join.right)
        }
        switch join.condition {
        case .none, .natural: break
        case .on(let condition):
            write(" ON ")
            write(condition)
        case .using(let names):
            write(" USING ")
            writeNames(names)
        }
    }

    // MARK: - Last clauses

    /// ` ORDER BY a, b DESC`.
    mutating func writeOrderBy(_ items: [OrderItem]) {
        write(" ORDER BY ")
        writeItems(items)
    }

    /// `a, b DESC`.
    mutating func writeItems(_ items: [OrderItem]) {
        writeList(items) { printer, item in
            printer.write(item.expression)
            if item.isDescending { printer.write(" DESC") }
        }
    }

    private mutating func write(_ limit: LimitClause) {
        // The offset stands where the text had it first only with a comma; placeholders are counted
        // in the order of the text, so the form that keeps the order is chosen.
        if let offset = limit.offset {
            let isOffsetFirst: Bool
            if case .placeholder(let first) = offset.kind,
                case .placeholder(let second) = limit.count.kind
            {
                isOffsetFirst = first < second
            } else {
                isOffsetFirst = false
            }
            write(
                isOffsetFirst
                    ? " LIMIT \(offset), \(limit.count)" : " LIMIT \(limit.count) OFFSET \(offset)"
            )
        } else {
            write(" LIMIT \(limit.count)")
        }
    }

    private mutating func write(_ lock: LockingClause) {
        write(lock.isExclusive ? " FOR UPDATE" : " FOR SHARE")
        if !lock.tables.isEmpty {
            write(" OF ")
            writeList(lock.tables) { $0.writeName($1) }
        }
        switch lock.wait {
        case .wait: break
        case .noWait: write(" NOWAIT")
        case .skipLocked: write(" SKIP LOCKED")
        }
    }

    private mutating func write(_ into: IntoClause) {
        write(" INTO ")
        switch into.target {
        case .variables(let names):
            writeList(names) { $0.write("@`" + $1.replacing("`", with: "``") + "`") }
        case .dumpfile(let file):
            write("DUMPFILE ")
            writeString(file)
        case .outfile(let file, let charset, let format):
            write("OUTFILE ")
            writeString(file)
            if let charset { write(" CHARACTER SET \(charset)") }
            write(format)
        }
    }

    /// ` FIELDS ... LINES ...`, every clause written out.
    private mutating func write(_ format: FileFormat) {
        write(" FIELDS TERMINATED BY ")
        writeHexadecimal(format.fieldTerminator)
        write(format.isEnclosureOptional ? " OPTIONALLY ENCLOSED BY " : " ENCLOSED BY ")
        writeHexadecimal(format.fieldEnclosure)
        write(" ESCAPED BY ")
        writeHexadecimal(format.fieldEscape)
        write(" LINES STARTING BY ")
        writeHexadecimal(format.lineStart)
        write(" TERMINATED BY ")
        writeHexadecimal(format.lineTerminator)
    }
}
