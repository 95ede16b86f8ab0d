import Testing

@testable import BorealBoost

@Suite struct EnsembleKernelTests {
    /// What random trees are made of.
    struct Shape: Sendable, CustomTestStringConvertible {
        var name: String
        var features = 6
        var leaves = 40
        var trees = 23
        var scores = 1
        var thresholds = 20
        var categories = 0
        var isAveraged = false
        var linearEvery = 0
        /// Greatest depth of symmetric trees; 0 for trees of any form.
        var symmetricDepth = 0
        /// Symmetric trees behind each other that ask the same.
        var twins = 1
        /// Leaves hold a number for each score.
        var isVector = false
        var arithmetic = TreeEnsemble.Arithmetic.double
        var initialScores: [Double] = []
        var testDescription: String { name }
    }

    static let shapes: [Shape] = [
        Shape(name: "narrow"),
        Shape(name: "stumps and single leaves", leaves: 2, trees: 9),
        Shape(name: "several scores", trees: 24, scores: 3, isAveraged: true),
        Shape(name: "more than 255 thresholds", leaves: 300, trees: 30, thresholds: 5_000),
        Shape(name: "more than 255 features", features: 700, leaves: 120, trees: 30),
        Shape(name: "categories", categories: 30),
        Shape(name: "categories with large numbers", leaves: 200, categories: 3_000_000),
        Shape(name: "linear leaves among others", linearEvery: 4),
        Shape(name: "symmetric", symmetricDepth: 8),
        Shape(name: "symmetric and deep", trees: 6, symmetricDepth: 12),
        Shape(
            name: "symmetric, for several scores",
            trees: 24,
            scores: 3,
            symmetricDepth: 6,
            twins: 3
        ),
        Shape(name: "stumps", trees: 40, symmetricDepth: 1),
        Shape(name: "vectors", scores: 3, isAveraged: true, isVector: true),
        Shape(name: "vectors and categories", scores: 4, categories: 40, isVector: true),
        Shape(name: "vectors, symmetric", scores: 3, symmetricDepth: 6, isVector: true),
        Shape(name: "Float", arithmetic: .float, initialScores: [0.1]),
        Shape(name: "Float, wide", leaves: 300, thresholds: 5_000, arithmetic: .float),
        Shape(name: "Float, symmetric", symmetricDepth: 5, arithmetic: .float),
        Shape(
            name: "Float vectors",
            scores: 3,
            isVector: true,
            arithmetic: .float,
            initialScores: [1, -2, 0.5]
        ),
        Shape(name: "symmetric, many thresholds", trees: 50, thresholds: 5_000, symmetricDepth: 8),
        // So many nodes that the compiler remembers which questions were asked.
        Shape(name: "a large forest", features: 20, leaves: 60_000, trees: 8, thresholds: 90_000),
    ]

    private static func value(_ shape: Shape, _ random: inout TestRandom) -> Double {
        switch random.below(12) {
        case 0: .nan
        case 1: 0
        case 2: -0.0
        case 3: random.below(2) == 0 ? .infinity : -.infinity
        case 4: 1e-36
        case 5: -1e-35
        // A threshold, hit exactly.
        case 6...9: Double(random.below(shape.thresholds)) / 7 - 1
        default: random.normal() * 3
        }
    }

    private static func tree(_ shape: Shape, _ number: Int, _ random: inout TestRandom) -> Tree {
        var tree = Tree()
        let leaves = 1 + random.below(shape.leaves)
        tree.leafValue = leafValues(shape, leaves, &random)
        // Splits one leaf after another, numbered as LightGBM does.
        var parents: [(node: Int, isLeft: Bool)?] = [nil]
        for node in 0..<(leaves - 1) {
            let leaf = random.below(parents.count)
            if let parent = parents[leaf] {
                if parent.isLeft {
                    tree.leftChild[parent.node] = Int32(node)
                } else {
                    tree.rightChild[parent.node] = Int32(node)
                }
            }
            tree.leftChild.append(~Int32(leaf))
            tree.rightChild.append(~Int32(parents.count))
            parents[leaf] = (node, true)
            parents.append((node, false))
            tree.splitFeature.append(Int32(random.below(shape.features)))
            if shape.categories > 0 && random.below(2) == 0 {
                appendSet(&tree, shape, &random)
            } else {
                tree.threshold.append(Double(random.below(shape.thresholds)) / 7 - 1)
                tree.decisionType.append(UInt8(random.below(3) << 2 | random.below(2) << 1))
            }
        }
        if shape.linearEvery > 0 && number % shape.linearEvery == 0 {
            tree.linear = Tree.LinearLeaves(
                constants: (0..<leaves).map { _ in random.normal() },
                coefficients: (0..<leaves).map { _ in [random.normal(), 2] },
                features: (0..<leaves).map { _ in [0, Int32(random.below(shape.features))] }
            )
        }
        return tree
    }

    private static func leafValues(
        _ shape: Shape,
        _ leaves: Int,
        _ random: inout TestRandom
    ) -> [Double] {
        (0..<leaves * (shape.isVector ? shape.scores : 1)).map { _ in
            let value = random.normal()
            return shape.arithmetic == .float ? Double(Float(value)) : value
        }
    }

    /// A tree whose levels ask one question each; twins ask what the tree before them asks.
    private static func symmetricTree(
        _ shape: Shape,
        _ number: Int,
        _ random: inout TestRandom
    ) -> Tree {
        var questions = TestRandom(UInt64(number / shape.twins) + 1_000)
        let depth = 1 + questions.below(shape.symmetricDepth)
        var tree = Tree()
        tree.leafValue = leafValues(shape, 1 << depth, &random)
        for level in 0..<depth {
            let feature = Int32(questions.below(shape.features))
            let threshold = Double(questions.below(shape.thresholds)) / 7 - 1
            let type = UInt8(questions.below(3) << 2 | questions.below(2) << 1)
            for place in 0..<1 << level {
                tree.splitFeature.append(feature)
                tree.threshold.append(threshold)
                tree.decisionType.append(type)
                let below = 2 * place + (level + 1 == depth ? 0 : (1 << (level + 1)) - 1)
                tree.leftChild.append(level + 1 == depth ? ~Int32(below) : Int32(below))
                tree.rightChild.append(level + 1 == depth ? ~Int32(below + 1) : Int32(below + 1))
            }
        }
        return tree
    }

    private static func appendSet(_ tree: inout Tree, _ shape: Shape, _ random: inout TestRandom) {
        if tree.categoryBoundaries.isEmpty { tree.categoryBoundaries = [0] }
        tree.threshold.append(Double(tree.categoryBoundaries.count - 1))
        tree.decisionType.append(UInt8(1 | random.below(2) << 1 | random.below(3) << 2))
        let members = (0..<(1 + random.below(5))).map { _ in random.below(shape.categories) }
        var bits = [UInt32](repeating: 0, count: (members.max() ?? 0) / 32 + 1)
        for member in members { bits[member / 32] |= 1 << UInt32(member % 32) }
        tree.categoryBits += bits
        tree.categoryBoundaries.append(Int32(tree.categoryBits.count))
    }

    static func ensemble(_ shape: Shape, seed: UInt64) -> TreeEnsemble {
        var random = TestRandom(seed)
        var ensemble = TreeEnsemble(
            trees: (0..<shape.trees).map {
                shape.symmetricDepth > 0
                    ? symmetricTree(shape, $0, &random) : tree(shape, $0, &random)
            },
            scoresPerRow: shape.scores,
            leafWidth: shape.isVector ? shape.scores : 1,
            featureCount: shape.features,
            isAveraged: shape.isAveraged
        )
        ensemble.arithmetic = shape.arithmetic
        ensemble.initialScores = shape.initialScores.map { Double(Float($0)) }
        return ensemble
    }

    static func rows(_ shape: Shape, _ count: Int, _ ensemble: TreeEnsemble) -> [Double] {
        var random = TestRandom(77)
        var categories: [Int32] = []
        for tree in ensemble.trees {
            for node in 0..<tree.innerCount where tree.decisionType[node] & 1 == 1 {
                categories += tree.categories(of: node)
            }
        }
        return (0..<count * shape.features).map { _ in
            if !categories.isEmpty && random.below(2) == 0 {
                let category = Double(categories[random.below(categories.count)])
                return random.below(4) == 0 ? category + 0.5 : category
            }
            return value(shape, &random)
        }
    }

    @Test("scores are the reference's, bit for bit", arguments: shapes)
    func scores(shape: Shape) throws {
        for seed in 1...4 as ClosedRange<UInt64> {
            let ensemble = Self.ensemble(shape, seed: seed)
            try ensemble.validate()
            let count = 521
            let rows = Self.rows(shape, count, ensemble)
            var expected = [Double](repeating: 7, count: count * shape.scores)
            var scores = expected
            ReferenceScorer(ensemble)
                .scoreRaw(rows: rows, count: count, stride: shape.features, into: &expected)
            let kernel = EnsembleKernel(ensemble)
            kernel.scoreRaw(rows: rows, count: count, stride: shape.features, into: &scores)
            #expect(scores.map(\.bitPattern) == expected.map(\.bitPattern))
            var one = [Double](repeating: 7, count: shape.scores)
            for row in 0..<64 {
                rows.withUnsafeBufferPointer { buffer in
                    guard let base = buffer.baseAddress else { return }
                    kernel.runOne(base + row * shape.features, into: &one)
                }
                let start = row * shape.scores
                let wanted = expected[start..<start + shape.scores].map(\.bitPattern)
                #expect(one.map(\.bitPattern) == wanted)
            }
        }
    }

    @Test("leaf numbers are the reference's", arguments: shapes)
    func leaves(shape: Shape) {
        let ensemble = Self.ensemble(shape, seed: 9)
        let count = 300
        let rows = Self.rows(shape, count, ensemble)
        let size = count * ensemble.trees.count
        var leaves = [Int32](repeating: -1, count: size)
        EnsembleKernel(ensemble)
            .leafIndices(rows: rows, count: count, stride: shape.features, into: &leaves)
        var expected = [Int32](repeating: -1, count: size)
        let reference = ReferenceScorer(ensemble)
        rows.withUnsafeBufferPointer { rows in
            expected.withUnsafeMutableBufferPointer { expected in
                guard let base = rows.baseAddress, let target = expected.baseAddress else { return }
                for row in 0..<count {
                    let own = target + row * ensemble.trees.count
                    reference.leafIndices(row: base + row * shape.features, into: own)
                }
            }
        }
        #expect(leaves == expected)
    }

    @Test("threads change nothing")
    func threads() {
        let shape = Self.shapes[2]
        let ensemble = Self.ensemble(shape, seed: 5)
        let count = 10_001
        let rows = Self.rows(shape, count, ensemble)
        let kernel = EnsembleKernel(ensemble)
        var one = [Double](repeating: 0, count: count * shape.scores)
        var many = one
        kernel.scoreRaw(rows: rows, count: count, stride: shape.features, into: &one)
        kernel.scoreRaw(
            rows: rows,
            count: count,
            stride: shape.features,
            into: &many,
            threads: 3
        )
        #expect(one == many)
    }

    @Test("an ensemble without trees scores 0")
    func empty() {
        let kernel = EnsembleKernel(TreeEnsemble(trees: [], scoresPerRow: 2, featureCount: 1))
        var scores = [1.0, 1, 1, 1]
        kernel.scoreRaw(rows: [3, 4], count: 2, stride: 1, into: &scores)
        #expect(scores == [0, 0, 0, 0])
    }
}
