import BorealBase

/// What is minimised: from scores and labels to gradients and hessians.
///
/// Arrays are class after class, each class `paddedRows` long, so that kernels may work on whole
/// groups of eight rows; what lies in the padding is never read back.
protocol ObjectiveFunction: Sendable {
    /// True when every hessian is exactly 1.
    var hasConstantHessian: Bool { get }
    /// How leaf values are found from residuals; nil when they are Newton steps.
    var renewal: LeafRenewal? { get }
    /// The ranges of rows whose gradients can only be filled together; nil when any range will do
    /// whose bounds are multiples of eight.
    var blocks: [Range<Int>]? { get }
    /// The constant score of a class that is best: where boosting from the average starts.
    func initialScore(_ score: Int) -> Double
    /// False when a class has no rows or all of them: its trees are constants.
    func needsTraining(_ score: Int) -> Bool
    /// Looks at the scores of all rows before a round's gradients are filled.
    mutating func begin(_ scores: UnsafePointer<Double>)
    /// Fills gradients and hessians of the rows in `range`.
    func fill(
        _ gradients: UnsafeMutablePointer<Float>,
        _ hessians: UnsafeMutablePointer<Float>,
        scores: UnsafePointer<Double>,
        range: Range<Int>
    )
}

extension ObjectiveFunction {
    var hasConstantHessian: Bool { false }
    var renewal: LeafRenewal? { nil }
    var blocks: [Range<Int>]? { nil }
    func needsTraining(_ score: Int) -> Bool { true }
    mutating func begin(_ scores: UnsafePointer<Double>) {}

    /// Fills gradients and hessians of all rows, on all threads; some are not when cancelled.
    ///
    /// Ranges are the objective's blocks or of `GradientQuantiser.chunkRows` rows, whatever the
    /// number of threads.
    /// - Parameter rows: a multiple of eight.
    func fill(
        _ gradients: UnsafeMutablePointer<Float>,
        _ hessians: UnsafeMutablePointer<Float>,
        scores: UnsafePointer<Double>,
        rows: Int,
        pool: WorkerPool,
        cancellation: CancellationFlag
    ) {
        if let blocks {
            pool.run(blocks.count) { index in
                if cancellation.isCancelled { return }
                fill(gradients, hessians, scores: scores, range: blocks[index])
            }
            return
        }
        let chunk = GradientQuantiser.chunkRows
        pool.run((rows + chunk - 1) / chunk) { index in
            if cancellation.isCancelled { return }
            let range = index * chunk..<min(rows, (index + 1) * chunk)
            fill(gradients, hessians, scores: scores, range: range)
        }
    }
}

/// Labels and weights as kernels read them: Float as in LightGBM, padded to groups of eight rows.
struct ObjectiveData: Sendable {
    let rowCount: Int
    /// `rowCount` rounded up to a multiple of eight.
    let paddedRows: Int
    /// `[paddedRows]`: with `reg_sqrt` the roots of the labels, with their signs.
    let labels: AlignedBuffer<Float>
    /// `[paddedRows]`, nil when all weights are 1.
    let weights: AlignedBuffer<Float>?
    /// Sizes of the groups of neighbouring rows that are ranked against each other.
    let groups: [Int]?

    init(_ data: TrainingData, _ parameters: TrainingParameters) {
        rowCount = data.rowCount
        paddedRows = (rowCount + 7) / 8 * 8
        groups = data.groups
        labels = AlignedBuffer(count: paddedRows)
        for row in 0..<rowCount {
            let label = Float(data.label[row])
            guard parameters.takesRootOfLabel else {
                labels.pointer[row] = label
                continue
            }
            let root = abs(label).squareRoot()
            labels.pointer[row] = label < 0 ? -root : root
        }
        // Weights that are all 1 are none, so that percentiles and constant hessians do not change.
        guard let given = data.weights, given.contains(where: { $0 != 1 }) else {
            weights = nil
            return
        }
        let buffer = AlignedBuffer<Float>(count: paddedRows)
        for row in 0..<rowCount { buffer.pointer[row] = given[row] }
        weights = buffer
    }

    /// The weight of a row.
    func weight(_ row: Int) -> Double { weights.map { Double($0.pointer[row]) } ?? 1 }

    /// The weighted mean of the labels.
    var mean: Double {
        var sum = 0.0
        var total = 0.0
        for row in 0..<rowCount {
            let weight = weight(row)
            sum += Double(labels.pointer[row]) * weight
            total += weight
        }
        return sum / total
    }

    /// The logarithm of the mean, minus infinity when that is not positive.
    var logOfMean: Double {
        let mean = mean
        return mean > 0 ? ExactMath.log(mean) : -.infinity
    }

    @inline(__always)
    func weights(at row: Int) -> SIMD8<Float> {
        guard let weights else { return SIMD8(repeating: 1) }
        return load(weights.pointer + row)
    }

    /// Scores minus labels of eight rows, taken in Double because both may be large.
    @inline(__always)
    func differences(_ scores: UnsafePointer<Double>, at row: Int) -> SIMD8<Float> {
        let (s, y) = (scores + row, labels.pointer + row)
        return SIMD8(
            Float(s[0] - Double(y[0])),
            Float(s[1] - Double(y[1])),
            Float(s[2] - Double(y[2])),
            Float(s[3] - Double(y[3])),
            Float(s[4] - Double(y[4])),
            Float(s[5] - Double(y[5])),
            Float(s[6] - Double(y[6])),
            Float(s[7] - Double(y[7]))
        )
    }
}

/// Eight neighbours of an array.
@inline(__always)
func load(_ pointer: UnsafePointer<Float>) -> SIMD8<Float> {
    UnsafeRawPointer(pointer).loadUnaligned(as: SIMD8<Float>.self)
}

/// Eight scores, narrowed.
@inline(__always)
func load(_ pointer: UnsafePointer<Double>) -> SIMD8<Float> {
    SIMD8(
        Float(pointer[0]),
        Float(pointer[1]),
        Float(pointer[2]),
        Float(pointer[3]),
        Float(pointer[4]),
        Float(pointer[5]),
        Float(pointer[6]),
        Float(pointer[7])
    )
}

/// Stores eight neighbours.
@inline(__always)
func store(_ values: SIMD8<Float>, _ pointer: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(pointer).storeBytes(of: values, as: SIMD8<Float>.self)
}

/// Magnitudes.
@inline(__always)
func magnitude(_ values: SIMD8<Float>) -> SIMD8<Float> {
    values.replacing(with: -values, where: values .< SIMD8(repeating: 0))
}

extension TrainingParameters {
    /// The objective's arithmetic for a table.
    func objectiveFunction(_ data: ObjectiveData) -> any ObjectiveFunction {
        switch objective {
        case .binary: Logistic(data, self)
        case .exponential: ExponentialLoss(data, self)
        case .multiclass: Softmax(data, self)
        case .oneVersusAll: OneVersusAll(data, self)
        case .crossEntropy: CrossEntropy(data)
        case .crossEntropyLambda: CrossEntropyLambda(data)
        case .regression: SquaredError(data)
        case .regressionL1: PercentileLoss(absoluteErrorOf: data)
        case .quantile: PercentileLoss(quantile: alpha, of: data)
        case .mape: PercentileLoss(percentageErrorOf: data)
        case .huber where adaptsHuber: AdaptiveHuber(data, share: alpha)
        case .huber: Huber(data, alpha: alpha)
        case .fair: Fair(data, c: fairC)
        case .poisson: Poisson(data, maxDeltaStep: poissonMaxDeltaStep)
        case .gamma: Gamma(data)
        case .tweedie: Tweedie(data, variancePower: tweedieVariancePower)
        case .lambdarank: LambdaRank(data, self)
        case .rankXENDCG: RankCrossEntropy(data, self)
        }
    }
}
