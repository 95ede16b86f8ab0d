import BorealBase
import BorealBoost
import Testing

@testable import BorealGraph

@Suite struct TargetStatisticsTests {
    @Test(
        "categories are hashed as CatBoost hashes them, short and long",
        arguments: [
            ("a", -805_065_478), ("b", 1_982_436_109), ("p", 759_035_679), ("r", 511_999_110),
        ]
    )
    func hashes(text: String, expected: Int) {
        #expect(Int(Int32(bitPattern: CityHash.category(text))) == expected)
    }

    @Test("every length takes its own way, and one byte more is another hash")
    func lengths() {
        var seen: Set<UInt64> = []
        for count in [0, 1, 3, 4, 8, 9, 16, 17, 32, 33, 64, 65, 128, 129, 1_000] {
            let bytes = [UInt8](repeating: 65, count: count)
            bytes.withUnsafeBytes { _ = seen.insert(CityHash.hash64($0)) }
        }
        #expect(seen.count == 15)
    }

    private let red = CityHash.category("red")
    private let blue = CityHash.category("blue")

    /// Feature 0 a number, feature 1 a category.
    private func encoder(
        _ columns: [TargetStatisticsOperator.Column]
    ) throws -> TargetStatisticsOperator {
        let single = TargetStatisticsOperator.Combination(categories: [1], conditions: [])
        let pair = TargetStatisticsOperator.Combination(
            categories: [1],
            conditions: [.above(feature: 0, border: 0.5, nanIsAbove: true)]
        )
        func hash(_ category: UInt32, _ rest: UInt64...) -> UInt64 {
            let signed = UInt64(bitPattern: Int64(Int32(bitPattern: category)))
            let first = TargetStatisticsOperator.combined(0, signed)
            return rest.reduce(first, TargetStatisticsOperator.combined)
        }
        return try TargetStatisticsOperator(
            input: .features,
            output: TensorID(1),
            width: 2,
            columns: columns,
            combinations: [single, pair],
            tables: [
                .init(index: [hash(red): 0, hash(blue): 1], combination: 0),
                .init(index: [hash(red, 0): 0, hash(red, 1): 1], combination: 1),
            ],
            missing: CityHash.category("nan")
        )
    }

    @Test("numbers are rounded, categories compared, statistics looked up")
    func columns() throws {
        let step = try encoder([
            .number(feature: 0), .equals(feature: 1, hash: blue),
            .statistic(table: 0, values: [10, 20], unseen: 5),
            .statistic(table: 1, values: [1, 2], unseen: 0),
        ])
        let (red, blue) = (Double(red), Double(blue))
        #expect(try OperatorRun.values([0.1, red], [step]) == [Double(Float(0.1)), 0, 10, 1])
        #expect(try OperatorRun.values([0.75, red], [step]) == [0.75, 0, 10, 2])
        #expect(try OperatorRun.values([0.75, blue], [step]) == [0.75, 1, 20, 0])
        #expect(try OperatorRun.values([0.75, 7], [step]) == [0.75, 0, 5, 0])
        #expect(try OperatorRun.values([.nan, red], [step])[3] == 2)
        #expect(try OperatorRun.values([1, -3.5], [step])[2] == 5)
    }

    @Test("numbers alone are rounded too, in whichever order and number they are asked")
    func numbers() throws {
        for features in [[0, 1], [1, 0], [1, 1], [1], [0, 1, 0]] {
            let step = try encoder(features.map { .number(feature: $0) })
            for row in [[0.1, 1e300], [.nan, -0.7]] {
                let expected = features.map { Double(Float(row[$0])) }
                let found = try OperatorRun.values(row, [step])
                #expect(found.map(\.bitPattern) == expected.map(\.bitPattern))
            }
        }
    }

    @Test("columns, tables and features that are not there are refused")
    func refused() {
        #expect(throws: GraphError.self) { try encoder([.number(feature: 2)]) }
        #expect(throws: GraphError.self) {
            try encoder([.statistic(table: 2, values: [], unseen: 0)])
        }
        #expect(throws: GraphError.self) {
            try encoder([.statistic(table: 0, values: [1], unseen: 0)])
        }
    }

    @Test("columns of the same features are explained as one, and combinations by their categories")
    func explanation() throws {
        let step = try encoder([
            .number(feature: 0), .equals(feature: 1, hash: blue),
            .statistic(table: 1, values: [1, 2], unseen: 0),
        ])
        #expect(step.origins == [[0], [1], [1]])
        var trees = [SmallModels.stump(1, 0.5, 1, 2), SmallModels.stump(2, 0.5, 10, 30)]
        for index in trees.indices {
            trees[index].internalCount = [4]
            trees[index].leafCount = [2, 2]
        }
        var ensemble = TreeEnsemble(trees: trees, scoresPerRow: 1, featureCount: 3)
        ensemble.featureGroups = [0, 1, 1]
        let graph = try ModelGraph(
            inputs: [GraphInput(name: "n"), GraphInput(name: "c", kind: .hashedCategory)],
            operators: [
                step,
                try TreeEnsembleOperator(ensemble, input: TensorID(1), output: TensorID(2)),
            ],
            outputs: [
                GraphOutput(name: "raw", role: .raw, tensor: TensorID(2), columnNames: ["raw"])
            ],
            task: .regression
        )
        let batch = try GraphBatch(values: [1, Double(red)], featureCount: 2)
        let explainer = try GraphExplainer(graph)
        // -0.5 for not being blue, 10 for the statistic, around a mean of 21.5.
        #expect(try explainer.additiveExplanation(batch).values == [0, 9.5, 21.5])
        #expect(try explainer.meanAbsoluteContributions(batch) == [0, 9.5])
        #expect(try explainer.interactions(batch) == [0, 0, 0, 0, 9.5, 0, 0, 0, 21.5])
        #expect(throws: GraphError.self) { try graph.decisionPathWriter(.text) }
    }

    @Test("text of any kind becomes its hash, numbers that of their decimal text")
    func binding() throws {
        let input = GraphInput(name: "c", kind: .hashedCategory)
        let binder = try FeatureBinder(inputs: [input], names: ["c"])
        let text = RowBatch(columns: [SmallModels.text("c", ["red", "", nil])], rowCount: 3)
        let values = try binder.bind(text).values
        #expect(values[0] == Double(red) && values[1] == Double(CityHash.category("")))
        #expect(values[2].isNaN)
        let storages: [Column.Storage] = [.int64([12]), .double([12]), .float([12])]
        for storage in storages {
            let column = SmallModels.column("c", storage, count: 1)
            let bound = try binder.bind(RowBatch(columns: [column], rowCount: 1))
            #expect(bound.values == [Double(CityHash.category("12"))])
        }
    }
}
