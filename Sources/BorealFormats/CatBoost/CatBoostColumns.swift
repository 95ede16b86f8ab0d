import BorealBase
import BorealBoost
import BorealGraph

/// The questions of a model's splits, and the columns that answer them.
///
/// Splits are numbered through all borders of all features with numbers, then all values of
/// categories that are asked one by one, then all borders of statistics.
///
/// A statistic is `((count + prior) / (total + weight) + shift) * scale`, in 32 bits, where count
/// and total are of the rows that training saw with the same combination of categories:
///
///     Borders      rows of the classes above a border of the target, of all classes
///     Buckets      rows of one class, of all classes
///     means        the sum of the target, the rows
///     Counter      the rows, the greatest number of rows that any combination has
///     FeatureFreq  the rows, all rows
///
/// What training never saw has a count of 0, and a total of 0 but for the last two. The statistic
/// of each row of a table is worked out here, so that predicting only looks it up.
struct CatBoostColumns {
    /// What a node asks.
    struct Question {
        var column: Int32
        var threshold: Double
        var nanGoesLeft: Bool

        func append(to tree: inout Tree) {
            tree.splitFeature.append(column)
            tree.threshold.append(threshold)
            tree.decisionType.append(8 | (nanGoesLeft ? 2 : 0))
        }
    }

    /// The columns in use.
    private(set) var columns: [TargetStatisticsOperator.Column] = []
    /// `[columns.count]`: the first of the columns that are made of the same features.
    private(set) var groups: [Int32] = []
    private var questions: [Question?] = []
    private var combinations: [TargetStatisticsOperator.Combination] = []
    private var tables: [TargetStatisticsOperator.Table] = []
    private var tablePositions: [CatBoostModel.TableKey: Int] = [:]
    private var combinationPositions: [CatBoostModel.Combination: Int] = [:]

    /// - Throws: `FormatError.malformed` for splits, features or tables that are not there.
    init(_ model: CatBoostModel, inputCount: Int) throws(FormatError) {
        let used = Self.used(model)
        var next = 0
        for feature in model.numbers {
            try addNumber(feature, used, &next, model)
        }
        for feature in model.categories {
            for value in feature.values {
                if used.contains(Int32(truncatingIfNeeded: next)) {
                    questions.append(Question(column: position, threshold: 0.5, nanGoesLeft: true))
                    columns.append(
                        .equals(feature: feature.flatIndex, hash: UInt32(bitPattern: value))
                    )
                } else {
                    questions.append(nil)
                }
                next += 1
            }
        }
        for statistic in model.statistics {
            try addStatistic(statistic, used, &next, model)
        }
        groups = try grouped(inputCount, model)
    }

    private var position: Int32 { Int32(truncatingIfNeeded: columns.count) }

    /// The splits that trees have.
    private static func used(_ model: CatBoostModel) -> Set<Int32> {
        var used: Set<Int32> = []
        for tree in model.trees {
            switch tree.shape {
            case .symmetric(let splits): used.formUnion(splits)
            case .nodes(let nodes): used.formUnion(nodes.splits)
            }
        }
        return used
    }

    /// The question of a split.
    func question(
        _ split: Int32,
        _ tree: Int,
        _ model: CatBoostModel
    ) throws(FormatError) -> Question {
        guard questions.indices.contains(Int(split)), let question = questions[Int(split)] else {
            throw model.malformed("tree \(tree) has split \(split), of \(questions.count)")
        }
        return question
    }

    private mutating func addNumber(
        _ feature: CatBoostModel.NumberFeature,
        _ used: Set<Int32>,
        _ next: inout Int,
        _ model: CatBoostModel
    ) throws(FormatError) {
        let isUsed = feature.borders.indices.contains {
            used.contains(Int32(truncatingIfNeeded: next + $0))
        }
        for border in feature.borders {
            questions.append(
                isUsed
                    ? Question(
                        column: position,
                        threshold: Double(border),
                        nanGoesLeft: !feature.nanIsAbove
                    ) : nil
            )
        }
        next += feature.borders.count
        if isUsed { columns.append(.number(feature: feature.flatIndex)) }
    }

    private mutating func addStatistic(
        _ statistic: CatBoostModel.Statistic,
        _ used: Set<Int32>,
        _ next: inout Int,
        _ model: CatBoostModel
    ) throws(FormatError) {
        let isUsed = statistic.borders.indices.contains {
            used.contains(Int32(truncatingIfNeeded: next + $0))
        }
        for border in statistic.borders {
            questions.append(
                isUsed
                    ? Question(column: position, threshold: Double(border), nanGoesLeft: true)
                    : nil
            )
        }
        next += statistic.borders.count
        guard isUsed else { return }
        guard let table = model.tables[statistic.key] else {
            throw model.malformed("a statistic without its table")
        }
        let values = try Self.values(statistic, table, model)
        columns.append(
            .statistic(
                table: try tablePosition(statistic.key, table, model),
                values: values,
                unseen: Self.value(
                    statistic,
                    0,
                    [.counter, .frequency].contains(statistic.key.kind)
                        ? Float(table.denominator) : 0
                )
            )
        )
    }

    /// A statistic of counts, in the library's arithmetic.
    private static func value(
        _ statistic: CatBoostModel.Statistic,
        _ count: Float,
        _ total: Float
    ) -> Float {
        let ratio = (count + statistic.priorNumerator) / (total + statistic.priorDenominator)
        return (ratio + statistic.shift) * statistic.scale
    }

    /// The statistic of each row of a table.
    private static func values(
        _ statistic: CatBoostModel.Statistic,
        _ table: CatBoostModel.Table,
        _ model: CatBoostModel
    ) throws(FormatError) -> [Float] {
        let width = max(1, table.width)
        let rows = table.counts.count / width
        let border = statistic.targetBorder
        guard border >= 0, border < max(width, 2), statistic.key.kind != .buckets || border < width
        else { throw model.malformed("a statistic of class \(border), of \(width)") }
        return (0..<rows).map { row in
            let counts = table.counts[row * width..<(row + 1) * width]
            switch statistic.key.kind {
            case .mean, .binarizedMean:
                return value(statistic, table.sums[row], Float(table.counts[row]))
            case .counter, .frequency:
                return value(statistic, Float(table.counts[row]), Float(table.denominator))
            case .buckets:
                return value(
                    statistic,
                    Float(counts[counts.startIndex + border]),
                    Float(counts.reduce(0) { $0 &+ $1 })
                )
            case .borders:
                let above = counts.dropFirst(border + 1).reduce(0) { $0 &+ $1 }
                return value(statistic, Float(above), Float(counts.reduce(0) { $0 &+ $1 }))
            }
        }
    }

    // MARK: - Tables

    private mutating func tablePosition(
        _ key: CatBoostModel.TableKey,
        _ table: CatBoostModel.Table,
        _ model: CatBoostModel
    ) throws(FormatError) -> Int {
        if let position = tablePositions[key] { return position }
        let combination = try combinationPosition(key.combination, model)
        tables.append(.init(index: table.index, combination: combination))
        tablePositions[key] = tables.count - 1
        return tables.count - 1
    }

    private mutating func combinationPosition(
        _ combination: CatBoostModel.Combination,
        _ model: CatBoostModel
    ) throws(FormatError) -> Int {
        if let position = combinationPositions[combination] { return position }
        var categories: [Int] = []
        for index in combination.categories { categories.append(try category(index, model)) }
        var conditions: [TargetStatisticsOperator.Condition] = []
        for border in combination.borders {
            guard let feature = model.numbers.first(where: { $0.index == border.feature }) else {
                throw model.malformed("a combination with number \(border.feature)")
            }
            conditions.append(
                .above(
                    feature: feature.flatIndex,
                    border: border.border,
                    nanIsAbove: feature.nanIsAbove
                )
            )
        }
        for value in combination.values {
            conditions.append(
                .equals(
                    feature: try category(value.feature, model),
                    hash: UInt32(bitPattern: value.hash)
                )
            )
        }
        guard !categories.isEmpty || !conditions.isEmpty else {
            throw model.malformed("a combination of nothing")
        }
        combinations.append(.init(categories: categories, conditions: conditions))
        combinationPositions[combination] = combinations.count - 1
        return combinations.count - 1
    }

    private func category(_ index: Int, _ model: CatBoostModel) throws(FormatError) -> Int {
        guard let feature = model.categories.first(where: { $0.index == index }) else {
            throw model.malformed("a combination with category \(index)")
        }
        return feature.flatIndex
    }

    /// For each column the first that is made of the same features: the library explains these as
    /// one.
    private func grouped(_ inputCount: Int, _ model: CatBoostModel) throws(FormatError) -> [Int32] {
        let operation: TargetStatisticsOperator
        do throws(GraphError) { operation = try encoder(width: inputCount) } catch {
            throw .invalidModel(error)
        }
        var first: [[Int]: Int32] = [:]
        return operation.origins.enumerated().map { position, origin in
            if let found = first[origin] { return found }
            first[origin] = Int32(truncatingIfNeeded: position)
            return Int32(truncatingIfNeeded: position)
        }
    }

    /// What makes the columns of rows of features.
    func encoder(width: Int) throws(GraphError) -> TargetStatisticsOperator {
        try TargetStatisticsOperator(
            input: .features,
            output: TensorID(1),
            width: width,
            columns: columns,
            combinations: combinations,
            tables: tables,
            missing: CityHash.category("nan")
        )
    }
}
