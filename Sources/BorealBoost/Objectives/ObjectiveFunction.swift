/// What is minimised: from scores and labels to gradients and hessians.
///
/// Arrays are class after class, each class `paddedRows` long, so that kernels may work on whole
/// groups of eight rows; what lies in the padding is never read back.
protocol ObjectiveFunction: Sendable {
    /// True when every hessian is exactly 1.
    var hasConstantHessian: Bool { get }
    /// True when leaf values are medians of residuals instead of Newton steps.
    var renewsLeaves: Bool { get }
    /// The constant score of a class that is best: where boosting from the average starts.
    func initialScore(_ score: Int) -> Double
    /// False when a class has no rows or all of them: its trees are constants.
    func needsTraining(_ score: Int) -> Bool
    /// Fills gradients and hessians of the rows in `range`, whose bounds are multiples of eight.
    func fill(
        _ gradients: UnsafeMutablePointer<Float>,
        _ hessians: UnsafeMutablePointer<Float>,
        scores: UnsafePointer<Double>,
        range: Range<Int>
    )
}

/// Labels and weights as kernels read them: Float as in LightGBM, padded to groups of eight rows.
struct ObjectiveData: Sendable {
    let rowCount: Int
    /// `rowCount` rounded up to a multiple of eight.
    let paddedRows: Int
    /// `[paddedRows]`
    let labels: AlignedBuffer<Float>
    /// `[paddedRows]`, nil when all weights are 1.
    let weights: AlignedBuffer<Float>?

    init(_ data: TrainingData) {
        rowCount = data.rowCount
        paddedRows = (rowCount + 7) / 8 * 8
        labels = AlignedBuffer(count: paddedRows)
        for row in 0..<rowCount { labels.pointer[row] = Float(data.label[row]) }
        guard let given = data.weights else {
            weights = nil
            return
        }
        let buffer = AlignedBuffer<Float>(count: paddedRows)
        for row in 0..<rowCount { buffer.pointer[row] = given[row] }
        weights = buffer
    }

    /// The weight of a row.
    func weight(_ row: Int) -> Double { weights.map { Double($0.pointer[row]) } ?? 1 }

    @inline(__always)
    func weights(at row: Int) -> SIMD8<Float> {
        guard let weights else { return SIMD8(repeating: 1) }
        return load(weights.pointer + row)
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

extension TrainingParameters {
    /// The objective's arithmetic for a table.
    func objectiveFunction(_ data: ObjectiveData) -> any ObjectiveFunction {
        switch objective {
        case .binary: Logistic(data, self)
        case .multiclass: Softmax(data, self)
        case .regression: SquaredError(data)
        case .regressionL1: AbsoluteError(data)
        }
    }
}
