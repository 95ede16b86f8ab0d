import BorealBoost
import Glibc
import Testing

@testable import BorealGraph

@Suite("Operators whose windows slide over pictures")
struct WindowOperatorTests {
    /// Numbers between -1 and 1 that look drawn.
    private func numbers(_ count: Int, seed: UInt64) -> [Double] {
        (0..<count).map { index in
            let bits = RandomNumbers.at(UInt64(index), key: seed)
            return Double(Float(Double(bits >> 11) * 0x1p-52 - 1))
        }
    }

    /// A convolution to be tried.
    struct Case: Sendable {
        var groups = 1
        var channels = 1
        var filters = 1
        var vertical = WindowAxis.single
        var horizontal = WindowAxis.single
    }

    /// Every part of a convolution at least once: strides, gaps, edges, groups, long depths, one
    /// line, tiles that are full and that are not.
    static let cases: [Case] = [
        Case(horizontal: WindowAxis(extent: 1, window: 1)),
        Case(channels: 2, filters: 3, horizontal: WindowAxis(extent: 40, window: 5, stride: 3)),
        Case(
            filters: 4,
            vertical: WindowAxis(extent: 8, window: 3, padding: (1, 1)),
            horizontal: WindowAxis(extent: 8, window: 3, padding: (1, 1))
        ),
        Case(
            channels: 4,
            filters: 8,
            vertical: WindowAxis(extent: 8, window: 3, stride: 2),
            horizontal: WindowAxis(extent: 8, window: 3, stride: 2)
        ),
        Case(
            groups: 3,
            channels: 1,
            filters: 2,
            vertical: WindowAxis(extent: 7, window: 2, stride: 2, dilation: 3, padding: (2, 0)),
            horizontal: WindowAxis(extent: 21, window: 4, stride: 3, dilation: 2, padding: (5, 6))
        ),
        Case(
            channels: 31,
            filters: 13,
            vertical: WindowAxis(extent: 5, window: 3, padding: (0, 2)),
            horizontal: WindowAxis(extent: 33, window: 3, padding: (2, 0))
        ),
    ]

    @Test("A convolution is the sum of its products in order, onto the bias", arguments: cases)
    func convolution(_ it: Case) throws {
        let (v, h) = (it.vertical, it.horizontal)
        let (height, width) = (try #require(v.count), try #require(h.count))
        let depth = it.channels * v.window * h.window
        let filters = it.groups * it.filters
        let rowWidth = it.groups * it.channels * v.extent * h.extent
        let rows = (0..<3).map { numbers(rowWidth, seed: UInt64($0 + 1)) }
        let weights = numbers(filters * depth, seed: 9).map { Float($0) }
        let bias = numbers(filters, seed: 10).map { Float($0) }
        for rectifies in [false, true] {
            let answers = try OperatorBench.rows(rows, as: .float) { input, output in
                try ConvolutionOperator(
                    input: input,
                    output: output,
                    workspace: TensorID(output.index + 1),
                    groups: it.groups,
                    channels: it.channels,
                    filters: it.filters,
                    vertical: v,
                    horizontal: h,
                    weights: weights,
                    bias: bias,
                    rectifies: rectifies
                )
            }
            for row in rows.indices {
                #expect(answers[row].count == filters * height * width)
                for index in answers[row].indices {
                    let filter = index / (height * width)
                    let place = (index / width % height, index % width)
                    let picture = rows[row].map { Float($0) }
                    var sum = bias[filter]
                    var k = 0
                    for channel in 0..<it.channels {
                        let all = filter / it.filters * it.channels + channel
                        for i in 0..<v.window {
                            for j in 0..<h.window {
                                let y = place.0 * v.stride + i * v.dilation - v.padding.before
                                let x = place.1 * h.stride + j * h.dilation - h.padding.before
                                let isInside = y >= 0 && y < v.extent && x >= 0 && x < h.extent
                                let number =
                                    isInside ? picture[(all * v.extent + y) * h.extent + x] : 0
                                sum += weights[filter * depth + k] * number
                                k += 1
                            }
                        }
                    }
                    let wanted = rectifies && sum < 0 ? 0 : sum
                    #expect(answers[row][index] == Double(wanted), "row \(row), \(index)")
                }
            }
        }
    }

    @Test(
        "A window without a place, or parts out of reason, is refused",
        arguments: [
            WindowAxis(extent: 2, window: 3), WindowAxis(extent: 5, window: 3, dilation: 3),
            WindowAxis(extent: 0, window: 1), WindowAxis(extent: 5, window: 0),
            WindowAxis(extent: 5, window: 1, stride: 0),
            WindowAxis(extent: 5, window: 1, dilation: -1),
            WindowAxis(extent: 5, window: 1, padding: (-1, 0)),
            WindowAxis(extent: .max, window: 1), WindowAxis(extent: 5, window: .max),
            WindowAxis(extent: 5, window: 1, padding: (0, .max)),
        ]
    )
    func refused(_ axis: WindowAxis) {
        #expect(axis.count == nil)
        #expect(throws: GraphError.self) {
            try ConvolutionOperator(
                input: .features,
                output: TensorID(1),
                workspace: TensorID(2),
                groups: 1,
                channels: 1,
                filters: 1,
                vertical: .single,
                horizontal: axis,
                weights: [1],
                bias: []
            )
        }
        #expect(throws: GraphError.self) {
            try PoolOperator(
                .maximum,
                input: .features,
                output: TensorID(1),
                channels: 1,
                vertical: axis,
                horizontal: .single
            )
        }
    }

    @Test("A convolution whose extents multiply to more than memory is refused, not tried")
    func overflow() {
        let axis = WindowAxis(extent: 1 << 24, window: 1)
        for (groups, channels) in [(1, 1), (Int.max, 2), (1, Int.max), (0, 1), (1, -1)] {
            #expect(throws: GraphError.self) {
                try ConvolutionOperator(
                    input: .features,
                    output: TensorID(1),
                    workspace: TensorID(2),
                    groups: groups,
                    channels: channels,
                    filters: 1,
                    vertical: axis,
                    horizontal: axis,
                    weights: [1],
                    bias: []
                )
            }
        }
    }

    @Test(
        "Windows become their greatest number or their mean",
        arguments: [
            (PoolOperator.Form.maximum, [5.0, 6, 8, 9]), (.mean, [3.0, 4, 6, 7]),
        ]
    )
    func pool(_ form: PoolOperator.Form, _ wanted: [Double]) throws {
        let axis = WindowAxis(extent: 3, window: 2)
        let answers = try OperatorBench.rows([[1, 2, 3, 4, 5, 6, 7, 8, 9]], as: .float) {
            try PoolOperator(
                form,
                input: $0,
                output: $1,
                channels: 1,
                vertical: axis,
                horizontal: axis
            )
        }
        #expect(answers == [wanted])
    }

    @Test(
        "At the edges a mean counts what is there, or the padding as zeros",
        arguments: [
            (PoolOperator.Form.mean, false, [1.0, 2.5]), (.paddedMean, false, [0.5, 2.5]),
            (.mean, true, [1.0, 2.5, 4]), (.paddedMean, true, [0.5, 2.5, 4]),
            (.maximum, true, [1.0, 3, 4]),
        ]
    )
    func edges(_ form: PoolOperator.Form, _ roundsUp: Bool, _ wanted: [Double]) throws {
        let axis = WindowAxis(
            extent: 4,
            window: 2,
            stride: 2,
            padding: (1, 0),
            roundsUp: roundsUp
        )
        let answers = try OperatorBench.rows([[1, 2, 3, 4]], as: .float) {
            try PoolOperator(
                form,
                input: $0,
                output: $1,
                channels: 1,
                vertical: .single,
                horizontal: axis
            )
        }
        #expect(answers == [wanted])
    }

    @Test("NaN is greater than any number")
    func greatestOfNaN() throws {
        let answers = try OperatorBench.rows([[1, .nan, 3], [-.infinity, 2, 1]], as: .float) {
            try PoolOperator(
                .maximum,
                input: $0,
                output: $1,
                channels: 1,
                vertical: .single,
                horizontal: WindowAxis(extent: 3, window: 3)
            )
        }
        #expect(answers[0][0].isNaN)
        #expect(answers[1] == [2])
    }

    @Test(
        "Each channel has a scale and a shift of its own",
        arguments: [TensorElement.float, .double]
    )
    func channels(_ element: TensorElement) throws {
        for (rows, wanted) in [
            ([[1.0, 2, 3, 4]], [[3.0, 5, -29, -39]]),
            ([[1, 2], [3, 4]], [[3, -19], [7, -39]]),
        ] {
            let type = TensorType(element, [rows[0].count])
            let answers = try OperatorBench.rows(rows, as: element) {
                try ChannelScaleOperator(
                    input: $0,
                    output: $1,
                    type: type,
                    scale: [2, -10],
                    shift: [1, 1]
                )
            }
            #expect(answers == wanted)
        }
        #expect(throws: GraphError.self) {
            try ChannelScaleOperator(
                input: .features,
                output: TensorID(1),
                type: TensorType(element, [3]),
                scale: [1, 2],
                shift: [1, 2]
            )
        }
    }

    @Test("Runs get mean 0 and deviation 1", arguments: [TensorElement.float, .double])
    func normalization(_ element: TensorElement) throws {
        let rows = [numbers(22, seed: 4), numbers(22, seed: 5)]
        let answers = try OperatorBench.rows(rows, as: element) {
            try NormalizationOperator(
                input: $0,
                output: $1,
                type: TensorType(element, [22]),
                count: 11,
                epsilon: 1e-5
            )
        }
        for (row, answer) in zip(rows, answers) {
            for run in [0..<11, 11..<22] {
                let mean = row[run].reduce(0, +) / 11
                let square = row[run].reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 11
                for index in run {
                    let wanted = (row[index] - mean) / (square + 1e-5).squareRoot()
                    #expect(abs(answer[index] - wanted) < 1e-6)
                }
            }
        }
    }

    @Test("Activations are those of the C library within some units in the last place")
    func activations() throws {
        let functions: [(NumberFunction, (Double) -> Double)] = [
            (.sigmoid, { 1 / (1 + exp(-$0)) }), (.tanh, { tanh($0) }), (.erf, { erf($0) }),
            (.gelu, { $0 / 2 * (1 + erf($0 / 2.0.squareRoot())) }),
        ]
        let x = (0..<2_003).map { Double(Float($0 - 1_000) / 97) }
        for (function, exact) in functions {
            let type = TensorType(.float, [x.count])
            let answers = try OperatorBench.rows([x], as: .float) {
                MapOperator(input: $0, output: $1, type: type, function: function)
            }
            for (number, answer) in zip(x, answers[0]) {
                let wanted = exact(number)
                #expect(
                    abs(answer - wanted) <= 5e-7 * max(abs(wanted), 1),
                    "\(function) of \(number): \(answer), not \(wanted)"
                )
            }
        }
    }

    @Test(
        "A number's activation does not depend on where it stands",
        arguments: [NumberFunction.sigmoid, .tanh, .erf, .gelu]
    )
    func positions(_ function: NumberFunction) throws {
        let special: [Double] = [.nan, .infinity, -.infinity, 0, 1e-40, 1e30, -1e30]
        let x = special + numbers(30, seed: 3).map { $0 * 5 }
        let type = TensorType(.float, [x.count])
        let together = try OperatorBench.rows([x], as: .float) {
            MapOperator(input: $0, output: $1, type: type, function: function)
        }
        let alone = try OperatorBench.rows(x.map { [$0] }, as: .float) {
            MapOperator(input: $0, output: $1, type: TensorType(.float, [1]), function: function)
        }
        #expect(together[0].map(\.bitPattern) == alone.map(\.[0].bitPattern))
        #expect(together[0][0].isNaN)
    }

    @Test("Shares add up to 1 and are those of the exact numbers", arguments: [1, 10, 16, 37])
    func softmax(_ count: Int) throws {
        let rows = [numbers(count, seed: 1), numbers(count, seed: 2).map { $0 * 80 }]
        let answers = try OperatorBench.rows(rows, as: .float) {
            SoftmaxOperator(
                .shares,
                input: $0,
                output: $1,
                shape: TensorBlock(outer: 1, count: count, inner: 1),
                element: .float
            )
        }
        for (row, answer) in zip(rows, answers) {
            let greatest = row.max() ?? 0
            let sum = row.reduce(0) { $0 + exp($1 - greatest) }
            for (number, share) in zip(row, answer) {
                #expect(abs(share - exp(number - greatest) / sum) < 1e-6)
            }
            #expect(abs(answer.reduce(0, +) - 1) < 1e-6)
        }
    }
}
