import BorealBase
import BorealGraph

/// Answers batches of rows with one model: what PREDICT, EVALUATE and the command line share.
struct ModelScorer {
    let graph: ModelGraph
    let binder: FeatureBinder
    private let threads: Int
    /// Counts the rows; nil for nobody.
    var meter: WorkMeter?

    /// Matches `names` with the model's features: by name when they are the model's own in any
    /// order, else by position.
    ///
    /// - Parameter columns: names of the columns of the batches to come.
    /// - Throws: `unknownColumn` for a name the query does not return, `invalidOption` for a wrong
    ///   count.
    init(
        _ graph: ModelGraph,
        names: [String],
        columns: [String],
        threads: Int = 1
    ) throws(ServerError) {
        let folded = columns.map(\.asciiLowercased)
        let places = Dictionary(zip(folded, folded.indices)) { first, _ in first }
        var indexes: [Int] = []
        for name in names {
            guard let index = places[name.asciiLowercased] else {
                throw .unknownColumn(name, in: "x_cols")
            }
            indexes.append(index)
        }
        guard names.count == graph.inputs.count else {
            throw .invalidOption(
                "x_cols",
                "\(names.count) columns are named, the model has \(graph.inputs.count) features"
            )
        }
        do {
            binder = try FeatureBinder(inputs: graph.inputs, names: names, columnIndexes: indexes)
        } catch {
            throw ServerError(graph: error)
        }
        self.graph = graph
        self.threads = threads
    }

    /// A scorer whose columns are matched already.
    init(_ graph: ModelGraph, _ binder: FeatureBinder, meter: WorkMeter) {
        self.graph = graph
        self.binder = binder
        self.meter = meter
        threads = 1
    }

    /// For each feature the column that feeds it.
    var columnIndexes: [Int] { binder.columnIndexes }

    /// Answers the rows of a batch.
    ///
    /// - Parameter firstRow: rows of the query before this batch, for messages.
    /// - Throws: `badRowValue` for a cell that is no feature; `interrupted`.
    func score(
        _ batch: RowBatch,
        roles: [GraphOutput.Role],
        firstRow: Int = 0,
        cancellation: CancellationFlag? = nil
    ) throws(ServerError) -> GraphResults {
        do {
            let features = try binder.bind(batch)
            defer { meter?.countPredicted(batch.rowCount) }
            return try graph.run(
                features,
                roles: roles,
                threads: threads,
                cancellation: cancellation
            )
        } catch {
            throw ServerError(graph: error, firstRow: firstRow)
        }
    }

    /// Answers the rows of a batch with outputs of the graph.
    ///
    /// - Throws: as `score(_:roles:firstRow:cancellation:)`.
    func score(_ batch: RowBatch, outputs: [GraphOutput]) throws(ServerError) -> GraphResults {
        do {
            return try graph.run(try binder.bind(batch), outputs: outputs, threads: threads)
        } catch {
            throw ServerError(graph: error)
        }
    }

    /// What explains the model's raw scores.
    ///
    /// - Throws: `ServerError` for a model that cannot be explained.
    func explainer() throws(ServerError) -> GraphExplainer {
        do { return try GraphExplainer(graph) } catch { throw ServerError(graph: error) }
    }

    /// What the features contribute to the raw scores of the rows of a batch.
    ///
    /// - Throws: as `score(_:roles:firstRow:cancellation:)`.
    func explain(
        _ batch: RowBatch,
        _ explainer: GraphExplainer
    ) throws(ServerError) -> AdditiveExplanation {
        do {
            return try explainer.additiveExplanation(try binder.bind(batch), threads: threads)
        } catch {
            throw ServerError(graph: error)
        }
    }

    /// Answers a question about the rows of a batch.
    ///
    /// - Parameter firstRow: rows of the query before this batch, for messages.
    /// - Throws: as `score`; a value that is no feature only when the question keeps no bad rows.
    func answer(
        _ question: ModelQuestion,
        _ batch: RowBatch,
        firstRow: Int,
        cancellation: CancellationFlag
    ) throws(ServerError) -> ScoredBatch {
        do {
            let features = try binder.bind(batch, goesOn: question.keepsBadRows)
            let results = try graph.run(
                features,
                outputs: try question.outputs(of: graph),
                threads: threads,
                cancellation: cancellation
            )
            let explanation = try question.explainer.map { explainer throws(GraphError) in
                try explainer.additiveExplanation(
                    features,
                    threads: threads,
                    cancellation: cancellation
                )
            }
            return ScoredBatch(
                batch: batch,
                features: features,
                columnIndexes: binder.columnIndexes,
                results: results,
                firstOther: question.roles.count,
                explanation: explanation,
                rejections: features.rejectedRows.mapValues {
                    ServerError(graph: $0, firstRow: firstRow).message
                }
            )
        } catch {
            throw ServerError(graph: error, firstRow: firstRow)
        }
    }

    /// The features of a batch as the model sees them.
    ///
    /// - Throws: `badRowValue` for a cell that is no feature.
    func features(_ batch: RowBatch, firstRow: Int) throws(ServerError) -> GraphBatch {
        do {
            return try binder.bind(batch)
        } catch {
            throw ServerError(graph: error, firstRow: firstRow)
        }
    }
}
