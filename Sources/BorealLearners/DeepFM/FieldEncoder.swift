import BorealBase
import BorealBoost
import BorealGraph

/// Rows as a network reads them: for each feature the row of its table, and a factor.
struct EncodedRows: Sendable {
    /// Rows.
    let rowCount: Int
    /// Features.
    let fieldCount: Int
    /// `[rowCount * fieldCount]`: rows of the features' tables.
    var places: [Int32]
    /// `[rowCount * fieldCount]`: what the vectors are multiplied by.
    var factors: [Float]
    /// `[rowCount]`: 0 or 1, or standardised numbers.
    var labels: [Float]
    /// `[rowCount]`, their mean 1; nil for 1.
    var weights: [Float]?
}

/// How the features of a table choose vectors, found from its training rows.
struct FieldEncoder: Sendable {
    /// `[featureCount]`, each with a table of its own.
    let columns: [EmbeddingColumn]

    /// Finds mean and deviation of each number and the categories of each text.
    ///
    /// - Parameter rows: those that are learnt from.
    /// - Throws: `TrainingError.valueNotFinite` for an infinite number.
    init(_ data: TrainingData, rows: [Int32], _ workshop: Workshop) throws(TrainingError) {
        var columns: [EmbeddingColumn] = []
        for (column, name) in zip(data.columns, data.names) {
            if workshop.cancellation.isCancelled { throw .cancelled }
            if case .categories(_, let count) = column {
                columns.append(.category(first: 0, count: count))
                continue
            }
            let numbers = column.numbers
            if let row = numbers.firstIndex(where: \.isInfinite) {
                throw .valueNotFinite(column: name, row: row, value: numbers[row])
            }
            let moments = Moments(rows.lazy.map { numbers[Int($0)] }.filter { !$0.isNaN })
            columns.append(.number(first: 0, mean: moments.mean, deviation: moments.deviation))
        }
        self.columns = columns
    }

    /// Rows of a table with the same features.
    ///
    /// - Parameter label: makes of a row's label what the network learns.
    /// - Throws: `TrainingError.valueNotFinite`, `.lengthMismatch`, `.columnKindMismatch`.
    func rows(
        of data: TrainingData,
        _ workshop: Workshop,
        label: (Double) -> Float
    ) throws(TrainingError) -> EncodedRows {
        let (count, fields) = (data.rowCount, columns.count)
        guard data.columns.count == fields else {
            throw .lengthMismatch(name: "columns", count: data.columns.count, expected: fields)
        }
        var encoded = EncodedRows(
            rowCount: count,
            fieldCount: fields,
            places: [Int32](repeating: 0, count: count * fields),
            factors: [Float](repeating: 1, count: count * fields),
            labels: data.label.map(label),
            weights: data.weights.map(Self.normalised)
        )
        for (field, column) in columns.enumerated() {
            if workshop.cancellation.isCancelled { throw .cancelled }
            let (values, name) = (data.columns[field], data.names[field])
            guard values.count == count else {
                throw .lengthMismatch(name: name, count: values.count, expected: count)
            }
            if case .category = column, !values.isCategorical {
                throw .columnKindMismatch(name: name)
            }
            let numbers = values.numbers
            if case .number = column, let row = numbers.firstIndex(where: \.isInfinite) {
                throw .valueNotFinite(column: name, row: row, value: numbers[row])
            }
            encoded.fill(field, column, numbers)
        }
        return encoded
    }

    /// Weights divided by their mean.
    static func normalised(_ weights: [Float]) -> [Float] {
        let mean = weights.reduce(0.0) { $0 + Double($1) } / Double(max(1, weights.count))
        return weights.map { Float(Double($0) / mean) }
    }
}

extension EncodedRows {
    fileprivate mutating func fill(_ field: Int, _ column: EmbeddingColumn, _ numbers: [Double]) {
        places.withUnsafeMutableBufferPointer { places in
            factors.withUnsafeMutableBufferPointer { factors in
                for row in numbers.indices {
                    let (place, factor) = column.place(of: numbers[row])
                    places[row * fieldCount + field] = Int32(truncatingIfNeeded: place)
                    factors[row * fieldCount + field] = factor
                }
            }
        }
    }
}

extension FeatureColumn {
    /// Values as a graph gets them: NaN where missing, codes as numbers.
    var numbers: [Double] {
        switch self {
        case .doubles(let values): values
        case .floats(let values): values.map(Double.init)
        case .categories(let codes, _): codes.map { $0 < 0 ? .nan : Double($0) }
        case .sparse(let values): values.dense
        }
    }
}

/// Mean and standard deviation of numbers, for any finite ones.
struct Moments: Equatable, Sendable {
    /// 0 of no numbers.
    var mean = 0.0
    /// Of the population; 1 where the numbers are all the same.
    var deviation = 1.0

    /// - Parameter numbers: finite.
    init(_ numbers: some Sequence<Double>) {
        // Scaled by a power of two, so that neither sums nor squares overflow.
        let extreme = numbers.reduce(0) { Swift.max($0, $1.magnitude) }
        guard extreme > 0 else { return }
        let scale = Double(
            sign: .plus,
            exponent: Swift.max(extreme.exponent, -1_000),
            significand: 1
        )
        var (count, sum) = (0.0, 0.0)
        for number in numbers {
            sum += number / scale
            count += 1
        }
        let middle = sum / count
        let squares = numbers.reduce(0.0) {
            let difference = $1 / scale - middle
            return $0 + difference * difference
        }
        mean = middle * scale
        let found = (squares / count).squareRoot() * scale
        // What rounding leaves of equal numbers is no deviation.
        if found > mean.magnitude * 1e-12, found.isFinite { deviation = found }
    }
}
