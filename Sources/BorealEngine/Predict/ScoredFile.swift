import BorealBase
import BorealCatalog
import BorealGraph
import BorealTasks

/// The result file of an offline task: every row of the inner query with what the model adds to it.
struct ScoredFile {
    private let projection: Projection
    private let added: PredictionColumns
    private let scorer: ModelScorer
    private var file: ResultFile
    private var cell: [UInt8] = []
    /// The same rows for a table; nil without INTO.
    private let rows: TableRows?
    /// Rows written.
    private(set) var rowCount = 0

    /// Binds the columns and writes the header.
    ///
    /// - Parameter rows: gathers the same rows for a table.
    /// - Throws: what `Projection` and `ModelScorer` throw.
    init(
        _ writer: ArtifactWriter,
        graph: ModelGraph,
        added: PredictionColumns,
        items: [Projection.Item],
        carried: [String],
        features: [String],
        columns: [String],
        rows: TableRows? = nil
    ) throws(ServerError) {
        self.rows = rows
        projection = try Projection(
            items,
            carried: carried,
            inputs: columns,
            added: added.names
        )
        scorer = try ModelScorer(graph, names: features, columns: columns, threads: 2)
        self.added = added
        file = ResultFile(writer)
        file.header(projection.columns.map(\.name))
    }

    /// Scores a batch and writes its rows.
    ///
    /// - Parameters:
    ///   - roles: what to compute beside what the added columns need, behind it.
    ///   - others: further outputs of the graph, behind all of that.
    mutating func append(
        _ batch: RowBatch,
        roles: [GraphOutput.Role] = [],
        others: [GraphOutput] = [],
        _ context: JobContext
    ) throws -> ScoredBatch {
        try context.checkCancellation()
        var question = added.question
        question.roles += roles
        question.others += others
        let answer = try scorer.answer(
            question,
            batch,
            firstRow: rowCount,
            cancellation: context.cancellation
        )
        for row in 0..<batch.rowCount {
            for line in 0..<added.linesPerRow {
                write(answer, row, line)
                try rows?.append(batch, row: row) { column, cell in
                    added.append(answer, row: row, line: line, column: column, to: &cell)
                }
            }
        }
        try file.flush()
        rowCount += batch.rowCount
        return answer
    }

    private mutating func write(_ answer: ScoredBatch, _ row: Int, _ line: Int) {
        for column in projection.columns {
            switch column.source {
            case .input(let index): file.cell(answer.batch.columns[index], row, &cell)
            case .added(let index):
                cell.removeAll(keepingCapacity: true)
                // NULL is nothing between two commas, as of any column.
                _ = added.append(answer, row: row, line: line, column: index, to: &cell)
                file.cell(cell)
            }
        }
        file.endRow()
    }

    /// Stores the file.
    mutating func finish() throws(CatalogError) -> PublishedArtifact { try file.finish() }
}
