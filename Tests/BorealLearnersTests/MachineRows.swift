import BorealBase
import BorealBoost
import BorealGraph
import BorealLearners

/// Rows for tests of support vector machines, and what is asked about a model.
enum MachineRows {
    /// 60 rows of 3 numbers.
    static let rows: [[Double]] = (0..<60).map { i in
        let first = Double((i * 37) % 101) / 25 - 2
        let second = Double((i * 53) % 97) / 24 - 2
        return [first, second, Double((i * 29) % 89) / 22 - 2]
    }

    /// A number for each row.
    static let labels = rows.enumerated().map { i, row in
        row[0] * row[1] + 0.5 * row[2] + Double((i * 17) % 13) / 13
    }

    /// 0 and 1.
    static let twoClasses = classes.map { $0 > 0 ? 1.0 : 0 }

    /// 0, 1 and 2.
    static let classes = rows.map { row -> Double in
        let product = row[0] * row[1]
        return product < -0.8 ? 0 : product < 0.6 ? 1 : 2
    }

    /// 0.25, 0.75, 1.25, 1.75, ...
    static let weights = (0..<60).map { (Float($0 % 4) + 0.5) / 2 }

    static func set(
        _ rows: [[Double]],
        _ labels: [Double],
        weights: [Float]? = nil,
        names: Labels? = nil
    ) -> LearningSet {
        let width = rows.first?.count ?? 0
        return LearningSet(
            data: TrainingData(
                columns: (0..<width).map { column in .doubles(rows.map { $0[column] }) },
                label: labels,
                weights: weights
            ),
            inputs: (0..<width).map { GraphInput(name: "x\($0)") },
            labels: names
        )
    }

    /// One cloud, for many steps.
    static let cloud: [[Double]] = {
        var random = RandomNumbers(seed: 9, stream: 2)
        return (0..<1_500).map { _ in (0..<4).map { _ in random.nextUnit() * 4 - 2 } }
    }()

    static let cloudLabels: [Double] = {
        var random = RandomNumbers(seed: 9, stream: 3)
        return cloud.map { $0[0] * $0[1] + $0[2] + random.nextUnit() }
    }()

    static func answers(
        _ model: LearnedModel,
        _ rows: some Sequence<[Double]>,
        _ role: GraphOutput.Role
    ) throws -> [Double] {
        let values = rows.flatMap(\.self)
        let batch = try GraphBatch(values: values, featureCount: model.graph.inputs.count)
        return try model.graph.run(batch, roles: [role]).doubles(0)
    }

    static func fact(_ name: String, _ model: LearnedModel) -> JSON? {
        model.facts.first { $0.key == name }?.value
    }
}

/// Whether numbers are equal up to a difference.
func areNear(_ left: [Double], _ right: [Double], _ tolerance: Double) -> Bool {
    left.count == right.count && zip(left, right).allSatisfy { abs($0 - $1) <= tolerance }
}
