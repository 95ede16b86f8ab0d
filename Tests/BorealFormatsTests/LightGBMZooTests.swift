import BorealBase
import BorealGraph
import Testing

@testable import BorealFormats

@Suite struct LightGBMZooTests {
    @Test("the zoo is there") func zooIsComplete() {
        #expect(Zoo.names.count == 21)
    }

    @Test("raw scores are the library's own doubles", arguments: Zoo.names)
    func rawScores(name: String) throws {
        let graph = try Zoo.model(name).graph
        let results = try graph.run(try Zoo.features(name, graph), roles: [.raw])
        try expect(results, 0, equals: "raw", of: name)
    }

    @Test("predictions are the library's own doubles", arguments: Zoo.names)
    func predictions(name: String) throws {
        let manifest = try Zoo.manifest(name)
        let graph = try Zoo.model(name).graph
        let features = try Zoo.features(name, graph)
        let hasProbabilities = manifest["outputs"]?.array?.contains {
            $0["name"]?.string == "proba"
        }
        if hasProbabilities == true {
            let results = try graph.run(features, roles: [.probabilities, .label])
            try expect(results, 0, equals: "proba", of: name)
            try expectClasses(results, of: name)
        } else {
            let results = try graph.run(features, roles: [.value])
            try expect(results, 0, equals: "pred", of: name)
        }
    }

    @Test("leaves are the library's", arguments: Zoo.names)
    func leaves(name: String) throws {
        let graph = try Zoo.model(name).graph
        let results = try graph.run(try Zoo.features(name, graph), roles: [.leaf], threads: 2)
        let (_, rows) = try Zoo.table("\(name)/leaves.csv")
        #expect(results.rowCount == rows.count)
        for (row, cells) in rows.enumerated() {
            let got = cells.indices.map { Int(results.double(0, row: row, column: $0)) }
            #expect(got == cells.compactMap { Int($0) }, "row \(row)")
        }
    }

    @Test("the documented example prints digit for digit")
    func documentedDigits() throws {
        let graph = try Zoo.model("seed000-lgb-pkl").graph
        let features = try Zoo.features("seed000-lgb-pkl", graph)
        let results = try graph.run(features, roles: [.prediction])
        let (_, rows) = try Zoo.table("seed000-lgb-pkl/expected.csv")
        let printed = (0..<10).map { results.text(0, row: $0) }
        #expect(printed == rows.prefix(10).map { $0[0] })
        #expect(printed[0] == "0.6262147669037363")
        #expect(printed[1] == "0.5082804008241021")
    }

    @Test("one row alone gets what it gets in a batch", arguments: Zoo.names)
    func oneRow(name: String) throws {
        let graph = try Zoo.model(name).graph
        let features = try Zoo.features(name, graph)
        let all = try graph.run(features, roles: [.raw, .prediction], threads: 3)
        let session = try GraphSession(graph, roles: [.raw, .prediction], rowsMax: 1)
        try features.values.withUnsafeBufferPointer { values in
            let base = try #require(values.baseAddress)
            for row in 0..<features.rowCount {
                session.runOne(base + row * features.featureCount)
                let alone = session.double(output: 0).bitPattern
                #expect(alone == all.double(0, row: row).bitPattern, "row \(row)")
                var text: [UInt8] = []
                session.appendPrediction(output: 1, to: &text)
                #expect(String(decoding: text, as: UTF8.self) == all.text(1, row: row))
            }
        }
    }

    @Test("text classes are what predicted_results shows")
    func textClasses() throws {
        let model = try Zoo.model("lgb460-clf-strings-pkl5")
        #expect(model.graph.labels == .text(["high", "low", "mid", "top"]))
        #expect(model.graph.answersLabel)
        #expect(model.inspection.estimator == "lightgbm.sklearn.LGBMClassifier")
        let features = try Zoo.features("lgb460-clf-strings-pkl5", model.graph)
        let results = try model.graph.run(features, roles: [.prediction, .probabilities])
        let (_, rows) = try Zoo.table("lgb460-clf-strings-pkl5/expected.csv")
        for (row, cells) in rows.enumerated() { #expect(results.text(0, row: row) == cells[0]) }
        #expect(
            results.outputs[1].columnNames == ["proba_high", "proba_low", "proba_mid", "proba_top"]
        )
    }

    @Test("categories that training never saw are counted and count as missing")
    func unseenCategories() throws {
        let graph = try Zoo.model("lgb460-txt-pandas-categorical").graph
        let kinds = graph.inputs.map(\.kind.name)
        #expect(
            kinds == [
                .number, .number, .number, .number, .textCategory, .textCategory, .textCategory,
            ]
        )
        let features = try Zoo.features("lgb460-txt-pandas-categorical", graph)
        #expect(features.unseenCategories >= 9)
    }

    @Test("a raw booster over classes predicts the position of the greatest")
    func rawVector() throws {
        let graph = try Zoo.model("lgb460-txt-multiclassova").graph
        #expect(!graph.answersLabel)
        let features = try Zoo.features("lgb460-txt-multiclassova", graph)
        let results = try graph.run(features, roles: [.prediction, .value])
        for row in 0..<results.rowCount {
            let values = (0..<4).map { results.double(1, row: row, column: $0) }
            #expect(values[Int(results.text(0, row: row)) ?? 9] == values.max())
        }
    }

    @Test("inspection tells library, trees, classes and features")
    func inspection() throws {
        let inspection = try Zoo.model("lgb460-txt-pandas-categorical").inspection
        #expect(inspection.format == .lightgbmText)
        #expect(inspection.formatVersion == "v4")
        #expect(inspection.objective == "binary sigmoid:1")
        #expect(inspection.treeCount == 12)
        #expect(inspection.featureKinds[4] == "text category (6)")
        #expect(inspection.lines.contains("trees: 12, leaves: \(inspection.leafCount)"))
        #expect(inspection.json["features"]?.array?.count == 7)
    }

    @Test("importances are the sums of the trees' gains and splits")
    func importances() throws {
        let graph = try Zoo.model("lgb333-txt-binary-cat").graph
        let importances = try #require(graph.featureImportances)
        let text = String(decoding: try Zoo.bytes("lgb333-txt-binary-cat/model.txt"), as: UTF8.self)
        let section = text.components(after: "feature_importances:\n")
        #expect(!section.isEmpty)
        for line in section {
            let parts = line.split(separator: "=")
            let found = importances.first { $0.name == parts[0] }
            #expect(found?.splits == Int(parts[1]))
            #expect((found?.gain ?? 0) > 0)
        }
    }

    // MARK: - Comparing

    /// Every value of an output within one unit in the last place of the library's.
    private func expect(
        _ results: GraphResults,
        _ output: Int,
        equals prefix: String,
        of name: String
    ) throws {
        let (header, rows) = try Zoo.table("\(name)/expected.csv")
        let columns = header.indices.filter {
            header[$0] == prefix || header[$0].hasPrefix("\(prefix)_")
        }
        #expect(columns.count == results.width(of: output))
        #expect(rows.count == results.rowCount)
        for (row, cells) in rows.enumerated() {
            for (position, column) in columns.enumerated() {
                let want = try #require(Double(cells[column]))
                let got = results.double(output, row: row, column: position)
                #expect(
                    abs(got - want) <= want.ulp,
                    "row \(row) column \(column): \(got), not \(want)"
                )
            }
        }
    }

    /// The most probable class, by its name in the manifest.
    private func expectClasses(_ results: GraphResults, of name: String) throws {
        let classes = try Zoo.manifest(name)["classes"]?.array?.map { $0.string ?? $0.description }
        let (_, rows) = try Zoo.table("\(name)/expected.csv")
        for (row, cells) in rows.enumerated() {
            #expect(classes?[Int(results.double(1, row: row))] == cells[0], "row \(row)")
        }
    }
}

extension String {
    /// The lines behind `heading` up to the next empty one.
    fileprivate func components(after heading: String) -> [Substring] {
        guard let range = firstRange(of: heading) else { return [] }
        return self[range.upperBound...].split(separator: "\n", omittingEmptySubsequences: false)
            .prefix { !$0.isEmpty }.map { $0 }
    }
}
