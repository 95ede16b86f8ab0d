public import BorealBase

/// What it costs a model to lose the order of a feature's values (Breiman 2001, "Random forests",
/// section 10): the metric over a batch, less the metric after the feature's column was shuffled.
public struct PermutationImportance: Equatable, Sendable {
    /// One feature's loss over all repeats.
    public struct Loss: Equatable, Sendable {
        /// The feature, counted from 0.
        public let feature: Int
        /// Mean over the repeats.
        public let mean: Double
        /// Standard deviation of the repeats themselves (divided by their number), as scikit-learn
        /// gives it.
        public let standardDeviation: Double
    }

    /// How it is measured.
    public struct Options: Sendable {
        /// The features to shuffle; nil for all.
        public var features: [Int]?
        /// Shuffles of each feature.
        public var repeats = 5
        /// The same seed gives the same shuffles, whatever else is asked.
        public var seed: Int64 = 0
        /// False for losses: there a worse answer is a greater metric.
        public var isGreaterBetter = true

        /// Five shuffles of every feature.
        public init() {}
    }

    /// The metric over the batch as it is.
    public let baseline: Double
    /// In the order asked.
    public let losses: [Loss]

    /// Measures it.
    ///
    /// - Parameters:
    ///   - rows: `[labels.count * featureCount]`
    ///   - metric: of answers `[labels.count * answersPerRow]` and labels.
    /// - Throws: `ExplanationError.lengthMismatch`, `.outOfRange`, `.tooLarge`, `.cancelled`, and
    ///   what the closures throw.
    public init(
        of scorer: BatchScorer,
        rows: [Double],
        labels: [Double],
        options: Options = Options(),
        cancellation: CancellationFlag? = nil,
        metric: (_ answers: [Double], _ labels: [Double]) throws -> Double
    ) throws {
        try scorer.checkRows(rows)
        let count = rows.count / scorer.featureCount
        try Self.check(options, scorer, count: count, labels: labels.count)
        func measure(_ feature: Int, _ order: [Int]?) throws -> Double {
            var answers = [Double](repeating: 0, count: count * scorer.answersPerRow)
            try scorer.run(rows, cancellation: cancellation) { part, first, rowCount in
                guard let order else { return }
                for row in 0..<rowCount {
                    let source = order[first + row] * scorer.featureCount + feature
                    part[row * scorer.featureCount + feature] = rows[source]
                }
            } take: { part, first, rowCount in
                for index in 0..<rowCount * scorer.answersPerRow {
                    answers[first * scorer.answersPerRow + index] = part[index]
                }
            }
            return try metric(answers, labels)
        }
        let baseline = try measure(0, nil)
        self.baseline = baseline
        losses = try (options.features ?? Array(0..<scorer.featureCount)).map { feature in
            let drops = try (0..<options.repeats).map { round in
                let order = try Self.shuffle(count, options.seed, feature, round, cancellation)
                let drop = baseline - (try measure(feature, order))
                return options.isGreaterBetter ? drop : -drop
            }
            let mean = drops.reduce(0, +) / Double(drops.count)
            let squares = drops.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            return Loss(
                feature: feature,
                mean: mean,
                standardDeviation: (squares / Double(drops.count)).squareRoot()
            )
        }
    }

    private static func check(
        _ options: Options,
        _ scorer: BatchScorer,
        count: Int,
        labels: Int
    ) throws {
        guard labels == count else {
            throw ExplanationError.lengthMismatch(name: "labels", count: labels, expected: count)
        }
        let repeats = 1...ExplanationLimits.repeatsMax
        guard repeats.contains(options.repeats) else {
            throw ExplanationError.outOfRange(
                name: "repeats",
                value: options.repeats,
                allowed: repeats
            )
        }
        let known = 0...scorer.featureCount - 1
        for feature in options.features ?? [] where !known.contains(feature) {
            throw ExplanationError.outOfRange(name: "feature", value: feature, allowed: known)
        }
        let limit = ExplanationLimits.valuesMax
        let (answers, overflow) = count.multipliedReportingOverflow(by: scorer.answersPerRow)
        guard !overflow, answers <= limit else {
            throw ExplanationError.tooLarge(count: overflow ? Int.max : answers, limit: limit)
        }
    }

    /// A shuffle of `0 ..< count` that depends on seed, feature and round alone.
    private static func shuffle(
        _ count: Int,
        _ seed: Int64,
        _ feature: Int,
        _ round: Int,
        _ cancellation: CancellationFlag?
    ) throws -> [Int] {
        var order = Array(0..<count)
        let stream = UInt64(feature) << 20 | UInt64(round) << 4 | Self.randomStream
        var random = RandomNumbers(seed: seed, stream: stream)
        for index in stride(from: count - 1, to: 0, by: -1) {
            if index % 65_536 == 0, cancellation?.isCancelled == true {
                throw ExplanationError.cancelled
            }
            order.swapAt(index, random.next(below: index + 1))
        }
        return order
    }

    /// Keeps these streams apart from those of training, which are the small numbers.
    private static let randomStream: UInt64 = 1 << 56 | 1
}
