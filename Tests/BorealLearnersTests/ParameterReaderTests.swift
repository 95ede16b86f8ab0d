import BorealBoost
import BorealLearners
import Testing

@Suite("Parameters of a class")
struct ParameterReaderTests {
    private enum Kernel: String, CaseIterable { case rbf, linear }

    private func reader(
        _ pairs: [(name: String, value: ParameterValue)]
    ) throws -> ParameterReader { try ParameterReader(pairs) }

    @Test("Values are read under every name and in every spelling; absent ones keep their default")
    func values() throws {
        var reader = try reader([
            ("N_Clusters", .text("8")), ("C", .integer(2)), ("kernel", .text("LINEAR")),
            ("shrinking", .integer(0)), ("tol", .none),
        ])
        #expect(try reader.integer("n_clusters", default: 4, in: 1...100) == 8)
        #expect(try reader.real("c", default: 1, from: 0, excludesLower: true) == 2)
        #expect(try reader.word("kernel", default: Kernel.rbf) == .linear)
        #expect(try !reader.flag("shrinking", default: true))
        #expect(try reader.real("tol", default: 0.5, from: 0) == 0.5)
        try reader.finish()
        let shown = reader.values.map { "\($0.name)=\($0.value)" }
        #expect(shown == ["n_clusters=8", "c=2.0", "kernel=linear", "shrinking=False", "tol=0.5"])
    }

    @Test(
        "A wrong value names the parameter as it was written, and what is allowed",
        arguments: [
            (
                "n_clusters", ParameterValue.integer(0),
                TrainingError.outOfRange(parameter: "n_clusters", allowed: "[1, 9]", value: "0")
            ),
            (
                "K", .real(1.5),
                .wrongType(parameter: "K", expected: "integer", value: "1.5")
            ),
            (
                "clusters", .integer(1),
                .unknownParameter(name: "clusters", nearest: "n_clusters")
            ),
        ]
    )
    func errors(_ name: String, _ value: ParameterValue, _ expected: TrainingError) throws {
        let error = #expect(throws: TrainingError.self) {
            var reader = try ParameterReader([(name, value)])
            _ = try reader.integer("n_clusters", aliases: ["k"], default: 4, in: 1...9)
            try reader.finish()
        }
        #expect(error == expected)
    }

    @Test("A parameter and its alias together are refused")
    func twice() throws {
        var reader = try reader([("n_clusters", .integer(1)), ("k", .integer(1))])
        #expect(
            throws: TrainingError.parameterTwice(
                name: "n_clusters",
                first: "n_clusters",
                second: "k"
            )
        ) {
            _ = try reader.integer("n_clusters", aliases: ["k"], default: 4, in: 1...9)
        }
    }

    @Test("Progress tells what is counted, the measure and the time left")
    func progress() {
        let step = LearningProgress(
            unit: "epoch",
            done: 3,
            total: 6,
            measure: ("loss", 0.41234),
            secondsLeft: 11.2
        )
        #expect(step.text == "training epoch 3/6, loss 0.4123, 12 s left")
        #expect(step.fraction == 0.5)
        #expect(LearningProgress(unit: "iteration", done: 7).text == "training iteration 7")
    }

    @Test("A block of numbers has the rows in order and names what is no number")
    func numbers() throws {
        let columns: [FeatureColumn] = [.doubles([1, 2]), .floats([3, .nan])]
        let good = TrainingData(
            columns: [columns[0], columns[0]],
            label: [0, 0],
            names: ["a", "b"]
        )
        #expect(try NumberTable(good, learner: "svr").values == [1, 1, 2, 2])
        let bad = TrainingData(columns: columns, label: [0, 0], names: ["a", "b"])
        #expect(throws: TrainingError.valueMissing(column: "b", row: 1, learner: "svr")) {
            try NumberTable(bad, learner: "svr")
        }
    }
}
