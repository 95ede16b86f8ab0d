import BorealBase
public import BorealBoost
import BorealGraph
import Synchronization

/// `randomforestreg` and `randomforestcls`: trees grown on rows drawn with repetition, each
/// split among features drawn anew; the answer is the mean of theirs (Breiman 2001). The rules are
/// scikit-learn's.
public struct ForestLearner: Learner {
    private let settings: ForestParameters

    /// - Parameter isClassification: labels are classes.
    /// - Throws: `TrainingError` for a parameter that is unknown or out of range.
    public init(
        _ pairs: [(name: String, value: ParameterValue)],
        isClassification: Bool
    ) throws(TrainingError) {
        settings = try ForestParameters(pairs, isClassification: isClassification)
    }

    /// Numbers, NULL included; a number or a class as label.
    public var intake: Intake {
        let label: Intake.Label =
            settings.isClassification ? .classes(2...Limits.classesMax) : .number
        return Intake(label: label, takesMissing: true)
    }

    /// All parameters with the values that hold.
    public var parameters: [(name: String, value: ParameterValue)] { settings.values }
    /// `n_jobs`
    public var threads: Int { settings.threads }
    /// `random_state`
    public var seed: Int64 { settings.seed }

    /// Codes, what the threads work in, and the trees: of fully grown ones about two thirds of the
    /// rows are leaves.
    public func memoryEstimate(rows: Int, features: Int, threads: Int) -> Int {
        let drawn = settings.drawsRows ? rows - rows / 3 : rows
        let leaves = min(drawn, settings.leavesMax ?? drawn, Limits.leavesMax)
        let depth = settings.maxDepth ?? 62
        let most = depth < 30 ? min(leaves, 1 << depth) : leaves
        let (trees, overflow) = most.multipliedReportingOverflow(by: settings.treeCount * 90)
        guard !overflow else { return .max / 8 }
        return rows * (2 * features + 12) + threads * rows * 60 + trees
    }

    /// Grows the trees, each of them on one thread.
    ///
    /// - Throws: `TrainingError` for rows that cannot be learnt from; `.cancelled`.
    public func train(
        _ set: LearningSet,
        _ run: LearningRun
    ) throws(TrainingError) -> LearnedModel {
        let pool = WorkerPool(threads: run.threads, nice: 10)
        let table = try ForestTable(set, settings, pool: pool, cancellation: run.cancellation)
        let rules = try ForestRules(
            settings,
            rows: table.rowCount,
            features: table.featureCount
        )
        let factory = TreeFactory(settings, rules, table, run)
        let slots = TreeSlots(settings.treeCount)
        let progress = TreeProgress(total: settings.treeCount, run)
        pool.run(settings.treeCount) { index in
            slots.trees[index] = factory.tree(index)
            progress.advance()
        }
        let trees = slots.trees.compactMap { $0 }
        guard trees.count == settings.treeCount else { throw .cancelled }
        let ensemble = TreeEnsemble(
            trees: trees,
            scoresPerRow: factory.leafWidth,
            leafWidth: factory.leafWidth,
            featureCount: table.featureCount,
            isAveraged: true
        )
        var facts: [(key: String, value: JSON)] = [
            ("trees", .integer(Int64(trees.count))),
            ("leaves", .integer(Int64(trees.reduce(0) { $0 + $1.leafTotal }))),
        ]
        if settings.scoresOutOfBag {
            let score = try OutOfBagScore(factory, ensemble, set, table)
                .value(pool: pool, run)
            facts.append((settings.isClassification ? "oob_acc" : "oob_r2", score))
        }
        return LearnedModel(graph: try graph(ensemble, set), facts: facts)
    }

    private func graph(
        _ ensemble: TreeEnsemble,
        _ set: LearningSet
    ) throws(TrainingError) -> ModelGraph {
        let isBinary = ensemble.scoresPerRow == 1
        do throws(GraphError) {
            return try ModelGraph(
                BoostedModel(
                    ensemble: ensemble,
                    inputs: set.inputs,
                    link: .identity,
                    task: settings.isClassification
                        ? isBinary ? .binary : .multiclass : .regression,
                    labels: settings.isClassification ? set.labels : nil,
                    answersLabel: settings.isClassification,
                    metadata: set.metadata
                )
            )
        } catch {
            throw .diverged(advice: "the trees make no model: \(error)")
        }
    }
}

/// Grows one tree of a forest after the other.
struct TreeFactory: Sendable {
    private let parameters: ForestParameters
    private let rules: ForestRules
    private let table: ForestTable
    private let run: LearningRun

    /// Where the numbers of the first tree begin.
    private static let stream: UInt64 = 0x464F_5245_5354

    init(
        _ parameters: ForestParameters,
        _ rules: ForestRules,
        _ table: ForestTable,
        _ run: LearningRun
    ) {
        self.parameters = parameters
        self.rules = rules
        self.table = table
        self.run = run
    }

    /// Numbers of a leaf: 1, or the shares of three and more classes.
    var leafWidth: Int { table.classCount > 2 ? table.classCount : 1 }

    /// The rows that a tree sees.
    func draw(_ index: Int) -> (rows: RowDraw, random: RandomNumbers) {
        var random = RandomNumbers(
            seed: parameters.seed,
            stream: Self.stream &+ UInt64(index) &<< 8
        )
        let drawn = parameters.drawsRows ? rules.drawnRows : nil
        let rows = RowDraw(rows: table.rowCount, drawn: drawn, &random)
        return (rows, random)
    }

    /// The tree of that number; nil when cancelled.
    func tree(_ index: Int) -> Tree? {
        guard !run.cancellation.isCancelled else { return nil }
        let (rows, random) = draw(index)
        let memory = ForestMemory(rows: min(table.rowCount, rules.drawnRows))
        let isBalanced = parameters.classWeight == .balancedSubsample
        let count = rows.write(table, isBalanced: isBalanced, to: memory.entries.pointer)
        guard count > 0 else {
            // Only rows that count nothing were drawn.
            var tree = Tree()
            tree.leafValue = [Double](repeating: 0, count: leafWidth)
            return tree
        }
        let entries = UnsafePointer(memory.entries.pointer)
        var side = SideRules(rows: rules.leafRows)
        if rules.leafWeightShare > 0 {
            let total = (0..<count).reduce(0.0) { $0 + Double(entries[$1].weight) }
            side.weight = rules.leafWeightShare * total
        }
        switch parameters.criterion {
        case .squaredError:
            return grow(
                MeanSplitter(entries, capacity: count, rules: side, isShare: false),
                memory,
                random,
                count
            )
        case .gini where table.classCount == 2:
            return grow(
                MeanSplitter(entries, capacity: count, rules: side, isShare: true),
                memory,
                random,
                count
            )
        case .absoluteError:
            return grow(
                MedianSplitter(entries, capacity: count, rules: side),
                memory,
                random,
                count
            )
        case .gini, .entropy:
            return grow(
                ClassSplitter(
                    entries,
                    capacity: count,
                    classCount: table.classCount,
                    rules: side,
                    isEntropy: parameters.criterion == .entropy
                ),
                memory,
                random,
                count
            )
        }
    }

    private func grow<Splitter: NodeSplitter>(
        _ splitter: Splitter,
        _ memory: ForestMemory,
        _ random: RandomNumbers,
        _ count: Int
    ) -> Tree? {
        ForestGrower(
            table,
            rules,
            splitter,
            memory: memory,
            random: random,
            cancellation: run.cancellation
        ).grow(count: count)
    }
}

/// Where the threads put their trees.
// Unchecked: each tree is written by the one thread that grew it, and the end of the region
// publishes them.
private final class TreeSlots: @unchecked Sendable {
    let trees: UnsafeMutableBufferPointer<Tree?>

    init(_ count: Int) {
        trees = .allocate(capacity: count)
        trees.initialize(repeating: nil)
    }

    deinit {
        trees.deinitialize()
        trees.deallocate()
    }
}

/// Counts trees and tells whoever watches.
private final class TreeProgress: Sendable {
    private let done = Mutex(0)
    private let begin = MonotonicClock.nanoseconds
    private let total: Int
    private let run: LearningRun

    init(total: Int, _ run: LearningRun) {
        self.total = total
        self.run = run
    }

    /// One tree more. Reports come one at a time and in order.
    func advance() {
        guard !run.cancellation.isCancelled else { return }
        done.withLock { done in
            done += 1
            let seconds = Double(MonotonicClock.nanoseconds - begin) * 1e-9
            run.report(
                LearningProgress(
                    unit: "tree",
                    done: done,
                    total: total,
                    secondsLeft: seconds / Double(done) * Double(total - done)
                )
            )
        }
    }
}
