import BorealGraph

/// Values brought to one shape, as element-wise operators want them.
struct ONNXBroadcast {
    /// Extents of the answer; that of the rows is 1.
    var shape: [Int]
    /// The axis of the rows in it; nil when no value has one.
    var rowAxis: Int?
    /// The values in their order, each with an element for every one of the answer.
    var operands: [TensorOperand]

    /// Elements of a row of the answer.
    var width: Int { shape.reduce(1, *) }
}

extension ONNXBuilder {
    /// Aligns the last axes of values and repeats those of extent 1.
    mutating func broadcast(
        _ values: [ONNXValue],
        _ node: ONNXNode
    ) throws(FormatError) -> ONNXBroadcast {
        let rank = values.map(\.rank).max() ?? 0
        var rowAxis: Int?
        for value in values {
            guard let axis = value.rowAxis else { continue }
            let place = axis + rank - value.rank
            guard rowAxis == nil || rowAxis == place else {
                throw node.unsupported("rows stand on different axes")
            }
            rowAxis = place
        }
        let shape = try commonShape(values, rank, rowAxis, node)
        let width = try elementCount(shape, node)
        var operands: [TensorOperand] = []
        for value in values {
            let padded = Array(repeating: 1, count: rank - value.rank) + value.shape
            if padded == shape || value.width == 1 {
                operands.append(operand(value))
                continue
            }
            try spend(width, node)
            operands.append(operand(value, places: Self.places(of: padded, in: shape)))
        }
        return ONNXBroadcast(shape: shape, rowAxis: rowAxis, operands: operands)
    }

    /// The extents that all values fit into: 1 gives way to any other.
    /// Constants may not have several rows, for nobody knows how many rows there will be.
    private func commonShape(
        _ values: [ONNXValue],
        _ rank: Int,
        _ rowAxis: Int?,
        _ node: ONNXNode
    ) throws(FormatError) -> [Int] {
        var shape = Array(repeating: 1, count: rank)
        for value in values {
            for (axis, extent) in value.shape.enumerated() where extent != 1 {
                let place = axis + rank - value.rank
                guard place != rowAxis else {
                    throw node.unsupported("a constant with \(extent) rows")
                }
                guard shape[place] == 1 || shape[place] == extent else {
                    throw node.malformed("extents \(shape[place]) and \(extent) do not fit")
                }
                shape[place] = extent
            }
        }
        return shape
    }

    /// The product of extents, which stays within what tensors may have.
    func elementCount(_ shape: [Int], _ node: ONNXNode) throws(FormatError) -> Int {
        // Extents of 0 count as 1, so that no part of a product overflows either.
        var bound = 1
        for extent in shape {
            let (product, overflow) = bound.multipliedReportingOverflow(by: max(1, extent))
            guard extent >= 0, !overflow, product <= FormatLimits.onnxElementsMax else {
                throw node.tooLarge("elements in its tensors", limit: FormatLimits.onnxElementsMax)
            }
            bound = product
        }
        return shape.reduce(1, *)
    }

    /// For each element of `shape` where in `source`, of the same rank, it comes from.
    static func places(of source: [Int], in shape: [Int]) -> [Int32] {
        assert(source.count == shape.count, "shapes are aligned before")
        var strides = Array(repeating: 0, count: shape.count)
        var stride = 1
        for axis in source.indices.reversed() {
            if source[axis] != 1 { strides[axis] = stride }
            stride *= source[axis]
        }
        return walk(shape, strides: strides).map { Int32(truncatingIfNeeded: $0) }
    }

    /// Positions of all elements of `shape` in order, where a step along an axis is `strides[axis]`
    /// elements.
    static func walk(_ shape: [Int], strides: [Int], start: Int = 0) -> [Int] {
        assert(shape.count == strides.count, "a step for each axis")
        let count = shape.reduce(1, *)
        guard count > 0 else { return [] }
        var result: [Int] = []
        result.reserveCapacity(count)
        result.append(start)
        var counter = Array(repeating: 0, count: shape.count)
        var place = start
        for _ in 1..<max(1, count) {
            var axis = shape.count - 1
            while true {
                counter[axis] += 1
                place += strides[axis]
                if counter[axis] < shape[axis] { break }
                place -= strides[axis] * shape[axis]
                counter[axis] = 0
                axis -= 1
            }
            result.append(place)
        }
        return result
    }

    /// Elements from one to the next along each axis.
    static func strides(of shape: [Int]) -> [Int] {
        var strides = shape
        var stride = 1
        for axis in shape.indices.reversed() {
            strides[axis] = stride
            stride *= shape[axis]
        }
        return strides
    }
}
