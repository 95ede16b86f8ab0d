import BorealBase
import BorealCatalog
import BorealFormats
import Foundation
import Testing

@testable import BorealEngine

/// Files that the command line writes, and what becomes of those that are not finished.
@Suite struct OutputFileTests {
    private let folder = NSTemporaryDirectory() + "boreal-output-\(UUID().uuidString)"

    private func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    }

    private func write(_ text: String, _ file: OutputFile) throws {
        try Array(text.utf8).withUnsafeBytes { try file.write($0) }
    }

    @Test("a file has its name when it is whole, and takes the place of an older one")
    func whole() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/model.txt"
        try Data("old".utf8).write(to: URL(fileURLWithPath: path))
        let file = try OutputFile(path)
        try write("new", file)
        try write("er", file)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
        try file.commit()
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "newer")
        #expect(try names() == ["model.txt"])
    }

    @Test("a file that is given up leaves the older one and nothing else")
    func givenUp() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/model.txt"
        try Data("old".utf8).write(to: URL(fileURLWithPath: path))
        do {
            let file = try OutputFile(path)
            try write("half", file)
            #expect(try names() == ["model.txt", "model.txt.part"])
        }
        #expect(try names() == ["model.txt"])
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
    }

    @Test("a folder that is not there, and a name that is a folder, are errors with the path")
    func refused() throws {
        let error = #expect(throws: ServerError.self) { try OutputFile(folder + "/a/b.txt") }
        #expect(error?.message.contains("/a/b.txt") == true)
        try FileManager.default.createDirectory(
            atPath: folder + "/taken/inside",
            withIntermediateDirectories: true
        )
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let file = try OutputFile(folder + "/taken")
        try write("x", file)
        #expect(throws: ServerError.self) { try file.commit() }
        #expect(try names() == ["taken"])
    }

    @Test("what ends a file has a number each")
    func numbers() {
        let cases: [(ExportError, ServerErrorCode)] = [
            (.format(.notExportable(.onnx, reason: "x")), .featureUnsupported),
            (.tooLarge(limit: 7), .featureUnsupported), (.cancelled, .queryInterrupted),
            (.target(CatalogError.diskFull), .diskFull),
            (.target(ServerError(.diskFull, "full")), .diskFull),
        ]
        for (error, code) in cases {
            #expect(ServerError(export: error, as: .onnx).code == code, "\(error)")
        }
        let large = ServerError(export: .tooLarge(limit: 1_024), as: .pmml)
        #expect(large.message.contains("pmml") && large.message.contains("1024"))
    }
}
