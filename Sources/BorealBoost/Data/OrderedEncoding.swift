import BorealBase

/// Categories as numbers that the splits of trees can be searched among: `categorical_method`
/// `ordered`.
///
/// A column of many categories becomes a statistic of the labels, one for each class, and the
/// weight of the category's rows. A training row has the statistic of the rows that stand before
/// it in a drawn order, never of its own label (ordered target statistics, Prokhorenkova et al.
/// 2018, section 3.2); every other row has that of all training rows. A split of such a number is
/// a set of categories, so what training leaves are LightGBM's categorical nodes: `sidesOfSplit`
/// tells the set. One drawn order is enough: with two or four in columns of their own the AUC of
/// the airlines sample fell by 0.001 to 0.004, because together they tell the row's own label.
struct OrderedEncoding: Sendable {
    /// What a column of the encoded table is made of.
    struct Source: Sendable {
        /// The column of the table.
        let column: Int
        /// `[category count + 1]`: the number of each category; the last is that of missing and
        /// unknown ones. Empty for a column that was taken as it is.
        let numbers: [Float]
        /// `[category count]`: whether training rows have the category.
        let isKnown: [Bool]
    }

    /// By column of the encoded table. The first are the table's own, in their order, or the first
    /// number made of each; further numbers stand behind.
    private(set) var sources: [Source]
    /// Columns of the table.
    let columnCount: Int

    /// Numbers of a column besides the statistics: the weight.
    private static let extraNumbers = 1
    /// Most classes, each of which has a statistic for every column.
    static let classesMax = 64

    /// True when a column's categories become numbers: when it has more of them than a
    /// categorical split may hold. Few categories are split better one by one.
    static func encodes(_ column: FeatureColumn, _ parameters: TrainingParameters) -> Bool {
        guard parameters.categoricalMethod == .ordered, case .categories(_, let count) = column
        else { return false }
        return count > parameters.maxCategoryThreshold
    }

    /// Statistics of the labels that each column gets.
    static func statistics(_ parameters: TrainingParameters) -> Int {
        parameters.scoresPerRow > 2 ? parameters.scoresPerRow : 1
    }

    /// Makes numbers of a training table's categories.
    ///
    /// - Returns: nil when there is nothing to encode.
    /// - Throws: `cancelled`.
    static func encode(
        _ table: TrainingData,
        _ parameters: TrainingParameters,
        _ pool: WorkerPool,
        _ cancellation: CancellationFlag
    ) throws(TrainingError) -> (encoding: OrderedEncoding, table: TrainingData)? {
        let encoded = table.columns.indices.filter { encodes(table.columns[$0], parameters) }
        guard !encoded.isEmpty else { return nil }
        let order = try RowOrder.drawn(for: table, parameters, cancellation)
        let targets = statistics(parameters)
        let perColumn = targets + extraNumbers
        let statistics = LabelStatistics(table, parameters, order, cancellation)
        let made = NumberSlots(count: encoded.count * perColumn)
        pool.run(made.slots.count) { piece in
            if cancellation.isCancelled { return }
            guard
                case .categories(let codes, let count) = table.columns[encoded[piece / perColumn]]
            else { return }
            let target = piece % perColumn
            made.slots[piece] =
                target < targets
                ? statistics.ordered(codes, count, target: targets == 1 ? nil : target)
                : statistics.weights(codes, count)
        }
        if cancellation.isCancelled { throw .cancelled }
        var encoding = OrderedEncoding(columnCount: table.columns.count)
        var copy = table
        for (place, column) in encoded.enumerated() {
            guard case .categories(let codes, let count) = table.columns[column] else { continue }
            var isKnown = [Bool](repeating: false, count: count)
            for code in codes where code >= 0 { isKnown[Int(code)] = true }
            for target in 0..<perColumn {
                guard let numbers = made.slots[place * perColumn + target] else { continue }
                let source = Source(
                    column: column,
                    numbers: numbers.byCategory,
                    isKnown: isKnown
                )
                copy.put(.floats(numbers.byRow), isFirst: target == 0, column)
                encoding.put(source, isFirst: target == 0)
            }
        }
        return (encoding, copy)
    }

    private init(columnCount: Int) {
        self.columnCount = columnCount
        sources = (0..<columnCount).map { Source(column: $0, numbers: [], isKnown: []) }
    }

    private mutating func put(_ source: Source, isFirst: Bool) {
        if isFirst { sources[source.column] = source } else { sources.append(source) }
    }

    /// A table of other rows than those of training, in the same numbers.
    func applied(to table: TrainingData) -> TrainingData {
        var copy = table
        for (place, source) in sources.enumerated() where !source.numbers.isEmpty {
            guard case .categories(let codes, _) = table.columns[source.column] else { continue }
            let others = source.numbers[source.numbers.count - 1]
            let numbers = codes.map { code in
                code >= 0 && Int(code) < source.isKnown.count ? source.numbers[Int(code)] : others
            }
            copy.put(.floats(numbers), isFirst: place < columnCount, source.column)
        }
        return copy
    }

    /// The parameters in terms of the encoded table's columns: numbers of a column are bound by
    /// what binds the column. Monotone constraints need nothing, because a category has none and
    /// columns keep their places.
    func adapted(_ parameters: TrainingParameters) -> TrainingParameters {
        var adapted = parameters
        if !parameters.featureContribution.isEmpty {
            adapted.featureContribution = sources.map { parameters.featureContribution[$0.column] }
        }
        adapted.interactionConstraints = parameters.interactionConstraints.map { group in
            sources.indices.filter { group.contains(sources[$0].column) }
        }
        return adapted
    }

    /// `[layout feature][category]`: bins of the categories' numbers, the last those of missing
    /// and unknown ones; empty for features that are no such number.
    func bins(_ layout: BinLayout) -> [[UInt16]] {
        layout.features.map { feature in
            sources[feature.column].numbers.map { UInt16(feature.mapper.bin(of: Double($0))) }
        }
    }

    /// What a split of a number means for categories: those that go where missing and unknown ones
    /// do not go, and whether the latter go left.
    ///
    /// - Parameter bins: those of the split's feature.
    func sidesOfSplit(
        _ split: SplitCandidate,
        _ feature: BinnedFeature,
        bins: [UInt16]
    ) -> (categories: [Int32], othersGoLeft: Bool) {
        let isLeft = split.leftBins(feature.mapper)
        let isKnown = sources[feature.column].isKnown
        let othersGoLeft = isLeft[Int(bins[isKnown.count])]
        var categories: [Int32] = []
        for category in isKnown.indices
        where isKnown[category] && isLeft[Int(bins[category])] != othersGoLeft {
            categories.append(Int32(category))
        }
        return (categories, othersGoLeft)
    }
}

extension TrainingData {
    /// Puts a number in the place of the column it is made of, or behind all columns.
    fileprivate mutating func put(_ numbers: FeatureColumn, isFirst: Bool, _ column: Int) {
        if isFirst {
            columns[column] = numbers
        } else {
            columns.append(numbers)
            names.append(names[column])
        }
    }
}

/// One number of one column: what training rows have, and what categories have.
private struct CategoryNumbers: Sendable {
    let byRow: [Float]
    let byCategory: [Float]
}

/// Where the workers put the numbers they make.
// Unchecked: each worker writes the slot of its own piece, and the end of the region publishes
// them.
private final class NumberSlots: @unchecked Sendable {
    let slots: UnsafeMutableBufferPointer<CategoryNumbers?>

    init(count: Int) {
        slots = .allocate(capacity: count)
        slots.initialize(repeating: nil)
    }

    deinit {
        slots.deinitialize()
        slots.deallocate()
    }
}

/// Means of labels by category, pulled towards the mean of all rows.
///
/// Sums run in the drawn order, also where the order does not matter, so that rows in another order
/// give the same bits.
private struct LabelStatistics {
    private let label: [Double]
    private let weights: [Float]?
    private let order: [UInt32]
    /// What the mean of all rows counts beside a category's own rows.
    private let smoothing: Double
    private let cancellation: CancellationFlag

    init(
        _ table: TrainingData,
        _ parameters: TrainingParameters,
        _ order: [UInt32],
        _ cancellation: CancellationFlag
    ) {
        self.cancellation = cancellation
        label = table.label
        weights = table.weights
        self.order = order
        smoothing = parameters.categorySmooth
    }

    private func weight(_ row: Int) -> Double { weights.map { Double($0[row]) } ?? 1 }

    /// Calls `body` with each row, in the drawn order; stops when cancelled.
    @inline(__always)
    private func forEachRow(_ body: (_ row: Int) -> Void) {
        for (place, row) in order.enumerated() {
            if place % RowOrder.chunkRows == 0, cancellation.isCancelled { return }
            body(Int(row))
        }
    }

    /// The statistic (sum of labels before the row + a x mean) / (weight before the row + a).
    ///
    /// - Parameter target: the class whose share it is; nil for the mean label.
    func ordered(_ codes: [Int32], _ count: Int, target: Int?) -> CategoryNumbers {
        func value(_ row: Int) -> Double {
            guard let target else { return label[row] }
            return label[row] == Double(target) ? 1 : 0
        }
        var (total, totalWeight) = (0.0, 0.0)
        forEachRow { row in
            total += weight(row) * value(row)
            totalWeight += weight(row)
        }
        let mean = total / totalWeight
        var sums = [Double](repeating: 0, count: count + 1)
        var seen = [Double](repeating: 0, count: count + 1)
        var byRow = [Float](repeating: 0, count: codes.count)
        func statistic(_ place: Int) -> Float {
            let weight = seen[place] + smoothing
            return Float(weight > 0 ? (sums[place] + smoothing * mean) / weight : mean)
        }
        forEachRow { row in
            let place = codes[row] >= 0 ? Int(codes[row]) : count
            byRow[row] = statistic(place)
            sums[place] += weight(row) * value(row)
            seen[place] += weight(row)
        }
        return CategoryNumbers(byRow: byRow, byCategory: filled(codes, count, statistic))
    }

    /// What the rows of a category weigh together, of which no label is part.
    func weights(_ codes: [Int32], _ count: Int) -> CategoryNumbers {
        var sums = [Double](repeating: 0, count: count + 1)
        forEachRow { row in sums[codes[row] >= 0 ? Int(codes[row]) : count] += weight(row) }
        return CategoryNumbers(
            byRow: codes.map { Float(sums[$0 >= 0 ? Int($0) : count]) },
            byCategory: filled(codes, count) { Float(sums[$0]) }
        )
    }

    /// The number of every category; those without a training row have that of missing ones.
    private func filled(_ codes: [Int32], _ count: Int, _ number: (Int) -> Float) -> [Float] {
        var isKnown = [Bool](repeating: false, count: count + 1)
        for code in codes where code >= 0 { isKnown[Int(code)] = true }
        return (0...count).map { number(isKnown[$0] ? $0 : count) }
    }
}
