import BorealBase
import BorealSQL

/// A batched call in a block: its arguments are read in a pass of their own.
struct BatchSite {
    var slot: Int
    var call: any BatchCall
    var arguments: [TypedSQL]
    /// Says which calls share a slot.
    var key: String
    /// An argument is an aggregate: the pass groups as the block does.
    var isGrouped: Bool
}

/// The parts of a condition that AND joins, in SQLite's language.
struct Conditions {
    var all: [String] = []
    /// Those without a column of an outer query.
    var local: [String] = []
    /// Those of `local` without a batched call.
    var free: [String] = []
}

/// Calls of batched functions: each becomes a look-up in a memo that a pass before the statement
/// fills (memo form), or a column that is filled while rows are on their way (streaming form).
extension Translator {
    /// A call, when the function is a batched one.
    func batchCall(_ call: FunctionCall, _ scope: Scope) throws -> TypedSQL? {
        guard call.mayBeBatched, let function = context.batchFunction(call.name.name) else {
            return nil
        }
        guard let bound = try bind(function, call, scope) else {
            return TypedSQL("NULL", .varchar())
        }
        guard !bound.isCorrelated else {
            throw TableError.notSupported("\(call.name.name) of a column of an outer query")
        }
        guard !isRecursive else {
            throw TableError.notSupported("\(call.name.name) in a recursive table")
        }
        guard bound.isRepeatable else {
            throw TableError.notSupported(
                "\(call.name.name) here, with an argument that is another one each time,"
            )
        }
        // A plan that is made anew each time would only take the place of others.
        if !bound.call.isCurrent || bound.isOfParameter { isCacheable = false }
        let slot = self.slot(bound, scope)
        slotUses.append(slot)
        var result = TypedSQL(Self.lookup(slot, bound.arguments, scope), bound.call.type)
        result.coercibility = 2
        return result
    }

    /// The call of the function that looks into the memo. Where rows are still being chosen, one
    /// that no pass has seen is one that another condition drops.
    private static func lookup(_ slot: Int, _ arguments: [TypedSQL], _ scope: Scope) -> String {
        let head = "\(slot), \(scope.forbidsAggregates ? 0 : 1)"
        let width = TableLimits.functionArgumentsMax
        guard arguments.count > width else {
            return "b_memo(\(([head] + arguments.map(\.sql)).joined(separator: ", ")))"
        }
        let packs = stride(from: 0, to: arguments.count, by: width).map { start in
            let part = arguments[start..<min(start + width, arguments.count)]
            return "b_pack(\(part.map(\.sql).joined(separator: ", ")))"
        }
        return "b_memo_packed(\(([head] + packs).joined(separator: ", ")))"
    }

    /// A batched call in FROM as a table of one row; nil when the function is none that may stand
    /// there.
    func batchTable(_ table: TableFunction) -> DerivedTable? {
        guard table.call.mayBeBatched, let function = context.batchFunction(table.call.name.name),
            !function.tableColumns.isEmpty
        else { return nil }
        let items = function.tableColumns.map { column in
            let member = "JSON_UNQUOTE(JSON_EXTRACT(j, '$.\(column.name)'))"
            let value =
                switch column.kind {
                case .text: member
                case .integer: "CAST(\(member) AS SIGNED)"
                case .flag: "IF(\(member) = 'true', 1, 0)"
                }
            return "\(value) AS \(column.name)"
        }
        let text = "SELECT \(items.joined(separator: ", ")) FROM (SELECT 0 AS j) AS t"
        // The text is our own; a name in it that is none of a column would be told here.
        guard var query = try? StatementParser.parseQuery(text),
            case .select(var outer) = query.body, case .derived(var source)? = outer.from.first,
            case .select(var inner) = source.query.body
        else {
            assertionFailure("the columns of \(table.call.name.name) have no names of columns")
            return nil
        }
        let call = Expression(kind: .function(table.call), span: table.span)
        inner.items[0].kind = .expression(call, alias: Identifier(name: "j"))
        source.query.body = .select(inner)
        outer.from = [.derived(source)]
        query.body = .select(outer)
        return DerivedTable(query: query, alias: table.alias ?? table.call.name, span: table.span)
    }

    private struct BoundCall {
        var call: any BatchCall
        var arguments: [TypedSQL]
        var isCorrelated: Bool
        var isGrouped: Bool
        /// Two readings of the arguments agree.
        var isRepeatable: Bool
        /// It holds for this value of a `?` only.
        var isOfParameter: Bool
        var origin: StreamedCall.Rebinding

        var key: String {
            call.identity + "(" + arguments.map(\.sql).joined(separator: ", ") + ")"
        }
    }

    /// Translates the arguments and asks the function; nil while parameters are not known yet.
    private func bind(
        _ function: any BatchFunction,
        _ call: FunctionCall,
        _ scope: Scope
    ) throws -> BoundCall? {
        guard call.over == nil, !call.isDistinct, !call.isStar else {
            throw TableError.wrongArguments(call.name.name)
        }
        let hadAggregate = scope.hasAggregate
        scope.hasAggregate = false
        let (volatile, watcher) = (volatileCount, watch(scope))
        let names = function.nameCount(of: call.arguments.count)
        let nodes = call.arguments.enumerated().map { $0 < names ? $1.asName : $1 }
        let values = try nodes.map { try expression($0, scope) }
        let isCorrelated = endWatch(watcher)
        let isGrouped = scope.hasAggregate
        scope.hasAggregate = hadAggregate || isGrouped
        var isOfParameter = false
        var described: [StreamedCall.Rebinding.Argument] = []
        for (node, value) in zip(nodes, values) {
            if case .placeholder(let index) = node.kind {
                guard index < context.parameters.count else { return nil }
                isOfParameter = isOfParameter || described.isEmpty
                described.append(.parameter(index, value.type))
            } else {
                described.append(
                    .fixed(BatchArgument(constant: node.constantValue, type: value.type))
                )
            }
        }
        let origin = StreamedCall.Rebinding(function: function, arguments: described)
        let caller = BatchCaller(context.rights, systemVariable: context.systemVariable)
        let bound = try origin.bind(context.parameters, caller)
        return BoundCall(
            call: bound,
            arguments: Array(values[bound.constantCount...]),
            isCorrelated: isCorrelated,
            isGrouped: isGrouped,
            isRepeatable: volatile == volatileCount,
            isOfParameter: isOfParameter,
            origin: origin
        )
    }

    private func slot(_ bound: BoundCall, _ scope: Scope) -> Int {
        if let known = scope.batchSites.first(where: { $0.key == bound.key }) { return known.slot }
        let slot = slotCount
        slotCount += 1
        scope.batchSites.append(
            BatchSite(
                slot: slot,
                call: bound.call,
                arguments: bound.arguments,
                key: bound.key,
                isGrouped: bound.isGrouped
            )
        )
        return slot
    }

    // MARK: - Passes

    /// Adds the passes of all sites of a scope, which read `source`: FROM with its conditions.
    func addPasses(_ scope: Scope, source: String) {
        addPasses(scope, scope.batchSites.indices, source: source)
    }

    /// Adds the passes of some sites.
    ///
    /// - Parameter grouping: `GROUP BY ...` of the block, for sites over aggregates.
    func addPasses(
        _ scope: Scope,
        _ sites: Range<Int>,
        source: String,
        grouping: String = ""
    ) {
        for site in scope.batchSites[sites] {
            let list = site.arguments.isEmpty ? ["1"] : site.arguments.map(\.sql)
            let with =
                commonDefinitions.isEmpty
                ? "" : "WITH RECURSIVE " + commonDefinitions.joined(separator: ", ") + " "
            let sql =
                "\(with)SELECT \(list.joined(separator: ", "))\(source)"
                + (site.isGrouped ? grouping : "")
            passes.append(
                BatchPass(
                    sql: sql,
                    slot: site.slot,
                    call: site.call,
                    arguments: site.arguments.map { ResultColumn(name: "", value: $0) }
                )
            )
        }
    }

    /// The parts of a condition that AND joins.
    static func conjuncts(_ node: Expression) -> [Expression] {
        var parts: [Expression] = []
        var open = [node]
        while let next = open.popLast() {
            if case .binary(.and, let left, let right) = next.kind {
                open.append(right)
                open.append(left)
            } else {
                parts.append(next)
            }
        }
        return parts
    }

    /// A condition part by part.
    func conditions(_ node: Expression, _ scope: Scope) throws -> Conditions {
        var result = Conditions()
        for part in Self.conjuncts(node) {
            let sites = scope.batchSites.count
            let watcher = watch(scope)
            let sql = truth(try expression(part, scope))
            let isLocal = !endWatch(watcher)
            result.all.append(sql)
            if isLocal { result.local.append(sql) }
            if isLocal, scope.batchSites.count == sites { result.free.append(sql) }
        }
        return result
    }

    /// The condition of a join. A part that holds a batched call holds for every pair of rows as
    /// long as answers are still being asked for.
    func onCondition(_ node: Expression, _ scope: Scope) throws -> String {
        let parts = try Self.conjuncts(node).map { part -> String in
            let before = slotUses.count
            let sql = truth(try expression(part, scope))
            guard slotUses.count > before else { return sql }
            let slots = Set(slotUses[before...]).sorted().map(String.init).joined(separator: ", ")
            return "(b_pending(\(slots)) OR \(sql))"
        }
        return parts.joined(separator: " AND ")
    }

    // MARK: - Streaming

    /// True when answers may be put into rows that are on their way: nothing sorts, groups or
    /// compares by a call of the select list.
    func isStreamable(_ block: QueryBlock, _ orderBy: [OrderItem]) -> Bool {
        guard mayStream, depth == 1, !block.isDistinct, block.groupBy.isEmpty, !block.withRollup,
            block.having == nil, !block.calculatesFoundRows
        else { return false }
        let calls = block.items.indices.filter { isBatchCall(block.items[$0]) }
        guard !calls.isEmpty else { return false }
        let hasStar = block.items.contains {
            if case .expression = $0.kind { false } else { true }
        }
        let names = calls.map { index -> String in
            if case .expression(_, let alias?) = block.items[index].kind { alias.name } else { "" }
        }
        return orderBy.allSatisfy { item in
            switch item.expression.kind {
            case .literal(.integer(let place)):
                !hasStar && !calls.contains(Int(clamping: place) - 1)
            case .column(let column):
                !names.contains { $0.asciiLowercased == column.name.name.asciiLowercased }
            default: false
            }
        }
    }

    private func isBatchCall(_ item: SelectItem) -> Bool {
        guard case .expression(let node, _) = item.kind, case .function(let call) = node.kind,
            call.mayBeBatched
        else { return false }
        return context.batchFunction(call.name.name) != nil
    }

    /// An item of the select list that is a batched call, streamed; nil when it is something else,
    /// or when its answers are in a memo anyway.
    func streamedItem(_ node: Expression, _ column: Int, _ scope: Scope) throws -> TypedSQL? {
        guard case .function(let call) = node.kind, call.mayBeBatched,
            let function = context.batchFunction(call.name.name),
            let bound = try bind(function, call, scope), !bound.isCorrelated,
            !scope.batchSites.contains(where: { $0.key == bound.key })
        else { return nil }
        if bound.call.isCurrent, bound.isOfParameter { isCacheable = false }
        streams.append(
            StreamedCall(
                column: column,
                call: bound.call,
                firstArgument: streamedArguments.count,
                arguments: bound.arguments.map { ResultColumn(name: "", value: $0) },
                rebinding: bound.call.isCurrent ? nil : bound.origin
            )
        )
        streamedArguments += bound.arguments
        var result = TypedSQL("NULL", bound.call.type)
        result.coercibility = 2
        return result
    }

    // MARK: - Columns of outer queries

    /// Begins to notice columns that belong to a query around `scope`.
    func watch(_ scope: Scope) -> Int {
        watchers.append((scope, false))
        return watchers.count - 1
    }

    /// Ends it; true when there was one.
    func endWatch(_ watcher: Int) -> Bool {
        defer { watchers.removeSubrange(watcher...) }
        return watchers[watcher].isTouched
    }

    /// Tells the watchers in which block a column was found.
    func noteFound(_ block: Scope) {
        for index in watchers.indices {
            var outer = watchers[index].scope.parent
            while let current = outer {
                if current === block {
                    watchers[index].isTouched = true
                    break
                }
                outer = current.parent
            }
        }
    }
}

extension FunctionCall {
    /// True without a database, and with the schema that PolarDB's clients write before functions
    /// on models.
    fileprivate var mayBeBatched: Bool {
        database.map { $0.name.asciiLowercased == "polar_ai" } ?? true
    }
}

extension Expression {
    /// A bare word as the text that it is; of a qualified name the last part, since models are in
    /// no schema.
    var asName: Expression {
        guard case .column(let column) = kind else { return self }
        return Expression(kind: .literal(.string(column.name.name)), span: span)
    }
}
