import BorealBase
import BorealBoost
import BorealGraph
import Testing

@testable import BorealFormats

@Suite struct ONNXZooTests {
    static let names = Zoo.folders { $0.hasPrefix("onnx-") }

    @Test("the zoo is there") func zooIsComplete() { #expect(Self.names.count == 20) }

    @Test("outputs are ONNX Runtime's, by their own names", arguments: names)
    func outputs(name: String) throws {
        let manifest = try Zoo.manifest(name)
        let graph = try Zoo.model(name).graph
        let outputs = graph.allOutputs
        #expect(!outputs.isEmpty)
        for output in outputs { #expect(output.isNative) }
        let results = try graph.run(try Zoo.features(name, graph), outputs: outputs, threads: 2)
        let (header, rows) = try Zoo.table("\(name)/expected.csv")
        #expect(outputs.flatMap(\.columnNames) == header)
        let absolute = manifest["tolerance"]?["abs"]?.double ?? 0
        let relative = manifest["tolerance"]?["rel"]?.double ?? 0
        #expect(results.rowCount == rows.count)
        for (row, cells) in rows.enumerated() {
            var place = 0
            for (output, declared) in outputs.enumerated() {
                for column in declared.columnNames.indices {
                    let got = results.text(output, row: row, column: column)
                    let want = cells[place]
                    place += 1
                    if got == want { continue }
                    let (a, b) = (Double(got) ?? .nan, Double(want) ?? .nan)
                    let isNear = abs(a - b) <= absolute + relative * abs(b)
                    #expect(isNear, "row \(row), \(declared.name): \(got), not \(want)")
                }
            }
        }
    }

    @Test("one row alone gets what it gets in a batch", arguments: names)
    func oneRow(name: String) throws {
        let graph = try Zoo.model(name).graph
        let features = try Zoo.features(name, graph)
        let all = try graph.run(features, roles: [.value])
        let value = try #require(graph.output(.value))
        let session = GraphSession(graph, outputs: [value], rowsMax: 1)
        try features.values.withUnsafeBufferPointer { values in
            let base = try #require(values.baseAddress)
            for row in 0..<features.rowCount {
                session.runOne(base + row * features.featureCount)
                let alone = session.double(output: 0).bitPattern
                #expect(alone == all.double(0, row: row).bitPattern, "row \(row)")
            }
        }
    }

    @Test(
        "a classifier shows its label, with probabilities by class",
        arguments: [
            ("onnx-rf-zipmap-strings-opset11", ["red", "rosé", "white"]),
            ("onnx-catboost-binary", ["0", "1"]),
            ("onnx-mlp-clf", ["0", "1", "2", "3", "4"]),
            ("onnx-svc-rbf-opset12", ["0", "1", "2"]),
            ("onnx-logistic-multi-zipmap", ["0", "1", "2"]),
        ]
    )
    func classifier(name: String, classes: [String]) throws {
        let model = try Zoo.model(name)
        let graph = model.graph
        #expect(model.inspection.classes == classes)
        #expect(graph.answersLabel)
        #expect(graph.task == (classes.count == 2 ? .binary : .multiclass))
        let proba = try #require(graph.output(.probabilities))
        #expect(proba.columnNames == classes.map { "proba_\($0)" })
        let features = try Zoo.features(name, graph)
        let results = try graph.run(features, roles: [.prediction, .probabilities])
        let (_, rows) = try Zoo.table("\(name)/expected.csv")
        for (row, cells) in rows.enumerated() { #expect(results.text(0, row: row) == cells[0]) }
    }

    @Test(
        "what is no classifier says what it is",
        arguments: [
            ("onnx-lgb-regression", GraphTask.regression), ("onnx-kmeans", .clustering),
            ("onnx-isolation-forest", .outlierDetection), ("onnx-torch-mlp13", .regression),
        ]
    )
    func tasks(name: String, task: GraphTask) throws {
        let graph = try Zoo.model(name).graph
        #expect(graph.task == task)
        #expect(graph.labels == nil)
        #expect(graph.output(.prediction) != nil)
    }

    @Test("columns of text know the strings of the nodes that see them, and no others")
    func textInputs() throws {
        let graph = try Zoo.model("onnx-pipeline-strings-ohe").graph
        #expect(graph.inputs.map(\.name) == ["num_a", "num_b", "zeroish", "ints", "cat6", "cat45"])
        guard case .category(let known) = graph.inputs[4].kind else {
            Issue.record("cat6 is no category")
            return
        }
        #expect(known.categories == .text(["c0", "c1", "c2", "c3", "c4", "c5"]))
        #expect(graph.inputs[0].kind == .number)
    }

    @Test("trees over the features as they are can be explained")
    func explained() throws {
        let graph = try Zoo.model("onnx-lgb-regression").graph
        #expect(graph.treeEnsemble?.ensemble.arithmetic == .float)
        #expect(try Zoo.model("onnx-lgb-regression").inspection.treeCount > 5)
    }

    @Test(
        "a model written here is read again to the same answers",
        arguments: ["lgb460-txt-multiclassova", "lgb460-txt-l1", "lgb231-txt-poisson"]
    )
    func written(name: String) throws {
        let graph = try Zoo.model(name).graph
        let bytes = try ExportFormat.onnx.write(graph)
        let again = try ModelReader.read(bytes, fileName: "model.onnx").graph
        let features = try Zoo.features(name, graph)
        let wanted = try graph.run(features, roles: [.value])
        let got = try again.run(try Zoo.features(name, again), outputs: again.allOutputs)
        let column = try #require(
            got.outputs.firstIndex { $0.columnNames.count == wanted.width(of: 0) }
        )
        for row in 0..<wanted.rowCount {
            let (a, b) = (got.double(column, row: row), wanted.double(0, row: row))
            #expect(abs(a - b) <= 1e-6 * max(1, abs(b)), "row \(row): \(a), not \(b)")
        }
    }
}
