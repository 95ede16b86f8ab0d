import BorealBase
import BorealBoost
import BorealGraph
import Testing

@testable import BorealFormats

@Suite("The .boreal file")
struct BorealFileTests {
    /// Models of the fixtures whose operators files can hold.
    private static let storable = Zoo.folders { _ in true }.filter { name in
        // A folder that is no model is none that can be stored.
        guard let graph = try? Zoo.model(name).graph else { return false }
        return (try? StoredOperators.records(of: graph)) != nil
    }

    private func written(_ graph: ModelGraph) throws -> [UInt8] {
        try ExportFormat.boreal.write(graph)
    }

    @Test("A model that goes out comes back with the same parts and the same file")
    func roundTrip() throws {
        #expect(Self.storable.count >= 30)
        for name in Self.storable {
            let graph = try Zoo.model(name).graph
            let bytes = try written(graph)
            let model = try ModelReader.read(bytes, fileName: "model")
            #expect(model.inspection.format == .boreal)
            #expect(model.graph.inputs == graph.inputs, "\(name)")
            #expect(model.graph.outputs == graph.outputs, "\(name)")
            #expect(model.graph.labels == graph.labels, "\(name)")
            #expect(try written(model.graph) == bytes, "\(name)")
        }
    }

    @Test("A model that came back gives the same answers to the bit")
    func answers() throws {
        for name in Self.storable {
            let graph = try Zoo.model(name).graph
            let again = try ModelReader.read(try written(graph), fileName: "m.boreal").graph
            let rows = try Zoo.features(name, graph)
            for output in graph.outputs
            where graph.tensorTypes[output.tensor.index].element != .code {
                let before = try graph.run(rows, roles: [output.role]).doubles(0)
                let after = try again.run(rows, roles: [output.role]).doubles(0)
                #expect(
                    before.map(\.bitPattern) == after.map(\.bitPattern),
                    "\(name) \(output.name)"
                )
            }
        }
    }

    @Test("A file that ends early is refused wherever it ends")
    func truncated() throws {
        let bytes = try written(try Zoo.model("lgb231-booster-pkl3-binary-cat").graph)
        for length in stride(from: 8, to: bytes.count - 8, by: max(1, bytes.count / 200)) {
            #expect(throws: FormatError.self, "\(length) bytes") {
                try ModelReader.read(Array(bytes[..<length]), fileName: "m.boreal")
            }
        }
    }

    @Test("A damaged file is refused or makes a sound model, and never ends the process")
    func damaged() throws {
        let names =
            ["lgb231-booster-pkl3-binary-cat"] + Self.storable.filter { $0.hasPrefix("skl") }
        var random = SeededGenerator(state: 7)
        var refused = 0
        for name in names {
            let graph = try Zoo.model(name).graph
            let sound = try written(graph)
            let rows = try Zoo.features(name, graph)
            for _ in 0..<(4_000 / names.count) {
                var bytes = sound
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    let place = Int.random(in: 8..<min(bytes.count, 6_000), using: &random)
                    bytes[place] = UInt8.random(in: 0...255, using: &random)
                }
                do {
                    let model = try ModelReader.read(bytes, fileName: "m.boreal").graph
                    guard model.inputs.count == graph.inputs.count, let output = model.outputs.first
                    else { continue }
                    _ = try model.run(rows, roles: [output.role])
                } catch is FormatError { refused += 1 } catch is GraphError { refused += 1 }
            }
        }
        #expect(refused > 400)
    }

    @Test(
        "What is wrong is named",
        arguments: [
            ("\"kind\": \"Scale\"", "\"kind\": \"Scald\"", "no operator 'Scald'"),
            ("\"form\": \"multiplyAdd\"", "\"form\": \"multiplyAda\"", "'form' is no known word"),
            ("\"f64\", 2, 0", "\"f64\", 9, 0", "arrays of more bytes than there are"),
            ("\"f64\", 0, 16", "\"f64\", 1,  0", "arrays of more bytes than there are"),
            ("\"f64\", 2, 0", "\"f64\", 2, 8", "2 elements at 8"),
            ("\"f64\", 2, 0", "\"f64\", 2, 4", "2 elements at 4"),
            ("\"in\": [0]", "\"in\": [7]", "it reads tensor 7, which nobody made"),
            ("\"out\": [1]", "\"out\": [0]", "its tensors are out of order"),
            ("\"task\": \"regression\"", "\"task\": \"repression\"", "no task"),
            ("\"role\": \"value\"", "\"role\": \"valve\"", "an output without name, role"),
        ]
    )
    func named(_ part: String, _ wrong: String, _ reason: String) throws {
        let scale = try ScaleOperator(
            input: .features,
            output: TensorID(1),
            type: TensorType(.double, [2]),
            shift: [1, 2],
            factor: [],
            form: .multiplyAdd
        )
        let output = GraphOutput(
            name: "value",
            role: .value,
            tensor: TensorID(1),
            columnNames: ["a", "b"]
        )
        let graph = try ModelGraph(
            inputs: [GraphInput(name: "x"), GraphInput(name: "y")],
            operators: [scale],
            outputs: [output],
            task: .regression
        )
        var bytes = try written(graph)
        let (old, new) = (Array(part.utf8), Array(wrong.utf8))
        let place = try #require(
            (0...bytes.count - old.count).first { bytes[$0..<$0 + old.count].elementsEqual(old) }
        )
        bytes.replaceSubrange(place..<place + old.count, with: new)
        let error = #expect(throws: FormatError.self) {
            try ModelReader.read(bytes, fileName: "m.boreal")
        }
        #expect(
            error.map { $0.description.contains(reason) } == true,
            "\(String(describing: error))"
        )
    }

    @Test(
        "The files of every version of the format open and answer what they answered then",
        arguments: [
            ("v1-linear", [-1.450648431175006, -22.70484560111936, 11.055498721009135]),
            ("v1-clusters", [2, 1, 2]),
            ("v1-trees", [-8.045804503616393, -11.186003394366251, -8.045804503616393]),
        ]
    )
    func oldVersions(_ name: String, _ wanted: [Double]) throws {
        let bytes = try Zoo.bytes("../boreal/\(name).boreal")
        let graph = try ModelReader.read(bytes, fileName: "\(name).boreal").graph
        let rows = try GraphBatch(values: [0.5, 2, -3.25, 7, 4, 1], featureCount: 2)
        #expect(try graph.run(rows, roles: [.value]).doubles(0) == wanted)
    }

    @Test("A transformer of an old file answers what it did then, and is written again as it was")
    func oldSequences() throws {
        let bytes = try Zoo.bytes("../boreal/v1-sequence.boreal")
        let graph = try ModelReader.read(bytes, fileName: "m.boreal").graph
        #expect(try written(graph) == bytes)
        var events = ByteColumn()
        for text in ["0,3,1", "[1, 2, 0]", "", "6,6,5,4,3,2,1,0"] { events.append(text) }
        let batch = RowBatch(
            columns: [
                Column(
                    name: "events",
                    type: ColumnType(.text),
                    storage: .bytes(events),
                    validity: Validity(allValid: 4)
                ),
                Column(
                    name: "level",
                    type: ColumnType(.double),
                    storage: .double([1.5, 4, 0, 2.5]),
                    validity: Validity(allValid: 4)
                ),
            ],
            rowCount: 4
        )
        let names = graph.inputs.map(\.name)
        #expect(names == ["events", "level"])
        let rows = try FeatureBinder(inputs: graph.inputs, names: names).bind(batch)
        let results = try graph.run(rows, roles: [.probabilities, .prediction])
        let wanted: [Float] = [
            0.0069382787, 0.9930617, 0.99985445, 0.00014554178, 0.41648072, 0.5835193, 0.999779,
            0.00022100382,
        ]
        // The last bits are those of the kernels for exponentials.
        for (answer, number) in zip(results.doubles(0), wanted) {
            #expect(abs(answer - Double(number)) <= 2e-6 * Double(number), "not \(number)")
        }
        #expect((0..<4).map { results.text(1, row: $0) } == ["1", "0", "1", "0"])
    }

    @Test("A file of a version to come is refused by its number")
    func version() throws {
        var bytes = try written(try Zoo.model("lgb460-txt-rf").graph)
        bytes[8] = 2
        #expect(throws: FormatError.unsupportedVersion(.boreal, version: "2")) {
            try ModelReader.read(bytes, fileName: "m.boreal")
        }
    }
}
