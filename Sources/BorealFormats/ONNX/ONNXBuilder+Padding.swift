import BorealGraph

extension ONNXBuilder {
    /// `Pad`: more at the ends of axes, or less where a number is negative.
    mutating func pad(_ node: ONNXNode) throws(FormatError) -> ONNXValue {
        let value = try input(node, 0)
        let ends = try padding(node, rank: value.rank)
        guard value.rowAxis.map({ ends[$0] == (0, 0) }) ?? true else {
            throw node.unsupported("it adds rows")
        }
        let mode = node.string("mode", default: "constant")
        var shape: [Int] = []
        var sources: [[Int]] = []
        for (axis, extent) in value.shape.enumerated() {
            let count = extent + ends[axis].before + ends[axis].after
            guard count >= 0, count <= FormatLimits.onnxElementsMax else {
                throw node.malformed("\(count) elements along axis \(axis)")
            }
            shape.append(count)
            sources.append(
                try (0..<count).map { place throws(FormatError) in
                    try Self.source(place - ends[axis].before, extent, mode, node)
                }
            )
        }
        try spend(try elementCount(shape, node), node)
        return try spread(value, shape, sources, try filler(node, value.type), node)
    }

    /// What stands before and behind each axis.
    private func padding(
        _ node: ONNXNode,
        rank: Int
    ) throws(FormatError) -> [(before: Int, after: Int)] {
        var numbers = node.integers("pads")
        if numbers.isEmpty { numbers = node.integers("paddings") }
        if numbers.isEmpty { numbers = try integers(try input(node, 1), node) }
        var axes = Array(0..<rank)
        if let given = try optionalInput(node, 3) {
            axes = try integers(given, node).map { number throws(FormatError) in
                try axis(Int(number), rank: rank, node)
            }
        }
        guard numbers.count == 2 * axes.count, Set(axes).count == axes.count,
            numbers.allSatisfy({ abs($0) <= FormatLimits.onnxElementsMax })
        else { throw node.malformed("\(numbers.count) paddings of \(axes.count) axes") }
        var ends = Array(repeating: (before: 0, after: 0), count: rank)
        for (place, axis) in axes.enumerated() {
            ends[axis] = (Int(numbers[place]), Int(numbers[axes.count + place]))
        }
        return ends
    }

    /// The value that constant padding has: 0 unless it is told.
    private func filler(_ node: ONNXNode, _ type: ONNXType) throws(FormatError) -> ONNXValue {
        if let given = try optionalInput(node, 2) {
            guard given.width == 1, given.type == type, given.constant != nil else {
                throw node.unsupported("a filling that depends on rows")
            }
            return given
        }
        guard type != .string else { throw node.malformed("no filling for text") }
        return constant([Double(try node.float("value", default: 0))], [], type)
    }

    /// The place along an axis that a place within or beyond its ends repeats; -1 for the filling.
    private static func source(
        _ place: Int,
        _ extent: Int,
        _ mode: String,
        _ node: ONNXNode
    ) throws(FormatError) -> Int {
        if place >= 0, place < extent { return place }
        switch mode {
        case "constant": return -1
        case "edge" where extent > 0: return place < 0 ? 0 : extent - 1
        case "reflect":
            let turned = place < 0 ? -place : 2 * (extent - 1) - place
            guard turned >= 0, turned < extent else {
                throw node.malformed("a reflection of more than there is")
            }
            return turned
        case "wrap" where extent > 0: return (place % extent + extent) % extent
        default: throw node.unsupported("mode '\(mode)'")
        }
    }

    /// Elements from where `sources` says along each axis; runs of the filling stay together.
    private mutating func spread(
        _ value: ONNXValue,
        _ shape: [Int],
        _ sources: [[Int]],
        _ filler: ONNXValue,
        _ node: ONNXNode
    ) throws(FormatError) -> ONNXValue {
        let strides = Self.strides(of: value.shape)
        var places = [0]
        for axis in shape.indices {
            places = places.flatMap { start in
                sources[axis].map { $0 < 0 || start < 0 ? -1 : start + $0 * strides[axis] }
            }
        }
        var run = 0
        var longest = 0
        var elements: [(operand: Int, place: Int)] = []
        elements.reserveCapacity(places.count)
        for place in places {
            run = place < 0 ? run + 1 : 0
            longest = max(longest, run)
            elements.append(place < 0 ? (1, run - 1) : (0, place))
        }
        var operands = [operand(value)]
        if longest > 0 {
            try spend(longest, node)
            let number = filler.constant?.doubles.first ?? 0
            let numbers = Array(repeating: number, count: longest)
            operands.append(operand(constant(numbers, [longest], value.type)))
        }
        let output = nextTensor()
        try append(
            RearrangeOperator(operands: operands, output: output, sources: elements),
            node
        )
        return made(value.type, shape, value.rowAxis, at: output)
    }
}
