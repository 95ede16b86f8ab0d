import BorealBase
import BorealBoost
import Glibc
import Testing

@testable import BorealGraph

/// What XGBoost's models are made of beside trees.
@Suite struct BoosterOperatorTests {
    private func link(_ link: FloatLink, _ row: [Double]) throws -> [Double] {
        let step = FloatLinkOperator(
            input: .features,
            output: TensorID(1),
            width: row.count,
            link: link
        )
        return try OperatorRun.values(row, [step])
    }

    @Test("links answer 32-bit numbers by the C library's 32-bit functions")
    func links() throws {
        #expect(try link(.identity, [0.1]) == [Double(Float(0.1))])
        #expect(try link(.exponential, [1]) == [Double(expf(1))])
        #expect(try link(.sigmoid, [0, 2]) == [0.5, Double(1 / (expf(-2) + 1))])
        #expect(try link(.step, [0, -1, 0.5]) == [0, 0, 1])
    }

    @Test("a sigmoid of a very negative score is no zero")
    func sigmoidBound() throws {
        #expect(try link(.sigmoid, [-1_000])[0] > 0)
        #expect(try link(.sigmoid, [1_000]) == [1])
    }

    @Test("softmax takes the greatest off first, so that great scores are no infinities")
    func softmax() throws {
        let answer = try link(.softmax, [1_000, 1_000, -1_000])
        #expect(answer == [0.5, 0.5, 0])
        #expect(try link(.softmax, [.nan, 0]).allSatisfy(\.isNaN))
    }

    @Test("a link over another width, or over 32-bit numbers, is refused")
    func linkTypes() {
        let wrong = FloatLinkOperator(
            input: .features,
            output: TensorID(1),
            width: 2,
            link: .softmax
        )
        #expect(throws: GraphError.self) { try OperatorRun.values([1], [wrong]) }
    }

    @Test("linear scores leave missing numbers out and round after each step")
    func linear() throws {
        let model = try LinearScoreOperator(
            input: .features,
            output: TensorID(1),
            weights: [1, 10, 0x1p24, 2],
            bias: [1, 0]
        )
        #expect(try OperatorRun.values([1, .nan], [model]) == [2, 10])
        #expect(try OperatorRun.values([1, 1], [model]) == [Double(Float(2) + 0x1p24), 12])
        #expect(throws: GraphError.self) {
            try LinearScoreOperator(
                input: .features,
                output: TensorID(1),
                weights: [1, 2, 3],
                bias: [0, 0]
            )
        }
    }

    @Test("a linear model is explained by its products")
    func linearExplanation() throws {
        let model = try LinearScoreOperator(
            input: .features,
            output: TensorID(1),
            weights: [2, -3],
            bias: [0.5]
        )
        let graph = try ModelGraph(
            inputs: [GraphInput(name: "a"), GraphInput(name: "b")],
            operators: [model],
            outputs: [
                GraphOutput(name: "raw", role: .raw, tensor: TensorID(1), columnNames: ["raw"])
            ],
            task: .regression
        )
        let batch = try GraphBatch(values: [1, 2, .nan, 1], featureCount: 2)
        let explainer = try GraphExplainer(graph)
        #expect(try explainer.additiveExplanation(batch).values == [2, -6, 0.5, 0, -3, 0.5])
        #expect(try explainer.meanAbsoluteContributions(batch) == [1, 4.5])
        let pairs = try explainer.interactions(batch)
        #expect(Array(pairs.prefix(9)) == [2, 0, 0, 0, -6, 0, 0, 0, 0.5])
    }

    @Test("a number that stands for missing ones becomes NaN, zeros of both signs")
    func missing() throws {
        let mark = MarkMissingOperator(input: .features, output: TensorID(1), width: 3, value: 0)
        let values = try OperatorRun.values([0, -0.0, 2], [mark])
        #expect(values[0].isNaN && values[1].isNaN && values[2] == 2)
    }

    @Test("two probabilities of one, in 32 bits too")
    func probabilities() throws {
        let cast = CastOperator(
            input: .features,
            output: TensorID(1),
            type: TensorType(.double, [1]),
            to: .float
        )
        let both = BinaryProbabilityOperator(
            input: TensorID(1),
            output: TensorID(2),
            element: .float
        )
        let p = Float(0.1)
        #expect(try OperatorRun.values([0.1], [cast, both]) == [Double(1 - p), Double(p)])
        let other = BinaryProbabilityOperator(
            input: .features,
            output: TensorID(1),
            element: .float
        )
        #expect(throws: GraphError.self) { try OperatorRun.values([0.1], [other]) }
    }

    private func forest(base: Double = 0, isLast: Bool = false) throws -> TreeEnsembleOperator {
        var ensemble = TreeEnsemble(
            trees: [SmallModels.stump(0, 0, 0x1p24, 2), SmallModels.stump(0, 0, 1, 20)],
            scoresPerRow: 1,
            featureCount: 1
        )
        ensemble.arithmetic = .float
        ensemble.initialScores = [base]
        return try TreeEnsembleOperator(
            ensemble,
            input: .features,
            output: TensorID(1),
            addsInitialScoresLast: isLast
        )
    }

    @Test("initial scores may be added before the trees or behind them")
    func initialScores() throws {
        // 1 + 2^24 and 2^24 + 1 are both 2^24; 1 + 1 is not.
        #expect(try OperatorRun.values([0], [try forest(base: 1)]) == [0x1p24])
        #expect(try OperatorRun.values([0], [try forest(base: 2, isLast: true)]) == [0x1p24 + 2])
        #expect(try OperatorRun.values([1], [try forest(base: 1, isLast: true)]) == [23])
    }

    @Test("leaves may be shown in another order and by other numbers")
    func leafNames() throws {
        let trees = try forest()
        let names = LeafNames(trees: [1, 0], numbers: [[7, 8], [5, 6]])
        let leaves = TreeLeafOperator(trees, output: TensorID(2), names: names)
        #expect(try OperatorRun.values([-1], [trees, leaves]) == [7, 5])
        #expect(try OperatorRun.values([1], [trees, leaves]) == [8, 6])
        let order = TreeLeafOperator(
            trees,
            output: TensorID(2),
            names: LeafNames(trees: [1], numbers: [])
        )
        #expect(try OperatorRun.values([1], [trees, order]) == [1])
        let wrong = TreeLeafOperator(
            trees,
            output: TensorID(2),
            names: LeafNames(trees: [2], numbers: [])
        )
        #expect(throws: GraphError.self) { try OperatorRun.values([1], [trees, wrong]) }
    }

    @Test("decision paths show the row as the trees see it")
    func pathsBehindColumns() throws {
        let round = RoundToFloatOperator(input: .features, output: TensorID(1), width: 1)
        let trees = try TreeEnsembleOperator(
            TreeEnsemble(
                trees: [SmallModels.stump(0, 0.5, 1, 2)],
                scoresPerRow: 1,
                featureCount: 1
            ),
            input: TensorID(1),
            output: TensorID(2)
        )
        let graph = try ModelGraph(
            inputs: [GraphInput(name: "x")],
            operators: [round, trees],
            outputs: [],
            task: .regression
        )
        let writer = try graph.decisionPathWriter(.text)
        var text = ""
        try writer.write([0.5 + 1e-12]) { text += $0 }
        #expect(text == "tree 0: leaf 0, value 1.0\n  x = 0.5: <= 0.5\n")
    }

    @Test("texts that no category spells are codes where the dictionary takes codes")
    func codes() throws {
        var dictionary = try CategoryDictionary(.text(["a", "1"]))
        let column = SmallModels.text("x", ["a", "1", "0", "2"])
        let batch = RowBatch(columns: [column], rowCount: 4)
        func bound() throws -> [Double] {
            let input = GraphInput(name: "x", kind: .category(dictionary), unseen: .marked)
            return try FeatureBinder(inputs: [input], names: ["x"]).bind(batch).values
        }
        #expect(try bound() == [0, 1, -1, -1])
        dictionary.takesCodes = true
        #expect(try bound() == [0, 1, 0, -1])
    }
}
