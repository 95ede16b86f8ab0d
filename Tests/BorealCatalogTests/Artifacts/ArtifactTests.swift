import BorealBase
import Dispatch
import Foundation
import Synchronization
import TestPrograms
import Testing

@testable import BorealCatalog

@Suite struct ArtifactTests {
    /// sha256("hello")
    private static let hello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

    private let folder: TemporaryFolder
    private let catalog: Catalog

    init() throws {
        folder = try TemporaryFolder()
        catalog = try makeCatalog(folder)
    }

    @Test("a file lies under its SHA-256, whatever pieces it was written in")
    func contentAddress() throws {
        let writer = try catalog.makeArtifact(fileExtension: "txt")
        for piece in ["h", "", "ell", "o"] { try writer.write(Array(piece.utf8)) }
        #expect(writer.bytes == 5)
        let file = try writer.finish()
        #expect(
            file.reference
                == ArtifactReference(
                    hash: Self.hello,
                    bytes: 5,
                    fileExtension: "txt"
                )
        )
        #expect(folder.files("artifacts") == ["2c/\(Self.hello)"])
    }

    @Test("a writer that is dropped, cancelled or too long leaves nothing")
    func nothingLeft() throws {
        do {
            let writer = try catalog.makeArtifact(fileExtension: "txt")
            try writer.write([1, 2, 3])
            #expect(folder.files("artifacts").count == 1)
        }
        #expect(folder.files("artifacts").isEmpty)
        let cancelled = try catalog.makeArtifact(fileExtension: "txt")
        try cancelled.write([1])
        cancelled.cancel()
        #expect(folder.files("artifacts").isEmpty)
        #expect(throws: CatalogError.writerClosed) { try cancelled.finish() }
        let short = try catalog.makeArtifact(fileExtension: "txt", bytesMax: 4)
        try short.write([1, 2, 3, 4])
        #expect(throws: CatalogError.tooLarge(limit: 4)) { try short.write([5]) }
        #expect(throws: CatalogError.writerClosed) { try short.write([5]) }
        #expect(folder.files("artifacts").isEmpty)
    }

    @Test("a full device is its own error")
    func diskFull() {
        errno = ENOSPC
        #expect(CatalogError.system("write", "f") == .diskFull)
        errno = EACCES
        #expect(
            CatalogError.system("write", "f")
                == .file(
                    operation: "write",
                    path: "f",
                    code: EACCES
                )
        )
    }

    @Test("a published file that no change takes goes away again")
    func untaken() throws {
        do {
            let file = try catalog.artifact("hello")
            #expect(folder.files("artifacts").count == 1)
            withExtendedLifetime(file) {}
        }
        #expect(folder.files("artifacts").isEmpty)
    }

    @Test("a change that fails does not take the file along")
    func failedChange() throws {
        do {
            let file = try catalog.artifact("hello")
            let name = try ModelName.created("m")
            #expect(throws: CatalogError.closed) {
                try catalog.write { change in
                    let bound = try change.createModel(name, owner: "a", definition: .lightgbm)
                    try change.publish(bound.version.id, artifact: file)
                    throw CatalogError.closed
                }
            }
        }
        #expect(catalog.snapshot.artifactBytes(hash: Self.hello) == nil)
        #expect(folder.files("artifacts").isEmpty)
    }

    @Test("equal bytes are one file that goes with the last reference")
    func shared() throws {
        try catalog.storedModel("a", "hello")
        try catalog.storedModel("b", "hello")
        #expect(folder.files("artifacts").count == 1)
        try catalog.write { try $0.dropModel("a") }
        #expect(folder.files("artifacts").count == 1)
        #expect(try catalog.open(hash: Self.hello).bytes() == Array("hello".utf8))
        try catalog.write { try $0.dropModel("b") }
        #expect(folder.files("artifacts").isEmpty)
    }

    @Test("dropping the last reference while the same bytes are published keeps the file")
    func publishedMeanwhile() throws {
        try catalog.storedModel("a", "hello")
        let file = try catalog.artifact("hello")
        try catalog.write { try $0.dropModel("a") }
        #expect(folder.files("artifacts").count == 1)
        let name = try ModelName.created("b")
        try catalog.write { change in
            let bound = try change.createModel(name, owner: "a", definition: .lightgbm)
            try change.publish(bound.version.id, artifact: file)
        }
        #expect(try catalog.open(hash: Self.hello).bytes() == Array("hello".utf8))
        #expect(try CatalogCheck.run(folder.layout).isClean)
    }

    @Test("a file that was taken and dropped cannot be taken again")
    func takenTwice() throws {
        let file = try catalog.artifact("hello")
        let take = { [catalog] (name: String) throws in
            let modelName = try ModelName.created(name)
            try catalog.write { change in
                let bound = try change.createModel(
                    modelName,
                    owner: "a",
                    definition: .lightgbm
                )
                try change.publish(bound.version.id, artifact: file)
            }
        }
        try take("a")
        try take("b")
        try catalog.write { try $0.dropModel("a") }
        try catalog.write { try $0.dropModel("b") }
        #expect(throws: CatalogError.artifactMissing(hash: Self.hello)) { try take("c") }
        #expect(catalog.snapshot.models.isEmpty)
    }

    @Test("publishing and dropping equal bytes from many threads keeps row and file together")
    func storm() throws {
        let catalog = self.catalog
        let failures = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 6) { thread in
            for round in 0..<15 {
                let name = "m\(thread)_\(round)"
                do {
                    let bound = try catalog.storedModel(name, "hello")
                    let reference = try #require(bound.version.artifact)
                    _ = try catalog.open(reference).bytes()
                    if round < 14 { try catalog.write { try $0.dropModel(name) } }
                } catch {
                    failures.withLock { $0.append(String(describing: error)) }
                }
            }
        }
        #expect(failures.withLock { $0 } == [])
        #expect(catalog.snapshot.models.count == 6)
        #expect(try CatalogCheck.run(folder.layout).problems == [])
        #expect(folder.files("artifacts") == ["2c/\(Self.hello)"])
    }

    @Test(
        "only hashes of rows are opened",
        arguments: [
            "", "..", "../../etc/passwd", String(repeating: "A", count: 64),
            String(repeating: "0", count: 64), String(repeating: "../", count: 22),
        ]
    )
    func hostileHash(hash: String) {
        #expect(throws: CatalogError.artifactNotFound(hash: hash)) {
            try catalog.open(hash: hash)
        }
    }

    @Test("pieces are read from anywhere, fewer at the end")
    func pieces() throws {
        let bound = try catalog.storedModel("a", "hello")
        let handle = try catalog.open(try #require(bound.version.artifact))
        var buffer = [UInt8](repeating: 0, count: 4)
        let count = try buffer.withUnsafeMutableBytes { try handle.read(into: $0, at: 3) }
        #expect(count == 2)
        #expect(Array(buffer.prefix(2)) == Array("lo".utf8))
    }
}
