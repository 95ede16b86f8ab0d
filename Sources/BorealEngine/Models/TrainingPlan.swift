package import BorealBase
package import BorealBoost
import BorealFormats
package import BorealLearners

/// How a statement trains: its class with its parameters read and checked.
package struct TrainingPlan: Sendable {
    /// Who trains.
    package enum Method: Sendable {
        /// The boosting engine, as LightGBM does it.
        case boosted(LightGBMOptions)
        /// The boosting engine, as scikit-learn's gradient boosting does it.
        case gradient(GradientBoostingParameters)
        /// One of the other classes.
        case learner(any Learner)
    }

    /// `model_class`
    package let modelClass: ModelClass
    /// Who trains, and how.
    package var method: Method
    /// Name and value as given, in order, for DESC MODEL EXTENDED.
    package let given: [(name: String, value: ParameterValue)]
    /// Columns that are neither features nor the label.
    package var extras: RowExtras
    /// Columns that are categories although they hold numbers; lower-cased.
    package var categoricalColumns: Set<String>

    /// Reads the class and its parameters.
    ///
    /// - Throws: `unsupportedModelClass`; `invalidOption` with the parameter as the user wrote it.
    package init(
        modelClass name: String,
        _ pairs: [(name: String, value: ParameterValue)]
    ) throws(ServerError) {
        guard let modelClass = ModelClass(option: name) else { throw .unsupportedModelClass(name) }
        self.modelClass = modelClass
        given = pairs
        if modelClass == .lightgbm {
            let options = try LightGBMOptions(pairs)
            method = .boosted(options)
            extras = options.extras
            categoricalColumns = options.categoricalColumns
            return
        }
        let columns = try ColumnParameters(pairs, takesText: modelClass.learnerClass?.takesText)
        extras = RowExtras(weight: columns.weight)
        categoricalColumns = columns.categories
        do {
            method = try Self.method(modelClass, columns.others)
        } catch {
            throw ServerError(training: error)
        }
        settleJudges(hasValidation: false)
    }

    /// Finds out where rows that judge are looked for in the training query.
    ///
    /// - Parameter hasValidation: whether the statement has such rows elsewhere.
    mutating func settleJudges(hasValidation: Bool) {
        guard let columns = intake.columns else { return }
        let isNeeded = columns.needsJudges && !hasValidation
        switch columns.judges {
        case .mark(let column): extras.judges = .mark(column: column, isRequired: isNeeded)
        case .pair(let sequence, let label, let feature):
            guard isNeeded, let form = columns.lists[feature.asciiLowercased] else {
                extras.judges = nil
                return
            }
            extras.judges = .pair(
                JudgingPair(sequence: sequence, label: label, feature: feature, form: form)
            )
        }
    }

    /// Refuses features that no parameter names, of a class whose parameters say what is in each
    /// column, and named columns that are no features.
    ///
    /// - Throws: `invalidOption`.
    func checkColumns(_ features: [String]) throws(ServerError) {
        guard let columns = intake.columns else { return }
        let known = Set(features.map(\.asciiLowercased))
        var named: Set<String> = []
        for (parameter, names) in columns.features {
            for name in names {
                guard known.contains(name.asciiLowercased) else {
                    throw .invalidOption(parameter, "column '\(name)' is not in x_cols")
                }
                named.insert(name.asciiLowercased)
            }
        }
        if let other = features.first(where: { !named.contains($0.asciiLowercased) }) {
            let parameters = columns.features.map(\.parameter).joined(separator: ", ")
            throw .invalidOption("x_cols", "column '\(other)' is in none of \(parameters)")
        }
    }

    private static func method(
        _ modelClass: ModelClass,
        _ pairs: [(name: String, value: ParameterValue)]
    ) throws(TrainingError) -> Method {
        if let gradientClass = modelClass.gradientClass {
            return .gradient(try GradientBoostingParameters(gradientClass, pairs))
        }
        guard let learnerClass = modelClass.learnerClass else {
            throw .unsupported(parameter: "model_class", value: modelClass.rawValue)
        }
        return .learner(try learnerClass.learner(pairs))
    }

    /// The options of the boosting engine; nil for the other classes.
    package var boosted: LightGBMOptions? {
        if case .boosted(let options) = method { options } else { nil }
    }

    /// What the rows must be.
    var intake: Intake {
        switch method {
        case .boosted:
            Intake(label: .number, takesText: true, takesMissing: true, takesValidation: true)
        case .gradient(let parameters): parameters.intake
        case .learner(let learner): learner.intake
        }
    }

    /// The file that `modelPath` names beside the artifact; nil for the artifact itself.
    var secondFormat: ExportFormat? {
        switch method {
        case .boosted(let options): options.fileKind.format
        case .gradient(let parameters):
            LightGBMOptions.FileKind(rawValue: parameters.modelType)?.format
        case .learner: nil
        }
    }

    /// The name of the model that training goes on from.
    var initialModel: String? { boosted?.initialModel }

    /// What training goes by, defaults included, under the dialect's names.
    var effective: JSON {
        switch method {
        case .boosted(let options): options.effective
        case .gradient(let parameters):
            .object(parameters.values.map { ($0.name, $0.value.json) })
        case .learner(let learner):
            .object(learner.parameters.map { ($0.name, $0.value.json) })
        }
    }

    /// Refuses what cannot train whatever the rows.
    ///
    /// - Throws: `invalidOption`.
    func check(hasValidation: Bool) throws(ServerError) {
        if case .boosted(let options) = method {
            if hasValidation && options.extras.tags != nil {
                throw .invalidOption("automl_column", "contradicts 'valid': one of the two judges")
            }
            try options.check(hasValidation: hasValidation || options.search.isOn)
        }
        guard !hasValidation || intake.takesValidation else {
            throw .invalidOption(
                "valid",
                "the class '\(modelClass.rawValue)' is not judged while it trains"
            )
        }
    }
}

/// Parameters that name columns, taken out of the others.
private struct ColumnParameters {
    var weight: String?
    var categories: Set<String> = []
    var others: [(name: String, value: ParameterValue)] = []

    /// - Parameter takesText: whether the class has categories at all.
    init(
        _ pairs: [(name: String, value: ParameterValue)],
        takesText: Bool?
    ) throws(ServerError) {
        for (name, value) in pairs {
            switch name.asciiLowercased {
            case "weight_col", "weight_column":
                guard weight == nil else { throw .invalidOption(name, "given twice") }
                weight = try LightGBMOptions.column(name, value)
            case "categorical_feature" where takesText == true:
                categories = try LightGBMOptions.columns(name, value)
            default: others.append((name, value))
            }
        }
    }
}

extension ParameterValue {
    /// As DESC MODEL EXTENDED shows it.
    fileprivate var json: JSON {
        switch self {
        case .integer(let value): .integer(value)
        case .real(let value): .number(value)
        case .text(let value): .string(value)
        case .boolean(let value): .bool(value)
        case .none: .null
        }
    }
}
