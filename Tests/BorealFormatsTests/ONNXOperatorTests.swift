import BorealGraph
import Foundation
import Testing

@testable import BorealFormats

/// Operators of `ai.onnx`, each by what the standard says.
@Suite struct ONNXOperatorTests {
    private let six = [1.0, 2, 3, 4, 5, 6]

    /// `x` of six numbers as rows of 2 x 3.
    private func block(_ graph: inout ONNXGraph) -> String {
        graph.node("Reshape", ["x", graph.list([-1, 2, 3])])
    }

    @Test("Reshape keeps the order of elements, 0 copies an extent")
    func reshape() throws {
        let got = try ONNXBench.run(six, width: 6) { graph in
            let cube = block(&graph)
            return graph.node("Reshape", [cube, graph.list([0, 3, -1])])
        }
        #expect(got == six)
    }

    @Test("Transpose turns axes behind the rows")
    func transpose() throws {
        let got = try ONNXBench.run(six, width: 6) { graph in
            graph.node("Transpose", [block(&graph)], [.integers("perm", [0, 2, 1])])
        }
        #expect(got == [1, 4, 2, 5, 3, 6])
    }

    @Test("Transpose may carry the rows to another axis and back")
    func transposedRows() throws {
        let got = try ONNXBench.run(six, width: 3) { graph in
            let turned = graph.node("Transpose", ["x"], [.integers("perm", [1, 0])])
            let factor = graph.constant(.doubles([1, 10, 100]), dimensions: [3, 1])
            let scaled = graph.node("Mul", [turned, factor])
            return graph.node("Transpose", [scaled], [.integers("perm", [1, 0])])
        }
        #expect(got == [1, 20, 300, 4, 50, 600])
    }

    @Test("Unsqueeze and Squeeze add and drop axes of extent 1")
    func squeeze() throws {
        let got = try ONNXBench.run(six, width: 3) { graph in
            let axis = graph.list([1])
            return graph.node("Squeeze", [graph.node("Unsqueeze", ["x", axis]), axis])
        }
        #expect(got == six)
    }

    @Test("Squeeze of a greater extent is refused")
    func squeezeRefused() {
        let text = ONNXBench.reason { graph in
            graph.addInput("x", type: .double, width: 2)
            graph.node("Squeeze", ["x", graph.list([1])], into: "y")
            graph.addOutput("y", type: .double, width: 2)
        }
        #expect(text.contains("extent 2"), "\(text)")
    }

    @Test("Concat joins rows and constants")
    func concat() throws {
        let got = try ONNXBench.run([1, 2, 3, 4], width: 2) { graph in
            let nine = graph.constant(.doubles([9]), dimensions: [1, 1])
            return graph.node("Concat", ["x", nine, "x"], [.integer("axis", -1)])
        }
        #expect(got == [1, 2, 9, 1, 2, 3, 4, 9, 3, 4])
    }

    @Test("Slice counts from the end and steps backwards")
    func slice() throws {
        let got = try ONNXBench.run(six, width: 6) { graph in
            let (start, end) = (graph.list([-1]), graph.list([0]))
            return graph.node("Slice", ["x", start, end, graph.list([1]), graph.list([-2])])
        }
        #expect(got == [6, 4, 2])
    }

    @Test("Slice of all rows is all rows, of some it is refused")
    func sliceRows() throws {
        let got = try ONNXBench.run(six, width: 3) { graph in
            let ends = graph.list([Int.max, 2])
            return graph.node("Slice", ["x", graph.list([0, 0]), ends, graph.list([0, 1])])
        }
        #expect(got == [1, 2, 4, 5])
        #expect(throws: FormatError.self) {
            try ONNXBench.run(six, width: 3) { graph in
                graph.node("Slice", ["x", graph.list([0]), graph.list([1]), graph.list([0])])
            }
        }
    }

    @Test("Gather takes constant positions, also as a table")
    func gather() throws {
        let got = try ONNXBench.run(six, width: 6) { graph in
            let places = graph.constant(.integers([0, -1, 2, 2]), dimensions: [2, 2])
            return graph.node("Gather", ["x", places], [.integer("axis", 1)])
        }
        #expect(got == [1, 6, 3, 3])
    }

    @Test("Gather of a position that is not there is refused")
    func gatherOutside() {
        #expect(throws: FormatError.self) {
            try ONNXBench.run(six, width: 6) { graph in
                graph.node("Gather", ["x", graph.list([6])], [.integer("axis", 1)])
            }
        }
    }

    @Test("Gather from a table takes the position of each row")
    func gatherRows() throws {
        let got = try ONNXBench.run(six, width: 3) { graph in
            let table = graph.constant(.doubles([10, 11, 20, 21, 30, 31]), dimensions: [3, 2])
            let place = graph.node("ArgMax", ["x"], [.integer("axis", 1), .integer("keepdims", 0)])
            return graph.node("Gather", [table, place])
        }
        #expect(got == [30, 31, 30, 31])
    }

    @Test("GatherElements picks along an axis")
    func gatherElements() throws {
        let got = try ONNXBench.run(six, width: 6) { graph in
            let cube = block(&graph)
            let places = graph.node("ArgMin", [cube], [.integer("axis", 2)])
            return graph.node("GatherElements", [cube, places], [.integer("axis", 2)])
        }
        #expect(got == [1, 4])
    }

    @Test("Expand and Tile repeat what is there")
    func repeats() throws {
        let expanded = try ONNXBench.run([1, 2], width: 2) { graph in
            let wide = graph.node("Unsqueeze", ["x", graph.list([2])])
            return graph.node("Expand", [wide, graph.list([1, 2, 3])])
        }
        #expect(expanded == [1, 1, 1, 2, 2, 2])
        let tiled = try ONNXBench.run([1, 2], width: 2) { graph in
            graph.node("Tile", ["x", graph.list([1, 3])])
        }
        #expect(tiled == [1, 2, 1, 2, 1, 2])
    }

    @Test("ConstantOfShape with the number of rows is a constant for each row")
    func constantOfShape() throws {
        let got = try ONNXBench.run([1, 2, 3, 4], width: 2) { graph in
            let value = ONNXAttribute.tensor("value", .doubles([0.5]))
            let halves = graph.node("ConstantOfShape", [graph.node("Shape", ["x"])], [value])
            return graph.node("Add", ["x", halves])
        }
        #expect(got == [1.5, 2.5, 3.5, 4.5])
    }

    @Test("arithmetic with the number of rows itself is refused")
    func rowCount() {
        #expect(throws: FormatError.self) {
            try ONNXBench.run([1, 2], width: 2) { graph in
                let rows = graph.node("Gather", [graph.node("Shape", ["x"]), graph.list([0])])
                return graph.node("Mul", ["x", graph.node("Cast", [rows], [.integer("to", 11)])])
            }
        }
    }

    @Test(
        "reductions go along the axes given and keep them or not",
        arguments: [
            ("ReduceMean", [2.0, 5]), ("ReduceMax", [3, 6]), ("ReduceMin", [1, 4]),
            ("ReduceProd", [6, 120]), ("ReduceSumSquare", [14, 77]), ("ReduceL1", [6, 15]),
        ]
    )
    func reductions(operation: String, answer: [Double]) throws {
        for keeps in 0...1 {
            let got = try ONNXBench.run(six, width: 6) { graph in
                let along = [ONNXAttribute.integers("axes", [2]), .integer("keepdims", keeps)]
                return graph.node(operation, [block(&graph)], along)
            }
            #expect(got == answer)
        }
    }

    @Test("axes that are no neighbours are reduced together")
    func scatteredAxes() throws {
        let got = try ONNXBench.run(six + six, width: 12) { graph in
            let cube = graph.node("Reshape", ["x", graph.list([-1, 2, 3, 2])])
            return graph.node("ReduceSum", [cube, graph.list([1, 3])], [.integer("keepdims", 0)])
        }
        #expect(got == [6, 14, 22])
    }

    @Test("TopK answers numbers and positions")
    func top() throws {
        let got = try ONNXBench.run([3, 1, 2], width: 3) { graph in
            graph.node("TopK", ["x", graph.list([2])])
        }
        #expect(got == [3, 2])
    }

    @Test("CumSum adds up along its axis")
    func cumulative() throws {
        let got = try ONNXBench.run(six, width: 3) { graph in
            graph.node("CumSum", ["x", graph.list([1])])
        }
        #expect(got == [1, 3, 6, 4, 9, 15])
    }

    @Test("OneHot spreads positions, negative ones from the end")
    func oneHot() throws {
        let got = try ONNXBench.run([1, -1], width: 1) { graph in
            let place = graph.node("Cast", ["x"], [.integer("to", 7)])
            let choices = graph.constant(.doubles([0, 5]), dimensions: [2])
            return graph.node("OneHot", [place, graph.list([3]), choices])
        }
        #expect(got == [0, 5, 0, 0, 0, 5])
    }

    @Test("MatMul of two tensors of a row multiplies row by row")
    func rowMatrices() throws {
        let got = try ONNXBench.run(six, width: 6) { graph in
            let cube = block(&graph)
            let turned = graph.node("Transpose", [cube], [.integers("perm", [0, 2, 1])])
            return graph.node("MatMul", [cube, turned])
        }
        #expect(got == [14, 32, 32, 77])
    }

    @Test("a constant may stand on the left of MatMul")
    func leftConstant() throws {
        let got = try ONNXBench.run([1, 2, 3, 4], width: 2) { graph in
            let turned = graph.node("Transpose", ["x"], [.integers("perm", [1, 0])])
            let weights = graph.constant(.doubles([1, 1, 0, 2]), dimensions: [2, 2])
            let product = graph.node("MatMul", [weights, turned])
            return graph.node("Transpose", [product], [.integers("perm", [1, 0])])
        }
        #expect(got == [3, 4, 7, 8])
    }

    @Test("a product that would sum over rows is refused")
    func sumOverRows() {
        let text = ONNXBench.reason { graph in
            graph.addInput("x", type: .double, width: 2)
            let turned = graph.node("Transpose", ["x"], [.integers("perm", [1, 0])])
            graph.node("MatMul", [turned, "x"], into: "y")
            graph.addOutput("y", type: .double, width: 2)
        }
        #expect(text.contains("sums over rows"), "\(text)")
    }

    @Test("Gemm takes turned matrices and rows that are added")
    func gemm() throws {
        let got = try ONNXBench.run([1, 2], width: 2) { graph in
            let weights = graph.constant(.doubles([1, 10, 2, 20, 3, 30]), dimensions: [3, 2])
            let shift = graph.constant(.doubles([0.5, 0, 0]), dimensions: [3])
            return graph.node("Gemm", ["x", weights, shift], [.integer("transB", 1)])
        }
        #expect(got == [21.5, 42, 63])
    }

    @Test("Softmax of the last axis adds up to one")
    func softmax() throws {
        let got = try ONNXBench.run(six, width: 6) { graph in
            graph.node("Softmax", [block(&graph)])
        }
        #expect(abs(got[0...2].reduce(0, +) - 1) < 1e-12)
        #expect(abs(got[3...5].reduce(0, +) - 1) < 1e-12)
        #expect(abs(got[1] / got[0] - exp(1)) < 1e-12)
    }

    @Test("Where, comparisons and logic choose between values")
    func choice() throws {
        let got = try ONNXBench.run([-1, 0.5, 3], width: 3) { graph in
            let isLow = graph.node("Less", ["x", graph.scalar(0)])
            let isHigh = graph.node("GreaterOrEqual", ["x", graph.scalar(2)])
            let isOut = graph.node("Or", [isLow, isHigh])
            return graph.node("Where", [graph.node("Not", [isOut]), "x", graph.scalar(7)])
        }
        #expect(got == [7, 0.5, 7])
    }

    @Test("Clip has one bound or two, and lets NaN through")
    func clip() throws {
        let rows = [-5.0, 0.5, .nan, 5]
        let both = try ONNXBench.run(rows, width: 4) { graph in
            graph.node("Clip", ["x", graph.scalar(-1), graph.scalar(1)])
        }
        #expect(both[0] == -1 && both[1] == 0.5 && both[2].isNaN && both[3] == 1)
        let low = try ONNXBench.run(rows, width: 4) { graph in
            graph.node("Clip", ["x", graph.scalar(-1)])
        }
        #expect(low[0] == -1 && low[3] == 5)
    }

    @Test("powers with a whole exponent are products")
    func powers() throws {
        let got = try ONNXBench.run([3, -2], width: 2) { graph in
            graph.node("Pow", ["x", graph.constant(.integers([3]), dimensions: [])])
        }
        #expect(got == [27, -8])
    }

    @Test("Mean and Max take any number of values")
    func variadic() throws {
        let got = try ONNXBench.run([1, 5], width: 2) { graph in
            let most = graph.node("Max", ["x", graph.scalar(2), graph.scalar(0)])
            return graph.node("Mean", [most, "x", graph.scalar(0)])
        }
        #expect(got == [1, 10.0 / 3])
    }

    @Test("BatchNormalization scales by what training kept")
    func batchNormalization() throws {
        let got = try ONNXBench.run([1, 2], width: 2) { graph in
            let names = [[2.0, 1], [0, 1], [1, 1], [4, 1]].map {
                graph.constant(.doubles($0), dimensions: [2])
            }
            return graph.node("BatchNormalization", ["x"] + names)
        }
        #expect(abs(got[0]) < 1e-12 && abs(got[1] - 2) < 1e-4)
    }

    @Test("LayerNormalization leaves mean 0 and deviation 1")
    func layerNormalization() throws {
        let got = try ONNXBench.run([1, 2, 3, 6], width: 4) { graph in
            graph.node("LayerNormalization", ["x", graph.scalar(1), graph.scalar(0)])
        }
        #expect(abs(got.reduce(0, +)) < 1e-9)
        #expect(abs(got.map { $0 * $0 }.reduce(0, +) - 4) < 1e-3)
    }

    @Test("IsNaN and IsInf tell missing and endless numbers")
    func oddNumbers() throws {
        let rows = [1, Double.nan, .infinity]
        let missing = try ONNXBench.run(rows, width: 3) { $0.node("IsNaN", ["x"]) }
        #expect(missing == [0, 1, 0])
        let endless = try ONNXBench.run(rows, width: 3) { $0.node("IsInf", ["x"]) }
        #expect(endless == [0, 0, 1])
    }

    @Test("Cast cuts off, and what is not 0 is true")
    func casts() throws {
        let whole = try ONNXBench.run([-1.9, 1.9], width: 2) {
            $0.node("Cast", ["x"], [.integer("to", 7)])
        }
        #expect(whole == [-1, 1])
        let truth = try ONNXBench.run([0, -0.5], width: 2) {
            $0.node("Cast", ["x"], [.integer("to", 9)])
        }
        #expect(truth == [0, 1])
    }

    @Test("Split cuts an axis, the last part shorter")
    func split() throws {
        let got = try ONNXBench.run(six, width: 6) { graph in
            graph.node("Split", ["x", graph.list([4, 2])], [.integer("axis", 1)])
        }
        #expect(got == [1, 2, 3, 4])
    }

    @Test("Range and constants are lists like any other")
    func range() throws {
        let got = try ONNXBench.run(six, width: 6) { graph in
            let ends = [1, 6, 2].map { graph.constant(.integers([$0]), dimensions: []) }
            return graph.node("Gather", ["x", graph.node("Range", ends)], [.integer("axis", 1)])
        }
        #expect(got == [2, 4, 6])
    }

    @Test("a range without end, or with too many numbers, is refused")
    func rangeRefused() {
        for step in [0, -1] {
            let text = ONNXBench.reason { graph in
                graph.addInput("x", type: .double, width: 1)
                let ends = [0, 1 << 40, step == 0 ? 0 : 1].map {
                    graph.constant(.integers([$0]), dimensions: [])
                }
                graph.node("Range", ends, into: "y")
                graph.addOutput("y", type: .double, width: 1)
            }
            #expect(text.contains("a range of"), "\(text)")
        }
    }

    // MARK: - ai.onnx.ml

    private func ml(
        _ operation: String,
        _ rows: [Double],
        width: Int,
        _ attributes: [ONNXAttribute]
    ) throws -> [Double] {
        try ONNXBench.run(rows, width: width) { graph in
            graph.node(operation, domain: "ai.onnx.ml", ["x"], attributes)
        }
    }

    @Test("Normalizer divides rows by their sum and leaves rows of zeros")
    func normalizer() throws {
        let got = try ml("Normalizer", [1, -3, 0, 0], width: 2, [])
        #expect(got == [1, -3, 0, 0])
    }

    @Test("OneHotEncoder cuts numbers off and knows no unseen ones")
    func oneHotEncoder() throws {
        let categories = [ONNXAttribute.integers("cats_int64s", [3, 1])]
        #expect(
            try ml("OneHotEncoder", [1.7, 3, 2, .nan], width: 1, categories) == [
                0, 1, 1, 0, 0, 0, 0, 0,
            ]
        )
    }

    @Test("LabelEncoder translates by tensors")
    func labelEncoder() throws {
        let got = try ml(
            "LabelEncoder",
            [1, 2, 3],
            width: 1,
            [
                .tensor("keys_tensor", .doubles([1, 2])),
                .tensor("values_tensor", .doubles([10, 20])),
                .tensor("default_tensor", .doubles([-1])),
            ]
        )
        #expect(got == [10, 20, -1])
    }

    @Test("ArrayFeatureExtractor takes columns")
    func extractor() throws {
        let got = try ONNXBench.run(six, width: 3) { graph in
            graph.node("ArrayFeatureExtractor", domain: "ai.onnx.ml", ["x", graph.list([2, 0])])
        }
        #expect(got == [3, 1, 6, 4])
    }

    @Test("a classifier's attributes that lack classes are refused")
    func classifierRefused() {
        for operation in ["LinearClassifier", "SVMClassifier", "TreeEnsembleClassifier"] {
            #expect(throws: FormatError.self) { try ml(operation, [1, 2], width: 2, []) }
        }
    }
}
