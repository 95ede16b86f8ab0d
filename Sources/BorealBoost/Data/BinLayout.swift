/// A feature as the trainer sees it: how it was binned and where its bins lie.
struct BinnedFeature: Sendable {
    /// The column of the table, counted from 0.
    let column: Int
    /// How values became bins.
    let mapper: BinMapper
    /// The stored column that holds its bins.
    let stored: Int
    /// First slot of its bins in a histogram, the implied bin left out.
    let histogramOffset: Int
    /// The stored code of its first bin, the implied bin left out.
    let firstCode: Int
    /// The bin that is not stored: rows whose code is of no other bin of the feature have it; -1
    /// when every bin has a code.
    let impliedBin: Int

    /// Codes of the feature.
    var codeCount: Int { mapper.binCount - (impliedBin >= 0 ? 1 : 0) }

    /// The feature's bin in a row that has a stored code.
    func bin(ofCode code: Int) -> Int {
        guard impliedBin >= 0 else { return code }
        let position = code - firstCode
        guard position >= 0, position < codeCount else { return impliedBin }
        return position < impliedBin ? position : position + 1
    }

    /// The stored code of a bin; 0, which belongs to no bin, for the implied one.
    func code(ofBin bin: Int) -> Int {
        guard impliedBin >= 0 else { return bin }
        return bin == impliedBin ? 0 : firstCode + (bin < impliedBin ? bin : bin - 1)
    }
}

/// Codes as they lie in memory: of one feature, or of several that are never away from their
/// commonest bins in the same row.
struct StoredColumn: Sendable {
    /// How codes are kept.
    enum Form: Sendable {
        /// One byte a row.
        case narrow
        /// Two bytes a row.
        case wide
        /// Only rows with a code other than 0.
        case sparse
    }
    /// How codes are kept.
    let form: Form
    /// Among the stored columns of the same form.
    let position: Int
    /// Slot of code 0 in a histogram; of a sparse column, whose code 0 has none, that of code 1.
    let histogramOffset: Int
    /// Slots in a histogram.
    let slotCount: Int
    /// Codes, 0 included.
    let codeCount: Int
    /// Features of the layout, ascending.
    let features: [Int]
}

/// Where the bins of a table's features lie: by row, by column, and in a histogram.
///
/// A row is first a byte for each narrow column (at most 256 codes), then two bytes for each wide
/// one. Rows are 4, 8, 16 or a multiple of 32 bytes apart, so that no small row straddles a cache
/// line. In a histogram a narrow column has 256 slots whatever its code count, so that kernels add
/// constant displacements.
struct BinLayout: Sendable {
    /// Features that can split something, in column order.
    let features: [BinnedFeature]
    /// Where they lie.
    let stored: [StoredColumn]
    /// Columns with one byte a row.
    let narrowCount: Int
    /// Columns with two bytes a row.
    let wideCount: Int
    /// Columns of which only some rows are kept.
    let sparseCount: Int
    /// Byte of a row where the wide columns begin; even.
    let wideOffset: Int
    /// Bytes from row to row.
    let rowStride: Int
    /// Slots of a histogram.
    let histogramSlots: Int

    /// A share of the columns that lie in memory in the same way.
    struct Group: Sendable {
        var form: StoredColumn.Form
        /// Features by their place among the used ones; several share the column's codes.
        var members: [Int]
    }

    /// A layout in which every feature has a column of its own.
    ///
    /// - Parameter mappers: one for each column; trivial ones are left out.
    init(mappers: [BinMapper]) {
        let used = Self.used(mappers)
        let groups = used.indices.map { member in
            let isWide = mappers[used[member]].binCount > 256
            return Group(form: isWide ? .wide : .narrow, members: [member])
        }
        self.init(mappers: mappers, groups: groups)
    }

    /// - Parameters:
    ///   - mappers: one for each column; trivial ones are left out.
    ///   - groups: each used feature in one of them; several members only in narrow ones.
    init(mappers: [BinMapper], groups: [Group]) {
        let used = Self.used(mappers)
        narrowCount = groups.count { $0.form == .narrow }
        wideCount = groups.count { $0.form == .wide }
        sparseCount = groups.count { $0.form == .sparse }
        var next: [StoredColumn.Form: Int] = [:]
        var slots = narrowCount * 256
        var features = [BinnedFeature?](repeating: nil, count: used.count)
        var stored: [StoredColumn] = []
        for group in groups {
            let position = next[group.form, default: 0]
            next[group.form] = position + 1
            let offset = group.form == .narrow ? position * 256 : slots
            // A shared or sparse column has code 0 for "every feature has its commonest bin".
            let isShared = group.members.count > 1 || group.form == .sparse
            var code = isShared ? 1 : 0
            for member in group.members {
                let mapper = mappers[used[member]]
                features[member] = BinnedFeature(
                    column: used[member],
                    mapper: mapper,
                    stored: stored.count,
                    histogramOffset: offset + code - (group.form == .sparse ? 1 : 0),
                    firstCode: code,
                    impliedBin: isShared ? mapper.commonBin : -1
                )
                code += mapper.binCount - (isShared ? 1 : 0)
            }
            let slotCount = code - (group.form == .sparse ? 1 : 0)
            stored.append(
                StoredColumn(
                    form: group.form,
                    position: position,
                    histogramOffset: offset,
                    slotCount: slotCount,
                    codeCount: code,
                    features: group.members
                )
            )
            if group.form != .narrow { slots += slotCount }
        }
        self.features = features.compactMap { $0 }
        self.stored = stored
        wideOffset = (narrowCount + 1) / 2 * 2
        rowStride = Self.stride(bytes: wideOffset + 2 * wideCount)
        histogramSlots = slots
    }

    /// The columns that can split something, ascending.
    static func used(_ mappers: [BinMapper]) -> [Int] {
        mappers.indices.filter { !mappers[$0].isTrivial }
    }

    /// The stored column of a feature.
    func column(of feature: BinnedFeature) -> StoredColumn { stored[feature.stored] }

    private static func stride(bytes: Int) -> Int {
        for small in [4, 8, 16] where bytes <= small { return small }
        return (bytes + 31) / 32 * 32
    }
}
