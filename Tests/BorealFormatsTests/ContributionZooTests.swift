import BorealBase
import BorealGraph
import Testing

@testable import BorealFormats

@Suite struct ContributionZooTests {
    @Test("contributions are the library's, and add up to the raw score", arguments: Zoo.names)
    func contributions(name: String) throws {
        let graph = try Zoo.model(name).graph
        guard name != "lgb460-txt-linear-tree" else {
            // LightGBM refuses these too.
            let reason = "tree 0 has linear models in its leaves"
            #expect(throws: GraphError.notExplainable(reason: reason)) {
                try GraphExplainer(graph)
            }
            return
        }
        let features = try Zoo.features(name, graph)
        let explanation = try graph.additiveExplanation(features)
        let (_, rows) = try Zoo.table("\(name)/contrib.csv")
        let manifest = try Zoo.manifest(name)
        let tolerance = manifest["extra_tolerance"]
        let absolute = tolerance?["abs"]?.double ?? 1e-8
        let relative = tolerance?["rel"]?.double ?? 1e-8
        let width = explanation.scoresPerRow * (explanation.featureCount + 1)
        #expect(rows.count == explanation.rowCount)
        for (row, cells) in rows.enumerated() {
            #expect(cells.count == width)
            for (column, cell) in cells.enumerated() {
                let want = try #require(Double(cell))
                let got = explanation.values[row * width + column]
                #expect(
                    abs(got - want) <= absolute + relative * abs(want),
                    "row \(row), column \(column)"
                )
            }
        }
        let raw = try graph.run(features, roles: [.raw])
        for row in 0..<explanation.rowCount {
            for score in 0..<explanation.scoresPerRow {
                let sum = explanation[row: row, score: score].reduce(0, +)
                #expect(abs(sum - raw.double(0, row: row, column: score)) < 1e-9, "row \(row)")
            }
        }
    }
}
