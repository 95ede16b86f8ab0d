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
}

/// A stored column in the same form.
struct ColumnPlan: BitwiseCopyable, Sendable {
    /// Its slots in a histogram.
    let offset: Int32
    let slotCount: Int32
    /// Its features: a range of `LeafEvaluator.members`.
    let firstMember: Int32
    let memberCount: Int32
}
