import BorealGraph

/// Numbers of a network: a weight, a bias, a statistic.
struct NetworkTensor: Equatable {
    /// Extents, outermost first.
    var shape: [Int]
    /// `[product of shape]`, row-major.
    var values: [Float]
}

/// A network written down in ONNX's operators, whatever format it came in.
///
/// All formats of networks are read into one of these, so that an operator has one meaning and is
/// checked in one place: where nodes become a `ModelGraph`.
struct NetworkGraph {
    /// What the file was, for errors and inspection.
    struct Origin {
        /// The container it came in.
        var format: ModelFormat
        /// Who wrote it.
        var library: String
        /// The version that the format itself carries.
        var formatVersion: String
        /// What kind of model it is.
        var estimator: String
    }

    /// The version of ONNX's operators that nodes are meant in.
    static let operatorSet: Int64 = 17

    let origin: Origin
    private(set) var graph = ONNXFileGraph()
    private var names = 0
    /// Shapes, axes and the like, each once.
    private var lists: [[Int64]: String] = [:]

    /// A network without nodes.
    init(_ origin: Origin) { self.origin = origin }

    // MARK: - Parts

    /// Declares an input: rows of numbers in this shape.
    mutating func input(_ name: String, shape: [Int]) {
        let extents: [Int?] = [nil] + shape.map { $0 }
        graph.inputs.append(ONNXValueInfo(name: name, kind: .tensor(.float, extents)))
    }

    /// Declares an answer under a name of its own.
    mutating func output(_ value: String, as name: String) {
        graph.nodes.append(node("Identity", [value], [:], title: "", output: name))
        graph.outputs.append(ONNXValueInfo(name: name))
    }

    /// A constant; the name that nodes read it by.
    mutating func constant(_ tensor: NetworkTensor) -> String {
        add(ONNXConstant(shape: tensor.shape, numbers: .floats(tensor.values)))
    }

    /// One number.
    mutating func scalar(_ value: Float) -> String {
        add(ONNXConstant(shape: [], numbers: .floats([value])))
    }

    /// Whole numbers in a row.
    mutating func list(_ values: [Int]) -> String {
        let numbers = values.map { Int64($0) }
        if let name = lists[numbers] { return name }
        let name = add(
            ONNXConstant(type: .int64, shape: [values.count], numbers: .integers(numbers))
        )
        lists[numbers] = name
        return name
    }

    /// Any constant.
    mutating func add(_ constant: ONNXConstant) -> String {
        var constant = constant
        constant.name = newName()
        graph.constants.append(constant)
        return constant.name
    }

    private mutating func newName() -> String {
        names += 1
        return "value \(names)"
    }

    /// Adds a node of one output, whose name it answers.
    ///
    /// - Parameter title: what errors call the node: the name of the layer in the file.
    mutating func node(
        _ operation: String,
        _ inputs: [String],
        _ attributes: [String: ONNXNodeAttribute] = [:],
        title: String = ""
    ) -> String {
        let output = newName()
        graph.nodes.append(node(operation, inputs, attributes, title: title, output: output))
        return output
    }

    private func node(
        _ operation: String,
        _ inputs: [String],
        _ attributes: [String: ONNXNodeAttribute],
        title: String,
        output: String
    ) -> ONNXNode {
        ONNXNode(
            index: graph.nodes.count,
            name: title,
            operation: operation,
            inputs: inputs,
            outputs: [output],
            attributes: attributes
        )
    }

    // MARK: - The model

    /// The graph that answers rows.
    ///
    /// - Throws: `FormatError` of the file's own format.
    func imported() throws(FormatError) -> ImportedModel {
        var model = ONNXModel()
        model.operatorSets[""] = Self.operatorSet
        model.graph = graph
        do throws(FormatError) {
            var imported = try ONNXImporter(model: model).imported()
            imported = ImportedModel(
                graph: imported.graph,
                inspection: ModelInspection(
                    format: origin.format,
                    library: origin.library,
                    formatVersion: origin.formatVersion,
                    estimator: origin.estimator,
                    objective: nil,
                    graph: imported.graph
                )
            )
            return imported
        } catch { throw error.told(of: origin.format) }
    }
}

extension ONNXNodeAttribute {
    /// A whole number.
    static func integer(_ value: Int) -> ONNXNodeAttribute {
        ONNXNodeAttribute(kind: 2, integer: Int64(value))
    }

    /// Yes or no.
    static func flag(_ value: Bool) -> ONNXNodeAttribute { integer(value ? 1 : 0) }

    /// Whole numbers.
    static func integers(_ values: [Int]) -> ONNXNodeAttribute {
        ONNXNodeAttribute(kind: 7, integers: values.map { Int64($0) })
    }

    /// A number.
    static func number(_ value: Double) -> ONNXNodeAttribute {
        ONNXNodeAttribute(kind: 1, float: Float(value))
    }

    /// Text.
    static func text(_ value: String) -> ONNXNodeAttribute {
        ONNXNodeAttribute(kind: 3, string: value)
    }
}

extension FormatError {
    /// The same, about a file of another format, whose nodes were put in ONNX's terms.
    func told(of format: ModelFormat) -> FormatError {
        switch self {
        case .malformed(.onnx, let offset, let reason):
            .malformed(format, offset: offset, reason: reason)
        case .unsupportedFormat(.onnx, let detail): .unsupportedFormat(format, detail: detail)
        case .tooLarge(.onnx, let what, let limit): .tooLarge(format, what: what, limit: limit)
        case .notAModel(.onnx, let found): .notAModel(format, found: found)
        default: self
        }
    }
}
