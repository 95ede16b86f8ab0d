import BorealBase
package import BorealBoost

/// The `automl` parameters of the class `lightgbm`: which parameters are searched, and which rows
/// judge them.
package struct SearchOptions: Sendable {
    /// Combinations that a grid may have.
    static let trialsMax = Limits.searchTrialsMax
    /// What is drawn from the standard space.
    static let sampleCount = 16
    /// The share of the rows that judges, when the statement says nothing about it.
    static let share = 0.2

    /// `automl`; nil when it is not given.
    private var flag: Bool?
    /// `automl_column`
    var column: String?
    /// `automl_train_tag`, `automl_test_tag`
    private var trainTag: String?
    private var testTag: String?
    /// `automl_<parameter>='a,b,c'`, in the order given.
    private var axes: [SearchSpace.Axis] = []
    /// Names, as LightGBM calls them, of the parameters that the statement sets.
    private var fixed: Set<String> = []
    /// What is tried; empty when there is nothing to search.
    package private(set) var candidates: [ParameterSearch.Candidate] = []
    /// How.
    package private(set) var plan = ParameterSearch.Plan.exhaustive

    init() {}

    /// True when the statement asks for a search.
    package var isOn: Bool { flag ?? (column != nil || !axes.isEmpty) }

    /// The column that tells training rows from test rows, and how; nil without.
    var tags: RowTags? {
        guard isOn, let column, let trainTag, let testTag else { return nil }
        return RowTags(column: column, training: trainTag, validation: testTag)
    }

    /// Takes one parameter whose name begins with `automl`.
    mutating func take(_ name: String, _ value: ParameterValue) throws(ServerError) {
        switch name.asciiLowercased {
        case "automl":
            switch value {
            case .boolean(let isOn): flag = isOn
            case .none: flag = nil
            case .integer(0), .integer(1): flag = value == .integer(1)
            case .text(let text) where ["true", "1"].contains(text.asciiLowercased): flag = true
            case .text(let text) where ["false", "0"].contains(text.asciiLowercased): flag = false
            default: throw .invalidOption(name, "'\(value)' is no boolean")
            }
        case "automl_column": column = value == .none ? nil : value.description.trimmingBlanks
        case "automl_train_tag": trainTag = value == .none ? nil : value.description
        case "automl_test_tag": testTag = value == .none ? nil : value.description
        case let folded:
            guard folded.hasPrefix("automl_") else {
                throw .invalidOption(name, "unknown parameter; did you mean 'automl'?")
            }
            try addAxis(name, String(folded.dropFirst("automl_".count)), value)
        }
    }

    private mutating func addAxis(
        _ name: String,
        _ parameter: String,
        _ value: ParameterValue
    ) throws(ServerError) {
        let values = value.description.split(separator: ",", omittingEmptySubsequences: false)
            .map { ParameterValue.text(String($0).trimmingBlanks) }
        guard !values.contains(.text("")), value != .none else {
            throw .invalidOption(name, "a value of the list is missing")
        }
        guard axes.allSatisfy({ $0.name != parameter }) else {
            throw .invalidOption(name, "given twice")
        }
        axes.append(SearchSpace.Axis(name: parameter, values: values))
    }

    /// Settles what is tried.
    ///
    /// - Parameters:
    ///   - base: the parameters of the statement.
    ///   - given: names of parameters, as LightGBM calls them, that the statement sets.
    /// - Throws: `invalidOption` for a grid that is too large, values out of range, tags without
    ///   their column, and parameters that a search cannot vary.
    mutating func settle(
        around base: TrainingParameters,
        given: Set<String>
    ) throws(ServerError) {
        guard isOn else { return }
        if column != nil && (trainTag == nil || testTag == nil) {
            let missing = trainTag == nil ? "automl_train_tag" : "automl_test_tag"
            throw .invalidOption(missing, "the option is missing; 'automl_column' needs it")
        }
        if column == nil && (trainTag != nil || testTag != nil) {
            throw .invalidOption("automl_column", "the option is missing; the tags need it")
        }
        if trainTag != nil && trainTag == testTag {
            throw .invalidOption("automl_test_tag", "it equals 'automl_train_tag'")
        }
        guard !base.usesNoMetric else {
            throw .invalidOption("automl", "contradicts 'metric': a search needs a metric")
        }
        guard !axes.isEmpty else {
            plan = .halving
            do {
                candidates = try SearchSpace.standard(fixed: given)
                    .sample(Self.sampleCount, around: base)
            } catch {
                throw ServerError(training: error)
            }
            return
        }
        let space = SearchSpace(axes)
        guard space.count <= Self.trialsMax else {
            let count = space.count == Int.max ? "more than can be counted" : "\(space.count)"
            throw .invalidOption(
                "automl_" + axes[0].name,
                "the grid has \(count) combinations; \(Self.trialsMax) are allowed"
            )
        }
        for axis in axes { try Self.check(axis.name, given) }
        candidates = try space.grid(around: base, Self.set)
        for candidate in candidates {
            do throws(TrainingError) {
                var checked = candidate.parameters
                if checked.objective.hasScoreForEachClass { checked.classCount = 2 }
                try Trainer(checked).checkParameters()
            } catch {
                throw ServerError(training: error)
            }
        }
    }

    /// Parameters that decide what the metric means are no part of a search.
    private static func check(_ name: String, _ given: Set<String>) throws(ServerError) {
        let canonical = canonicalName(name)
        if ["objective", "metric", "num_class", "num_threads"].contains(canonical) {
            throw .invalidOption("automl_" + name, "a search cannot vary '\(name)'")
        }
        if given.contains(canonical) {
            throw .invalidOption("automl_" + name, "contradicts '\(name)': give one of the two")
        }
    }

    /// LightGBM's name for the dialect's or LightGBM's.
    static func canonicalName(_ name: String) -> String {
        switch name.asciiLowercased {
        case "max_features": "feature_fraction"
        case "max_leaf_nodes": "num_leaves"
        case let folded: ParameterTable.canonicalName(folded) ?? folded
        }
    }

    private static func set(
        _ parameters: inout TrainingParameters,
        _ axis: SearchSpace.Axis,
        _ value: ParameterValue
    ) throws(ServerError) {
        if axis.name == "subsample" { parameters.drawsRowsForEveryTree = true }
        do {
            try parameters.set(canonicalName(axis.name), to: value)
        } catch {
            throw ServerError(training: error)
        }
    }

    /// The candidates with what the labels and the server decided.
    func search(with parameters: TrainingParameters) -> ParameterSearch {
        ParameterSearch(
            candidates.map { candidate in
                var settled = candidate
                settled.parameters.classCount = parameters.classCount
                settled.parameters.threads = parameters.threads
                return settled
            },
            plan
        )
    }
}

/// The column that tells training rows from those that judge them; other rows are left out.
package struct RowTags: Equatable, Sendable {
    /// Its name.
    package var column: String
    /// Its text on training rows.
    package var training: String
    /// Its text on rows that judge.
    package var validation: String
}
