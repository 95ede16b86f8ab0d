import Foundation
import Testing

@testable import BorealGraph

@Suite struct BlockOperatorTests {
    private func reduce(
        _ reduction: Reduction,
        _ row: [Double],
        as element: TensorElement = .double,
        _ block: TensorBlock? = nil
    ) throws -> [Double] {
        try OperatorBench.rows([row], as: element) { input, output in
            ReduceOperator(
                reduction,
                input: input,
                output: output,
                shape: block ?? TensorBlock(outer: 1, count: row.count, inner: 1),
                element: element
            )
        }[0]
    }

    @Test(
        "many numbers become one",
        arguments: [
            (Reduction.sum, 6.0), (.mean, 2), (.product, 6), (.minimum, 1), (.maximum, 3),
            (.absoluteSum, 6), (.squareSum, 14), (.norm, 14.0.squareRoot()),
            (.logarithmOfSum, log(6.0)),
            (.logarithmOfExponentials, log(exp(1.0) + exp(2.0) + exp(3.0))),
        ]
    )
    func reductions(reduction: Reduction, answer: Double) throws {
        let got = try reduce(reduction, [1, 3, 2])[0]
        #expect(abs(got - answer) < 1e-12)
        let single = try reduce(reduction, [1, 3, 2], as: .float)[0]
        #expect(abs(single - answer) < 1e-6)
    }

    @Test(
        "many whole numbers become a whole one",
        arguments: [
            (Reduction.sum, 0.0), (.mean, 0), (.product, -6), (.minimum, -3), (.maximum, 2),
            (.absoluteSum, 6), (.squareSum, 14), (.norm, 3),
        ]
    )
    func wholeReductions(reduction: Reduction, answer: Double) throws {
        #expect(try reduce(reduction, [1, -3, 2], as: .int64) == [answer])
    }

    @Test("the middle extent is what goes")
    func middleExtent() throws {
        let row = (1...12).map { Double($0) }
        let block = TensorBlock(outer: 2, count: 3, inner: 2)
        #expect(try reduce(.sum, row, block) == [9, 12, 27, 30])
        #expect(try reduce(.maximum, row, block) == [5, 6, 11, 12])
    }

    @Test("NaN wins over the least and the greatest")
    func missingReductions() throws {
        #expect(try reduce(.minimum, [1, .nan, 3])[0].isNaN)
        #expect(try reduce(.maximum, [.nan, 1])[0].isNaN)
    }

    @Test("great numbers do not overflow in the logarithm of exponentials")
    func greatExponentials() throws {
        let got = try reduce(.logarithmOfExponentials, [1_000, 1_000])[0]
        #expect(abs(got - 1_000 - log(2.0)) < 1e-9)
        #expect(try reduce(.logarithmOfExponentials, [-.infinity])[0] == -.infinity)
    }

    private func softmax(
        _ form: SoftmaxOperator.Form,
        _ row: [Double],
        _ block: TensorBlock,
        as element: TensorElement = .double
    ) throws -> [Double] {
        try OperatorBench.rows([row], as: element) { input, output in
            SoftmaxOperator(form, input: input, output: output, shape: block, element: element)
        }[0]
    }

    @Test("shares add up to one along the middle extent")
    func shares() throws {
        let row = [0.0, 5, 1, 6, 2, 7]
        for element in [TensorElement.double, .float] {
            let block = TensorBlock(outer: 1, count: 3, inner: 2)
            let got = try softmax(.shares, row, block, as: element)
            #expect(abs(got[0] + got[2] + got[4] - 1) < 1e-6)
            #expect(abs(got[1] - got[0]) < 1e-6)
            #expect(got[4] > got[2] && got[2] > got[0])
        }
    }

    @Test("logarithms of shares are the logarithms of the shares")
    func logarithms() throws {
        let block = TensorBlock(outer: 1, count: 3, inner: 1)
        let shares = try softmax(.shares, [1, 2, 4], block)
        let got = try softmax(.logarithms, [1, 2, 4], block)
        for (a, b) in zip(got, shares) { #expect(abs(a - log(b)) < 1e-12) }
    }

    @Test("the hard form marks the first greatest")
    func hard() throws {
        let block = TensorBlock(outer: 2, count: 3, inner: 1)
        #expect(try softmax(.hard, [1, 4, 4, 9, 1, 9], block) == [0, 1, 0, 1, 0, 0])
    }

    @Test("shares of great numbers are numbers")
    func greatShares() throws {
        let block = TensorBlock(outer: 1, count: 2, inner: 1)
        #expect(try softmax(.shares, [1e308, 0], block) == [1, 0])
    }

    private func extreme(
        _ row: [Double],
        isGreatest: Bool,
        takesLast: Bool,
        _ block: TensorBlock,
        as element: TensorElement = .double
    ) throws -> [Double] {
        try OperatorBench.rows([row], as: element) { input, output in
            ExtremePlaceOperator(
                input: input,
                output: output,
                shape: block,
                element: element,
                isGreatest: isGreatest,
                takesLast: takesLast
            )
        }[0]
    }

    @Test("of equal extremes the first or the last is found")
    func extremes() throws {
        let block = TensorBlock(outer: 1, count: 5, inner: 1)
        let row = [3.0, 1, 3, 1, 2]
        for element in [TensorElement.double, .float, .int64] {
            let places = try [(true, false), (true, true), (false, false), (false, true)].map {
                try extreme(row, isGreatest: $0.0, takesLast: $0.1, block, as: element)[0]
            }
            #expect(places == [0, 2, 1, 3])
        }
    }

    @Test("positions are along the middle extent")
    func extremesInside() throws {
        let block = TensorBlock(outer: 1, count: 3, inner: 2)
        let got = try extreme([1, 9, 5, 2, 3, 4], isGreatest: true, takesLast: false, block)
        #expect(got == [1, 0])
    }

    @Test("nothing has no extreme")
    func noExtreme() {
        let step = ExtremePlaceOperator(
            input: .features,
            output: TensorID(1),
            shape: TensorBlock(outer: 1, count: 0, inner: 1),
            element: .double,
            isGreatest: true,
            takesLast: false
        )
        #expect(throws: GraphError.self) { try step.outputTypes(for: [TensorType(.double, [0])]) }
    }

    private func top(_ row: [Double], kept: Int, isGreatest: Bool) throws -> [[Double]] {
        try (0...1).map { output in
            try OperatorBench.rows([row], output: output) { input, first in
                TopOperator(
                    input: input,
                    values: first,
                    places: TensorID(first.index + 1),
                    shape: TensorBlock(outer: 1, count: row.count, inner: 1),
                    element: .double,
                    kept: kept,
                    isGreatest: isGreatest
                )
            }[0]
        }
    }

    @Test("the greatest come in order, equal ones as they stood")
    func topValues() throws {
        #expect(try top([2, 5, 1, 5, 4], kept: 3, isGreatest: true) == [[5, 5, 4], [1, 3, 4]])
        #expect(try top([2, 5, 1, 5, 1], kept: 2, isGreatest: false) == [[1, 1], [2, 4]])
        #expect(try top([3, 1, 2], kept: 3, isGreatest: false) == [[1, 2, 3], [1, 2, 0]])
    }

    @Test("more than there are cannot be kept")
    func topTooMany() {
        let step = TopOperator(
            input: .features,
            values: TensorID(1),
            places: TensorID(2),
            shape: TensorBlock(outer: 1, count: 2, inner: 1),
            element: .double,
            kept: 3,
            isGreatest: true
        )
        #expect(throws: GraphError.self) { try step.outputTypes(for: [TensorType(.double, [2])]) }
    }

    @Test(
        "sums run forwards or backwards, with or without the number itself",
        arguments: [
            (false, false, [1.0, 3, 6]), (true, false, [0, 1, 3]), (false, true, [6, 5, 3]),
            (true, true, [5, 3, 0]),
        ]
    )
    func runningSums(isExclusive: Bool, isReversed: Bool, answer: [Double]) throws {
        for element in [TensorElement.double, .float, .int64] {
            let got = try OperatorBench.rows([[1, 2, 3]], as: element) { input, output in
                RunningSumOperator(
                    input: input,
                    output: output,
                    shape: TensorBlock(outer: 1, count: 3, inner: 1),
                    element: element,
                    isExclusive: isExclusive,
                    isReversed: isReversed
                )
            }
            #expect(got == [answer])
        }
    }

    @Test("matrices of a row are multiplied with each other and with constants")
    func matrices() throws {
        let rows = try OperatorBench.rows([[1, 2, 3, 4]]) { input, output in
            MatrixPairOperator(
                OperatorBench.operand(input, width: 4),
                OperatorBench.operand(TensorConstant([1.0, 0, 2, 0, 1, 3])),
                output: output,
                height: 2,
                depth: 2,
                width: 3,
                pairs: [(0, 0)]
            )
        }
        #expect(rows == [[1, 2, 8, 3, 4, 18]])
        let square = try OperatorBench.rows([[1, 2, 3, 4]], as: .float) { input, output in
            MatrixPairOperator(
                OperatorBench.operand(input, .float, width: 4),
                OperatorBench.operand(input, .float, width: 4),
                output: output,
                height: 2,
                depth: 2,
                width: 2,
                pairs: [(0, 0)]
            )
        }
        #expect(square == [[7, 10, 15, 22]])
    }

    @Test("a matrix that is not there is refused")
    func matricesOutside() {
        let step = MatrixPairOperator(
            OperatorBench.operand(.features, width: 4),
            OperatorBench.operand(.features, width: 4),
            output: TensorID(1),
            height: 2,
            depth: 2,
            width: 2,
            pairs: [(0, 1)]
        )
        let type = TensorType(.double, [4])
        #expect(throws: GraphError.self) { try step.outputTypes(for: [type, type]) }
    }
}
