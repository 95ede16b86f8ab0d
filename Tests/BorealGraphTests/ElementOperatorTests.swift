import Testing

@testable import BorealGraph

@Suite struct ElementOperatorTests {
    private func pairs(
        _ function: PairFunction,
        _ rows: [[Double]],
        as element: TensorElement = .double
    ) throws -> [Double] {
        try OperatorBench.rows(rows, as: element) { input, output in
            PairwiseOperator(
                function,
                OperatorBench.operand(input, element, width: 2, places: [0]),
                OperatorBench.operand(input, element, width: 2, places: [1]),
                output: output,
                width: 1
            )
        }.map { $0[0] }
    }

    @Test(
        "arithmetic goes pair by pair",
        arguments: [
            (PairFunction.add, 5.0), (.subtract, 9.0), (.multiply, -14.0), (.divide, -3.5),
            (.power, 1.0 / 49), (.minimum, -2.0), (.maximum, 7.0), (.modulo, -1.0),
            (.remainder, 1.0),
        ]
    )
    func arithmetic(function: PairFunction, answer: Double) throws {
        #expect(try pairs(function, [[7, -2]]) == [answer])
        let single = try pairs(function, [[7, -2]], as: .float)[0]
        #expect(abs(single - answer) < 1e-7)
    }

    @Test(
        "whole numbers stay whole, and nothing overflows or divides by zero",
        arguments: [
            (PairFunction.divide, [[7, 2], [-7, 2], [7, 0]], [3, -3, 0]),
            (.modulo, [[7, 3], [-7, 3], [7, 0]], [1, 2, 0]),
            (.remainder, [[7, 3], [-7, 3], [7, 0]], [1, -1, 0]),
            (.power, [[3, 2], [2, -1], [2, 62]], [9, 0, 0x1p62]),
            (.minimum, [[7, 3]], [3]), (.maximum, [[7, 3]], [7]), (.subtract, [[7, 9]], [-2]),
        ]
    )
    func wholeNumbers(function: PairFunction, rows: [[Double]], answers: [Double]) throws {
        #expect(try pairs(function, rows, as: .int64) == answers)
    }

    @Test("the greater and the lesser of a number and NaN is NaN, on either side")
    func missingExtremes() throws {
        for function in [PairFunction.minimum, .maximum] {
            let answers = try pairs(function, [[.nan, 1], [1, .nan]])
            for answer in answers { #expect(answer.isNaN) }
        }
    }

    @Test(
        "tests answer 1 or 0",
        arguments: [
            (PairFunction.equal, [0.0, 1, 0]), (.notEqual, [1, 0, 1]), (.less, [1, 0, 0]),
            (.lessOrEqual, [1, 1, 0]), (.greater, [0, 0, 1]), (.greaterOrEqual, [0, 1, 1]),
        ]
    )
    func comparisons(function: PairFunction, answers: [Double]) throws {
        for element in [TensorElement.double, .float, .int64] {
            #expect(try pairs(function, [[1, 2], [2, 2], [3, 2]], as: element) == answers)
        }
    }

    @Test("NaN is different from everything and passes no other test")
    func missingComparisons() throws {
        for function in [PairFunction.equal, .less, .lessOrEqual, .greater, .greaterOrEqual] {
            #expect(try pairs(function, [[.nan, 1], [1, .nan], [.nan, .nan]]) == [0, 0, 0])
        }
        #expect(try pairs(.notEqual, [[.nan, 1], [.nan, .nan]]) == [1, 1])
    }

    @Test(
        "truth values are joined",
        arguments: [
            (PairFunction.and, [0.0, 0, 0, 1]), (.or, [0, 1, 1, 1]), (.exclusiveOr, [0, 1, 1, 0]),
        ]
    )
    func logic(function: PairFunction, answers: [Double]) throws {
        let rows = [[0.0, 0], [0, 5], [7, 0], [1, 2]]
        #expect(try pairs(function, rows, as: .int64) == answers)
    }

    @Test("a constant is repeated for every row, one number for every element")
    func constants() throws {
        let rows = try OperatorBench.rows([[1, 2, 3], [4, 5, 6]]) { input, output in
            PairwiseOperator(
                .add,
                OperatorBench.operand(input, width: 3),
                OperatorBench.operand(TensorConstant([10.0, 20, 30])),
                output: output,
                width: 3
            )
        }
        #expect(rows == [[11, 22, 33], [14, 25, 36]])
        let scaled = try OperatorBench.rows([[1, 2], [3, 4]]) { input, output in
            PairwiseOperator(
                .multiply,
                OperatorBench.operand(TensorConstant([2.0])),
                OperatorBench.operand(input, width: 2),
                output: output,
                width: 2
            )
        }
        #expect(scaled == [[2, 4], [6, 8]])
    }

    @Test("a column and a row of constants make a table")
    func table() throws {
        let rows = try OperatorBench.rows([[1, 2]]) { input, output in
            PairwiseOperator(
                .add,
                OperatorBench.operand(input, width: 2, places: [0, 0, 1, 1]),
                OperatorBench.operand(TensorConstant([10.0, 20]), places: [0, 1, 0, 1]),
                output: output,
                width: 4
            )
        }
        #expect(rows == [[11, 21, 12, 22]])
    }

    @Test("operands of different kinds, lengths or places are refused")
    func refusedPairs() {
        let double = OperatorBench.operand(.features, width: 2)
        let wrong = [
            OperatorBench.operand(TensorConstant([Float(1)])),
            OperatorBench.operand(TensorConstant([1.0, 2, 3])),
            OperatorBench.operand(TensorConstant([1.0, 2]), places: [0, 2]),
            OperatorBench.operand(TensorConstant([1.0, 2]), places: [0]),
        ]
        for operand in wrong {
            let step = PairwiseOperator(.add, double, operand, output: TensorID(1), width: 2)
            #expect(throws: GraphError.self) {
                try step.outputTypes(for: [TensorType(.double, [2])])
            }
        }
    }

    @Test("a truth value takes from the left or the right")
    func selection() throws {
        let rows = try OperatorBench.rows([[0, 7], [1, 8], [-3, 9]], as: .int64) { input, output in
            SelectOperator(
                condition: OperatorBench.operand(input, .int64, width: 2, places: [0]),
                OperatorBench.operand(input, .int64, width: 2, places: [1]),
                OperatorBench.operand(TensorConstant([Int64(-1)])),
                output: output,
                width: 1
            )
        }
        #expect(rows == [[-1], [8], [9]])
    }

    @Test("a condition that is no truth value is refused")
    func selectionOfNumbers() {
        let numbers = OperatorBench.operand(.features, width: 1)
        let step = SelectOperator(
            condition: numbers,
            numbers,
            numbers,
            output: TensorID(1),
            width: 1
        )
        let type = TensorType(.double, [1])
        #expect(throws: GraphError.self) { try step.outputTypes(for: [type, type, type]) }
    }

    @Test("elements are put into any order, with constants between them")
    func rearrangement() throws {
        let rows = try OperatorBench.rows([[1, 2, 3], [4, 5, 6]]) { input, output in
            RearrangeOperator(
                operands: [
                    OperatorBench.operand(input, width: 3),
                    OperatorBench.operand(TensorConstant([0.5])),
                ],
                output: output,
                sources: [(0, 2), (1, 0), (0, 0), (0, 1), (0, 0)]
            )
        }
        #expect(rows == [[3, 0.5, 1, 2, 1], [6, 0.5, 4, 5, 4]])
    }

    @Test("a place that is not there is refused")
    func rearrangementOutside() {
        for place in [-1, 3] {
            let step = RearrangeOperator(
                operands: [OperatorBench.operand(.features, width: 3)],
                output: TensorID(1),
                sources: [(0, place)]
            )
            #expect(throws: GraphError.self) {
                try step.outputTypes(for: [TensorType(.double, [3])])
            }
        }
    }

    @Test("positions that differ from row to row pick elements, negative ones from the end")
    func picking() throws {
        let rows = try OperatorBench.rows([[0], [2], [-1], [3], [-4]], as: .int64) {
            input,
            output in
            PickOperator(
                data: OperatorBench.operand(TensorConstant([1.5, 2.5, 3.5])),
                index: OperatorBench.operand(input, .int64, width: 1),
                output: output,
                bases: [0],
                stride: 1,
                extent: 3
            )
        }
        #expect(rows[0..<3] == [[1.5], [3.5], [3.5]])
        #expect(rows[3][0].isNaN && rows[4][0].isNaN)
    }

    @Test("a table that is picked from must be there as far as positions reach")
    func pickingOutside() {
        let step = PickOperator(
            data: OperatorBench.operand(TensorConstant([1.5, 2.5, 3.5])),
            index: OperatorBench.operand(.features, .int64, width: 1),
            output: TensorID(1),
            bases: [1],
            stride: 1,
            extent: 3
        )
        #expect(throws: GraphError.self) { try step.outputTypes(for: [TensorType(.int64, [1])]) }
    }

    @Test("a table has an answer for each key, NaN among them, and one for all others")
    func translation() throws {
        let rows = try OperatorBench.rows([[1], [-0.0], [.nan], [7]]) { input, output in
            try TranslateOperator(
                input: input,
                output: output,
                width: 1,
                keys: TensorConstant([1.0, 0, .nan, 1]),
                values: TensorConstant([Int64(10), 20, 30, 99]),
                fallback: TensorConstant([Int64(-5)])
            )
        }
        #expect(rows == [[10], [20], [30], [-5]])
    }

    @Test("keys and values that do not belong together are refused")
    func translationRefused() {
        #expect(throws: GraphError.self) {
            try TranslateOperator(
                input: .features,
                output: TensorID(1),
                width: 1,
                keys: TensorConstant([1.0]),
                values: TensorConstant([1.0, 2]),
                fallback: TensorConstant([1.0])
            )
        }
        #expect(throws: GraphError.self) {
            try TranslateOperator(
                input: .features,
                output: TensorID(1),
                width: 1,
                keys: TensorConstant([1.0]),
                values: TensorConstant([1.0]),
                fallback: TensorConstant([Int64(1)])
            )
        }
    }

    @Test(
        "numbers are cut off as x86 processors do it",
        arguments: [
            (64, true, [1.9, -1.9, 0x1p63, .nan], [1.0, -1, -0x1p63, -0x1p63]),
            (32, true, [1.9, -1.9, 0x1p31, .nan], [1, -1, -0x1p31, -0x1p31]),
            (8, false, [255, 256, 257.5, -1], [255, 0, 1, 255]),
            (8, true, [127, 128, -129, 0.5], [127, -128, 127, 0]),
        ]
    )
    func truncation(bits: Int, isSigned: Bool, given: [Double], answers: [Double]) throws {
        let rows = try OperatorBench.rows([given]) { input, output in
            TruncateOperator(
                input: input,
                output: output,
                width: given.count,
                element: .double,
                bits: bits,
                isSigned: isSigned
            )
        }
        #expect(rows == [answers])
    }

    @Test("constants are what they were made of, in whichever kind they are asked for")
    func constantsAsNumbers() {
        #expect(TensorConstant([1.5, -2]).integers == [1, -2])
        #expect(TensorConstant([Float(1.5)]).doubles == [1.5])
        #expect(TensorConstant(codes: [3, -1]).doubles == [3, -1])
        #expect(TensorConstant([Double.nan, 1e300]).integers == [0, 0])
        #expect(TensorConstant([Int64]()).integers.isEmpty)
    }

    @Test("what reads rows is no constant")
    func foldingOfRows() {
        let step = PairwiseOperator(
            .add,
            OperatorBench.operand(.features, width: 1),
            OperatorBench.operand(TensorConstant([1.0])),
            output: TensorID(1),
            width: 1
        )
        let types = [TensorType(.double, [1]), TensorType(.double, [1])]
        #expect(throws: GraphError.invalidGraph(reason: "a constant depends on rows")) {
            try ConstantFolding.evaluate([step], types: types, wanted: [TensorID(1)])
        }
    }

    @Test("operators over constants alone are computed at once")
    func folding() throws {
        let step = PairwiseOperator(
            .add,
            OperatorBench.operand(TensorConstant([1.0, 2])),
            OperatorBench.operand(TensorConstant([0.5])),
            output: TensorID(1),
            width: 2
        )
        let types = [TensorType(.double, [1]), TensorType(.double, [2])]
        let made = try ConstantFolding.evaluate([step], types: types, wanted: [TensorID(1)])
        #expect(made.map(\.doubles) == [[1.5, 2.5]])
    }
}
