/// The middles between the centres of a k-means of one dimension, as scikit-learn's
/// `KBinsDiscretizer(strategy='kmeans')` finds them: centres begin in the middles of bins of equal
/// width, so that nothing is random.
struct ClusterCuts {
    /// Rounds at most, as there.
    private static let roundsMax = 300
    /// Movement of the centres, as a share of the variance, below which they rest.
    private static let tolerance = 1e-4

    /// `[count]`: the values, their mean taken away for the sake of the sums.
    private let values: [Double]
    /// `[count]`: rows of each.
    private let weights: [Double]
    private let mean: Double

    /// Ascending.
    private(set) var bounds: [Double] = []

    init(_ counts: ValueCounts, centreCount: Int) {
        weights = (0..<counts.count).map { Double(counts.total($0)) }
        let rows = Double(counts.rowCount)
        // Divided before they are added: the sum of great numbers would overflow.
        let mean = zip(counts.values, weights).reduce(0) { $0 + $1.0 * ($1.1 / rows) }
        self.mean = mean
        values = counts.values.map { $0 - mean }
        let variance = zip(values, weights).reduce(0) { $0 + $1.0 * $1.0 * ($1.1 / rows) }
        guard variance.isFinite, let least = values.first, let greatest = values.last else {
            // The squares overflow: nothing can be said of distances.
            bounds = EqualWidthCuts.bounds(counts, binCount: centreCount)
            return
        }
        let count = min(centreCount, counts.count)
        let width = (greatest - least) / Double(count)
        var centres = (0..<count).map { least + (Double($0) + 0.5) * width }
        var ends: [Int] = []
        for _ in 0..<Self.roundsMax {
            let newEnds = assign(centres)
            let moved = means(newEnds, centres)
            let shift = zip(moved, centres).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
            centres = moved.sorted()
            if newEnds == ends || shift <= Self.tolerance * variance { break }
            ends = newEnds
        }
        bounds = zip(centres, centres.dropFirst()).map { ($0 + $1) * 0.5 + mean }
            .filter { $0 > counts.values[0] && $0 < counts.values[counts.count - 1] }
    }

    /// `[centres]`: the end of the values nearest to each centre; one in the middle goes left.
    private func assign(_ centres: [Double]) -> [Int] {
        var ends: [Int] = []
        var place = 0
        for (centre, next) in zip(centres, centres.dropFirst()) {
            while place < values.count,
                abs(values[place] - centre) <= abs(values[place] - next)
            {
                place += 1
            }
            ends.append(place)
        }
        return ends + [values.count]
    }

    /// The mean of the values of each centre. A centre without any moves to the value that is
    /// farthest from its own centre.
    private func means(_ ends: [Int], _ centres: [Double]) -> [Double] {
        var sums = [Double](repeating: 0, count: ends.count)
        var counts = sums
        var begin = 0
        for (centre, end) in ends.enumerated() {
            for index in begin..<end {
                sums[centre] += values[index] * weights[index]
                counts[centre] += weights[index]
            }
            begin = end
        }
        let empty = counts.indices.filter { counts[$0] == 0 }
        if !empty.isEmpty {
            for (centre, value) in zip(empty, farthest(empty.count, ends, centres)) {
                sums[value.centre] -= values[value.index]
                counts[value.centre] -= 1
                sums[centre] = values[value.index]
                counts[centre] = 1
            }
        }
        return zip(sums, counts).enumerated().map { index, part in
            part.1 > 0 ? part.0 / part.1 : centres[index]
        }
    }

    /// The values farthest from their centres, the farthest first, of equal ones the lowest.
    private func farthest(
        _ count: Int,
        _ ends: [Int],
        _ centres: [Double]
    ) -> [(index: Int, centre: Int)] {
        var all: [(index: Int, centre: Int, distance: Double)] = []
        var begin = 0
        for (centre, end) in ends.enumerated() {
            for index in begin..<end {
                all.append((index, centre, abs(values[index] - centres[centre])))
            }
            begin = end
        }
        all.sort { ($1.distance, $0.index) < ($0.distance, $1.index) }
        return all.prefix(count).map { ($0.index, $0.centre) }
    }
}
