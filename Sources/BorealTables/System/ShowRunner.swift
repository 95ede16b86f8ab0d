import BorealBase
import BorealSQL

/// SHOW and DESCRIBE over the embedded tables.
///
/// As in MySQL 8.0 most of them are queries over the system tables: see `ShowListing`. What is no
/// listing (SHOW CREATE, SHOW WARNINGS) is made here and in `ShowRunner+Fixed.swift`.
struct ShowRunner {
    let session: TableSession
    let input: StatementInput

    init(_ session: TableSession, _ input: StatementInput) {
        self.session = session
        self.input = input
    }

    var schema: Schema { session.pinnedSchema ?? session.store.schema }

    func run(_ node: ShowStatement) throws -> any TableStatement {
        if let rows = try fixed(node) { return rows }
        return try query(listing(node.subject, node.filter), node.filter)
    }

    /// `DESCRIBE table [column | 'pattern']`.
    func describe(_ node: DescribeTable) throws -> any TableStatement {
        let listing = ShowListing.columns(try table(node.table), isFull: false)
        return try query(listing, node.column.map { .like($0) })
    }

    private func listing(
        _ subject: ShowStatement.Subject,
        _ filter: ShowFilter?
    ) throws -> ShowListing {
        let pattern: String?
        if case .like(let text)? = filter { pattern = text } else { pattern = nil }
        switch subject {
        case .databases: return .databases(pattern)
        case .tables(let isFull, let name):
            return .tables(try database(name), isFull: isFull, pattern: pattern)
        case .tableStatus(let name): return .tableStatus(try database(name))
        case .openTables(let name): return .openTables(try name.map { try database($0) })
        case .columns(let isFull, let name): return .columns(try table(name), isFull: isFull)
        case .indexes(let name): return .indexes(try table(name))
        case .variables(let scope): return .variables(isGlobal: scope == .global)
        case .status(let scope): return .status(isGlobal: scope == .global)
        case .processlist(let isFull): return .processes(isFull: isFull)
        case .engines: return .engines
        case .characterSet: return .characterSets
        case .collation: return .collations
        case .plugins: return .plugins
        case .triggers(let name): return .triggers(try database(name))
        case .events(let name): return .events(try database(name))
        case .routineStatus(let kind): return .routines(kind.text)
        default: throw TableError.notSupported("this form of SHOW")
        }
    }

    /// The query of a listing, narrowed by LIKE on the listing's own column or by WHERE on any.
    private func query(_ listing: ShowListing, _ filter: ShowFilter?) throws -> QueryRun {
        let inner = try parsed(listing.select)
        var condition: Expression?
        switch filter {
        case .condition(let node): condition = node
        case .like(let pattern):
            let text = "\(listing.filtered.backQuoted) LIKE \(pattern.textLiteral)"
            do { condition = try StatementParser.parseExpression(text) } catch {
                throw TableError.internalError("SHOW: \(error)")
            }
        case nil: break
        }
        let derived = DerivedTable(query: inner, alias: Identifier(name: "listing"))
        let block = QueryBlock(
            items: [SelectItem(kind: .star)],
            from: [.derived(derived)],
            condition: condition
        )
        let order = listing.isSorted ? [OrderItem(expression: Expression(kind: .first))] : []
        let translator = Translator(session.translationContext(input.parameters), text: input.text)
        return QueryRun(
            session,
            KnownPlan(try translator.translate(Query(body: .select(block), orderBy: order))),
            parameters: input.parameters,
            cancellation: input.cancellation
        )
    }

    private func parsed(_ select: String) throws -> Query {
        do { return try StatementParser.parseQuery(select) } catch {
            throw TableError.internalError("SHOW: \(error)")
        }
    }

    // MARK: - Names

    /// The name of a database that is there.
    private func database(_ name: Identifier?) throws -> String {
        guard let wanted = name?.name ?? session.database else {
            throw TableError.noDatabaseSelected
        }
        if schema.databases[wanted] != nil { return wanted }
        guard TableSession.isVirtual(wanted) else { throw TableError.unknownDatabase(wanted) }
        return wanted.asciiLowercased
    }

    /// A table, view or system table.
    func table(_ name: ObjectName) throws -> StoredTable {
        guard let owner = name.database?.name ?? session.database else {
            throw TableError.noDatabaseSelected
        }
        if let own = session.temporary[owner, name.name.name] { return own }
        let folded = TableSession.isVirtual(owner) ? owner.asciiLowercased : owner
        try session.rights.check(command: "SELECT", sees: folded, name.name.name)
        if let found = schema.table(owner, name.name.name) { return found }
        if let found = try session.systemTable(owner, name.name.name) { return found }
        guard schema.databases[owner] != nil else { throw TableError.unknownDatabase(owner) }
        throw TableError.noSuchTable(database: owner, table: name.name.name)
    }
}

extension Expression.Kind {
    /// The first column, in ORDER BY.
    fileprivate static var first: Expression.Kind { .literal(.integer(1)) }
}

extension String {
    /// As a MySQL string literal for the parser's plain mode.
    var textLiteral: String {
        "'" + flatMap { $0 == "'" || $0 == "\\" ? [$0, $0] : [$0] } + "'"
    }
}
