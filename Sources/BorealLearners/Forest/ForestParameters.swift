import BorealBase
import BorealBoost

/// The parameters of a random forest: those of the dialect, then scikit-learn's.
struct ForestParameters: Sendable {
    /// What splits are judged by.
    enum Criterion: Sendable {
        /// Squared error; the impurity of two classes by Gini is twice that of their numbers 0
        /// and 1, so it serves both.
        case squaredError
        /// Absolute error, leaves are medians.
        case absoluteError
        /// Gini's impurity of several classes.
        case gini
        /// The entropy of classes.
        case entropy
    }

    /// `objective` of regressions.
    private enum Objective: String, CaseIterable { case mse, mae }
    /// `criterion` of classifications.
    private enum Impurity: String, CaseIterable { case gini, entropy }
    /// What classes count.
    enum ClassWeight: String, CaseIterable, Sendable {
        /// What their rows count.
        case none = "None"
        /// As much as any other, by the rows of the table.
        case balanced
        /// As much as any other, by the rows drawn for the tree.
        case balancedSubsample = "balanced_subsample"
    }

    /// So many rows, or such a share of them.
    enum RowShare: Equatable, Sendable {
        case count(Int)
        case share(Double)
    }

    let isClassification: Bool
    var treeCount = 100
    var criterion = Criterion.squaredError
    var featureShare = FeatureShare.root
    var seed: Int64 = 1
    /// 0 for one a core.
    var threads = 4
    /// Splits from root to leaf; nil is no limit.
    var maxDepth: Int?
    /// Rows a node must have to be split.
    var splitRows = RowShare.count(2)
    /// Rows a leaf must have.
    var leafRows = RowShare.count(1)
    /// Share of the weights that a leaf must have.
    var leafWeightShare = 0.0
    /// Leaves of a tree, those that gain most; nil is no limit.
    var leavesMax: Int?
    /// What a split must take off the impurity, as a share of all rows' weights.
    var minDecrease = 0.0
    /// True when each tree sees rows drawn with repetition.
    var drawsRows = true
    /// True when each row is judged by the trees that did not see it.
    var scoresOutOfBag = false
    /// How many rows are drawn; nil for as many as there are.
    var drawnRows: RowShare?
    var classWeight = ClassWeight.none
    /// All of them with the values that hold, documented ones first.
    private(set) var values: [(name: String, value: ParameterValue)] = []

    /// Most trees of a forest.
    static let treesMax = 100_000

    /// - Throws: `TrainingError` for a parameter that is unknown or out of range.
    init(
        _ pairs: [(name: String, value: ParameterValue)],
        isClassification: Bool
    ) throws(TrainingError) {
        self.isClassification = isClassification
        var reader = try ParameterReader(pairs)
        treeCount = try reader.integer("n_estimators", default: 100, in: 1...Self.treesMax)
        criterion = try Self.readCriterion(&reader, isClassification)
        let features = try reader.value("max_features", default: .text("sqrt")) {
            written,
            value throws(TrainingError) in
            try FeatureShare(written, value, one: .isCount)
        }
        featureShare = features ?? .root
        seed = Int64(try reader.integer("random_state", default: 1, in: Int.min...Int.max))
        threads = max(0, try reader.integer("n_jobs", default: 4, in: -1...1_024))
        maxDepth = try Self.readDepth(&reader)
        splitRows = try Self.readRows(&reader, "min_samples_split", least: 2) ?? .count(2)
        leafRows = try Self.readRows(&reader, "min_samples_leaf", least: 1) ?? .count(1)
        leafWeightShare = try reader.real("min_weight_fraction_leaf", default: 0, from: 0, to: 0.5)
        leavesMax = try Self.readLeaves(&reader)
        minDecrease = try reader.real("min_impurity_decrease", default: 0, from: 0)
        try readSampling(&reader)
        if isClassification {
            classWeight = try reader.word("class_weight", default: ClassWeight.none)
        }
        try reader.finish()
        values = reader.values
    }

    private static func readCriterion(
        _ reader: inout ParameterReader,
        _ isClassification: Bool
    ) throws(TrainingError) -> Criterion {
        guard isClassification else {
            let objective = try reader.word(
                "objective",
                aliases: ["loss", "criterion"],
                default: Objective.mse,
                synonyms: ["squared_error": .mse, "absolute_error": .mae]
            )
            return objective == .mse ? .squaredError : .absoluteError
        }
        let impurity = try reader.word(
            "criterion",
            aliases: ["objective", "loss"],
            default: Impurity.gini,
            synonyms: ["log_loss": .entropy]
        )
        return impurity == .gini ? .gini : .entropy
    }

    private static func readDepth(_ reader: inout ParameterReader) throws(TrainingError) -> Int? {
        let depth = try reader.value("max_depth", default: .none) {
            written,
            value throws(TrainingError) in
            guard let whole = value.asInteger else { throw .wrongType(written, "integer", value) }
            guard whole == -1 || (1...100_000).contains(whole) else {
                throw .outOfRange(
                    parameter: written,
                    allowed: "None, -1 or [1, 100000]",
                    value: "\(value)"
                )
            }
            return Int(whole)
        }
        return depth == -1 ? nil : depth
    }

    private static func readLeaves(_ reader: inout ParameterReader) throws(TrainingError) -> Int? {
        try reader.value("max_leaf_nodes", default: .none) { written, value throws(TrainingError) in
            guard let whole = value.asInteger else { throw .wrongType(written, "integer", value) }
            guard whole >= 2, whole <= Limits.leavesMax else {
                throw .outOfRange(
                    parameter: written,
                    allowed: "[2, \(Limits.leavesMax)]",
                    value: "\(value)"
                )
            }
            return Int(whole)
        }
    }

    /// A number of rows, or a share of them where the number is not whole.
    private static func readRows(
        _ reader: inout ParameterReader,
        _ name: String,
        least: Int?
    ) throws(TrainingError) -> RowShare? {
        let initial = least.map { ParameterValue.integer(Int64($0)) } ?? .none
        return try reader.value(name, default: initial) { written, value throws(TrainingError) in
            guard let number = value.asReal else { throw .wrongType(written, "number", value) }
            if case .real = value {
                guard number > 0, number <= 1 else {
                    throw .outOfRange(parameter: written, allowed: "(0.0, 1.0]", value: "\(value)")
                }
                return .share(number)
            }
            let lower = least ?? 1
            guard let count = Int(exactly: number), count >= lower,
                count <= TrainingData.rowsMax
            else {
                throw .outOfRange(
                    parameter: written,
                    allowed: "[\(lower), \(TrainingData.rowsMax)] or a share",
                    value: "\(value)"
                )
            }
            return .count(count)
        }
    }

    private mutating func readSampling(_ reader: inout ParameterReader) throws(TrainingError) {
        drawsRows = try reader.flag("bootstrap", default: true)
        scoresOutOfBag = try reader.flag("oob_score", default: false)
        drawnRows = try Self.readRows(&reader, "max_samples", least: nil)
        guard !drawsRows else { return }
        if scoresOutOfBag {
            throw .conflict(
                parameter: "oob_score",
                with: "bootstrap",
                reason: "without it every tree sees every row"
            )
        }
        if drawnRows != nil {
            throw .conflict(
                parameter: "max_samples",
                with: "bootstrap",
                reason: "without it no rows are drawn"
            )
        }
    }
}

/// The rules of a forest's trees, settled for a table.
struct ForestRules: Sendable {
    /// Features that a split chooses from.
    let featuresPerSplit: Int
    /// Rows drawn for a tree.
    let drawnRows: Int
    let splitRows: Int
    let leafRows: Int
    let leafWeightShare: Double
    let maxDepth: Int
    /// Nil is no limit.
    let leavesMax: Int?
    let minDecrease: Double

    /// - Throws: `TrainingError.outOfRange` when there are fewer features, `.tooFewRows` when there
    ///   are fewer rows.
    init(
        _ parameters: ForestParameters,
        rows: Int,
        features: Int
    ) throws(TrainingError) {
        featuresPerSplit = try parameters.featureShare.resolved(of: features)
        let share = { (part: Double) in Int((part * Double(rows)).rounded(.up)) }
        switch parameters.leafRows {
        case .count(let count): leafRows = count
        case .share(let part): leafRows = max(1, share(part))
        }
        switch parameters.splitRows {
        case .count(let count): splitRows = max(count, 2 * leafRows)
        case .share(let part): splitRows = max(2, share(part), 2 * leafRows)
        }
        switch parameters.drawnRows {
        case nil: drawnRows = rows
        case .share(let part):
            drawnRows = max(1, Int((part * Double(rows)).rounded()))
        case .count(let count):
            guard count <= rows else {
                throw .tooFewRows(parameter: "max_samples", value: "\(count)", rows: rows)
            }
            drawnRows = count
        }
        leafWeightShare = parameters.leafWeightShare
        maxDepth = parameters.maxDepth ?? .max
        leavesMax = parameters.leavesMax
        minDecrease = parameters.minDecrease
    }
}
