import BorealBase
import BorealGraph
import BorealSQL
import BorealStatistics
import BorealWire

extension JobStarter {
    /// SELECT ... FROM IV(...) and its like, inside the session.
    func statistic(_ statement: SelectFromStatistic) throws(ServerError) -> any RunningStatement {
        let question = try StatisticQuestion(statement)
        var queries: [InnerQueryRun] = []
        for text in question.queries { queries.append(try InnerQueryRun(session, text)) }
        switch question.subject {
        case .sample(let request):
            return try StatisticRun(question, request, queries, cancellation: cancellation)
        case .drift(let asked): return try drift(question, asked, queries[0])
        }
    }

    private func drift(
        _ question: StatisticQuestion,
        _ asked: DriftQuestion,
        _ query: InnerQueryRun
    ) throws(ServerError) -> any RunningStatement {
        let graph = try graph(of: models.usable(asked.model, version: asked.version))
        // Whatever a file from elsewhere says of its training rows must fit its features.
        guard let json = graph.metadata.trainingDistribution,
            let expected = SampleDistribution(json: json),
            expected.features.count == graph.inputs.count
        else { throw .unsupported("DRIFT of a model that does not keep its training distribution") }
        let own = graph.metadata.featureColumns
        let names = asked.features ?? (own.isEmpty ? graph.inputs.map(\.name) : own)
        let source = try query.run(cancellation: cancellation)
        let columns = source.columns.map(\.name)
        try Self.check(names, among: columns, "x_cols")
        return DriftRun(
            question,
            source,
            scorer: try ModelScorer(graph, names: names, columns: columns),
            expected: expected,
            binCount: asked.binCount,
            cancellation: cancellation
        )
    }
}
