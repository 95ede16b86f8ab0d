public import BorealBase

extension TreeExplainer {
    /// Numbers that the interactions of one row take.
    public var interactionsPerRow: Int { scoresPerRow * (featureCount + 1) * (featureCount + 1) }

    /// SHAP interaction values of rows, as shap's `shap_interaction_values`: symmetric matrices
    /// whose lines add up to the contributions. The bias stands in the last place of the last line.
    ///
    /// - Parameters:
    ///   - rows: numbers, row after row; NaN for a missing value.
    ///   - count: rows.
    ///   - stride: numbers from row to row, at least `featureCount`.
    ///   - interactions: `[count * scoresPerRow * (featureCount + 1) * (featureCount + 1)]`,
    ///     overwritten.
    ///   - threads: at most this many work at once. The answer does not depend on it.
    /// - Throws: `ExplanationError.tooLarge` when a row's matrices alone are, `.cancelled`.
    public func interactions(
        rows: UnsafePointer<Double>,
        count: Int,
        stride: Int,
        into interactions: UnsafeMutablePointer<Double>,
        threads: Int = 1,
        cancellation: CancellationFlag? = nil
    ) throws(ExplanationError) {
        guard interactionsPerRow <= ExplanationLimits.valuesMax else {
            throw .tooLarge(count: interactionsPerRow, limit: ExplanationLimits.valuesMax)
        }
        precondition(count >= 0 && stride >= featureCount, "rows overlap")
        // Sendable by hand: each piece writes the matrices of its own rows.
        nonisolated(unsafe) let target = interactions
        // Few rows at once: their matrices are to stay in the cache.
        let work = BlockWork(count: count, rows: 8, threads: threads)
        let isDone = forEachBlock(work, rows, stride) { first, block, scratch in
            let matrices = target + first * interactionsPerRow
            return addPairs(block, scratch, matrices, cancellation)
                && complete(block, scratch, matrices, cancellation)
        }
        guard isDone else { throw .cancelled }
    }

    /// Fills the upper triangles with twice the interactions.
    private func addPairs(
        _ block: ShapBlock,
        _ scratch: UnsafeMutableRawPointer,
        _ matrices: UnsafeMutablePointer<Double>,
        _ cancellation: CancellationFlag?
    ) -> Bool {
        let width = featureCount + 1
        guard clear(matrices, block.count * interactionsPerRow, cancellation) else { return false }
        for (number, tree) in trees.enumerated() {
            guard !tree.nodes.isEmpty, let rule = rules[tree.nodeCount] else { continue }
            let job = ShapJob(
                tree: tree,
                block: block,
                scratch: scratch,
                levels: depth,
                cancellation: cancellation
            )
            let target = matrices + number % scoresPerRow * width * width
            guard job.addInteractions(rule, to: target, width: width, stride: interactionsPerRow)
            else { return false }
        }
        return true
    }

    /// Mirrors the triangles; what is left of each contribution stands on the diagonal.
    private func complete(
        _ block: ShapBlock,
        _ scratch: UnsafeMutableRawPointer,
        _ matrices: UnsafeMutablePointer<Double>,
        _ cancellation: CancellationFlag?
    ) -> Bool {
        let width = featureCount + 1
        let count = block.count * contributionsPerRow
        let contributions = UnsafeMutablePointer<Double>.allocate(capacity: count)
        defer { contributions.deallocate() }
        guard explain(block, scratch, contributions, cancellation) else { return false }
        for number in 0..<block.count * scoresPerRow {
            let matrix = matrices + number * width * width
            for i in 0..<featureCount {
                if cancellation?.isCancelled == true { return false }
                for j in i + 1..<width {
                    matrix[i * width + j] /= 2 * divisor
                    matrix[j * width + i] = matrix[i * width + j]
                }
                var rest = contributions[number * width + i]
                for j in 0..<featureCount where j != i { rest -= matrix[i * width + j] }
                matrix[i * width + i] = rest
            }
            let bias = contributions[number * width + featureCount]
            matrix[featureCount * width + featureCount] = bias
        }
        return true
    }
}
