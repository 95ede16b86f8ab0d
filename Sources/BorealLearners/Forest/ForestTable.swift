import BorealBase
import BorealBoost
import BorealGraph

/// What all trees of a forest learn from.
final class ForestTable: Sendable {
    /// The features.
    let codes: ColumnCodes
    /// `[rowCount]`: numbers or classes.
    let targets: AlignedBuffer<Double>
    /// `[rowCount]`: what rows count, classes weighed in; nil when all count 1.
    let weights: AlignedBuffer<Float>?
    /// `[rowCount]`: rows by ascending target, for medians; nil where nobody asks for them.
    let order: [UInt32]?
    /// Classes; 0 for numbers.
    let classCount: Int
    let rowCount: Int
    let featureCount: Int

    /// - Throws: `TrainingError` for data that cannot be learnt from; `.cancelled`.
    init(
        _ set: LearningSet,
        _ parameters: ForestParameters,
        pool: WorkerPool,
        cancellation: CancellationFlag
    ) throws(TrainingError) {
        let data = set.data
        codes = try ColumnCodes(
            data,
            seed: parameters.seed,
            pool: pool,
            cancellation: cancellation
        )
        rowCount = data.rowCount
        featureCount = data.columns.count
        classCount = parameters.isClassification ? set.labels?.count ?? 0 : 0
        try Self.check(data, classCount: parameters.isClassification ? classCount : nil)
        targets = AlignedBuffer(count: rowCount, isZeroed: false)
        for row in 0..<rowCount { targets.pointer[row] = data.label[row] }
        weights = Self.weights(data, parameters, classCount: classCount)
        guard parameters.criterion == .absoluteError else {
            order = nil
            return
        }
        let label = data.label
        order = (0..<UInt32(rowCount)).sorted {
            let (a, b) = (label[Int($0)], label[Int($1)])
            return a != b ? a < b : $0 < $1
        }
    }

    /// Refuses labels and weights that nothing can be learnt from.
    private static func check(_ data: TrainingData, classCount: Int?) throws(TrainingError) {
        for (row, label) in data.label.enumerated() {
            guard label.isFinite else { throw .labelNotFinite(row: row) }
            guard let classCount else { continue }
            guard label >= 0, label < Double(classCount), label == label.rounded(.down) else {
                throw .labelOutOfRange(row: row, value: label, classCount: classCount)
            }
        }
        if let classCount, classCount < 2 {
            throw .singleLabelValue(value: data.label.first ?? 0)
        }
        guard let weights = data.weights else { return }
        guard weights.count == data.rowCount else {
            throw .lengthMismatch(name: "weights", count: weights.count, expected: data.rowCount)
        }
        for (row, weight) in weights.enumerated() where !(weight >= 0 && weight.isFinite) {
            throw .weightInvalid(row: row, value: Double(weight))
        }
        guard weights.contains(where: { $0 > 0 }) else { throw .weightsAllZero }
    }

    private static func weights(
        _ data: TrainingData,
        _ parameters: ForestParameters,
        classCount: Int
    ) -> AlignedBuffer<Float>? {
        let isBalanced = parameters.classWeight == .balanced
        guard data.weights != nil || isBalanced else { return nil }
        let buffer = AlignedBuffer<Float>(count: data.rowCount, isZeroed: false)
        for row in 0..<data.rowCount { buffer.pointer[row] = data.weights?[row] ?? 1 }
        guard isBalanced else { return buffer }
        var counts = [Int](repeating: 0, count: classCount)
        for label in data.label { counts[Int(label)] += 1 }
        let shares = balanced(counts)
        for row in 0..<data.rowCount { buffer.pointer[row] *= shares[Int(data.label[row])] }
        return buffer
    }

    /// What a row of each class counts so that all classes count the same: scikit-learn's
    /// `n_samples / (n_classes * count)`.
    static func balanced(_ counts: [Int]) -> [Float] {
        let rows = Double(counts.reduce(0, +))
        let classes = Double(counts.count { $0 > 0 })
        return counts.map { $0 > 0 ? Float(rows / (classes * Double($0))) : 0 }
    }
}
