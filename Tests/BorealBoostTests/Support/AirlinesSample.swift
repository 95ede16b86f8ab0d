import BorealBoost
import Foundation

/// The real sample of the airlines table, texts as codes of the training part.
struct AirlinesSample {
    var train: TrainingData
    var held: TrainingData

    init() throws {
        var codes: [[String: Int32]] = [[:], [:], [:]]
        train = try Self.part("train", &codes, isTraining: true)
        held = try Self.part("test", &codes, isTraining: false)
    }

    /// Places of Airline, AirportFrom and AirportTo.
    private static let texts = [0, 2, 3]

    private static func part(
        _ name: String,
        _ codes: inout [[String: Int32]],
        isTraining: Bool
    ) throws -> TrainingData {
        let path = try TestTables.fixture("data/airlines_sample_\(name).csv")
        let text = try String(contentsOfFile: path, encoding: .utf8)
        var columns = [[String]](repeating: [], count: 8)
        for line in text.utf8.split(separator: UInt8(ascii: "\n")).dropFirst() {
            for (place, word) in line.split(separator: UInt8(ascii: ",")).enumerated() {
                columns[place].append(String(decoding: word, as: UTF8.self))
            }
        }
        let features = (0..<7).map { place -> FeatureColumn in
            guard let number = texts.firstIndex(of: place) else {
                return .doubles(columns[place].map { Double($0) ?? .nan })
            }
            if isTraining {
                for (code, word) in Set(columns[place]).sorted().enumerated() {
                    codes[number][word] = Int32(code)
                }
            }
            let known = codes[number]
            return .categories(columns[place].map { known[$0] ?? -1 }, count: known.count)
        }
        return TrainingData(columns: features, label: columns[7].map { Double($0) ?? .nan })
    }
}
