import BorealBase
import CLinux

/// A share of the stored columns: what one piece of a parallel region builds, subtracts and scans.
struct FeatureBlock: Sendable {
    /// Stored columns.
    var columns: [Int] = []
    /// Positions of its narrow columns, at most 32 and neighbours.
    var narrow = 0..<0
    /// Byte of a row and first slot of its wide columns.
    var wide: [(byte: Int, slot: Int)] = []
    /// Its sparse columns, by row.
    var sparse: SparseRows?

    /// True when there is nothing to do.
    var isEmpty: Bool { columns.isEmpty }
}

/// Adds rows to histograms. A histogram holds, for each stored column and code, the packed sum of
/// its rows.
struct HistogramBuilder: Sendable {
    let dataset: BinnedDataset
    let cancellation: CancellationFlag

    /// Rows between two looks at the cancellation flag.
    static let blockRows = 65_536
    /// Entries that kernels look ahead.
    static let prefetchDistance = 24

    /// Cuts the columns into blocks: at least `pieces` if there are enough columns, and none so
    /// large that its histograms leave the second-level cache.
    func blocks(pieces: Int) -> [FeatureBlock] {
        let layout = dataset.layout
        let narrow = layout.narrowCount
        let wanted = max(1, min(pieces, narrow + layout.wideCount))
        // Groups of four keep the unrolled kernels busy when there are many columns.
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
        let dense = blocks.count
        for share in dataset.sparse.shares { blocks.append(FeatureBlock(sparse: share)) }
        for (number, column) in layout.stored.enumerated() {
            let block: Int?
            switch column.form {
            case .narrow: block = blocks.firstIndex { $0.narrow.contains(column.position) }
            case .wide:
                // From the end, where the narrow shares are smallest.
                let last = dense - 1 - column.position % dense
                let byte = layout.wideOffset + 2 * column.position
                blocks[last].wide.append((byte, column.histogramOffset))
                block = last
            case .sparse:
                block = blocks.firstIndex {
                    $0.sparse?.columns.contains(column.position) ?? false
                }
            }
            if let block { blocks[block].columns.append(number) }
        }
        return blocks.filter { !$0.isEmpty }
    }

    /// A block cut into pieces of at most eight narrow columns: the histograms of two leaves then
    /// stay in the first-level cache.
    func parts(of block: FeatureBlock) -> [FeatureBlock] {
        let stored = dataset.layout.stored
        var parts = [block]
        parts[0].narrow = 0..<0
        parts[0].columns.removeAll { stored[$0].form == .narrow }
        for start in stride(from: block.narrow.lowerBound, to: block.narrow.upperBound, by: 8) {
            var part = FeatureBlock(narrow: start..<min(start + 8, block.narrow.upperBound))
            part.columns = block.columns.filter {
                stored[$0].form == .narrow && part.narrow.contains(stored[$0].position)
            }
            parts.append(part)
        }
        return parts.filter { !$0.isEmpty }
    }

    /// Clears a block's slots and adds the rows of `count` entries.
    func build(
        _ block: FeatureBlock,
        _ entries: UnsafePointer<RowEntry>,
        count: Int,
        into histogram: UnsafeMutablePointer<Int64>
    ) {
        for number in block.columns {
            let column = dataset.layout.stored[number]
            let slots = histogram + column.histogramOffset
            slots.update(repeating: 0, count: column.slotCount)
        }
        add(block, entries, count: count, signs: 0, to: histogram)
    }

    /// Takes the rows of `count` entries away.
    func remove(
        _ block: FeatureBlock,
        _ entries: UnsafePointer<RowEntry>,
        count: Int,
        from histogram: UnsafeMutablePointer<Int64>
    ) {
        add(block, entries, count: count, signs: -1, to: histogram)
    }

    /// - Parameter signs: 0 to add, -1 to take away.
    private func add(
        _ block: FeatureBlock,
        _ entries: UnsafePointer<RowEntry>,
        count: Int,
        signs: Int64,
        to histogram: UnsafeMutablePointer<Int64>
    ) {
        let layout = dataset.layout
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
                    signs,
                    block.narrow.count,
                    histogram + block.narrow.lowerBound * 256
                )
            }
            for column in block.wide {
                HistogramKernel.addWide(
                    UnsafeRawPointer(bins + column.byte),
                    layout.rowStride,
                    entries + start,
                    size,
                    signs,
                    histogram + column.slot
                )
            }
            if let sparse = block.sparse {
                HistogramKernel.addSparse(sparse, entries + start, size, signs, histogram)
            }
            start += size
        }
    }
}

/// The inner loops. One store a feature is the ceiling; unrolled with constant displacements they
/// come to 0.7 ns for each row and feature, plain arrays take 2.4.
enum HistogramKernel {
    /// An entry's sum, or what takes it away.
    @inline(__always)
    private static func signed(_ entry: RowEntry, _ signs: Int64) -> Int64 {
        (packedSum(entry) ^ signs) &- signs
    }

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
    ///   - signs: 0, or -1 to take them away.
    ///   - bins: row 0's first feature of the block.
    ///   - stride: bytes from row to row.
    ///   - histogram: slots of the first feature.
    @inline(never)
    static func addNarrow(
        _ bins: UnsafePointer<UInt8>,
        _ stride: Int,
        _ entries: UnsafePointer<RowEntry>,
        _ count: Int,
        _ signs: Int64,
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
                body(row, signed(entry, signs))
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
        _ signs: Int64,
        _ histogram: UnsafeMutablePointer<Int64>
    ) {
        var index = 0
        while index < count {
            let entry = entries[index]
            let ahead = entries[index &+ HistogramBuilder.prefetchDistance]
            boreal_prefetch(bins + Int(UInt32(truncatingIfNeeded: ahead)) &* stride)
            let row = Int(UInt32(truncatingIfNeeded: entry))
            let bin = bins.load(fromByteOffset: row &* stride, as: UInt16.self)
            histogram[Int(bin)] &+= signed(entry, signs)
            index &+= 1
        }
    }

    /// Adds entries to sparse columns: one addition for each code that is there.
    @inline(never)
    static func addSparse(
        _ rows: SparseRows,
        _ entries: UnsafePointer<RowEntry>,
        _ count: Int,
        _ signs: Int64,
        _ histogram: UnsafeMutablePointer<Int64>
    ) {
        let starts = UnsafePointer(rows.starts.pointer)
        let slots = UnsafePointer(rows.slots.pointer)
        var index = 0
        while index < count {
            let entry = entries[index]
            let far = entries[index &+ HistogramBuilder.prefetchDistance]
            boreal_prefetch(starts + Int(UInt32(truncatingIfNeeded: far)))
            let near = entries[index &+ HistogramBuilder.prefetchDistance / 2]
            boreal_prefetch(slots + Int(starts[Int(UInt32(truncatingIfNeeded: near))]))
            let row = Int(UInt32(truncatingIfNeeded: entry))
            let sum = signed(entry, signs)
            var at = Int(starts[row])
            let end = Int(starts[row &+ 1])
            while at < end {
                histogram[Int(slots[at])] &+= sum
                at &+= 1
            }
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
