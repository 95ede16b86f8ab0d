import BorealBase

/// The tensors of one layer, by what they are to it.
struct NetworkModule: Equatable {
    /// What the file calls the layer.
    var name: String
    /// `weight`, `bias`, `running_mean`, ... or, of Keras, `kernel`, `gamma`, `moving_mean`, ...
    var tensors: [String: NetworkTensor]

    /// The first of several names that is there.
    func first(_ names: String...) -> NetworkTensor? {
        for name in names {
            if let tensor = tensors[name] { return tensor }
        }
        return nil
    }

    /// What the layer holds, for messages: `net.0 (bias [16], weight [16, 28])`.
    var summary: String {
        let parts = tensors.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.shape)" }
        return "\(name) (\(parts.joined(separator: ", ")))"
    }
}

/// The weights of a network without its graph, layer by layer.
struct NetworkWeights {
    /// How a framework lays out what it multiplies and sees.
    enum Layout {
        /// Weights are `[out][in]`, pictures `[channels][height][width]`.
        case torch
        /// Weights are `[in][out]`, pictures `[height][width][channels]`.
        case keras
    }

    /// How the framework lays out what it multiplies and sees.
    let layout: Layout
    /// In the order of the file, or of their names where that says nothing.
    private(set) var modules: [NetworkModule]

    /// Modules shown in a message.
    private static let shownMax = 8

    /// Groups tensors by what stands before the last part of their names.
    ///
    /// - Parameters:
    ///   - tensors: by full names, in the order of the file.
    ///   - separator: between the parts of a name.
    ///   - prefix: only names below it count; empty for all.
    ///   - isSorted: whether layers are put in the order of their names, numbers by value.
    init(
        _ tensors: [(name: String, tensor: NetworkTensor)],
        layout: Layout,
        separator: Character = ".",
        prefix: String = "",
        isSorted: Bool = false
    ) {
        self.layout = layout
        var modules: [NetworkModule] = []
        var places: [String: Int] = [:]
        let start = prefix.isEmpty ? "" : "\(prefix)\(separator)"
        for (name, tensor) in tensors where name.hasPrefix(start) {
            let split = name.lastIndex(of: separator)
            let module = split.map { String(name[..<$0]) } ?? ""
            let leaf = split.map { String(name[name.index(after: $0)...]) } ?? name
            // Counts batches of training, which predictions do not need.
            if leaf == "num_batches_tracked" { continue }
            if places[module] == nil {
                places[module] = modules.count
                modules.append(NetworkModule(name: module, tensors: [:]))
            }
            modules[places[module] ?? 0].tensors[leaf] = tensor
        }
        if isSorted { modules.sort { Self.precedes($0.name, $1.name) } }
        self.modules = modules
    }

    /// Layers in the order given.
    init(modules: [NetworkModule], layout: Layout) {
        self.modules = modules
        self.layout = layout
    }

    /// All layers in a few words.
    var summary: String {
        let shown = modules.prefix(Self.shownMax).map(\.summary).joined(separator: "; ")
        return shown + (modules.count > Self.shownMax ? "; ..." : "")
    }

    /// Takes the first layer left that fits; nil when there is none.
    mutating func take(where fits: (NetworkModule) -> Bool) -> NetworkModule? {
        guard let place = modules.firstIndex(where: fits) else { return nil }
        return modules.remove(at: place)
    }

    /// `layer2` before `layer10`: runs of digits compare as numbers.
    static func precedes(_ left: String, _ right: String) -> Bool {
        let (a, b) = (parts(left), parts(right))
        for (x, y) in zip(a, b) where x != y {
            if let m = Int(x), let n = Int(y), m != n { return m < n }
            return x < y
        }
        return a.count < b.count
    }

    /// Runs of digits and runs of everything else.
    private static func parts(_ text: String) -> [Substring] {
        var parts: [Substring] = []
        var start = text.startIndex
        for index in text.indices.dropFirst() {
            let isDigit = text[index].isASCII && text[index].isNumber
            let before = text[text.index(before: index)]
            if isDigit != (before.isASCII && before.isNumber) {
                parts.append(text[start..<index])
                start = index
            }
        }
        parts.append(text[start...])
        return parts
    }
}
