public import BorealBase

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
    /// `[bins]`: rows in each; with codes one more, for all other categories.
    public let counts: [Int]
    /// Rows without a value.
    public let missing: Int

    /// Codes with a bin of their own; none where numbers are counted.
    var codes: [Int] {
        if case .codes(let codes) = bins { codes } else { [] }
    }

    /// Rows, missing values included.
    public var rowCount: Int { counts.reduce(missing, +) }

    /// Bins of a feature at most.
    public static let binsMax = 64

    /// The numbers of a feature.
    ///
    /// - Parameters:
    ///   - numbers: NaN is a missing value.
    ///   - binsMax: bins at most; at least 2.
    public init(name: String, numbers: [Double], binsMax: Int = Self.binsMax) {
        let cuts = Binning(.quantile, binCount: binsMax).cuts(ValueCounts(numbers))
        var counts = [Int](repeating: 0, count: cuts.binCount)
        for value in numbers where !value.isNaN { counts[cuts.index(of: value)] += 1 }
        let missing = numbers.count { $0.isNaN }
        self.init(name: name, bins: .ranges(cuts), counts: counts, missing: missing)
    }

    /// The categories of a feature.
    ///
    /// - Parameters:
    ///   - codes: negative ones are missing values.
    ///   - binsMax: codes that have a bin of their own; of equally frequent ones the lowest.
    public init(name: String, codes: [Int32], binsMax: Int = Self.binsMax) {
        var found: [Int: Int] = [:]
        var missing = 0
        for code in codes {
            if code < 0 { missing += 1 } else { found[Int(code), default: 0] += 1 }
        }
        let ordered = found.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let kept = ordered.prefix(binsMax)
        let others = ordered.dropFirst(binsMax).reduce(0) { $0 + $1.value }
        self.init(
            name: name,
            bins: .codes(kept.map(\.key)),
            counts: kept.map(\.value) + [others],
            missing: missing
        )
    }

    private init(name: String, bins: Bins, counts: [Int], missing: Int) {
        self.name = name
        self.bins = bins
        self.counts = counts
        self.missing = missing
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
            ("missing", .integer(Int64(missing))),
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
        self.init(
            name: name,
            bins: bins,
            counts: counts.map { Int($0) },
            missing: Int(missing)
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
