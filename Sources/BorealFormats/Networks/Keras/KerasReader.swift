import BorealBase

/// Reads models of Keras: `.h5` with the layers as an attribute, `.keras` with the layers as JSON
/// beside the weights.
enum KerasReader {
    /// The weights and the layers of a `.h5` file; without layers it holds the weights alone.
    ///
    /// - Throws: `FormatError`.
    static func hdf5(
        _ bytes: [UInt8],
        _ architecture: NetworkArchitecture?
    ) throws(FormatError) -> ImportedModel {
        let file = try HDF5File(bytes, format: .kerasHDF5)
        let root = try HDF5Object(file, at: file.root)
        let version = try root.texts("keras_version")?.first ?? ""
        let origin = NetworkGraph.Origin(
            format: .kerasHDF5,
            library: "Keras",
            formatVersion: version,
            estimator: "weights"
        )
        let weights = try layers(try root.member("model_weights") ?? root)
        guard let text = try root.texts("model_config")?.first else {
            var importer = WeightsImporter(
                origin: origin,
                weights: NetworkWeights(modules: weights, layout: .keras)
            )
            return try importer.read(architecture)
        }
        let config: JSON
        do throws(JSONError) {
            config = try JSON.parse(text)
        } catch {
            throw file.malformed(error.offset, "model_config: \(error.reason)")
        }
        let byName = Dictionary(weights.map { ($0.name, $0) }) { first, _ in first }
        let model = KerasModel(config, origin, isKeras3: version.hasPrefix("3"))
        return try model.imported { (layer) throws(FormatError) in byName[layer.name] }
    }

    /// The layers of a file in the form of `save_weights`: names as attributes, a group each.
    private static func layers(_ group: HDF5Object) throws(FormatError) -> [NetworkModule] {
        guard let names = try group.texts("layer_names") else {
            throw .notAModel(group.file.format, found: "no layers")
        }
        guard names.count <= KerasModel.layersMax else {
            throw .tooLarge(group.file.format, what: "layers", limit: KerasModel.layersMax)
        }
        let members = Dictionary(try group.members().map { ($0.name, $0.address) }) { one, _ in one
        }
        var modules: [NetworkModule] = []
        for name in names {
            guard let address = members[name] else {
                throw group.file.malformed(0, "the layer '\(name)' has no weights")
            }
            let layer = try HDF5Object(group.file, at: address)
            var module = NetworkModule(name: name, tensors: [:])
            for path in try layer.texts("weight_names") ?? [] {
                var place = layer
                for part in path.split(separator: "/") {
                    guard let next = try place.member(String(part)) else {
                        throw group.file.malformed(0, "there is no weight '\(path)'")
                    }
                    place = next
                }
                let leaf = path.split(separator: "/").last ?? ""
                let plain = String(leaf.prefix { $0 != ":" })
                module.tensors[plain] = try HDF5Dataset.tensor(place, path)
            }
            if !module.tensors.isEmpty { modules.append(module) }
        }
        return modules
    }

    /// A `.keras` archive.
    ///
    /// - Throws: `FormatError`.
    static func archive(_ zip: ZipArchive) throws(FormatError) -> ImportedModel {
        let config = try json("config.json", zip)
        let metadata = zip["metadata.json"] == nil ? JSON.null : try json("metadata.json", zip)
        let version = metadata["keras_version"]?.string ?? ""
        guard let member = zip["model.weights.h5"] else {
            throw .malformed(.kerasZip, offset: 0, reason: "no weights")
        }
        let file = try HDF5File(try zip.data(of: member), format: .kerasZip)
        let root = try HDF5Object(file, at: file.root)
        let origin = NetworkGraph.Origin(
            format: .kerasZip,
            library: "Keras",
            formatVersion: version,
            estimator: "model"
        )
        let model = KerasModel(config, origin, isKeras3: version.hasPrefix("3"))
        let groups = try KerasVariables(root, names: try model.layers().map { ($0.name, $0.type) })
        return try model.imported { (layer) throws(FormatError) in
            try groups.module(layer.name, layer.variables)
        }
    }

    /// A file of the archive that is JSON.
    private static func json(_ name: String, _ zip: ZipArchive) throws(FormatError) -> JSON {
        guard let member = zip[name] else {
            throw .malformed(.kerasZip, offset: 0, reason: "no '\(name)'")
        }
        let bytes = try zip.data(of: member)
        do throws(JSONError) {
            return try JSON.parse(bytes)
        } catch {
            throw .malformed(.kerasZip, offset: error.offset, reason: "'\(name)': \(error.reason)")
        }
    }
}

/// The weights of a `.keras` file: groups below `layers`, each with its numbers as `vars/0`,
/// `vars/1`, ... in the order in which the layer made them.
private struct KerasVariables {
    /// Where the groups lie.
    private let file: HDF5File
    /// Headers of groups by the names of layers.
    private var groups: [String: Int] = [:]

    /// - Parameter names: names and classes of all layers in order. Groups are called by the
    ///   classes, counted, or by the layers' own names; versions differ in which.
    init(
        _ root: HDF5Object,
        names: [(name: String, type: String)]
    ) throws(FormatError) {
        file = root.file
        let old = "_layer_checkpoint_dependencies\\"
        var members: [String: Int] = [:]
        for member in try root.members() {
            if member.name == "layers" {
                let folder = try HDF5Object(file, at: member.address)
                for inner in try folder.members() { members[inner.name] = inner.address }
            } else if member.name.hasPrefix(old) {
                members[String(member.name.dropFirst(old.count))] = member.address
            }
        }
        var counts: [String: Int] = [:]
        var counted: [String] = []
        for entry in names {
            let base = Self.snakeCase(entry.type)
            let count = counts[base, default: 0]
            counts[base] = count + 1
            counted.append(count == 0 ? base : "\(base)_\(count)")
        }
        let areCounted = members.keys.allSatisfy { counted.contains($0) }
        for (place, entry) in names.enumerated() {
            groups[entry.name] = members[areCounted ? counted[place] : entry.name]
        }
    }

    /// `BatchNormalization` as `batch_normalization`, `Conv2D` as `conv2d`.
    static func snakeCase(_ name: String) -> String {
        var text = ""
        var last: Character = "_"
        for (place, letter) in name.enumerated() {
            let next = name.dropFirst(place + 1).first
            let isStart = letter.isUppercase && next?.isLowercase == true
            let isTurn = letter.isUppercase && (last.isLowercase || last.isNumber && isStart)
            if !text.isEmpty, isTurn || isStart && last.isUppercase { text += "_" }
            text += letter.lowercased()
            last = letter
        }
        return text
    }

    /// The numbers of a layer under the names that its class has for them.
    func module(_ name: String, _ variables: [String]) throws(FormatError) -> NetworkModule? {
        guard let address = groups[name], !variables.isEmpty else { return nil }
        let group = try HDF5Object(file, at: address)
        guard let vars = try group.member("vars") else { return nil }
        var module = NetworkModule(name: name, tensors: [:])
        for (place, variable) in variables.enumerated() {
            guard let dataset = try vars.member(String(place)) else {
                throw file.malformed(address, "the layer '\(name)' has no '\(variable)'")
            }
            module.tensors[variable] = try HDF5Dataset.tensor(dataset, "\(name)/\(variable)")
        }
        return module
    }
}
