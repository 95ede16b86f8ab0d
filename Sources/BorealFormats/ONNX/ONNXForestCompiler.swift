import BorealBase
import BorealBoost
import BorealGraph

/// Makes our trees of those of a node of ONNX-ML.
struct ONNXForestCompiler {
    /// The trees as the file has them.
    let forest: ONNXForest
    /// The node they stand in, for errors.
    let node: ONNXNode
    /// True when features and thresholds are numbers of 32 bits.
    let isFloat: Bool
    /// Features of a row.
    let width: Int
    /// Questions about equality, which are answered in columns behind the features.
    private(set) var questions: [MembershipOperator.Question] = []
    private var columns: [MembershipOperator.Question: Int] = [:]
    private var isSeen: [Bool]
    /// What a leaf has for a target it says nothing about, and what counts as its weight.
    private let absent: Double
    private let marksOnly: Bool

    /// Numbers of all leaves together.
    private static let leafValuesMax = 1 << 26

    /// - Parameters:
    ///   - absent: what a leaf has for a target that it says nothing about.
    ///   - marksOnly: leaves have 1 for each target that they say something about.
    init(
        _ forest: ONNXForest,
        _ node: ONNXNode,
        isFloat: Bool,
        width: Int,
        absent: Double = 0,
        marksOnly: Bool = false
    ) {
        self.forest = forest
        self.node = node
        self.isFloat = isFloat
        self.width = width
        self.absent = absent
        self.marksOnly = marksOnly
        isSeen = Array(repeating: false, count: forest.nodes.count)
    }

    /// The trees; those that each score one target alone become trees of scalars.
    ///
    /// - Throws: `FormatError.malformed`, `.tooLarge`.
    mutating func ensemble(vectors: Bool = false) throws(FormatError) -> TreeEnsemble {
        let count = forest.targetCount
        let targets = vectors || count == 1 ? nil : singleTargets()
        let leafWidth = count == 1 || targets != nil ? 1 : count
        guard forest.roots.count <= Limits.treesMax,
            forest.leaves.count <= Self.leafValuesMax / leafWidth
        else {
            throw node.tooLarge("numbers in leaves", limit: Self.leafValuesMax)
        }
        var trees: [Tree] = []
        trees.reserveCapacity(forest.roots.count)
        for root in forest.roots { trees.append(try tree(root, leafWidth)) }
        if let targets { trees = try interleaved(trees, targets) }
        var ensemble = TreeEnsemble(
            trees: trees,
            scoresPerRow: count,
            leafWidth: leafWidth,
            featureCount: width + questions.count
        )
        ensemble.arithmetic = isFloat ? .float : .double
        return ensemble
    }

    /// The target of each tree when none has two.
    private func singleTargets() -> [Int]? {
        var targets: [Int] = []
        // What is no forest of trees is refused later; here it must only come to an end.
        var steps = 2 * forest.nodes.count + forest.roots.count
        for root in forest.roots {
            var target: Int?
            var isSingle = true
            var stack = [root]
            while let place = stack.popLast(), isSingle, steps > 0 {
                steps -= 1
                if place >= 0, let inner = forest.nodes[place] {
                    stack += [inner.yes, inner.no]
                    continue
                }
                forest.forEachWeight(of: ~place) { weight in
                    if target == nil { target = weight.target }
                    isSingle = isSingle && target == weight.target
                }
            }
            guard isSingle else { return nil }
            targets.append(target ?? 0)
        }
        return targets
    }

    /// Trees in rounds of one for each target; what lacks becomes a tree that adds nothing.
    private func interleaved(_ trees: [Tree], _ targets: [Int]) throws(FormatError) -> [Tree] {
        let count = forest.targetCount
        var lists = Array(repeating: [Tree](), count: count)
        for (tree, target) in zip(trees, targets) { lists[target].append(tree) }
        let rounds = lists.map(\.count).max() ?? 0
        guard rounds <= Limits.treesMax / count else {
            throw node.tooLarge("trees", limit: Limits.treesMax)
        }
        return (0..<rounds).flatMap { round in
            lists.map { round < $0.count ? $0[round] : Tree() }
        }
    }

    // MARK: - One tree

    /// One tree, from its root downwards, without recursion: files choose how deep trees are.
    private mutating func tree(_ root: Int, _ leafWidth: Int) throws(FormatError) -> Tree {
        var tree = Tree()
        tree.leafValue = []
        var leafCount = 0
        // A child to be placed, and the slot that points to it.
        var stack: [(child: Int, parent: Int, isLeft: Bool)] = [(root, -1, false)]
        while let (child, parent, isLeft) = stack.popLast() {
            var place = tree.innerCount
            if child < 0 {
                place = ~leafCount
                leafCount += 1
                appendLeaf(~child, leafWidth, &tree)
            } else {
                guard let inner = forest.nodes[child], !isSeen[child] else {
                    throw node.malformed("node \(child) has two parents")
                }
                isSeen[child] = true
                guard tree.innerCount < Limits.leavesMax else {
                    throw node.tooLarge("leaves of a tree", limit: Limits.leavesMax)
                }
                let (left, right) = try appendTest(inner, &tree)
                stack.append((right, place, false))
                stack.append((left, place, true))
            }
            guard parent >= 0 else { continue }
            if isLeft {
                tree.leftChild[parent] = Int32(place)
            } else {
                tree.rightChild[parent] = Int32(place)
            }
        }
        return tree
    }

    /// Adds a leaf with a number for each target, or with one.
    private func appendLeaf(_ leaf: Int, _ leafWidth: Int, _ tree: inout Tree) {
        let start = tree.leafValue.count
        tree.leafValue.append(contentsOf: repeatElement(absent, count: leafWidth))
        forest.forEachWeight(of: leaf) { weight in
            let place = start + (leafWidth == 1 ? 0 : weight.target)
            if marksOnly {
                tree.leafValue[place] = 1
            } else if tree.leafValue[place].isNaN {
                tree.leafValue[place] = rounded(weight.value)
            } else {
                tree.leafValue[place] = rounded(tree.leafValue[place] + rounded(weight.value))
            }
        }
    }

    /// A number as the file's element type holds it.
    private func rounded(_ value: Double) -> Double { isFloat ? Double(Float(value)) : value }

    /// The greatest number below another, so that `x < t` can be asked as `x <= before(t)`.
    private func before(_ value: Double) -> Double {
        isFloat ? Double(Float(value).nextDown) : value.nextDown
    }

    /// Adds a node `value <= threshold` and answers what lies on its left and right.
    private mutating func appendTest(
        _ inner: ONNXForest.Node,
        _ tree: inout Tree
    ) throws(FormatError) -> (left: Int, right: Int) {
        guard inner.feature < width else {
            throw node.malformed("feature \(inner.feature) of \(width)")
        }
        let value = rounded(inner.value)
        var column = inner.feature
        var threshold = value
        var passesLeft = true
        var missingPasses = inner.missingPasses
        switch inner.mode {
        case .lessOrEqual: break
        case .less: threshold = before(value)
        case .greater: passesLeft = false
        case .greaterOrEqual:
            threshold = before(value)
            passesLeft = false
        case .equal, .member, .notEqual:
            column = try question(inner, value)
            threshold = 0.5
            passesLeft = inner.mode == .notEqual
            // What is missing is different from every number.
            if inner.mode == .notEqual { missingPasses = true }
        }
        tree.splitFeature.append(Int32(column))
        tree.threshold.append(threshold)
        let missingLeft = missingPasses == passesLeft
        tree.decisionType.append(Tree.Missing.nan.rawValue << 2 | (missingLeft ? 2 : 0))
        tree.leftChild.append(0)
        tree.rightChild.append(0)
        return passesLeft ? (inner.yes, inner.no) : (inner.no, inner.yes)
    }

    /// The column that answers whether the feature is one of the node's numbers.
    private mutating func question(
        _ inner: ONNXForest.Node,
        _ value: Double
    ) throws(FormatError) -> Int {
        var numbers = inner.mode == .member ? inner.members.map { rounded($0) } : [value]
        // ONNX Runtime looks for the whole part in all sets but those of few small numbers.
        let truncates =
            inner.mode == .member && !inner.isExact
            && (numbers.count > 30 || numbers.contains { $0 < 0 || $0 > 30 })
        if truncates { numbers = numbers.map { $0.rounded(.towardZero) }.sorted() }
        let question = MembershipOperator.Question(
            feature: inner.feature,
            numbers: numbers.filter { !$0.isNaN },
            truncates: truncates
        )
        if let column = columns[question] { return column }
        guard width + questions.count < Limits.modelFeaturesMax else {
            throw node.tooLarge("tests for equality", limit: Limits.modelFeaturesMax)
        }
        let column = width + questions.count
        questions.append(question)
        columns[question] = column
        return column
    }
}
