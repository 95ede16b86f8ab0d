/// Reads the messages of an ONNX file: model, graph, nodes, attributes.
///
/// Only the levels that are known are entered, so that the depth of a file does not matter: the
/// graph of a node is read, a graph within that is noted and skipped.
struct ONNXReader {
    let bytes: [UInt8]
    /// True within a graph that stands in a node.
    var isInner = false

    /// - Throws: `FormatError.malformed`, `.unsupportedFormat`, `.tooLarge`.
    func read() throws(FormatError) -> ONNXModel {
        var model = ONNXModel()
        var graph: Range<Int>?
        var reader = ProtobufReader(bytes, 0..<bytes.count)
        while let field = try reader.next() {
            switch field.number {
            case 1: model.irVersion = try field.integer()
            case 2: model.producer = try field.string(bytes)
            case 7: graph = try field.range()
            case 8: try readOperatorSet(try field.range(), into: &model)
            default: break
            }
        }
        guard let graph else { throw .notAModel(.onnx, found: "no graph") }
        model.graph = try readGraph(graph)
        return model
    }

    /// `OperatorSetIdProto`; of equal domains the greatest version counts.
    private func readOperatorSet(
        _ range: Range<Int>,
        into model: inout ONNXModel
    ) throws(FormatError) {
        var domain = ""
        var version: Int64 = 1
        var reader = ProtobufReader(bytes, range)
        while let field = try reader.next() {
            switch field.number {
            case 1: domain = Self.domain(try field.string(bytes))
            case 2: version = try field.integer()
            default: break
            }
        }
        model.operatorSets[domain] = max(version, model.operatorSets[domain] ?? 0)
    }

    /// The long name of the standard domain is its short one.
    private static func domain(_ name: String) -> String { name == "ai.onnx" ? "" : name }

    /// `GraphProto`: nodes and constants in the order of the file.
    private func readGraph(_ range: Range<Int>) throws(FormatError) -> ONNXFileGraph {
        var graph = ONNXFileGraph()
        var reader = ProtobufReader(bytes, range)
        while let field = try reader.next() {
            switch field.number {
            case 1:
                var node = try readNode(try field.range(), offset: field.offset)
                node.index = graph.nodes.count
                graph.nodes.append(node)
            case 2: graph.name = try field.string(bytes)
            case 5:
                let tensor = ONNXConstantReader(bytes: bytes, offset: field.offset)
                graph.constants.append(try tensor.read(try field.range()))
            case 11: graph.inputs.append(try readValue(try field.range(), field.offset))
            case 12: graph.outputs.append(try readValue(try field.range(), field.offset))
            case 15: throw .unsupportedFormat(.onnx, detail: "sparse initializers")
            default: break
            }
        }
        return graph
    }

    /// `NodeProto`; an attribute that stands twice is refused, for readers differ in which they
    /// take.
    private func readNode(_ range: Range<Int>, offset: Int) throws(FormatError) -> ONNXNode {
        var node = ONNXNode()
        node.offset = offset
        var reader = ProtobufReader(bytes, range)
        while let field = try reader.next() {
            switch field.number {
            case 1: node.inputs.append(try field.string(bytes))
            case 2: node.outputs.append(try field.string(bytes))
            case 3: node.name = try field.string(bytes)
            case 4: node.operation = try field.string(bytes)
            case 5:
                let (name, attribute) = try readAttribute(try field.range())
                guard node.attributes.updateValue(attribute, forKey: name) == nil else {
                    throw .malformed(.onnx, offset: field.offset, reason: "'\(name)' stands twice")
                }
            case 7: node.domain = Self.domain(try field.string(bytes))
            default: break
            }
        }
        return node
    }

    /// `AttributeProto`.
    private func readAttribute(
        _ range: Range<Int>
    ) throws(FormatError) -> (String, ONNXNodeAttribute) {
        var name = ""
        var attribute = ONNXNodeAttribute()
        var reader = ProtobufReader(bytes, range)
        while let field = try reader.next() {
            switch field.number {
            case 1: name = try field.string(bytes)
            case 2: attribute.float = try field.float()
            case 3: attribute.integer = try field.integer()
            case 4: attribute.string = try field.string(bytes)
            case 5:
                let tensor = ONNXConstantReader(bytes: bytes, offset: field.offset)
                attribute.tensor = try tensor.read(try field.range())
            case 7: try field.appendFloats(bytes, to: &attribute.floats)
            case 8: try field.appendIntegers(bytes, to: &attribute.integers)
            case 9: attribute.strings.append(try field.string(bytes))
            case 20: attribute.kind = try field.integer()
            case 6 where !isInner:
                let inner = ONNXReader(bytes: bytes, isInner: true)
                attribute.graphs.append(try inner.readGraph(try field.range()))
            case 6, 10, 11, 14, 15, 21, 22, 23: attribute.isForeign = true
            default: break
            }
        }
        return (name, attribute)
    }

    /// `ValueInfoProto`.
    private func readValue(_ range: Range<Int>, _ offset: Int) throws(FormatError) -> ONNXValueInfo
    {
        var value = ONNXValueInfo(offset: offset)
        var reader = ProtobufReader(bytes, range)
        while let field = try reader.next() {
            switch field.number {
            case 1: value.name = try field.string(bytes)
            case 2: value.kind = try readType(try field.range())
            default: break
            }
        }
        return value
    }

    /// `TypeProto`: a tensor, a map, or a list of maps.
    private func readType(_ range: Range<Int>) throws(FormatError) -> ONNXValueInfo.Kind {
        var kind = ONNXValueInfo.Kind.unknown
        var reader = ProtobufReader(bytes, range)
        while let field = try reader.next() {
            switch field.number {
            case 1: kind = try readTensorType(try field.range())
            case 4: kind = .list
            case 5:
                var map = ProtobufReader(bytes, try field.range())
                while let part = try map.next() {
                    if part.number == 1 { kind = .map(key: try type(part)) }
                }
            default: break
            }
        }
        return kind
    }

    /// An element type that operators here know.
    private func type(_ field: ProtobufReader.Field) throws(FormatError) -> ONNXType {
        let code = try field.integer()
        guard let type = ONNXType(rawValue: code) else {
            throw .unsupportedFormat(.onnx, detail: "elements of type \(code)")
        }
        return type
    }

    /// `TypeProto.Tensor`: the type of elements, and a shape of dimensions.
    private func readTensorType(_ range: Range<Int>) throws(FormatError) -> ONNXValueInfo.Kind {
        var element = ONNXType.float
        var extents: [Int?]?
        var reader = ProtobufReader(bytes, range)
        while let field = try reader.next() {
            switch field.number {
            case 1: element = try type(field)
            case 2:
                var found: [Int?] = []
                var shape = ProtobufReader(bytes, try field.range())
                while let dimension = try shape.next() {
                    guard dimension.number == 1 else { continue }
                    found.append(try readExtent(try dimension.range()))
                }
                extents = found
            default: break
            }
        }
        return .tensor(element, extents)
    }

    /// `TensorShapeProto.Dimension`: a number above 0, else it counts as unknown.
    private func readExtent(_ range: Range<Int>) throws(FormatError) -> Int? {
        var extent: Int?
        var reader = ProtobufReader(bytes, range)
        while let field = try reader.next() {
            if field.number == 1 { extent = Int(exactly: try field.integer()) }
        }
        return extent.flatMap { $0 > 0 ? $0 : nil }
    }
}
