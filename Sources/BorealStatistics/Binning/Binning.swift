/// How a column of numbers is cut into bins.
public enum BinningMethod: String, CaseIterable, Sendable {
    /// Neighbours are merged while the two groups mix in them most alike (ChiMerge).
    case chi
    /// Bins of nearly equal numbers of rows.
    case quantile
    /// Bins of equal width.
    case step
    /// The thresholds of a small decision tree that tells the two groups apart.
    case dt
    /// Bins around centres of mass (k-means of one dimension).
    case kmean
}

/// A method and how many bins it may make.
public struct Binning: Equatable, Sendable {
    /// The method.
    public var method: BinningMethod
    /// Bins at most, that of missing values not counted; at least 2.
    public var binCount: Int

    /// - Parameters: see the stored properties.
    public init(_ method: BinningMethod, binCount: Int) {
        precondition(binCount >= 2, "a column is cut into two bins at least")
        self.method = method
        self.binCount = binCount
    }

    /// The cuts of a column.
    ///
    /// `quantile`, `step` and `kmean` look at the values only, `chi` and `dt` also at the groups.
    func cuts(_ counts: ValueCounts) -> Cuts {
        guard counts.count > 1 else { return Cuts(bounds: []) }
        let bounds: [Double]
        switch method {
        case .chi: bounds = ChiMerge(counts, binCount: binCount).bounds
        case .quantile: bounds = QuantileCuts.bounds(counts, binCount: binCount)
        case .step: bounds = EqualWidthCuts.bounds(counts, binCount: binCount)
        case .dt: bounds = TreeCuts(counts, leavesMax: binCount).bounds
        case .kmean: bounds = ClusterCuts(counts, centreCount: binCount).bounds
        }
        return Cuts(bounds: bounds)
    }
}

/// Where the bins of a column of numbers meet. A bin holds its upper bound and not its lower one;
/// the first begins at -infinity, the last ends at infinity.
public struct Cuts: Equatable, Sendable {
    /// Ascending, no two equal.
    public let bounds: [Double]

    /// - Parameter bounds: ascending; equal ones count once.
    public init(bounds: [Double]) {
        var distinct: [Double] = []
        for bound in bounds where distinct.last != bound {
            assert(distinct.last.map { $0 < bound } ?? true, "bounds that do not ascend")
            distinct.append(bound)
        }
        self.bounds = distinct
    }

    /// Bins, that of missing values not counted.
    public var binCount: Int { bounds.count + 1 }

    /// The bin of a number: that of the first bound that is not below it.
    public func index(of value: Double) -> Int {
        var (low, high) = (0, bounds.count)
        while low < high {
            let middle = (low + high) / 2
            if bounds[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// What a bin spans; infinite at the ends.
    public func range(_ bin: Int) -> (lower: Double, upper: Double) {
        (bin == 0 ? -.infinity : bounds[bin - 1], bin < bounds.count ? bounds[bin] : .infinity)
    }
}
