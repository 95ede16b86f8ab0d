/// The distinct numbers of a column in ascending order, and how many rows of either group hold
/// each: all that binning and rank measures need to know of it. Missing values are left out.
struct ValueCounts: Equatable, Sendable {
    /// `[count]`: ascending, no two equal.
    let values: [Double]
    /// `[count]`: rows of the first group.
    let first: [Int]
    /// `[count]`: rows of the second group.
    let second: [Int]

    /// Distinct values.
    var count: Int { values.count }

    /// Rows with a value.
    let rowCount: Int

    /// A number and its group, side by side for the sort.
    private struct Entry {
        let value: Double
        let isSecond: Bool
    }

    /// - Parameters:
    ///   - numbers: `[rowCount]`, NaN for a missing value.
    ///   - groups: of the same rows.
    ///   - firstOnly: leaves out the rows of the second group.
    init(_ numbers: [Double], _ groups: TwoGroups, firstOnly: Bool = false) {
        precondition(numbers.count == groups.isSecond.count, "a column of another length")
        var entries: [Entry] = []
        entries.reserveCapacity(numbers.count)
        for (row, value) in numbers.enumerated() where !value.isNaN {
            let isSecond = groups.isSecond[row]
            if !firstOnly || !isSecond { entries.append(Entry(value: value, isSecond: isSecond)) }
        }
        entries.sort { $0.value < $1.value }
        var values: [Double] = []
        var first: [Int] = []
        var second: [Int] = []
        for entry in entries {
            if values.last != entry.value {
                values.append(entry.value)
                first.append(0)
                second.append(0)
            }
            if entry.isSecond { second[second.count - 1] += 1 } else { first[first.count - 1] += 1 }
        }
        self.values = values
        self.first = first
        self.second = second
        rowCount = entries.count
    }

    /// Rows that hold a value.
    func total(_ index: Int) -> Int { first[index] + second[index] }

    /// A bound between two neighbours of the list: values up to `index` lie at or below it.
    ///
    /// Their middle, or the lower one where no number lies between.
    func bound(after index: Int) -> Double {
        let (low, high) = (values[index], values[index + 1])
        let middle = low / 2 + high / 2
        return middle < high && middle >= low ? middle : low
    }

    /// The values of the rows in ascending order, by position, without writing them all out.
    struct Ranked {
        private let values: [Double]
        /// `[count]`: rows up to and with each value.
        private let ends: [Int]

        init(_ counts: ValueCounts) {
            values = counts.values
            var sum = 0
            ends = (0..<counts.count).map { index in
                sum += counts.total(index)
                return sum
            }
        }

        /// The value at a position counted from 0.
        subscript(position: Int) -> Double {
            var (low, high) = (0, ends.count - 1)
            while low < high {
                let middle = (low + high) / 2
                if ends[middle] > position { high = middle } else { low = middle + 1 }
            }
            return values[low]
        }
    }
}
