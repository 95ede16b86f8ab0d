import BorealBase
import Foundation
import Synchronization
import TestPrograms
import Testing

@testable import BorealCatalog

/// At each step of a publication the directory is copied as the disk has it and opened like after a
/// crash: a model is wholly there or wholly absent, and the sweep leaves no file without a row.
@Suite struct CrashTests {
    /// The directory as it was when a step was reached.
    private final class Camera: Sendable {
        let folder: TemporaryFolder
        private let wanted: Mutex<PublicationStep?> = Mutex(nil)
        private let picture: Mutex<TemporaryFolder?> = Mutex(nil)

        init(_ folder: TemporaryFolder) { self.folder = folder }

        func arm(_ step: PublicationStep) { wanted.withLock { $0 = step } }

        func reached(_ step: PublicationStep) {
            guard wanted.withLock({ $0 == step }) else { return }
            wanted.withLock { $0 = nil }
            // A missing picture fails the test that asks for it.
            let copy = try? folder.copy()
            picture.withLock { $0 = copy }
        }

        func taken() throws -> TemporaryFolder {
            try #require(picture.withLock { $0 })
        }
    }

    private func age(_ folder: TemporaryFolder) throws {
        let old = Date(timeIntervalSince1970: 1_000_000_000)
        for name in folder.files("artifacts") {
            try FileManager.default.setAttributes(
                [.modificationDate: old],
                ofItemAtPath: "\(folder.path)/artifacts/\(name)"
            )
        }
    }

    @Test(
        "a crash while a model is stored leaves it whole or absent",
        arguments: PublicationStep.allCases
    )
    func publishing(step: PublicationStep) throws {
        let folder = try TemporaryFolder()
        let camera = Camera(folder)
        let catalog = try makeCatalog(folder) { camera.reached($0) }
        let name = try ModelName.created("m")
        let bound = try catalog.write {
            try $0.createModel(name, owner: "a", definition: .lightgbm)
        }
        camera.arm(step)
        let file = try catalog.artifact("the trees")
        try catalog.write { try $0.publish(bound.version.id, artifact: file) }

        let crashed = try camera.taken()
        try age(crashed)
        let again = try makeCatalog(crashed)
        again.sweepArtifacts()
        let version = try again.snapshot.resolve("m").version
        switch step {
        case .synchronized, .renamed, .committing:
            #expect(version.status == .loadingData)
            #expect(crashed.files("artifacts").isEmpty)
        case .committed, .swapped:
            #expect(version.status == .saved)
            let handle = try again.open(try #require(version.artifact))
            #expect(try handle.bytes() == Array("the trees".utf8))
        }
        let problems = try CatalogCheck.run(crashed.layout).problems
            .filter { $0 != .stranded("model 'm' v1") }
        #expect(problems.isEmpty)
    }

    @Test(
        "a crash while a model is dropped leaves it whole or absent",
        arguments: [PublicationStep.committing, .committed, .swapped]
    )
    func dropping(step: PublicationStep) throws {
        let folder = try TemporaryFolder()
        let camera = Camera(folder)
        let catalog = try makeCatalog(folder) { camera.reached($0) }
        try catalog.storedModel("m", "the trees")
        camera.arm(step)
        try catalog.write { try $0.dropModel("m") }
        #expect(folder.files("artifacts").isEmpty)

        let crashed = try camera.taken()
        #expect(crashed.files("artifacts").count == 1)
        try age(crashed)
        let again = try makeCatalog(crashed)
        let removed = again.sweepArtifacts()
        #expect(removed == (step == .committing ? 0 : 1))
        #expect(again.snapshot.models.count == (step == .committing ? 1 : 0))
        #expect(crashed.files("artifacts").count == again.snapshot.models.count)
        #expect(try CatalogCheck.run(crashed.layout).problems == [])
    }

    @Test("the sweep leaves files alone that are younger than the process")
    func young() throws {
        let folder = try TemporaryFolder()
        let catalog = try makeCatalog(folder)
        let shelf = "\(folder.path)/artifacts/ab"
        try FileManager.default.createDirectory(atPath: shelf, withIntermediateDirectories: true)
        let hash = "ab" + String(repeating: "0", count: 62)
        for path in ["\(shelf)/\(hash)", "\(folder.path)/artifacts/.part-1-a"] {
            #expect(FileManager.default.createFile(atPath: path, contents: Data([1])))
        }
        #expect(catalog.sweepArtifacts() == 0)
        try age(folder)
        #expect(catalog.sweepArtifacts() == 2)
        #expect(folder.files("artifacts").isEmpty)
    }

    @Test("temporary names of an earlier process go, however young they are")
    func leftovers() throws {
        let folder = try TemporaryFolder()
        try makeCatalog(folder).close()
        let left = "\(folder.path)/artifacts/.part-1-a"
        #expect(FileManager.default.createFile(atPath: left, contents: Data([1])))
        let catalog = try makeCatalog(folder)
        let writer = try catalog.makeArtifact(fileExtension: "txt")
        try writer.write([1, 2, 3])
        #expect(catalog.sweepArtifacts() == 1)
        #expect(!FileManager.default.fileExists(atPath: left))
        // What this process writes stays.
        #expect(folder.files("artifacts").count == 1)
        _ = try writer.finish()
    }

    @Test("the sweep never touches a file that is being published")
    func publishedMeanwhile() throws {
        let folder = try TemporaryFolder()
        let catalog = try makeCatalog(folder)
        let file = try catalog.artifact("the trees")
        try age(folder)
        #expect(catalog.sweepArtifacts() == 0)
        #expect(folder.files("artifacts").count == 1)
        withExtendedLifetime(file) {}
    }
}
