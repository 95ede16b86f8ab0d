import BorealBase
import Testing

@testable import BorealBoost

/// `categorical_method='ordered'`.
@Suite struct OrderedCategoriesTests {
    private func parameters(
        _ method: TrainingParameters.CategoricalMethod = .ordered,
        _ change: (inout TrainingParameters) -> Void = { _ in }
    ) -> TrainingParameters {
        var parameters = TrainingParameters()
        parameters.objective = .binary
        parameters.categoricalMethod = method
        parameters.iterations = 20
        parameters.threads = 1
        change(&parameters)
        return parameters
    }

    /// Numbers, and 300 categories of which some are rare and some rows have none.
    private func table(rows: Int, seed: UInt64 = 3) -> TrainingData {
        var random = TestRandom(seed)
        var data = TestTables.mixed(rows: rows, seed: seed)
        let codes = (0..<rows).map { _ -> Int32 in
            let u = random.unit()
            return u < 0.05 ? -1 : Int32(u * u * 300)
        }
        data.label = data.label.indices.map { row in
            let isHigh = UInt32(bitPattern: codes[row]) &* 2_654_435_761 >> 31 == 0
            return random.unit() < 0.5 ? data.label[row] : isHigh ? 1 : 0
        }
        data.columns.append(.categories(codes, count: 300))
        data.names.append("many")
        return data
    }

    private func encoded(
        _ data: TrainingData,
        _ parameters: TrainingParameters
    ) throws -> (encoding: OrderedEncoding, table: TrainingData)? {
        let pool = WorkerPool(threads: 2, nice: 0)
        return try OrderedEncoding.encode(data, parameters, pool, CancellationFlag())
    }

    @Test("on the airlines sample the order of labels tells more than sets of airports")
    func airlines() throws {
        let tables = try AirlinesSample()
        func auc(_ method: TrainingParameters.CategoricalMethod) throws -> Double {
            let wanted = parameters(method) { $0.iterations = 100 }
            let model = try Trainer(wanted).train(tables.train).ensemble
            return ClassificationMetrics.auc(
                tables.held.label,
                scores: model.scores(tables.held)
            )
        }
        let (ordered, lightgbm) = (try auc(.ordered), try auc(.lightgbm))
        #expect(ordered > lightgbm + 0.003, "\(ordered) \(lightgbm)")
    }

    @Test("a row's statistic is that of the rows before it")
    func statistics() throws {
        let codes: [Int32] = [0, 1, 0, -1, 1, 0, -1, 0]
        let label: [Double] = [1, 0, 0, 1, 1, 1, 0, 1]
        let weights: [Float] = [1, 2, 1, 1, 3, 1, 1, 2]
        let data = TrainingData(
            columns: [.categories(codes, count: 3)],
            label: label,
            weights: weights
        )
        let wanted = parameters {
            $0.maxCategoryThreshold = 1
            $0.categorySmooth = 2
        }
        let made = try #require(try encoded(data, wanted))
        let order = try RowOrder.drawn(for: data, wanted, CancellationFlag()).map { Int($0) }
        #expect(order.sorted() == Array(0..<8))
        let mean = 8.0 / 12
        for (place, row) in order.enumerated() {
            let earlier = order[..<place].filter { codes[$0] == codes[row] }
            let weight = earlier.reduce(0) { $0 + Double(weights[$1]) }
            let sum = earlier.reduce(0) { $0 + Double(weights[$1]) * label[$1] }
            let expected = Float((sum + 2 * mean) / (weight + 2))
            #expect(abs(Float(made.table.columns[0].number(row)) - expected) < 1e-6)
        }
        // Category 2 is in no row, so it counts as missing.
        let full = [(5 - 1 + 2 * mean) / 7, (3 + 2 * mean) / 7, (1 + 2 * mean) / 4].map {
            Float($0)
        }
        let numbers = made.encoding.sources[0].numbers
        for (number, expected) in zip(numbers, [full[0], full[1], full[2], full[2]]) {
            #expect(abs(number - expected) < 1e-6)
        }
        #expect(made.encoding.sources[1].numbers == [5, 5, 2, 2])
        #expect(made.table.columns[1] == .floats([5, 5, 5, 2, 5, 5, 2, 5]))
    }

    @Test("what training leaves are LightGBM's categorical nodes; unknown goes where missing goes")
    func nodes() throws {
        let data = table(rows: 4_000)
        let ensemble = try Trainer(parameters()).train(data).ensemble
        try ensemble.validate()
        #expect(ensemble.featureCount == 8)
        var found = 0
        for tree in ensemble.trees {
            for node in 0..<tree.innerCount where tree.splitFeature[node] >= 6 {
                found += 1
                #expect(tree.decisionType[node] == Tree.Missing.nan.rawValue << 2 | 1)
            }
        }
        #expect(found > 20)
        var rows = data.rows([0, 0, 0])
        rows.columns[7] = .categories([-1, 300, 999], count: 1_000)
        let scores = ensemble.scores(rows)
        #expect(scores[0] == scores[1] && scores[0] == scores[2])
    }

    @Test("validation rows are scored in training as by the model", arguments: [false, true])
    func validation(isWeighted: Bool) throws {
        var (data, held) = (table(rows: 3_000), table(rows: 1_000, seed: 9))
        if isWeighted { data.weights = (0..<3_000).map { Float($0 % 3 + 1) } }
        held.columns[7] = .categories((0..<1_000).map { Int32($0 % 310) - 5 }, count: 305)
        for boosting in [TrainingParameters.Boosting.gbdt, .dart, .goss, .rf] {
            let wanted = parameters {
                $0.boosting = boosting
                $0.baggingFraction = 0.8
                $0.baggingFrequency = boosting == .goss ? 0 : 1
                $0.metrics = [.auc]
                $0.earlyStoppingRounds = 8
            }
            let model = try Trainer(wanted).train(data, validation: held)
            let auc = ClassificationMetrics.auc(held.label, scores: model.ensemble.scores(held))
            #expect(abs(model.history[model.rounds - 1][0].value - auc) < 1e-9)
            #expect(model.usedFeatures == Array(0..<8))
        }
    }

    @Test("neither threads nor the order of rows change the model; the seed does")
    func determinism() throws {
        let data = table(rows: 9_000)
        let order = (0..<9_000).map { $0 * 1_009 % 9_000 }
        let first = try Trainer(parameters()).train(data).ensemble
        let threads = try Trainer(parameters { $0.threads = 3 }).train(data).ensemble
        let seed = try Trainer(parameters { $0.seed = 2 }).train(data).ensemble
        let mixed = try Trainer(parameters { $0.iterations = 3 }).train(data.rows(order)).ensemble
        let isSame = first == threads
        let isOther = first != seed
        #expect(isSame && isOther)
        for (left, right) in zip(mixed.trees, first.trees) {
            #expect(left.splitFeature == right.splitFeature)
            #expect(left.categoryBits == right.categoryBits)
            #expect(zip(left.leafValue, right.leafValue).allSatisfy { abs($0 - $1) < 1e-9 })
        }
    }

    @Test("several classes have a statistic each, and numbers are averaged")
    func objectives() throws {
        var data = table(rows: 6_000)
        guard case .categories(let codes, _) = data.columns[7] else { return }
        data.label = codes.map { Double(($0 + 1) * 7 % 3) }
        let classes = parameters {
            $0.objective = .multiclass
            $0.classCount = 3
        }
        let made = try #require(try encoded(data, classes))
        // Columns 6 and 7 become three statistics and a weight each.
        #expect(made.table.columns.count == 14)
        let model = try Trainer(classes).train(data).ensemble
        let scores = model.scores(data)
        let right = data.label.indices.filter { row in
            let own = scores[3 * row..<3 * row + 3]
            return own.firstIndex(of: own.max() ?? 0) == 3 * row + Int(data.label[row])
        }
        #expect(right.count > 5_400, "\(right.count)")
        data.label = codes.map { Double($0 * 7 % 13) }
        let numbers = try Trainer(parameters { $0.objective = .regression }).train(data).ensemble
        #expect(RegressionMetrics.rSquared(data.label, numbers.scores(data)) > 0.8)
    }

    @Test("training goes on from a model, under constraints of the table's own columns")
    func continued() throws {
        let data = table(rows: 3_000)
        let wanted = parameters {
            $0.interactionConstraints = [[0, 7], [1, 2, 3, 4, 5, 6]]
            $0.featureContribution = [1, 1, 1, 1, 1, 1, 1, 0.5]
            $0.monotoneConstraints = [1, 0, 0, 0, 0, 0, 0, 0]
        }
        let first = try Trainer(wanted).train(data).ensemble
        let more = try Trainer(wanted).train(data, continuing: first).ensemble
        #expect(more.trees.count == 40)
        for tree in more.trees {
            let used = Set(tree.splitFeature)
            #expect(used.isSubset(of: [0, 7]) || used.isDisjoint(with: [0, 7]))
        }
    }

    @Test("few categories keep LightGBM's splits, and without many nothing changes")
    func few() throws {
        let data = TestTables.mixed(rows: 2_000)
        let method = try Trainer(parameters { $0.maxCategoryThreshold = 40 }).train(data).ensemble
        let other = try Trainer(parameters(.lightgbm) { $0.maxCategoryThreshold = 40 })
            .train(data).ensemble
        let isSame = method == other
        #expect(isSame)
    }

    @Test("the method is a word, refuses linear leaves, and takes memory")
    func refusals() throws {
        var wanted = TrainingParameters()
        try wanted.set("categorical_method", to: .text("Ordered"))
        #expect(wanted.categoricalMethod == .ordered)
        #expect(
            throws: TrainingError.unknownChoice(
                parameter: "categorical_method",
                allowed: ["lightgbm", "ordered"],
                value: "catboost"
            )
        ) { try wanted.set("categorical_method", to: .text("catboost")) }
        let linear = parameters {
            $0.objective = .regression
            $0.usesLinearTrees = true
        }
        #expect(throws: TrainingError.self) { try Trainer(linear).checkParameters() }
        let many = parameters {
            $0.objective = .multiclass
            $0.classCount = 65
        }
        #expect(throws: TrainingError.self) { try Trainer(many).checkParameters() }
        let trainer = Trainer(parameters())
        #expect(trainer.encodes(.categories([], count: 33)))
        #expect(!trainer.encodes(.categories([], count: 32)))
        #expect(
            trainer.memoryEstimate(rows: 1 << 20, features: 8, encodedFeatures: 2)
                > trainer.memoryEstimate(rows: 1 << 20, features: 8) + 16 << 20
        )
    }
}
