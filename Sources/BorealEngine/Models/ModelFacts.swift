import BorealBase
import BorealBoost
import BorealFormats
import BorealGraph

/// What DESC MODEL EXTENDED tells of a model beyond its definition: the graph in short.
enum ModelFacts {
    /// - Parameters:
    ///   - reading: rows and times of reading them, when it was trained here.
    ///   - validation: what its metrics were, when it was judged while it was trained.
    ///   - training: what its learner tells of the training.
    ///   - trials: one line a trial of the search that chose its parameters.
    static func json(
        _ graph: ModelGraph,
        reading: JSON? = nil,
        validation: JSON? = nil,
        training: [(key: String, value: JSON)] = [],
        trials: [String] = []
    ) -> JSON {
        var members: [(key: String, value: JSON)] = [
            ("task", .string(graph.task.rawValue)),
            ("features", .integer(Int64(graph.inputs.count))),
        ]
        if let objective = graph.metadata.objective {
            members.append(("objective", .string(objective)))
        }
        if let labels = graph.labels {
            let shown = (0..<min(labels.count, 100)).map { JSON.string(labels.text(at: $0)) }
            members.append(("classes", .array(shown)))
        }
        if let ensemble = graph.treeEnsemble?.ensemble {
            members.append(("trees", .integer(Int64(ensemble.trees.count))))
            let leaves = ensemble.trees.reduce(0) { $0 + $1.leafTotal }
            members.append(("leaves", .integer(Int64(leaves))))
        }
        if let validation { members.append(("validation", validation)) }
        if !training.isEmpty { members.append(("training", .object(training))) }
        if let reading { members.append(("reading", reading)) }
        if !trials.isEmpty {
            members.append((trialsMember, .array(trials.map { .string($0) })))
        }
        let inputs = graph.inputs.prefix(Limits.featureColumnsMax).map { input in
            JSON.object([
                ("name", .string(input.name)), ("kind", .string(input.kind.name.rawValue)),
            ])
        }
        members.append(("inputs", .array(Array(inputs))))
        return .object(members)
    }

    /// The same of an uploaded model, and what its file says of itself.
    ///
    /// - Parameter warnings: what its list of packages says otherwise.
    static func json(_ model: ImportedModel, warnings: [String]) -> JSON {
        guard case .object(let members) = json(model.graph) else { return .null }
        let inspection = model.inspection
        var known: [(key: String, value: JSON)] = [
            ("format", .string(inspection.format.rawValue)),
            ("library", .string(inspection.library)),
            ("format_version", .string(inspection.formatVersion)),
            ("estimator", .string(inspection.estimator)),
            ("operators", .array(inspection.operators.map { .string($0) })),
        ]
        if !warnings.isEmpty {
            known.append(("warnings", .array(warnings.map { .string($0) })))
        }
        return .object(known + members)
    }

    private static let trialsMember = "trials"

    /// The rows that DESC MODEL EXTENDED shows of stored facts: the facts, and one for each trial.
    static func rows(_ stored: String) -> [[String]] {
        // What cannot be read was written by another release and is shown as it is.
        guard case .object(let members)? = try? JSON.parse(stored),
            let trials = members.first(where: { $0.key == trialsMember })?.value.array
        else { return [["model", stored]] }
        let others = JSON.object(members.filter { $0.key != trialsMember })
        return [["model", others.description]]
            + trials.enumerated().map { ["trial \($0 + 1)", $1.string ?? ""] }
    }
}
