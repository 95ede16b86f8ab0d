import BorealBase
import BorealBoost
import Testing

@testable import BorealGraph

@Suite("The operator that reads sequences")
struct SequenceEncoderTests {
    private let shape = EncoderShape(
        attention: AttentionShape(width: 4, heads: 2, hidden: 5),
        blocks: 2,
        ids: 6,
        length: 3,
        target: 6
    )

    /// Numbers between -1 and 1 that look drawn.
    private func numbers(_ count: Int, seed: UInt64) -> [Float] {
        (0..<count).map {
            Float(Double(RandomNumbers.at(UInt64($0), key: seed) >> 11) * 0x1p-52 - 1)
        }
    }

    private func weights(_ shape: EncoderShape) -> EncoderWeights {
        EncoderWeights(
            table: numbers(shape.tableRows * 4, seed: 1),
            positions: numbers(shape.positionRows * 4, seed: 2),
            blocks: (0..<shape.blocks).map {
                numbers(shape.attention.weightCount, seed: UInt64(3 + $0))
            }
        )
    }

    private func encoder(_ output: TensorID = TensorID(1)) throws -> SequenceEncoderOperator {
        try SequenceEncoderOperator(
            source: ListSource(feature: 0, of: 1),
            output: output,
            shape: shape,
            weights: weights(shape)
        )
    }

    private func answers(_ step: SequenceEncoderOperator, _ lists: [[Float]]) throws -> [[Double]] {
        var found = NumberLists()
        for list in lists { found.append(list) }
        let output = GraphOutput(
            name: "said",
            role: .other,
            tensor: step.output,
            columnNames: (0..<8).map { "c\($0)" }
        )
        let graph = try ModelGraph(
            inputs: [
                GraphInput(
                    name: "events",
                    kind: .list(.sequence(SequenceForm(ids: 6, length: 3)))
                )
            ],
            operators: [step],
            outputs: [output],
            task: .transformation
        )
        let batch = try GraphBatch(
            values: lists.indices.map { Double($0) },
            featureCount: 1,
            lists: FeatureLists([found])
        )
        let results = try graph.run(batch, outputs: [output])
        return lists.indices.map { row in
            (0..<8).map { results.double(0, row: row, column: $0) }
        }
    }

    @Test("Order and ids tell, older events than the latest do not, and nothing is padded")
    func order() throws {
        let found = try answers(
            encoder(),
            [[1, 2, 3], [2, 1, 3], [5, 5, 1, 2, 3], [], [1, 2, 4]]
        )
        #expect(found[0] != found[1] && found[0] != found[4])
        #expect(found[0] == found[2])
        #expect(found.joined().allSatisfy { $0.isFinite })
        // One row at a time: what stands beside it does not matter.
        #expect(try answers(encoder(), [[2, 1, 3]])[0] == found[1])
        // A sequence without events is the target alone: its mean is the last token.
        #expect(Array(found[3].prefix(4)) == Array(found[3].suffix(4)))
    }

    @Test("A file's record makes the same operator; a wrong one is refused")
    func records() throws {
        let step = try encoder()
        let restored = try StoredOperators.restore([step.record], featureCount: 1)
        let again = try #require(restored.first as? SequenceEncoderOperator)
        let lists: [[Float]] = [[1, 2, 3], [4]]
        #expect(try answers(again, lists) == answers(step, lists))
        #expect(again.record == step.record)
        let changes: [(String, OperatorRecord.Value)] = [
            ("heads", .integer(3)), ("width", .integer(0)), ("width", .integer(1 << 40)),
            ("ids", .integer(8)), ("length", .integer(1 << 20)), ("blocks", .integer(3)),
            ("blocks", .integer(1_000)), ("feature", .integer(1)), ("target", .integer(-2)),
            ("table", .floats([1])), ("block_1", .floats([])), ("hidden", .integer(6)),
        ]
        for (name, value) in changes {
            var record = step.record
            record[name] = value
            #expect(throws: GraphError.self, "\(name)") {
                try StoredOperators.restore([record], featureCount: 1)
            }
        }
    }

    @Test("Scratch of long sequences keeps chunks short, so that a wish to stop is soon heard")
    func chunks() throws {
        let step = try encoder()
        #expect(step.rowScratchBytes > 4 * 4 * 48)
        let output = GraphOutput(
            name: "said",
            role: .other,
            tensor: step.output,
            columnNames: (0..<8).map { "c\($0)" }
        )
        let graph = try ModelGraph(
            inputs: [GraphInput(name: "events")],
            operators: [step],
            outputs: [output],
            task: .transformation
        )
        let rows = GraphSession(graph, outputs: [output]).rowsMax
        #expect(rows < GraphLimits.chunkBytesAim / step.rowScratchBytes + 1 && rows > 0)
    }

    @Test("A model can be a step of another, with the steps that its probabilities need")
    func modelInModel() throws {
        let inner = try SmallModels.classifier(labels: .integer([0, 1, 2]))
        var builder = GraphBuilder(featureCount: 2)
        let second = try builder.columns([1], of: .features)
        let places = try builder.add(inner, over: second)
        let shares = try #require(inner.output(.probabilities))
        let tensor = places[shares.tensor.index]
        let output = GraphOutput(
            name: "shares",
            role: .other,
            tensor: tensor,
            columnNames: ["a", "b", "c"]
        )
        let graph = try ModelGraph(
            inputs: [GraphInput(name: "x"), GraphInput(name: "y")],
            operators: builder.operators,
            outputs: [output],
            task: .transformation
        )
        #expect(graph.operators.count < inner.operators.count + 1)
        let batch = try GraphBatch(values: [9, -1, 9, 1], featureCount: 2)
        let found = try graph.run(batch, outputs: [output]).doubles(0)
        let plain = try GraphBatch(values: [-1, 1], featureCount: 1)
        #expect(try inner.run(plain, roles: [.probabilities]).doubles(0) == found)
        #expect(throws: GraphError.self) { _ = try builder.add(inner, over: .features) }
    }
}
