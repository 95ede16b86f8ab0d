/// Turns rows of numbers into rows of small codes: for each feature a model asks, how many of the model's own
/// thresholds lie below the value.
///
/// A node then compares two small integers, and `value <= threshold` keeps its meaning exactly. A feature
/// whose nodes treat missing values in different ways has several code columns: in one NaN is the lowest
/// code (always left), in another the highest (always right).
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
    ///   - codes: `[count * columnCount]`, row after row.
    @inline(__always)
    func encode<Code: FixedWidthInteger & UnsignedInteger>(
        _ rows: UnsafePointer<Double>,
        count: Int,
        stride: Int,
        into codes: UnsafeMutablePointer<Code>
    ) {
        let width = columnCount
        bounds.withUnsafeBufferPointer { bounds in
            targets.withUnsafeBufferPointer { targets in
                for source in sources {
                    guard let base = bounds.baseAddress, let all = targets.baseAddress else {
                        continue
                    }
                    let table = base + source.start
                    let own = UnsafeBufferPointer(
                        start: all + source.firstTarget,
                        count: source.targetCount
                    )
                    var row = 0
                    while row &+ 4 <= count {
                        let values = rows + (row &* stride &+ source.feature)
                        let v = SIMD4(
                            values[0],
                            values[stride],
                            values[2 &* stride],
                            values[3 &* stride]
                        )
                        let found = Self.search(table, source.half, v)
                        for target in own {
                            let at = codes + (row &* width &+ target.column)
                            at[0] = Self.code(v[0], found.0, target)
                            at[width] = Self.code(v[1], found.1, target)
                            at[2 &* width] = Self.code(v[2], found.2, target)
                            at[3 &* width] = Self.code(v[3], found.3, target)
                        }
                        row &+= 4
                    }
                    while row < count {
                        let value = rows[row &* stride &+ source.feature]
                        let found = Self.search(table, source.half, SIMD4(repeating: value)).0
                        for target in own {
                            codes[row &* width &+ target.column] = Self.code(value, found, target)
                        }
                        row &+= 1
                    }
                }
            }
        }
        encodeCategories(rows, count, stride, codes)
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

    /// Four searches side by side: one alone waits for each of its loads.
    @inline(__always)
    private static func search(
        _ table: UnsafePointer<Double>,
        _ half: Int,
        _ v: SIMD4<Double>
    ) -> (Int, Int, Int, Int) {
        var k0 = 0
        var k1 = 0
        var k2 = 0
        var k3 = 0
        var width = half
        while width > 0 {
            let probe = table + (width &- 1)
            k0 &+= probe[k0] < v[0] ? width : 0
            k1 &+= probe[k1] < v[1] ? width : 0
            k2 &+= probe[k2] < v[2] ? width : 0
            k3 &+= probe[k3] < v[3] ? width : 0
            width &>>= 1
        }
        return (k0, k1, k2, k3)
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
