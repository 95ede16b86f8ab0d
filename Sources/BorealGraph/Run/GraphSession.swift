import BorealBase

/// A graph made ready for one caller: memory for its tensors and the steps that the wanted outputs
/// need.
///
/// `runOne` answers one row without allocating. A session belongs to one thread at a time, which is
/// all that makes it Sendable; make one for each statement or thread, they share the graph.
public final class GraphSession: @unchecked Sendable {
    /// The model.
    public let graph: ModelGraph
    /// The outputs this session computes, as asked for.
    public let outputs: [GraphOutput]
    /// Rows that one call of `runChunk` may take.
    public let rowsMax: Int

    private let steps: [any GraphOperator]
    private let pointers: UnsafeMutablePointer<UnsafeMutableRawPointer?>
    private let storage: UnsafeMutableRawPointer

    /// Prepares the outputs of the given roles.
    ///
    /// - Parameter rowsMax: rows of one call; nil for what keeps intermediate tensors in the cache.
    /// - Throws: `GraphError.outputMissing` for a role the graph does not have.
    public convenience init(
        _ graph: ModelGraph,
        roles: [GraphOutput.Role],
        rowsMax: Int? = nil
    ) throws(GraphError) {
        var outputs: [GraphOutput] = []
        for role in roles {
            guard let output = graph.output(role) else { throw .outputMissing(role: role) }
            outputs.append(output)
        }
        self.init(graph, outputs: outputs, rowsMax: rowsMax)
    }

    /// Prepares the given outputs, which must be the graph's own.
    public init(_ graph: ModelGraph, outputs: [GraphOutput], rowsMax: Int? = nil) {
        self.graph = graph
        self.outputs = outputs
        steps = Self.steps(of: graph, for: outputs.map(\.tensor))
        let widths = graph.tensorTypes.map { ($0.width ?? 0) * $0.element.byteCount }
        let made = steps.flatMap(\.outputs)
        let scratch = steps.reduce(16) { $0 + $1.rowScratchBytes }
        let rowBytes = made.reduce(scratch) { $0 + widths[$1.index] }
        let aim = max(1, GraphLimits.chunkBytesAim / rowBytes)
        let rows = rowsMax ?? min(aim, GraphLimits.chunkRowsMax)
        self.rowsMax = rows
        pointers = .allocate(capacity: graph.tensorTypes.count)
        pointers.initialize(repeating: nil, count: graph.tensorTypes.count)
        let sizes = made.map { (widths[$0.index] * rows + 15) & ~15 }
        storage = .allocate(byteCount: max(16, sizes.reduce(0, +)), alignment: 16)
        var offset = 0
        for (tensor, size) in zip(made, sizes) {
            pointers[tensor.index] = storage + offset
            offset += size
        }
    }

    /// Prepares what the model predicts of one row, and nothing else.
    ///
    /// - Returns: nil for a model that predicts nothing, or more than one value.
    public convenience init?(predictingOneRowOf graph: ModelGraph) {
        guard let output = graph.output(.prediction),
            graph.tensorTypes[output.tensor.index].width == 1
        else { return nil }
        self.init(graph, outputs: [output], rowsMax: 1)
    }

    deinit {
        pointers.deallocate()
        storage.deallocate()
    }

    /// The operators that some tensors rest on, in order.
    static func steps(
        of graph: ModelGraph,
        for tensors: [TensorID]
    ) -> [any GraphOperator] {
        var wanted = Set(tensors)
        var steps: [any GraphOperator] = []
        for step in graph.operators.reversed() where !wanted.isDisjoint(with: step.outputs) {
            wanted.formUnion(step.inputs)
            steps.append(step)
        }
        return steps.reversed()
    }

    /// Answers one row of features; read the answer with `double`, `code` or `appendPrediction`.
    ///
    /// - Parameters:
    ///   - features: as many as the graph has inputs, NaN where missing.
    ///   - lists: what the cells of features that are lists stand for.
    @inline(__always)
    public func runOne(_ features: UnsafePointer<Double>, lists: FeatureLists? = nil) {
        runChunk(features, rowCount: 1, lists: lists)
    }

    /// Answers up to `rowsMax` rows, one behind the other.
    ///
    /// - Parameter lists: what the cells of features that are lists stand for.
    public func runChunk(
        _ features: UnsafePointer<Double>,
        rowCount: Int,
        lists: FeatureLists? = nil
    ) {
        precondition(
            rowCount >= 0 && rowCount <= rowsMax,
            "more rows than the session has room for"
        )
        pointers[0] = UnsafeMutableRawPointer(mutating: features)
        let memory = TensorMemory(pointers: pointers, lists: lists)
        for step in steps { step.run(rowCount: rowCount, memory: memory) }
        pointers[0] = nil
    }

    /// The values of an output after a run.
    func memory(of output: Int) -> UnsafeMutableRawPointer? {
        pointers[outputs[output].tensor.index]
    }

    /// One value of an output of the last run, as a number whatever its element type.
    ///
    /// - Parameters:
    ///   - output: position in `outputs`.
    ///   - column: position in the row of the output.
    public func double(output: Int, row: Int = 0, column: Int = 0) -> Double {
        let type = graph.tensorTypes[outputs[output].tensor.index]
        guard let memory = memory(of: output), let width = type.width else { return .nan }
        precondition(
            row >= 0 && row < rowsMax && column >= 0 && column < width,
            "outside the output"
        )
        return type.element.double(memory, at: row * width + column)
    }

    /// True when an output of the last run has no value there: NaN, or a code of nothing.
    ///
    /// - Parameters: as those of `double(output:row:column:)`.
    public func isMissing(output: Int, row: Int = 0, column: Int = 0) -> Bool {
        let value = double(output: output, row: row, column: column)
        let element = graph.tensorTypes[outputs[output].tensor.index].element
        return element == .code ? value < 0 : value.isNaN
    }

    /// Appends what `predicted_results` shows for a row of the last run.
    ///
    /// - Parameter output: position in `outputs` of the output with role `prediction`.
    public func appendPrediction(output: Int, row: Int = 0, to text: inout [UInt8]) {
        let type = graph.tensorTypes[outputs[output].tensor.index]
        guard let memory = memory(of: output) else { return }
        precondition(row >= 0 && row < rowsMax && type.width == 1, "outside the output")
        graph.appendText(of: memory, outputs[output], at: row, to: &text)
    }
}

extension TensorElement {
    /// An element as a Double.
    func double(_ memory: UnsafeMutableRawPointer, at index: Int) -> Double {
        switch self {
        case .double: memory.assumingMemoryBound(to: Double.self)[index]
        case .float: Double(memory.assumingMemoryBound(to: Float.self)[index])
        case .int64: Double(memory.assumingMemoryBound(to: Int64.self)[index])
        case .code: Double(memory.assumingMemoryBound(to: Int32.self)[index])
        }
    }
}

extension ModelGraph {
    /// Appends an element of an output as a client reads it: a code as its label, nothing for one
    /// without a label, a number in the shortest digits that give back the same value of the
    /// model's own output type.
    func appendText(
        of memory: UnsafeMutableRawPointer,
        _ output: GraphOutput,
        at index: Int,
        to text: inout [UInt8]
    ) {
        switch tensorTypes[output.tensor.index].element {
        case .double:
            let value = memory.assumingMemoryBound(to: Double.self)[index]
            text.append(contentsOf: value.description.utf8)
        case .float:
            let value = memory.assumingMemoryBound(to: Float.self)[index]
            text.append(contentsOf: value.description.utf8)
        case .int64:
            let value = memory.assumingMemoryBound(to: Int64.self)[index]
            text.append(contentsOf: String(value).utf8)
        case .code:
            let code = Int(memory.assumingMemoryBound(to: Int32.self)[index])
            if let labels = output.dictionary ?? labels {
                guard code >= 0, code < labels.count else { return }
                text.append(contentsOf: labels.text(at: code).utf8)
            } else {
                text.append(contentsOf: String(code).utf8)
            }
        }
    }
}
