import BorealBoost
import BorealGraph
import Testing

@testable import BorealFormats

@Suite struct ExportTests {
    @Test("numbers of SQL are DOUBLE in both dialects")
    func numbers() {
        let texts = [0, 1, -2.5, 0.1, 1e-300, 1e15].map(SQLAnswer.number)
        #expect(
            texts == [
                "0.0E0", "1.0E0", "-2.5E0", "1.000000000000000056e-01",
                "1.000000000000000025e-300", "1.000000000000000000e+15",
            ]
        )
    }

    @Test(
        "a model comes back from LightGBM's text as it was, whatever library it came from",
        arguments: ["lgb460-txt-rf", "lgb333-clf-multi-pkl2", "lgb460-txt-zero-as-missing"]
    )
    func roundTrip(name: String) throws {
        let graph = try Zoo.model(name).graph
        let text = try ExportFormat.lightgbm.write(graph)
        let again = try ModelReader.read(text, fileName: "m.txt").graph
        let features = try Zoo.features(name, graph)
        let first = try graph.run(features, roles: [.raw]).doubles(0)
        #expect(try again.run(features, roles: [.raw]).doubles(0) == first)
    }

    @Test(
        "what a format lacks is said",
        arguments: [
            ("lgb460-txt-linear-tree", ExportFormat.onnx, "linear models"),
            ("lgb460-txt-zero-as-missing", .xgboost, "zero counts as missing"),
            ("lgb460-txt-reg-sqrt", .pmml, "normalization"),
            ("lgb460-txt-multiclassova", .pmml, "do not add up to 1"),
        ]
    )
    func refusals(name: String, format: ExportFormat, reason: String) throws {
        let graph = try Zoo.model(name).graph
        let error = #expect(throws: FormatError.self) { try format.write(graph) }
        #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
    }
}
