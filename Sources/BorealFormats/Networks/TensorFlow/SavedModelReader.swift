import BorealBase

/// Reads a SavedModel: the graph of its `serving_default` signature with all functions put in their
/// places, and the variables of its checkpoint.
struct SavedModelReader {
    /// What errors call the file.
    private static let format = ModelFormat.tensorflowSavedModel
    /// Nodes of the graph and of all functions.
    private static let nodesMax = FormatLimits.onnxNodesMax

    /// A signature of the model.
    private struct Signature {
        var inputs: [(key: String, info: TensorFlowTensorInfo)] = []
        var outputs: [(key: String, info: TensorFlowTensorInfo)] = []
    }

    /// `saved_model.pb`
    private let bytes: [UInt8]
    /// What lies beside it.
    private let files: ModelFiles
    /// Of the graph, in the order of the file.
    private var nodes: [TensorFlowNode] = []
    /// By their names.
    private var functions: [String: TensorFlowFunction] = [:]
    /// In the order of the file.
    private var signatures: [(name: String, signature: Signature)] = []
    /// Of the program that wrote it.
    private var version = ""

    /// Reads the file's first graph.
    ///
    /// - Parameter files: what lies beside it.
    /// - Throws: `FormatError`.
    init(_ bytes: [UInt8], _ files: ModelFiles) throws(FormatError) {
        self.bytes = bytes
        self.files = files
        do throws(FormatError) {
            var graph: Range<Int>?
            var reader = ProtobufReader(bytes, 0..<bytes.count)
            while let field = try reader.next() {
                if field.number == 2, graph == nil { graph = try field.range() }
            }
            guard let graph else { throw .notAModel(.onnx, found: "no graph") }
            try readMetaGraph(graph)
        } catch { throw error.told(of: Self.format) }
    }

    /// `MetaGraphDef`
    private mutating func readMetaGraph(_ range: Range<Int>) throws(FormatError) {
        var reader = ProtobufReader(bytes, range)
        while let field = try reader.next() {
            switch field.number {
            case 1:
                var info = ProtobufReader(bytes, try field.range())
                while let part = try info.next() {
                    if part.number == 5 { version = try part.string(bytes) }
                }
            case 2: try readGraph(try field.range())
            case 5: try readSignature(try field.range())
            default: break
            }
        }
    }

    /// `GraphDef`: nodes, and a library of functions.
    private mutating func readGraph(_ range: Range<Int>) throws(FormatError) {
        var reader = ProtobufReader(bytes, range)
        var count = 0
        while let field = try reader.next() {
            if field.number == 1 {
                nodes.append(try TensorFlowProto.node(bytes, try field.range()))
                count += 1
            }
            if field.number == 2 {
                var library = ProtobufReader(bytes, try field.range())
                while let part = try library.next() {
                    guard part.number == 1 else { continue }
                    let function = try TensorFlowProto.function(bytes, try part.range())
                    count += function.nodes.count
                    functions[function.name] = function
                }
            }
            guard count <= Self.nodesMax else {
                throw .tooLarge(.onnx, what: "nodes", limit: Self.nodesMax)
            }
        }
    }

    /// An entry of the signatures: name, and `SignatureDef`.
    private mutating func readSignature(_ range: Range<Int>) throws(FormatError) {
        var name = ""
        var signature = Signature()
        var entry = ProtobufReader(bytes, range)
        while let field = try entry.next() {
            if field.number == 1 { name = try field.string(bytes) }
            guard field.number == 2 else { continue }
            var reader = ProtobufReader(bytes, try field.range())
            while let part = try reader.next() {
                guard part.number == 1 || part.number == 2 else { continue }
                let (key, info) = try TensorFlowProto.tensorInfo(bytes, try part.range())
                if part.number == 1 {
                    signature.inputs.append((key, info))
                } else {
                    signature.outputs.append((key, info))
                }
            }
        }
        signature.inputs.sort { $0.key < $1.key }
        signature.outputs.sort { $0.key < $1.key }
        signatures.append((name, signature))
    }

    // MARK: - The model

    /// The graph that answers rows.
    ///
    /// - Throws: `FormatError` that names the node which cannot be read.
    func model() throws(FormatError) -> ImportedModel {
        let usable = signatures.filter { !$0.name.hasPrefix("__") && !$0.signature.inputs.isEmpty }
        guard
            let found = usable.first(where: { $0.name == "serving_default" })
                ?? (usable.count == 1 ? usable.first : nil)
        else {
            let names = signatures.map(\.name).joined(separator: ", ")
            throw .notAModel(Self.format, found: "no signature 'serving_default', only \(names)")
        }
        let checkpoint = try checkpoint()
        var compiler = TensorFlowCompiler(
            network: ShapedNetwork(
                NetworkGraph.Origin(
                    format: Self.format,
                    library: "TensorFlow",
                    formatVersion: version,
                    estimator: found.name
                )
            ),
            functions: functions
        )
        if let checkpoint { try giveVariables(of: checkpoint, to: &compiler) }
        let placeholders = try declare(found.signature, &compiler)
        var scope = TensorFlowScope(nodes, isFunction: false)
        scope.placeholders = placeholders
        for (key, info) in found.signature.outputs {
            let value = try compiler.value(info.name, &scope, depth: 0)
            let name = found.signature.outputs.count == 1 ? "out" : key
            guard case .tensor(let answer) = value else {
                throw .unsupportedFormat(Self.format, detail: "the answer '\(key)' is a constant")
            }
            try compiler.network.finish(answer, as: name)
        }
        return try compiler.network.imported()
    }

    /// Declares the inputs; placeholders by the names of their nodes.
    private func declare(
        _ signature: Signature,
        _ compiler: inout TensorFlowCompiler
    ) throws(FormatError) -> [String: TensorFlowValue] {
        var placeholders: [String: TensorFlowValue] = [:]
        for (key, info) in signature.inputs {
            guard TensorFlowProto.type(info.type) == .float, let shape = info.shape, !shape.isEmpty
            else {
                throw .unsupportedFormat(
                    Self.format,
                    detail: "the input '\(key)', which is no tensor of numbers with a fraction"
                )
            }
            let extents = Array(shape.dropFirst())
            guard extents.allSatisfy({ $0 > 0 }),
                NetworkNumber.count(extents).map({ $0 <= Limits.modelFeaturesMax }) == true
            else {
                throw .unsupportedFormat(
                    Self.format,
                    detail: "the input '\(key)', which does not say how wide a row is"
                )
            }
            let name = signature.inputs.count == 1 ? "x" : key
            try compiler.network.input(name, shape: extents)
            let node = String(info.name.prefix { $0 != ":" })
            placeholders[node] = .tensor(name)
        }
        return placeholders
    }

    /// The variables; nil for a graph without.
    private func checkpoint() throws(FormatError) -> TensorFlowCheckpoint? {
        guard nodes.contains(where: { $0.operation == "VarHandleOp" }) else { return nil }
        guard let index = try files.read("variables/variables.index") else {
            throw .unsupportedFormat(
                Self.format,
                detail: "'variables/variables.index' is not beside it; put the whole folder into "
                    + "one archive (.tar.gz or .zip)"
            )
        }
        return try TensorFlowCheckpoint(
            index,
            stem: "variables/variables",
            files,
            format: Self.format
        )
    }

    /// Gives the compiler the variables that the graph names.
    private func giveVariables(
        of checkpoint: TensorFlowCheckpoint,
        to compiler: inout TensorFlowCompiler
    ) throws(FormatError) {
        let keys = try checkpoint.keysByVariable()
        compiler.variables = { [checkpoint, keys] (name) throws(FormatError) in
            let key = keys[name] ?? name
            guard checkpoint.contains(key) else { return nil }
            return try checkpoint.tensors([key])[key]
        }
    }
}
