/// What an ONNX file says, before anything is made of it.
struct ONNXModel {
    /// Version of the container.
    var irVersion: Int64 = 0
    /// Who wrote it.
    var producer = ""
    /// Version of the operators by domain; "" is `ai.onnx`.
    var operatorSets: [String: Int64] = [:]
    /// The one graph.
    var graph = ONNXFileGraph()
}

/// Nodes, constants, and the names of what goes in and out.
struct ONNXFileGraph {
    /// A name for people.
    var name = ""
    /// In any order; see `ONNXOrder`.
    var nodes: [ONNXNode] = []
    /// Initializers; one with the name of an input is that input's constant.
    var constants: [ONNXConstant] = []
    /// What is given, and in old files the constants too.
    var inputs: [ONNXValueInfo] = []
    /// What is answered, in this order.
    var outputs: [ONNXValueInfo] = []

    /// How often each value is read by nodes or answered.
    var uses: [String: Int] {
        var uses: [String: Int] = [:]
        for node in nodes {
            for name in node.inputs where !name.isEmpty { uses[name, default: 0] += 1 }
        }
        for output in outputs { uses[output.name, default: 0] += 1 }
        return uses
    }
}

/// One use of an operator.
struct ONNXNode {
    /// Position in the file's list.
    var index = 0
    /// A name for people; many writers leave it out.
    var name = ""
    /// `op_type`: the operator's name within its domain.
    var operation = ""
    /// "" for `ai.onnx`.
    var domain = ""
    /// Names of values; "" for one that is left out.
    var inputs: [String] = []
    var outputs: [String] = []
    /// By their names.
    var attributes: [String: ONNXNodeAttribute] = [:]
    /// Where it begins in the file.
    var offset = 0
}

/// A constant of a node; what it is not stays empty.
struct ONNXNodeAttribute {
    /// What the file says it is; 0 in old files.
    var kind: Int64 = 0
    /// One number of 32 bits.
    var float: Float?
    /// One whole number.
    var integer: Int64?
    /// One text.
    var string: String?
    /// One tensor.
    var tensor: ONNXConstant?
    /// A list of numbers of 32 bits.
    var floats: [Float] = []
    /// A list of whole numbers.
    var integers: [Int64] = []
    /// A list of texts.
    var strings: [String] = []
    /// A graph of its own, for a node of the file's one graph.
    var graphs: [ONNXFileGraph] = []
    /// True when it holds lists of graphs, sparse tensors or types, which none of our operators
    /// takes, or a graph within a graph within a node.
    var isForeign = false
}

/// A constant tensor.
struct ONNXConstant {
    /// The numbers as the graph computes with them.
    enum Numbers: Equatable {
        case floats([Float])
        case doubles([Double])
        /// All whole numbers and truth values.
        case integers([Int64])
        case strings([String])
    }

    /// The name that nodes read it by; empty for tensors in attributes.
    var name = ""
    /// What the file says its elements are.
    var type = ONNXType.float
    /// Extents, outermost first; `[]` for a single number.
    var shape: [Int] = []
    /// `[product of shape]`, row-major.
    var numbers = Numbers.floats([])

    /// Elements.
    var count: Int {
        switch numbers {
        case .floats(let values): values.count
        case .doubles(let values): values.count
        case .integers(let values): values.count
        case .strings(let values): values.count
        }
    }
}

/// Name and type of what goes in or out.
struct ONNXValueInfo {
    /// What a value is.
    enum Kind: Equatable {
        /// Extents; nil where the file names none. The list is nil when even the rank is unknown.
        case tensor(ONNXType, [Int?]?)
        case map(key: ONNXType)
        /// A list of maps, as ZipMap makes it.
        case list
        case unknown
    }

    /// The name that nodes know it by.
    var name = ""
    /// What it is.
    var kind = Kind.unknown
    /// Where it begins in the file.
    var offset = 0
}

/// `TensorProto.DataType` as far as operators here take it.
enum ONNXType: Int64, Equatable {
    case float = 1
    case uint8 = 2
    case int8 = 3
    case uint16 = 4
    case int16 = 5
    case int32 = 6
    case int64 = 7
    case string = 8
    case bool = 9
    case float16 = 10
    case double = 11
    case uint32 = 12
    case uint64 = 13

    /// True for the numbers with a fraction that are computed with.
    var isFloating: Bool { self == .float || self == .double }

    /// True for all that is kept as 64-bit whole numbers.
    var isWhole: Bool {
        switch self {
        case .float, .double, .float16, .string: false
        default: true
        }
    }

    /// Bits and sign of a whole number.
    var width: (bits: Int, isSigned: Bool) {
        switch self {
        case .uint8, .bool: (8, false)
        case .int8: (8, true)
        case .uint16: (16, false)
        case .int16: (16, true)
        case .int32: (32, true)
        case .uint32: (32, false)
        case .uint64: (64, false)
        default: (64, true)
        }
    }

    /// Bytes of an element in raw data; 0 for text.
    var byteCount: Int {
        switch self {
        case .float: 4
        case .double: 8
        case .float16: 2
        case .string: 0
        default: width.bits / 8
        }
    }
}
