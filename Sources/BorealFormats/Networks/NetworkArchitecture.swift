import BorealBase

/// What a network is made of, for files that hold its weights only: the option `architecture`.
///
/// An object names one of a few types; a list holds layers by their class names in PyTorch or
/// Keras.
public struct NetworkArchitecture: Equatable, Sendable {
    /// Why a text describes no network.
    public struct Refusal: Error, Equatable, Sendable, CustomStringConvertible {
        /// The offending word, and what may stand there.
        public let reason: String

        /// The reason.
        public var description: String { reason }
    }

    /// The JSON that it was read from, in one line.
    public let text: String
    /// What stands before the names of the weights; empty for nothing.
    let prefix: String
    /// Extents of a row in the framework's own order; nil for what the first weights take.
    let input: [Int]?
    /// In the order in which they are applied.
    let layers: [NetworkLayer]

    /// Layers of one network.
    private static let layersMax = 1_000
    /// The types of objects.
    static let types = ["mlp", "linear", "cnn", "sequential"]

    /// Reads the description.
    ///
    /// - Throws: `Refusal` with the offending word.
    public init(_ text: String) throws(Refusal) {
        let json: JSON
        do throws(JSONError) {
            json = try JSON.parse(text)
        } catch {
            throw Refusal(reason: "no JSON at byte \(error.offset): \(error.reason)")
        }
        self.text = json.description
        do throws(NetworkLayerError) {
            if let list = json.array {
                prefix = ""
                input = nil
                layers = try Self.list(list)
            } else {
                let reader = try ArchitectureReader(json)
                prefix = reader.prefix
                input = try reader.input()
                layers = try reader.layers()
            }
        } catch { throw Refusal(reason: error.reason) }
        // What a row is may be told alone, for files that tell the rest.
        guard layers.count <= Self.layersMax, !layers.isEmpty || input != nil else {
            throw Refusal(reason: "\(layers.count) layers; there are 1 to \(Self.layersMax)")
        }
    }

    /// Layers of a list of objects that name their class.
    static func list(_ entries: [JSON]) throws(NetworkLayerError) -> [NetworkLayer] {
        guard entries.count <= layersMax else {
            throw NetworkLayerError(reason: "\(entries.count) layers; there are 1 to \(layersMax)")
        }
        var layers: [NetworkLayer] = []
        for entry in entries {
            guard let name = entry["class"]?.string else {
                throw NetworkLayerError(reason: "a layer without 'class'")
            }
            layers += try NetworkLayer.layers(of: name, entry)
        }
        return layers
    }
}

/// Reads an object with a `type`.
private struct ArchitectureReader {
    /// One of `NetworkArchitecture.types`.
    let type: String
    let prefix: String
    /// The object's members.
    private let config: LayerConfig

    /// Members that only this type has.
    private static let known = [
        "mlp": ["in", "hidden", "out"], "linear": ["in", "out"],
        "cnn": [
            "input", "filters", "kernel", "stride", "padding", "pool", "hidden", "out",
        ],
        "sequential": ["in", "input", "layers"],
    ]
    /// Members that all types have.
    private static let common = [
        "type", "activation", "batchnorm", "module_prefix", "out_activation", "dropout",
    ]

    /// Looks at the names of all members before any is read.
    init(_ json: JSON) throws(NetworkLayerError) {
        guard let members = json.object, let type = json["type"]?.string else {
            throw NetworkLayerError(reason: "an object with 'type', or a list of layers")
        }
        guard let own = Self.known[type] else {
            let types = NetworkArchitecture.types.joined(separator: ", ")
            throw NetworkLayerError(reason: "unknown type '\(type)'; there are \(types)")
        }
        let names = own + Self.common
        for member in members where !names.contains(member.key) {
            let nearest = NearestName.find(member.key, among: names) ?? ""
            throw NetworkLayerError(
                reason: "unknown member '\(member.key)' of \(type); did you mean '\(nearest)'?"
            )
        }
        self.type = type
        prefix = json["module_prefix"]?.string ?? ""
        config = LayerConfig(name: type, json: json)
    }

    /// Extents of a row; those of a picture are written `8x8x1`: lines, columns, channels.
    func input() throws(NetworkLayerError) -> [Int]? {
        if let text = config.json["input"]?.string {
            let words = text.split(separator: "x", omittingEmptySubsequences: false)
            let parts = words.map { Int($0) ?? 0 }
            guard parts.count == 2 || parts.count == 3,
                parts.allSatisfy({ $0 > 0 && $0 <= 1 << 20 }),
                NetworkNumber.count(parts).map({ $0 <= Limits.modelFeaturesMax }) == true
            else { throw NetworkLayerError(reason: "input '\(text)', not as '8x8x1'") }
            // PyTorch has the channels first.
            return [parts[parts.count - 1]] + parts.dropLast()
        }
        if let count = try config.count("in") { return [count] }
        guard type == "sequential" else {
            throw NetworkLayerError(reason: "\(type) without '\(type == "cnn" ? "input" : "in")'")
        }
        return nil
    }

    /// What the object stands for.
    func layers() throws(NetworkLayerError) -> [NetworkLayer] {
        switch type {
        case "sequential":
            return try NetworkArchitecture.list(config.json["layers"]?.array ?? [])
        case "cnn":
            if config.json["filters"] == nil, config.json["out"] == nil { return [] }
            return try convolutions() + [.flatten] + dense()
        default: return try dense()
        }
    }

    /// The layers between, as the object says for all of them.
    private func between() throws(NetworkLayerError) -> [NetworkLayer] {
        let name = config.json["activation"]?.string ?? "relu"
        let activation = NetworkLayer.activation(
            try NetworkActivation(named: name, isKeras3: true)
        )
        let hasNorm = config.flag("batchnorm")
        return hasNorm ? [.batchNormalization(epsilon: 1e-5), activation] : [activation]
    }

    /// Hidden layers, then the last.
    private func dense() throws(NetworkLayerError) -> [NetworkLayer] {
        var layers: [NetworkLayer] = []
        for units in try config.extents("hidden") {
            layers.append(.dense(units: units))
            layers += try between()
        }
        guard let out = try config.count("out") else {
            throw NetworkLayerError(reason: "\(type) without 'out'")
        }
        layers.append(.dense(units: out))
        if let name = config.json["out_activation"]?.string {
            layers.append(.activation(try NetworkActivation(named: name, isKeras3: true)))
        }
        return layers
    }

    /// Convolutions with the same kernel, each with an activation and, where asked for, a pool.
    private func convolutions() throws(NetworkLayerError) -> [NetworkLayer] {
        let kernel = try config.extents("kernel")
        let window = NetworkWindow(
            extents: kernel.isEmpty ? [3] : kernel,
            strides: try config.extents("stride"),
            padding: .both(try config.extents("padding", least: 0))
        )
        let pool = try config.extents("pool", least: 0)
        var layers: [NetworkLayer] = []
        let filters = try config.extents("filters")
        guard !filters.isEmpty else { throw NetworkLayerError(reason: "cnn without 'filters'") }
        for count in filters {
            layers.append(.convolution(window, filters: count, groups: 1))
            layers += try between()
            if let extent = pool.first, extent > 1 {
                layers.append(.pool(NetworkWindow(extents: pool), isGreatest: true))
            }
        }
        return layers
    }
}
