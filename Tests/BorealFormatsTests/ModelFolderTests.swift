import Foundation
import Testing

@testable import BorealFormats

@Suite struct ModelFolderTests {
    /// A folder with files of these names and beginnings.
    private func folder(_ files: [String: String]) throws -> URL {
        let url = FileManager.default.temporaryDirectory
            .appendingPathComponent("boreal-folder-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        for (name, text) in files {
            try Data(text.utf8).write(to: url.appendingPathComponent(name))
        }
        return url
    }

    @Test("the one model among notes, tables and lists of packages is found")
    func one() throws {
        let url = try folder([
            "m.txt": "tree\nversion=v4\n", "rows.csv": "c,d\n1,2.", "manifest.json": "{\"a\": 1}",
            "requirements.txt": "lightgbm==4.6.0", ".hidden.onnx": "x",
        ])
        defer { try? FileManager.default.removeItem(at: url) }
        #expect(try ModelFolder.modelFile(in: url.path) == "\(url.path)/m.txt")
        #expect(ModelFolder.isFolder(url.path))
        #expect(!ModelFolder.isFolder(url.path + "/m.txt"))
    }

    @Test("several models, or none, are named")
    func others() throws {
        let several = try folder(["a.txt": "tree\n", "b.onnx": "x"])
        let none = try folder(["rows.csv": "a\n1"])
        defer {
            try? FileManager.default.removeItem(at: several)
            try? FileManager.default.removeItem(at: none)
        }
        let first = #expect(throws: FormatError.self) {
            try ModelReader.read(path: several.path)
        }
        #expect(first?.description.contains("2 model files: a.txt, b.onnx") == true)
        let second = #expect(throws: FormatError.self) { try ModelReader.read(path: none.path) }
        #expect(second?.description.contains("holds no model file, only rows.csv") == true)
    }
}
