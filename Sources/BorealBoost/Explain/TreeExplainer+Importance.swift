public import BorealBase

extension TreeExplainer {
    /// How much each feature moves the scores of a batch: the mean of its contributions' absolute
    /// values.
    ///
    /// - Parameters:
    ///   - rows: as for `contributions`.
    ///   - threads: at most this many work at once. The answer does not depend on it.
    /// - Returns: `[scoresPerRow * featureCount]`, score after score; zeros for no rows.
    /// - Throws: `ExplanationError.tooLarge` when a row's contributions alone are, `.cancelled`.
    public func meanAbsoluteContributions(
        rows: UnsafePointer<Double>,
        count: Int,
        stride: Int,
        threads: Int = 1,
        cancellation: CancellationFlag? = nil
    ) throws(ExplanationError) -> [Double] {
        let width = contributionsPerRow
        guard width <= ExplanationLimits.valuesMax / 64 else {
            throw .tooLarge(count: width, limit: ExplanationLimits.valuesMax / 64)
        }
        var means = [Double](repeating: 0, count: scoresPerRow * featureCount)
        let chunk = max(1, min(1_024 * max(1, threads), count, (1 << 23) / width))
        var buffer = [Double](repeating: 0, count: chunk * width)
        var start = 0
        while start < count {
            let part = min(chunk, count - start)
            try buffer.withUnsafeMutableBufferPointer { buffer throws(ExplanationError) in
                guard let target = buffer.baseAddress else { return }
                try contributions(
                    rows: rows + start * stride,
                    count: part,
                    stride: stride,
                    into: target,
                    threads: threads,
                    cancellation: cancellation
                )
            }
            // In the order of the rows, whoever explained them.
            for row in 0..<part * scoresPerRow {
                let first = row % scoresPerRow * featureCount
                for feature in 0..<featureCount {
                    means[first + feature] += abs(buffer[row * (featureCount + 1) + feature])
                }
            }
            start += part
        }
        return count > 0 ? means.map { $0 / Double(count) } : means
    }
}
