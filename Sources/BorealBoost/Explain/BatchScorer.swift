import BorealBase

/// A model as questions about its features see it: rows of numbers in, answers out.
///
/// The closure gets at most `BatchScorer.rowsMax` rows at a time, so that a cancellation waits for
/// one portion only.
public struct BatchScorer: Sendable {
    /// Rows of one call.
    public static let rowsMax = 1_024

    /// `rows` is `[count * featureCount]`, `answers` is `[count * answersPerRow]`, to be filled.
    public typealias Score =
        @Sendable (
            _ rows: UnsafePointer<Double>,
            _ count: Int,
            _ answers: UnsafeMutablePointer<Double>
        ) throws -> Void

    /// Numbers of a row.
    public let featureCount: Int
    /// Numbers of an answer: 1, or one for each class.
    public let answersPerRow: Int
    private let score: Score

    /// - Parameters: see the stored properties; `score` must answer equal rows equally.
    public init(featureCount: Int, answersPerRow: Int = 1, score: @escaping Score) {
        self.featureCount = featureCount
        self.answersPerRow = answersPerRow
        self.score = score
    }

    /// The raw scores of a tree ensemble.
    public init(_ kernel: EnsembleKernel) {
        self.init(featureCount: kernel.featureCount, answersPerRow: kernel.scoresPerRow) {
            rows,
            count,
            answers in
            kernel.scoreRaw(rows: rows, count: count, stride: kernel.featureCount, into: answers)
        }
    }

    /// Answers rows in portions, each after `change` had a look at the copy that is scored.
    ///
    /// - Parameters:
    ///   - rows: `[count * featureCount]`
    ///   - change: gets the copy, the number of its first row, and its rows.
    ///   - take: gets the answers of the portion, the number of its first row, and its rows.
    func run(
        _ rows: [Double],
        cancellation: CancellationFlag?,
        change: (inout [Double], _ first: Int, _ count: Int) -> Void,
        take: ([Double], _ first: Int, _ count: Int) -> Void
    ) throws {
        let total = rows.count / max(1, featureCount)
        let size = min(Self.rowsMax, total)
        var answers = [Double](repeating: 0, count: size * answersPerRow)
        var first = 0
        while first < total {
            if cancellation?.isCancelled == true { throw ExplanationError.cancelled }
            let count = min(size, total - first)
            var part = Array(rows[first * featureCount..<(first + count) * featureCount])
            change(&part, first, count)
            try part.withUnsafeBufferPointer { part in
                try answers.withUnsafeMutableBufferPointer { answers in
                    guard let source = part.baseAddress, let target = answers.baseAddress else {
                        return
                    }
                    try score(source, count, target)
                }
            }
            take(answers, first, count)
            first += count
        }
    }

    /// - Throws: `ExplanationError.lengthMismatch` when `rows` are no whole rows.
    func checkRows(_ rows: [Double]) throws {
        guard featureCount > 0, rows.count % featureCount == 0 else {
            let whole = rows.count / max(1, featureCount) * featureCount
            throw ExplanationError.lengthMismatch(name: "rows", count: rows.count, expected: whole)
        }
    }
}
