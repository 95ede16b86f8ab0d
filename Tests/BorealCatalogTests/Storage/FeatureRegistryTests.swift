import BorealBase
import TestPrograms
import Testing

@testable import BorealCatalog

@Suite struct FeatureRegistryTests {
    private let folder: TemporaryFolder
    private let catalog: Catalog
    private let definition = FeatureDefinition(
        featureClass: "iv",
        statement: "CREATE FEATURE ...",
        request: "{}"
    )

    init() throws {
        folder = try TemporaryFolder()
        catalog = try makeCatalog(folder)
    }

    private func reopened() throws -> CatalogSnapshot {
        try makeCatalog(try folder.copy()).snapshot
    }

    @discardableResult
    private func create(_ name: String, job: Bool = false) throws -> FeatureRecord {
        let checked = try ModelName.created(name)
        return try catalog.write { change in
            let feature = try change.createFeature(checked, owner: "ann@%", definition: definition)
            if job {
                try change.addJob(
                    NewJob(
                        kind: "feature",
                        payload: "{}",
                        subject: .feature(feature.id),
                        user: "ann@%"
                    )
                )
            }
            return feature
        }
    }

    private func save(_ feature: FeatureRecord, _ text: String) throws {
        let file = try catalog.artifact(text, "csv")
        try catalog.write { change in
            try change.computeFeature(feature.id)
            try change.saveFeature(feature.id, results: "{\"a\": 0.5}", artifact: file)
        }
    }

    @Test("a feature goes from loading_data over computing to saved, and survives a restart")
    func life() throws {
        let feature = try create("F1")
        #expect(feature.status == .loadingData)
        try save(feature, "bins")
        for snapshot in [catalog.snapshot, try reopened()] {
            let found = try #require(snapshot.feature(named: "f1"))
            #expect(found.name == "F1")
            #expect(found.status == .saved)
            #expect(found.results == "{\"a\": 0.5}")
            #expect(found.definition == definition)
            #expect(found.saved != nil)
            #expect(snapshot.feature(feature.id) == found)
        }
        #expect(try CatalogCheck.run(folder.layout).isClean)
    }

    @Test("steps that its life does not know are refused")
    func illegal() throws {
        let feature = try create("f")
        let file = try catalog.artifact("bins", "csv")
        #expect(
            throws: CatalogError.illegalFeatureTransition("f", from: .loadingData, to: .saved)
        ) {
            try catalog.write {
                try $0.saveFeature(feature.id, results: "", artifact: file)
            }
        }
        let unknown = FeatureID(rawValue: 77)
        #expect(throws: CatalogError.featureNotFound(name: "#77")) {
            try catalog.write { try $0.computeFeature(unknown) }
        }
        #expect(FeatureStatus.allCases.allSatisfy { !$0.canBecome($0) })
    }

    @Test("a taken name is refused in any case, that of a failed feature is free")
    func names() throws {
        let feature = try create("f")
        #expect(throws: CatalogError.featureExists(name: "f")) { try create("F") }
        try catalog.write {
            try $0.failFeature(feature.id, ModelFailure(number: 9062, sentence: "no rows"))
        }
        #expect(try reopened().feature(named: "f")?.failure?.number == 9062)
        let next = try create("F")
        #expect(next.id != feature.id)
        #expect(catalog.snapshot.features.map(\.name) == ["F"])
    }

    @Test("dropping a feature removes its file and its job")
    func dropped() throws {
        let feature = try create("f", job: true)
        try save(feature, "bins")
        let file = try #require(catalog.snapshot.feature(named: "f")?.artifact)
        #expect(folder.files("artifacts").count == 1)
        try catalog.write { try $0.dropFeature("F") }
        #expect(catalog.snapshot.features.isEmpty)
        #expect(catalog.snapshot.jobs.isEmpty)
        #expect(catalog.snapshot.artifactBytes(hash: file.hash) == nil)
        #expect(folder.files("artifacts").isEmpty)
        #expect(throws: CatalogError.featureNotFound(name: "f")) {
            try catalog.write { try $0.dropFeature("f") }
        }
    }

    @Test("a feature that is computed again begins anew, without its old results")
    func again() throws {
        let feature = try create("f")
        try save(feature, "bins")
        var other = definition
        other.request = "{\"x\": 1}"
        let changed = try catalog.write { try $0.resetFeature("F", definition: other) }
        #expect(changed.id == feature.id)
        #expect(changed.status == .loadingData)
        let found = try #require(try reopened().feature(named: "f"))
        #expect(found.definition == other)
        #expect(found.results == "")
        #expect(found.artifact == nil)
        #expect(folder.files("artifacts").isEmpty)
    }

    @Test("after a crash its job runs again; without a job it is stranded")
    func recovery() throws {
        let working = try create("working", job: true)
        let lost = try create("lost")
        let job = try #require(catalog.snapshot.jobs.first)
        try catalog.write { change in
            try change.startJob(job.id)
            try change.computeFeature(working.id)
        }
        let copy = try makeCatalog(try folder.copy())
        let recovery = try copy.write { try $0.recoverJobs() }
        #expect(recovery.jobs.map(\.subject) == [.feature(working.id)])
        #expect(recovery.jobs.map(\.crashes) == [1])
        #expect(recovery.strandedFeatures == [lost.id])
        let found = try #require(copy.snapshot.feature(named: "working"))
        #expect(found.status == .loadingData)
        #expect(found.restarted == 1)
    }

    @Test("a job for a feature that is not there is refused")
    func noSubject() throws {
        #expect(throws: CatalogError.featureNotFound(name: "#5")) {
            try catalog.write { change in
                try change.addJob(
                    NewJob(
                        kind: "feature",
                        payload: "",
                        subject: .feature(FeatureID(rawValue: 5)),
                        user: "a"
                    )
                )
            }
        }
    }

    @Test("features follow their owner's name")
    func renamedOwner() throws {
        try create("f")
        try catalog.write { change in
            let name = AccountName(user: "ann", host: "%")
            try change.createAccount(name, verifiers: Verifiers(native: [1], sha2: nil))
            try change.renameAccount(name, to: AccountName(user: "eve", host: "%"))
        }
        #expect(catalog.snapshot.feature(named: "f")?.owner == "eve@%")
        #expect(try reopened().feature(named: "f")?.owner == "eve@%")
    }
}
