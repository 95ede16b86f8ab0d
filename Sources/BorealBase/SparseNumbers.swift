/// Numbers of which most are zero: only the others are kept.
public struct SparseNumbers: Equatable, Sendable {
    /// Rows of the kept numbers, ascending.
    public let rows: [UInt32]
    /// `[rows.count]`: the numbers; NaN is a missing value.
    public let values: [Double]
    /// Numbers in all, zeros included.
    public let count: Int

    /// - Parameters:
    ///   - rows: ascending, none twice, each below `count`.
    ///   - values: as many as rows.
    ///   - count: numbers in all.
    public init(rows: [UInt32], values: [Double], count: Int) {
        precondition(rows.count == values.count && rows.count <= count)
        precondition(rows.last.map { Int($0) < count } ?? true)
        self.rows = rows
        self.values = values
        self.count = count
    }

    /// The number of a row, found by a binary search.
    public subscript(row: Int) -> Double {
        let place = rows.partitioningIndex { Int($0) >= row }
        return place < rows.count && Int(rows[place]) == row ? values[place] : 0
    }

    /// The numbers of some neighbouring rows.
    public func slice(_ range: Range<Int>) -> SparseNumbers {
        let first = rows.partitioningIndex { Int($0) >= range.lowerBound }
        let end = rows.partitioningIndex { Int($0) >= range.upperBound }
        return SparseNumbers(
            rows: rows[first..<end].map { $0 - UInt32(range.lowerBound) },
            values: Array(values[first..<end]),
            count: range.count
        )
    }

    /// All numbers, zeros included.
    public var dense: [Double] {
        var dense = [Double](repeating: 0, count: count)
        for (row, value) in zip(rows, values) { dense[Int(row)] = value }
        return dense
    }
}

extension [UInt32] {
    /// The first place whose element fulfils a condition that all later ones fulfil too.
    public func partitioningIndex(_ isReached: (UInt32) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if isReached(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
