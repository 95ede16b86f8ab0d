import Foundation
import TestPrograms
import Testing

@testable import BorealCatalog

@Suite struct DataDirectoryTests {
    private func mode(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require(attributes[.posixPermissions] as? Int)
    }

    @Test("a new directory is made with its folders, closed to others")
    func made() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/deep/data/"
        let directory = try DataDirectory(path)
        #expect(directory.isNew)
        #expect(directory.layout.root == "\(folder.path)/deep/data")
        for name in ["", "/artifacts", "/uploads", "/tls"] {
            #expect(try mode(directory.layout.root + name) == 0o700)
        }
        #expect(try mode(directory.layout.lock) == 0o600)
    }

    @Test("a second holder learns the process id of the first")
    func locked() throws {
        let folder = try TemporaryFolder()
        let first = try DataDirectory(folder.path)
        let expected = CatalogError.directoryLocked(path: folder.path, processID: getpid())
        #expect(throws: expected) { try DataDirectory(folder.path) }
        first.close()
        let second = try DataDirectory(folder.path)
        #expect(!second.isNew)
        first.close()
        #expect(throws: expected) { try DataDirectory(folder.path) }
        withExtendedLifetime(second) {}
    }

    @Test("a directory with other people's files is not taken")
    func foreign() throws {
        let folder = try TemporaryFolder()
        #expect(FileManager.default.createFile(atPath: "\(folder.path)/thesis.doc", contents: nil))
        #expect(
            throws: CatalogError.directoryUnusable(
                path: folder.path,
                reason: .foreignContent
            )
        ) { try DataDirectory(folder.path) }
        #expect(FileManager.default.contents(atPath: "\(folder.path)/lock") == nil)
    }

    @Test("a file is no directory")
    func file() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/file"
        #expect(FileManager.default.createFile(atPath: path, contents: nil))
        #expect(throws: CatalogError.directoryUnusable(path: path, reason: .notADirectory)) {
            try DataDirectory(path)
        }
    }

    @Test("an ephemeral directory goes away with all it holds")
    func ephemeral() throws {
        let directory = try DataDirectory.ephemeral()
        #expect(try mode(directory.layout.root) == 0o700)
        #expect(directory.isEphemeral)
        let catalog = try Catalog(directory)
        try catalog.storedModel("m", "trees")
        #expect(FileManager.default.fileExists(atPath: directory.layout.catalog))
        directory.close()
        #expect(!FileManager.default.fileExists(atPath: directory.layout.root))
        directory.close()
    }

    @Test("removing a tree follows no links")
    func links() throws {
        let outside = try TemporaryFolder()
        let kept = "\(outside.path)/kept"
        #expect(FileManager.default.createFile(atPath: kept, contents: nil))
        let directory = try DataDirectory.ephemeral()
        try FileManager.default.createSymbolicLink(
            atPath: "\(directory.layout.root)/link",
            withDestinationPath: outside.path
        )
        directory.close()
        #expect(FileManager.default.fileExists(atPath: kept))
        #expect(!FileManager.default.fileExists(atPath: directory.layout.root))
    }
}
