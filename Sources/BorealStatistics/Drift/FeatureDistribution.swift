public import BorealBase
import BorealBoost

/// How the values of one feature were spread over bins when a model was trained: small enough to
/// travel in the model's file.
public struct FeatureDistribution: Equatable, Sendable {
    /// What the bins are.
    public enum Bins: Equatable, Sendable {
        /// Ranges of numbers, at quantiles of the training rows.
        case ranges(Cuts)
        /// Codes of categories, the most frequent first; one bin more holds all others.
        case codes([Int])
    }

    /// The feature's name.
    public let name: String
    /// What is counted.
    public let bins: Bins
    /// `[bins]`: rows in each; with codes one more, for all other categories. Of numbers these may
    /// be a sample of the rows.
    public let counts: [Int]
    /// Rows without a value, of all rows.
    public let missing: Int
    /// Rows, missing values included, those that no bin counts as well.
    public let rowCount: Int

    /// Codes with a bin of their own; none where numbers are counted.
    var codes: [Int] {
        if case .codes(let codes) = bins { codes } else { [] }
    }

    /// Rows without a value beside those that bins count: of a sample as many as are its share.
    var missingBeside: Int {
        let counted = counts.reduce(0, +)
        let present = rowCount - missing
        guard counted < present, missing > 0 else { return missing }
        return max(1, Int((Double(missing) * Double(counted) / Double(present)).rounded()))
    }

    /// Bins of a feature at most.
    public static let binsMax = 64

    /// The numbers of a feature.
    ///
    /// Every training does this with each of its columns, so it sorts once, as the bin finder does,
    /// and reads cuts and counts off the sorted numbers.
    ///
    /// - Parameters:
    ///   - numbers: of all rows or of a sample; NaN is a missing value.
    ///   - binsMax: bins at most; at least 2.
    ///   - whole: what the numbers are a sample of; nil when they are all.
    public init(
        name: String,
        numbers: [Double],
        binsMax: Int = Self.binsMax,
        whole: (rowCount: Int, missing: Int)? = nil
    ) {
        var sorted = numbers.filter { !$0.isNaN }
        var sorter = RadixSort()
        sorted.withUnsafeMutableBufferPointer { sorter.sort($0) }
        let cuts = Cuts(bounds: QuantileCuts.bounds(sorted, binCount: binsMax))
        var ends = cuts.bounds.map { bound in Self.count(upTo: bound, sorted) }
        ends.append(sorted.count)
        self.init(
            name: name,
            bins: .ranges(cuts),
            counts: zip(ends, [0] + ends).map { $0 - $1 },
            missing: whole?.missing ?? numbers.count - sorted.count,
            rowCount: whole?.rowCount ?? numbers.count
        )
    }

    /// How many of ascending numbers are not above a bound.
    private static func count(upTo bound: Double, _ sorted: [Double]) -> Int {
        var (low, high) = (0, sorted.count)
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] <= bound { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The categories of a feature.
    ///
    /// - Parameters:
    ///   - codes: negative ones are missing values.
    ///   - binsMax: codes that have a bin of their own; of equally frequent ones the lowest.
    public init(name: String, codes: [Int32], binsMax: Int = Self.binsMax) {
        let (found, missing) = Self.frequencies(codes)
        let ordered = found.sorted { ($1.count, $0.code) < ($0.count, $1.code) }
        let kept = ordered.prefix(binsMax)
        let others = ordered.dropFirst(binsMax).reduce(0) { $0 + $1.count }
        self.init(
            name: name,
            bins: .codes(kept.map(\.code)),
            counts: kept.map(\.count) + [others],
            missing: missing,
            rowCount: codes.count
        )
    }

    /// How often each code is there, and how many rows have none.
    private static func frequencies(
        _ codes: [Int32]
    ) -> (found: [(code: Int, count: Int)], missing: Int) {
        let most = Int(codes.max() ?? -1)
        var missing = 0
        // Codes out of a dictionary are fewer than the rows; whole numbers may be anything.
        guard most <= codes.count else {
            var counts: [Int: Int] = [:]
            for code in codes {
                if code < 0 { missing += 1 } else { counts[Int(code), default: 0] += 1 }
            }
            return (counts.map { (code: $0, count: $1) }, missing)
        }
        var counts = [Int](repeating: 0, count: most + 1)
        for code in codes {
            if code < 0 { missing += 1 } else { counts[Int(code)] += 1 }
        }
        return (counts.enumerated().filter { $1 > 0 }.map { (code: $0, count: $1) }, missing)
    }

    private init(name: String, bins: Bins, counts: [Int], missing: Int, rowCount: Int) {
        self.name = name
        self.bins = bins
        self.counts = counts
        self.missing = missing
        self.rowCount = rowCount
    }

    // MARK: - In the model's file

    /// The form that a model's file keeps.
    public var json: JSON {
        let shape: (String, JSON) =
            switch bins {
            case .ranges(let cuts): ("bounds", .array(cuts.bounds.map { .number($0) }))
            case .codes(let codes): ("codes", .array(codes.map { .integer(Int64($0)) }))
            }
        return .object([
            ("name", .string(name)), shape,
            ("counts", .array(counts.map { .integer(Int64($0)) })),
            ("missing", .integer(Int64(missing))), ("rows", .integer(Int64(rowCount))),
        ])
    }

    /// Reads the form of a model's file; nil for anything that is not whole and consistent, as a
    /// file from elsewhere may hold.
    public init?(json: JSON) {
        guard let name = json["name"]?.string, let given = json["counts"]?.array,
            let missing = json["missing"]?.integer, (0...Self.countMax).contains(missing)
        else { return nil }
        let counts = given.compactMap(\.integer)
        guard counts.count == given.count, counts.count <= Self.binsMax + 1,
            counts.allSatisfy({ (0...Self.countMax).contains($0) }),
            let bins = Self.bins(json, count: counts.count)
        else { return nil }
        // Older files name no rows: they are those counted.
        let seen = counts.reduce(missing, +)
        let rowCount = json["rows"].map(\.integer) ?? seen
        guard let rowCount, (seen...max(seen, Self.countMax)).contains(rowCount) else {
            return nil
        }
        self.init(
            name: name,
            bins: bins,
            counts: counts.map { Int($0) },
            missing: Int(missing),
            rowCount: Int(rowCount)
        )
    }

    /// - Parameter count: of the counts that go with them.
    private static func bins(_ json: JSON, count: Int) -> Bins? {
        if let bounds = json["bounds"]?.array {
            let numbers = bounds.compactMap(\.double)
            guard numbers.count == bounds.count, count == numbers.count + 1,
                numbers.allSatisfy({ $0.isFinite }),
                zip(numbers, numbers.dropFirst()).allSatisfy({ $0 < $1 })
            else { return nil }
            return .ranges(Cuts(bounds: numbers))
        }
        guard let values = json["codes"]?.array else { return nil }
        let codes = values.compactMap(\.integer)
        guard codes.count == values.count, count == codes.count + 1,
            codes.allSatisfy({ $0 >= 0 }), Set(codes).count == codes.count
        else { return nil }
        return .codes(codes.map { Int($0) })
    }

    /// So large a count, times another one, still fits a word.
    private static let countMax: Int64 = 1 << 30
}

/// The features of a training set as it was spread over bins.
public struct SampleDistribution: Equatable, Sendable {
    /// In the order of the model.
    public let features: [FeatureDistribution]

    /// - Parameter features: in the order of the model.
    public init(features: [FeatureDistribution]) { self.features = features }

    /// The form that a model's file keeps.
    public var json: JSON { .object([("features", .array(features.map(\.json)))]) }

    /// Reads the form of a model's file; nil for one that is not whole.
    public init?(json: JSON) {
        guard let members = json["features"]?.array else { return nil }
        features = members.compactMap { FeatureDistribution(json: $0) }
        guard features.count == members.count else { return nil }
    }
}
