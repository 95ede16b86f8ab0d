import BorealBase
import CLinux

/// A share of the features: what one piece of a parallel region builds, subtracts and scans.
struct FeatureBlock: Sendable {
    /// Features of the layout, ascending.
    var features: [Int] = []
    /// Positions of its narrow features, at most 32 and neighbours.
    var narrow = 0..<0
    /// Positions of its wide features.
    var wide: [Int] = []
}

/// Adds rows to histograms. A histogram holds, for each feature and bin, the packed sum of its
/// rows.
struct HistogramBuilder: Sendable {
    let dataset: BinnedDataset
    let cancellation: CancellationFlag

    /// Rows between two looks at the cancellation flag.
    static let blockRows = 65_536
    /// Entries that kernels look ahead.
    static let prefetchDistance = 24

    /// Cuts the features into blocks: at least `pieces` if there are enough features, and none so
    /// large that its histograms leave the second-level cache.
    func blocks(pieces: Int) -> [FeatureBlock] {
        let layout = dataset.layout
        let narrow = layout.narrowCount
        let wanted = max(1, min(pieces, layout.features.count))
        // Groups of four keep the unrolled kernels busy when there are many features.
        let grain = narrow >= 4 * wanted ? 4 : 1
        let groups = (narrow + grain - 1) / grain
        let narrowBlocks = max(min(wanted, groups), (narrow + 31) / 32)
        var blocks: [FeatureBlock] = []
        for block in 0..<narrowBlocks {
            let start = min(narrow, groups * block / narrowBlocks * grain)
            let end = min(narrow, groups * (block + 1) / narrowBlocks * grain)
            blocks.append(FeatureBlock(narrow: start..<end))
        }
        while blocks.count < wanted { blocks.append(FeatureBlock()) }
        for position in 0..<layout.wideCount {
            // From the end, where the narrow shares are smallest.
            blocks[blocks.count - 1 - position % blocks.count].wide.append(position)
        }
        for (index, feature) in layout.features.enumerated() {
            let block = blocks.firstIndex {
                feature.isWide
                    ? $0.wide.contains(feature.position) : $0.narrow.contains(feature.position)
            }
            if let block { blocks[block].features.append(index) }
        }
        return blocks
    }

    /// Clears a block's slots and adds the rows of `count` entries.
    func build(
        _ block: FeatureBlock,
        _ entries: UnsafePointer<RowEntry>,
        count: Int,
        into histogram: UnsafeMutablePointer<Int64>
    ) {
        let layout = dataset.layout
        for index in block.features {
            let feature = layout.features[index]
            let slots = histogram + feature.histogramOffset
            slots.update(repeating: 0, count: feature.mapper.binCount)
        }
        let bins = UnsafePointer(dataset.rows.pointer)
        var start = 0
        while start < count && !cancellation.isCancelled {
            let size = min(Self.blockRows, count - start)
            if !block.narrow.isEmpty {
                HistogramKernel.addNarrow(
                    bins + block.narrow.lowerBound,
                    layout.rowStride,
                    entries + start,
                    size,
                    block.narrow.count,
                    histogram + block.narrow.lowerBound * 256
                )
            }
            for position in block.wide {
                guard
                    let feature = layout.features.first(where: {
                        $0.isWide && $0.position == position
                    })
                else { continue }
                HistogramKernel.addWide(
                    UnsafeRawPointer(bins + layout.wideOffset + 2 * position),
                    layout.rowStride,
                    entries + start,
                    size,
                    histogram + feature.histogramOffset
                )
            }
            start += size
        }
    }
}

/// The inner loops. One store a feature is the ceiling; unrolled with constant displacements they
/// come to 0.7 ns for each row and feature, plain arrays take 2.4.
enum HistogramKernel {
    @inline(__always)
    private static func addEight(
        _ row: UnsafePointer<UInt8>,
        _ slots: UnsafeMutablePointer<Int64>,
        _ sum: Int64
    ) {
        addFour(row, slots, sum)
        addFour(row + 4, slots + 1_024, sum)
    }

    @inline(__always)
    private static func addFour(
        _ row: UnsafePointer<UInt8>,
        _ slots: UnsafeMutablePointer<Int64>,
        _ sum: Int64
    ) {
        slots[Int(row[0])] &+= sum
        (slots + 256)[Int(row[1])] &+= sum
        (slots + 512)[Int(row[2])] &+= sum
        (slots + 768)[Int(row[3])] &+= sum
    }

    /// What is left after groups of eight; the branches go the same way for every row.
    @inline(__always)
    private static func addRest(
        _ rest: Int,
        _ start: UnsafePointer<UInt8>,
        _ first: UnsafeMutablePointer<Int64>,
        _ sum: Int64
    ) {
        var row = start
        var slots = first
        if rest & 4 != 0 {
            addFour(row, slots, sum)
            row += 4
            slots += 1_024
        }
        if rest & 2 != 0 {
            slots[Int(row[0])] &+= sum
            (slots + 256)[Int(row[1])] &+= sum
            row += 2
            slots += 512
        }
        if rest & 1 != 0 { slots[Int(row[0])] &+= sum }
    }

    /// Adds entries to up to 32 neighbouring narrow features.
    ///
    /// - Parameters:
    ///   - bins: row 0's first feature of the block.
    ///   - stride: bytes from row to row.
    ///   - histogram: slots of the first feature.
    @inline(never)
    static func addNarrow(
        _ bins: UnsafePointer<UInt8>,
        _ stride: Int,
        _ entries: UnsafePointer<RowEntry>,
        _ count: Int,
        _ features: Int,
        _ histogram: UnsafeMutablePointer<Int64>
    ) {
        let rest = features & 7
        @inline(__always)
        func loop(_ body: (UnsafePointer<UInt8>, Int64) -> Void) {
            var index = 0
            while index < count {
                let entry = entries[index]
                let ahead = entries[index &+ HistogramBuilder.prefetchDistance]
                boreal_prefetch(bins + Int(UInt32(truncatingIfNeeded: ahead)) &* stride)
                let row = bins + Int(UInt32(truncatingIfNeeded: entry)) &* stride
                body(row, packedSum(entry))
                index &+= 1
            }
        }
        switch features / 8 {
        case 0:
            loop { row, sum in addRest(rest, row, histogram, sum) }
        case 1:
            loop { row, sum in
                addEight(row, histogram, sum)
                addRest(rest, row + 8, histogram + 2_048, sum)
            }
        case 2:
            loop { row, sum in
                addEight(row, histogram, sum)
                addEight(row + 8, histogram + 2_048, sum)
                addRest(rest, row + 16, histogram + 4_096, sum)
            }
        case 3:
            loop { row, sum in
                addEight(row, histogram, sum)
                addEight(row + 8, histogram + 2_048, sum)
                addEight(row + 16, histogram + 4_096, sum)
                addRest(rest, row + 24, histogram + 6_144, sum)
            }
        default:
            loop { row, sum in
                addEight(row, histogram, sum)
                addEight(row + 8, histogram + 2_048, sum)
                addEight(row + 16, histogram + 4_096, sum)
                addEight(row + 24, histogram + 6_144, sum)
            }
        }
    }

    /// Adds entries to one wide feature.
    @inline(never)
    static func addWide(
        _ bins: UnsafeRawPointer,
        _ stride: Int,
        _ entries: UnsafePointer<RowEntry>,
        _ count: Int,
        _ histogram: UnsafeMutablePointer<Int64>
    ) {
        var index = 0
        while index < count {
            let entry = entries[index]
            let ahead = entries[index &+ HistogramBuilder.prefetchDistance]
            boreal_prefetch(bins + Int(UInt32(truncatingIfNeeded: ahead)) &* stride)
            let row = Int(UInt32(truncatingIfNeeded: entry))
            let bin = bins.load(fromByteOffset: row &* stride, as: UInt16.self)
            histogram[Int(bin)] &+= packedSum(entry)
            index &+= 1
        }
    }

    /// Takes `part` away from `whole`, slot by slot.
    @inline(never)
    static func subtract(
        _ part: UnsafePointer<Int64>,
        from whole: UnsafeMutablePointer<Int64>,
        count: Int
    ) {
        var index = 0
        while index < count {
            whole[index] = whole[index] &- part[index]
            index &+= 1
        }
    }
}
