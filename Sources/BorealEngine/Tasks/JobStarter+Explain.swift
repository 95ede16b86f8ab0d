import BorealBase
import BorealCatalog
import BorealGraph
import BorealSQL
import BorealTables
import BorealWire

extension JobStarter {
    /// EXPLAIN MODEL: gain and splits of each feature; with USING also how far each one moves the
    /// scores of the rows of a query, in the mean.
    func importances(_ statement: ExplainModel) throws(ServerError) -> any RunningStatement {
        let graph = try graph(
            of: models.usable(statement.name.name, version: statement.version?.name)
        )
        guard let shares = FeatureShare.all(of: graph) else {
            throw .unsupported("EXPLAIN MODEL of a model without trees")
        }
        guard let query = statement.query else {
            let table = FeatureShare.table(shares)
            return ImmediateStatement { response in response.write(table) }
        }
        let reader = try OptionReader(statement.options, known: ["x_cols"])
        let own = graph.metadata.featureColumns
        let names =
            try reader.columns("x_cols") ?? (own.isEmpty ? graph.inputs.map(\.name) : own)
        let explainer: GraphExplainer
        do {
            explainer = try GraphExplainer(graph, cancellation: cancellation)
        } catch {
            throw ServerError(graph: error)
        }
        let source = try InnerQueryRun(session, query.text).run(cancellation: cancellation)
        let columns = source.columns.map(\.name)
        try Self.check(names, among: columns, "x_cols")
        return ModelImportanceRun(
            source,
            scorer: try ModelScorer(graph, names: names, columns: columns),
            explainer: explainer,
            shares: shares,
            cancellation: cancellation
        )
    }

    /// SELECT ... FROM EXPLAIN with `method='permutation'` or `'dependence'`.
    func influence(_ request: InfluenceRequest) throws(ServerError) -> FixedTable {
        let bound = try models.usable(request.model, version: request.version)
        let graph = try graph(of: bound)
        let query = try InnerQueryRun(session, request.query, job: payload(bound.version.id))
        let columns = try query.describe()
        try Self.check(request.features, in: columns, "x_cols")
        _ = try ModelScorer(graph, names: request.features, columns: columns.map(\.name))
        _ = try InfluenceRunner.positions(of: request.only, in: graph)
        switch request.method {
        case .permutation(let label, let metric, _, _):
            try Self.check([label], in: columns, "y_cols")
            _ = try EvaluationSubject(
                graph,
                labels: 1,
                metrics: [metric],
                model: bound.model.name
            )
        case .dependence:
            guard !request.only.isEmpty else {
                throw .invalidOption("features", "the option is missing or empty")
            }
        }
        try commit()
        return try tasks.begin(
            .explanation,
            model: bound,
            statement: String(decoding: text, as: UTF8.self),
            kind: InfluenceRunner.kind,
            payload: payload(bound.version.id).json,
            held: try query.hold()
        )
    }
}
