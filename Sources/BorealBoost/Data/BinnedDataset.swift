import BorealBase

/// A feature as the trainer sees it: how it was binned and where its bins lie.
struct BinnedFeature: Sendable {
    /// The column of the table, counted from 0.
    let column: Int
    /// How values became bins.
    let mapper: BinMapper
    /// True when bin numbers take 16 bits.
    let isWide: Bool
    /// Among the narrow features, or among the wide ones.
    let position: Int
    /// First slot of its bins in a histogram.
    let histogramOffset: Int
}

/// Where the bins of a table's features lie: by row, by column, and in a histogram.
///
/// A row is first a byte for each narrow feature (at most 256 bins), then two bytes for each wide
/// one. Rows are 4, 8, 16 or a multiple of 32 bytes apart, so that no small row straddles a cache
/// line. In a histogram a narrow feature has 256 slots whatever its bin count, so that kernels add
/// constant displacements.
struct BinLayout: Sendable {
    /// Features that can split something, in column order.
    let features: [BinnedFeature]
    /// Features with one byte a row.
    let narrowCount: Int
    /// Features with two bytes a row.
    let wideCount: Int
    /// Byte of a row where the wide features begin; even.
    let wideOffset: Int
    /// Bytes from row to row.
    let rowStride: Int
    /// Slots of a histogram.
    let histogramSlots: Int

    /// - Parameter mappers: one for each column; trivial ones are left out.
    init(mappers: [BinMapper]) {
        var features: [BinnedFeature] = []
        let used = mappers.indices.filter { !mappers[$0].isTrivial }
        let narrow = used.filter { mappers[$0].binCount <= 256 }.count
        var nextNarrow = 0
        var nextWide = 0
        var slots = narrow * 256
        for column in used {
            let mapper = mappers[column]
            let isWide = mapper.binCount > 256
            features.append(
                BinnedFeature(
                    column: column,
                    mapper: mapper,
                    isWide: isWide,
                    position: isWide ? nextWide : nextNarrow,
                    histogramOffset: isWide ? slots : nextNarrow * 256
                )
            )
            if isWide {
                nextWide += 1
                slots += mapper.binCount
            } else {
                nextNarrow += 1
            }
        }
        self.features = features
        narrowCount = narrow
        wideCount = nextWide
        wideOffset = (narrow + 1) / 2 * 2
        rowStride = Self.stride(bytes: wideOffset + 2 * nextWide)
        histogramSlots = slots
    }

    private static func stride(bytes: Int) -> Int {
        for small in [4, 8, 16] where bytes <= small { return small }
        return (bytes + 31) / 32 * 32
    }
}

/// A table in bins: what training reads instead of the values.
final class BinnedDataset: Sendable {
    /// Where bins lie.
    let layout: BinLayout
    /// Rows of the table.
    let rowCount: Int
    /// Columns of the table, the unused ones included.
    let columnCount: Int
    /// `[rowCount * layout.rowStride]`
    let rows: AlignedBuffer<UInt8>
    /// `[narrowCount * rowCount]`, feature by feature.
    let narrowColumns: AlignedBuffer<UInt8>
    /// `[wideCount * rowCount]`, feature by feature.
    let wideColumns: AlignedBuffer<UInt16>

    /// Bins a table.
    ///
    /// - Parameters:
    ///   - layout: made from the training data's mappers; validation data uses the same.
    ///   - cancellation: looked at for every 16k values.
    /// - Throws: `cancelled`.
    init(
        _ data: TrainingData,
        layout: BinLayout,
        pool: WorkerPool,
        cancellation: CancellationFlag
    ) throws(TrainingError) {
        self.layout = layout
        rowCount = data.rowCount
        columnCount = data.columns.count
        rows = AlignedBuffer(count: rowCount * layout.rowStride)
        narrowColumns = AlignedBuffer(count: rowCount * layout.narrowCount, isZeroed: false)
        wideColumns = AlignedBuffer(count: rowCount * layout.wideCount, isZeroed: false)
        fillColumns(data, pool, cancellation)
        fillRows(pool, cancellation)
        if cancellation.isCancelled { throw .cancelled }
    }

    /// Bytes for a table of so many rows, given mappers.
    static func bytes(rowCount: Int, narrow: Int, wide: Int) -> Int {
        rowCount * (2 * narrow + 4 * wide + 31)
    }

    private static let chunkRows = 16_384

    private func fillColumns(
        _ data: TrainingData,
        _ pool: WorkerPool,
        _ cancellation: CancellationFlag
    ) {
        let chunks = (rowCount + Self.chunkRows - 1) / Self.chunkRows
        let count = rowCount
        let narrow = narrowColumns.pointer
        let wide = wideColumns.pointer
        let encoders = layout.features.map { BinEncoder($0.mapper) }
        let features = layout.features
        pool.run(features.count * chunks) { piece in
            if cancellation.isCancelled { return }
            let feature = features[piece / chunks]
            let start = piece % chunks * Self.chunkRows
            let range = start..<min(count, start + Self.chunkRows)
            let column = data.columns[feature.column]
            let encoder = encoders[piece / chunks]
            if feature.isWide {
                encoder.encode(column, range, into: wide + feature.position * count + start)
            } else {
                encoder.encode(column, range, into: narrow + feature.position * count + start)
            }
        }
    }

    private func fillRows(_ pool: WorkerPool, _ cancellation: CancellationFlag) {
        let blockRows = 1_024
        let blocks = (rowCount + blockRows - 1) / blockRows
        let count = rowCount
        let layout = layout
        let target = rows.pointer
        let narrow = narrowColumns.pointer
        let wide = wideColumns.pointer
        pool.run(blocks) { block in
            if cancellation.isCancelled { return }
            let start = block * blockRows
            let end = min(count, start + blockRows)
            for position in 0..<layout.narrowCount {
                let source = narrow + position * count
                Self.scatter(source, start, end, target + position, layout.rowStride)
            }
            for position in 0..<layout.wideCount {
                let source = wide + position * count
                let offset = layout.wideOffset + 2 * position
                Self.scatterWide(source, start, end, target + offset, layout.rowStride)
            }
        }
    }

    @inline(never)
    private static func scatter(
        _ source: UnsafePointer<UInt8>,
        _ start: Int,
        _ end: Int,
        _ target: UnsafeMutablePointer<UInt8>,
        _ stride: Int
    ) {
        var row = start
        while row < end {
            target[row &* stride] = source[row]
            row &+= 1
        }
    }

    @inline(never)
    private static func scatterWide(
        _ source: UnsafePointer<UInt16>,
        _ start: Int,
        _ end: Int,
        _ target: UnsafeMutablePointer<UInt8>,
        _ stride: Int
    ) {
        let raw = UnsafeMutableRawPointer(target)
        var row = start
        while row < end {
            raw.storeBytes(of: source[row], toByteOffset: row &* stride, as: UInt16.self)
            row &+= 1
        }
    }
}
