import BorealBase
import BorealHTTP
import Foundation
import Testing

@testable import BorealEngine

@Suite("Where models are imported from")
struct ImportPlanTests {
    private func location(_ text: String, folder: String = "") -> String {
        do throws(ServerError) {
            switch try ImportLocation(text, folder: folder, policy: .publicOnly) {
            case .url(let url): return url
            case .path(let path): return "path " + path
            }
        } catch {
            return "!\(error.code.rawValue)"
        }
    }

    @Test(
        "an address of the object storage is one of https",
        arguments: [
            ("oss://oss-cn.example.com/b-1/dir/", "https://b-1.oss-cn.example.com/dir/"),
            ("OSS://e.com/b/", "https://b.e.com/"), ("oss://e.com/b", "!9060"),
            ("oss:///b/x", "!9060"), ("oss://e.com//x", "!9060"), ("oss://e.com/a@b/x", "!9060"),
            ("https://host/dir/", "https://host/dir/"), ("gopher://h/", "!9060"), ("", "!9060"),
            ("file:///tmp/", "!9060"),
        ]
    )
    func storage(_ text: String, _ expected: String) {
        #expect(location(text) == expected)
    }

    @Test("a folder behind a URL is asked for the known names, a file for itself")
    func candidates() {
        #expect(
            ImportLocation.candidates("https://h/d?s=1").prefix(2)
                == ["https://h/d/model.json?s=1", "https://h/d/model.ubj?s=1"]
        )
        #expect(ImportLocation.candidates("https://h/d/").count == ImportLocation.names.count)
        #expect(ImportLocation.candidates("https://h/x.UBJ?a") == ["https://h/x.UBJ?a"])
    }

    @Test("a path lies below the folder, whatever links there are")
    func paths() throws {
        let root = NSTemporaryDirectory() + "import-\(UUID().uuidString)"
        let files = FileManager.default
        defer { try? files.removeItem(atPath: root) }
        try files.createDirectory(atPath: root + "/in/m", withIntermediateDirectories: true)
        try files.createDirectory(atPath: root + "/inside", withIntermediateDirectories: true)
        try files.createSymbolicLink(
            atPath: root + "/in/out",
            withDestinationPath: root + "/inside"
        )
        let folder = root + "/in"
        #expect(location("file://\(folder)/m/", folder: folder).hasSuffix("/in/m"))
        #expect(location("file://\(folder)", folder: folder).hasSuffix("/in"))
        for path in ["/in/out", "/inside", "/in/../inside", "/in/none", ""] {
            #expect(location("file://\(root)\(path)", folder: folder) == "!9060", "\(path)")
        }
    }
}
