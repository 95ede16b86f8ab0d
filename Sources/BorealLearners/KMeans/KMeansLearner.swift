import BorealBase
public import BorealBoost
import BorealGraph

/// Class `kmeans`: clusters around means. Equal parameters give scikit-learn's clusters, seed
/// included, up to the rounding of sums.
public struct KMeansLearner: Learner {
    /// Where centers start.
    enum Start: String, CaseIterable {
        case greedy = "k-means++"
        case random
    }

    /// How Lloyd's iteration is named; the result is the same.
    enum Algorithm: String, CaseIterable {
        case lloyd, elkan, hamerly
    }

    /// What it trains by, in the documented order.
    public let parameters: [(name: String, value: ParameterValue)]
    /// `n_jobs`
    public let threads: Int
    /// `random_state`
    public let seed: Int64
    let clusters: Int
    let start: Start
    /// Descents from different starts, of which the best is kept.
    let descents: Int
    let iterations: Int
    let tolerance: Double

    /// - Throws: `TrainingError` for parameters that are unknown or out of range.
    public init(
        _ pairs: [(name: String, value: ParameterValue)]
    ) throws(TrainingError) {
        var reader = try ParameterReader(pairs)
        let most = Limits.treesMax
        clusters = try reader.integer("n_clusters", default: 4, in: 1...most)
        start = try reader.word("init", default: .greedy)
        let given = try reader.value("n_init", default: .text("auto"), Self.descents)
        descents = (given ?? nil) ?? (start == .greedy ? 1 : 10)
        iterations = try reader.integer("max_iter", default: 300, in: 1...Int(Int32.max))
        tolerance = try reader.real("tol", default: 1e-4, from: 0)
        _ = try reader.word("algorithm", default: Algorithm.lloyd)
        let states = Int(Int64.min)...Int(Int64.max)
        seed = Int64(try reader.integer("random_state", default: 1, in: states))
        threads = try reader.integer("n_jobs", default: 4, in: 0...4_096)
        try reader.finish()
        parameters = reader.values
    }

    private static func descents(
        _ written: String,
        _ value: ParameterValue
    ) throws(TrainingError) -> Int? {
        if case .text(let text) = value, text.lowercased() == "auto" { return nil }
        guard let whole = value.asInteger else {
            throw .unknownChoice(
                parameter: written,
                allowed: ["auto", "1", "2", "..."],
                value: value.description
            )
        }
        guard (1...1_000_000).contains(whole) else {
            throw .outOfRange(parameter: written, allowed: "[1, 1000000]", value: "\(whole)")
        }
        return Int(whole)
    }

    /// No label; numbers without gaps.
    public var intake: Intake { Intake(label: .none) }

    /// The rows twice, bounds and labels of each, and the sums.
    public func memoryEstimate(rows: Int, features: Int, threads: Int) -> Int {
        let clusters = min(clusters, max(1, rows))
        return rows * features * 16 + rows * 32
            + CenterSeeding.bytes(rows: rows, clusters: clusters)
            + LloydDescent.bytes(rows: rows, width: features, clusters: clusters)
    }

    /// Finds the clusters.
    ///
    /// - Throws: `TrainingError.tooFewRows` for more clusters than rows; as `ClusterRows`.
    public func train(
        _ set: LearningSet,
        _ run: LearningRun
    ) throws(TrainingError) -> LearnedModel {
        let rows = try ClusterRows(set.data, learner: LearnerClass.kmeans.rawValue)
        guard clusters <= rows.weightedCount else {
            throw .tooFewRows(
                parameter: "n_clusters",
                value: "\(clusters)",
                rows: rows.weightedCount
            )
        }
        let pool = WorkerPool(threads: run.threads, nice: 10)
        let seeding = CenterSeeding(rows, clusters: clusters, pool: pool, run: run)
        var random = NumpyRandom(seed: seed)
        var best: LloydDescent.Outcome?
        for index in 0..<descents {
            try run.checkCancellation()
            let centers =
                start == .greedy
                ? try seeding.greedy(clusters, &random) : seeding.random(clusters, &random)
            let descent = LloydDescent(
                rows,
                clusters: clusters,
                centers: centers,
                pool: pool,
                run: run
            )
            let outcome = try descent.descend(
                iterations: iterations,
                tolerance: tolerance * rows.variance
            ) { done, moved in
                run.report(progress(index, done, moved))
            }
            // Rounding may make the same clusters, in another order, look a little better.
            if let known = best,
                outcome.inertia >= known.inertia
                    || Self.areSame(outcome.labels, known.labels, clusters)
            {
                continue
            }
            best = outcome
        }
        guard let best else { throw .emptyTrainingSet }
        return try model(best, rows, set)
    }

    private func progress(_ descent: Int, _ done: Int, _ moved: Int) -> LearningProgress {
        LearningProgress(
            unit: descents == 1 ? "iteration" : "start \(descent + 1)/\(descents), iteration",
            done: done,
            measure: ("rows that moved", Double(moved))
        )
    }

    /// Whether two labellings tell the same rows apart.
    private static func areSame(_ left: [Int32], _ right: [Int32], _ clusters: Int) -> Bool {
        var names = [Int32](repeating: -1, count: clusters)
        for (a, b) in zip(left, right) {
            if names[Int(a)] == -1 { names[Int(a)] = b }
            if names[Int(a)] != b { return false }
        }
        return true
    }

    // MARK: - The model

    private func model(
        _ outcome: LloydDescent.Outcome,
        _ rows: ClusterRows,
        _ set: LearningSet
    ) throws(TrainingError) -> LearnedModel {
        var sizes = [Int64](repeating: 0, count: clusters)
        for label in outcome.labels { sizes[Int(label)] += 1 }
        let graph: ModelGraph
        do throws(GraphError) {
            graph = try Self.graph(outcome.centers, rows.means, clusters, set)
        } catch {
            assertionFailure("a graph of clusters does not fit: \(error)")
            throw .diverged(advice: "the model has too many clusters or features")
        }
        return LearnedModel(
            graph: graph,
            facts: [
                ("inertia", .number(outcome.inertia)),
                ("iterations", .integer(Int64(outcome.iterations))),
                ("converged", .bool(outcome.isConverged)),
                ("cluster_sizes", .array(sizes.map { .integer($0) })),
                ("distinct_clusters", .integer(Int64(sizes.lazy.filter { $0 > 0 }.count))),
            ]
        )
    }

    /// The features less their means, the squared distances to all centers, the least of them; and
    /// the distances, as scikit-learn's `transform`.
    private static func graph(
        _ centers: [Double],
        _ means: [Double],
        _ clusters: Int,
        _ set: LearningSet
    ) throws(GraphError) -> ModelGraph {
        var builder = GraphBuilder(featureCount: means.count)
        let centred = try builder.scale(.features, shift: means, .subtractMultiply)
        let squares = try builder.add { output throws(GraphError) in
            try DistancesOperator(
                input: centred,
                output: output,
                inputWidth: means.count,
                points: centers,
                metric: .squaredEuclidean
            )
        }
        let nearness = try builder.map(squares, .negate)
        let nearest = try builder.greatest(nearness)
        let distances = try builder.map(squares, .squareRoot)
        let names = (0..<clusters).map { "transform_\($0)" }
        return try ModelGraph(
            inputs: set.inputs,
            operators: builder.operators,
            outputs: [
                GraphOutput(.value, nearest, ["pred"]),
                GraphOutput(.prediction, nearest, ["predicted_results"]),
                GraphOutput(name: "transform", role: .other, tensor: distances, columnNames: names),
            ],
            task: .clustering,
            metadata: set.metadata
        )
    }
}
