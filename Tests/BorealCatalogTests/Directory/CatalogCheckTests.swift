import BorealBase
import BorealSQLite
import Foundation
import TestPrograms
import Testing

@testable import BorealCatalog

@Suite struct CatalogCheckTests {
    private let folder: TemporaryFolder
    private let catalog: Catalog
    private let reference: ArtifactReference

    init() throws {
        folder = try TemporaryFolder()
        catalog = try makeCatalog(folder)
        let bound = try catalog.storedModel("m", "the trees")
        reference = try #require(bound.version.artifact)
    }

    private var path: String { folder.layout.artifact(hash: reference.hash) }

    private func change(_ sql: String) throws {
        try SQLiteConnection(.file(folder.layout.catalog)).execute(sql)
    }

    @Test("a healthy directory is clean, beside a live catalog")
    func clean() throws {
        let report = try CatalogCheck.run(folder.layout)
        #expect(report.isClean)
        #expect(report.modelCount == 1)
        #expect(report.artifactCount == 1)
        #expect(report.artifactBytes == 9)
    }

    @Test("one flipped bit is found")
    func flippedBit() throws {
        var data = try Data(contentsOf: URL(fileURLWithPath: path))
        data[4] ^= 1
        try data.write(to: URL(fileURLWithPath: path))
        let problems = try CatalogCheck.run(folder.layout).problems
        #expect(problems.count == 1)
        guard case .wrongHash(let hash, let found)? = problems.first else {
            Issue.record("no wrong hash in \(problems)")
            return
        }
        #expect(hash == reference.hash)
        #expect(found != hash)
    }

    @Test("a short file, a missing file and a file without a row are found")
    func files() throws {
        try Data("the tree".utf8).write(to: URL(fileURLWithPath: path))
        #expect(
            try CatalogCheck.run(folder.layout).problems == [
                .wrongSize(hash: reference.hash, expected: 9, found: 8)
            ]
        )
        let stray = "\(folder.path)/artifacts/\(reference.hash.prefix(2))/stray"
        try FileManager.default.moveItem(atPath: path, toPath: stray)
        #expect(try CatalogCheck.run(folder.layout).problems == [.missing(hash: reference.hash)])
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: 1_000_000_000)],
            ofItemAtPath: stray
        )
        #expect(
            try CatalogCheck.run(folder.layout).problems == [
                .missing(hash: reference.hash),
                .unreferencedFile(path: "artifacts/\(reference.hash.prefix(2))/stray"),
            ]
        )
    }

    @Test("a wrong count, a lost default and a row without its parent are found")
    func rows() throws {
        try change("UPDATE artifacts SET reference_count = 5")
        try change("UPDATE models SET default_version = 77")
        try change("PRAGMA foreign_keys = OFF; INSERT INTO rights VALUES (99, 'ALL', '')")
        #expect(
            try CatalogCheck.run(folder.layout).problems == [
                .brokenReference(table: "rights", parent: "accounts"),
                .noDefaultVersion(model: "m"),
                .wrongReferenceCount(hash: reference.hash, expected: 1, found: 5),
            ]
        )
    }

    @Test("an upload without its file is found")
    func uploads() throws {
        try change("INSERT INTO uploads VALUES ('u', 'a', 1, 1, 1)")
        #expect(try CatalogCheck.run(folder.layout).problems == [.missingUpload(name: "u")])
    }

    @Test("a directory without a catalog is told so, and nothing is made there")
    func none() throws {
        let empty = try TemporaryFolder()
        #expect(throws: CatalogError.notACatalog(path: empty.layout.catalog)) {
            try CatalogCheck.run(empty.layout)
        }
        #expect(empty.files("").isEmpty)
    }

    @Test("every problem prints as one line")
    func lines() {
        let problems: [CatalogCheck.Problem] = [
            .database("x"), .brokenReference(table: "a", parent: "b"), .missing(hash: "h"),
            .wrongSize(hash: "h", expected: 1, found: 2), .wrongHash(hash: "h", found: "g"),
            .unreadable(hash: "h", code: 5), .unreferencedFile(path: "p"),
            .wrongReferenceCount(hash: "h", expected: 1, found: 2), .noDefaultVersion(model: "m"),
            .stranded("s"), .missingUpload(name: "u"),
        ]
        for problem in problems {
            #expect(!problem.description.isEmpty && !problem.description.contains("\n"))
        }
    }
}
