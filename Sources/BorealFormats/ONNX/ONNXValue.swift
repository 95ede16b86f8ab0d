import BorealGraph

/// A named value of the file while the graph is built: where it is, and what shape it has.
///
/// The axis of the rows counts as 1, so that a shape is that of one row; in memory the elements of
/// a row lie one behind the other wherever that axis stands.
struct ONNXValue {
    /// Where the elements are.
    enum Source {
        case tensor(TensorID)
        case constant(TensorConstant)
    }

    /// What the file says its elements are; kept in a wider type where the graph has none so small.
    var type: ONNXType
    /// Extents of one row.
    var shape: [Int]
    /// The axis of the rows; nil for what is the same for all rows.
    var rowAxis: Int?
    var source: Source
    /// The classes that a column of labels may hold, in class order.
    var labels: Labels?
    /// True for the position of what is nearest: a cluster.
    var isNearest = false
    /// True for scores over classes.
    var isMap = false
    /// True when the file has the axis of the rows and the one behind it as one.
    var isMerged = false

    /// Elements of a row.
    var width: Int { shape.reduce(1, *) }
    /// Axes.
    var rank: Int { shape.count }

    /// The constant, if it is the same for all rows.
    var constant: TensorConstant? {
        if case .constant(let constant) = source { return constant }
        return nil
    }

    /// The kind of element it has in the graph.
    var element: TensorElement { type.element }

    /// The same elements in another shape.
    func reshaped(_ shape: [Int], rowAxis: Int?) -> ONNXValue {
        var value = self
        value.shape = shape
        value.rowAxis = rowAxis
        return value
    }
}

extension ONNXType {
    /// The kind of element it has in the graph.
    var element: TensorElement {
        switch self {
        case .float: .float
        case .double: .double
        case .string: .code
        default: .int64
        }
    }
}

extension ONNXNode {
    /// The node as errors name it.
    var title: String {
        let kind = domain.isEmpty ? operation : "\(domain).\(operation)"
        return name.isEmpty ? "node \(index + 1) (\(kind))" : "node '\(name)' (\(kind))"
    }

    /// The node breaks the rules of its operator.
    func malformed(_ reason: String) -> FormatError {
        .malformed(.onnx, offset: offset, reason: "\(title): \(reason)")
    }

    /// The node asks for what no operator here does.
    func unsupported(_ detail: String) -> FormatError {
        .unsupportedFormat(.onnx, detail: "\(title): \(detail)")
    }

    /// The node asks for more than there may be of something.
    func tooLarge(_ what: String, limit: Int) -> FormatError {
        .tooLarge(.onnx, what: "\(what) at \(title)", limit: limit)
    }

    /// A whole number.
    func integer(_ name: String) throws(FormatError) -> Int64? {
        guard let attribute = attributes[name] else { return nil }
        if let value = attribute.integer { return value }
        // Writers of old files leave zeros out, which is how the format stores them.
        guard attribute.kind == 2 || attribute.kind == 0 else {
            throw malformed("'\(name)' is no whole number")
        }
        return 0
    }

    /// A whole number that counts or points.
    func integer(_ name: String, default fallback: Int) throws(FormatError) -> Int {
        guard let value = try integer(name) else { return fallback }
        return Int(value)
    }

    /// A whole number that says yes or no.
    func flag(_ name: String, default fallback: Bool = false) throws(FormatError) -> Bool {
        try integer(name).map { $0 != 0 } ?? fallback
    }

    /// A number of 32 bits.
    func float(_ name: String) throws(FormatError) -> Float? {
        guard let attribute = attributes[name] else { return nil }
        if let value = attribute.float { return value }
        guard attribute.kind == 1 || attribute.kind == 0 else {
            throw malformed("'\(name)' is no number")
        }
        return 0
    }

    /// A number of 32 bits with a default.
    func float(_ name: String, default fallback: Float) throws(FormatError) -> Float {
        try float(name) ?? fallback
    }

    /// Text; an attribute that is there and has none is empty.
    func string(_ name: String, default fallback: String = "") -> String {
        attributes[name].map { $0.string ?? "" } ?? fallback
    }

    /// Numbers of 32 bits, none when the attribute is not there.
    func floats(_ name: String) -> [Float] { attributes[name]?.floats ?? [] }
    /// Whole numbers, none when the attribute is not there.
    func integers(_ name: String) -> [Int64] { attributes[name]?.integers ?? [] }
    /// Texts, none when the attribute is not there.
    func strings(_ name: String) -> [String] { attributes[name]?.strings ?? [] }
    /// A tensor, if the attribute is there and is one.
    func tensor(_ name: String) -> ONNXConstant? { attributes[name]?.tensor }

    /// True when the input is given.
    func hasInput(_ position: Int) -> Bool {
        inputs.indices.contains(position) && !inputs[position].isEmpty
    }
}
