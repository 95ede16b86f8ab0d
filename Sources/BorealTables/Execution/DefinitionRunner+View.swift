import BorealBase
import BorealSQL
import BorealSQLite

/// CREATE VIEW and ALTER VIEW.
extension DefinitionRunner {
    func createView(_ node: CreateView) throws -> any TableStatement {
        let database = try database(of: node.name)
        let name = node.name.name.name
        try Self.check(name)
        let plan = try session.plan(node.query, text: input.text, parameters: [])
        if let name = plan.temporaryTable { throw TableError.definition(.viewOfTemporary(name)) }
        let text = String(decoding: input.text[node.querySpan.range], as: UTF8.self)
        guard node.columns.isEmpty || node.columns.count == plan.columns.count else {
            throw TableError.columnCountMismatch(row: 1)
        }
        let current = session.database
        let collation = session.text("collation_connection")
        return change { schema, _ in
            guard let owner = schema.databases[database] else {
                throw TableError.unknownDatabase(database)
            }
            if let old = owner.tables[name] {
                guard old.isView else { throw TableError.tableExists(name) }
                if node.ifNotExists { return StatementSummary() }
                guard node.orReplace || node.isAlter else { throw TableError.tableExists(name) }
            } else if node.isAlter {
                throw TableError.noSuchTable(database: database, table: name)
            }
            var view = StoredTable(database: database, name: name)
            view.viewQuery = text
            view.viewDatabase = current
            view.collation = collation
            view.hasCheckOption = node.hasCheckOption
            view.created = .now
            view.version = schema.version + 1
            view.columns = plan.columns.map { Self.column($0, owner.collation) }
            for (index, column) in node.columns.enumerated() {
                view.columns[index].name = column.name
            }
            schema.databases[database]?.tables[name] = view
            return StatementSummary()
        }
    }
}
