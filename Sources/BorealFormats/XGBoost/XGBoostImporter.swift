import BorealBase
import BorealBoost
import BorealGraph

/// Makes a graph of an XGBoost model and of what stood around it.
struct XGBoostImporter {
    var model: XGBoostModel
    /// The scikit-learn wrapper around it; nil for a bare booster.
    var wrapper: XGBoostWrapper?
    /// The model before later rounds were given up, where leaves are shown of all.
    private var allTrees: XGBoostModel?

    init(_ model: XGBoostModel, wrapper: XGBoostWrapper? = nil) throws(FormatError) {
        self.model = model
        self.wrapper = wrapper
        if wrapper == nil {
            self.wrapper = try XGBoostWrapper(attributes: model.attributes, model.format)
        }
        // A wrapper predicts with the best iteration, a bare booster with all.
        guard let wrapper = self.wrapper else { return }
        // Leaves were those of all trees in the beginning.
        if model.isBefore(1, 4) { allTrees = model }
        // Files before 1.6 do not tell how many trees a round has; the limit counts trees.
        if let limit = wrapper.bestTreeLimit ?? attribute("best_ntree_limit"), limit > 0,
            model.isBefore(1, 6)
        {
            self.model.keepTrees(limit.multipliedReportingOverflow(by: model.scoreCount))
        } else if let best = wrapper.bestIteration ?? attribute("best_iteration"), best < Int.max {
            self.model.keepRounds(best + 1)
        }
    }

    private func attribute(_ name: String) -> Int? { model.attributes[name].flatMap { Int($0) } }

    /// - Throws: `FormatError.invalidModel`, `.malformed`, `.unsupportedFormat`.
    func graph() throws(FormatError) -> ModelGraph {
        let objective = try XGBoostObjective(model)
        let inputs = try inputs()
        var metadata = ModelMetadata()
        metadata.objective = model.objective
        var builder = XGBoostGraphBuilder(
            featureCount: inputs.count,
            scores: model.scoreCount,
            objective: objective,
            wrapper: wrapper,
            labels: labels(objective)
        )
        let linear = model.booster == "gblinear" ? try linear(objective) : nil
        let trees = linear == nil ? try model.ensemble(bases(objective)) : nil
        var shown: (TreeEnsemble, LeafNames)?
        if let allTrees, allTrees.trees.count > model.trees.count {
            shown = try allTrees.ensemble(bases(objective))
        }
        do throws(GraphError) {
            if let linear { builder.addAnswers(try builder.addLinear(linear)) }
            if let (ensemble, leaves) = trees {
                let addsBaseLast = model.isBefore(1, 3)
                builder.addAnswers(
                    try builder.addTrees(
                        ensemble,
                        leaves,
                        shown: shown,
                        addsBaseLast: addsBaseLast
                    )
                )
            }
            return try ModelGraph(
                inputs: inputs,
                operators: builder.operators,
                outputs: builder.outputs,
                task: builder.task,
                labels: builder.labels,
                metadata: metadata
            )
        } catch { throw .invalidModel(error) }
    }

    /// Counts and names for `inspect`.
    ///
    /// - Parameter format: the container, where it is not the model's own.
    func inspection(_ graph: ModelGraph, format: ModelFormat? = nil) -> ModelInspection {
        ModelInspection(
            format: format ?? model.format,
            library: "XGBoost",
            formatVersion: model.version.isEmpty
                ? "before 1.0" : model.version.map { String($0) }.joined(separator: "."),
            estimator: wrapper?.name ?? "Booster",
            objective: model.objective,
            graph: graph
        )
    }

    private func inputs() throws(FormatError) -> [GraphInput] {
        let count = model.featureCount
        let isNamed = model.featureNames.count == count
        var inputs: [GraphInput] = []
        inputs.reserveCapacity(count)
        for feature in 0..<count {
            var input = GraphInput(name: isNamed ? model.featureNames[feature] : "f\(feature)")
            if model.featureTypes.count == count, model.featureTypes[feature] == "c" {
                input.kind = .integerCategory
            }
            if model.categories.count == count, let categories = model.categories[feature] {
                do throws(GraphError) {
                    var dictionary = try CategoryDictionary(categories)
                    // Rows without categories of their own hold codes.
                    dictionary.takesCodes = true
                    input.kind = .category(dictionary)
                } catch { throw .invalidModel(error) }
            }
            inputs.append(input)
        }
        return inputs
    }

    private func labels(_ objective: XGBoostObjective) -> Labels? {
        guard let wrapper, wrapper.kind == .classifier else { return nil }
        let isClassification = objective.task == .multiclass || model.scoreCount == 1
        guard isClassification else { return nil }
        let count = model.scoreCount == 1 ? 2 : model.scoreCount
        if let labels = wrapper.labels, labels.count == count { return labels }
        return .integer((0..<count).map { Int64($0) })
    }

    /// `[scores]`: what sums begin with.
    private func bases(_ objective: XGBoostObjective) throws(FormatError) -> [Float] {
        let bases = model.baseScores
        guard bases.count == 1 || bases.count == model.scoreCount else {
            throw model.malformed("\(bases.count) base scores for \(model.scoreCount) scores")
        }
        let raw = model.baseScoreIsRaw ? bases : bases.map { objective.raw($0) }
        return raw.count == model.scoreCount
            ? raw : [Float](repeating: raw[0], count: model.scoreCount)
    }

    // MARK: - Linear models

    private func linear(
        _ objective: XGBoostObjective
    ) throws(FormatError) -> (weights: [Float], bias: [Float]) {
        let scores = model.scoreCount
        let wanted = (model.featureCount + 1).multipliedReportingOverflow(by: scores)
        guard !wanted.overflow, model.linearWeights.count == wanted.partialValue else {
            throw model.malformed(
                "\(model.linearWeights.count) weights for \(model.featureCount) features"
            )
        }
        // The first base score counts for all.
        let base = try bases(objective)[0]
        let bias = model.linearWeights.suffix(scores).map { $0 + base }
        return (Array(model.linearWeights.dropLast(scores)), bias)
    }
}

extension XGBoostImporter {
    /// The imported model.
    ///
    /// - Parameter container: where the model lay, when it is not its own format.
    func imported(container: ModelFormat? = nil) throws(FormatError) -> ImportedModel {
        let graph = try graph()
        return ImportedModel(graph: graph, inspection: inspection(graph, format: container))
    }
}
