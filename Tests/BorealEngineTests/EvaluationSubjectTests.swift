import BorealBase
import BorealGraph
import Testing

@testable import BorealEngine

/// What EVALUATE compares with what, by the answers of a model and the columns that are named.
@Suite("What EVALUATE judges")
struct EvaluationSubjectTests {
    /// Models that answer their features.
    private enum Model: String {
        /// Shares of three classes that nobody named.
        case shares
        /// The probability of the later of two.
        case probability
        /// Three numbers, of which `predicted_results` shows the place of the greatest.
        case places
        /// Three numbers of one output.
        case targets
        /// Two outputs of the file, of one and of two numbers.
        case heads
        /// One number.
        case number
        case clusters

        func graph() throws -> ModelGraph {
            let width = self == .number || self == .probability || self == .clusters ? 1 : 3
            let names = (0..<width).map { "n\($0)" }
            var builder = GraphBuilder(featureCount: width)
            let all = try builder.columns(Array(0..<width), of: .features)
            let place = try builder.greatest(.features)
            let first = try builder.columns([0], of: .features)
            let rest = width == 3 ? try builder.columns([1, 2], of: .features) : first
            let value = GraphOutput(.value, all, names)
            var outputs = [value]
            switch self {
            case .shares: outputs.append(GraphOutput(.probabilities, all, names))
            case .probability:
                let both = try builder.bothClasses(.features)
                outputs.append(GraphOutput(.probabilities, both, ["a", "b"]))
            case .heads:
                outputs = [
                    GraphOutput(
                        name: "one",
                        role: .other,
                        tensor: first,
                        columnNames: ["one"],
                        isNative: true
                    ),
                    GraphOutput(
                        name: "two",
                        role: .other,
                        tensor: rest,
                        columnNames: ["two_0", "two_1"],
                        isNative: true
                    ),
                    GraphOutput(.value, first, ["one"]),
                ]
            default: break
            }
            let showsPlace = self == .shares || self == .places
            outputs.append(
                showsPlace
                    ? GraphOutput(.prediction, place, ["predicted_results"])
                    : GraphOutput(.prediction, value.tensor, names)
            )
            let tasks: [Model: GraphTask] = [
                .shares: .multiclass, .probability: .binary, .places: .transformation,
                .clusters: .clustering,
            ]
            return try ModelGraph(
                inputs: names.map { GraphInput(name: $0) },
                operators: builder.operators,
                outputs: outputs,
                task: tasks[self] ?? .regression
            )
        }
    }

    @Test(
        "label columns and metrics settle what is judged",
        arguments: [
            (.shares, 1, "acc,auc,logloss,Fscore", "multiclass"),
            (.shares, 3, "mse", "regression"),
            (.shares, 1, "mse", "9059 mse multiclass"),
            (.shares, 2, "mse", "9055 3 numbers"),
            (.shares, 3, "acc", "9059 acc regression"),
            (.probability, 1, "acc,ks,auc", "binary"),
            (.probability, 1, "mse,r2_score", "regression"),
            (.probability, 1, "acc,mse", "9059 mse binary"),
            (.places, 1, "acc,precision,recall,confusion_matrix", "multiclass"),
            (.places, 1, "auc", "9059 auc no probabilities"),
            (.places, 1, "r2_score", "9055 3 numbers a row acc, Fscore"),
            (.places, 3, "r2_score", "regression"),
            (.targets, 3, "mae,mape", "regression"),
            (.targets, 1, "mae", "9055 3 numbers a row"),
            (.heads, 1, "mae", "regression"), (.heads, 3, "mae", "regression"),
            (.heads, 2, "mae", "9055 or 3 for all of its outputs"),
            (.number, 1, "mse", "regression"), (.number, 2, "mse", "9055 one label column"),
            (.number, 1, "acc", "9059 acc regression"), (.number, 0, "mse", "9055 missing"),
            (.clusters, 0, "silhouette", "clustering"), (.clusters, 1, "silhouette", "9055 ''"),
        ] as [(Model, Int, String, String)]
    )
    private func subjects(
        _ model: Model,
        _ labels: Int,
        _ metrics: String,
        _ wanted: String
    ) throws {
        let list = try EvaluationMetric.list(metrics)
        let graph = try model.graph()
        do throws(ServerError) {
            let subject = try EvaluationSubject(
                graph,
                labels: labels,
                metrics: list,
                model: "m"
            )
            #expect(subject.question.rawValue == wanted)
        } catch {
            let parts = wanted.split(separator: " ")
            #expect(parts.first.map(String.init) == "\(error.code.rawValue)", "\(error)")
            #expect(parts.dropFirst().allSatisfy { error.message.contains($0) }, "\(error)")
        }
    }

    /// What metrics say of rows of which `labels` are the truth.
    private func results(
        _ model: Model,
        _ rows: [[Double]],
        labels: [[Double]],
        _ metrics: String,
        isByColumn: Bool = false
    ) throws -> String {
        let graph = try model.graph()
        let list = try EvaluationMetric.list(metrics)
        let names = labels.indices.map { "y\($0)" }
        let subject = try EvaluationSubject(graph, labels: labels.count, metrics: list)
        var scores = EvaluationScores(graph, subject, labels: names)
        var question = ModelQuestion(roles: [.prediction] + scores.extraRoles)
        question.others = scores.extraOutputs
        let batch = try GraphBatch(
            values: rows.flatMap(\.self),
            featureCount: graph.inputs.count
        )
        let columns = zip(names, labels).map { name, values in
            Column(
                name: name,
                type: ColumnType(.double),
                storage: .double(values),
                validity: Validity(allValid: values.count)
            )
        }
        let outputs = try question.outputs(of: graph)
        try scores.append(try graph.run(batch, outputs: outputs), labels: columns, firstRow: 0)
        return try scores.results(list, isByColumn: isByColumn).description
    }

    @Test("several numbers are judged column by column, and told as their mean")
    func numbers() throws {
        let rows = [[1.0, 10, 5], [2, 20, 5], [3, 30, 8]]
        let labels = [[1.0, 2, 4], [10, 20, 30], [5.0, 6, 7]]
        for model in [Model.targets, .heads] {
            #expect(
                try results(model, rows, labels: labels, "mse,mae,r2_score", isByColumn: true)
                    == "{\"mse\": {\"y0\": 0.3333333333333333, \"y1\": 0.0, \"y2\": "
                    + "0.6666666666666666}, \"mae\": {\"y0\": 0.3333333333333333, \"y1\": 0.0, "
                    + "\"y2\": 0.6666666666666666}, "
                    + "\"r2_score\": {\"y0\": 0.7857, \"y1\": 1.0, \"y2\": 0.0}}"
            )
            #expect(
                try results(model, rows, labels: labels, "mse,r2_score")
                    == "{\"mse\": 0.3333333333333333, \"r2_score\": 0.5952}"
            )
        }
    }

    @Test("the place of the greatest number is a class, and shares are probabilities of such")
    func classes() throws {
        let rows = [[0.7, 0.2, 0.1], [0.1, 0.2, 0.7], [0.3, 0.4, 0.3], [0.2, 0.5, 0.3]]
        let labels = [[0.0, 2, 1, 2]]
        #expect(try results(.places, rows, labels: labels, "acc") == "{\"acc\": 0.75}")
        #expect(
            try results(.places, rows, labels: [[0, 2, 1, 7]], "acc,confusion_matrix")
                == "{\"acc\": 0.75, \"confusion_matrix\": {\"labels\": [\"0\", \"1\", \"2\"], "
                + "\"matrix\": [[1, 0, 0], [0, 1, 0], [0, 0, 1]]}}"
        )
        #expect(
            try results(.shares, rows, labels: labels, "acc,Fscore")
                == "{\"acc\": 0.75, \"Fscore\": 0.7778}"
        )
        let probabilities = [[0.2], [0.9], [0.6], [0.4]]
        #expect(
            try results(.probability, probabilities, labels: [[0, 1, 1, 1]], "acc,auc")
                == "{\"acc\": 0.75, \"auc\": 1.0}"
        )
        #expect(
            try results(.probability, [[0.5], [1]], labels: [[1, 1]], "mse") == "{\"mse\": 0.125}"
        )
    }

    @Test("a label that is NULL or no number is refused by row and column")
    func badLabels() throws {
        let graph = try Model.targets.graph()
        let subject = try EvaluationSubject(graph, labels: 3)
        var scores = EvaluationScores(graph, subject, labels: ["a", "b", "c"])
        let good = Column(
            name: "a",
            type: ColumnType(.double),
            storage: .double([1]),
            validity: Validity(allValid: 1)
        )
        var validity = Validity()
        validity.append(isNull: true)
        let null = Column(
            name: "c",
            type: ColumnType(.double),
            storage: .double([0]),
            validity: validity
        )
        let error = #expect(throws: ServerError.self) {
            try scores.append(labels: [good, good, null], firstRow: 4)
        }
        #expect(error?.message.contains("Row 5, column 'c': the label is NULL") == true)
    }
}
