/// How the values of one feature become bin numbers, by LightGBM's rules (`src/io/bin.cpp`).
///
/// Numeric: bin `b` holds values up to and including `upperBounds[b]`; when NaN is a bin it is the
/// last one. Categorical: bin 0 holds missing and rare categories, the others one category each.
struct BinMapper: Equatable, Sendable {
    /// What values are.
    enum Kind: Equatable, Sendable {
        /// `[binCount]` bounds; the last is infinity, or NaN for the bin of NaN.
        case numeric(upperBounds: [Double])
        /// `[binCount]`: the category of each bin, -1 for bin 0; and, by category, the bin.
        case categorical(categories: [Int32], binOfCategory: [UInt16])
    }

    /// What values are.
    var kind: Kind
    /// Bins, the one for missing values included.
    var binCount: Int
    /// How missing values are told from others.
    var missing: Tree.Missing
    /// The bin of zero; numeric features only.
    var zeroBin = 0
    /// True when the feature can split nothing: one bin, or bins too small for `min_data_in_leaf`.
    var isTrivial: Bool
    /// The bin with the most rows of the sample, and their share.
    var commonBin = 0
    var commonShare = 0.0

    /// The bin of NaN, when there is one.
    var nanBin: Int? { missing == .nan && !isCategorical ? binCount - 1 : nil }

    /// True for categories.
    var isCategorical: Bool {
        if case .categorical = kind { true } else { false }
    }

    /// Bounds to search among: without the NaN bin's and without the last, infinite one.
    var searchBounds: ArraySlice<Double> {
        guard case .numeric(let bounds) = kind else { return [] }
        return bounds.prefix(max(0, binCount - (missing == .nan ? 2 : 1)))
    }

    /// Notes which bin is the commonest; the first of equals.
    mutating func noteCommonBin(_ counts: [Int]) {
        let total = counts.reduce(0, +)
        guard let most = counts.max(), total > 0 else { return }
        commonBin = counts.firstIndex(of: most) ?? 0
        commonShare = Double(most) / Double(total)
    }

    /// The bin of a number.
    func bin(of value: Double) -> Int {
        if value.isNaN, let nanBin { return nanBin }
        let number = value.isNaN ? 0 : value
        let bounds = searchBounds
        var low = 0
        var high = bounds.count
        while low < high {
            let middle = (low + high) / 2
            if number <= bounds[middle] { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// The bin of a category.
    func bin(ofCategory code: Int32) -> Int {
        guard case .categorical(_, let bins) = kind, code >= 0, Int(code) < bins.count else {
            return 0
        }
        return Int(bins[Int(code)])
    }
}

/// What bounds are made by.
struct BinRules: Equatable, Sendable {
    var maxBin: Int
    var minDataInBin: Int
    var usesMissing: Bool
    var zeroIsMissing: Bool
    /// Rows of the sample that either side of a split must keep; nil keeps every feature.
    var filterCount: Int?

    /// LightGBM compares `min_data_in_leaf` scaled to the sample.
    init(_ parameters: TrainingParameters, sampleCount: Int, rowCount: Int) {
        maxBin = min(parameters.maxBin, BinMapper.binsMax)
        minDataInBin = parameters.minDataInBin
        usesMissing = parameters.usesMissing
        zeroIsMissing = parameters.zeroIsMissing
        let share = Double(parameters.minDataInLeaf) * Double(sampleCount) / Double(rowCount)
        filterCount = parameters.filtersFeatures ? Int(share) : nil
    }
}
