/// What the scan of a leaf knows of a feature: numbers only, because reading a `BinMapper` for
/// every feature of every leaf counted references for 3 % of a wide table's training.
struct FeaturePlan: BitwiseCopyable, Sendable {
    /// First slot of its bins in a histogram, the implied bin left out.
    let offset: Int32
    let binCount: Int32
    /// The bin of zero; numeric features only.
    let zeroBin: Int32
    /// The bin without a slot: what the leaf has beside the others; -1 for none.
    let impliedBin: Int32
    let missing: UInt8
    let isCategorical: Bool
    /// 1 or -1 when outputs may only rise or fall with the feature.
    let direction: Int8

    init(_ feature: BinnedFeature, direction: Int8 = 0) {
        self.direction = direction
        offset = Int32(feature.histogramOffset)
        binCount = Int32(feature.mapper.binCount)
        zeroBin = Int32(feature.mapper.zeroBin)
        impliedBin = Int32(feature.impliedBin)
        missing = feature.mapper.missing.rawValue
        isCategorical = feature.mapper.isCategorical
    }

    /// Whether its only slot says all about its only cut.
    var isCut: Bool {
        binCount == 2 && impliedBin >= 0 && missing == Tree.Missing.none.rawValue
            && !isCategorical
    }
}

/// A stored column in the same form, or several of one cut for each feature.
struct ColumnPlan: BitwiseCopyable, Sendable {
    /// Its slots in a histogram.
    let offset: Int32
    private(set) var slotCount: Int32
    /// Its features: a range of `LeafEvaluator.members`.
    let firstMember: Int32
    private(set) var memberCount: Int32
    /// Slot of its first feature when each has two bins, one of them implied, and nothing missing:
    /// so many cuts beside each other. -1 for others.
    let firstCut: Int32

    /// - Parameter plans: of its features, in their order.
    init(_ column: StoredColumn, firstMember: Int, _ plans: [FeaturePlan]) {
        offset = Int32(column.histogramOffset)
        slotCount = Int32(column.slotCount)
        self.firstMember = Int32(firstMember)
        memberCount = Int32(column.features.count)
        let first = plans.first?.offset ?? 0
        let areCuts = plans.enumerated().allSatisfy { place, plan in
            plan.isCut && plan.offset == first + Int32(place)
        }
        firstCut = areCuts ? first : -1
    }

    /// This column with one whose cuts lie behind its own; nil for any other.
    func joined(_ other: ColumnPlan) -> ColumnPlan? {
        guard firstCut >= 0, other.firstCut == firstCut + memberCount,
            other.offset == offset + slotCount, other.firstMember == firstMember + memberCount
        else { return nil }
        var both = self
        both.slotCount += other.slotCount
        both.memberCount += other.memberCount
        return both
    }
}
