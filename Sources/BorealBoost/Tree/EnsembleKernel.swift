import Dispatch

/// An ensemble compiled for speed: rows become small codes once, and trees are walked without
/// branches, eight rows side by side. Its answers are those of `ReferenceScorer`, bit for bit.
///
/// Immutable after it is made, so any number of threads may score with one kernel.
public struct EnsembleKernel: Sendable {
    /// Raw scores a row gets.
    public let scoresPerRow: Int
    /// Numbers a row must have.
    public let featureCount: Int
    /// Trees of the ensemble.
    public let treeCount: Int
    private let segments: [KernelSegment]
    /// `[scoresPerRow]`, or empty for zeros.
    private let initialScores: [Double]
    /// What sums are divided by: the rounds of an averaged ensemble, else 0 for "not at all".
    private let divisor: Double

    /// How runs of neighbouring trees are walked, in boosting order: `narrow`, `wide` and `mixed`
    /// codes, `oblivious` trees, or `walked` node by node.
    public var forms: [String] { segments.map(\.form) }

    /// Rows that share a walk through all trees.
    static let blockRows = 256

    /// - Parameter ensemble: one that passes `validate()`.
    public init(_ ensemble: TreeEnsemble) {
        scoresPerRow = ensemble.scoresPerRow
        featureCount = ensemble.featureCount
        treeCount = ensemble.trees.count
        segments = KernelCompiler(ensemble).segments()
        initialScores = ensemble.initialScores
        let rounds = Double(max(1, ensemble.roundCount))
        divisor = ensemble.isAveraged ? rounds : 0
    }

    /// Bytes of scratch memory for so many rows: what the widest segment takes.
    private func scratchBytes(rows: Int) -> Int {
        var most = 8
        for segment in segments { most = max(most, segment.scratchBytes(rows: rows)) }
        return most
    }

    /// Raw scores of rows.
    ///
    /// - Parameters:
    ///   - rows: numbers, row after row; NaN for a missing value.
    ///   - count: rows.
    ///   - stride: numbers from row to row, at least `featureCount`.
    ///   - scores: `[count * scoresPerRow]`, row after row, overwritten.
    public func scoreRaw(
        rows: UnsafePointer<Double>,
        count: Int,
        stride: Int,
        into scores: UnsafeMutablePointer<Double>
    ) {
        forEachBlock(rows, count, stride) { block, start in
            let target = scores + start * scoresPerRow
            begin(target, block.count)
            for segment in segments {
                segment.add(block, scoresPerRow: scoresPerRow, to: target)
            }
            average(target, block.count)
        }
    }

    /// The same on several threads, in chunks of rows.
    public func scoreRaw(
        rows: UnsafePointer<Double>,
        count: Int,
        stride: Int,
        into scores: UnsafeMutablePointer<Double>,
        threads: Int
    ) {
        let chunk = 4_096
        let chunks = (count + chunk - 1) / chunk
        guard threads > 1, chunks > 1 else {
            scoreRaw(rows: rows, count: count, stride: stride, into: scores)
            return
        }
        // Sendable by hand: each piece reads its own rows and writes its own scores.
        nonisolated(unsafe) let (source, target) = (rows, scores)
        let pieces = min(threads, chunks)
        DispatchQueue.concurrentPerform(iterations: pieces) { piece in
            let first = chunks * piece / pieces * chunk
            let end = min(count, chunks * (piece + 1) / pieces * chunk)
            scoreRaw(
                rows: source + first * stride,
                count: end - first,
                stride: stride,
                into: target + first * scoresPerRow
            )
        }
    }

    /// Raw scores of one row, without allocation for up to 1,000 code columns.
    ///
    /// - Parameters:
    ///   - row: `[featureCount]`.
    ///   - scores: `[scoresPerRow]`, overwritten.
    public func runOne(
        _ row: UnsafePointer<Double>,
        into scores: UnsafeMutablePointer<Double>
    ) {
        begin(scores, 1)
        withUnsafeTemporaryAllocation(byteCount: scratchBytes(rows: 1), alignment: 8) { scratch in
            guard let memory = scratch.baseAddress else { return }
            let block = KernelBlock(rows: row, count: 1, stride: featureCount, scratch: memory)
            for segment in segments {
                segment.add(block, scoresPerRow: scoresPerRow, to: scores)
            }
        }
        average(scores, 1)
    }

    /// The leaf each tree sends each row to.
    ///
    /// - Parameter leaves: `[count * treeCount]`, row after row, overwritten.
    public func leafIndices(
        rows: UnsafePointer<Double>,
        count: Int,
        stride: Int,
        into leaves: UnsafeMutablePointer<Int32>
    ) {
        forEachBlock(rows, count, stride) { block, start in
            for segment in segments {
                segment.leaves(block, treeCount: treeCount, into: leaves + start * treeCount)
            }
        }
    }

    private func begin(_ scores: UnsafeMutablePointer<Double>, _ count: Int) {
        guard !initialScores.isEmpty else {
            scores.update(repeating: 0, count: count * scoresPerRow)
            return
        }
        for row in 0..<count {
            for score in 0..<scoresPerRow {
                scores[row * scoresPerRow + score] = initialScores[score]
            }
        }
    }

    private func average(_ scores: UnsafeMutablePointer<Double>, _ count: Int) {
        guard divisor > 0 else { return }
        for index in 0..<count * scoresPerRow { scores[index] /= divisor }
    }

    private func forEachBlock(
        _ rows: UnsafePointer<Double>,
        _ count: Int,
        _ stride: Int,
        _ body: (_ block: KernelBlock, _ start: Int) -> Void
    ) {
        let size = min(count, Self.blockRows)
        let bytes = scratchBytes(rows: size)
        withUnsafeTemporaryAllocation(byteCount: bytes, alignment: 64) { scratch in
            guard let memory = scratch.baseAddress else { return }
            var start = 0
            while start < count {
                let block = KernelBlock(
                    rows: rows + start * stride,
                    count: min(size, count - start),
                    stride: stride,
                    scratch: memory
                )
                body(block, start)
                start += block.count
            }
        }
    }
}
