import BorealBase

/// A gradient and a hessian sum in one word: gradient in the high 32 bits, signed; hessian in the
/// low 32, not negative and below 2^31.
///
/// One addition adds both; sums are exact, so they do not depend on order or threads, and a
/// histogram minus one child's is the other child's.
struct PackedSum: Equatable, Sendable {
    var bits: Int64 = 0

    /// Sum of quantised gradients.
    var gradient: Int64 { bits &>> 32 }
    /// Sum of quantised hessians.
    var hessian: Int64 { bits & 0xFFFF_FFFF }

    static func - (left: PackedSum, right: PackedSum) -> PackedSum {
        PackedSum(bits: left.bits &- right.bits)
    }
    static func + (left: PackedSum, right: PackedSum) -> PackedSum {
        PackedSum(bits: left.bits &+ right.bits)
    }
}

/// One row on its way down the tree: row number in the low 32 bits, hessian in the next 16,
/// gradient in the highest 16. Leaves are ranges of entries, so that gradients are read in order.
typealias RowEntry = UInt64

/// The packed sum of one entry.
@inline(__always)
func packedSum(_ entry: RowEntry) -> Int64 {
    (Int64(Int16(truncatingIfNeeded: entry &>> 48)) &<< 32)
        &+ Int64((entry &>> 32) & 0xFFFF)
}

/// Turns the gradients of one tree into small integers.
///
/// The scales are as fine as the sums allow: all gradients together stay below 2^31 in magnitude,
/// all hessians below 2^31, and one of them within 16 bits. Where that leaves few steps for the
/// typical row, rounding is random (and still a function of row and round only), so that sums stay
/// unbiased: to the nearest step, hessians of far less than one would all be zero.
struct GradientQuantiser {
    /// What one integer step is worth.
    struct Scales: Equatable, Sendable {
        var gradient = 1.0
        var hessian = 1.0
        /// Sum over all entries.
        var total = PackedSum()
    }

    /// Below so many steps for the mean absolute gradient or hessian, its rounding is random.
    static let coarseSteps = 128.0

    static let chunkRows = 16_384

    let pool: WorkerPool
    let cancellation: CancellationFlag
    let hasConstantHessian: Bool

    /// Fills `entries` from gradients.
    ///
    /// - Parameters:
    ///   - rows: the rows that take part, ascending; nil for the first `count`.
    ///   - key: of the random stream for rounding, another one for each tree.
    func fill(
        _ entries: UnsafeMutablePointer<RowEntry>,
        count: Int,
        rows: UnsafePointer<UInt32>?,
        gradients: UnsafePointer<Float>,
        hessians: UnsafePointer<Float>,
        key: UInt64
    ) -> Scales {
        let chunks = (count + Self.chunkRows - 1) / Self.chunkRows
        let statistics = AlignedBuffer<ChunkStatistics>(count: chunks)
        let sums = AlignedBuffer<Int64>(count: chunks)
        let (statisticsAt, sumsAt) = (statistics.pointer, sums.pointer)
        let cancellation = cancellation
        pool.run(chunks) { chunk in
            if cancellation.isCancelled { return }
            let range = Self.range(chunk, count)
            statisticsAt[chunk] = Self.measure(range, rows, gradients, hessians)
        }
        var (scales, noise) = scales(statistics, count)
        let inverse = (Float(1 / scales.gradient), Float(1 / scales.hessian))
        pool.run(chunks) { chunk in
            if cancellation.isCancelled { return }
            let range = Self.range(chunk, count)
            let source = Source(rows: rows, gradients: gradients, hessians: hessians)
            sumsAt[chunk] =
                noise == Noise()
                ? Self.pack(range, source, inverse, entries)
                : Self.pack(range, source, inverse, entries, noise, key)
        }
        for chunk in 0..<chunks { scales.total.bits &+= sums.pointer[chunk] }
        return scales
    }

    private struct ChunkStatistics: BitwiseCopyable {
        var gradientSum = 0.0
        var hessianSum = 0.0
        var gradientMax: Float = 0
        var hessianMax: Float = 0
    }

    private struct Source {
        let rows: UnsafePointer<UInt32>?
        let gradients: UnsafePointer<Float>
        let hessians: UnsafePointer<Float>
    }

    /// How far rounding is random: 1 for a whole step, 0 for not at all.
    private struct Noise: Equatable {
        var gradient: Float = 0
        var hessian: Float = 0
    }

    private static func range(_ chunk: Int, _ count: Int) -> Range<Int> {
        chunk * chunkRows..<min(count, (chunk + 1) * chunkRows)
    }

    private func scales(
        _ statistics: AlignedBuffer<ChunkStatistics>,
        _ count: Int
    ) -> (Scales, Noise) {
        var all = ChunkStatistics()
        for chunk in 0..<statistics.count {
            let part = statistics.pointer[chunk]
            all.gradientSum += part.gradientSum
            all.hessianSum += part.hessianSum
            all.gradientMax = max(all.gradientMax, part.gradientMax)
            all.hessianMax = max(all.hessianMax, part.hessianMax)
        }
        // Rounding adds at most one step a row to a sum.
        let room = Double(Int32.max) - Double(count) - 1
        let gradientSteps = min(32_000 / Double(all.gradientMax), room / all.gradientSum)
        let hessianSteps = min(65_000 / Double(all.hessianMax), room / all.hessianSum)
        var scales = Scales()
        if all.gradientMax > 0 && gradientSteps.isFinite { scales.gradient = 1 / gradientSteps }
        if !hasConstantHessian && all.hessianMax > 0 && hessianSteps.isFinite {
            scales.hessian = 1 / hessianSteps
        }
        var noise = Noise()
        let gradientMean = all.gradientSum / Double(count) / scales.gradient
        if gradientMean < Self.coarseSteps && all.gradientMax > 0 { noise.gradient = 1 }
        let hessianMean = all.hessianSum / Double(count) / scales.hessian
        if !hasConstantHessian && hessianMean < Self.coarseSteps && all.hessianMax > 0 {
            noise.hessian = 1
        }
        return (scales, noise)
    }

    @inline(never)
    private static func measure(
        _ range: Range<Int>,
        _ rows: UnsafePointer<UInt32>?,
        _ gradients: UnsafePointer<Float>,
        _ hessians: UnsafePointer<Float>
    ) -> ChunkStatistics {
        var result = ChunkStatistics()
        var index = range.lowerBound
        while index < range.upperBound {
            let row = rows.map { Int($0[index]) } ?? index
            let gradient = abs(gradients[row])
            let hessian = hessians[row]
            result.gradientSum += Double(gradient)
            result.hessianSum += Double(hessian)
            result.gradientMax = gradient > result.gradientMax ? gradient : result.gradientMax
            result.hessianMax = hessian > result.hessianMax ? hessian : result.hessianMax
            index &+= 1
        }
        return result
    }

    /// To the nearest integer, for numbers within 22 bits: the sum's low bits hold it.
    @inline(__always)
    private static func round(_ value: Float) -> Int32 {
        Int32(bitPattern: (value + 12_582_912).bitPattern) &- 0x4B40_0000
    }

    @inline(__always)
    private static func entry(_ row: Int, _ gradient: Int32, _ hessian: Int32) -> RowEntry {
        UInt64(UInt32(truncatingIfNeeded: row))
            | (UInt64(UInt32(bitPattern: hessian) & 0xFFFF) &<< 32)
            | (UInt64(UInt16(truncatingIfNeeded: gradient)) &<< 48)
    }

    @inline(never)
    private static func pack(
        _ range: Range<Int>,
        _ source: Source,
        _ inverse: (gradient: Float, hessian: Float),
        _ entries: UnsafeMutablePointer<RowEntry>
    ) -> Int64 {
        var sum: Int64 = 0
        var index = range.lowerBound
        while index < range.upperBound {
            let row = source.rows.map { Int($0[index]) } ?? index
            let gradient = round(source.gradients[row] * inverse.gradient)
            let hessian = round(source.hessians[row] * inverse.hessian)
            let packed = entry(row, gradient, hessian)
            entries[index] = packed
            sum &+= packedSum(packed)
            index &+= 1
        }
        return sum
    }

    @inline(never)
    private static func pack(
        _ range: Range<Int>,
        _ source: Source,
        _ inverse: (gradient: Float, hessian: Float),
        _ entries: UnsafeMutablePointer<RowEntry>,
        _ amplitude: Noise,
        _ key: UInt64
    ) -> Int64 {
        var sum: Int64 = 0
        var index = range.lowerBound
        while index < range.upperBound {
            let row = source.rows.map { Int($0[index]) } ?? index
            let noise = RandomNumbers.at(UInt64(truncatingIfNeeded: row), key: key)
            let first = Float(Int32(truncatingIfNeeded: noise &>> 40)) * 0x1p-24 - 0.5
            let second = Float(Int32(truncatingIfNeeded: noise & 0xFF_FFFF)) * 0x1p-24 - 0.5
            let gradient = round(
                source.gradients[row] * inverse.gradient + first * amplitude.gradient
            )
            let hessian = round(
                source.hessians[row] * inverse.hessian + second * amplitude.hessian
            )
            let packed = entry(row, gradient, hessian)
            entries[index] = packed
            sum &+= packedSum(packed)
            index &+= 1
        }
        return sum
    }
}
