import BorealBase
import BorealSQL
import BorealSQLite

/// EXPLAIN: the plan that SQLite makes of a statement, in MySQL's columns, as JSON, or as a tree.
struct ExplainRunner {
    let session: TableSession
    let input: StatementInput

    init(_ session: TableSession, _ input: StatementInput) {
        self.session = session
        self.input = input
    }

    func run(_ node: ExplainStatement) throws -> StaticRows {
        if node.isAnalyze { throw TableError.notSupported("EXPLAIN ANALYZE") }
        let lines = try lines(of: node.statement)
        switch node.format?.uppercased() {
        case nil, "TRADITIONAL", "DEFAULT": return Self.table(lines)
        case "JSON": return Self.text(Self.json(lines).description)
        case "TREE": return Self.text(Self.tree(lines))
        case let name?: throw TableError.unknownExplainFormat(name)
        }
    }

    // MARK: - Statements

    /// A change is explained by the query that finds its rows.
    private func lines(of statement: SQLStatement) throws -> [PlanLine] {
        switch statement {
        case .query(let query): return try lines(of: query)
        case .insert(let node):
            let table = try target(node.table)
            var first = PlanLine(
                selectType: node.isReplace ? "REPLACE" : "INSERT",
                table: table.name,
                type: "ALL"
            )
            first.rows = nil
            guard case .query(let query) = node.source else { return [first] }
            return [first] + (try lines(of: query))
        case .update(let node):
            return try changed(
                "UPDATE",
                Query(
                    with: node.with,
                    body: .select(block(node.tables, node.condition)),
                    orderBy: node.orderBy,
                    limit: node.limit
                )
            )
        case .delete(let node):
            return try changed(
                "DELETE",
                Query(
                    with: node.with,
                    body: .select(block(node.from, node.condition)),
                    orderBy: node.orderBy,
                    limit: node.limit
                )
            )
        default: throw TableError.notSupported("EXPLAIN of this statement")
        }
    }

    /// The table of an INSERT, which must be one that rows can be put into.
    private func target(_ name: ObjectName) throws -> StoredTable {
        try Translator(session.translationContext([]), text: []).baseTable(name)
    }

    /// What a change reads: the rows of its tables that its condition keeps.
    private func block(_ tables: [TableReference], _ condition: Expression?) -> QueryBlock {
        QueryBlock(items: [SelectItem(kind: .star)], from: tables, condition: condition)
    }

    /// The first table is the one that is changed.
    private func changed(_ word: String, _ query: Query) throws -> [PlanLine] {
        var lines = try lines(of: query)
        assert(!lines.isEmpty, "a change reads a table")
        if lines[0].selectType == "SIMPLE" || lines[0].selectType == "PRIMARY" {
            lines[0].selectType = word
        }
        return lines
    }

    /// Translates as for running, and asks SQLite how it would run it.
    private func lines(of query: Query) throws -> [PlanLine] {
        let translator = Translator(session.translationContext(input.parameters), text: input.text)
        let plan = try translator.translate(query)
        let connection = try session.beginRead(ofTables: !plan.tables.isEmpty)
        defer { session.endRead(connection) }
        session.prime(connection, cancellation: input.cancellation)
        do {
            let rows = try connection.sqlite.rows("EXPLAIN QUERY PLAN " + plan.sql).map {
                (id: $0[0].integer ?? 0, parent: $0[1].integer ?? 0, text: $0[3].text ?? "")
            }
            var counts: [String: Int] = [:]
            let hasLists = plan.sql.contains(" IN (")
            var reader = PlanReader(tables: translator.aliases, hasLists: hasLists) { table in
                if TableSession.isVirtual(table.database) { return 0 }
                if let known = counts[table.storageName] { return known }
                let count = try TableSize.rows(table, connection)
                counts[table.storageName] = count
                return count
            }
            var lines = try reader.read(rows)
            if case .select(let block) = query.body, block.condition != nil {
                Self.noteCondition(&lines)
            }
            return lines
        } catch {
            throw connection.mapped(error)
        }
    }

    /// Rows that a key alone did not choose are tested with the condition.
    private static func noteCondition(_ lines: inout [PlanLine]) {
        let place = lines.firstIndex { $0.id == 1 && ["ALL", "index", "range"].contains($0.type) }
        if let place { lines[place].extra.insert("Using where", at: 0) }
    }

    // MARK: - Forms

    /// MySQL's twelve columns. `possible_keys` names the chosen key: SQLite does not tell others.
    private static func table(_ lines: [PlanLine]) -> StaticRows {
        let types: [(name: String, type: ColumnType)] = [
            ("id", .longLong), ("select_type", .varchar(19)), ("table", .varchar(64)),
            ("partitions", .varchar(1_024)), ("type", .varchar(10)),
            ("possible_keys", .varchar(4_096)), ("key", .varchar(64)), ("key_len", .varchar(4_096)),
            ("ref", .varchar(1_024)), ("rows", .longLong),
            ("filtered", ColumnType(.double, length: 5, decimals: 2)), ("Extra", .varchar(255)),
        ]
        return StaticRows(
            types.map { ResultColumn($0.name, $0.type) },
            lines.map { line in
                [
                    .count(line.id), .text(line.selectType), .maybe(line.table), .null,
                    .maybe(line.type), .maybe(line.key), .maybe(line.key),
                    .maybe(line.keyLength.map { String($0) }), .maybe(line.references),
                    .maybe(line.rows), line.rows == nil ? .null : .text("100.00"),
                    .maybe(line.extra.isEmpty ? nil : line.extra.joined(separator: "; ")),
                ]
            }
        )
    }

    /// The forms that are one text in one column.
    private static func text(_ text: String) -> StaticRows {
        StaticRows([ResultColumn("EXPLAIN", .varchar(1_024))], [[.text(text)]])
    }

    /// `{"query_block": {"select_id": 1, "nested_loop": [{"table": {...}}, ...]}}`
    private static func json(_ lines: [PlanLine]) -> JSON {
        let ids = lines.map(\.id).reduce(into: [Int]()) { if !$0.contains($1) { $0.append($1) } }
        let blocks = ids.map { id -> JSON in
            let own = lines.filter { $0.id == id }
            let tables = own.filter { $0.table != nil }.map { JSON.object([("table", table($0))]) }
            var members: [(String, JSON)] = [
                ("select_id", .integer(Int64(id))),
                ("select_type", .string(own.first?.selectType ?? "SIMPLE")),
            ]
            if tables.isEmpty {
                members.append(("message", .string("No tables used")))
            } else {
                members.append(("nested_loop", .array(tables)))
            }
            return .object(members)
        }
        guard blocks.count > 1, case .object(let first) = blocks[0] else {
            return .object([("query_block", blocks.first ?? .null)])
        }
        let rest = blocks.dropFirst().map { JSON.object([("query_block", $0)]) }
        return .object([
            ("query_block", .object(first + [("query_specifications", .array(Array(rest)))]))
        ])
    }

    /// One table in MySQL's JSON, with the members that are known.
    private static func table(_ line: PlanLine) -> JSON {
        var members: [(String, JSON)] = [
            ("table_name", .string(line.table ?? "")), ("access_type", .string(line.type ?? "ALL")),
        ]
        if let key = line.key { members.append(("key", .string(key))) }
        if let length = line.keyLength { members.append(("key_length", .string(String(length)))) }
        if let references = line.references { members.append(("ref", .string(references))) }
        if let rows = line.rows {
            members.append(("rows_examined_per_scan", .integer(Int64(rows))))
            members.append(("filtered", .string("100.00")))
        }
        for word in line.extra {
            switch word {
            case "Using index": members.append(("using_index", .bool(true)))
            case "Using filesort": members.append(("using_filesort", .bool(true)))
            case "Using temporary": members.append(("using_temporary_table", .bool(true)))
            default: break
            }
        }
        return .object(members)
    }

    /// One line a table, the inner side of a join below the outer one.
    private static func tree(_ lines: [PlanLine]) -> String {
        var depths: [Int: Int] = [:]
        return lines.map { line in
            let depth = depths[line.id, default: line.id == 1 ? 0 : 1]
            depths[line.id] = depth + 1
            var text = String(repeating: "    ", count: depth) + "-> "
            switch (line.table, line.type) {
            case (nil, _): text += "Rows fetched before execution"
            case (let table?, "ALL"): text += "Table scan on \(table)"
            case (let table?, "index"): text += "Index scan on \(table) using \(line.key ?? "")"
            case (let table?, "range"):
                text += "Index range scan on \(table) using \(line.key ?? "")"
            case (let table?, "const"), (let table?, "eq_ref"):
                text += "Single-row index lookup on \(table) using \(line.key ?? "")"
            case (let table?, _): text += "Index lookup on \(table) using \(line.key ?? "")"
            }
            return text + (line.rows.map { "  (rows=\($0))" } ?? "") + "\n"
        }.joined()
    }
}
