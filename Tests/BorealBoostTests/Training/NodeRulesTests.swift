import BorealBase
import Testing

@testable import BorealBoost

@Suite struct NodeRulesTests {
    private func parameters(_ change: (inout TrainingParameters) -> Void) -> TrainingParameters {
        var parameters = TrainingParameters()
        parameters.objective = .binary
        parameters.iterations = 12
        parameters.minDataInLeaf = 5
        parameters.threads = 1
        change(&parameters)
        return parameters
    }

    /// Every rule at once would hide one behind another: each alone.
    static let rules: [(String, @Sendable (inout TrainingParameters) -> Void)] = [
        ("extra trees", { $0.usesExtraTrees = true }),
        ("features by node", { $0.featureFractionByNode = 0.4 }),
        ("monotone", { $0.monotoneConstraints = [1, 0, -1, 0, 1, 0, 0] }),
        ("interaction", { $0.interactionConstraints = [[0, 1, 5], [2, 3], [4, 6]] }),
        ("contribution", { $0.featureContribution = [0.1, 1, 1, 2, 1, 1, 0] }),
        ("linear", { $0.usesLinearTrees = true }),
    ]

    @Test("each rule changes the model, and threads do not", arguments: rules.indices)
    func threads(rule: Int) throws {
        let data = TestTables.mixed(rows: 3_000)
        let plain = try Trainer(parameters { _ in }).train(data).ensemble
        let one = try Trainer(parameters(Self.rules[rule].1)).train(data).ensemble
        #expect(one != plain)
        for threads in [2, 3, 8] {
            let many = try Trainer(
                parameters {
                    Self.rules[rule].1(&$0)
                    $0.threads = threads
                }
            ).train(data).ensemble
            #expect(many == one)
        }
    }

    @Test("outputs only rise or only fall with a constrained feature", arguments: [0.0, 1.5])
    func monotone(penalty: Double) throws {
        let data = TestTables.mixed(rows: 2_000, seed: 3)
        let trained = try Trainer(
            parameters {
                $0.monotoneConstraints = [1, 0, -1, 0, 1, 0, 0]
                $0.monotonePenalty = penalty
                $0.iterations = 30
            }
        ).train(data)
        let kernel = EnsembleKernel(trained.ensemble)
        let rows = data.rowMajor
        for (feature, direction) in [(0, 1.0), (2, -1.0), (4, 1.0)] {
            for row in 0..<60 {
                var last = -Double.infinity
                for step in -30...30 {
                    var values = Array(rows[row * 7..<(row + 1) * 7])
                    values[feature] = Double(step) / 8
                    var score = 0.0
                    kernel.runOne(values, into: &score)
                    #expect(score * direction >= last - 1e-12)
                    last = score * direction
                }
            }
        }
    }

    @Test("features of different groups never meet on a path")
    func interaction() throws {
        let groups = [[0, 1, 5], [2, 3], [3, 4, 6]]
        let trained = try Trainer(
            parameters {
                $0.interactionConstraints = groups
                $0.iterations = 30
            }
        ).train(TestTables.mixed(rows: 2_000, seed: 4))
        var depths: Set<Int> = []
        for tree in trained.ensemble.trees {
            var open: [(child: Int32, path: Set<Int>)] = [(tree.innerCount > 0 ? 0 : ~0, [])]
            while let (child, path) = open.popLast() {
                guard child >= 0 else {
                    let isAllowed = groups.contains { path.isSubset(of: $0) }
                    #expect(isAllowed)
                    depths.insert(path.count)
                    continue
                }
                let below = path.union([Int(tree.splitFeature[Int(child)])])
                open.append((tree.leftChild[Int(child)], below))
                open.append((tree.rightChild[Int(child)], below))
            }
        }
        #expect(depths.contains(3))
    }

    @Test("linear leaves fit a piecewise linear label exactly, and NaN takes the constant")
    func linearLeaves() throws {
        var random = TestRandom(8)
        let rows = 4_000
        let x = (0..<rows).map { _ in random.unit() * 4 - 2 }
        let z = (0..<rows).map { _ in random.unit() }
        let label = zip(x, z).map { x, z in x > 0 ? 3 * x + z : -x - 2 * z + 1 }
        let data = TrainingData(columns: [.doubles(x), .doubles(z)], label: label)
        let trained = try Trainer(
            parameters {
                $0.objective = .regression
                $0.usesLinearTrees = true
                $0.iterations = 60
                $0.learningRate = 0.3
                $0.leaves = 8
            }
        ).train(data, validation: data)
        let scores = trained.ensemble.scores(data)
        let error = zip(scores, label).map { abs($0 - $1) }.max() ?? .infinity
        #expect(error < 0.2)
        let last = try #require(trained.history.last?.first)
        let mean = zip(scores, label).map { ($0 - $1) * ($0 - $1) }.reduce(0, +) / Double(rows)
        #expect(abs(last.value - mean) <= 1e-9 * max(1, mean))
        let linear = try #require(trained.ensemble.trees[5].linear)
        #expect(linear.features.contains { !$0.isEmpty })
        var score = 0.0
        EnsembleKernel(trained.ensemble).runOne([.nan, 0.5], into: &score)
        #expect(score.isFinite)
    }

    @Test("a number that another determines gets no coefficient")
    func collinear() throws {
        var random = TestRandom(9)
        let x = (0..<800).map { _ in random.normal() }
        let data = TrainingData(
            columns: [.doubles(x), .doubles(x.map { 2 * $0 })],
            label: x.map { $0 * $0 }
        )
        let trained = try Trainer(
            parameters {
                $0.objective = .regression
                $0.usesLinearTrees = true
            }
        ).train(data)
        for tree in trained.ensemble.trees {
            for list in tree.linear?.coefficients ?? [] {
                #expect(list.allSatisfy { $0.isFinite })
            }
        }
    }
}
