import CKernels

/// Turns rows of numbers into rows of small codes: for each feature a model asks, how many of the
/// model's own thresholds lie below the value.
///
/// A node then compares two small integers, and `value <= threshold` keeps its meaning exactly. A
/// feature whose nodes treat missing values in different ways has several code columns: in one NaN
/// is the lowest code (always left), in another the highest (always right).
struct RowEncoder: Sendable {
    /// How a code column treats missing values.
    enum Treatment: UInt8, Hashable, Sendable {
        /// NaN is zero.
        case none
        /// Zero and NaN go to the left or right of everything.
        case zeroLeft
        case zeroRight
        /// NaN goes to the left or right of everything.
        case nanLeft
        case nanRight
        /// Codes number categories.
        case category

        init(decisionType: UInt8) {
            let isLeft = decisionType & 2 != 0
            switch (decisionType & 1, decisionType >> 2) {
            case (1, _): self = .category
            case (_, Tree.Missing.zero.rawValue): self = isLeft ? .zeroLeft : .zeroRight
            case (_, Tree.Missing.nan.rawValue): self = isLeft ? .nanLeft : .nanRight
            default: self = .none
            }
        }
    }

    /// A feature and how its missing values are treated.
    struct Column: Hashable, Sendable {
        var feature: Int32
        var treatment: Treatment
    }

    private struct Target {
        /// Where the code goes.
        var column: Int
        /// The code of NaN.
        var nanCode: Int
        /// The code of zero; -1 when zero is a number like any other.
        var zeroCode: Int
    }

    private struct Source {
        var feature: Int
        var firstTarget: Int
        var targetCount: Int
    }

    fileprivate struct CategorySource {
        var feature: Int
        var column: Int
        /// Categories that stand in some set, ascending; the code is the position.
        var categories: [Int32]
        /// `[greatest category + 1]`: the code, when that is not too long.
        var codes: [UInt16]
    }

    private var sources: [Source] = []
    private var targets: [Target] = []
    private var categorySources: [CategorySource] = []
    /// `[sources.count]`: their bounds, and the same as the search takes them.
    private var bounds: [BoundTable] = []
    private var queries: [boreal_bounds] = []
    /// Code columns of a row.
    let columnCount: Int

    /// - Parameters:
    ///   - columns: by number.
    ///   - thresholds: `[feature]`: the distinct thresholds of numeric features, ascending.
    ///   - categories: `[feature]`: the categories in any of its sets, ascending.
    init(
        columns: [Column: Int],
        thresholds: [Int32: [Double]],
        categories: [Int32: [Int32]]
    ) {
        columnCount = columns.count
        for (feature, list) in thresholds.sorted(by: { $0.key < $1.key }) {
            addSource(feature, list, columns)
        }
        for (feature, list) in categories.sorted(by: { $0.key < $1.key }) {
            guard let column = columns[Column(feature: feature, treatment: .category)] else {
                continue
            }
            let greatest = Int(list.last ?? 0)
            var codes: [UInt16] = []
            if greatest < 1 << 20 {
                codes = [UInt16](repeating: UInt16(list.count), count: greatest + 1)
                for (code, category) in list.enumerated() { codes[Int(category)] = UInt16(code) }
            }
            categorySources.append(
                CategorySource(
                    feature: Int(feature),
                    column: column,
                    categories: list,
                    codes: codes
                )
            )
        }
    }

    private mutating func addSource(
        _ feature: Int32,
        _ thresholds: [Double],
        _ columns: [Column: Int]
    ) {
        let first = targets.count
        let above = thresholds.count
        let zero = thresholds.firstIndex { $0 >= 0 } ?? above
        let treatments: [(Treatment, nan: Int, zero: Int)] = [
            (.none, zero, -1), (.zeroLeft, 0, 0), (.zeroRight, above, above), (.nanLeft, 0, -1),
            (.nanRight, above, -1),
        ]
        for (treatment, nanCode, zeroCode) in treatments {
            guard let column = columns[Column(feature: feature, treatment: treatment)] else {
                continue
            }
            targets.append(Target(column: column, nanCode: nanCode, zeroCode: zeroCode))
        }
        let table = BoundTable(thresholds)
        bounds.append(table)
        queries.append(table.search(column: Int(feature)))
        sources.append(
            Source(
                feature: Int(feature),
                firstTarget: first,
                targetCount: targets.count - first
            )
        )
    }

    /// Writes the codes of rows, column after column. For encoders without categories, with at most
    /// 255 thresholds a feature.
    ///
    /// - Parameters:
    ///   - stride: numbers from row to row.
    ///   - codes: where they go.
    ///   - columnStride: codes from column to column.
    func encodeColumns(
        _ rows: UnsafePointer<Double>,
        count: Int,
        stride: Int,
        into codes: UnsafeMutablePointer<UInt8>,
        columnStride: Int
    ) {
        assert(categorySources.isEmpty, "categories are not encoded in columns")
        if count == 1 {
            encodeOne(rows, codes, columnStride)
            return
        }
        withUnsafeTemporaryAllocation(of: boreal_code_column.self, capacity: 5) { buffer in
            guard let columns = buffer.baseAddress else { return }
            for index in sources.indices {
                let source = sources[index]
                for number in 0..<source.targetCount {
                    let target = targets[source.firstTarget + number]
                    columns[number] = boreal_code_column(
                        codes: codes + target.column * columnStride,
                        nan_code: UInt8(truncatingIfNeeded: target.nanCode),
                        has_zero_code: target.zeroCode >= 0 ? 1 : 0,
                        zero_code: UInt8(truncatingIfNeeded: max(0, target.zeroCode))
                    )
                }
                var query = queries[index]
                boreal_encode(
                    rows + source.feature,
                    stride,
                    Int32(count),
                    &query,
                    columns,
                    Int32(source.targetCount)
                )
            }
        }
    }

    /// Writes the codes of rows, row after row.
    ///
    /// - Parameters:
    ///   - stride: numbers from row to row.
    ///   - codes: `[count * columnCount]`: where they go.
    @inline(__always)
    func encodeRows<Code: FixedWidthInteger & UnsignedInteger>(
        _ rows: UnsafePointer<Double>,
        count: Int,
        stride: Int,
        into codes: UnsafeMutablePointer<Code>
    ) {
        if count == 1 {
            encodeOne(rows, codes, 1)
        } else {
            encodeMany(rows, count, stride, codes)
        }
        encodeCategories(rows, count, stride, codes)
    }

    @inline(__always)
    private func encodeOne<Code: FixedWidthInteger & UnsignedInteger>(
        _ row: UnsafePointer<Double>,
        _ codes: UnsafeMutablePointer<Code>,
        _ columnStride: Int
    ) {
        withUnsafeTemporaryAllocation(of: UInt16.self, capacity: sources.count + 1) { buffer in
            guard let found = buffer.baseAddress else { return }
            queries.withUnsafeBufferPointer { queries in
                guard let first = queries.baseAddress else { return }
                boreal_count_below_in_row(row, first, Int32(queries.count), found)
                for index in queries.indices {
                    let source = sources[index]
                    let value = row[Int(queries[index].column)]
                    for number in source.firstTarget..<source.firstTarget &+ source.targetCount {
                        let target = targets[number]
                        codes[target.column &* columnStride] = Self.code(
                            value,
                            Int(found[index]),
                            target
                        )
                    }
                }
            }
        }
    }

    @inline(__always)
    private func encodeMany<Code: FixedWidthInteger & UnsignedInteger>(
        _ rows: UnsafePointer<Double>,
        _ count: Int,
        _ stride: Int,
        _ codes: UnsafeMutablePointer<Code>
    ) {
        withUnsafeTemporaryAllocation(of: UInt16.self, capacity: count) { buffer in
            guard let found = buffer.baseAddress else { return }
            for (index, source) in sources.enumerated() {
                let values = rows + source.feature
                var query = queries[index]
                boreal_count_below(values, stride, Int32(count), &query, found)
                for number in source.firstTarget..<source.firstTarget &+ source.targetCount {
                    let target = targets[number]
                    let column = codes + target.column
                    for row in 0..<count {
                        column[row &* columnCount] = Self.code(
                            values[row &* stride],
                            Int(found[row]),
                            target
                        )
                    }
                }
            }
        }
    }

    /// The code of a value that has `found` thresholds below it.
    @inline(__always)
    private static func code<Code: FixedWidthInteger & UnsignedInteger>(
        _ value: Double,
        _ found: Int,
        _ target: Target
    ) -> Code {
        let isZero = target.zeroCode >= 0 && abs(value) <= Tree.zeroThreshold
        let number = isZero ? target.zeroCode : found
        return Code(truncatingIfNeeded: value.isNaN ? target.nanCode : number)
    }

    private func encodeCategories<Code: FixedWidthInteger & UnsignedInteger>(
        _ rows: UnsafePointer<Double>,
        _ count: Int,
        _ stride: Int,
        _ codes: UnsafeMutablePointer<Code>
    ) {
        for source in categorySources {
            for row in 0..<count {
                let value = rows[row &* stride &+ source.feature]
                codes[row &* columnCount &+ source.column] = Code(
                    truncatingIfNeeded: source.code(of: value)
                )
            }
        }
    }
}

extension RowEncoder.CategorySource {
    /// The number of the value's category; one more than the last for all others, two more for NaN.
    fileprivate func code(of value: Double) -> Int {
        guard !value.isNaN else { return categories.count + 1 }
        guard value > -1, value < 2_147_483_648 else { return categories.count }
        let category = Int32(value)
        if !codes.isEmpty {
            return Int(category) < codes.count ? Int(codes[Int(category)]) : categories.count
        }
        var low = 0
        var high = categories.count
        while low < high {
            let middle = (low + high) / 2
            if categories[middle] < category { low = middle + 1 } else { high = middle }
        }
        return low < categories.count && categories[low] == category ? low : categories.count
    }
}
