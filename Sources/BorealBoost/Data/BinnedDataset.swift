import BorealBase

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
    /// `[narrowCount * rowCount]`, column by column.
    let narrowColumns: AlignedBuffer<UInt8>
    /// `[wideCount * rowCount]`, column by column.
    let wideColumns: AlignedBuffer<UInt16>
    /// The columns of which only some rows are kept.
    let sparse: SparseColumns

    /// Bins a table.
    ///
    /// - Parameters:
    ///   - plan: where bins lie, made from the training data's mappers.
    ///   - cancellation: looked at for every 16k values.
    /// - Throws: `cancelled`.
    init(
        _ data: TrainingData,
        _ plan: FeatureBundler.Plan,
        pool: WorkerPool,
        cancellation: CancellationFlag
    ) throws(TrainingError) {
        let layout = plan.layout
        self.layout = layout
        rowCount = data.rowCount
        columnCount = data.columns.count
        rows = AlignedBuffer(count: rowCount * layout.rowStride)
        narrowColumns = AlignedBuffer(count: rowCount * layout.narrowCount, isZeroed: false)
        wideColumns = AlignedBuffer(count: rowCount * layout.wideCount, isZeroed: false)
        sparse = SparseColumns(plan, rowCount: data.rowCount, pool: pool)
        fillColumns(data, pool, cancellation)
        fillSharedColumns(plan, pool)
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
        let columns = layout.stored.filter { $0.form != .sparse && $0.features.count == 1 }
        let features = layout.features
        let encoders = columns.map { BinEncoder(features[$0.features[0]].mapper) }
        pool.run(columns.count * chunks) { piece in
            if cancellation.isCancelled { return }
            let column = columns[piece / chunks]
            let start = piece % chunks * Self.chunkRows
            let range = start..<min(count, start + Self.chunkRows)
            let values = data.columns[features[column.features[0]].column]
            let encoder = encoders[piece / chunks]
            let offset = column.position * count + start
            if column.form == .wide {
                encoder.encode(values, range, into: wide + offset)
            } else {
                encoder.encode(values, range, into: narrow + offset)
            }
        }
    }

    /// Columns of several features: code 0, and then each feature's rare rows.
    private func fillSharedColumns(_ plan: FeatureBundler.Plan, _ pool: WorkerPool) {
        let columns = layout.stored.filter { $0.features.count > 1 }
        let (count, features, narrow) = (rowCount, layout.features, narrowColumns.pointer)
        pool.run(columns.count) { index in
            let column = columns[index]
            let codes = narrow + column.position * count
            codes.update(repeating: 0, count: count)
            for number in column.features {
                guard let rare = plan.rareBins[number] else { continue }
                let feature = features[number]
                for (row, bin) in zip(rare.rows, rare.bins) {
                    codes[Int(row)] = UInt8(truncatingIfNeeded: feature.code(ofBin: Int(bin)))
                }
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
