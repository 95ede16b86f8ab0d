import BorealBase

/// The elements of a tensor.
enum ONNXTensor {
    case doubles([Double])
    /// Doubles that are made twice and never held.
    case madeDoubles(ProtobufNumbers<Double>)
    case integers([Int])
    case strings([String])
    case bytes([UInt8])
    case booleans([Bool])

    var count: Int {
        switch self {
        case .doubles(let values): values.count
        case .madeDoubles(let numbers): numbers.count
        case .integers(let values): values.count
        case .strings(let values): values.count
        case .bytes(let values): values.count
        case .booleans(let values): values.count
        }
    }
}

/// An attribute of a node.
enum ONNXAttribute {
    case integer(String, Int)
    case integers(String, ProtobufNumbers<Int>)
    case tensor(String, ONNXTensor)
}

/// A graph while it is made, and the model file around it (`onnx.proto`).
struct ONNXGraph {
    /// Element types, by their numbers in `TensorProto.DataType`.
    enum Element: Int {
        case byte = 2
        case integer = 7
        case boolean = 9
        case string = 8
        case double = 11
    }

    private var nodes: [ProtobufWriter] = []
    private var constants: [ProtobufWriter] = []
    private var inputs: [ProtobufWriter] = []
    private var outputs: [ProtobufWriter] = []
    private var names = 0

    private mutating func newName() -> String {
        names += 1
        return "value_\(names)"
    }

    /// Adds a node; the name of its one output.
    @discardableResult
    mutating func node(
        _ type: String,
        domain: String = "",
        _ inputs: [String],
        _ attributes: [ONNXAttribute] = [],
        into output: String? = nil
    ) -> String {
        let output = output ?? newName()
        var node = ProtobufWriter()
        for input in inputs { node.put(1, input) }
        node.put(2, output)
        node.put(3, "node_\(nodes.count)")
        node.put(4, type)
        for attribute in attributes { node.put(5) { Self.write(attribute, into: &$0) } }
        if !domain.isEmpty { node.put(7, domain) }
        nodes.append(node)
        return output
    }

    private static func write(_ attribute: ONNXAttribute, into writer: inout ProtobufWriter) {
        switch attribute {
        case .integer(let name, let value):
            writer.put(1, name)
            writer.put(3, value)
            writer.put(20, 2)
        case .integers(let name, let values):
            writer.put(1, name)
            writer.put(8, packed: values)
            writer.put(20, 7)
        case .tensor(let name, let tensor):
            writer.put(1, name)
            writer.put(5) { write(tensor, dimensions: [tensor.count], name: nil, into: &$0) }
            writer.put(20, 4)
        }
    }

    private static func write(
        _ tensor: ONNXTensor,
        dimensions: [Int],
        name: String?,
        into writer: inout ProtobufWriter
    ) {
        if !dimensions.isEmpty { writer.put(1, packed: dimensions) }
        switch tensor {
        case .doubles(let values):
            writer.put(2, Element.double.rawValue)
            if let name { writer.put(8, name) }
            writer.put(9, raw: ProtobufNumbers(values))
        case .madeDoubles(let numbers):
            writer.put(2, Element.double.rawValue)
            if let name { writer.put(8, name) }
            writer.put(9, raw: numbers)
        case .integers(let values):
            writer.put(2, Element.integer.rawValue)
            if let name { writer.put(8, name) }
            writer.put(
                9,
                bytes: values.flatMap { littleEndian(UInt64(bitPattern: Int64($0))) }
            )
        case .bytes(let values):
            writer.put(2, Element.byte.rawValue)
            if let name { writer.put(8, name) }
            writer.put(9, bytes: values)
        case .booleans(let values):
            writer.put(2, Element.boolean.rawValue)
            if let name { writer.put(8, name) }
            writer.put(9, bytes: values.map { $0 ? 1 : 0 })
        case .strings(let values):
            writer.put(2, Element.string.rawValue)
            for value in values { writer.put(6, value) }
            if let name { writer.put(8, name) }
        }
    }

    private static func littleEndian(_ bits: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) }
    }

    /// Adds a constant; its name.
    mutating func constant(_ tensor: ONNXTensor, dimensions: [Int]) -> String {
        let name = newName()
        var writer = ProtobufWriter()
        Self.write(tensor, dimensions: dimensions, name: name, into: &writer)
        constants.append(writer)
        return name
    }

    /// Adds a number; its name.
    mutating func scalar(_ value: Double) -> String { constant(.doubles([value]), dimensions: []) }

    /// Declares an input of rows x width.
    mutating func addInput(_ name: String, type: Element, width: Int) {
        inputs.append(Self.declaration(name, type, width))
    }

    /// Declares an output of rows x width, or of rows alone.
    mutating func addOutput(_ name: String, type: Element, width: Int?) {
        outputs.append(Self.declaration(name, type, width))
    }

    private static func declaration(_ name: String, _ type: Element, _ width: Int?)
        -> ProtobufWriter
    {
        var writer = ProtobufWriter()
        writer.put(1, name)
        writer.put(2) { value in
            value.put(1) { tensor in
                tensor.put(1, type.rawValue)
                tensor.put(2) { shape in
                    shape.put(1) { $0.put(2, "N") }
                    if let width { shape.put(1) { $0.put(1, width) } }
                }
            }
        }
        return writer
    }

    /// The file: IR version 10, `ai.onnx` 17 and `ai.onnx.ml` 5.
    func model() -> ProtobufWriter {
        var model = ProtobufWriter()
        model.put(1, 10)
        model.put(2, "Boreal")
        model.put(3, ProductVersion.text)
        model.put(7) { graph in
            for node in nodes { graph.put(1, message: node) }
            graph.put(2, "model")
            for constant in constants { graph.put(5, message: constant) }
            for input in inputs { graph.put(11, message: input) }
            for output in outputs { graph.put(12, message: output) }
        }
        for (domain, version) in [("", 17), ("ai.onnx.ml", 5)] {
            model.put(8) { set in
                set.put(1, domain)
                set.put(2, version)
            }
        }
        return model
    }
}
