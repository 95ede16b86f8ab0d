import BorealBase
import BorealGraph

/// Makes a graph of a LightGBM text and of what stood around it.
struct LightGBMImporter {
    var text: LightGBMText
    /// Classes of a scikit-learn wrapper.
    var labels: Labels?
    /// True for classifiers of the scikit-learn interface.
    var answersLabel = false
    /// Categorical features that a pickle's parameters name.
    var namedFeatures: [Int] = []

    init(text: LightGBMText) { self.text = text }

    /// Keeps the first `count` iterations, which is what a Booster with a best iteration predicts
    /// with.
    mutating func keepIterations(_ count: Int) {
        let kept = count.multipliedReportingOverflow(by: text.classCount)
        guard count > 0, !kept.overflow, kept.partialValue < text.trees.count else { return }
        text.trees.removeSubrange(kept.partialValue...)
    }

    /// - Throws: `FormatError.invalidModel`, `.malformed`, `.unsupportedFormat`.
    func graph() throws(FormatError) -> ModelGraph {
        let objective = try LightGBMObjective(text.objective, classCount: text.classCount)
        var metadata = ModelMetadata()
        metadata.objective = text.objective
        var model = BoostedModel(
            ensemble: text.ensemble,
            inputs: [],
            link: objective.link,
            task: objective.task,
            labels: labels,
            answersLabel: answersLabel
        )
        if let json = text.meta {
            let meta = try BorealMeta(json)
            model.inputs = try meta.inputs(
                lists: text.pandasCategorical?.array ?? [],
                count: text.featureCount
            )
            let known = try meta.labels()
            model.labels = labels ?? known
            model.answersLabel = answersLabel || meta.answersLabel
            model.valueIsLabel = answersLabel
            model.task = meta.task ?? objective.task
            meta.fill(&metadata)
        } else {
            let kinds = try PandasCategories(text: text, namedFeatures: namedFeatures).kinds()
            model.inputs = zip(text.featureNames, kinds).map { GraphInput(name: $0, kind: $1) }
            metadata.trainingParameters = parameters
        }
        // A classifier of the scikit-learn interface takes its objective's answer as probabilities,
        // also where the objective (cross_entropy, a custom one) is none of LightGBM's
        // classifications.
        if answersLabel { model.task = text.classCount == 1 ? .binary : .multiclass }
        model.metadata = metadata
        do throws(GraphError) { return try ModelGraph(model) } catch { throw .invalidModel(error) }
    }

    private var parameters: JSON? {
        guard !text.parameters.isEmpty else { return nil }
        return .object(text.parameters.map { ($0.name, .string($0.value)) })
    }

    /// Counts and names for `inspect`.
    func inspection(_ graph: ModelGraph, format: ModelFormat, estimator: String) -> ModelInspection
    {
        ModelInspection(
            format: format,
            library: "LightGBM",
            formatVersion: text.version,
            estimator: estimator,
            objective: text.objective,
            graph: graph
        )
    }
}
