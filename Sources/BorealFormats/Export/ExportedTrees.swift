import BorealBoost
import BorealGraph

/// A graph that is a tree ensemble and a link, in the form that writers take: leaves of one number,
/// sums that begin at zero, nodes that compare what a row holds.
struct ExportedTrees {
    /// Its sums are the raw scores; `isAveraged` tells whether they are divided.
    let ensemble: TreeEnsemble
    let link: ScoreLink
    let graph: ModelGraph

    var inputs: [GraphInput] { graph.inputs }
    var labels: Labels? { graph.labels }
    var scores: Int { ensemble.scoresPerRow }
    /// Trees that a score is divided by; 1 for sums.
    var divisor: Double { ensemble.isAveraged ? Double(max(1, ensemble.roundCount)) : 1 }
    /// True for models with probabilities.
    var isClassifier: Bool { graph.task == .binary || graph.task == .multiclass }
    /// Classes of a classifier.
    var classCount: Int { scores == 1 ? 2 : scores }

    /// - Throws: `FormatError.notExportable`.
    init(_ graph: ModelGraph, format: ExportFormat) throws(FormatError) {
        func refused(_ reason: String) -> FormatError {
            .notExportable(format, reason: reason)
        }
        let trees = graph.operators.compactMap { $0 as? TreeEnsembleOperator }
        guard trees.count == 1, let source = trees.first else {
            throw refused("it is no single tree ensemble")
        }
        var ensemble = source.ensemble
        let rounding = graph.operators.first { $0.outputs == [source.input] }
        if source.input != .features {
            guard rounding is RoundToFloatOperator, rounding?.inputs == [.features] else {
                throw refused("its trees do not read its features as they are")
            }
            ensemble.compareUnrounded()
        }
        guard let (link, divisor) = Self.link(behind: source.output, in: graph) else {
            throw refused("what follows its trees has no name there")
        }
        ensemble = ensemble.withScalarLeaves
        if !ensemble.initialScores.isEmpty {
            let first = ensemble.initialScores.map { value in
                var tree = Tree()
                tree.leafValue = [value]
                return tree
            }
            if divisor != nil {
                throw refused("its averages do not begin at zero")
            }
            ensemble.trees.insert(contentsOf: first, at: 0)
            ensemble.initialScores = []
        }
        if divisor != nil { ensemble.isAveraged = true }
        self.ensemble = ensemble
        self.link = link
        self.graph = graph
    }

    /// What is done to the sums, and what they are divided by.
    private static func link(
        behind sums: TensorID,
        in graph: ModelGraph
    ) -> (ScoreLink, divisor: Double?)? {
        let steps = graph.operators.filter { $0.inputs == [sums] }
        if let transform = steps.lazy.compactMap({ $0 as? ScoreTransformOperator }).first {
            return (transform.link, transform.divisor)
        }
        // Probabilities may be made of scores that are answered as they are.
        let links = steps.compactMap { ($0 as? FloatLinkOperator)?.link }
        switch links.contains(.sigmoid) ? .sigmoid : links.first {
        case .identity?: return (.identity, nil)
        case .sigmoid?: return (.sigmoid(scale: 1), nil)
        case .softmax?: return (.softmax, nil)
        case .exponential?: return (.exponential, nil)
        case .step?, nil: return nil
        }
    }

    /// What each class is called.
    func className(_ index: Int) -> String { labels?.text(at: index) ?? String(index) }
}

/// What a node does with a value that is missing, for formats that know NaN alone.
struct MissingRule {
    let goesLeft: Bool

    /// nil when zero goes elsewhere than other numbers of its side: no such format can say that.
    init?(_ tree: Tree, _ node: Int) {
        let type = tree.decisionType[node]
        let zeroIsLeft = 0 <= tree.threshold[node]
        switch (type & 1, Tree.Missing(rawValue: type >> 2)) {
        case (1, _): goesLeft = type & 2 != 0
        case (_, .nan): goesLeft = type & 2 != 0
        case (_, .zero):
            guard (type & 2 != 0) == zeroIsLeft else { return nil }
            goesLeft = zeroIsLeft
        default: goesLeft = zeroIsLeft
        }
    }
}
