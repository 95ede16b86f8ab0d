import BorealBase

// The memory is written before the value is handed out and never after.
/// The values of the outputs that were asked for, all rows of a batch.
public final class GraphResults: @unchecked Sendable {
    /// The model that answered.
    public let graph: ModelGraph
    /// The outputs, in the order they were asked for.
    public let outputs: [GraphOutput]
    /// Rows answered.
    public let rowCount: Int
    /// Cells whose category training never saw; they counted as missing.
    public let unseenCategories: Int
    /// `[outputs.count]`: elements of a row.
    private let widths: [Int]
    private let elements: [TensorElement]
    let memory: [UnsafeMutableRawPointer]

    init(graph: ModelGraph, outputs: [GraphOutput], rowCount: Int, unseen: Int) throws(GraphError) {
        self.graph = graph
        self.outputs = outputs
        self.rowCount = rowCount
        unseenCategories = unseen
        let types = outputs.map { graph.tensorTypes[$0.tensor.index] }
        widths = types.map { $0.width ?? 0 }
        elements = types.map(\.element)
        var total = 0
        for type in types {
            let row = (type.width ?? 0) * type.element.byteCount
            let (bytes, overflow) = row.multipliedReportingOverflow(by: rowCount)
            guard !overflow, bytes <= GraphLimits.resultBytesMax - total else {
                memory = []
                throw .tooLarge(what: "bytes of results", limit: GraphLimits.resultBytesMax)
            }
            total += bytes
        }
        memory = types.map {
            .allocate(
                byteCount: max(16, ($0.width ?? 0) * $0.element.byteCount * rowCount),
                alignment: 16
            )
        }
    }

    deinit {
        for pointer in memory { pointer.deallocate() }
    }

    /// Bytes of a row of an output.
    func rowBytes(_ output: Int) -> Int { widths[output] * elements[output].byteCount }

    /// Position of the output of a role among `outputs`.
    public func index(of role: GraphOutput.Role) -> Int? { outputs.firstIndex { $0.role == role } }

    /// Elements that a row of the output has.
    public func width(of output: Int) -> Int { widths[output] }

    /// One value as a number, whatever its element type.
    public func double(_ output: Int, row: Int, column: Int = 0) -> Double {
        precondition(row >= 0 && row < rowCount && column >= 0 && column < widths[output])
        return elements[output].double(memory[output], at: row * widths[output] + column)
    }

    /// All values of an output as numbers: `[rowCount * width]`, row by row.
    public func doubles(_ output: Int) -> [Double] {
        let count = rowCount * widths[output]
        if elements[output] == .double {
            let values = memory[output].assumingMemoryBound(to: Double.self)
            return Array(UnsafeBufferPointer(start: values, count: count))
        }
        return (0..<count).map { elements[output].double(memory[output], at: $0) }
    }

    /// True for a value that is none: NaN, and a code that stands for nothing.
    public func isMissing(_ output: Int, row: Int, column: Int = 0) -> Bool {
        let value = double(output, row: row, column: column)
        return elements[output] == .code ? value < 0 : value.isNaN
    }

    /// Appends one value as a client reads it: a class as its label, a number in its shortest
    /// digits.
    public func appendText(_ output: Int, row: Int, column: Int = 0, to text: inout [UInt8]) {
        precondition(row >= 0 && row < rowCount && column >= 0 && column < widths[output])
        let index = row * widths[output] + column
        graph.appendText(of: memory[output], outputs[output], at: index, to: &text)
    }

    /// Appends all values of a row: one as it is, several as a JSON array, missing ones as null.
    public func appendRow(_ output: Int, row: Int, to text: inout [UInt8]) {
        guard widths[output] != 1 else {
            appendText(output, row: row, to: &text)
            return
        }
        let isText = outputs[output].dictionary ?? graph.labels
        text.append(UInt8(ascii: "["))
        for column in 0..<widths[output] {
            if column > 0 { text.append(contentsOf: ", ".utf8) }
            if isMissing(output, row: row, column: column) {
                text.append(contentsOf: "null".utf8)
            } else if elements[output] == .code, case .text? = isText {
                let word = JSON.string(self.text(output, row: row, column: column))
                text.append(contentsOf: word.description.utf8)
            } else {
                appendText(output, row: row, column: column, to: &text)
            }
        }
        text.append(UInt8(ascii: "]"))
    }

    /// One value as a client reads it.
    public func text(_ output: Int, row: Int, column: Int = 0) -> String {
        var text: [UInt8] = []
        appendText(output, row: row, column: column, to: &text)
        return String(decoding: text, as: UTF8.self)
    }
}
