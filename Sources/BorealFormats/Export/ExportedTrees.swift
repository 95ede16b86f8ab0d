import BorealBoost
import BorealGraph

/// A graph that is a tree ensemble and a link, in the form that writers take: leaves of one number,
/// sums that begin at zero, nodes that compare what a row holds.
struct ExportedTrees {
    /// Its sums are the raw scores; `isAveraged` tells whether they are divided.
    let ensemble: TreeEnsemble
    let answer: ExportedAnswer

    var inputs: [GraphInput] { answer.inputs }
    var scores: Int { answer.scores }
    var link: ScoreLink { answer.link }
    var isClassifier: Bool { answer.isClassifier }
    /// Trees that a score is divided by; 1 for sums.
    var divisor: Double { ensemble.isAveraged ? Double(max(1, ensemble.roundCount)) : 1 }
    /// True when the scores of a classifier are shares of its classes already: a forest's.
    var areShares: Bool {
        ensemble.isAveraged
            && ensemble.trees.allSatisfy { $0.leafValue.allSatisfy { (0...1).contains($0) } }
    }

    /// - Throws: `FormatError.notExportable`.
    init(_ graph: ModelGraph, format: ExportFormat) throws(FormatError) {
        func refused(_ reason: String) -> FormatError {
            .notExportable(format, reason: reason)
        }
        let trees = graph.operators.compactMap { $0 as? TreeEnsembleOperator }
        guard trees.count == 1, let source = trees.first else {
            throw refused("it is neither a single tree ensemble nor a linear model")
        }
        var ensemble = source.ensemble
        let rounding = graph.operators.first { $0.outputs == [source.input] }
        if source.input != .features {
            guard rounding is RoundToFloatOperator, rounding?.inputs == [.features] else {
                throw refused("its trees do not read its features as they are")
            }
            ensemble.compareUnrounded()
        }
        guard let (link, divisor) = ExportedAnswer.link(behind: source.output, in: graph) else {
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
        answer = ExportedAnswer(graph, scores: ensemble.scoresPerRow, link: link)
    }

    /// For formats whose leaves are numbers, and whose nodes know NaN as the one missing value.
    ///
    /// - Throws: `FormatError.notExportable`.
    func requireSimpleNodes(_ format: ExportFormat) throws(FormatError) {
        for tree in ensemble.trees {
            guard tree.linear == nil else {
                throw .notExportable(format, reason: "it has linear models in its leaves")
            }
            for node in 0..<tree.innerCount where MissingRule(tree, node) == nil {
                throw .notExportable(format, reason: "zero counts as missing in its trees")
            }
        }
    }
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
