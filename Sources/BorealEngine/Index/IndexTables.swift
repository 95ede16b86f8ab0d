import BorealBase
import BorealSQL
import BorealTables

/// Index tables: what statements behind the hint call tables, and the vendor keeps on its AI node.
///
/// Here they are tables of the database `polar4ai` that are called after the database they were
/// made in: `schema_index` of `shop` is `polar4ai`.`shop.schema_index`. So they are stored, shown,
/// dumped and granted as any other.
struct IndexTables {
    /// The database of the session.
    let database: String
    /// All databases at this moment.
    let schema: Schema

    /// - Throws: `noDatabaseSelected`.
    init(_ session: TableSession) throws(ServerError) {
        guard let database = session.database else {
            throw ServerError(table: TableError.noDatabaseSelected)
        }
        self.database = database
        schema = session.store.schema
    }

    /// The name that an index table has among all tables.
    func stored(_ name: String) -> ObjectName {
        ObjectName(
            database: Identifier(name: TableTarget.database),
            name: Identifier(name: "\(database).\(name)")
        )
    }

    /// The definition of an index table; nil when there is none of that name.
    func table(_ name: String) -> StoredTable? {
        let stored = stored(name)
        return schema.table(TableTarget.database, stored.name.name)
    }

    /// Its name as a statement writes it.
    func quoted(_ name: String) -> String {
        "`\(TableTarget.database)`.`" + "\(database).\(name)".replacing("`", with: "``") + "`"
    }

    // MARK: - Statements behind the hint

    /// The statement about the tables that index tables are; any other as it is.
    ///
    /// - Throws: a syntax error for the list of tables of a database with an odd name.
    static func redirected(
        _ statement: SQLStatement,
        _ session: TableSession
    ) throws(ServerError) -> SQLStatement {
        guard session.database != nil else { return statement }
        let tables = try IndexTables(session)
        switch statement {
        case .createTable(let node) where node.name.database == nil && !node.isTemporary:
            return .createTable(tables.redirected(node))
        case .dropTables(var node) where !node.isView && !node.isTemporary:
            node.names = node.names.map { tables.redirected($0, always: true) }
            return .dropTables(node)
        case .truncate(let name): return .truncate(tables.redirected(name))
        case .query(let query): return .query(tables.redirected(query))
        case .describe(var node):
            node.table = tables.redirected(node.table)
            return .describe(node)
        case .show(var node):
            if case .createTable(let name) = node.subject {
                node.subject = .createTable(tables.redirected(name))
                return .show(node)
            }
            guard case .tables(isFull: false, database: nil) = node.subject, node.filter == nil
            else { return statement }
            return try tables.list()
        default: return statement
        }
    }

    private func redirected(_ name: ObjectName, always: Bool = false) -> ObjectName {
        guard name.database == nil, always || table(name.name.name) != nil else { return name }
        return stored(name.name.name)
    }

    /// A definition with the types that index tables have beyond MySQL's: `text_ik_max_word` and
    /// its like are texts, `vector_768` is VECTOR(768).
    private func redirected(_ node: CreateTable) -> CreateTable {
        var result = node
        result.name = stored(node.name.name.name)
        result.elements = node.elements.map { element in
            guard case .column(var column) = element else { return element }
            if column.type.word.hasPrefix("text_ik") {
                column.type.name = .longtext
            } else if column.type.name == .other, column.type.word.hasPrefix("vector_"),
                let size = UInt64(column.type.word.dropFirst("vector_".count))
            {
                column.type.name = .vector
                column.type.length = size
            } else if column.type.name == .varchar, column.type.length == nil {
                column.type.length = 255
            }
            return .column(column)
        }
        return result
    }

    /// A query whose FROM names index tables.
    private func redirected(_ query: Query) -> Query {
        guard case .select(var block) = query.body else { return query }
        var result = query
        block.from = block.from.map { redirected($0) }
        result.body = .select(block)
        return result
    }

    private func redirected(_ reference: TableReference) -> TableReference {
        switch reference {
        case .table(var table):
            let name = redirected(table.name)
            if name != table.name, table.alias == nil { table.alias = table.name.name }
            table.name = name
            return .table(table)
        case .join(var join):
            join.left = redirected(join.left)
            join.right = redirected(join.right)
            return .join(join)
        case .group(let members): return .group(members.map { redirected($0) })
        case .derived(var table):
            table.query = redirected(table.query)
            return .derived(table)
        case .function: return reference
        }
    }

    /// SHOW TABLES: the index tables of the database.
    private func list() throws(ServerError) -> SQLStatement {
        func literal(_ text: String) -> String {
            "X'"
                + text.utf8.map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }
                .joined() + "'"
        }
        let prefix = database + "."
        let column = "Tables_in_\(database)".replacing("`", with: "``")
        let text =
            "SELECT SUBSTRING(table_name, \(prefix.unicodeScalars.count + 1)) AS `\(column)` "
            + "FROM information_schema.tables WHERE table_schema = '\(TableTarget.database)' "
            + "AND LEFT(table_name, \(prefix.unicodeScalars.count)) = "
            + "CONVERT(\(literal(prefix)) USING utf8mb4) ORDER BY table_name"
        do {
            return .query(try StatementParser.parseQuery(text))
        } catch {
            throw ServerError(syntax: error, text: Array(text.utf8))
        }
    }
}
