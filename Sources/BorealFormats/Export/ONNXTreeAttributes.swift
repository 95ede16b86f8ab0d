import BorealBoost

/// The attributes of a TreeEnsemble node: one list an attribute, over the nodes or leaves of all
/// trees.
///
/// The lists are made from the trees when they are wanted: they would take more memory than the
/// trees themselves.
struct ONNXTreeAttributes {
    private enum Mode {
        static let atMost = 0
        static let member = 6
    }

    /// A tree, and how many nodes and leaves the trees before it have.
    private struct Place {
        let tree: Tree
        let firstNode: Int
        let firstLeaf: Int

        /// A tree of one leaf is a node with that leaf on either side.
        var nodeCount: Int { max(1, tree.innerCount) }

        func isSet(_ node: Int) -> Bool {
            tree.innerCount > 0 && tree.decisionType[node] & 1 == 1
        }

        func isLeaf(_ child: [Int32], _ node: Int) -> Int {
            tree.innerCount == 0 || child[node] < 0 ? 1 : 0
        }

        func id(_ child: [Int32], _ node: Int) -> Int {
            guard tree.innerCount > 0 else { return firstLeaf }
            return child[node] < 0 ? firstLeaf + Int(~child[node]) : firstNode + Int(child[node])
        }
    }

    private let trees: [Tree]
    private let scores: Int
    private let nodeCount: Int
    private let leafCount: Int

    init(_ ensemble: TreeEnsemble) {
        trees = ensemble.trees
        scores = ensemble.scoresPerRow
        nodeCount = trees.reduce(0) { $0 + max(1, $1.innerCount) }
        leafCount = trees.reduce(0) { $0 + $1.leafTotal }
    }

    private func forEachTree(_ body: (Place) -> Void) {
        var (firstNode, firstLeaf) = (0, 0)
        for tree in trees {
            let place = Place(tree: tree, firstNode: firstNode, firstLeaf: firstLeaf)
            body(place)
            firstNode += place.nodeCount
            firstLeaf += tree.leafTotal
        }
    }

    /// One number for each node.
    private func nodes<Number: Sendable>(
        _ number: @escaping @Sendable (Place, Int) -> Number
    ) -> ProtobufNumbers<Number> {
        ProtobufNumbers(count: nodeCount) { body in
            forEachTree { place in
                for node in 0..<place.nodeCount { body(number(place, node)) }
            }
        }
    }

    private var roots: ProtobufNumbers<Int> {
        ProtobufNumbers(count: trees.count) { body in forEachTree { body($0.firstNode) } }
    }

    private var targets: ProtobufNumbers<Int> {
        ProtobufNumbers(count: leafCount) { body in
            for (index, tree) in trees.enumerated() {
                for _ in 0..<tree.leafTotal { body(index % scores) }
            }
        }
    }

    private var weights: ProtobufNumbers<Double> {
        ProtobufNumbers(count: leafCount) { body in
            for tree in trees { tree.leafValue.forEach(body) }
        }
    }

    /// The members of all sets, NaN behind each.
    private var members: ProtobufNumbers<Double> {
        @Sendable func visit(_ body: (Double) -> Void) {
            forEachTree { place in
                for node in 0..<place.nodeCount where place.isSet(node) {
                    for category in place.tree.categories(of: node) { body(Double(category)) }
                    body(.nan)
                }
            }
        }
        var count = 0
        visit { _ in count += 1 }
        return ProtobufNumbers(count: count, visit: visit)
    }

    private var modes: [UInt8] {
        var modes: [UInt8] = []
        modes.reserveCapacity(nodeCount)
        nodes { UInt8($0.isSet($1) ? Mode.member : Mode.atMost) }.visit { modes.append($0) }
        return modes
    }

    /// All of them, under the names of `ai.onnx.ml` 5.
    var attributes: [ONNXAttribute] {
        let features = nodes { $0.tree.innerCount > 0 ? Int($0.tree.splitFeature[$1]) : 0 }
        let splits = nodes { place, node in
            place.tree.innerCount == 0 || place.isSet(node) ? 0 : place.tree.threshold[node]
        }
        let missing = nodes { place, node in
            guard place.tree.innerCount > 0 else { return 1 }
            return MissingRule(place.tree, node)?.goesLeft == true ? 1 : 0
        }
        var all: [ONNXAttribute] = [
            .integer("aggregate_function", 1), .integer("n_targets", scores),
            .integer("post_transform", 0), .integers("tree_roots", roots),
            .integers("nodes_featureids", features), .tensor("nodes_splits", .madeDoubles(splits)),
            .tensor("nodes_modes", .bytes(modes)),
            .integers("nodes_missing_value_tracks_true", missing),
            .integers("nodes_truenodeids", nodes { $0.id($0.tree.leftChild, $1) }),
            .integers("nodes_trueleafs", nodes { $0.isLeaf($0.tree.leftChild, $1) }),
            .integers("nodes_falsenodeids", nodes { $0.id($0.tree.rightChild, $1) }),
            .integers("nodes_falseleafs", nodes { $0.isLeaf($0.tree.rightChild, $1) }),
            .integers("leaf_targetids", targets), .tensor("leaf_weights", .madeDoubles(weights)),
        ]
        let members = members
        if members.count > 0 { all.append(.tensor("membership_values", .madeDoubles(members))) }
        return all
    }
}
