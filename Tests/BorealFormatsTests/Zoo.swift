import BorealBase
import BorealGraph
import Foundation
import Glibc

@testable import BorealFormats

/// The models under `Fixtures/models` and what they must answer.
enum Zoo {
    /// `Fixtures/models`, found above this file.
    static let root: String = {
        guard let real = realpath(#filePath, nil) else { return "" }
        defer { free(real) }
        var folder = URL(fileURLWithPath: String(cString: real)).deletingLastPathComponent()
        while folder.path != "/" {
            let models = folder.appendingPathComponent("Fixtures/models")
            if FileManager.default.fileExists(atPath: models.path) { return models.path }
            folder.deleteLastPathComponent()
        }
        return ""
    }()

    /// Folders of LightGBM models.
    static let names = folders { $0.hasPrefix("lgb") || $0.hasPrefix("seed") }

    /// Folders of models by their names.
    static func folders(_ isWanted: (String) -> Bool) -> [String] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return all.filter(isWanted).sorted()
    }

    static func bytes(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: "\(root)/\(path)")))
    }

    static func manifest(_ name: String) throws -> JSON {
        try JSON.parse(try bytes("\(name)/manifest.json"))
    }

    static func modelFile(_ name: String) throws -> String {
        try manifest(name)["model_file"]?.string ?? ""
    }

    static func model(_ name: String) throws -> ImportedModel {
        let file = try modelFile(name)
        return try ModelReader.read(try bytes("\(name)/\(file)"), fileName: file)
    }

    /// A table with a header; cells in quotes hold no line breaks.
    static func table(_ path: String) throws -> (header: [String], rows: [[String]]) {
        let text = String(decoding: try bytes(path), as: UTF8.self)
        let lines = text.split(whereSeparator: \.isNewline).map { cells(of: $0) }
        return (lines.first ?? [], Array(lines.dropFirst()))
    }

    private static func cells(of line: Substring) -> [String] {
        guard line.contains("\"") else {
            return line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        var cells = [""]
        var isQuoted = false
        var last: Character = ","
        for character in line {
            if character == "\"" {
                // A doubled quote stands for one.
                if !isQuoted, last == "\"" { cells[cells.count - 1].append(character) }
                isQuoted.toggle()
            } else if character == ",", !isQuoted {
                cells.append("")
            } else {
                cells[cells.count - 1].append(character)
            }
            last = character
        }
        return cells
    }

    /// The rows of a model as a client's text columns; empty cells are NULL.
    static func batch(_ name: String) throws -> RowBatch {
        let (header, rows) = try table("\(name)/rows.csv")
        let columns = header.indices.map { index in
            var values = ByteColumn()
            var validity = Validity()
            for row in rows {
                values.append(row[index])
                validity.append(isNull: row[index].isEmpty)
            }
            return Column(
                name: header[index],
                type: .varchar(),
                storage: .bytes(values),
                validity: validity
            )
        }
        return RowBatch(columns: columns, rowCount: rows.count)
    }

    /// The features of a model's rows.
    static func features(_ name: String, _ graph: ModelGraph) throws -> GraphBatch {
        let batch = try batch(name)
        let binder = try FeatureBinder(inputs: graph.inputs, names: batch.columns.map(\.name))
        return try binder.bind(batch)
    }
}

/// A generator with a seed, so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
