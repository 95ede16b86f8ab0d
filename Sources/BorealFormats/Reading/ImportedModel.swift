public import BorealBase
import BorealBoost
public import BorealGraph

/// A model file as Boreal uses it.
public struct ImportedModel: Sendable {
    /// What answers rows.
    public let graph: ModelGraph
    /// What the file said about itself.
    public let inspection: ModelInspection
    /// The list of packages that lay beside the model in its archive.
    public var requirements: Requirements?
    /// What the caller said the file's weights are; nil for files that say it themselves.
    public var architecture: NetworkArchitecture?
}

/// What a model file holds, for `boreal inspect` and `DESC MODEL EXTENDED`.
public struct ModelInspection: Equatable, Sendable {
    /// The container it came in.
    public var format: ModelFormat
    /// Who wrote it.
    public var library: String
    /// The version that the format itself carries; libraries rarely write their own.
    public var formatVersion: String
    /// The class of the object, or what the text is.
    public var estimator: String
    /// The objective as the library spells it.
    public var objective: String?
    /// What question it answers.
    public var task: GraphTask
    /// Classes in class order; empty when there are none or the file does not name them.
    public var classes: [String]
    /// Trees, and leaves of all of them; 0 for models without trees.
    public var treeCount: Int
    /// Leaves of all trees.
    public var leafCount: Int
    /// The kinds of the operators, in order.
    public var operators: [String]
    /// Names of the features.
    public var featureNames: [String]
    /// `[featureNames.count]`: `number`, `integer category`, `text category (6)`, ...
    public var featureKinds: [String]

    /// What can be told from a graph, and what only the file knew.
    init(
        format: ModelFormat,
        library: String,
        formatVersion: String,
        estimator: String,
        objective: String?,
        graph: ModelGraph
    ) {
        self.format = format
        self.library = library
        self.formatVersion = formatVersion
        self.estimator = estimator
        self.objective = objective
        task = graph.task
        classes = (0..<(graph.labels?.count ?? 0)).map { graph.labels?.text(at: $0) ?? "" }
        let trees = graph.treeEnsemble?.ensemble.trees ?? []
        treeCount = trees.count
        leafCount = trees.reduce(0) { $0 + $1.leafTotal }
        operators = graph.operators.map { type(of: $0).kind }
        featureNames = graph.inputs.map(\.name)
        featureKinds = graph.inputs.map { input in
            if case .category(let dictionary) = input.kind {
                return "\(input.kind.name.rawValue) (\(dictionary.count))"
            }
            return input.kind.name.rawValue
        }
    }

    /// Lines `name: value`, then one line a feature.
    public var lines: [String] {
        var lines = [
            "format: \(format.rawValue)", "library: \(library) (format \(formatVersion))",
            "estimator: \(estimator)", "objective: \(objective ?? "custom")",
            "task: \(task.rawValue)",
        ]
        if !classes.isEmpty {
            let shown = classes.prefix(20).joined(separator: ", ")
            lines.append("classes: \(classes.count) (\(shown)\(classes.count > 20 ? ", ..." : ""))")
        }
        if treeCount > 0 { lines.append("trees: \(treeCount), leaves: \(leafCount)") }
        lines.append("operators: \(operators.joined(separator: ", "))")
        lines.append("features: \(featureNames.count)")
        lines += zip(featureNames, featureKinds).map { "  \($0): \($1)" }
        return lines
    }

    /// The same as one object.
    public var json: JSON {
        .object([
            ("format", .string(format.rawValue)), ("library", .string(library)),
            ("format_version", .string(formatVersion)), ("estimator", .string(estimator)),
            ("objective", objective.map { .string($0) } ?? .null), ("task", .string(task.rawValue)),
            ("classes", .array(classes.map { .string($0) })), ("trees", .integer(Int64(treeCount))),
            ("leaves", .integer(Int64(leafCount))),
            ("operators", .array(operators.map { .string($0) })),
            (
                "features",
                .array(
                    zip(featureNames, featureKinds).map {
                        .object([("name", .string($0)), ("kind", .string($1))])
                    }
                )
            ),
        ])
    }
}
