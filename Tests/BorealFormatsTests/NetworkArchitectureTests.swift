import BorealBase
import BorealGraph
import Testing

@testable import BorealFormats

@Suite("Descriptions of networks") struct NetworkArchitectureTests {
    @Test(
        "objects become layers",
        arguments: [
            (
                #"{"type":"mlp","in":3,"hidden":[2],"out":1}"#,
                [.dense(units: 2), .activation(.operation("Relu")), .dense(units: 1)]
            ),
            (
                #"{"type":"linear","in":3,"out":2,"out_activation":"softmax"}"#,
                [.dense(units: 2), .activation(.softmax(isLogarithm: false))]
            ),
            (
                #"{"type":"mlp","in":3,"hidden":[2],"out":1,"activation":"tanh","batchnorm":true}"#,
                [
                    .dense(units: 2), .batchNormalization(epsilon: 1e-5),
                    .activation(.operation("Tanh")), .dense(units: 1),
                ]
            ),
            (
                #"{"type":"cnn","input":"8x8x1","filters":[4],"padding":1,"pool":2,"out":3}"#,
                [
                    .convolution(
                        NetworkWindow(extents: [3], padding: .both([1])),
                        filters: 4,
                        groups: 1
                    ), .activation(.operation("Relu")),
                    .pool(NetworkWindow(extents: [2]), isGreatest: true), .flatten,
                    .dense(units: 3),
                ]
            ),
            (
                #"[{"class":"Dense","units":5,"activation":"elu"},{"class":"Dropout","rate":0.5}]"#,
                [
                    .dense(units: 5), .activation(.parameterized("Elu", ["alpha": 1])), .nothing,
                ]
            ),
            (
                #"{"type":"sequential","in":4,"#
                    + #""layers":[{"class":"Linear","out":2},{"class":"GELU"}]}"#,
                [.dense(units: 2), .activation(.operation("Gelu"))]
            ),
        ] as [(String, [NetworkLayer])]
    )
    func layers(_ text: String, _ wanted: [NetworkLayer]) throws {
        #expect(try NetworkArchitecture(text).layers == wanted)
    }

    @Test(
        "what is wrong is named",
        arguments: [
            ("", "JSON"), ("3", "'type'"), ("{}", "'type'"), ("[]", "0 layers"),
            (#"{"type":"rnn"}"#, "mlp, linear, cnn, sequential"),
            (#"{"type":"mlp","in":3,"hiden":[2],"out":1}"#, "did you mean 'hidden'"),
            (#"{"type":"mlp","hidden":[2],"out":1}"#, "without 'in'"),
            (#"{"type":"mlp","in":3,"hidden":[2]}"#, "without 'out'"),
            (#"{"type":"mlp","in":0,"out":1}"#, "'in'"),
            (#"{"type":"mlp","in":3,"hidden":[-1],"out":1}"#, "'hidden'"),
            (#"{"type":"mlp","in":3,"hidden":[1e300],"out":1}"#, "'hidden'"),
            (#"{"type":"mlp","in":3,"hidden":[2],"out":1,"activation":"rellu"}"#, "'relu'"),
            (#"{"type":"cnn","input":"8xx1","filters":[1],"out":1}"#, "8x8x1"),
            (#"{"type":"cnn","input":"999999x999999x9","filters":[1],"out":1}"#, "8x8x1"),
            (#"[{"units":3}]"#, "without 'class'"), (#"[{"class":"LSTM","units":3}]"#, "LSTM"),
            (#"[{"class":"Conv2D","filters":3,"data_format":"channels_first"}]"#, "data_format"),
        ]
    )
    func refused(_ text: String, _ part: String) {
        do throws(NetworkArchitecture.Refusal) {
            _ = try NetworkArchitecture(text)
            Issue.record("it was read")
        } catch { #expect(error.reason.contains(part), "\(error.reason)") }
    }

    @Test("layers are found by their kind, numbers in names count as numbers")
    func order() {
        let names = ["fc10.weight", "fc2.weight", "bn.running_mean", "fc2.bias"]
        let tensor = NetworkTensor(shape: [1], values: [0])
        let weights = NetworkWeights(
            names.map { ($0, tensor) },
            layout: .torch,
            isSorted: true
        )
        #expect(weights.modules.map(\.name) == ["bn", "fc2", "fc10"])
        #expect(weights.modules[1].tensors.keys.sorted() == ["bias", "weight"])
    }

    /// What a network of some layers answers.
    private func answer(
        _ text: String,
        _ tensors: [(String, [Int], [Float])],
        layout: NetworkWeights.Layout,
        _ rows: [Double]
    ) throws -> [Double] {
        let origin = NetworkGraph.Origin(
            format: .safetensors,
            library: "",
            formatVersion: "",
            estimator: ""
        )
        let weights = NetworkWeights(
            tensors.map { ($0.0, NetworkTensor(shape: $0.1, values: $0.2)) },
            layout: layout
        )
        var importer = WeightsImporter(origin: origin, weights: weights)
        let graph = try importer.read(try NetworkArchitecture(text)).graph
        return try ONNXBench.answer(graph, rows)
    }

    @Test("a convolution of PyTorch has its channels first, one of Keras last")
    func channelOrder() throws {
        // Two channels of 1 x 2 pixels: (1, 2) and (10, 20); filters sum 1 a + 100 b.
        let torch = try answer(
            #"{"type":"sequential","input":"1x2x2","layers":[{"class":"Conv2d","kernel_size":1},"#
                + #"{"class":"Flatten"}]}"#,
            [("c.weight", [2, 2, 1, 1], [1, 100, 0, 1])],
            layout: .torch,
            [1, 2, 10, 20]
        )
        #expect(torch == [1_001, 2_002, 10, 20])
        let keras = try answer(
            #"{"type":"sequential","input":"1x2x2","layers":[{"class":"Conv2D","kernel_size":1},"#
                + #"{"class":"Flatten"}]}"#,
            [("c.kernel", [1, 1, 2, 2], [1, 0, 100, 1])],
            layout: .keras,
            [1, 10, 2, 20]
        )
        #expect(keras == [1_001, 10, 2_002, 20])
    }

    @Test("pools, normalizations and activations follow each other as they are told")
    func chain() throws {
        let layers = """
            {"type":"sequential","input":"4x1","layers":[
            {"class":"Conv1d","kernel_size":1},{"class":"BatchNorm1d","eps":0},
            {"class":"MaxPool1d","kernel_size":2},{"class":"ReLU"},{"class":"Flatten"},
            {"class":"LayerNorm","eps":0},{"class":"Linear","out_features":1},{"class":"Sigmoid"}]}
            """
        let answers = try answer(
            layers,
            [
                ("0.weight", [1, 1, 1], [2]), ("0.bias", [1], [1]), ("1.weight", [1], [1]),
                ("1.bias", [1], [0]), ("1.running_mean", [1], [1]), ("1.running_var", [1], [1]),
                ("2.weight", [2], [1, 1]), ("2.bias", [2], [0, 0]), ("3.weight", [1, 2], [1, 2]),
                ("3.bias", [1], [-1]),
            ],
            layout: .torch,
            [1, 2, 3, 5]
        )
        // Windows (2, 4) and (6, 10) of twice the numbers; normalized to -1 and 1; 1 * -1 + 2 - 1.
        #expect(answers == [0.5])
    }
}
