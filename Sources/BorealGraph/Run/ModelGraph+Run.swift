public import BorealBase
import Dispatch
import Synchronization

extension ModelGraph {
    /// Answers all rows of a batch.
    ///
    /// - Parameters:
    ///   - batch: rows of features, made by a `FeatureBinder` for this graph.
    ///   - roles: what to compute; nothing else is.
    ///   - threads: at most this many work at once, the caller's among them. The answer does not
    ///     depend on it.
    /// - Throws: `GraphError.outputMissing`, `.featureCountMismatch`, `.tooLarge`, `.cancelled`.
    public func run(
        _ batch: GraphBatch,
        roles: [GraphOutput.Role],
        threads: Int = 1,
        cancellation: CancellationFlag? = nil
    ) throws(GraphError) -> GraphResults {
        try run(
            batch,
            outputs: try roles.map { role throws(GraphError) in try required(role) },
            threads: threads,
            cancellation: cancellation
        )
    }

    /// Answers all rows of a batch with outputs of the graph's own.
    ///
    /// - Throws: as `run(_:roles:threads:cancellation:)`.
    public func run(
        _ batch: GraphBatch,
        outputs: [GraphOutput],
        threads: Int = 1,
        cancellation: CancellationFlag? = nil
    ) throws(GraphError) -> GraphResults {
        guard batch.featureCount == inputs.count else {
            throw .featureCountMismatch(expected: inputs.count, given: batch.featureCount)
        }
        var outcome: Swift.Result<GraphResults, GraphError>?
        batch.values.withUnsafeBufferPointer { values in
            let empty = UnsafePointer<Double>(bitPattern: 8)
            guard let base = values.baseAddress ?? empty else { return }
            do throws(GraphError) {
                outcome = .success(
                    try run(
                        base,
                        rowCount: batch.rowCount,
                        outputs: outputs,
                        threads: threads,
                        cancellation: cancellation,
                        unseen: batch.unseenCategories,
                        lists: batch.lists
                    )
                )
            } catch { outcome = .failure(error) }
        }
        guard let outcome else { throw .invalidGraph(reason: "no rows") }
        return try outcome.get()
    }

    /// Answers rows of features that lie in memory row by row, without copying them.
    ///
    /// - Parameters:
    ///   - features: `[rowCount * inputs.count]`
    ///   - lists: what the cells of features that are lists stand for.
    /// - Throws: as `run(_:roles:threads:cancellation:)`.
    public func run(
        _ features: UnsafePointer<Double>,
        rowCount: Int,
        roles: [GraphOutput.Role],
        lists: FeatureLists? = nil,
        threads: Int = 1,
        cancellation: CancellationFlag? = nil
    ) throws(GraphError) -> GraphResults {
        try run(
            features,
            rowCount: rowCount,
            outputs: try roles.map { role throws(GraphError) in try required(role) },
            threads: threads,
            cancellation: cancellation,
            lists: lists
        )
    }

    private func required(_ role: GraphOutput.Role) throws(GraphError) -> GraphOutput {
        guard let output = output(role) else { throw .outputMissing(role: role) }
        return output
    }

    private func run(
        _ features: UnsafePointer<Double>,
        rowCount: Int,
        outputs: [GraphOutput],
        threads: Int,
        cancellation: CancellationFlag?,
        unseen: Int = 0,
        lists: FeatureLists?
    ) throws(GraphError) -> GraphResults {
        let results = try GraphResults(
            graph: self,
            outputs: outputs,
            rowCount: rowCount,
            unseen: unseen
        )
        let job = ChunkedRun(
            features: features,
            lists: lists,
            results: results,
            cancellation: cancellation,
            threads: threads
        )
        guard job.run() else { throw .cancelled }
        return results
    }
}

/// The rows of one run, handed out chunk by chunk to the threads that work on it.
// The features are only read, each chunk of the results is written by the one thread that took it,
// and the caller waits for all threads before it looks.
private final class ChunkedRun: @unchecked Sendable {
    let features: UnsafePointer<Double>
    let lists: FeatureLists?
    let results: GraphResults
    let cancellation: CancellationFlag?
    let threads: Int
    let next = Atomic<Int>(0)

    init(
        features: UnsafePointer<Double>,
        lists: FeatureLists?,
        results: GraphResults,
        cancellation: CancellationFlag?,
        threads: Int
    ) {
        self.features = features
        self.lists = lists
        self.results = results
        self.cancellation = cancellation
        self.threads = threads
    }

    /// False when it was cancelled.
    func run() -> Bool {
        let session = GraphSession(results.graph, outputs: results.outputs)
        let chunks = (results.rowCount + session.rowsMax - 1) / session.rowsMax
        let workers = min(threads, chunks)
        if workers <= 1 {
            work(session)
        } else {
            DispatchQueue.concurrentPerform(iterations: workers) { _ in
                work(GraphSession(results.graph, outputs: results.outputs))
            }
        }
        return cancellation?.isCancelled != true
    }

    private func work(_ session: GraphSession) {
        while cancellation?.isCancelled != true {
            let start = next.add(session.rowsMax, ordering: .relaxed).oldValue
            guard start < results.rowCount else { return }
            let count = min(session.rowsMax, results.rowCount - start)
            session.runChunk(
                features + start * results.graph.inputs.count,
                rowCount: count,
                lists: lists
            )
            for output in results.outputs.indices {
                // The features themselves are in nobody's memory but the caller's.
                let given = features + start * results.graph.inputs.count
                let source = session.memory(of: output) ?? UnsafeMutableRawPointer(mutating: given)
                let bytes = results.rowBytes(output)
                results.memory[output].advanced(by: start * bytes)
                    .copyMemory(from: source, byteCount: count * bytes)
            }
        }
    }
}
