import Testing

@testable import BorealGraph

/// Runs single operators over rows of numbers, which are the features of a graph.
enum OperatorBench {
    /// What an operator makes of rows.
    ///
    /// - Parameters:
    ///   - element: what the rows are converted to before.
    ///   - output: which of its outputs.
    ///   - make: the operator, of its input and the first tensor that it may write to.
    static func rows(
        _ rows: [[Double]],
        as element: TensorElement = .double,
        output: Int = 0,
        _ make: (TensorID, TensorID) throws -> any GraphOperator
    ) throws -> [[Double]] {
        let width = rows.first?.count ?? 0
        var steps: [any GraphOperator] = []
        var input = TensorID.features
        var types = [TensorType(.double, [width])]
        if element != .double {
            let cast = CastOperator(
                input: input,
                output: TensorID(1),
                type: types[0],
                to: element
            )
            steps.append(cast)
            types.append(TensorType(element, [width]))
            input = TensorID(1)
        }
        let step = try make(input, TensorID(types.count))
        steps.append(step)
        let made = try step.outputTypes(for: step.inputs.map { types[$0.index] })
        let answer = GraphOutput(
            name: "answer",
            role: .other,
            tensor: step.outputs[output],
            columnNames: (0..<(made[output].width ?? 0)).map { "column \($0)" }
        )
        let graph = try ModelGraph(
            inputs: (0..<width).map { GraphInput(name: "x\($0)") },
            operators: steps,
            outputs: [answer],
            task: .transformation
        )
        let batch = try GraphBatch(values: rows.flatMap { $0 }, featureCount: width)
        let results = try graph.run(batch, outputs: [answer])
        return rows.indices.map { row in
            answer.columnNames.indices.map { results.double(0, row: row, column: $0) }
        }
    }

    /// A tensor as an operand.
    static func operand(
        _ tensor: TensorID,
        _ element: TensorElement = .double,
        width: Int,
        places: [Int32]? = nil
    ) -> TensorOperand {
        TensorOperand(source: .tensor(tensor), element: element, width: width, places: places)
    }

    /// Numbers as an operand.
    static func operand(_ constant: TensorConstant, places: [Int32]? = nil) -> TensorOperand {
        TensorOperand(
            source: .constant(constant),
            element: constant.element,
            width: constant.count,
            places: places
        )
    }
}
