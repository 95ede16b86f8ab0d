import Testing

@testable import BorealBoost

/// Objectives, metrics and sampling that know of groups.
@Suite struct RankingTests {
    /// Groups of 2 to 21 rows whose labels 0 ... 3 follow two of three columns.
    private func table(groups count: Int, seed: UInt64 = 5) -> TrainingData {
        var random = TestRandom(seed)
        var columns = [[Double]](repeating: [], count: 3)
        var label: [Double] = []
        var groups: [Int] = []
        for _ in 0..<count {
            let size = 2 + random.below(20)
            groups.append(size)
            for _ in 0..<size {
                let row = (0..<3).map { _ in random.normal() }
                for index in 0..<3 { columns[index].append(row[index]) }
                let score = row[0] - row[1] + 0.3 * random.normal()
                label.append(score < -1 ? 0 : score < 0.5 ? 1 : score < 2 ? 2 : 3)
            }
        }
        return TrainingData(columns: columns.map { .doubles($0) }, label: label, groups: groups)
    }

    private func parameters(
        _ objective: TrainingParameters.Objective,
        threads: Int = 1
    ) -> TrainingParameters {
        var parameters = TrainingParameters()
        parameters.objective = objective
        parameters.iterations = 15
        parameters.leaves = 7
        parameters.threads = threads
        parameters.evaluationPositions = [3]
        return parameters
    }

    @Test("ranking beats the order of the rows by far", arguments: ["lambdarank", "rank_xendcg"])
    func learns(name: String) throws {
        let objective = try #require(TrainingParameters.Objective(rawValue: name))
        let (train, held) = (table(groups: 200), table(groups: 80, seed: 6))
        let model = try Trainer(parameters(objective)).train(train, validation: held)
        let unranked = MetricEvaluator(held, parameters(objective))
            .values([Double](repeating: 0, count: held.rowCount))
        let value = try #require(model.history.last?.first)
        #expect(value.name == "ndcg@3")
        #expect(unranked[0].value < 0.75 && value.value > 0.9)
    }

    @Test("threads do not change a ranking", arguments: ["lambdarank", "rank_xendcg"])
    func threads(name: String) throws {
        let objective = try #require(TrainingParameters.Objective(rawValue: name))
        // More rows than one block of groups has.
        let data = table(groups: 900)
        let one = try Trainer(parameters(objective)).train(data)
        let three = try Trainer(parameters(objective, threads: 3)).train(data)
        #expect(one.ensemble.trees.map(\.leafValue) == three.ensemble.trees.map(\.leafValue))
    }

    @Test("the perturbation of rank_xendcg follows objective_seed, else seed")
    func seeds() throws {
        let data = table(groups: 60)
        func values(_ change: (inout TrainingParameters) -> Void) throws -> [[Double]] {
            var parameters = parameters(.rankXENDCG)
            parameters.iterations = 2
            change(&parameters)
            return try Trainer(parameters).train(data).ensemble.trees.map(\.leafValue)
        }
        let plain = try values { _ in }
        #expect(try values { $0.seed = 9 } != plain)
        let seeded = try values { $0.objectiveSeed = 3 }
        #expect(try values { $0.objectiveSeed = 3 } == seeded)
        #expect(seeded != plain)
    }

    @Test("groups lie in whole blocks, and blocks cover all rows")
    func blocks() {
        let sizes = [5_000, 1, 3_000, 2_000, 10, 4_096]
        let groups = RankGroups(sizes: sizes)
        #expect(groups.blocks == [0..<5_000, 5_000..<10_001, 10_001..<14_107])
        #expect(groups.blocks.map(groups.groups(in:)) == [0..<1, 1..<4, 4..<6])
        #expect(groups.groups(in: 0..<14_107) == 0..<6)
    }

    @Test("whole groups are drawn when bagging goes by query")
    func bagging() throws {
        let data = table(groups: 100)
        var parameters = parameters(.lambdarank)
        parameters.drawsGroups = true
        parameters.baggingFraction = 0.5
        parameters.baggingFrequency = 1
        var sampler = RowSampler(ObjectiveData(data, parameters), parameters)
        sampler.draw(round: 0)
        let drawn = try #require(sampler.drawn)
        let rows = Set((0..<sampler.drawnCount).map { Int(drawn[$0]) })
        var start = 0
        var chosen = 0
        for size in data.groups ?? [] {
            let own = (start..<start + size).count { rows.contains($0) }
            #expect(own == 0 || own == size)
            chosen += own == 0 ? 0 : 1
            start += size
        }
        #expect((30...70).contains(chosen))
    }

    @Test("a group of one row, or of equal labels, changes nothing and counts as ranked")
    func degenerate() {
        let data = TrainingData(
            columns: [.doubles([1, 2, 3])],
            label: [0, 2, 2],
            groups: [1, 2]
        )
        let parameters = parameters(.lambdarank)
        let objective = parameters.objectiveFunction(ObjectiveData(data, parameters))
        let (g, h) = (AlignedBuffer<Float>(count: 8), AlignedBuffer<Float>(count: 8))
        let scores = AlignedBuffer<Double>(count: 8)
        for range in objective.blocks ?? [] {
            objective.fill(g.pointer, h.pointer, scores: scores.pointer, range: range)
        }
        #expect((0..<3).allSatisfy { g.pointer[$0] == 0 && h.pointer[$0] == 0 })
        #expect(MetricEvaluator(data, parameters).values([0, 0, 0]).map(\.value) == [1])
    }
}
