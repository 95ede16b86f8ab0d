package import BorealBase
package import BorealBoost
import BorealFormats

/// `model_parameter=( ... )` of the class `lightgbm`: the dialect's names and defaults on
/// top of LightGBM's own names and aliases.
package struct LightGBMOptions: Sendable {
    /// The file that `modelPath` names.
    package enum FileKind: String, Sendable {
        case pkl
        case txt
        case pmml
        case onnx

        /// What is written beside the artifact; nil for the artifact itself.
        var format: ExportFormat? {
            switch self {
            case .txt: nil
            case .pkl: .pickle
            case .pmml: .pmml
            case .onnx: .onnx
            }
        }
    }

    /// What the trainer gets.
    package var parameters: TrainingParameters
    /// True when the statement said which loss it wants; otherwise two labels are a condition.
    package var hasExplicitLoss = false
    /// Columns that are categories although they hold numbers; lower-cased.
    package var categoricalColumns: Set<String> = []
    /// `weight_col`, `group_col`, `init_score_col`
    package var extras = RowExtras()
    /// `init_model`: the name of a model that training goes on from.
    package var initialModel: String?
    /// The parameters that begin with `automl`.
    package var search = SearchOptions()
    /// `model_type`
    package var fileKind = FileKind.pkl
    /// Name and value as given, in order, for DESC EXTENDED.
    package var given: [(name: String, value: ParameterValue)] = []

    /// The dialect's defaults, where they differ from LightGBM's.
    package static var defaults: TrainingParameters {
        var parameters = TrainingParameters()
        parameters.objective = .binary
        parameters.iterations = 100
        parameters.leaves = 128
        parameters.maxDepth = 7
        parameters.learningRate = 0.06
        parameters.minDataInLeaf = 20
        parameters.seed = 1
        parameters.threads = 4
        return parameters
    }

    /// Reads the pairs of the statement.
    ///
    /// - Throws: `invalidOption` with the name as the user wrote it; `unsupported` for what the
    ///   dialect knows and this release does not train.
    package init(_ pairs: [(name: String, value: ParameterValue)]) throws(ServerError) {
        parameters = Self.defaults
        given = pairs
        var known: [(name: String, value: ParameterValue)] = []
        var leafNodes: Int?
        for (name, value) in pairs {
            let folded = name.asciiLowercased
            switch folded {
            case "model_type": fileKind = try Self.fileKind(value)
            case "categorical_feature", "categorical_column", "cat_feature", "cat_column":
                categoricalColumns = try Self.columns(name, value)
            case "weight_col", "weight_column": extras.weight = try Self.column(name, value)
            case "group_col", "group_column": extras.group = try Self.column(name, value)
            case "init_score_col", "init_score_column":
                extras.initialScores = try Self.list(name, value)
            case "max_leaf_nodes":
                leafNodes = try Self.leafNodes(value)
            case "init_model":
                initialModel = value == .none ? nil : value.description.trimmingBlanks
            case "max_features": known.append(("feature_fraction", value))
            case "subsample":
                parameters.drawsRowsForEveryTree = true
                known.append((name, value))
            case _ where folded.hasPrefix("automl"):
                try search.take(name, value)
            default:
                if ["loss", "objective", "application", "app", "objective_type"].contains(folded) {
                    hasExplicitLoss = value != .text("binary") && value != .none
                }
                known.append((name, value))
            }
        }
        do {
            try parameters.set(known)
        } catch {
            throw ServerError(training: Self.renamed(error))
        }
        if let leafNodes { parameters.leaves = min(parameters.leaves, leafNodes) }
        let names = pairs.filter { $0.value != .none }.map(\.name)
        try search.settle(
            around: parameters,
            given: Set(names.map(SearchOptions.canonicalName))
        )
        extras.tags = search.tags
    }

    /// Refuses what cannot train whatever the rows: contradictions, and early stopping without
    /// rows to judge by.
    ///
    /// - Throws: `invalidOption`.
    func check(hasValidation: Bool = false) throws(ServerError) {
        var checked = parameters
        // The labels will tell how many classes there are.
        if checked.objective.hasScoreForEachClass {
            checked.classCount = max(2, checked.classCount)
        }
        do throws(TrainingError) {
            if checked.earlyStoppingRounds > 0 && !hasValidation {
                throw .noValidationData
            }
            if extras.group == nil && checked.objective.isRanking {
                throw .groupsMissing(purpose: checked.objective.rawValue)
            }
            if initialModel != nil && !extras.initialScores.isEmpty {
                throw .conflict(
                    parameter: "init_model",
                    with: "init_score_col",
                    reason: "training starts from one of the two"
                )
            }
            if initialModel != nil && checked.boosting == .gblinear {
                throw .conflict(
                    parameter: "init_model",
                    with: "boosting",
                    reason: "gblinear does not go on from a model"
                )
            }
            if initialModel != nil && checked.boosting == .rf {
                throw .conflict(
                    parameter: "init_model",
                    with: "boosting",
                    reason: "trees of a random forest are averaged, not added to"
                )
            }
            try Trainer(checked).checkParameters()
        } catch {
            throw ServerError(training: error)
        }
    }

    /// What training goes by, defaults included, under the dialect's names.
    var effective: JSON {
        .object([
            ("boosting_type", .string(parameters.boosting.rawValue)),
            ("loss", .string(parameters.objective.rawValue)),
            ("n_estimators", .integer(Int64(parameters.iterations))),
            ("num_leaves", .integer(Int64(parameters.leaves))),
            ("max_depth", .integer(Int64(parameters.maxDepth))),
            ("learning_rate", .number(parameters.learningRate)),
            ("min_samples_leaf", .integer(Int64(parameters.minDataInLeaf))),
            ("subsample", .number(parameters.baggingFraction)),
            ("max_features", .number(parameters.featureFraction)),
            ("random_state", .integer(parameters.seed)),
            ("model_type", .string(fileKind.rawValue)),
            ("n_jobs", .integer(Int64(parameters.threads))),
            ("is_unbalance", .bool(parameters.isUnbalanced)),
        ])
    }

    /// The dialect calls `feature_fraction` `max_features`; errors speak the user's language.
    private static func renamed(_ error: TrainingError) -> TrainingError {
        switch error {
        case .outOfRange("feature_fraction", let allowed, let value):
            .outOfRange(parameter: "max_features", allowed: allowed, value: value)
        case .wrongType("feature_fraction", let expected, let value):
            .wrongType(parameter: "max_features", expected: expected, value: value)
        default: error
        }
    }

    private static func fileKind(_ value: ParameterValue) throws(ServerError) -> FileKind {
        let word = value.description.asciiLowercased
        guard let kind = word == "none" ? .pkl : FileKind(rawValue: word) else {
            throw .invalidOption("model_type", "'\(value)' is none of pkl, txt, pmml, onnx")
        }
        return kind
    }

    static func columns(
        _ name: String,
        _ value: ParameterValue
    ) throws(ServerError) -> Set<String> {
        Set(try list(name, value).map(\.asciiLowercased))
    }

    private static func list(
        _ name: String,
        _ value: ParameterValue
    ) throws(ServerError) -> [String] {
        switch value {
        case .none: return []
        case .text(let text):
            return text.split(separator: ",").map { String($0).trimmingBlanks }
        default: throw .invalidOption(name, "a text of comma-separated columns is expected")
        }
    }

    static func column(_ name: String, _ value: ParameterValue) throws(ServerError) -> String? {
        let columns = try list(name, value)
        guard columns.count <= 1 else {
            throw .invalidOption(name, "one column is expected, not \(columns.count)")
        }
        return columns.first
    }

    private static func leafNodes(_ value: ParameterValue) throws(ServerError) -> Int? {
        if value == .none { return nil }
        guard case .integer(let count) = value, (2...131_072).contains(count) else {
            throw .invalidOption("max_leaf_nodes", "'\(value)' is not in [2, 131072]")
        }
        return Int(count)
    }
}
