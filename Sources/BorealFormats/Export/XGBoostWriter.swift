import BorealBoost
import BorealGraph

/// Writes a tree ensemble as XGBoost's JSON, which its package (1.7 and later) loads.
///
/// XGBoost keeps 32-bit numbers: rows of such take the same ways, and scores agree within the
/// rounding of 32-bit sums. Categories are the codes that the model's own dictionaries give.
struct XGBoostWriter: ModelWriter {
    private let trees: ExportedTrees
    private let head: XGBoostHead

    /// - Throws: `FormatError.notExportable`.
    init(_ graph: ModelGraph) throws(FormatError) {
        trees = try ExportedTrees(graph, format: .xgboost)
        try trees.requireSimpleNodes(.xgboost)
        head = try XGBoostHead(trees.answer, divisor: trees.divisor)
    }

    func write(to text: ExportSink) throws(ExportError) {
        head.writeBeginning(text)
        text.append("{\"model\":{\"gbtree_model_param\":")
        let count = trees.ensemble.trees.count
        text.append("{\"num_parallel_tree\":\"1\",\"num_trees\":\"\(count)\"},")
        let rounds = count / trees.scores
        text.append("\"iteration_indptr\":")
        text.list((0...rounds).map { $0 * trees.scores })
        text.append(",\"tree_info\":")
        text.list((0..<count).map { $0 % trees.scores })
        text.append(",\"trees\":[")
        let width = trees.inputs.count
        for (index, tree) in trees.ensemble.trees.enumerated() {
            if index > 0 { text.append(",") }
            XGBoostTreeWriter(tree: tree, featureCount: width, scale: head.scale)
                .write(index, into: text)
            try text.check()
        }
        text.append("]},\"name\":\"gbtree\"}")
        head.writeEnd(text)
    }
}

/// Writes one tree; node 0 is the root, children follow their parents.
private struct XGBoostTreeWriter {
    let tree: Tree
    let featureCount: Int
    let scale: Double

    private struct Node {
        var left = -1
        var right = -1
        var parent: Int
        var feature = 0
        var condition: Float
        var missingIsLeft = false
        var categories: [Int32]?
        var gain = 0.0
        var cover = 0.0
        var weight: Float = 0
    }

    func write(_ index: Int, into text: ExportSink) {
        let nodes = layout()
        let withSets = nodes.indices.filter { nodes[$0].categories != nil }
        text.append("{\"base_weights\":")
        text.list(nodes.map(\.weight))
        text.append(",\"categories\":")
        text.list(withSets.flatMap { nodes[$0].categories ?? [] })
        text.append(",\"categories_nodes\":")
        text.list(withSets)
        var starts: [Int] = []
        var next = 0
        for node in withSets {
            starts.append(next)
            next += nodes[node].categories?.count ?? 0
        }
        text.append(",\"categories_segments\":")
        text.list(starts)
        text.append(",\"categories_sizes\":")
        text.list(withSets.map { nodes[$0].categories?.count ?? 0 })
        text.append(",\"default_left\":")
        text.list(nodes.map { $0.missingIsLeft ? 1 : 0 })
        text.append(",\"id\":\(index),\"left_children\":")
        text.list(nodes.map(\.left))
        text.append(",\"loss_changes\":")
        text.list(nodes.map { Float($0.gain) })
        text.append(",\"parents\":")
        text.list(nodes.map(\.parent))
        text.append(",\"right_children\":")
        text.list(nodes.map(\.right))
        text.append(",\"split_conditions\":")
        text.list(nodes.map(\.condition))
        text.append(",\"split_indices\":")
        text.list(nodes.map(\.feature))
        text.append(",\"split_type\":")
        text.list(nodes.map { $0.categories == nil ? 0 : 1 })
        text.append(",\"sum_hessian\":")
        text.list(nodes.map { Float($0.cover) })
        text.append(",\"tree_param\":{\"num_deleted\":\"0\",\"num_feature\":\"\(featureCount)\",")
        text.append("\"num_nodes\":\"\(nodes.count)\",\"size_leaf_vector\":\"1\"}}")
    }

    /// The nodes in breadth-first order.
    private func layout() -> [Node] {
        var nodes: [Node] = []
        var queue: [(child: Int32, parent: Int)] = [(tree.innerCount > 0 ? 0 : ~0, 2_147_483_647)]
        var next = 0
        while next < queue.count {
            let (child, parent) = queue[next]
            if child < 0 {
                let leaf = Int(~child)
                let value = Float(tree.leafValue[leaf] * scale)
                nodes.append(
                    Node(
                        parent: parent,
                        condition: value,
                        cover: leaf < tree.leafCount.count ? Double(tree.leafCount[leaf]) : 0,
                        weight: value
                    )
                )
            } else {
                let node = Int(child)
                var entry = inner(node, parent: parent)
                // A node without a set is asked "below", one with a set sends its members right.
                let isSwapped = entry.categories != nil
                entry.left = queue.count
                entry.right = queue.count + 1
                queue.append((isSwapped ? tree.rightChild[node] : tree.leftChild[node], next))
                queue.append((isSwapped ? tree.leftChild[node] : tree.rightChild[node], next))
                nodes.append(entry)
            }
            next += 1
        }
        return nodes
    }

    private func inner(_ node: Int, parent: Int) -> Node {
        let missingGoesLeft = MissingRule(tree, node)?.goesLeft == true
        var entry = Node(
            parent: parent,
            feature: Int(tree.splitFeature[node]),
            condition: 0,
            gain: node < tree.splitGain.count ? tree.splitGain[node] : 0,
            cover: node < tree.internalCount.count ? Double(tree.internalCount[node]) : 0
        )
        if tree.decisionType[node] & 1 == 1 {
            entry.categories = tree.categories(of: node)
            entry.missingIsLeft = !missingGoesLeft
        } else {
            // The least Float above the threshold: Floats are below it when they are at most that.
            let rounded = Float(tree.threshold[node])
            entry.condition =
                Double(rounded) <= tree.threshold[node] ? rounded.nextUp : rounded
            entry.missingIsLeft = missingGoesLeft
        }
        return entry
    }
}
