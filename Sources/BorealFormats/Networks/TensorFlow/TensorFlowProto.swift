import BorealBase

/// A constant of an attribute or of a node.
struct TensorFlowAttribute {
    /// Text or bytes.
    var text: String?
    /// One whole number.
    var integer: Int64?
    /// One number.
    var number: Float?
    /// Yes or no.
    var flag: Bool?
    /// An element type.
    var type: Int64?
    /// Extents, -1 for unknown ones; nil when the rank is unknown.
    var shape: [Int]?
    /// A constant; nil for one of text.
    var tensor: ONNXConstant?
    /// A list of whole numbers.
    var integers: [Int64] = []
    /// Name of a function.
    var function: String?
}

/// One use of an operation.
struct TensorFlowNode {
    var name = ""
    /// The operation's name.
    var operation = ""
    /// Names of nodes, of their outputs, and `^` before those that only order.
    var inputs: [String] = []
    /// By their names.
    var attributes: [String: TensorFlowAttribute] = [:]
}

/// A function of the library.
struct TensorFlowFunction {
    var name = ""
    /// Names of the arguments in order.
    var arguments: [String] = []
    /// Names of the answers in order, and what makes them.
    var answers: [String] = []
    /// What makes each answer.
    var makers: [String: String] = [:]
    /// In any order.
    var nodes: [TensorFlowNode] = []
}

/// An input or an answer of a signature.
struct TensorFlowTensorInfo {
    /// The node, with the number of its output behind a colon.
    var name = ""
    /// Element type.
    var type: Int64 = 0
    var shape: [Int]?
}

/// Reads TensorFlow's messages (`graph.proto`, `function.proto`, `saved_model.proto`), each level
/// by a function of its own, so that the depth of a file does not matter.
///
/// Errors are told of ONNX, whose reader of fields this is; callers tell them of their format.
enum TensorFlowProto {
    /// Number format of a `DataType`; nil for text, resources and the like.
    static func number(_ type: Int64) -> NetworkNumber? {
        switch type {
        case 1: .float32
        case 2: .float64
        case 3: .signed(4)
        case 4: .unsigned(1)
        case 5: .signed(2)
        case 6: .signed(1)
        case 9: .signed(8)
        case 10: .unsigned(1)
        case 14: .bfloat16
        case 19: .float16
        default: nil
        }
    }

    /// The same as ONNX calls it; all numbers with a fraction become 32 bits.
    static func type(_ type: Int64) -> ONNXType? {
        switch type {
        case 1, 2, 14, 19: .float
        // Extents are computed in 32 bits there and in 64 here.
        case 3, 4, 5, 6, 9: .int64
        case 10: .bool
        default: nil
        }
    }

    /// `TensorShapeProto`; nil when the rank is unknown.
    static func shape(_ bytes: [UInt8], _ range: Range<Int>) throws(FormatError) -> [Int]? {
        var shape: [Int] = []
        var reader = ProtobufReader(bytes, range)
        while let field = try reader.next() {
            if field.number == 3, try field.integer() != 0 { return nil }
            guard field.number == 2 else { continue }
            var extent = 0
            var dimension = ProtobufReader(bytes, try field.range())
            while let part = try dimension.next() {
                if part.number == 1 { extent = Int(clamping: try part.integer()) }
            }
            shape.append(extent)
        }
        return shape
    }

    /// `NodeDef`
    static func node(_ bytes: [UInt8], _ range: Range<Int>) throws(FormatError) -> TensorFlowNode {
        var node = TensorFlowNode()
        var reader = ProtobufReader(bytes, range)
        while let field = try reader.next() {
            switch field.number {
            case 1: node.name = try field.string(bytes)
            case 2: node.operation = try field.string(bytes)
            case 3: node.inputs.append(try field.string(bytes))
            case 5:
                var (key, value) = ("", 0..<0)
                var entry = ProtobufReader(bytes, try field.range())
                while let part = try entry.next() {
                    if part.number == 1 { key = try part.string(bytes) }
                    if part.number == 2 { value = try part.range() }
                }
                node.attributes[key] = try attribute(bytes, value)
            default: break
            }
        }
        return node
    }

    /// `AttrValue`
    private static func attribute(
        _ bytes: [UInt8],
        _ range: Range<Int>
    ) throws(FormatError) -> TensorFlowAttribute {
        var attribute = TensorFlowAttribute()
        var reader = ProtobufReader(bytes, range)
        while let field = try reader.next() {
            switch field.number {
            case 1:
                var list = ProtobufReader(bytes, try field.range())
                while let part = try list.next() {
                    if part.number == 3 {
                        try part.appendIntegers(bytes, to: &attribute.integers)
                    }
                }
            case 2: attribute.text = String(decoding: bytes[try field.range()], as: UTF8.self)
            case 3: attribute.integer = try field.integer()
            case 4: attribute.number = try field.float()
            case 5: attribute.flag = try field.integer() != 0
            case 6: attribute.type = try field.integer()
            case 7: attribute.shape = try shape(bytes, try field.range())
            case 8: attribute.tensor = try tensor(bytes, try field.range(), field.offset)
            case 10:
                var list = ProtobufReader(bytes, try field.range())
                while let part = try list.next() {
                    if part.number == 1 { attribute.function = try part.string(bytes) }
                }
            default: break
            }
        }
        return attribute
    }

    /// `TensorProto`: content, or a list whose last number stands for all that follow. Nil for
    /// tensors of text.
    private static func tensor(
        _ bytes: [UInt8],
        _ range: Range<Int>,
        _ offset: Int
    ) throws(FormatError) -> ONNXConstant? {
        var type: Int64 = 0
        var extents: [Int]? = []
        var content: Range<Int>?
        var numbers: [Double] = []
        var reader = ProtobufReader(bytes, range)
        while let field = try reader.next() {
            switch field.number {
            case 1: type = try field.integer()
            case 2: extents = try shape(bytes, try field.range())
            case 4: content = try field.range()
            case 5:
                var list: [Float] = []
                try field.appendFloats(bytes, to: &list)
                numbers += list.map { Double($0) }
            case 6: try field.appendDoubles(bytes, to: &numbers)
            case 7, 10, 11:
                var list: [Int64] = []
                try field.appendIntegers(bytes, to: &list)
                numbers += list.map { Double($0) }
            case 13:
                var list: [Int64] = []
                try field.appendIntegers(bytes, to: &list)
                numbers += list.map { Double(NetworkNumber.half(UInt16(truncatingIfNeeded: $0))) }
            default: break
            }
        }
        guard let number = number(type), let known = Self.type(type) else { return nil }
        guard let extents, let count = NetworkNumber.count(extents),
            count <= FormatLimits.onnxElementsMax
        else { throw .malformed(.onnx, offset: offset, reason: "a constant's shape") }
        if let content, !content.isEmpty {
            guard content.count == count * number.byteCount else {
                let reason = "\(content.count) bytes of \(extents)"
                throw .malformed(.onnx, offset: offset, reason: reason)
            }
            numbers = Self.numbers(bytes, content, number)
        } else {
            guard numbers.count <= count else {
                let reason = "\(numbers.count) numbers of \(extents)"
                throw .malformed(.onnx, offset: offset, reason: reason)
            }
            let last = numbers.last ?? 0
            numbers += Array(repeating: last, count: count - numbers.count)
        }
        var constant = ONNXConstant(type: known, shape: extents)
        constant.numbers =
            known == .float
            ? .floats(numbers.map { Float($0) })
            : .integers(numbers.map { Int64(exactly: $0.rounded(.towardZero)) ?? 0 })
        return constant
    }

    /// Numbers one behind the other; whole ones of 64 bits keep their digits up to 2^53.
    private static func numbers(
        _ bytes: [UInt8],
        _ range: Range<Int>,
        _ number: NetworkNumber
    ) -> [Double] {
        stride(from: range.lowerBound, to: range.upperBound, by: number.byteCount).map { place in
            switch number {
            case .signed(8): return Double(bytes.littleEndian(at: place) as Int64)
            case .signed(4): return Double(bytes.littleEndian(at: place) as Int32)
            case .float64: return Double(bitPattern: bytes.littleEndian(at: place))
            default: return Double(number.value(bytes, at: place))
            }
        }
    }

    /// `FunctionDef`
    static func function(
        _ bytes: [UInt8],
        _ range: Range<Int>
    ) throws(FormatError) -> TensorFlowFunction {
        var function = TensorFlowFunction()
        var reader = ProtobufReader(bytes, range)
        while let field = try reader.next() {
            switch field.number {
            case 1:
                var signature = ProtobufReader(bytes, try field.range())
                while let part = try signature.next() {
                    switch part.number {
                    case 1: function.name = try part.string(bytes)
                    case 2: function.arguments.append(try name(bytes, try part.range()))
                    case 3: function.answers.append(try name(bytes, try part.range()))
                    default: break
                    }
                }
            case 3: function.nodes.append(try node(bytes, try field.range()))
            case 4:
                var (key, value) = ("", "")
                var entry = ProtobufReader(bytes, try field.range())
                while let part = try entry.next() {
                    if part.number == 1 { key = try part.string(bytes) }
                    if part.number == 2 { value = try part.string(bytes) }
                }
                function.makers[key] = value
            default: break
            }
        }
        return function
    }

    /// The first field of a message as text.
    private static func name(_ bytes: [UInt8], _ range: Range<Int>) throws(FormatError) -> String {
        var reader = ProtobufReader(bytes, range)
        while let field = try reader.next() {
            if field.number == 1 { return try field.string(bytes) }
        }
        return ""
    }

    /// An entry of a signature: key, and `TensorInfo`.
    static func tensorInfo(
        _ bytes: [UInt8],
        _ range: Range<Int>
    ) throws(FormatError) -> (String, TensorFlowTensorInfo) {
        var key = ""
        var info = TensorFlowTensorInfo()
        var entry = ProtobufReader(bytes, range)
        while let field = try entry.next() {
            if field.number == 1 { key = try field.string(bytes) }
            guard field.number == 2 else { continue }
            var reader = ProtobufReader(bytes, try field.range())
            while let part = try reader.next() {
                switch part.number {
                case 1: info.name = try part.string(bytes)
                case 2: info.type = try part.integer()
                case 3: info.shape = try shape(bytes, try part.range())
                default: break
                }
            }
        }
        return (key, info)
    }
}
