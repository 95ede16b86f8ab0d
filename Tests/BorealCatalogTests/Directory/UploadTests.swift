import BorealBase
import Foundation
import TestPrograms
import Testing

@testable import BorealCatalog

@Suite struct UploadTests {
    private let directory: DataDirectory
    private let folder: TemporaryFolder
    private let catalog: Catalog

    init() throws {
        folder = try TemporaryFolder()
        directory = try DataDirectory(folder.path)
        catalog = try makeCatalog(folder)
    }

    private func upload(_ name: String, _ text: String, owner: String = "ann@%") throws {
        let writer = try catalog.makeUpload(name, owner: owner)
        try writer.write(Array(text.utf8))
        try writer.finish()
    }

    @Test("an upload lies under its name and is replaced by its owner")
    func replaced() throws {
        try upload("m.txt", "one")
        try upload("m.txt", "three")
        let path = try catalog.useUpload("m.txt", owner: "ann@%")
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "three")
        #expect(catalog.snapshot.upload(named: "m.txt")?.bytes == 5)
        #expect(folder.files("uploads") == ["m.txt"])
    }

    @Test("others neither replace, use nor remove it")
    func owned() throws {
        try upload("m.txt", "mine")
        #expect(throws: CatalogError.uploadOwned(name: "m.txt")) {
            try catalog.makeUpload("m.txt", owner: "bob@%")
        }
        #expect(throws: CatalogError.uploadNotFound(name: "m.txt")) {
            try catalog.useUpload("m.txt", owner: "bob@%")
        }
        #expect(throws: CatalogError.uploadNotFound(name: "m.txt")) {
            try catalog.removeUpload("m.txt", owner: "bob@%")
        }
        #expect(try catalog.useUpload("m.txt", owner: nil).hasSuffix("/uploads/m.txt"))
        try catalog.removeUpload("m.txt", owner: "ann@%")
        #expect(folder.files("uploads").isEmpty)
    }

    @Test("of two who upload one name at the same time the first to finish owns it")
    func race() throws {
        let ann = try catalog.makeUpload("m.txt", owner: "ann@%")
        let bob = try catalog.makeUpload("m.txt", owner: "bob@%")
        try ann.write([1])
        try bob.write([2, 2])
        try ann.finish()
        #expect(throws: CatalogError.uploadOwned(name: "m.txt")) { try bob.finish() }
        bob.cancel()
        #expect(catalog.snapshot.upload(named: "m.txt")?.owner == "ann@%")
        #expect(folder.files("uploads") == ["m.txt"])
    }

    @Test(
        "a name is one path member",
        arguments: [
            "", ".", "..", ".part-1", "a/b", "../x", "a b", "a\0b", "ä", "a;b",
            String(repeating: "a", count: 201),
        ]
    )
    func names(name: String) {
        #expect(throws: CatalogError.self) { try catalog.makeUpload(name, owner: "a") }
    }

    @Test("a body above the limit is refused and leaves nothing")
    func tooLarge() throws {
        let writer = try catalog.makeUpload("big", owner: "a", bytesMax: 3)
        #expect(throws: CatalogError.tooLarge(limit: 3)) { try writer.write([1, 2, 3, 4]) }
        #expect(folder.files("uploads").isEmpty)
    }

    @Test("what nobody used for a day is swept, what was used stays")
    func sweep() throws {
        try upload("old", "1")
        try upload("young", "2")
        let day: Int64 = 86_400_000_000
        let uploaded = try #require(catalog.snapshot.upload(named: "young")).used
        #expect(try catalog.sweepUploads(now: uploaded) == 0)
        try #require(catalog.snapshot.upload(named: "old") != nil)
        let later = Instant(microseconds: uploaded.microseconds + day + 2_000_000)
        #expect(try catalog.sweepUploads(now: later) == 2)
        #expect(catalog.snapshot.uploads.isEmpty)
        #expect(folder.files("uploads").isEmpty)
    }
}
