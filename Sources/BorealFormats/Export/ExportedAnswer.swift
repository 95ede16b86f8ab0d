import BorealBoost
import BorealGraph

/// What a model answers, as writers ask for it: its classes, and what is done to its scores.
struct ExportedAnswer {
    /// Features in the order of a row.
    let inputs: [GraphInput]
    /// Scores of a row.
    let scores: Int
    /// How scores become values.
    let link: ScoreLink
    let task: GraphTask
    let labels: Labels?
    private let labelColumn: String?

    init(_ graph: ModelGraph, scores: Int, link: ScoreLink) {
        inputs = graph.inputs
        task = graph.task
        labels = graph.labels
        labelColumn = graph.metadata.labelColumns.first
        self.scores = scores
        self.link = link
    }

    /// True for models with probabilities.
    var isClassifier: Bool { task == .binary || task == .multiclass }
    /// Classes of a classifier.
    var classCount: Int { scores == 1 ? 2 : scores }

    /// What each class is called.
    func className(_ index: Int) -> String { labels?.text(at: index) ?? String(index) }

    /// A name for the answer that no feature has: the label's where it is known.
    var targetName: String {
        var name = labelColumn ?? "prediction"
        while inputs.contains(where: { $0.name == name }) { name += "_" }
        return name
    }

    /// What the operators behind the scores do to them, and what they divide them by.
    ///
    /// - Returns: nil for what no writer knows a name of.
    static func link(
        behind scores: TensorID,
        in graph: ModelGraph
    ) -> (link: ScoreLink, divisor: Double?)? {
        let steps = graph.operators.filter { $0.inputs == [scores] }
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
}
