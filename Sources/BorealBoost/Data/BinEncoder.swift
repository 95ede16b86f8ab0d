import BorealBase
import CKernels

/// Turns values into bin numbers, many at a time.
struct BinEncoder: Sendable {
    private let mapper: BinMapper
    private let table: BoundTable
    /// What NaN becomes.
    private let nanBin: Int

    init(_ mapper: BinMapper) {
        self.mapper = mapper
        nanBin = mapper.nanBin ?? mapper.zeroBin
        table = BoundTable(mapper.searchBounds)
    }

    /// Writes the bins of the rows in `range`.
    func encode<Bin: FixedWidthInteger & UnsignedInteger>(
        _ column: FeatureColumn,
        _ range: Range<Int>,
        into bins: UnsafeMutablePointer<Bin>
    ) {
        switch column {
        case .doubles(let values):
            values.withUnsafeBufferPointer { values in
                guard let base = values.baseAddress else { return }
                search(base + range.lowerBound, range.count, bins)
            }
        case .floats(let values):
            values.withUnsafeBufferPointer { values in
                guard let base = values.baseAddress else { return }
                searchFloats(base + range.lowerBound, range.count, bins)
            }
        case .sparse(let numbers):
            // Zeros first, then the others.
            let zero = Bin(truncatingIfNeeded: mapper.zeroBin)
            bins.update(repeating: zero, count: range.count)
            forEachRare(numbers, range) { row, bin in
                bins[row - range.lowerBound] = Bin(truncatingIfNeeded: bin)
            }
        case .categories(let codes, _):
            codes.withUnsafeBufferPointer { codes in
                guard let base = codes.baseAddress else { return }
                lookUp(base + range.lowerBound, range.count, bins)
            }
        }
    }

    /// Calls `body` with the bins of a range's rows that have another bin than zero's.
    private func forEachRare(
        _ numbers: SparseNumbers,
        _ range: Range<Int>,
        _ body: (_ row: Int, _ bin: Int) -> Void
    ) {
        let rows = numbers.rows
        var index = rows.partitioningIndex { Int($0) >= range.lowerBound }
        while index < rows.count, Int(rows[index]) < range.upperBound {
            let bin = mapper.bin(of: numbers.values[index])
            if bin != mapper.zeroBin { body(Int(rows[index]), bin) }
            index += 1
        }
    }

    /// The rows that do not have the commonest bin, with their bins.
    ///
    /// For mappers of at most 256 bins.
    func rareBins(_ column: FeatureColumn, cancellation: CancellationFlag) -> RareBins {
        var rare = RareBins()
        let common = mapper.commonBin
        if case .sparse(let numbers) = column, common == mapper.zeroBin {
            forEachRare(numbers, 0..<numbers.count) { rare.append($0, $1) }
            return rare
        }
        let chunk = 16_384
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: chunk) { buffer in
            guard let bins = buffer.baseAddress else { return }
            var start = 0
            while start < column.count && !cancellation.isCancelled {
                let range = start..<min(column.count, start + chunk)
                encode(column, range, into: bins)
                for offset in 0..<range.count where Int(bins[offset]) != common {
                    rare.append(start + offset, Int(bins[offset]))
                }
                start += chunk
            }
        }
        return rare
    }

    private func searchFloats<Bin: FixedWidthInteger & UnsignedInteger>(
        _ values: UnsafePointer<Float>,
        _ count: Int,
        _ bins: UnsafeMutablePointer<Bin>
    ) {
        withUnsafeTemporaryAllocation(of: Double.self, capacity: 128) { buffer in
            guard let wide = buffer.baseAddress else { return }
            var start = 0
            while start < count {
                let size = min(128, count &- start)
                for index in 0..<size { wide[index] = Double(values[start &+ index]) }
                search(wide, size, bins + start)
                start &+= size
            }
        }
    }

    private func search<Bin: FixedWidthInteger & UnsignedInteger>(
        _ values: UnsafePointer<Double>,
        _ count: Int,
        _ bins: UnsafeMutablePointer<Bin>
    ) {
        var query = table.search()
        if let codes = bins as? UnsafeMutablePointer<UInt8> {
            var column = boreal_code_column(
                codes: codes,
                nan_code: UInt8(truncatingIfNeeded: nanBin),
                has_zero_code: 0,
                zero_code: 0
            )
            boreal_encode(values, 1, Int32(count), &query, &column, 1)
            return
        }
        let nan = Bin(truncatingIfNeeded: nanBin)
        withUnsafeTemporaryAllocation(of: UInt16.self, capacity: 256) { buffer in
            guard let found = buffer.baseAddress else { return }
            var start = 0
            while start < count {
                let size = min(256, count &- start)
                boreal_count_below(values + start, 1, Int32(size), &query, found)
                for index in 0..<size {
                    let bin = Bin(truncatingIfNeeded: found[index])
                    bins[start &+ index] = values[start &+ index].isNaN ? nan : bin
                }
                start &+= size
            }
        }
    }

    private func lookUp<Bin: FixedWidthInteger & UnsignedInteger>(
        _ codes: UnsafePointer<Int32>,
        _ count: Int,
        _ bins: UnsafeMutablePointer<Bin>
    ) {
        guard case .categorical(_, let binOfCategory) = mapper.kind else { return }
        binOfCategory.withUnsafeBufferPointer { table in
            for index in 0..<count {
                let code = Int(codes[index])
                let bin = code >= 0 && code < table.count ? table[code] : 0
                bins[index] = Bin(truncatingIfNeeded: bin)
            }
        }
    }
}

/// The rows of a feature that do not have its commonest bin.
struct RareBins: Sendable {
    /// Ascending.
    private(set) var rows: [UInt32] = []
    /// `[rows.count]`
    private(set) var bins: [UInt8] = []

    mutating func append(_ row: Int, _ bin: Int) {
        rows.append(UInt32(truncatingIfNeeded: row))
        bins.append(UInt8(truncatingIfNeeded: bin))
    }
}
