import BorealBase

/// Reads what `torch.export.save` writes: a zip archive with the graph as JSON and each weight as a
/// file of its own.
struct TorchExportReader {
    /// Its files.
    private let zip: ZipArchive
    /// What stands before all names.
    private let root: String
    /// Counts the numbers that are read.
    private let budget = NetworkBudget()
    /// What errors call the file.
    private static let format = ModelFormat.torchExport

    /// - Throws: `FormatError.unsupportedFormat` for archives of PyTorch before 2.7.
    init(_ zip: ZipArchive) throws(FormatError) {
        guard let mark = zip.members.first(where: { $0.name.hasSuffix("archive_format") }) else {
            throw .unsupportedFormat(
                Self.format,
                detail: "archives of PyTorch before 2.7; \(NetworkAdvice.torch)"
            )
        }
        guard try zip.data(of: mark) == Array("pt2".utf8) else {
            throw .unsupportedFormat(Self.format, detail: "an archive that is no 'pt2'")
        }
        self.zip = zip
        root = String(mark.name.dropLast("archive_format".utf8.count))
    }

    /// The archive contradicts itself.
    private func malformed(_ reason: String) -> FormatError {
        .malformed(Self.format, offset: 0, reason: reason)
    }

    /// A file of the archive that is JSON.
    private func json(_ name: String) throws(FormatError) -> JSON {
        guard let member = zip[root + name] else { throw malformed("no '\(name)'") }
        let bytes = try zip.data(of: member)
        do throws(JSONError) {
            return try JSON.parse(bytes)
        } catch { throw malformed("'\(name)' at byte \(error.offset): \(error.reason)") }
    }

    /// The model.
    ///
    /// - Throws: `FormatError`.
    func model() throws(FormatError) -> ImportedModel {
        let models = zip.members.map(\.name).filter {
            $0.hasPrefix(root + "models/") && $0.hasSuffix(".json")
        }
        guard models.count == 1 else { throw malformed("\(models.count) graphs") }
        let program = try json(String(models[0].dropFirst(root.count)))
        guard let module = program["graph_module"], let graph = module["graph"],
            let nodes = graph["nodes"]?.array
        else { throw malformed("no graph") }
        let version = program["schema_version"]?["major"]?.integer ?? 0
        var compiler = TorchCompiler(
            NetworkGraph.Origin(
                format: Self.format,
                library: "PyTorch " + (program["torch_version"]?.string ?? ""),
                formatVersion: "\(version)",
                estimator: "exported program"
            ),
            hint: nil
        )
        var values = try inputs(module, graph, &compiler)
        guard nodes.count <= FormatLimits.onnxNodesMax else {
            throw .tooLarge(Self.format, what: "nodes", limit: FormatLimits.onnxNodesMax)
        }
        for node in nodes { try follow(node, &values, &compiler) }
        var answers: [TorchValue] = []
        for spec in module["signature"]?["output_specs"]?.array ?? [] {
            guard let name = Self.tensorName(spec["user_output"]?["arg"]),
                let value = values[name]
            else {
                throw .unsupportedFormat(Self.format, detail: "an answer that is no tensor")
            }
            answers.append(value)
        }
        guard !answers.isEmpty else { throw .notAModel(Self.format, found: "no answer") }
        try compiler.finish(.list(answers))
        return try compiler.network.imported()
    }

    /// The name in an argument that is a tensor.
    private static func tensorName(_ argument: JSON?) -> String? {
        argument?["as_tensor"]?["name"]?.string ?? argument?["name"]?.string
    }

    // MARK: - Inputs

    /// The values that the graph begins with: weights, and the one input.
    private func inputs(
        _ module: JSON,
        _ graph: JSON,
        _ compiler: inout TorchCompiler
    ) throws(FormatError) -> [String: TorchValue] {
        var files = try weightFiles("weights", "model_weights_config.json")
        files.merge(try weightFiles("constants", "model_constants_config.json")) { first, _ in first
        }
        var values: [String: TorchValue] = [:]
        for spec in module["signature"]?["input_specs"]?.array ?? [] {
            if let user = spec["user_input"] {
                guard let name = Self.tensorName(user["arg"]), !compiler.hasInput else {
                    throw .unsupportedFormat(
                        Self.format,
                        detail: "inputs beside one tensor; \(NetworkAdvice.torch)"
                    )
                }
                let sizes = graph["tensor_values"]?[name]?["sizes"]?.array ?? []
                let shape = try sizes.dropFirst().map { size throws(FormatError) in
                    guard let extent = size["as_int"]?.integer, extent > 0 else {
                        throw .unsupportedFormat(
                            Self.format,
                            detail: "'\(name)' does not say how wide a row is"
                        )
                    }
                    return Int(extent)
                }
                try compiler.declareInput(shape)
                values[name] = .tensor(TorchCompiler.inputName)
                continue
            }
            guard let kind = spec.object?.first,
                let weight = kind.value["parameter_name"]?.string
                    ?? kind.value["buffer_name"]?.string
                    ?? kind.value["tensor_constant_name"]?.string,
                let name = Self.tensorName(kind.value["arg"])
            else {
                let kind = spec.object?.first?.key ?? "?"
                throw .unsupportedFormat(Self.format, detail: "an input of kind '\(kind)'")
            }
            guard let entry = files[weight] else { throw malformed("no weight '\(weight)'") }
            values[name] = .constant(try tensor(weight, entry.folder, entry.config))
        }
        return values
    }

    /// Weights by their names: the folder that they lie in, and what they are.
    private func weightFiles(
        _ kind: String,
        _ config: String
    ) throws(FormatError) -> [String: (folder: String, config: JSON)] {
        let folder = "data/\(kind)/"
        guard zip[root + folder + config] != nil else { return [:] }
        var files: [String: (folder: String, config: JSON)] = [:]
        for entry in try json(folder + config)["config"]?.object ?? [] {
            files[entry.key] = (folder, entry.value)
        }
        return files
    }

    /// One weight: elements of a file, `strides` apart.
    private func tensor(
        _ name: String,
        _ folder: String,
        _ config: JSON
    ) throws(FormatError) -> NetworkTensor {
        guard config["use_pickle"]?.bool != true, let path = config["path_name"]?.string,
            let member = zip[root + folder + path], let meta = config["tensor_meta"],
            let type = meta["dtype"]?.integer
        else { throw malformed("the weight '\(name)'") }
        guard let number = Self.number(type) else {
            throw .unsupportedFormat(Self.format, detail: "'\(name)' of type \(type)")
        }
        let shape = integers(meta["sizes"])
        guard let shape, let count = NetworkNumber.count(shape),
            meta["storage_offset"]?["as_int"]?.integer ?? 0 == 0
        else { throw malformed("the shape of '\(name)'") }
        let strides = integers(meta["strides"]) ?? []
        guard strides == ONNXBuilder.strides(of: shape) || count <= 1 else {
            throw .unsupportedFormat(Self.format, detail: "'\(name)' with the strides \(strides)")
        }
        try budget.spend(count, Self.format)
        let bytes = try zip.data(of: member)
        guard let tensor = number.tensor(bytes, 0..<bytes.count, shape: shape) else {
            throw malformed("'\(name)': \(bytes.count) bytes for the shape \(shape)")
        }
        return tensor
    }

    /// Extents or strides; nil when one depends on rows.
    private func integers(_ json: JSON?) -> [Int]? {
        guard let list = json?.array else { return nil }
        let numbers = list.compactMap { $0["as_int"]?.integer.map { Int($0) } }
        return numbers.count == list.count ? numbers : nil
    }

    /// Element types by their numbers in the format's schema.
    private static func number(_ type: Int64) -> NetworkNumber? {
        switch type {
        case 1: .unsigned(1)
        case 2: .signed(1)
        case 3: .signed(2)
        case 4: .signed(4)
        case 5: .signed(8)
        case 6: .float16
        case 7: .float32
        case 8: .float64
        case 12: .unsigned(1)
        case 13: .bfloat16
        default: nil
        }
    }

    // MARK: - Nodes

    /// What a node makes, under the names of its outputs.
    private func follow(
        _ node: JSON,
        _ values: inout [String: TorchValue],
        _ compiler: inout TorchCompiler
    ) throws(FormatError) {
        guard let target = node["target"]?.string, let inputs = node["inputs"]?.array,
            let outputs = node["outputs"]?.array
        else { throw malformed("a node without target") }
        guard target.hasPrefix("torch.ops.aten.") else {
            throw .unsupportedFormat(
                Self.format,
                detail: "the operation '\(target)'; \(NetworkAdvice.torch)"
            )
        }
        var arguments = TorchArguments(
            operation: target,
            positional: [],
            named: [:],
            format: Self.format,
            title: node["name"]?.string ?? target
        )
        for input in inputs {
            guard let argument = input["arg"] else { throw malformed("an input of \(target)") }
            let value = try value(argument, values, target)
            if input["kind"]?.integer ?? 1 == 1 {
                arguments.positional.append(value)
            } else {
                arguments.named[input["name"]?.string ?? ""] = value
            }
        }
        let answer = try compiler.call(arguments)
        for (place, output) in outputs.enumerated() {
            guard let name = Self.tensorName(output) ?? output["as_sym_int"]?["as_name"]?.string
            else { continue }
            if case .list(let parts) = answer, outputs.count > 1 {
                values[name] = parts.indices.contains(place) ? parts[place] : TorchValue.none
            } else {
                values[name] = answer
            }
        }
    }

    /// An argument: a name, a constant, or a list of these.
    private func value(
        _ argument: JSON,
        _ values: [String: TorchValue],
        _ target: String
    ) throws(FormatError) -> TorchValue {
        guard let (kind, content) = argument.object?.first.map({ ($0.key, $0.value) }) else {
            throw malformed("an input of \(target)")
        }
        func named(_ name: String?) throws(FormatError) -> TorchValue {
            guard let value = name.flatMap({ values[$0] }) else {
                throw malformed("'\(target)' reads what nobody made")
            }
            return value
        }
        switch kind {
        case "as_tensor": return try named(content["name"]?.string)
        case "as_none": return .none
        case "as_bool": return .flag(content.bool ?? false)
        case "as_string": return .text(content.string ?? "")
        case "as_float": return .number(content.double ?? .nan)
        case "as_int": return .integer(Int(content.integer ?? 0))
        case "as_ints", "as_floats", "as_bools":
            return .list(
                (content.array ?? []).map { entry in
                    if let flag = entry.bool { return .flag(flag) }
                    if kind == "as_ints", let number = entry.integer {
                        return .integer(Int(number))
                    }
                    return .number(entry.double ?? .nan)
                }
            )
        case "as_sym_int":
            if let number = content["as_int"]?.integer { return .integer(Int(number)) }
            return try named(content["as_name"]?.string)
        case "as_tensors", "as_sym_ints", "as_optional_tensors":
            var parts: [TorchValue] = []
            for entry in content.array ?? [] {
                if let number = entry["as_int"]?.integer {
                    parts.append(.integer(Int(number)))
                } else if entry["as_none"] != nil {
                    parts.append(.none)
                } else {
                    parts.append(try named(Self.tensorName(entry) ?? entry["as_name"]?.string))
                }
            }
            return .list(parts)
        // Element types, layouts and devices of conversions, which change nothing here.
        case "as_scalar_type", "as_memory_format", "as_layout", "as_device":
            return TorchValue.none
        default:
            throw .unsupportedFormat(Self.format, detail: "an input of kind '\(kind)' of \(target)")
        }
    }
}
