import BorealBase
import BorealBoost
import BorealGraph
import BorealStatistics

extension TrainingSetBuilder.Output {
    /// How the training rows are spread over bins of each feature, for DRIFT: what goes into the
    /// model's `trainingDistribution`.
    ///
    /// A least-squares fit of 100,000 rows takes hundredths of a second, and this shall be a small
    /// part of it. Of numbers it sorts those of rows at even distances, 4,096 at least: shares of a
    /// tenth of the rows are then known to 0.005 (a stability index to about 0.002), and the test
    /// of DRIFT allows for how many rows were looked at. A category or a missing value that is rare
    /// may be in no such row, though, and would show as new: these are counted in all rows, which
    /// takes no sort. The same rows give the same text at any number of threads, as VERIFY MODEL
    /// wants.
    func distribution(threads: Int) -> JSON {
        assert(!inputs.contains(where: \.kind.isList), "lists have no bins")
        let rows = sampledRows
        // A model of thousands of features shall not become mostly this.
        let binsMax = inputs.count > 256 ? 16 : FeatureDistribution.binsMax
        var features = [FeatureDistribution?](repeating: nil, count: inputs.count)
        let isSmall = rows.count * inputs.count < Self.threadedCells
        features.withUnsafeMutableBufferPointer { features in
            WorkerPool(threads: isSmall ? 1 : threads, nice: 10).run(inputs.count) { index in
                features[index] = distribution(index, rows, binsMax)
            }
        }
        return SampleDistribution(features: features.compactMap { $0 }).json
    }

    private func distribution(_ index: Int, _ rows: [Int], _ binsMax: Int) -> FeatureDistribution {
        let (name, column) = (inputs[index].name, data.columns[index])
        if case .categories(let codes, _) = column {
            return FeatureDistribution(name: name, codes: codes, binsMax: binsMax)
        }
        let takesMissing = inputs[index].takesMissing
        return FeatureDistribution(
            name: name,
            numbers: column.numbers(at: rows),
            binsMax: binsMax,
            // A class that takes no missing values stops at the first one: none need be looked for.
            whole: (data.rowCount, takesMissing ? column.missingCount : 0)
        )
    }

    /// Rows that are looked at, of few features and of many.
    private static let sampleRows = 4_096...32_768
    /// Cells that are looked at, while that leaves enough rows.
    private static let sampleCells = 1 << 18
    /// Below, threads take longer to start than they spare.
    private static let threadedCells = 1 << 15

    private var sampledRows: [Int] {
        let wanted = Self.sampleCells / max(1, inputs.count)
        let most = min(max(wanted, Self.sampleRows.lowerBound), Self.sampleRows.upperBound)
        let count = min(data.rowCount, most)
        return (0..<count).map { $0 * data.rowCount / count }
    }
}

extension FeatureColumn {
    /// The numbers of some rows, which ascend.
    fileprivate func numbers(at rows: [Int]) -> [Double] {
        switch self {
        case .doubles(let values): rows.map { values[$0] }
        case .floats(let values): rows.map { Double(values[$0]) }
        case .sparse(let values): values.numbers(at: rows)
        case .categories(let codes, _): rows.map { Double(codes[$0]) }
        }
    }

    /// Rows without a value.
    fileprivate var missingCount: Int {
        // Added up without a branch, so that the loops are vectors.
        switch self {
        case .doubles(let values): values.reduce(0) { $0 &+ ($1.isNaN ? 1 : 0) }
        case .floats(let values): values.reduce(0) { $0 &+ ($1.isNaN ? 1 : 0) }
        case .sparse(let values): values.values.reduce(0) { $0 &+ ($1.isNaN ? 1 : 0) }
        case .categories(let codes, _): codes.reduce(0) { $0 &+ ($1 < 0 ? 1 : 0) }
        }
    }
}

extension SparseNumbers {
    /// The numbers of some rows, which ascend as the kept ones do: a walk along both finds them,
    /// where a search for each took a seventh of the training of 10,000 columns.
    fileprivate func numbers(at wanted: [Int]) -> [Double] {
        var place = 0
        return wanted.map { row in
            while place < rows.count, Int(rows[place]) < row { place += 1 }
            return place < rows.count && Int(rows[place]) == row ? values[place] : 0
        }
    }
}
