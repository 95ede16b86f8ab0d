import BorealBoost
import BorealGraph

/// Histogram gradient boosting: trees over doubles with missing values and categories.
extension SklearnCompiler {
    /// The baseline, then every iteration's trees.
    mutating func histogramBoosting(
        _ o: SklearnObject,
        _ flow: SklearnFlow
    ) throws(FormatError) -> SklearnAnswer {
        var flow = flow
        if o.has("_preprocessor") { flow = try transform(try o.reference("_preprocessor"), flow) }
        let width = try o.count("n_trees_per_iteration_")
        var ensemble = TreeEnsemble(trees: [], scoresPerRow: width, featureCount: flow.width)
        ensemble.initialScores = try o.numbers("_baseline_prediction", count: width)
        let known = try knownCategories(o)
        for iteration in try o.elements("_predictors") {
            guard let predictors = document.objectElements(iteration), predictors.count == width
            else { throw o.damaged("an iteration without \(width) trees") }
            for ref in predictors {
                let record = try o.record(ref, "_predictors")
                ensemble.trees.append(
                    try SklearnHistogramTree(record).tree(known: known, record)
                )
            }
        }
        let tensor = flow.tensor
        let scores = try build { builder throws(GraphError) in
            try builder.trees(ensemble, over: tensor).sums
        }
        guard o.name == "HistGradientBoostingClassifier" else {
            let isLog = try hasLogLink(o)
            guard isLog else { return SklearnAnswer(numbers: scores) }
            return SklearnAnswer(
                numbers: try build { builder throws(GraphError) in
                    try builder.map(scores, .exponential)
                }
            )
        }
        guard let classes = try o.classes().first else { throw o.damaged("no classes") }
        return try histogramClassifier(classes, scores)
    }

    private mutating func histogramClassifier(
        _ classes: Labels,
        _ scores: TensorID
    ) throws(FormatError) -> SklearnAnswer {
        let isBinary = builder.width(of: scores) == 1
        let probabilities =
            isBinary ? try oneVersusRest(scores) : try softmax(ofDecision: scores)
        // Up to 1.4 the class is that of the greater probability.
        var answer =
            isBinary && version >= SklearnVersion(1, 5)
            ? try classifier(classes, sign: scores)
            : try classifier(classes, greatest: probabilities)
        answer.probabilities = probabilities
        answer.decision = scores
        return answer
    }

    /// True for the losses whose sums are logarithms.
    private func hasLogLink(_ o: SklearnObject) throws(FormatError) -> Bool {
        switch o.text("loss") {
        case "poisson", "gamma": return true
        case "squared_error", "least_squares", "absolute_error", "least_absolute_deviation",
            "quantile":
            return false
        default: throw o.unsupported("a loss of its own")
        }
    }

    /// For each categorical feature the categories that training saw.
    private func knownCategories(_ o: SklearnObject) throws(FormatError) -> [Int: Set<Int>] {
        let mapper = try o.record("_bin_mapper")
        var known: [Int: Set<Int>] = [:]
        guard let isCategorical = mapper.optionalArray("is_categorical_")?.values else {
            return known
        }
        let thresholds = try mapper.elements("bin_thresholds_")
        for (feature, flag) in isCategorical.enumerated() where flag != 0 {
            guard feature < thresholds.count,
                let categories = document.numbers(thresholds[feature])?.values
            else { throw mapper.damaged("categories of feature \(feature)") }
            known[feature] = Set(
                categories.compactMap { Int(exactly: $0) }.filter { (0..<256).contains($0) }
            )
        }
        return known
    }
}
