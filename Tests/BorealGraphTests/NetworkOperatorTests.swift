import BorealBoost
import Testing

@testable import BorealGraph

@Suite("Operators that networks are made of")
struct NetworkOperatorTests {
    /// Numbers between -1 and 1 that look drawn.
    private func numbers(_ count: Int, seed: UInt64) -> [Double] {
        (0..<count).map { index in
            let bits = RandomNumbers.at(UInt64(index), key: seed)
            return Double(Float(Double(bits >> 11) * 0x1p-52 - 1))
        }
    }

    @Test(
        "A product in 32 bits is the sum of its products in order, whatever its extents",
        arguments: [
            (1, 1, 1), (2, 7, 17), (5, 300, 16), (8, 16, 32), (9, 513, 33), (17, 31, 48),
            (20, 256, 1),
        ]
    )
    func floatProduct(_ rows: Int, _ depth: Int, _ width: Int) throws {
        let x = numbers(rows * depth, seed: 1)
        let w = numbers(depth * width, seed: 2)
        let bias = numbers(width, seed: 3)
        let lines = (0..<rows).map { Array(x[$0 * depth..<($0 + 1) * depth]) }
        let answers = try OperatorBench.rows(lines, as: .float) { input, output in
            try MatrixProductOperator(
                input: input,
                output: output,
                type: TensorType(.float, [depth]),
                weights: w,
                bias: bias,
                width: width
            )
        }
        for row in 0..<rows {
            for column in 0..<width {
                var sum = Float(bias[column])
                for k in 0..<depth {
                    sum += Float(x[row * depth + k]) * Float(w[column * depth + k])
                }
                #expect(answers[row][column] == Double(sum))
            }
        }
    }

    @Test("A category is its row of the table, an unseen and a missing one have rows of their own")
    func categories() throws {
        let answers = try OperatorBench.rows(
            [[0], [1], [-1], [2], [.infinity], [-.infinity], [1e300], [.nan]]
        ) { input, output in
            try EmbeddingOperator(
                input: input,
                output: output,
                columns: [.category(first: 1, count: 2)],
                table: TensorConstant([Float](arrayLiteral: 9, 9, 1, 2, 3, 4, 5, 6, 7, 8)),
                width: 2
            )
        }
        let unseen: [Double] = [5, 6]
        #expect(answers == [[1, 2], [3, 4], unseen, unseen, unseen, unseen, unseen, [7, 8]])
    }

    @Test("A number is a multiple of its row, cut at the extremes; a missing one has its own row")
    func standardised() throws {
        let answers = try OperatorBench.rows(
            [[3], [7], [.nan], [.infinity], [-.greatestFiniteMagnitude]]
        ) { input, output in
            try EmbeddingOperator(
                input: input,
                output: output,
                columns: [.number(first: 0, mean: 3, deviation: 2)],
                table: TensorConstant([Float](arrayLiteral: 1, -0.5, 0.25, 4)),
                width: 2
            )
        }
        #expect(answers == [[0, 0], [2, -1], [0.25, 4], [1e6, -5e5], [-1e6, 5e5]])
    }

    @Test(
        "A column that leads beyond its table is refused",
        arguments: [
            EmbeddingColumn.category(first: 0, count: 3), .category(first: 3, count: 0),
            .category(first: -1, count: 1), .category(first: .max, count: 1),
            .number(first: 3, mean: 0, deviation: 1), .number(first: 0, mean: 0, deviation: 0),
            .number(first: 0, mean: .nan, deviation: 1),
        ]
    )
    func beyondTheTable(_ column: EmbeddingColumn) {
        #expect(throws: GraphError.self) {
            try EmbeddingOperator(
                input: .features,
                output: TensorID(1),
                columns: [column],
                table: TensorConstant([Float](repeating: 0, count: 4)),
                width: 1
            )
        }
    }

    @Test("A factorization machine adds the products of all pairs", arguments: [1, 3, 16, 21])
    func factorization(_ width: Int) throws {
        let fields = 4
        let rows = (0..<3).map { numbers(fields + fields * width, seed: UInt64($0 + 7)) }
        var builder = GraphBuilder(featureCount: fields + fields * width)
        let type = builder.type(of: .features)
        let floats = try builder.add {
            CastOperator(input: .features, output: $0, type: type, to: .float)
        }
        let linear = try builder.columns(Array(0..<fields), of: floats)
        let vectors = try builder.columns(Array(fields..<fields + fields * width), of: floats)
        let sum = try builder.add { output throws(GraphError) in
            try FactorizationOperator(
                linear: linear,
                vectors: vectors,
                output: output,
                fields: fields,
                width: width,
                bias: 0.5
            )
        }
        let graph = try ModelGraph(
            inputs: (0..<fields + fields * width).map { GraphInput(name: "x\($0)") },
            operators: builder.operators,
            outputs: [GraphOutput(name: "raw", role: .raw, tensor: sum, columnNames: ["raw"])],
            task: .regression
        )
        let batch = try GraphBatch(
            values: rows.flatMap { $0 },
            featureCount: fields + fields * width
        )
        let answers = try graph.run(batch, roles: [.raw]).doubles(0)
        for (row, answer) in zip(rows, answers) {
            var expected = 0.5 + row[..<fields].reduce(0, +)
            for i in 0..<fields {
                for j in 0..<i {
                    for d in 0..<width {
                        expected += row[fields + i * width + d] * row[fields + j * width + d]
                    }
                }
            }
            #expect(abs(answer - expected) < 1e-5)
        }
    }

    @Test("What networks are made of goes into records and comes back; damaged ones are refused")
    func records() throws {
        let embedding = try EmbeddingOperator(
            input: .features,
            output: TensorID(1),
            columns: [.category(first: 0, count: 1), .number(first: 3, mean: 2, deviation: 0.5)],
            table: TensorConstant((0..<10).map { Float($0) / 3 }),
            width: 2
        )
        let linear = try EmbeddingOperator(
            input: .features,
            output: TensorID(2),
            columns: embedding.columns,
            table: TensorConstant([Float](repeating: 1, count: 5)),
            width: 1
        )
        let machine = try FactorizationOperator(
            linear: TensorID(2),
            vectors: TensorID(1),
            output: TensorID(3),
            fields: 2,
            width: 2,
            bias: 0.1
        )
        let records = [embedding.record, linear.record, machine.record]
        let again = try StoredOperators.restore(records, featureCount: 2)
        #expect(again.compactMap { ($0 as? any StoredOperator)?.record } == records)
        var wrong = records
        wrong[0]["counts"] = .longs([9, -1])
        #expect(throws: GraphError.self) {
            try StoredOperators.restore(wrong, featureCount: 2)
        }
        wrong = records
        wrong[2]["fields"] = .integer(3)
        #expect(throws: GraphError.self) {
            try StoredOperators.restore(wrong, featureCount: 2)
        }
    }
}
