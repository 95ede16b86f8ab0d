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
        /// Where its thresholds begin in `bounds`, and half their padded number.
        var start: Int
        var half: Int
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
    private var bounds: [Double] = []
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
        var size = 1
        while size <= thresholds.count { size *= 2 }
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
        sources.append(
            Source(
                feature: Int(feature),
                start: bounds.count,
                half: size / 2,
                firstTarget: first,
                targetCount: targets.count - first
            )
        )
        bounds += thresholds + [Double](repeating: .infinity, count: size - thresholds.count)
    }

    /// Writes the codes of rows.
    ///
    /// - Parameters:
    ///   - stride: numbers from row to row.
    ///   - codes: where they go.
    ///   - rowStride, columnStride: codes from row to row and from column to column.
    @inline(__always)
    func encode<Code: FixedWidthInteger & UnsignedInteger>(
        _ rows: UnsafePointer<Double>,
        count: Int,
        stride: Int,
        into codes: UnsafeMutablePointer<Code>,
        rowStride: Int,
        columnStride: Int
    ) {
        let steps = CodeSteps(row: rowStride, column: columnStride)
        bounds.withUnsafeBufferPointer { bounds in
            targets.withUnsafeBufferPointer { targets in
                guard let table = bounds.baseAddress, let all = targets.baseAddress else { return }
                for source in sources {
                    let own = UnsafeBufferPointer(
                        start: all + source.firstTarget,
                        count: source.targetCount
                    )
                    let values = rows + source.feature
                    let bounds = table + source.start
                    encode(values, count, stride, codes, steps, bounds, source.half, own)
                }
            }
        }
        encodeCategories(rows, count, stride, codes, steps)
    }

    /// Codes from row to row and from column to column.
    private struct CodeSteps {
        let row: Int
        let column: Int
    }

    /// Writes the code columns of one feature.
    @inline(__always)
    private func encode<Code: FixedWidthInteger & UnsignedInteger>(
        _ values: UnsafePointer<Double>,
        _ count: Int,
        _ stride: Int,
        _ codes: UnsafeMutablePointer<Code>,
        _ steps: CodeSteps,
        _ table: UnsafePointer<Double>,
        _ half: Int,
        _ targets: UnsafeBufferPointer<Target>
    ) {
        let width = steps.row
        var row = 0
        while row &+ 8 <= count {
            let first = values + row &* stride
            let eight = SIMD8(
                first[0],
                first[stride],
                first[2 &* stride],
                first[3 &* stride],
                first[4 &* stride],
                first[5 &* stride],
                first[6 &* stride],
                first[7 &* stride]
            )
            let found = BoundSearch.count(below: eight, table, half: half)
            for target in targets {
                let at = codes + (row &* width &+ target.column &* steps.column)
                for lane in 0..<8 {
                    at[lane &* width] = Self.code(eight[lane], Int(found[lane]), target)
                }
            }
            row &+= 8
        }
        while row < count {
            let value = values[row &* stride]
            var found = 0
            var step = half
            while step > 0 {
                found &+= table[found &+ step &- 1] < value ? step : 0
                step &>>= 1
            }
            for target in targets {
                codes[row &* width &+ target.column &* steps.column] = Self.code(
                    value,
                    found,
                    target
                )
            }
            row &+= 1
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
        _ codes: UnsafeMutablePointer<Code>,
        _ steps: CodeSteps
    ) {
        for source in categorySources {
            for row in 0..<count {
                let value = rows[row &* stride &+ source.feature]
                codes[row &* steps.row &+ source.column &* steps.column] = Code(
                    truncatingIfNeeded: source.code(of: value)
                )
            }
        }
    }
}

extension RowEncoder.CategorySource {
    /// The number of the value's category; for all others one more than the last.
    fileprivate func code(of value: Double) -> Int {
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
