import BorealGraph

extension ONNXBuilder {
    /// Operators that may stand in the body of a scan: those that work element by element, and
    /// reductions of the last axis.
    private static let scanned: Set<String> = [
        "Identity", "Sub", "Add", "Mul", "Div", "Abs", "Pow", "Sqrt", "Max", "Min", "Cast", "Neg",
        "Exp", "Log",
    ]

    /// `Scan` in the one form that converters write: the distances between the rows and the rows of
    /// a constant, one of the two being looked at row by row.
    ///
    /// The body is computed for all pairs at once: what is row by row gets an axis of its own
    /// before the features.
    mutating func scan(_ node: ONNXNode) throws(FormatError) -> [ONNXValue] {
        let attributes = Set(node.attributes.keys).subtracting(["body", "num_scan_inputs"])
        let isPlain = attributes.allSatisfy { name in
            node.integers(name).allSatisfy { $0 == 0 }
        }
        guard let body = node.attributes["body"]?.graphs.first, isPlain, node.inputs.count == 2,
            try node.integer("num_scan_inputs", default: 0) == 1, body.inputs.count == 2,
            body.outputs.count == 2
        else { throw node.unsupported("anything but distances between rows") }
        let (state, item) = (try input(node, 0), try input(node, 1))
        let rows = state.rowAxis == nil ? item : state
        let table = state.rowAxis == nil ? state : item
        guard rows.rowAxis == 0, table.rowAxis == nil, rows.rank == 2, table.rank == 2 else {
            throw node.unsupported("anything but distances between rows")
        }
        let wideRows = rows.reshaped([1, 1, rows.shape[1]], rowAxis: 0)
        let wideTable = table.reshaped([1] + table.shape, rowAxis: nil)
        let outside = values
        values = [:]
        for tensor in body.constants { values[tensor.name] = constant(tensor) }
        values[body.inputs[0].name] = state.rowAxis == nil ? wideTable : wideRows
        values[body.inputs[1].name] = state.rowAxis == nil ? wideRows : wideTable
        for index in try ONNXOrder(body).order() { try addScanned(body.nodes[index]) }
        guard let kept = values[body.outputs[0].name], let result = values[body.outputs[1].name],
            kept.isSame(as: state), result.rowAxis == 0, result.rank == 2
        else { throw node.unsupported("a state that changes from row to row") }
        assert(result.shape[0] == 1, "the rows are an axis of extent 1")
        values = outside
        // What is stacked row by row comes first.
        let isTable = state.rowAxis != nil
        return [
            state, isTable ? result.reshaped([result.width, 1], rowAxis: 1) : result,
        ]
    }

    /// Adds a node of the body of a scan.
    private mutating func addScanned(_ node: ONNXNode) throws(FormatError) {
        if Self.scanned.contains(node.operation) {
            try add(node)
            return
        }
        guard node.domain.isEmpty, let reduction = Self.reductions[node.operation],
            try !node.flag("keepdims", default: true), let axes = try axes(node, input: 1),
            axes == [1] || axes == [-1], let name = node.outputs.first
        else { throw node.unsupported("it stands in a scan") }
        let value = try input(node, 0)
        guard value.rank == 3 else { throw node.unsupported("it stands in a scan") }
        values[name] = try reduce(reduction, value, [2], false, node)
    }
}

extension ONNXValue {
    /// Whether both are the same elements in memory.
    fileprivate func isSame(as other: ONNXValue) -> Bool {
        switch (source, other.source) {
        case (.tensor(let left), .tensor(let right)): left == right
        case (.constant(let left), .constant(let right)): left === right
        default: false
        }
    }
}
