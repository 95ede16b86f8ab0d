import BorealBase
import BorealBoost
import CKernels

/// Numbers with an address that holds as long as they are kept.
///
/// Whoever computes with the address keeps the object to the end: Swift frees an array after its
/// last use, whatever its pointers are still needed for.
final class FixedNumbers {
    /// Never empty.
    let values: [Double]
    /// The first of them.
    let first: UnsafePointer<Double>

    /// - Precondition: there is one.
    init(_ values: [Double]) {
        self.values = values
        // The array is native, is not empty, is never changed and lives as long as this object: its
        // elements stay where they are.
        first = values.withUnsafeBufferPointer { $0.baseAddress! }
    }
}

/// The features of a training set as columns of finite numbers: what linear models calculate with.
///
/// Columns of doubles are used where they lie; others are turned into doubles. It is not the
/// row-major `NumberTable`, whose copy would cost as much time as a whole least-squares fit.
final class DesignMatrix {
    /// Rows.
    let rowCount: Int
    /// `[columnCount]`
    let names: [String]
    /// `[columnCount]`, each `[rowCount]`.
    let columns: [FixedNumbers]
    /// `[columnCount]`: the sum of each column; infinite where it is beyond a double.
    let sums: [Double]

    /// Features.
    var columnCount: Int { names.count }

    /// - Parameter learner: the class, for messages.
    /// - Throws: `TrainingError.emptyTrainingSet`, `.noFeatures`, `.tooManyRows`,
    ///   `.lengthMismatch`; `.valueMissing` and `.valueNotFinite` with the first such row.
    init(_ data: TrainingData, learner: String, pool: WorkerPool) throws(TrainingError) {
        guard data.rowCount > 0 else { throw .emptyTrainingSet }
        guard !data.columns.isEmpty else { throw .noFeatures }
        guard data.rowCount <= TrainingData.rowsMax else {
            throw .tooManyRows(count: data.rowCount, limit: TrainingData.rowsMax)
        }
        let count = data.rowCount
        var columns: [FixedNumbers] = []
        for (name, column) in zip(data.names, data.columns) {
            guard column.count == count else {
                throw .lengthMismatch(name: name, count: column.count, expected: count)
            }
            columns.append(FixedNumbers(Self.numbers(column)))
        }
        rowCount = count
        names = data.names
        self.columns = columns
        let found = columns
        var sums = [Double](repeating: 0, count: columns.count)
        sums.withUnsafeMutableBufferPointer { sums in
            pool.run(found.count) { sums[$0] = boreal_sum(found[$0].first, count) }
        }
        self.sums = sums
        try checkFinite(learner)
    }

    private static func numbers(_ column: FeatureColumn) -> [Double] {
        switch column {
        case .doubles(let values): return values
        case .floats(let values): return values.map { Double($0) }
        case .categories(let codes, _): return codes.map { $0 < 0 ? .nan : Double($0) }
        case .sparse(let numbers):
            var values = [Double](repeating: 0, count: numbers.count)
            for (row, value) in zip(numbers.rows, numbers.values) { values[Int(row)] = value }
            return values
        }
    }

    /// An infinity or a NaN stays one in a sum; the error names the first row that has one.
    private func checkFinite(_ learner: String) throws(TrainingError) {
        var first: (row: Int, column: Int)?
        for (index, sum) in sums.enumerated() where !sum.isFinite {
            guard let row = columns[index].values.firstIndex(where: { !$0.isFinite })
            else { continue }
            if first.map({ row < $0.row }) ?? true { first = (row, index) }
        }
        guard let first else { return }
        let value = columns[first.column].values[first.row]
        if value.isNaN {
            throw .valueMissing(column: names[first.column], row: first.row, learner: learner)
        }
        throw .valueNotFinite(column: names[first.column], row: first.row, value: value)
    }

    /// `[columnCount]`: the weighted mean of each column.
    ///
    /// - Throws: `TrainingError.diverged` when sums are beyond a double.
    func means(_ weights: RowWeights, pool: WorkerPool) throws(TrainingError) -> [Double] {
        var sums = sums
        if let values = weights.values {
            sums.withUnsafeMutableBufferPointer { sums in
                pool.run(columnCount) {
                    sums[$0] = boreal_dot(columns[$0].first, values.first, rowCount)
                }
            }
        }
        if let column = sums.firstIndex(where: { !$0.isFinite }) { throw tooLarge(column) }
        return sums.map { $0 / weights.sum }
    }

    /// The error for a column whose squares are beyond a double.
    func tooLarge(_ column: Int) -> TrainingError {
        .diverged(advice: "the values of '\(names[column])' are too large; scale them")
    }
}

/// What the rows of a training set weigh.
struct RowWeights {
    /// `[rowCount]`; nil when all weigh 1.
    let values: FixedNumbers?
    /// Their sum.
    let sum: Double

    /// - Parameter factors: multiplies the weights, one for each row.
    /// - Throws: `TrainingError.lengthMismatch`, `.weightInvalid`, `.weightsAllZero`.
    init(_ data: TrainingData, factors: [Double]? = nil) throws(TrainingError) {
        guard data.weights != nil || factors != nil else {
            values = nil
            sum = Double(data.rowCount)
            return
        }
        var numbers = factors ?? [Double](repeating: 1, count: data.rowCount)
        if let weights = data.weights {
            guard weights.count == data.rowCount else {
                throw .lengthMismatch(
                    name: "weights",
                    count: weights.count,
                    expected: data.rowCount
                )
            }
            for (row, weight) in weights.enumerated() {
                guard weight >= 0, weight.isFinite else {
                    throw .weightInvalid(row: row, value: Double(weight))
                }
                numbers[row] *= Double(weight)
            }
        }
        let sum = numbers.reduce(0, +)
        guard sum > 0 else { throw .weightsAllZero }
        values = FixedNumbers(numbers)
        self.sum = sum
    }
}
