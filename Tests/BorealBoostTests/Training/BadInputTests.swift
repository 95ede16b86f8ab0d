import BorealBase
import Testing

@testable import BorealBoost

/// Tables that nobody would train on, and what training makes of them.
@Suite struct BadInputTests {
    private func parameters(
        _ objective: TrainingParameters.Objective = .regression,
        _ change: (inout TrainingParameters) -> Void = { _ in }
    ) -> TrainingParameters {
        var parameters = TrainingParameters()
        parameters.objective = objective
        parameters.iterations = 8
        parameters.threads = 2
        change(&parameters)
        return parameters
    }

    private static let columns: [(name: String, column: FeatureColumn)] = [
        ("constant", .doubles([Double](repeating: 7, count: 400))),
        ("constant, 32 bits", .floats([Float](repeating: 0, count: 400))),
        ("missing", .doubles([Double](repeating: .nan, count: 400))),
        ("missing, 32 bits", .floats([Float](repeating: .nan, count: 400))),
        ("missing category", .categories([Int32](repeating: -1, count: 400), count: 3)),
        ("no category", .categories([Int32](repeating: -9, count: 400), count: 0)),
        ("one category", .categories([Int32](repeating: 2, count: 400), count: 3)),
        ("zeros left out", .sparse(SparseNumbers(rows: [], values: [], count: 400))),
        ("infinite", .doubles([Double](repeating: .infinity, count: 400))),
        ("all but infinite", .doubles([Double](repeating: -.greatestFiniteMagnitude, count: 400))),
    ]

    @Test("a column that says nothing changes nothing", arguments: columns.map(\.name))
    func silentColumns(name: String) throws {
        let column = try #require(Self.columns.first { $0.name == name }).column
        let x = FeatureColumn.doubles((0..<400).map { Double($0 % 37) })
        let label = (0..<400).map { Double($0 % 37 > 20 ? 1 : 0) }
        for method in TrainingParameters.CategoricalMethod.allCases {
            let wanted = parameters(.binary) { $0.categoricalMethod = method }
            let plain = try Trainer(wanted).train(TrainingData(columns: [x], label: label))
            let beside = try Trainer(wanted).train(
                TrainingData(columns: [x, column], label: label)
            )
            #expect(beside.usedFeatures == [0])
            let isSame = plain.ensemble.trees == beside.ensemble.trees
            #expect(isSame)
            let alone = try Trainer(wanted).train(TrainingData(columns: [column], label: label))
            #expect(alone.usedFeatures.isEmpty && alone.ensemble.trees.count == 1)
        }
    }

    @Test(
        "one row is a model of its label",
        arguments: TrainingParameters.Objective.allCases.filter { !$0.isClassification }
    )
    func oneRow(objective: TrainingParameters.Objective) throws {
        for boosting in TrainingParameters.Boosting.allCases {
            let data = TrainingData(columns: [.doubles([3])], label: [1], groups: [1])
            let wanted = parameters(objective) {
                $0.boosting = boosting
                $0.minDataInLeaf = 1
                $0.baggingFraction = boosting == .rf ? 0.5 : 1
                $0.baggingFrequency = boosting == .rf ? 1 : 0
            }
            let score = try Trainer(wanted).train(data).ensemble.scores(data)[0]
            #expect(score.isFinite)
            if objective == .regression { #expect(abs(score - 1) < 1e-6) }
        }
    }

    @Test("infinite numbers are the greatest and the least, and never a threshold")
    func infinities() throws {
        let values = (0..<900).map { row -> Double in
            switch row % 9 {
            case 0: .infinity
            case 1: -.infinity
            case 2: .nan
            default: Double(row % 50)
            }
        }
        let label = values.map { $0 == .infinity ? 5.0 : $0.isNaN ? 1 : $0 == -.infinity ? -5 : 0 }
        for column in [FeatureColumn.doubles(values), .floats(values.map { Float($0) })] {
            let data = TrainingData(columns: [column], label: label)
            let ensemble = try Trainer(parameters { $0.learningRate = 0.5 }).train(data).ensemble
            try ensemble.validate()
            let scores = ensemble.scores(data)
            #expect(zip(scores, label).allSatisfy { abs($0 - $1) < 0.2 })
            #expect(ensemble.trees.allSatisfy { $0.threshold.allSatisfy(\.isFinite) })
        }
    }

    @Test("labels, weights and starts that are no finite numbers are refused")
    func notFinite() {
        let column = FeatureColumn.doubles([1, 2])
        func error(_ data: TrainingData) -> TrainingError? {
            do throws(TrainingError) {
                _ = try Trainer(parameters()).train(data)
                return nil
            } catch { return error }
        }
        for value in [Double.infinity, -.infinity, .nan] {
            #expect(
                error(TrainingData(columns: [column], label: [0, value])) == .labelNotFinite(row: 1)
            )
            let start = TrainingData(columns: [column], label: [0, 1], initialScores: [0, value])
            #expect(
                error(start)
                    == .outOfRange(
                        parameter: "init_score",
                        allowed: "finite numbers",
                        value: "\(value)"
                    )
            )
        }
        let weights = TrainingData(columns: [column], label: [0, 1], weights: [1, .infinity])
        #expect(error(weights) == .weightInvalid(row: 1, value: .infinity))
    }

    @Test(
        "65,536 categories are learned from, unknown ones count as missing",
        arguments: TrainingParameters.CategoricalMethod.allCases
    )
    func manyCategories(method: TrainingParameters.CategoricalMethod) throws {
        var random = TestRandom(4)
        let count = 65_536
        // A third of the rows have one of 50 categories that tell the label; the others hardly
        // ever meet again.
        let codes = (0..<60_000).map { row in
            Int32(row % 3 == 0 ? 1_000 * random.below(50) : random.below(count))
        }
        let label = codes.map { $0 % 1_000 == 0 ? Double($0 / 1_000 % 2) : random.unit().rounded() }
        let data = TrainingData(columns: [.categories(codes, count: count)], label: label)
        for maxBin in method == .lightgbm ? [255, 65_535] : [255] {
            let wanted = parameters(.binary) {
                $0.categoricalMethod = method
                $0.maxBin = maxBin
                $0.learningRate = 0.5
            }
            let ensemble = try Trainer(wanted).train(data).ensemble
            try ensemble.validate()
            let scores = ensemble.scores(data)
            let right = codes.indices.filter {
                $0 % 3 == 0 && (scores[$0] > 0) == (label[$0] == 1)
            }
            #expect(right.count > 18_000, "\(right.count) \(maxBin)")
            let others = TrainingData(
                columns: [.categories([-1, 65_536, 2_000_000_000], count: .max)],
                label: [0, 0, 0]
            )
            let unknown = ensemble.scores(others)
            #expect(unknown[0] == unknown[1] && unknown[0] == unknown[2])
        }
    }

    @Test("rows twice are rows of weight 2, tree for tree", arguments: [0.0, 2])
    func duplicates(lambda: Double) throws {
        var random = TestRandom(11)
        let rows = 700
        let x = (0..<3).map { _ in (0..<rows).map { _ in Double(random.below(40)) } }
        let codes = (0..<rows).map { _ in Int32(random.below(4)) - 1 }
        var data = TrainingData(
            columns: x.map { .doubles($0) } + [.categories(codes, count: 3)],
            label: (0..<rows).map { x[0][$0] + (codes[$0] == 1 ? 15 : 0) - x[1][$0] / 3 }
        )
        data.weights = (0..<rows).map { $0 % 3 == 0 ? 2 : 1 }
        var repeated = data.rows((0..<rows).flatMap { $0 % 3 == 0 ? [$0, $0] : [$0] })
        repeated.weights = nil
        for objective in [TrainingParameters.Objective.regression, .binary] {
            if objective == .binary {
                data.label = data.label.map { $0 > 20 ? 1 : 0 }
                repeated.label = repeated.label.map { $0 > 20 ? 1 : 0 }
            }
            let wanted = parameters(objective) {
                $0.leaves = 6
                $0.lambdaL2 = lambda
                $0.minDataInLeaf = 1
                $0.minDataInBin = 1
                $0.iterations = 5
            }
            let left = try Trainer(wanted).train(data).ensemble
            let right = try Trainer(wanted).train(repeated).ensemble
            for (a, b) in zip(left.trees, right.trees) {
                #expect(a.splitFeature == b.splitFeature && a.threshold == b.threshold)
                #expect(a.categoryBits == b.categoryBits && a.leftChild == b.leftChild)
            }
            #expect(zip(left.scores(data), right.scores(data)).allSatisfy { abs($0 - $1) < 2e-3 })
        }
    }

    @Test("the order of rows and the number of threads change no tree")
    func order() throws {
        let data = TestTables.mixed(rows: 5_000)
        let order = (0..<5_000).map { $0 * 2_003 % 5_000 }
        let objectives: [TrainingParameters.Objective] = [.binary, .regression, .poisson]
        for objective in objectives {
            for boosting in [TrainingParameters.Boosting.gbdt, .dart] {
                var models: [TreeEnsemble] = []
                for (threads, table) in [(1, data), (3, data.rows(order))] {
                    let wanted = parameters(objective) {
                        $0.threads = threads
                        $0.boosting = boosting
                        $0.skipDrop = 0
                    }
                    models.append(try Trainer(wanted).train(table).ensemble)
                }
                for (a, b) in zip(models[0].trees, models[1].trees) {
                    #expect(a.splitFeature == b.splitFeature && a.threshold == b.threshold)
                    #expect(a.categoryBits == b.categoryBits && a.leafCount == b.leafCount)
                    #expect(zip(a.leafValue, b.leafValue).allSatisfy { abs($0 - $1) < 1e-6 })
                }
            }
        }
    }

    @Test("a flag that is set ends every part of a training before it is done")
    func cancellation() throws {
        let data = TestTables.mixed(rows: 20_000)
        let flag = CancellationFlag()
        flag.cancel()
        let wanted = parameters(.binary) { $0.maxCategoryThreshold = 2 }
        let pool = WorkerPool(threads: 2, nice: 0)
        #expect(throws: TrainingError.cancelled) {
            try BinFinder(data: data, parameters: wanted).mappers(pool: pool, cancellation: flag)
        }
        let open = CancellationFlag()
        let mappers = try BinFinder(data: data, parameters: wanted)
            .mappers(pool: pool, cancellation: open)
        let plan = FeatureBundler.Plan(mappers: mappers)
        #expect(throws: TrainingError.cancelled) {
            try BinnedDataset(data, plan, pool: pool, cancellation: flag)
        }
        let bins = try BinnedDataset(data, plan, pool: pool, cancellation: open)
        let grower = TreeGrower(bins, wanted, pool: pool, cancellation: flag)
        #expect(throws: TrainingError.cancelled) {
            try grower.grow(
                count: data.rowCount,
                scales: GradientQuantiser.Scales(),
                features: [Bool](repeating: true, count: bins.layout.features.count)
            )
        }
        var ordered = wanted
        ordered.categoricalMethod = .ordered
        #expect(throws: TrainingError.cancelled) {
            try OrderedEncoding.encode(data, ordered, pool, flag)
        }
        let model = try Trainer(wanted).train(data).ensemble
        #expect(throws: TrainingError.cancelled) {
            try Trainer(wanted).train(data, continuing: model, cancellation: flag)
        }
    }
}
