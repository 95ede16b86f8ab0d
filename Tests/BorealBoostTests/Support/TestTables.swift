import BorealBase
import BorealBoost
import Foundation

/// Tables for tests.
enum TestTables {
    /// The `Fixtures` folder, found upwards from this file.
    static func fixture(_ path: String) throws -> String {
        var folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        while folder.path != "/" {
            folder.deleteLastPathComponent()
            let candidate = folder.appendingPathComponent("Fixtures")
            if FileManager.default.fileExists(atPath: candidate.path) {
                return candidate.appendingPathComponent(path).path
            }
        }
        throw CocoaError(.fileNoSuchFile)
    }

    /// A tab separated file of numbers: the label, then the features.
    static func load(_ path: String) throws -> TrainingData {
        let text = try String(contentsOfFile: fixture(path), encoding: .utf8)
        var label: [Double] = []
        var columns: [[Double]] = []
        for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
            let numbers = line.split(separator: UInt8(ascii: "\t")).map {
                Double(String(decoding: $0, as: UTF8.self)) ?? .nan
            }
            if columns.isEmpty { columns = Array(repeating: [], count: numbers.count - 1) }
            label.append(numbers[0])
            for index in columns.indices { columns[index].append(numbers[index + 1]) }
        }
        return TrainingData(columns: columns.map { .doubles($0) }, label: label)
    }

    /// Numbers with NaN and zeros, two kinds of categories, and a label of two classes that depends
    /// on them.
    static func mixed(rows: Int, seed: UInt64 = 1) -> TrainingData {
        var random = TestRandom(seed)
        var numbers = [[Double]](repeating: [], count: 5)
        var few: [Int32] = []
        var many: [Int32] = []
        var label: [Double] = []
        for _ in 0..<rows {
            var row = (0..<5).map { _ in random.normal() }
            if random.unit() < 0.2 { row[1] = .nan }
            if random.unit() < 0.3 { row[2] = 0 }
            row[4] = row[4].rounded()
            for index in 0..<5 { numbers[index].append(row[index]) }
            few.append(Int32(random.below(4)) - 1)
            many.append(Int32(random.below(40)))
            var score = row[0] + (row[1].isNaN ? 1.5 : row[1] * 0.5) + (row[2] == 0 ? -1 : 0.3)
            score += few.last == 1 ? 1 : 0
            score += (many.last ?? 0) % 3 == 0 ? 0.8 : -0.4
            label.append(random.unit() < 1 / (1 + exp(-score)) ? 1 : 0)
        }
        var columns = numbers.map { FeatureColumn.doubles($0) }
        columns.append(.categories(few, count: 3))
        columns.append(.categories(many, count: 40))
        return TrainingData(columns: columns, label: label)
    }
}

extension FeatureColumn {
    /// Numbers of which only those that are not zero are kept.
    static func kept(of values: [Double]) -> FeatureColumn {
        let kept = values.indices.filter { values[$0] != 0 }
        return .sparse(
            SparseNumbers(
                rows: kept.map { UInt32($0) },
                values: kept.map { values[$0] },
                count: values.count
            )
        )
    }
}

extension TrainingData {
    /// The table as rows of numbers, categories as their codes.
    var rowMajor: [Double] {
        var rows = [Double](repeating: 0, count: rowCount * columns.count)
        for (feature, column) in columns.enumerated() {
            for row in 0..<rowCount {
                let value: Double =
                    switch column {
                    case .doubles(let values): values[row]
                    case .floats(let values): Double(values[row])
                    case .categories(let codes, _): codes[row] < 0 ? .nan : Double(codes[row])
                    case .sparse(let numbers): numbers.dense[row]
                    }
                rows[row * columns.count + feature] = value
            }
        }
        return rows
    }

    /// The rows at the places given, in that order.
    func rows(_ order: [Int]) -> TrainingData {
        let picked = columns.map { column -> FeatureColumn in
            switch column {
            case .doubles(let values): .doubles(order.map { values[$0] })
            case .floats(let values): .floats(order.map { values[$0] })
            case .categories(let codes, let count):
                .categories(order.map { codes[$0] }, count: count)
            case .sparse(let numbers): .doubles(order.map { numbers.dense[$0] })
            }
        }
        return TrainingData(
            columns: picked,
            label: order.map { label[$0] },
            weights: weights.map { weights in order.map { weights[$0] } }
        )
    }
}

extension TreeEnsemble {
    /// Raw scores by the compiled kernel, row after row.
    func scores(_ data: TrainingData) -> [Double] {
        var scores = [Double](repeating: 0, count: data.rowCount * scoresPerRow)
        EnsembleKernel(self).scoreRaw(
            rows: data.rowMajor,
            count: data.rowCount,
            stride: data.columns.count,
            into: &scores
        )
        return scores
    }
}
