import BorealBoost
import Foundation

/// What LightGBM computed for `Fixtures/objectives`: see its README.
struct ObjectiveExpectations: Decodable, Sendable {
    struct Grown: Decodable, Sendable {
        /// `[rows]`: the leaf of each row.
        let leaf: [Int]
        let value: [Double]
        let weight: [Double]
    }
    struct Metric: Decodable, Sendable {
        let name: String
        let value: Double

        init(from decoder: any Decoder) throws {
            var pair = try decoder.unkeyedContainer()
            name = try pair.decode(String.self)
            value = try pair.decode(Double.self)
        }
    }
    struct Case: Decodable, Sendable {
        let label: String
        let parameters: String
        let weighted: Bool
        let objective: String
        let metrics: [Metric]
        let trees: [Grown]
        let initial: [Double]
    }

    let labels: [String: [Double]]
    let weights: [Float]
    let scores: [Double]
    let groups: [Int]
    let cases: [Case]

    /// The file, read once.
    static let shared = Result { try load() }

    private static func load() throws -> ObjectiveExpectations {
        let path = try TestTables.fixture("objectives/expectations.json")
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        return try JSONDecoder().decode(ObjectiveExpectations.self, from: data)
    }

    /// The table of a case; it has one column, which nothing looks at.
    func table(_ example: Case) -> TrainingData {
        let label = labels[example.label] ?? []
        return TrainingData(
            columns: [.doubles(label.indices.map(Double.init))],
            label: label,
            weights: example.weighted ? weights : nil,
            groups: example.label == "rank" ? groups : nil
        )
    }

    /// The parameters of a case.
    func parameters(_ example: Case) throws -> TrainingParameters {
        var parameters = TrainingParameters()
        for pair in example.parameters.split(separator: " ") {
            let halves = pair.split(separator: "=").map(String.init)
            try parameters.set(halves[0], to: .text(halves[1]))
        }
        return parameters
    }
}
