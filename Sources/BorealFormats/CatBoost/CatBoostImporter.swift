import BorealBase
import BorealBoost
import BorealGraph

/// Makes a graph of a CatBoost model.
///
/// A symmetric tree becomes a whole tree whose levels ask the same, so that the kernel for such
/// trees walks it; a leaf's number is the library's then. Trees add up in boosting order in 64
/// bits, and the bias comes last, as the library has it. The scale is 1 unless somebody set it;
/// then leaves are multiplied, which may differ from the library's sum in the last bit.
struct CatBoostImporter {
    let model: CatBoostModel

    /// The imported model.
    ///
    /// - Parameter container: where the model lay, when it is not its own format.
    /// - Throws: `FormatError.invalidModel`, `.malformed`, `.unsupportedFormat`.
    func imported(container: ModelFormat? = nil) throws(FormatError) -> ImportedModel {
        let graph = try graph()
        let inspection = ModelInspection(
            format: container ?? model.format,
            library: "CatBoost",
            formatVersion: "1",
            estimator: model.estimator ?? "CatBoost",
            objective: model.objective.isEmpty ? nil : model.objective,
            graph: graph
        )
        return ImportedModel(graph: graph, inspection: inspection)
    }

    private func graph() throws(FormatError) -> ModelGraph {
        guard !model.trees.isEmpty || !model.bias.isEmpty else {
            throw .notAModel(model.format, found: "a file without trees")
        }
        guard (1...Limits.classesMax).contains(model.dimension) else {
            throw model.malformed("\(model.dimension) scores")
        }
        let loss = CatBoostLoss(model)
        let inputs = try inputs()
        let columns = try CatBoostColumns(model, inputCount: inputs.count)
        let ensemble = try ensemble(columns)
        var metadata = ModelMetadata()
        metadata.objective = model.objective.isEmpty ? nil : model.objective
        do throws(GraphError) {
            var builder = CatBoostGraphBuilder(
                loss: loss,
                scores: model.dimension,
                labels: loss.labels(model),
                answersClass: model.estimator != "catboost.core.CatBoost"
            )
            try builder.build(
                columns.encoder(width: inputs.count),
                ensemble,
                leaves: leafNames
            )
            return try ModelGraph(
                inputs: inputs,
                operators: builder.operators,
                outputs: builder.outputs,
                task: loss.task,
                labels: builder.labels,
                metadata: metadata
            )
        } catch { throw .invalidModel(error) }
    }

    /// Features in the order of a row, those that the model does not ask among them.
    private func inputs() throws(FormatError) -> [GraphInput] {
        let count = model.featureCount
        guard count <= Limits.modelFeaturesMax else {
            throw .tooLarge(model.format, what: "features", limit: Limits.modelFeaturesMax)
        }
        var inputs = (0..<count).map { GraphInput(name: String($0)) }
        for feature in model.numbers {
            guard inputs.indices.contains(feature.flatIndex) else {
                throw model.malformed("a feature at position \(feature.flatIndex)")
            }
            if !feature.name.isEmpty { inputs[feature.flatIndex].name = feature.name }
        }
        for feature in model.categories {
            guard inputs.indices.contains(feature.flatIndex) else {
                throw model.malformed("a feature at position \(feature.flatIndex)")
            }
            inputs[feature.flatIndex].kind = .hashedCategory
            if !feature.name.isEmpty { inputs[feature.flatIndex].name = feature.name }
        }
        return inputs
    }

    // MARK: - Trees

    private func ensemble(_ columns: CatBoostColumns) throws(FormatError) -> TreeEnsemble {
        var trees: [Tree] = []
        trees.reserveCapacity(model.trees.count)
        for (number, data) in model.trees.enumerated() {
            switch data.shape {
            case .symmetric(let splits):
                trees.append(try symmetric(splits, data, columns, number))
            case .nodes(let nodes): trees.append(try tree(nodes, data, columns, number))
            }
        }
        var ensemble = TreeEnsemble(
            trees: trees,
            scoresPerRow: model.dimension,
            leafWidth: model.dimension,
            featureCount: columns.columns.count,
            cover: .weight
        )
        ensemble.featureGroups = columns.groups
        let bias = model.bias
        guard bias.isEmpty || bias.count == 1 || bias.count == model.dimension else {
            throw model.malformed("\(bias.count) biases for \(model.dimension) scores")
        }
        if bias.contains(where: { $0 != 0 }) {
            ensemble.initialScores =
                bias.count == model.dimension
                ? bias : [Double](repeating: bias[0], count: model.dimension)
        }
        return ensemble
    }

    private func scaled(_ values: [Double]) -> [Double] {
        model.scale == 1 ? values : values.map { $0 * model.scale }
    }

    /// All nodes of a level ask the same: the root the highest bit of the leaf's number, so that
    /// leaves lie from left to right.
    private func symmetric(
        _ splits: [Int32],
        _ data: CatBoostModel.TreeData,
        _ columns: CatBoostColumns,
        _ number: Int
    ) throws(FormatError) -> Tree {
        let depth = splits.count
        guard depth <= 20, data.values.count == model.dimension << depth else {
            throw model.malformed("tree \(number) has \(data.values.count) values of leaves")
        }
        var tree = Tree()
        tree.leafValue = scaled(data.values)
        let inner = 1 << depth - 1
        for level in 0..<depth {
            let question = try columns.question(splits[depth - 1 - level], number, model)
            for _ in 0..<(1 << level) { question.append(to: &tree) }
        }
        for node in 0..<inner {
            for child in [2 * node + 1, 2 * node + 2] {
                let position = child < inner ? Int32(child) : ~Int32(child - inner)
                if child % 2 == 1 {
                    tree.leftChild.append(position)
                } else {
                    tree.rightChild.append(position)
                }
            }
        }
        guard data.weights.count == inner + 1 else { return tree }
        tree.leafWeight = data.weights
        tree.internalWeight = [Double](repeating: 0, count: inner)
        for node in (0..<inner).reversed() {
            let children = [2 * node + 1, 2 * node + 2].map { child in
                child < inner ? tree.internalWeight[child] : data.weights[child - inner]
            }
            tree.internalWeight[node] = children[0] + children[1]
        }
        return tree
    }

    /// A tree of nodes, checked for circles by whoever takes the ensemble.
    private func tree(
        _ nodes: CatBoostModel.Nodes,
        _ data: CatBoostModel.TreeData,
        _ columns: CatBoostColumns,
        _ number: Int
    ) throws(FormatError) -> Tree {
        let count = nodes.splits.count
        var positions = [Int32](repeating: 0, count: count)
        var inner: Int32 = 0
        var leaves: [Int] = []
        for node in 0..<count {
            if nodes.leaves[node] >= 0 {
                positions[node] = ~Int32(leaves.count)
                leaves.append(Int(nodes.leaves[node]))
            } else {
                positions[node] = inner
                inner += 1
            }
        }
        var tree = Tree()
        tree.leafValue = []
        for leaf in leaves {
            let start = leaf * model.dimension
            guard start + model.dimension <= data.values.count else {
                throw model.malformed("tree \(number) has no leaf \(leaf)")
            }
            tree.leafValue += scaled(Array(data.values[start..<start + model.dimension]))
        }
        for node in 0..<count where nodes.leaves[node] < 0 {
            let question = try columns.question(nodes.splits[node], number, model)
            question.append(to: &tree)
            for child in [nodes.left[node], nodes.right[node]] {
                guard child >= 0, child < count else {
                    throw model.malformed("tree \(number), node \(node) has a child \(child)")
                }
            }
            tree.leftChild.append(positions[Int(nodes.left[node])])
            tree.rightChild.append(positions[Int(nodes.right[node])])
        }
        if data.weights.count * model.dimension == data.values.count {
            tree.leafWeight = leaves.map { data.weights[$0] }
            tree.internalWeight = Self.sums(nodes, data.weights)
        }
        return tree
    }

    /// Weights of inner nodes; empty when nodes do not stand before their children.
    private static func sums(_ nodes: CatBoostModel.Nodes, _ weights: [Double]) -> [Double] {
        var sums = [Double](repeating: 0, count: nodes.splits.count)
        for node in nodes.splits.indices.reversed() {
            if nodes.leaves[node] >= 0 {
                sums[node] = weights[Int(nodes.leaves[node])]
                continue
            }
            guard nodes.left[node] > node, nodes.right[node] > node else { return [] }
            sums[node] = sums[Int(nodes.left[node])] + sums[Int(nodes.right[node])]
        }
        return nodes.splits.indices.filter { nodes.leaves[$0] < 0 }.map { sums[$0] }
    }

    /// The numbers that leaves have in the file; nil where they are their positions.
    private var leafNames: LeafNames? {
        var numbers: [[Int32]] = []
        for tree in model.trees {
            guard case .nodes(let nodes) = tree.shape else { return nil }
            numbers.append(nodes.leaves.filter { $0 >= 0 })
        }
        return LeafNames(trees: Array(model.trees.indices), numbers: numbers)
    }
}
