/// Leaf values that are percentiles of the residuals of a leaf's rows.
struct LeafRenewal: Sendable {
    /// Which percentile; one half is the median.
    let share: Double
    /// `[rowCount]`: what a row counts; nil counts all once.
    let weights: AlignedBuffer<Float>?
    /// Adds to the percentile the mean of what residuals are off it, each by so much at most:
    /// Huber's step (Friedman 2001, algorithm 4). Nil adds nothing.
    var border: Double?

    /// The value of a leaf.
    func value(_ residuals: [Double], rows: [Int]) -> Double {
        let center = percentile(residuals, rows: rows)
        guard let border, !residuals.isEmpty else { return center }
        var (sum, total) = (0.0, 0.0)
        for (residual, row) in zip(residuals, rows) {
            let weight = weights.map { Double($0.pointer[row]) } ?? 1
            sum += min(max(residual - center, -border), border) * weight
            total += weight
        }
        return total > 0 ? center + sum / total : center
    }

    private func percentile(_ residuals: [Double], rows: [Int]) -> Double {
        guard let weights else { return Percentile.value(residuals, share: share) }
        return Percentile.value(
            residuals,
            weights: rows.map { Double(weights.pointer[$0]) },
            share: share
        )
    }
}

/// Percentiles as LightGBM's objectives take them.
enum Percentile {
    /// Between the two neighbours of position `share * (count - 1)` in ascending order, in
    /// proportion; 0 of no values.
    static func value(_ values: [Double], share: Double) -> Double {
        guard values.count > 1 else { return values.first ?? 0 }
        var sorted = values
        var sorter = RadixSort()
        sorted.withUnsafeMutableBufferPointer { sorter.sort($0) }
        // Counted from the greatest, because so the roundings are LightGBM's.
        let place = Double(values.count - 1) * (1 - share)
        let next = Int(place) + 1
        guard next < values.count else { return sorted[0] }
        let upper = sorted[values.count - next]
        let lower = sorted[values.count - next - 1]
        return upper - (upper - lower) * (place - Double(next - 1))
    }

    /// Where the running sum of the weights passes `share` of their sum: within the step of a row
    /// that weighs 1 or more, else the value before it; 0 of no values.
    static func value(_ values: [Double], weights: [Double], share: Double) -> Double {
        guard values.count > 1 else { return values.first ?? 0 }
        let order = values.indices.sorted {
            values[$0] != values[$1] ? values[$0] < values[$1] : $0 < $1
        }
        var sums: [Double] = []
        sums.reserveCapacity(order.count)
        var sum = 0.0
        for index in order {
            sum += weights[index]
            sums.append(sum)
        }
        let threshold = sum * share
        let last = sums.count - 1
        var (low, high) = (0, sums.count)
        while low < high {
            let middle = (low + high) / 2
            if sums[middle] > threshold { high = middle } else { low = middle + 1 }
        }
        let position = min(low, last)
        guard position > 0, position < last else { return values[order[position]] }
        let before = values[order[position - 1]]
        let after = values[order[position]]
        let step = sums[position] - sums[position - 1]
        guard step >= 1 else { return before }
        return (threshold - sums[position - 1]) / step * (after - before) + before
    }
}
