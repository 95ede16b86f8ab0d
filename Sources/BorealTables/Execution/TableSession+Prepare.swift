public import BorealBase
public import BorealSQL
import BorealSQLite

/// From a statement's tree to something that runs.
extension TableSession {
    /// Makes a statement ready to be stepped.
    ///
    /// - Parameters:
    ///   - statement: its tree.
    ///   - text: the whole text, which the tree's spans point into.
    ///   - parameters: values of the `?` in order.
    ///   - handle: of a prepared statement: keeps the plan for its next execution.
    ///   - hints: what its optimizer hints ask for; what is wrong with them becomes warnings.
    ///   - cancellation: set by KILL; the statement ends within 10 ms.
    /// - Throws: `TableError` for what is known before it runs.
    public func prepare(
        _ statement: SQLStatement,
        text: [UInt8],
        parameters: [TableValue] = [],
        handle: PlanHandle? = nil,
        hints: OptimizerHints = OptimizerHints(),
        cancellation: CancellationFlag
    ) throws -> any TableStatement {
        var keepsWarnings = false
        if case .show(let show) = statement {
            switch show.subject {
            case .warnings, .errors: keepsWarnings = true
            default: break
            }
        }
        if !keepsWarnings { warnings = [] }
        warn(of: hints, in: text)
        count(statement)
        try authorize(statement)
        var input = StatementInput(text: text, parameters: parameters, cancellation: cancellation)
        input.handle = handle
        input.hints = hints
        if let run = try rows(statement, input) { return run }
        if let run = try definition(statement, input) { return run }
        return try control(statement, input)
    }

    /// Columns of a statement's result before it runs; empty when it yields none.
    public func describe(_ statement: SQLStatement, text: [UInt8]) throws -> [ResultColumn] {
        switch statement {
        case .query(let query): return try describe(query, text: text)
        case .insert(let node) where !node.returning.isEmpty:
            return try ReturningList(self, node, StatementInput(text: text)).columns
        case .show(let show):
            let input = StatementInput(text: text)
            return try ShowRunner(self, input).run(show).columns
        case .describe(let node):
            return try ShowRunner(self, StatementInput(text: text)).describe(node).columns
        default: return []
        }
    }

    /// The columns of a table of the current database with their defaults, for COM_FIELD_LIST.
    ///
    /// - Parameter wildcard: a LIKE pattern; empty for all columns.
    public func fieldList(
        _ table: String,
        wildcard: String
    ) throws -> [(column: ResultColumn, defaultValue: String?)] {
        let translator = Translator(translationContext([]), text: [])
        if let database, temporary[database, table] == nil {
            try rights.check(command: "SELECT", sees: database, table)
        }
        let stored = try translator.storedTable(ObjectName(name: Identifier(name: table)))
        let pattern = wildcard.isEmpty ? nil : LikePattern(wildcard)
        return stored.columns.indices.compactMap { index in
            let column = stored.columns[index]
            if let pattern, !pattern.matches(column.name) { return nil }
            let value = translator.storedColumn(stored, index, alias: nil, name: stored.name)
            return (ResultColumn(name: column.name, value: value), column.defaultText)
        }
    }

    /// Notes an error for SHOW WARNINGS; the engine calls it for every error it sends.
    public func note(_ error: ServerError) {
        warn(TableWarning(.error, error.code, error.message))
        rowCount = -1
    }

    // MARK: - Rows

    private func rows(_ statement: SQLStatement, _ input: StatementInput) throws -> (
        any TableStatement
    )? {
        switch statement {
        case .query(let query): return try run(query, input)
        case .insert(let node) where node.returning.isEmpty: return InsertRun(self, node, input)
        case .insert(let node): return try ReturningRun(self, node, input)
        case .update(let node): return RowChangeRun(self, update: node, input)
        case .delete(let node): return RowChangeRun(self, delete: node, input)
        case .truncate(let name): return try DefinitionRunner(self, input).truncate(name)
        case .do(let nodes):
            let ledger = EvaluationLedger()
            return ActionRun(self, ledger: ledger) { [self] in
                ledger.rewind()
                let (text, parameters) = (input.text, input.parameters)
                for node in nodes {
                    _ = try evaluate(node, text: text, parameters: parameters, ledger: ledger)
                }
                return StatementSummary()
            }
        case .show(let show): return try ShowRunner(self, input).run(show)
        case .describe(let node): return try ShowRunner(self, input).describe(node)
        case .loadData(let node):
            guard node.isLocal else {
                throw TableError.optionPreventsStatement("--secure-file-priv")
            }
            throw TableError.wrongArguments("LOAD DATA LOCAL (the file must be fed)")
        case .maintenance(let node): return try ShowRunner(self, input).maintenance(node)
        case .explain(let node): return try ExplainRunner(self, input).run(node)
        default: return nil
        }
    }

    private func run(_ query: Query, _ input: StatementInput) throws -> any TableStatement {
        // A kept plan runs without its text being read, and would lose what is wrong with hints.
        let (query, input) =
            input.hints.problems.isEmpty ? bindingLookup(query, input) : (query, input)
        let plan = try knownPlan(query, input)
        let locks = query.locks.contains { $0.isExclusive }
        if locks { try authorizeLocks(plan.query) }
        let run = QueryRun(
            self,
            plan,
            parameters: input.parameters,
            cancellation: input.cancellation,
            locksRows: locks,
            timeLimit: input.hints.executionMilliseconds
        )
        guard let into = query.into else { return run }
        guard case .variables(let names) = into.target else {
            throw TableError.optionPreventsStatement("--secure-file-priv")
        }
        guard names.count == run.columns.count else {
            throw TableError.operandColumns(names.count)
        }
        return IntoVariablesRun(self, run, names)
    }

    // MARK: - Definitions

    private func definition(
        _ statement: SQLStatement,
        _ input: StatementInput
    ) throws -> (any TableStatement)? {
        let runner = DefinitionRunner(self, input)
        switch statement {
        case .createDatabase(let node): return try runner.createDatabase(node)
        case .alterDatabase(let node): return try runner.alterDatabase(node)
        case .dropDatabase(let node): return runner.dropDatabase(node)
        case .createTable(let node): return try runner.createTable(node)
        case .alterTable(let node): return try runner.alterTable(node)
        case .dropTables(let node): return try runner.dropTables(node)
        case .renameTables(let node): return runner.renameTables(node)
        case .createIndex(let node):
            return try runner.alterTable(
                AlterTable(name: node.table, actions: [.addIndex(node.index)])
            )
        case .dropIndex(let node):
            let isPrimary = node.name.name.uppercased() == "PRIMARY"
            let action: AlterAction = isPrimary ? .dropPrimaryKey : .dropIndex(node.name)
            return try runner.alterTable(AlterTable(name: node.table, actions: [action]))
        case .createView(let node): return try runner.createView(node)
        case .dropRoutine(let node): return try runner.dropRoutine(node)
        case .call(let node):
            throw TableError.unknownProgram(kind: "PROCEDURE", name: try runner.program(node.name))
        default: return nil
        }
    }

    // MARK: - Control

    private func control(_ statement: SQLStatement, _ input: StatementInput) throws
        -> any TableStatement
    {
        switch statement {
        case .use(let name):
            return ActionRun(self) { [self] in
                try use(name.name)
                return StatementSummary()
            }
        case .set(let node):
            // Nothing is changed before all values are known.
            let ledger = EvaluationLedger()
            return ActionRun(self, ledger: ledger) { [self] in
                ledger.rewind()
                let (text, parameters) = (input.text, input.parameters)
                try set(node, text: text, parameters: parameters, ledger: ledger)
                return StatementSummary()
            }
        case .setForStatement(let node):
            let outer = values
            do {
                let statement = SetStatement(assignments: node.assignments)
                try set(statement, text: input.text, parameters: input.parameters)
                let inner = try prepare(
                    node.statement,
                    text: input.text,
                    parameters: input.parameters,
                    hints: input.hints,
                    cancellation: input.cancellation
                )
                return ScopedStatement(self, outer: outer, inner)
            } catch {
                values = outer
                throw error
            }
        case .setTransaction(let node):
            return ActionRun(self) { [self] in
                try setTransaction(node)
                return StatementSummary()
            }
        case .transaction(let node): return try transaction(node, input)
        case .flush: return ActionRun(self) { StatementSummary() }
        default: throw TableError.notSupported("this statement")
        }
    }
}
