import BorealBase
import BorealCatalog
import BorealGraph
import BorealSQL
import BorealTables
import BorealWire

extension JobStarter {
    /// PREDICT in the background.
    func predict(_ request: PredictRequest) throws(ServerError) -> FixedTable {
        let bound = try models.usable(request.model, version: request.version)
        let graph = try graph(of: bound)
        let query = try InnerQueryRun(session, request.query, job: payload(bound.version.id))
        let columns = try query.describe()
        try Self.check(request.features, in: columns, "x_cols")
        try Self.check(request.carried, in: columns, "s_cols")
        let names = columns.map(\.name)
        let added = try PredictionColumns(graph, request.answer)
        _ = try ModelScorer(graph, names: request.features, columns: names)
        let projection = try Projection(
            request.items,
            carried: request.carried,
            inputs: names,
            added: added.names
        )
        if let target = request.target { try check(target, projection, columns, added.storedTypes) }
        try commit()
        return try tasks.begin(
            request.answer.isExplanation ? .explanation : .prediction,
            model: bound,
            statement: String(decoding: text, as: UTF8.self),
            kind: PredictRunner.kind,
            payload: payload(bound.version.id).json,
            held: try query.hold()
        )
    }

    /// Whether the table of INTO can be made: rights, name, types and key.
    ///
    /// - Parameter added: types of the columns that the model adds.
    func check(
        _ target: TableTarget,
        _ projection: Projection,
        _ inputs: [ResultColumn],
        _ added: [ColumnType]
    ) throws(ServerError) {
        let table = try target.table(projection, inputs: inputs, added: added, writer: "")
        do {
            if target.place == .here {
                try session.tables.check(table)
            } else {
                try session.tables.checkDefinition(of: table)
            }
        } catch {
            throw ServerError(table: error)
        }
        if target.place != .here { try checkFree(target) }
    }

    /// Whether a source may be written, and has no table of the name.
    ///
    /// - Throws: 1227, 1050, 1235 for a database here that is not `polar4ai`, 1477 for a source
    ///   that there is not, and what the source says.
    private func checkFree(_ target: TableTarget) throws(ServerError) {
        let isOurs = SourceMarks(Array("\(target.database.backQuoted).t".utf8)).namesOurs
        if target.place == .theirs, !session.engine.hasSource || isOurs {
            throw .notYet("INTO a table of another database than '\(TableTarget.database)'")
        }
        try SourceRight.check(session.tables.rights)
        if let source = target.source { _ = try session.engine.sources.server(source) }
        guard let reading = session.reading else { throw .sourceOutOfReach }
        let name = "\(target.database.backQuoted).\(target.name.backQuoted)"
        do throws(ServerError) {
            _ = try reading.query(
                ForeignQuery(source: target.source, text: "SELECT 1 FROM \(name)"),
                payload(nil)
            )
        } catch {
            if reading.awaited == nil, error.code == .noSuchTable { return }
            throw error
        }
        throw ServerError(table: TableError.tableExists(target.name))
    }

    /// The columns of `predictOnline`; nothing runs.
    func columns(of request: PredictRequest) throws(ServerError) -> [ColumnDefinition41] {
        let graph = try graph(of: models.usable(request.model, version: request.version))
        let inputs = try InnerQueryRun(session, request.query).describe()
        let added = try PredictionColumns(graph, request.answer)
        let projection = try Projection(
            request.items,
            inputs: inputs.map(\.name),
            added: added.names
        )
        return projection.definitions(
            inputs: inputs.map(\.definition),
            added: added.definitions
        )
    }

    /// PREDICT that runs inside the session and sees its own changes.
    func predictOnline(_ request: PredictRequest) throws(ServerError) -> any RunningStatement {
        let bound = try models.usable(request.model, version: request.version)
        let graph = try graph(of: bound)
        let query = try InnerQueryRun(session, request.query)
        let source = try query.run(cancellation: cancellation)
        let names = source.columns.map(\.name)
        try Self.check(request.features, among: names, "x_cols")
        try Self.check(request.carried, among: names, "s_cols")
        let added = try PredictionColumns(graph, request.answer)
        var scorer = try ModelScorer(graph, names: request.features, columns: names)
        scorer.meter = session.engine.meter
        let frame = try PredictionFrame(request.items, inputs: source.columns, added: added)
        let running = OnlinePredict(
            source,
            frame,
            scorer: scorer,
            tables: session.tables,
            cancellation: cancellation
        )
        running.onOneRow = { [session, text] nanoseconds in
            guard nanoseconds <= KeptPredictions.nanosecondsMax, let lookup = query.lookup,
                let edition = lookup.handle.edition, let artifact = bound.version.artifact,
                let loaded = session.engine.models.loaded(artifact)
            else { return }
            let kept = KeptPrediction(
                request,
                bound.version.id,
                loaded,
                lookup.handle,
                edition,
                scorer,
                frame
            )
            session.keptPredictions.keep(kept, text, lookup.values)
        }
        return running
    }

    /// EXPLAIN SELECT ... FROM PREDICT: everything is checked, nothing runs.
    func explain(_ request: PredictRequest) throws(ServerError) -> FixedTable {
        let bound = try models.usable(request.model, version: request.version)
        let graph = try graph(of: bound)
        let inputs = try InnerQueryRun(session, request.query).describe()
        let names = inputs.map(\.name)
        try Self.check(request.features, among: names, "x_cols")
        try Self.check(request.carried, among: names, "s_cols")
        let added = try PredictionColumns(graph, request.answer)
        let projection = try Projection(
            request.items,
            carried: request.isOffline ? request.carried : [],
            inputs: names,
            added: added.names
        )
        if let target = request.target { try check(target, projection, inputs, added.storedTypes) }
        return PredictionPlan(
            bound: bound,
            graph: graph,
            inputs: inputs,
            scorer: try ModelScorer(graph, names: request.features, columns: names),
            added: added,
            isOffline: request.isOffline,
            target: request.target
        ).table
    }
}
