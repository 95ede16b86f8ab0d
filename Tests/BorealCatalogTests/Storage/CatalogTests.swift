import BorealBase
import BorealSQLite
import Dispatch
import Foundation
import Synchronization
import TestPrograms
import Testing

@testable import BorealCatalog

@Suite struct CatalogTests {
    @Test("a reader's snapshot does not move while others write")
    func isolation() throws {
        let catalog = try makeCatalog(try TemporaryFolder())
        try catalog.storedModel("a", "1")
        let before = catalog.snapshot
        try catalog.storedModel("b", "2")
        try catalog.write { change in
            try change.setComment(of: "a", to: "changed")
            #expect(catalog.snapshot.model(named: "a")?.comment == "")
            #expect(change.snapshot.model(named: "a")?.comment == "changed")
        }
        #expect(before.models.map(\.name) == ["a"])
        #expect(before.model(named: "a")?.comment == "")
        #expect(catalog.snapshot.models.map(\.name) == ["a", "b"])
        #expect(catalog.snapshot.generation > before.generation)
    }

    @Test("readers see a change only once it is committed")
    func order() throws {
        let box = Mutex<Catalog?>(nil)
        let seen = Mutex<[PublicationStep: Int]>([:])
        let catalog = try makeCatalog(try TemporaryFolder()) { step in
            let count = box.withLock { $0?.snapshot.models.count } ?? -1
            seen.withLock { $0[step] = count }
        }
        box.withLock { $0 = catalog }
        defer { box.withLock { $0 = nil } }
        let name = try ModelName.created("m")
        try catalog.write { try $0.createModel(name, owner: "a", definition: .lightgbm) }
        #expect(seen.withLock { $0 } == [.committing: 0, .committed: 0, .swapped: 1])
    }

    @Test("a change that throws leaves no trace, beside others in the same commit")
    func undo() throws {
        let folder = try TemporaryFolder()
        let catalog = try makeCatalog(folder)
        let first = try ModelName.created("first")
        try catalog.write { try $0.setSetting("a", to: "1") }
        #expect(throws: CatalogError.modelNotFound(name: "none")) {
            try catalog.write { change in
                try change.createModel(first, owner: "a", definition: .lightgbm)
                try change.dropModel("none")
            }
        }
        #expect(catalog.snapshot.models.isEmpty)
        #expect(try makeCatalog(try folder.copy()).snapshot.models.isEmpty)
    }

    @Test("concurrent writers share commits, and none is lost")
    func groupCommit() throws {
        let commits = Mutex(0)
        let folder = try TemporaryFolder()
        let catalog = try makeCatalog(folder) { step in
            if step == .committed { commits.withLock { $0 += 1 } }
        }
        let failures = Mutex(0)
        let writers = 8
        let each = 25
        DispatchQueue.concurrentPerform(iterations: writers) { writer in
            for number in 0..<each {
                do {
                    try catalog.write { change in
                        try change.setSetting("s\(writer)_\(number)", to: "v")
                        if number % 5 == 4 { throw CatalogError.closed }
                    }
                } catch {
                    failures.withLock { $0 += 1 }
                }
            }
        }
        #expect(failures.withLock { $0 } == writers * each / 5)
        #expect(catalog.snapshot.settings.count == writers * each * 4 / 5)
        #expect(commits.withLock { $0 } <= writers * each)
        let onDisk = try makeCatalog(try folder.copy()).snapshot
        #expect(onDisk.settings == catalog.snapshot.settings)
    }

    @Test("writers that arrive during a commit go together into the next one")
    func grouping() throws {
        let commits = Mutex(0)
        let isFirst = Atomic(true)
        let release = DispatchSemaphore(value: 0)
        let reached = DispatchSemaphore(value: 0)
        let catalog = try makeCatalog(try TemporaryFolder()) { step in
            guard step == .committing else { return }
            commits.withLock { $0 += 1 }
            if isFirst.exchange(false, ordering: .relaxed) {
                reached.signal()
                release.wait()
            }
        }
        let group = DispatchGroup()
        let write: @Sendable (Int) -> Void = { number in
            // An error shows in the number of settings below.
            try? catalog.write { try $0.setSetting("s\(number)", to: "v") }
        }
        DispatchQueue(label: "first").async(group: group) { write(0) }
        #expect(reached.wait(timeout: .now() + 60) == .success)
        for number in 1...10 {
            DispatchQueue(label: "writer \(number)").async(group: group) { write(number) }
        }
        catalog.waitForArrivals(10)
        release.signal()
        #expect(group.wait(timeout: .now() + 60) == .success)
        #expect(catalog.snapshot.settings.count == 11)
        #expect(commits.withLock { $0 } == 2)
    }

    @Test("a closed catalog refuses changes and still answers readers")
    func closed() throws {
        let catalog = try makeCatalog(try TemporaryFolder())
        try catalog.storedModel("m", "1")
        catalog.close()
        #expect(throws: CatalogError.closed) {
            try catalog.write { try $0.setSetting("a", to: "b") }
        }
        #expect(catalog.snapshot.models.count == 1)
    }

    @Test("a newer format is refused with both numbers, in a sentence")
    func newerFormat() throws {
        let folder = try TemporaryFolder()
        try makeCatalog(folder).close()
        try SQLiteConnection(.file(folder.layout.catalog)).setUserVersion(99)
        let expected = CatalogError.formatTooNew(found: 99, supported: Schema.format)
        #expect(throws: expected) { try makeCatalog(folder) }
        #expect(expected.description.contains("format 99"))
    }

    @Test("another SQLite file is no catalog, and neither is a text")
    func foreign() throws {
        let folder = try TemporaryFolder()
        do {
            let other = try SQLiteConnection(.file(folder.layout.catalog))
            try other.execute("CREATE TABLE t (a)")
        }
        #expect(throws: CatalogError.notACatalog(path: folder.layout.catalog)) {
            try makeCatalog(folder)
        }
        let text = try TemporaryFolder()
        try String(repeating: "no database at all\n", count: 100)
            .write(toFile: text.layout.catalog, atomically: false, encoding: .utf8)
        #expect(throws: CatalogError.self) { try makeCatalog(text) }
    }

    @Test("a status that no release ever wrote is corruption, not a crash")
    func corrupt() throws {
        let folder = try TemporaryFolder()
        do {
            let catalog = try makeCatalog(folder)
            try catalog.storedModel("m", "1")
            catalog.close()
        }
        try SQLiteConnection(.file(folder.layout.catalog))
            .execute("UPDATE versions SET status = 'happy'")
        #expect(throws: CatalogError.corrupt(table: "versions", detail: "status 'happy'")) {
            try makeCatalog(folder)
        }
    }

    @Test("a catalog of format 1, as it was first released, is read")
    func oldestFormat() throws {
        let folder = try TemporaryFolder()
        do {
            let file = try SQLiteConnection(.file(folder.layout.catalog))
            try file.execute(OldestFormat.sql)
        }
        let snapshot = try makeCatalog(folder).snapshot
        let bound = try snapshot.resolve("airlines_gbm")
        #expect(bound.version.status == .saved)
        #expect(bound.version.artifact?.bytes == 5)
        #expect(snapshot.tasks.map(\.status) == [.finish])
        #expect(snapshot.jobs.map(\.kind) == ["train"])
        #expect(snapshot.settings == ["require_hint": "ON"])
        let root = try #require(snapshot.account(AccountName(user: "root", host: "localhost")))
        #expect(root.rights == [Right("ALL")])
        #expect(root.options == AccountOptions())
        #expect(snapshot.tokens(of: root.name).isEmpty)
        #expect(snapshot.serverKey("link") == [UInt8](repeating: 7, count: 32))
        #expect(CatalogDocument.Kind.allCases.allSatisfy { snapshot.documents($0).isEmpty })
        #expect(bound.model.contract == ModelContract())
    }

    @Test("a backup beside a running server is a catalog with the same content")
    func backup() throws {
        let folder = try TemporaryFolder()
        let catalog = try makeCatalog(folder)
        try catalog.storedModel("m", "1")
        let target = try TemporaryFolder()
        try Catalog.backUp(folder.layout, to: target.layout.catalog)
        #expect(try makeCatalog(target).snapshot.models == catalog.snapshot.models)
    }
}

extension Catalog {
    /// Waits until so many writers stand before the lock.
    fileprivate func waitForArrivals(_ count: Int) {
        let deadline = DispatchTime.now() + 60
        while arriving.load(ordering: .acquiring) < count, DispatchTime.now() < deadline {
            sched_yield()
        }
        let arrived = arriving.load(ordering: .acquiring)
        #expect(arrived >= count)
    }
}
