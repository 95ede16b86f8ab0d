import BorealBase
import BorealGraph
import Testing

@testable import BorealFormats

/// What the writers write, our own readers read: the same answers come back, within the precision
/// of the format.
@Suite struct ExportRoundTripTests {
    /// A model of the fixtures that goes out in a format and comes back.
    struct Trip: CustomTestStringConvertible, Sendable {
        let name: String
        let format: ExportFormat
        var tolerance = 1e-12
        var testDescription: String { "\(name) as \(format.rawValue)" }
    }

    /// Numbers and categories, one and several scores, every link that the formats share.
    private static let names = [
        "lgb231-booster-pkl3-binary-cat", "lgb231-txt-multiclass", "lgb231-txt-poisson",
        "lgb333-clf-multi-pkl2", "lgb333-reg-quantile-joblib-zlib", "lgb460-clf-strings-pkl5",
        "lgb460-txt-dart", "lgb460-txt-lambdarank", "lgb460-txt-rf",
    ]

    static let trips: [Trip] =
        names.map { Trip(name: $0, format: .onnx) }
        + names.map { Trip(name: $0, format: .pmml) }
        + [
            Trip(name: "lgb460-txt-reg-sqrt", format: .onnx),
            Trip(name: "lgb460-txt-multiclassova", format: .onnx),
            Trip(name: "xgb305-json-lossguide-early-stop", format: .onnx, tolerance: 1e-6),
            Trip(name: "xgb214-json-categorical", format: .onnx, tolerance: 1e-6),
            Trip(name: "xgb305-json-lossguide-early-stop", format: .pmml, tolerance: 1e-6),
            Trip(name: "xgb305-clf-pkl5", format: .xgboost, tolerance: 1e-6),
        ]

    /// Probabilities of a classifier, the value of everything else.
    private func answers(_ graph: ModelGraph, _ name: String) throws -> [Double] {
        let role: GraphOutput.Role = graph.output(.probabilities) == nil ? .value : .probabilities
        let batch = try Zoo.batch(name)
        let known = Set(graph.inputs.map(\.name))
        // A format that does not keep the features' names takes them by position.
        let names = batch.columns.map(\.name).filter {
            known.contains($0) || known.isDisjoint(with: batch.columns.map(\.name))
        }
        let binder = try FeatureBinder(inputs: graph.inputs, names: names, in: batch)
        return try graph.run(try binder.bind(batch), roles: [role]).doubles(0)
    }

    @Test("answers survive the way out and back", arguments: trips)
    func trip(_ trip: Trip) throws {
        let graph = try Zoo.model(trip.name).graph
        let bytes = try trip.format.write(graph)
        let fileName = "model." + trip.format.fileExtension
        let again = try ModelReader.read(bytes, fileName: fileName)
        let before = try answers(graph, trip.name)
        let after = try answers(again.graph, trip.name)
        #expect(before.count == after.count)
        for (row, (a, b)) in zip(before, after).enumerated() where a != b {
            let isNear = abs(a - b) <= trip.tolerance * max(1, abs(a))
            #expect(isNear, "value \(row): \(a) went out, \(b) came back")
            if !isNear { break }
        }
    }

    @Test("classes come back under their names", arguments: [ExportFormat.onnx, .pmml])
    func labels(format: ExportFormat) throws {
        let name = "lgb460-clf-strings-pkl5"
        let graph = try Zoo.model(name).graph
        let file = "model." + format.fileExtension
        let again = try ModelReader.read(try format.write(graph), fileName: file).graph
        let first = try graph.run(try Zoo.features(name, graph), roles: [.prediction])
        let second = try again.run(try Zoo.features(name, again), roles: [.prediction])
        #expect(first.rowCount == second.rowCount)
        for row in 0..<first.rowCount {
            #expect(first.text(0, row: row) == second.text(0, row: row))
        }
    }
}
