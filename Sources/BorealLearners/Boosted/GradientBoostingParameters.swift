import BorealBase
public import BorealBoost

/// `model_parameter=( ... )` of the classes `gbdt` and `gbrt`: scikit-learn's gradient boosting,
/// which the engine of boosted trees trains without any regularisation of its own.
///
///     let given = try GradientBoostingParameters(.gbdt, [("max_depth", .integer(3))])
///     let wanted = try given.training(rows: 1_000, features: 7, classes: 2)
public struct GradientBoostingParameters: Sendable {
    /// The class.
    public enum Class: String, CaseIterable, Sendable {
        /// Classification of two or more classes.
        case gbdt
        /// Regression.
        case gbrt
    }

    /// `loss` of gbdt.
    private enum Loss: String, CaseIterable { case deviance, exponential }
    /// `objective` of gbrt.
    private enum Objective: String, CaseIterable { case ls, lad, huber, quantile }
    /// `model_type`
    private enum ModelType: String, CaseIterable { case pkl, txt, pmml, onnx }

    /// What it takes as features and label.
    public private(set) var intake = Intake(label: .number)
    /// Every parameter that there is, with the value that holds, documented ones first.
    public private(set) var values: [(name: String, value: ParameterValue)] = []
    /// `model_type`: the file behind `modelPath`.
    public private(set) var modelType = ModelType.pkl.rawValue
    /// `max_features`
    public private(set) var featureShare = FeatureShare.share(1)
    /// All but what the table decides: classes and features.
    private var parameters: TrainingParameters

    /// - Throws: `TrainingError` for a parameter that is unknown or out of range.
    public init(
        _ learner: Class,
        _ pairs: [(name: String, value: ParameterValue)]
    ) throws(TrainingError) {
        var reader = try ParameterReader(pairs)
        var form = Self(parameters: Self.plain)
        switch learner {
        case .gbdt: try form.readClassification(&reader)
        case .gbrt: try form.readRegression(&reader)
        }
        let jobs = try reader.integer("n_jobs", default: 4, in: -1...1_024)
        form.parameters.threads = max(0, jobs)
        form.parameters.minDataToSplit = try reader.integer(
            "min_samples_split",
            default: 2,
            in: 2...TrainingData.rowsMax
        )
        if learner == .gbrt { try form.readAlpha(&reader) }
        try reader.finish()
        self = form
        values = reader.values
    }

    private init(parameters: TrainingParameters) { self.parameters = parameters }

    /// Newton steps and nothing that holds them back.
    private static var plain: TrainingParameters {
        var parameters = TrainingParameters()
        parameters.minSumHessianInLeaf = 0
        parameters.minDataInBin = 1
        parameters.drawsRowsForEveryTree = true
        parameters.histogramBytesMax = 256 << 20
        return parameters
    }

    /// gbdt, in the order of the dialect's page.
    private mutating func readClassification(
        _ reader: inout ParameterReader
    ) throws(TrainingError) {
        let loss = try reader.word(
            "loss",
            aliases: ["objective"],
            default: Loss.deviance,
            synonyms: ["log_loss": .deviance]
        )
        parameters.objective = loss == .exponential ? .exponential : .binary
        let most = loss == .exponential ? 2 : Limits.classesMax
        intake = Intake(label: .classes(2...most), takesMissing: true)
        try readRounds(&reader)
        try readRate(&reader, default: 0.06)
        let leaves = try readLeaves(&reader)
        try readSampling(&reader)
        try readDepth(&reader, default: 1, leaves: leaves)
        try readSeed(&reader)
        try readModelType(&reader)
    }

    /// gbrt: the dialect's page, then what it shares with gbdt.
    private mutating func readRegression(_ reader: inout ParameterReader) throws(TrainingError) {
        try readRounds(&reader)
        let objective = try reader.word(
            "objective",
            aliases: ["loss"],
            default: Objective.ls,
            synonyms: ["squared_error": .ls, "mse": .ls, "absolute_error": .lad, "mae": .lad]
        )
        parameters.objective = Self.objective(objective)
        parameters.adaptsHuber = objective == .huber
        intake = Intake(label: .number, takesMissing: true)
        try readDepth(&reader, default: 7, leaves: nil)
        try readSeed(&reader)
        try readRate(&reader, default: 0.1)
        if let leaves = try readLeaves(&reader) {
            parameters.leaves = min(parameters.leaves, leaves)
        }
        try readSampling(&reader)
        try readModelType(&reader)
    }

    private static func objective(_ objective: Objective) -> TrainingParameters.Objective {
        switch objective {
        case .ls: .regression
        case .lad: .regressionL1
        case .huber: .huber
        case .quantile: .quantile
        }
    }

    private mutating func readRounds(_ reader: inout ParameterReader) throws(TrainingError) {
        parameters.iterations = try reader.integer("n_estimators", default: 100, in: 1...100_000)
    }

    private mutating func readRate(
        _ reader: inout ParameterReader,
        default initial: Double
    ) throws(TrainingError) {
        parameters.learningRate = try reader.real(
            "learning_rate",
            default: initial,
            from: 0,
            excludesLower: true
        )
    }

    private mutating func readLeaves(
        _ reader: inout ParameterReader
    ) throws(TrainingError) -> Int? {
        try reader.value("max_leaf_nodes", default: .none) { written, value throws(TrainingError) in
            guard let whole = value.asInteger else { throw .wrongType(written, "integer", value) }
            guard (2...131_072).contains(whole) else {
                throw .outOfRange(parameter: written, allowed: "[2, 131072]", value: "\(value)")
            }
            return Int(whole)
        }
    }

    /// Trees as large as their depth allows, unless `leaves` are fewer.
    private mutating func readDepth(
        _ reader: inout ParameterReader,
        default initial: Int,
        leaves: Int?
    ) throws(TrainingError) {
        let depth = try reader.integer("max_depth", default: initial, in: -1...1_024)
        guard depth != 0 else {
            throw .outOfRange(parameter: "max_depth", allowed: "-1 or [1, 1024]", value: "0")
        }
        parameters.maxDepth = depth
        let most = (1..<20).contains(depth) ? 1 << depth : Limits.leavesMax
        parameters.leaves = min(most, leaves ?? most)
    }

    /// `min_samples_leaf`, `subsample`, `max_features`
    private mutating func readSampling(_ reader: inout ParameterReader) throws(TrainingError) {
        parameters.minDataInLeaf = try reader.integer(
            "min_samples_leaf",
            default: 1,
            in: 1...TrainingData.rowsMax
        )
        parameters.baggingFraction = try reader.real(
            "subsample",
            default: 1,
            from: 0,
            to: 1,
            excludesLower: true
        )
        let share = try reader.value("max_features", default: .real(1)) {
            written,
            value throws(TrainingError) in
            try FeatureShare(written, value, one: .isShare)
        }
        featureShare = share ?? .share(1)
    }

    private mutating func readSeed(_ reader: inout ParameterReader) throws(TrainingError) {
        let seed = try reader.integer("random_state", default: 1, in: Int.min...Int.max)
        parameters.seed = Int64(seed)
    }

    private mutating func readModelType(_ reader: inout ParameterReader) throws(TrainingError) {
        modelType = try reader.word("model_type", default: ModelType.pkl).rawValue
    }

    /// `alpha`: the percentile of `quantile`, and the share of rows that `huber` squares.
    private mutating func readAlpha(_ reader: inout ParameterReader) throws(TrainingError) {
        let alpha = try reader.real("alpha", default: 0.9, from: 0, to: 1, excludesLower: true)
        guard alpha < 1 else {
            throw .outOfRange(parameter: "alpha", allowed: "(0.0, 1.0)", value: "\(alpha)")
        }
        parameters.alpha = alpha
    }

    /// What the trainer gets for a table.
    ///
    /// - Parameter classes: of the label; anything for a regression.
    /// - Throws: `TrainingError.outOfRange` when `max_features` are too many; `.conflict`
    ///   when there are more classes than the loss can tell apart.
    public func training(
        rows: Int,
        features: Int,
        classes: Int = 1
    ) throws(TrainingError) -> TrainingParameters {
        guard features > 0 else { throw .noFeatures }
        var parameters = parameters
        if parameters.objective == .binary, classes > 2 {
            parameters.objective = .multiclass
            parameters.classCount = classes
        }
        if parameters.objective == .exponential, classes != 2 {
            throw .conflict(
                parameter: "loss",
                with: "exponential",
                reason: "it takes two classes, the label has \(classes)"
            )
        }
        let wanted = try featureShare.resolved(of: features)
        parameters.featureFractionByNode = Double(wanted) / Double(features)
        parameters.maxBin = bins(rows: rows, features: features)
        return parameters
    }

    /// Bins a feature.
    ///
    /// scikit-learn cuts between any two values, and gains by it where the rows that tell most are
    /// the outermost: 255 bins cost 1 % of the error on 100,000 rows of trees five deep. So there
    /// are as many as a code can tell apart, unless the bins of all leaves come to millions and to
    /// scan them takes more than some four times what the rows take, or a histogram takes too much
    /// memory.
    private func bins(rows: Int, features: Int) -> Int {
        let leaves = min(parameters.leaves, max(2, rows / parameters.minDataInLeaf))
        let levels = Int.bitWidth - (leaves - 1).leadingZeroBitCount
        let byMemory = Self.histogramSlotsMax / features
        let byWork = max(4 * rows * levels, byMemory) / leaves
        return min(Self.binsMax, max(Self.binsMin, min(byWork, byMemory)))
    }

    /// The bins of a feature when they cost too much, and what its codes can tell apart.
    private static let (binsMin, binsMax) = (255, 65_535)
    /// Sums of one leaf's histogram: 32 MiB.
    private static let histogramSlotsMax = 4 << 20
}
