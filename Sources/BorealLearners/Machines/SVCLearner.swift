import BorealBase
public import BorealBoost
import BorealGraph

/// Class `svc`: support vector classification, one machine for each two classes. Equal parameters
/// give scikit-learn's model, which is LIBSVM's, within the tolerance.
public struct SVCLearner: Learner {
    /// What it trains by, in the documented order.
    public let parameters: [(name: String, value: ParameterValue)]
    /// `n_jobs`
    public let threads: Int
    /// `random_state`: which rows judge the machines that give probabilities.
    public let seed: Int64
    let machine: MachineParameters
    let classWeights: ClassWeights
    let wantsProbabilities: Bool

    /// The most classes: there is a machine for each two.
    static let classesMax = 1_000

    /// - Throws: `TrainingError` for parameters that are unknown or out of range.
    public init(
        _ pairs: [(name: String, value: ParameterValue)]
    ) throws(TrainingError) {
        var reader = try ParameterReader(pairs)
        machine = try MachineParameters(&reader, hasEpsilon: false)
        classWeights =
            try reader.value("class_weight", default: .none) {
                written,
                value throws(TrainingError) in
                try ClassWeights(written, value)
            } ?? .equal
        wantsProbabilities = try reader.flag("probability", default: false)
        let states = Int(Int64.min)...Int(Int64.max)
        seed = Int64(try reader.integer("random_state", default: 1, in: states))
        threads = try reader.integer("n_jobs", default: 4, in: 0...4_096)
        try reader.finish()
        parameters = reader.values
    }

    /// Two classes or more; numbers without gaps.
    public var intake: Intake { Intake(label: .classes(2...Self.classesMax)) }

    /// The rows twice, those of each machine that is trained, and the caches.
    public func memoryEstimate(rows: Int, features: Int, threads: Int) -> Int {
        rows * features * 16
            + threads * SequentialOptimizer.bytes(rows: rows, width: features)
            + machine.cacheBytes(rows: rows)
    }

    /// Trains a machine for each two classes.
    ///
    /// - Throws: `TrainingError.labelOutOfRange`, `.singleLabelValue`; as `MachineTable`;
    ///   `.cancelled`.
    public func train(
        _ set: LearningSet,
        _ run: LearningRun
    ) throws(TrainingError) -> LearnedModel {
        let table = try MachineTable(set.data, machine, learner: .svc)
        let members = try members(table, set)
        let weights = try classWeights.weights(counts: members.map(\.count), labels: set.labels)
        var costs = table.weights.map { $0 * machine.cost }
        for (rows, weight) in zip(members, weights) {
            for row in rows { costs[row] *= weight }
        }
        let trainer = PairTrainer(
            table: table,
            parameters: machine,
            costs: costs,
            members: members,
            seed: seed,
            wantsProbabilities: wantsProbabilities,
            run: run
        )
        let machines = try trainer.train()
        guard machines.allSatisfy({ $0.solution.bias.isFinite }) else {
            throw .diverged(advice: "scale the features")
        }
        return try model(machines, table, set, classCount: members.count)
    }

    /// The rows of each class.
    private func members(
        _ table: MachineTable,
        _ set: LearningSet
    ) throws(TrainingError) -> [[Int]] {
        let count = set.labels?.count ?? Int((table.labels.max() ?? 0) + 1)
        guard count <= Self.classesMax else {
            throw .outOfRange(
                parameter: "label",
                allowed: "2 to \(Self.classesMax) classes",
                value: "\(count)"
            )
        }
        var members = [[Int]](repeating: [], count: max(count, 0))
        for (row, label) in table.labels.enumerated() {
            guard let code = Int(exactly: label), members.indices.contains(code) else {
                throw .labelOutOfRange(row: row, value: label, classCount: count)
            }
            members[code].append(row)
        }
        guard members.lazy.filter({ !$0.isEmpty }).count > 1 else {
            throw .singleLabelValue(value: table.labels.first ?? 0)
        }
        return members
    }

    // MARK: - The model

    private func model(
        _ machines: [PairTrainer.Machine],
        _ table: MachineTable,
        _ set: LearningSet,
        classCount: Int
    ) throws(TrainingError) -> LearnedModel {
        let answers = machines.map { $0.solution.answer($0.rows) }
        let machine = MachineGraph(table: table, answers: answers)
        let graph: ModelGraph
        do throws(GraphError) {
            graph = try self.graph(machine, machines.compactMap(\.scaling), classCount, set)
        } catch {
            assertionFailure("a graph of vectors does not fit: \(error)")
            throw .diverged(advice: "the model has too many vectors or features")
        }
        return LearnedModel(
            graph: graph,
            facts: [
                ("support_vectors", .integer(Int64(machine.vectorCount))),
                ("steps", .integer(Int64(machines.reduce(0) { $0 + $1.solution.steps }))),
                ("converged", .bool(machines.allSatisfy(\.solution.isConverged))),
                ("intercepts", .array(machines.map { .number($0.solution.bias) })),
                ("gamma", .number(table.kernel.gamma)),
            ]
        )
    }

    /// Sums of each pair, the votes they make and the class with most of them; the scores of
    /// scikit-learn's `decision_function`, and probabilities.
    private func graph(
        _ machine: MachineGraph,
        _ scalings: [PlattScaling],
        _ classCount: Int,
        _ set: LearningSet
    ) throws(GraphError) -> ModelGraph {
        var builder = GraphBuilder(featureCount: machine.table.width)
        let sums = try machine.add(to: &builder)
        let votes = try builder.add {
            PairwiseScoreOperator(
                inputs: [sums],
                output: $0,
                classCount: classCount,
                rule: .votes
            )
        }
        let label = try builder.greatest(votes)
        let turned = try builder.map(sums, .negate)
        var raw = turned
        if classCount > 2 {
            raw = try builder.add {
                PairwiseScoreOperator(
                    inputs: [turned],
                    output: $0,
                    classCount: classCount,
                    rule: .confidences
                )
            }
        }
        let names = (0..<classCount).map { set.labels?.text(at: $0) ?? "\($0)" }
        var outputs = [
            GraphOutput(.value, label, ["pred"]),
            GraphOutput(.prediction, label, ["predicted_results"]),
            GraphOutput(.label, label, ["label"]),
            GraphOutput(.raw, raw, classCount > 2 ? names.map { "raw_\($0)" } : ["raw"]),
        ]
        if !scalings.isEmpty {
            let shares = try builder.add { output throws(GraphError) in
                try PairwiseProbabilityOperator(
                    input: sums,
                    output: output,
                    classCount: classCount,
                    slopes: scalings.map(\.slope),
                    shifts: scalings.map(\.shift)
                )
            }
            let columns = names.map { "proba_\($0)" }
            outputs.append(GraphOutput(.probabilities, shares, columns))
        }
        return try ModelGraph(
            inputs: set.inputs,
            operators: builder.operators,
            outputs: outputs,
            task: classCount == 2 ? .binary : .multiclass,
            labels: set.labels,
            metadata: set.metadata
        )
    }
}
