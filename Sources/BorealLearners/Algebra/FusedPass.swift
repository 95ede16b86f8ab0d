import BorealBase
import BorealBoost
import CKernels

/// One walk over all rows for a loss of linear scores and its gradient: a block of rows is scored,
/// its scores become slopes, and the gradient is added up while the block is still in the cache, so
/// the table is read once where two products of matrix and vector read it twice.
///
/// Rows are cut into a fixed number of strips whose sums are added in order: equal to the bit at
/// any number of threads.
struct FusedPass {
    /// What a walk found.
    struct Answer {
        /// The sum of the losses.
        var loss = 0.0
        /// `[scoreCount * columnCount]`, score by score: the columns times the slopes.
        var gradient: [Double]
        /// `[scoreCount]`: the sums of the slopes.
        var slopes: [Double]
    }

    /// `[columnCount]`, each `[rowCount]`.
    let columns: [FixedNumbers]
    /// Rows.
    let rowCount: Int
    /// Scores of a row.
    let scoreCount: Int

    private static let stripsMax = 32
    /// Bytes of a block: half of the second-level cache of the processors that have the least.
    private static let blockBytes = 256 << 10

    private var blockRows: Int {
        let rows = Self.blockBytes / (8 * (columns.count + 2 * scoreCount))
        return min(4_096, max(64, rows / 64 * 64))
    }

    /// Bytes that a walk takes, about.
    static func bytes(columns: Int, scores: Int, threads: Int) -> Int {
        8 * scores * (stripsMax * (columns + 2) + 4_096 * threads)
    }

    /// - Parameters:
    ///   - factors: `[scoreCount * columnCount]`, score by score.
    ///   - terms: `[scoreCount]`: what scores begin with.
    ///   - slopes: turns the scores of some rows, `[scoreCount][stride]`, into slopes, and answers
    ///     the sum of their losses. Called on any thread, for different rows at once.
    /// - Throws: `TrainingError.cancelled`.
    func run(
        factors: [Double],
        terms: [Double],
        _ pool: WorkerPool,
        _ cancellation: CancellationFlag,
        slopes: (_ rows: Range<Int>, UnsafeMutablePointer<Double>, _ stride: Int) -> Double
    ) throws(TrainingError) -> Answer {
        let (width, scores) = (columns.count, scoreCount)
        precondition(factors.count == scores * width && terms.count == scores, "a factor a column")
        let blocks = (rowCount + blockRows - 1) / blockRows
        let strips = max(1, min(Self.stripsMax, blocks))
        let size = scores * (width + 1) + 1
        var partial = [Double](repeating: 0, count: strips * size)
        partial.withUnsafeMutableBufferPointer { partial in
            guard let base = partial.baseAddress else { return }
            pool.run(strips) { strip in
                walk(
                    blocks * strip / strips..<blocks * (strip + 1) / strips,
                    factors,
                    terms,
                    into: base + strip * size,
                    cancellation,
                    slopes
                )
            }
        }
        if cancellation.isCancelled { throw .cancelled }
        var answer = Answer(
            gradient: [Double](repeating: 0, count: scores * width),
            slopes: [Double](repeating: 0, count: scores)
        )
        for strip in 0..<strips {
            let part = partial[strip * size..<(strip + 1) * size]
            let start = part.startIndex
            for i in answer.gradient.indices { answer.gradient[i] += part[start + i] }
            for i in 0..<scores { answer.slopes[i] += part[start + scores * width + i] }
            answer.loss += part[start + size - 1]
        }
        return answer
    }

    /// - Parameter target: gradient, sums of slopes, loss.
    private func walk(
        _ blocks: Range<Int>,
        _ factors: [Double],
        _ terms: [Double],
        into target: UnsafeMutablePointer<Double>,
        _ cancellation: CancellationFlag,
        _ slopes: (_ rows: Range<Int>, UnsafeMutablePointer<Double>, _ stride: Int) -> Double
    ) {
        let (width, stride) = (columns.count, blockRows)
        let pointers = columns.map { $0.first as UnsafePointer<Double>? }
        defer { withExtendedLifetime(columns) {} }
        let buffer = UnsafeMutablePointer<Double>.allocate(capacity: scoreCount * stride)
        defer { buffer.deallocate() }
        pointers.withUnsafeBufferPointer { pointers in
            factors.withUnsafeBufferPointer { factors in
                guard let columns = pointers.baseAddress, let factors = factors.baseAddress
                else { return }
                for block in blocks {
                    if cancellation.isCancelled { return }
                    let first = block * stride
                    let count = min(stride, rowCount - first)
                    for score in 0..<scoreCount {
                        let scores = buffer + score * stride
                        scores.update(repeating: terms[score], count: count)
                        let own = factors + score * width
                        boreal_combine(scores, count, columns, first, width, own)
                    }
                    target[scoreCount * (width + 1)] += slopes(
                        first..<first + count,
                        buffer,
                        stride
                    )
                    for score in 0..<scoreCount {
                        let slopes = buffer + score * stride
                        boreal_dots(slopes, count, columns, first, width, target + score * width)
                        target[scoreCount * width + score] += boreal_sum(slopes, count)
                    }
                }
            }
        }
    }
}
