import BorealGraph

extension ONNXBuilder {
    /// Operators that take parts of a value.
    mutating func slicing(_ node: ONNXNode) throws(FormatError) -> [ONNXValue]? {
        switch node.operation {
        case "Slice": return [try slice(node)]
        case "Split": return try split(node)
        case "Gather":
            let place = try node.integer("axis", default: 0)
            return [try gather(try input(node, 0), try input(node, 1), along: place, node)]
        case "GatherElements": return [try gatherElements(node)]
        case "GatherND": return [try gatherPoints(node)]
        default: return nil
        }
    }

    /// The elements at `indexes` along an axis.
    mutating func take(
        _ indexes: [Int],
        of value: ONNXValue,
        along axis: Int,
        _ node: ONNXNode
    ) throws(FormatError) -> ONNXValue {
        var shape = value.shape
        shape[axis] = indexes.count
        let block = TensorBlock(value.shape, along: axis)
        try spend(try elementCount(shape, node), node)
        var places: [Int] = []
        for outer in 0..<block.outer {
            for index in indexes {
                let start = (outer * block.count + index) * block.inner
                places += start..<start + block.inner
            }
        }
        return try rearrange(value, places: places, shape: shape, rowAxis: value.rowAxis, node)
    }

    /// Bounds are attributes before version 10 and inputs from then on.
    private mutating func slice(_ node: ONNXNode) throws(FormatError) -> ONNXValue {
        var value = try input(node, 0)
        let isOld = node.attributes["starts"] != nil
        let starts = isOld ? node.integers("starts") : try integers(try input(node, 1), node)
        let ends = isOld ? node.integers("ends") : try integers(try input(node, 2), node)
        let places = try axes(node, input: 3) ?? Array(starts.indices)
        let steps =
            isOld
            ? nil
            : try optionalInput(node, 4).map { value throws(FormatError) in
                try integers(value, node)
            }
        guard starts.count == ends.count, starts.count == places.count,
            steps == nil || steps?.count == starts.count
        else { throw node.malformed("starts, ends, axes and steps of different lengths") }
        for (index, place) in places.enumerated() {
            let axis = try axis(place, rank: value.rank, node)
            let step = steps?[index] ?? 1
            guard step != 0 else { throw node.malformed("a step of 0") }
            if axis == value.rowAxis {
                guard starts[index] == 0, ends[index] >= Int64(Int32.max), step == 1 else {
                    throw node.unsupported("it cuts rows off")
                }
                continue
            }
            let bounds = Self.bounds(starts[index], ends[index], step, value.shape[axis])
            value = try take(Array(bounds), of: value, along: axis, node)
        }
        return value
    }

    /// The positions of a slice of an axis, after the rules of NumPy.
    private static func bounds(
        _ start: Int64,
        _ end: Int64,
        _ step: Int64,
        _ extent: Int
    ) -> StrideTo<Int> {
        let count = Int64(extent)
        func place(_ bound: Int64, _ low: Int64, _ high: Int64) -> Int {
            Int(min(max(bound < 0 ? bound + count : bound, low), high))
        }
        // More than the whole axis at once is all the same.
        let stride = Int(min(max(step, -count - 1), count + 1))
        return step > 0
            ? Swift.stride(from: place(start, 0, count), to: place(end, 0, count), by: stride)
            : Swift.stride(
                from: place(start, -1, count - 1),
                to: end < -count ? -1 : place(end, -1, count - 1),
                by: stride
            )
    }

    /// Sizes are an attribute before version 13 and an input from then on.
    private mutating func split(_ node: ONNXNode) throws(FormatError) -> [ONNXValue] {
        let value = try input(node, 0)
        let axis = try innerAxis(try node.integer("axis", default: 0), of: value, node)
        let extent = value.shape[axis]
        var sizes = node.integers("split").map { Int($0) }
        if let given = try optionalInput(node, 1) {
            sizes = try integers(given, node).map { Int($0) }
        }
        if sizes.isEmpty {
            let count = max(1, node.outputs.count)
            let part = (extent + count - 1) / count
            sizes = (0..<count).map { min(part, max(0, extent - $0 * part)) }
        }
        guard sizes.allSatisfy({ $0 >= 0 && $0 <= extent }), sizes.reduce(0, +) == extent else {
            throw node.malformed("parts \(sizes.prefix(8)) of the extent \(extent)")
        }
        var start = 0
        var parts: [ONNXValue] = []
        for size in sizes {
            parts.append(try take(Array(start..<start + size), of: value, along: axis, node))
            start += size
        }
        return parts
    }

    /// Elements along an axis at positions that are constants or differ from row to row.
    mutating func gather(
        _ data: ONNXValue,
        _ index: ONNXValue,
        along place: Int,
        _ node: ONNXNode
    ) throws(FormatError) -> ONNXValue {
        let axis = try innerAxis(place, of: data, node)
        let index = try convert(index, to: .int64, node)
        let block = TensorBlock(data.shape, along: axis)
        let shape = data.shape[..<axis] + index.shape + data.shape[(axis + 1)...]
        let width = try elementCount(Array(shape), node)
        if index.rowAxis == nil {
            let rowAxis = data.rowAxis.map { $0 < axis ? $0 : $0 + index.rank - 1 }
            let indexes = try self.indexes(index, block.count, node)
            return try take(indexes, of: data, along: axis, node)
                .reshaped(Array(shape), rowAxis: rowAxis)
        }
        guard data.rowAxis == nil else { throw node.unsupported("rows picked by rows") }
        try spend(2 * width, node)
        var bases: [Int32] = []
        var places: [Int32] = []
        for outer in 0..<block.outer {
            for position in 0..<index.width {
                for inner in 0..<block.inner {
                    bases.append(Int32(outer * block.count * block.inner + inner))
                    places.append(Int32(position))
                }
            }
        }
        let output = nextTensor()
        try append(
            PickOperator(
                data: operand(data),
                index: operand(index, places: places),
                output: output,
                bases: bases,
                stride: block.inner,
                extent: block.count
            ),
            node
        )
        var result = made(data.type, Array(shape), index.rowAxis.map { $0 + axis }, at: output)
        if data.rank == 1, index.width == 1 { result.labels = labels(data) }
        return result
    }

    /// The classes that a constant list names.
    func labels(_ value: ONNXValue) -> Labels? {
        guard let constant = value.constant else { return nil }
        if value.type == .string { return .text(constant.integers.map { strings[Int($0)] }) }
        return value.type.isWhole ? .integer(constant.integers) : nil
    }

    /// Constant positions, counted from the front.
    private func indexes(
        _ value: ONNXValue,
        _ extent: Int,
        _ node: ONNXNode
    ) throws(FormatError) -> [Int] {
        var indexes: [Int] = []
        for index in try integers(value, node) {
            let place = index < 0 ? Int(index) + extent : Int(index)
            guard place >= 0, place < extent else {
                throw node.malformed("position \(index) of \(extent)")
            }
            indexes.append(place)
        }
        return indexes
    }

    /// `GatherElements`: one position for each element of the answer, in the row or in a constant.
    private mutating func gatherElements(_ node: ONNXNode) throws(FormatError) -> ONNXValue {
        let (data, index) = (try input(node, 0), try input(node, 1))
        let axis = try innerAxis(try node.integer("axis", default: 0), of: data, node)
        guard index.rank == data.rank, index.type.isWhole,
            data.rowAxis == nil || index.rowAxis == nil || data.rowAxis == index.rowAxis,
            index.shape.indices.allSatisfy({
                $0 == axis || index.shape[$0] <= data.shape[$0]
            })
        else { throw node.malformed("shapes do not fit") }
        let strides = Self.strides(of: data.shape)
        var steps = strides
        steps[axis] = 0
        try spend(index.width, node)
        let bases = Self.walk(index.shape, strides: steps).map { Int32(truncatingIfNeeded: $0) }
        let output = nextTensor()
        try append(
            PickOperator(
                data: operand(data),
                index: operand(index),
                output: output,
                bases: bases,
                stride: strides[axis],
                extent: data.shape[axis]
            ),
            node
        )
        return made(data.type, index.shape, data.rowAxis ?? index.rowAxis, at: output)
    }

    /// Elements or slices at constant points of a constant, or of each row.
    private mutating func gatherPoints(_ node: ONNXNode) throws(FormatError) -> ONNXValue {
        let (data, index) = (try input(node, 0), try input(node, 1))
        let shared = try node.integer("batch_dims", default: 0)
        guard index.rowAxis == nil, data.rowAxis == nil, shared == 0, let depth = index.shape.last,
            depth <= data.rank
        else { throw node.unsupported("points that differ from row to row") }
        let points = try integers(index, node)
        let strides = Self.strides(of: data.shape)
        let inner = data.shape[depth...].reduce(1, *)
        let count = depth == 0 ? index.width : points.count / depth
        try spend(count * inner, node)
        var places: [Int] = []
        for point in 0..<count {
            var start = 0
            for axis in 0..<depth {
                let number = points[point * depth + axis]
                let place = number < 0 ? Int(number) + data.shape[axis] : Int(number)
                guard place >= 0, place < data.shape[axis] else {
                    throw node.malformed("position \(number) of \(data.shape[axis])")
                }
                start += place * strides[axis]
            }
            places += start..<start + inner
        }
        let shape = Array(index.shape.dropLast()) + data.shape[depth...]
        return try rearrange(data, places: places, shape: shape, rowAxis: nil, node)
    }
}
