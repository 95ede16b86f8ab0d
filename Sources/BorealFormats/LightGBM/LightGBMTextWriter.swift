import BorealBase
import BorealBoost
import BorealGraph

/// Writes a tree ensemble as LightGBM text, version 4, which LightGBM's own package loads and
/// scores to the same doubles.
///
/// The bytes depend on the model alone: no name, time, host or thread count is in them. What
/// LightGBM has no place for stands in hexadecimal JSON in the header line `boreal_meta`, which
/// LightGBM skips.
///
/// The header says how many bytes each tree takes, so the trees are written twice: once to be
/// counted, once to the file. That costs the time of a second pass and no memory.
struct LightGBMTextWriter: ModelWriter {
    private let graph: ModelGraph
    private let parts: BoostedParts

    /// - Throws: `FormatError.notExportable` when the graph is more than a tree ensemble with one
    ///   of LightGBM's objectives.
    init(_ graph: ModelGraph) throws(FormatError) {
        self.graph = graph
        parts = try BoostedParts(graph)
    }

    func write(to sink: ExportSink) throws(ExportError) {
        try write(to: sink, treeBytes: try treeBytes(sink))
    }

    /// `[trees]`: bytes of each tree.
    ///
    /// - Parameter sink: where they will go; its end is this one's.
    func treeBytes(_ sink: ExportSink) throws(ExportError) -> [Int] {
        let counter = ExportSink()
        var sizes: [Int] = []
        sizes.reserveCapacity(parts.ensemble.trees.count)
        for (index, tree) in parts.ensemble.trees.enumerated() {
            let start = counter.bytes
            LightGBMTreeWriter(tree: tree).write(index, into: counter)
            sizes.append(counter.bytes - start)
            try sink.check()
        }
        return sizes
    }

    /// Bytes of the whole text.
    func byteCount(treeBytes: [Int]) -> Int {
        let counter = ExportSink()
        writeHead(counter, treeBytes)
        writeEnd(counter)
        return counter.bytes + treeBytes.reduce(0, +)
    }

    /// The text, when the sizes of its trees are known.
    func write(to sink: ExportSink, treeBytes: [Int]) throws(ExportError) {
        writeHead(sink, treeBytes)
        for (index, tree) in parts.ensemble.trees.enumerated() {
            LightGBMTreeWriter(tree: tree).write(index, into: sink)
            try sink.check()
        }
        writeEnd(sink)
    }

    private func writeHead(_ text: ExportSink, _ treeBytes: [Int]) {
        Self.writeHeader(text, graph, parts)
        text.line("tree_sizes", treeBytes)
        text.append("\n")
    }

    private func writeEnd(_ text: ExportSink) {
        text.append("end of trees\n")
        Self.writeImportances(text, graph)
        text.append("\npandas_categorical:")
        text.append(Self.categories(graph).map { JSON.array($0).description } ?? "null")
        text.append("\n")
    }

    private static func writeHeader(
        _ text: ExportSink,
        _ graph: ModelGraph,
        _ parts: BoostedParts
    ) {
        let ensemble = parts.ensemble
        text.append("tree\nversion=v4\n")
        text.line("num_class", [ensemble.scoresPerRow])
        text.line("num_tree_per_iteration", [ensemble.scoresPerRow])
        text.append("label_index=0\n")
        text.line("max_feature_idx", [ensemble.featureCount - 1])
        if let objective = parts.objective { text.append("objective=\(objective)\n") }
        if ensemble.isAveraged { text.append("average_output\n") }
        text.append("feature_names=\(names(graph).joined(separator: " "))\n")
        text.append("feature_infos=\(infos(graph, parts).joined(separator: " "))\n")
        text.append("boreal_meta=")
        for byte in BorealMeta.json(graph).description.utf8 {
            text.append(bytes: [hexadecimal[Int(byte >> 4)], hexadecimal[Int(byte & 15)]])
        }
        text.append("\n")
    }

    private static let hexadecimal = Array("0123456789abcdef".utf8)

    /// LightGBM's names hold no blanks and none of the characters its JSON dump gives a meaning.
    private static func names(_ graph: ModelGraph) -> [String] {
        let forbidden = Set("\"[]{},:=".utf8)
        return graph.inputs.enumerated().map { index, input in
            let bytes = input.name.utf8.map {
                $0 <= 0x20 || $0 == 0x7F || forbidden.contains($0) ? 0x5F : $0
            }
            return bytes.isEmpty ? "Column_\(index)" : String(decoding: bytes, as: UTF8.self)
        }
    }

    /// Ranges of numbers are not kept in a graph; categories are listed, unused features are
    /// `none`.
    private static func infos(_ graph: ModelGraph, _ parts: BoostedParts) -> [String] {
        let used = Set(parts.ensemble.trees.flatMap(\.splitFeature))
        return graph.inputs.enumerated().map { index, input in
            guard used.contains(Int32(truncatingIfNeeded: index)) else { return "none" }
            switch input.kind {
            case .number, .hashedCategory, .list: return "[-inf:inf]"
            case .category(let dictionary):
                return (-1..<dictionary.count).map(String.init).joined(separator: ":")
            case .integerCategory:
                return parts.categories(of: index).map(String.init).joined(separator: ":")
            }
        }
    }

    /// Split counts of the features that have some, most first, as LightGBM lists them.
    private static func writeImportances(_ text: ExportSink, _ graph: ModelGraph) {
        text.append("\nfeature_importances:\n")
        let names = names(graph)
        let splits = (graph.featureImportances ?? []).map(\.splits)
        let order = splits.indices.filter { splits[$0] > 0 }
            .sorted { (-splits[$0], $0) < (-splits[$1], $1) }
        for index in order { text.append("\(names[index])=\(splits[index])\n") }
    }

    /// One list for each feature with a dictionary, or nil when there is none.
    static func categories(_ graph: ModelGraph) -> [JSON]? {
        let lists = graph.inputs.compactMap { input -> JSON? in
            guard case .category(let dictionary) = input.kind else { return nil }
            switch dictionary.categories {
            case .text(let names): return .array(names.map { .string($0) })
            case .number(let values):
                return .array(
                    values.map { v in Int64(exactly: v).map { .integer($0) } ?? .number(v) }
                )
            }
        }
        return lists.isEmpty ? nil : lists
    }
}

/// The ensemble and objective of a graph that is a boosted model and nothing else.
struct BoostedParts {
    let ensemble: TreeEnsemble
    /// LightGBM's objective line; nil for a custom objective, whose answer is the raw score.
    let objective: String?

    init(_ graph: ModelGraph) throws(FormatError) {
        let trees = try ExportedTrees(graph, format: .lightgbm)
        guard trees.ensemble.featureCount > 0, trees.ensemble.arithmetic == .double else {
            throw .notExportable(.lightgbm, reason: "it adds 32-bit numbers")
        }
        ensemble = trees.ensemble
        objective = try Self.objective(graph, trees.link, ensemble.scoresPerRow)
    }

    /// The line the model was read with or trained for, when it means what the graph does; else one
    /// that does.
    private static func objective(
        _ graph: ModelGraph,
        _ link: ScoreLink,
        _ scores: Int
    ) throws(FormatError) -> String? {
        if let line = graph.metadata.objective,
            !line.utf8.contains(where: { $0 < 0x20 || $0 == UInt8(ascii: "=") })
        {
            // A line that cannot be read is replaced by one that can.
            let known = try? LightGBMObjective(line, classCount: scores)
            if let known, known.link == link { return line }
        }
        switch link {
        case .identity:
            if scores > 1 { return nil }
            return graph.task == .ranking ? "lambdarank" : "regression"
        case .sigmoid(let scale):
            if graph.task == .multiclass {
                return "multiclassova num_class:\(scores) sigmoid:\(scale)"
            }
            return graph.task == .binary ? "binary sigmoid:\(scale)" : "cross_entropy"
        case .softmax: return "multiclass num_class:\(scores)"
        case .exponential: return "poisson"
        case .signedSquare: return "regression sqrt"
        case .softplus: return "cross_entropy_lambda"
        }
    }

    /// Categories that some split of the feature names, ascending.
    func categories(of feature: Int) -> [Int] {
        var found: Set<Int> = []
        for tree in ensemble.trees {
            for node in 0..<tree.innerCount
            where Int(tree.splitFeature[node]) == feature && tree.decisionType[node] & 1 == 1 {
                let set = Int(tree.threshold[node])
                let words =
                    Int(tree.categoryBoundaries[set])..<Int(tree.categoryBoundaries[set + 1])
                for word in words {
                    for bit in 0..<32 where tree.categoryBits[word] >> UInt32(bit) & 1 == 1 {
                        found.insert((word - words.lowerBound) * 32 + bit)
                    }
                }
            }
        }
        return found.isEmpty ? [0] : found.sorted()
    }
}
