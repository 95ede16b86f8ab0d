import BorealBase
public import BorealBoost
import BorealGraph

/// Class `svr`: support vector regression. Equal parameters give scikit-learn's model, which is
/// LIBSVM's, within the tolerance.
public struct SVRLearner: Learner {
    /// What it trains by, in the documented order.
    public let parameters: [(name: String, value: ParameterValue)]
    /// `n_jobs`
    public let threads: Int
    /// `random_state`; nothing is drawn.
    public let seed: Int64
    let machine: MachineParameters

    /// - Throws: `TrainingError` for parameters that are unknown or out of range.
    public init(
        _ pairs: [(name: String, value: ParameterValue)]
    ) throws(TrainingError) {
        var reader = try ParameterReader(pairs)
        machine = try MachineParameters(&reader, hasEpsilon: true)
        let states = Int(Int64.min)...Int(Int64.max)
        seed = Int64(try reader.integer("random_state", default: 1, in: states))
        threads = try reader.integer("n_jobs", default: 4, in: 0...4_096)
        try reader.finish()
        parameters = reader.values
    }

    /// A number; numbers without gaps.
    public var intake: Intake { Intake(label: .number) }

    /// The rows three times, and the cache.
    public func memoryEstimate(rows: Int, features: Int, threads: Int) -> Int {
        rows * features * 16 + SequentialOptimizer.bytes(rows: rows, width: features)
            + machine.cacheBytes(rows: rows)
    }

    /// Optimises the coefficients of all rows.
    ///
    /// - Throws: as `MachineTable`; `TrainingError.cancelled`.
    public func train(
        _ set: LearningSet,
        _ run: LearningRun
    ) throws(TrainingError) -> LearnedModel {
        let table = try MachineTable(set.data, machine, learner: .svr)
        let pool = WorkerPool(threads: run.threads, nice: 10)
        let costs = table.weights.map { $0 * machine.cost }
        let rows = Array(0..<table.count)
        let optimizer = SequentialOptimizer(
            table,
            SequentialOptimizer.Problem(
                rows: rows,
                targets: table.labels,
                low: costs.map { -$0 },
                high: costs,
                epsilon: machine.epsilon
            ),
            machine,
            cacheBytes: machine.cacheBytes(rows: table.count),
            pool: pool,
            run: run
        )
        let solution = try optimizer.optimize { steps, violation in
            run.report(
                LearningProgress(unit: "step", done: steps, measure: ("violation", violation))
            )
        }
        guard solution.bias.isFinite, solution.coefficients.allSatisfy(\.isFinite) else {
            throw .diverged(advice: "scale the features and the label")
        }
        return try model(
            MachineGraph(table: table, answers: [solution.answer(rows)]),
            solution,
            set
        )
    }

    private func model(
        _ machine: MachineGraph,
        _ solution: SequentialOptimizer.Solution,
        _ set: LearningSet
    ) throws(TrainingError) -> LearnedModel {
        var builder = GraphBuilder(featureCount: machine.table.width)
        let graph: ModelGraph
        do throws(GraphError) {
            let sums = try machine.add(to: &builder)
            graph = try ModelGraph(
                inputs: set.inputs,
                operators: builder.operators,
                outputs: [
                    GraphOutput(.value, sums, ["pred"]),
                    GraphOutput(.prediction, sums, ["predicted_results"]),
                    GraphOutput(.raw, sums, ["raw"]),
                ],
                task: .regression,
                metadata: set.metadata
            )
        } catch {
            assertionFailure("a graph of vectors does not fit: \(error)")
            throw .diverged(advice: "the model has too many vectors or features")
        }
        return LearnedModel(
            graph: graph,
            facts: [
                ("support_vectors", .integer(Int64(machine.vectorCount))),
                ("steps", .integer(Int64(solution.steps))),
                ("converged", .bool(solution.isConverged)),
                ("intercept", .number(solution.bias)),
                ("gamma", .number(machine.table.kernel.gamma)),
            ]
        )
    }
}
