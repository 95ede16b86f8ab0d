import BorealBase
public import BorealBoost

/// The features of a training set as one block of numbers, row by row, for learners that take
/// nothing else.
public struct NumberTable: Sendable {
    /// Rows.
    public let rowCount: Int
    /// Numbers a row.
    public let columnCount: Int
    /// `[rowCount * columnCount]`, row by row; all finite.
    public var values: [Double]

    /// - Parameter learner: the class, for the message.
    /// - Throws: `TrainingError.emptyTrainingSet`, `.noFeatures`; `.valueMissing` and
    ///   `.valueNotFinite` with row and column.
    public init(_ data: TrainingData, learner: String) throws(TrainingError) {
        guard data.rowCount > 0 else { throw .emptyTrainingSet }
        guard !data.columns.isEmpty else { throw .noFeatures }
        let (rows, width) = (data.rowCount, data.columns.count)
        rowCount = rows
        columnCount = width
        values = [Double](repeating: 0, count: rows * width)
        for (index, column) in data.columns.enumerated() {
            guard column.count == rows else {
                throw .lengthMismatch(name: data.names[index], count: column.count, expected: rows)
            }
            values.withUnsafeMutableBufferPointer { Self.fill($0, index, width, column) }
        }
        if let place = values.firstIndex(where: { !$0.isFinite }) {
            let (row, name, value) = (place / width, data.names[place % width], values[place])
            if value.isNaN { throw .valueMissing(column: name, row: row, learner: learner) }
            throw .valueNotFinite(column: name, row: row, value: value)
        }
    }

    private static func fill(
        _ target: UnsafeMutableBufferPointer<Double>,
        _ index: Int,
        _ width: Int,
        _ column: FeatureColumn
    ) {
        switch column {
        case .doubles(let numbers):
            for row in numbers.indices { target[row * width + index] = numbers[row] }
        case .floats(let numbers):
            for row in numbers.indices { target[row * width + index] = Double(numbers[row]) }
        case .categories(let codes, _):
            for row in codes.indices {
                target[row * width + index] = codes[row] < 0 ? .nan : Double(codes[row])
            }
        case .sparse(let numbers):
            for (row, value) in zip(numbers.rows, numbers.values) {
                target[Int(row) * width + index] = value
            }
        }
    }
}
