import BorealBase
import Testing

@testable import BorealBoost

@Suite("Training that goes on from a model")
struct ContinuedTrainingTests {
    private func parameters(
        _ change: (inout TrainingParameters) -> Void = { _ in }
    ) -> TrainingParameters {
        var parameters = TrainingParameters()
        parameters.objective = .binary
        parameters.iterations = 8
        parameters.threads = 1
        change(&parameters)
        return parameters
    }

    /// Raw scores of a table's rows, one row after the other.
    private func scores(_ ensemble: TreeEnsemble, _ data: TrainingData) -> [Double] {
        let scorer = ReferenceScorer(ensemble)
        var answers: [Double] = []
        for row in 0..<data.rowCount {
            let cells = data.columns.map { $0.number(row) }
            var score = [Double](repeating: 0, count: ensemble.scoresPerRow)
            scorer.scoreRaw(row: cells, into: &score)
            answers += score
        }
        return answers
    }

    @Test("the result holds the first model's trees and new ones that start from its scores")
    func trees() throws {
        let data = TestTables.mixed(rows: 1_500)
        let held = TestTables.mixed(rows: 500, seed: 9)
        let first = try Trainer(parameters()).train(data, validation: held)
        let second = try Trainer(parameters()).train(
            data,
            validation: held,
            continuing: first.ensemble
        )
        #expect(second.rounds == 8)
        #expect(second.ensemble.trees.count == 16)
        #expect(Array(second.ensemble.trees.prefix(8)) == first.ensemble.trees)
        var added = second.ensemble
        added.trees.removeFirst(8)
        let sums = zip(scores(first.ensemble, held), scores(added, held)).map { $0 + $1 }
        let all = scores(second.ensemble, held)
        #expect(zip(sums, all).allSatisfy { abs($0 - $1) < 1e-12 })
        // The metric of its last round is that of the whole model, and it went on getting better.
        let loss = try #require(second.history.last?.first?.value)
        let judged = MetricEvaluator(held, parameters()).values(all)
        #expect(abs(loss - (judged.first?.value ?? 0)) < 1e-12)
        let before = try #require(first.history.last?.first?.value)
        #expect(loss < before)
        // New trees learn what is left: they are not the first ones again.
        #expect(second.ensemble.trees[8] != first.ensemble.trees[0])
    }

    @Test("several scores a row and any number of threads give one model")
    func classes() throws {
        var data = TestTables.mixed(rows: 900)
        for row in data.label.indices where row % 3 == 0 { data.label[row] = 2 }
        func model(threads: Int) throws -> TreeEnsemble {
            let multi = parameters {
                $0.objective = .multiclass
                $0.classCount = 3
                $0.iterations = 4
                $0.threads = threads
            }
            let first = try Trainer(multi).train(data).ensemble
            return try Trainer(multi).train(data, continuing: first).ensemble
        }
        let one = try model(threads: 1)
        #expect(one.trees.count == 24)
        #expect(try model(threads: 3) == one)
    }

    @Test("columns that are mostly zero start from the same scores as full ones")
    func sparse() throws {
        let count = 400
        let numbers = (0..<count).map { $0 % 10 == 0 ? Double($0 % 7) : 0 }
        let rows = (0..<count).filter { numbers[$0] != 0 }
        let label = numbers.enumerated().map { $1 + Double($0 % 3) }
        let thin = SparseNumbers(
            rows: rows.map { UInt32($0) },
            values: rows.map { numbers[$0] },
            count: count
        )
        let full = TrainingData(columns: [.doubles(numbers)], label: label)
        let first = try Trainer(parameters { $0.objective = .regression }).train(full).ensemble
        let start = ScoreStart(first, threads: 1, CancellationFlag())
        let wanted = scores(first, full)
        #expect(try start.applied(to: full).initialScores == wanted)
        let sparse = TrainingData(columns: [.sparse(thin)], label: label)
        #expect(try start.applied(to: sparse).initialScores == wanted)
    }

    @Test("what does not fit is refused with the reason")
    func refused() throws {
        let data = TestTables.mixed(rows: 300)
        let first = try Trainer(parameters()).train(data).ensemble
        func error(
            _ data: TrainingData,
            _ change: (inout TrainingParameters) -> Void = { _ in }
        ) -> TrainingError? {
            do throws(TrainingError) {
                _ = try Trainer(parameters(change)).train(data, continuing: first)
                return nil
            } catch { return error }
        }
        var narrow = data
        narrow.columns.removeLast()
        narrow.names.removeLast()
        let features = TrainingError.lengthMismatch(
            name: "features of init_model",
            count: 7,
            expected: 6
        )
        #expect(error(narrow) == features)
        var started = data
        started.initialScores = [Double](repeating: 0, count: 300)
        let forest: (inout TrainingParameters) -> Void = {
            $0.boosting = .rf
            $0.featureFraction = 0.5
        }
        let cases: [(TrainingError?, String)] = [
            (error(started), "init_score"), (error(data, forest), "boosting"),
            (error(data) { ($0.objective, $0.classCount) = (.multiclass, 2) }, "objective"),
        ]
        for (found, other) in cases {
            guard case .conflict("init_model", other, _) = found else {
                Issue.record("\(other): \(String(describing: found))")
                continue
            }
        }
    }
}
