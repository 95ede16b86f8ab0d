import BorealBase
import BorealBoost

/// Rows to cluster, less their means: distances between rows near each other and far from zero
/// would lose their digits otherwise.
final class ClusterRows {
    /// Rows.
    let count: Int
    /// Numbers a row.
    let width: Int
    /// `[count * width]`, row by row.
    let values: UnsafeMutablePointer<Double>
    /// `[count]`: sums of squares of each row.
    let squares: UnsafeMutablePointer<Double>
    /// `[count]`: what a row counts; nil is 1 for every row.
    let weights: UnsafeMutablePointer<Double>?
    /// `[width]`: what was subtracted.
    let means: [Double]
    /// The mean of the columns' variances.
    let variance: Double
    private let buffers: [AlignedBuffer<Double>]

    /// Rows of one piece of parallel work; also the length of most scratch memory.
    static let blockRows = 1_024
    /// The greatest number whose square can be added up over all rows and columns.
    static let magnitudeMax = 1e140

    /// - Throws: `TrainingError.emptyTrainingSet`, `.noFeatures`, `.valueMissing`,
    ///   `.valueNotFinite`, `.lengthMismatch`, `.weightInvalid`, `.weightsAllZero`; `.diverged`
    ///   for numbers whose squares are too great.
    init(_ data: TrainingData, learner: String) throws(TrainingError) {
        guard data.rowCount <= Int(Int32.max) else {
            throw .tooManyRows(count: data.rowCount, limit: Int(Int32.max))
        }
        let table = try NumberTable(data, learner: learner)
        guard table.values.allSatisfy({ abs($0) < Self.magnitudeMax }) else {
            throw .diverged(advice: "scale features of numbers above \(Self.magnitudeMax)")
        }
        let weights = try Self.weights(data)
        (count, width) = (table.rowCount, table.columnCount)
        let (rows, columns) = (count, width)
        let numbers = AlignedBuffer<Double>(count: rows * columns, isZeroed: false)
        let norms = AlignedBuffer<Double>(count: rows, isZeroed: false)
        var means = [Double](repeating: 0, count: columns)
        Self.addUp(table.values, columns) { means[$0] += $1 }
        for column in 0..<columns { means[column] /= Double(rows) }
        // A column of one value is exactly zero afterwards, whatever its mean was rounded to.
        for column in 0..<columns where Self.isConstant(table.values, column, columns) {
            means[column] = table.values[column]
        }
        var index = 0
        for row in 0..<rows {
            var square = 0.0
            for column in 0..<columns {
                let value = table.values[index] - means[column]
                numbers.pointer[index] = value
                square += value * value
                index += 1
            }
            norms.pointer[row] = square
        }
        (values, squares, self.means) = (numbers.pointer, norms.pointer, means)
        variance =
            (0..<rows).reduce(0) { $0 + norms.pointer[$1] } / Double(rows) / Double(columns)
        guard let weights else {
            self.weights = nil
            buffers = [numbers, norms]
            return
        }
        let shares = AlignedBuffer<Double>(count: rows, isZeroed: false)
        for row in 0..<rows { shares.pointer[row] = Double(weights[row]) }
        self.weights = shares.pointer
        buffers = [numbers, norms, shares]
    }

    /// Rows that count something.
    var weightedCount: Int {
        guard let weights else { return count }
        return (0..<count).lazy.filter { weights[$0] > 0 }.count
    }

    private static func weights(_ data: TrainingData) throws(TrainingError) -> [Float]? {
        guard let weights = data.weights else { return nil }
        guard weights.count == data.rowCount else {
            throw .lengthMismatch(name: "weights", count: weights.count, expected: data.rowCount)
        }
        for row in weights.indices where !(weights[row] >= 0 && weights[row].isFinite) {
            throw .weightInvalid(row: row, value: Double(weights[row]))
        }
        guard weights.contains(where: { $0 > 0 }) else { throw .weightsAllZero }
        return weights
    }

    /// Sums of columns: blocks of rows first, so that many rows lose no digits.
    private static func addUp(_ values: [Double], _ width: Int, _ add: (Int, Double) -> Void) {
        var sums = [Double](repeating: 0, count: width)
        var first = 0
        while first < values.count {
            let end = min(values.count, first + blockRows * width)
            for column in 0..<width { sums[column] = 0 }
            var index = first
            while index < end {
                for column in 0..<width { sums[column] += values[index + column] }
                index += width
            }
            for column in 0..<width { add(column, sums[column]) }
            first = end
        }
    }

    private static func isConstant(_ values: [Double], _ column: Int, _ width: Int) -> Bool {
        var index = column
        while index < values.count {
            if values[index] != values[column] { return false }
            index += width
        }
        return true
    }
}
