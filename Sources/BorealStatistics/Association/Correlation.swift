import Glibc

/// Which coefficient.
public enum CorrelationKind: String, CaseIterable, Sendable {
    /// Pearson's product-moment coefficient of the numbers.
    case pearson
    /// Spearman's: Pearson's of the ranks, equal numbers sharing the mean of theirs.
    case spearman
}

/// A column on its way into correlations: centred and of length 1, so that a coefficient is one
/// sum of products.
public struct UnitColumn: Sendable {
    /// `[rowCount]`: sums to 0, its squares sum to 1.
    let values: [Double]
    /// False for a column without any variation: its coefficients are undefined.
    public let varies: Bool

    /// - Parameters:
    ///   - name: of the column, for errors.
    ///   - kind: ranks the numbers first for `spearman`.
    ///   - nulls: what stands in for missing values.
    /// - Throws: `notNumeric`, `valueNotFinite`.
    public init(
        _ column: SampleColumn,
        name: String,
        _ kind: CorrelationKind,
        _ nulls: NullStrategy
    ) throws(StatisticsError) {
        guard case .numbers(let given) = column else { throw .notNumeric(column: name) }
        try column.checkFinite(name)
        var values = nulls.filled(given)
        if kind == .spearman { values = AverageRanks.ranks(values) }
        // Halves at first: the difference of two great numbers would overflow.
        let scale = values.reduce(0) { max($0, abs($1)) }
        guard scale > 0, let one = values.first, values.contains(where: { $0 != one }) else {
            self.values = values
            varies = false
            return
        }
        let count = Double(values.count)
        for index in values.indices { values[index] /= scale }
        let mean = BlockSum.sum(values) / count
        for index in values.indices { values[index] -= mean }
        let length = BlockSum.product(values, values).squareRoot()
        varies = length > 0
        if varies {
            for index in values.indices { values[index] /= length }
        }
        self.values = values
    }

    /// The coefficient of two columns of the same rows: -1 to 1; nil where one does not vary.
    public func coefficient(with other: UnitColumn) -> Double? {
        guard varies, other.varies else { return nil }
        // Rounding may carry the sum a little past the ends.
        return min(1, max(-1, BlockSum.product(values, other.values)))
    }

    /// How likely a coefficient this far from 0 is in `rowCount` rows of independent normal
    /// columns: the two-sided p value of Student's t with `rowCount - 2` degrees of freedom, by the
    /// incomplete beta function.
    ///
    /// - Returns: nil below three rows.
    public static func pValue(of coefficient: Double, rowCount: Int) -> Double? {
        guard rowCount > 2 else { return nil }
        let rest = (1 - coefficient) * (1 + coefficient)
        return IncompleteBeta.regularised(rest, Double(rowCount - 2) / 2, 0.5)
    }
}

/// Sums over fixed blocks, eight numbers at a time: small rounding errors, and the same ones
/// whatever machine adds.
enum BlockSum {
    private static let blockCount = 1_024

    static func sum(_ values: [Double]) -> Double {
        blocks(values.count) { range in
            values.withUnsafeBufferPointer { numbers in
                var sum = SIMD8<Double>.zero
                var index = range.lowerBound
                while index + 8 <= range.upperBound {
                    sum += Self.eight(numbers, index)
                    index += 8
                }
                return sum.sum() + numbers[index..<range.upperBound].reduce(0, +)
            }
        }
    }

    /// - Parameters: of equal lengths.
    static func product(_ left: [Double], _ right: [Double]) -> Double {
        precondition(left.count == right.count, "columns of different lengths")
        return left.withUnsafeBufferPointer { left in
            right.withUnsafeBufferPointer { right in
                blocks(left.count) { range in
                    var sum = SIMD8<Double>.zero
                    var index = range.lowerBound
                    while index + 8 <= range.upperBound {
                        sum += Self.eight(left, index) * Self.eight(right, index)
                        index += 8
                    }
                    var rest = 0.0
                    while index < range.upperBound {
                        rest += left[index] * right[index]
                        index += 1
                    }
                    return sum.sum() + rest
                }
            }
        }
    }

    private static func blocks(_ count: Int, _ body: (Range<Int>) -> Double) -> Double {
        var total = 0.0
        for begin in stride(from: 0, to: count, by: blockCount) {
            total += body(begin..<min(count, begin + blockCount))
        }
        return total
    }

    private static func eight(
        _ numbers: UnsafeBufferPointer<Double>,
        _ index: Int
    ) -> SIMD8<Double> {
        // A buffer that has eight numbers has a base.
        UnsafeRawPointer(numbers.baseAddress! + index).loadUnaligned(as: SIMD8<Double>.self)
    }
}
