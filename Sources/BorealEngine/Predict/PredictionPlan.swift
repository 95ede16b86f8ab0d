import BorealBase
import BorealBoost
import BorealCatalog
import BorealGraph
import BorealTables
import BorealWire

/// What EXPLAIN SELECT ... FROM PREDICT answers: which version would be asked, how it computes,
/// where its features come from and what becomes of their cells.
struct PredictionPlan {
    let bound: BoundModel
    let graph: ModelGraph
    /// The inner query's columns.
    let inputs: [ResultColumn]
    /// What feeds the features.
    let scorer: ModelScorer
    let added: PredictionColumns
    let isOffline: Bool
    /// The table that would be written; nil for none.
    let target: TableTarget?

    /// Rows of `step`, `name`, `detail`.
    var table: FixedTable {
        FixedTable(
            text: ["step", "name", "detail"],
            [rows] + into + model + features
                + added.definitions.map { ["column", $0.name, "added"] }
        )
    }

    private var into: [[String]] {
        guard let target else { return [] }
        let key = target.primaryKey.joined(separator: ", ")
        return [
            [
                "into", target.shown,
                key.isEmpty ? target.manner : "\(target.manner), primary key \(key)",
            ]
        ]
    }

    private var rows: [String] {
        isOffline
            ? ["rows", "async", "all, \(Limits.batchRows) at a time, into a file"]
            : ["rows", "online", "at most \(Limits.onlineRowsMax)"]
    }

    private var model: [[String]] {
        let version = bound.version
        var rows = [
            [
                "model", bound.model.name,
                "version \(version.name), \(version.modelClass), \(version.status.rawValue), "
                    + graph.task.rawValue,
            ]
        ]
        if let operation = graph.treeEnsemble {
            let trees = operation.ensemble
            let leaves = trees.trees.reduce(0) { $0 + $1.leafTotal }
            let scores = trees.scoresPerRow
            rows.append([
                "trees", String(trees.trees.count),
                "\(leaves) leaves, \(scores) \(scores == 1 ? "score" : "scores") a row",
            ])
            var runs: [String: Int] = [:]
            for form in operation.kernelForms { runs[form, default: 0] += 1 }
            let forms = runs.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
            rows.append([
                "kernel", String(operation.kernelForms.count), forms.joined(separator: ", "),
            ])
        }
        for operation in graph.operators {
            let width = operation.outputs.map { graph.tensorTypes[$0.index].width ?? 1 }
            rows.append([
                "operator", type(of: operation).kind,
                "\(width.reduce(0, +)) \(width == [1] ? "value" : "values") a row",
            ])
        }
        return rows
    }

    private var features: [[String]] {
        graph.inputs.enumerated().map { index, input in
            let column = inputs[scorer.columnIndexes[index]]
            return [
                "feature", input.name,
                "from \(column.name) (\(Self.word(column.type.kind))): "
                    + Self.conversion(column.type.kind, input.kind),
            ]
        }
    }

    /// The type as SQL spells it.
    private static func word(_ kind: ColumnType.Kind) -> String {
        switch kind {
        case .tiny: "tinyint"
        case .short: "smallint"
        case .medium: "mediumint"
        case .long: "int"
        case .longLong: "bigint"
        case .dateTime: "datetime"
        case .enumeration: "enum"
        default: "\(kind)"
        }
    }

    private static func conversion(_ form: ListForm) -> String {
        switch form {
        case .sequence(let form):
            "text read as a sequence of ids below \(form.ids), the latest \(form.length)"
        case .numbers(let count): "text read as a list of \(count ?? 0) numbers"
        }
    }

    /// What becomes of a cell.
    static func conversion(_ type: ColumnType.Kind, _ kind: FeatureKind) -> String {
        if kind == .hashedCategory { return "text, by its hash" }
        if case .list(let form) = kind { return conversion(form) }
        guard case .category(let dictionary) = kind, dictionary.isText else {
            let number: String
            switch type {
            case .tiny, .short, .medium, .long, .longLong, .float, .double, .year:
                number = "number"
            case .date, .dateTime, .timestamp, .time: number = "seconds"
            case .bit: number = "bits as a number"
            default: number = "text read as a number"
            }
            switch kind {
            case .number, .hashedCategory, .list: return number
            case .integerCategory: return "category by its whole number"
            case .category(let dictionary):
                return "\(number), one of \(dictionary.count) categories by value"
            }
        }
        switch type {
        case .tiny, .short, .medium, .long, .longLong, .float, .double, .year:
            return "decimal text, one of \(dictionary.count) categories by bytes"
        default: return "text, one of \(dictionary.count) categories by bytes"
        }
    }
}
