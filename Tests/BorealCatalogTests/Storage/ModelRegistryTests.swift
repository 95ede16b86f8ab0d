import BorealBase
import TestPrograms
import Testing

@testable import BorealCatalog

@Suite struct ModelRegistryTests {
    private let folder: TemporaryFolder
    private let catalog: Catalog

    init() throws {
        folder = try TemporaryFolder()
        catalog = try makeCatalog(folder)
    }

    @discardableResult
    private func create(_ name: String, status: ModelStatus = .loadingData) throws -> BoundModel {
        let name = try ModelName.created(name)
        return try catalog.write {
            try $0.createModel(name, owner: "ann@%", definition: .lightgbm, status: status)
        }
    }

    private func addVersion(_ name: String, promotes: Bool) throws -> BoundModel {
        try catalog.write {
            try $0.addVersion(
                to: name,
                owner: "ann@%",
                definition: .lightgbm,
                promotes: promotes
            )
        }
    }

    /// A catalog opened from what the disk holds now.
    private func reopened() throws -> CatalogSnapshot {
        try makeCatalog(try folder.copy()).snapshot
    }

    @Test("a model starts as v1 in loading_data and is found in any case")
    func create() throws {
        let bound = try create("Airlines_GBM")
        let found = try catalog.snapshot.resolve("AIRLINES_gbm")
        #expect(found == bound)
        #expect(found.version.name == "v1")
        #expect(found.model.status == .loadingData)
        #expect(found.model.name == "Airlines_GBM")
        #expect(found.label == "Airlines_GBM@v1")
        #expect(try reopened().resolve("airlines_gbm") == bound)
    }

    @Test("a taken name is refused and nothing changes")
    func taken() throws {
        try create("m")
        let before = catalog.snapshot
        #expect(throws: CatalogError.modelExists(name: "m")) { try create("M") }
        #expect(catalog.snapshot.generation == before.generation)
    }

    @Test("a failed model is replaced by a new one of its name")
    func replaceFailed() throws {
        let first = try create("m")
        let failure = ModelFailure(number: 12, sentence: "no rows")
        try catalog.write { try $0.failVersion(first.version.id, failure) }
        #expect(try catalog.snapshot.resolve("m").version.failure == failure)
        #expect(try reopened().resolve("m").version.failure == failure)
        let second = try create("m")
        #expect(second.model.id != first.model.id)
        #expect(try catalog.snapshot.resolve("m").version.status == .loadingData)
        #expect(catalog.snapshot.bound(first.version.id) == nil)
    }

    @Test("publishing stores file, outcome and status in one step")
    func publish() throws {
        let bound = try create("m")
        let file = try catalog.artifact("the trees", "txt")
        let pickle = try catalog.artifact("the pickle", "pkl")
        let outcome = VersionOutcome(description: "{}", importances: "[1]", fingerprint: "[2]")
        try catalog.write { change in
            try change.setStatus(of: bound.version.id, to: .training)
            try change.setStatus(of: bound.version.id, to: .trained)
            try change.publish(bound.version.id, artifact: file, second: pickle, outcome: outcome)
        }
        for snapshot in [catalog.snapshot, try reopened()] {
            let version = try snapshot.resolve("m").version
            #expect(version.status == .saved)
            #expect(version.artifact == file.reference)
            #expect(version.secondArtifact == pickle.reference)
            #expect(version.outcome == outcome)
            #expect(version.saved != nil)
        }
        let bytes = try catalog.open(hash: file.reference.hash).bytes()
        #expect(String(decoding: bytes, as: UTF8.self) == "the trees")
    }

    @Test(
        "an illegal step is an error and changes nothing",
        arguments: [
            (ModelStatus.serving), (.trained), (.deploying), (.loadingData),
        ]
    )
    func illegal(to: ModelStatus) throws {
        let bound = try create("m")
        let expected = CatalogError.illegalModelTransition(
            model: "m",
            version: "v1",
            from: .loadingData,
            to: to
        )
        #expect(throws: expected) {
            try catalog.write { try $0.setStatus(of: bound.version.id, to: to) }
        }
        #expect(try catalog.snapshot.resolve("m").version.status == .loadingData)
    }

    @Test("a saved version cannot be published again or fail")
    func savedIsFinal() throws {
        let bound = try catalog.storedModel("m", "trees")
        #expect(throws: CatalogError.self) {
            try catalog.write { try $0.publish(bound.version.id, artifact: nil) }
        }
        #expect(throws: CatalogError.self) {
            let failure = ModelFailure(number: 1, sentence: "")
            try catalog.write { try $0.failVersion(bound.version.id, failure) }
        }
    }

    @Test("the encrypted key of a remote model is kept, and changed with its definition")
    func sealedKey() throws {
        let definition = VersionDefinition(modelClass: "remote", sealedKey: "boreal1:a:b")
        let bound = try catalog.write {
            try $0.createModel(
                ModelName("m"),
                owner: "o",
                definition: definition,
                status: .saved
            )
        }
        #expect(try reopened().resolve("m").version.definition == definition)
        try catalog.write { try $0.amend(bound.version.id) { $0.sealedKey = "boreal1:c:d" } }
        #expect(try reopened().resolve("m").version.definition.sealedKey == "boreal1:c:d")
        #expect(try catalog.snapshot.resolve("m").version.status == .saved)
    }

    @Test("deploy and undeploy")
    func deploy() throws {
        let id = try catalog.storedModel("m", "trees").version.id
        for status in [ModelStatus.deploying, .serving, .saved, .serving, .deploying, .saved] {
            try catalog.write { try $0.setStatus(of: id, to: status) }
            #expect(try catalog.snapshot.resolve("m").version.status == status)
        }
    }

    @Test("the old default serves until the new version is stored")
    func retrain() throws {
        let old = try catalog.storedModel("m", "old")
        let new = try addVersion("m", promotes: true)
        #expect(new.version.name == "v2")
        #expect(try catalog.snapshot.resolve("m").version.id == old.version.id)
        #expect(try catalog.snapshot.resolve("m", version: "V2").version.status == .loadingData)
        let file = try catalog.artifact("new")
        try catalog.write { try $0.publish(new.version.id, artifact: file) }
        #expect(try catalog.snapshot.resolve("m").version.id == new.version.id)
        #expect(try reopened().resolve("m").version.id == new.version.id)
    }

    @Test("a version that failed never becomes the default and shows its reason")
    func retrainFails() throws {
        let old = try catalog.storedModel("m", "old")
        let new = try addVersion("m", promotes: true)
        let failure = ModelFailure(number: 7, sentence: "one class only")
        try catalog.write { try $0.failVersion(new.version.id, failure) }
        let model = try #require(catalog.snapshot.model(named: "m"))
        #expect(model.defaultVersion.id == old.version.id)
        #expect(model.versions.map(\.status) == [.saved, .failed])
        #expect(model.version(named: "v2")?.failure == failure)
    }

    @Test("a failed default gives way to a version that is being made")
    func failedDefault() throws {
        let first = try create("m")
        let second = try addVersion("m", promotes: true)
        #expect(try catalog.snapshot.resolve("m").version.id == first.version.id)
        let failure = ModelFailure(number: 7, sentence: "")
        try catalog.write { try $0.failVersion(first.version.id, failure) }
        #expect(try catalog.snapshot.resolve("m").version.id == second.version.id)
    }

    @Test("of two versions in training the later one stays the default")
    func outOfOrder() throws {
        try catalog.storedModel("m", "1")
        let second = try addVersion("m", promotes: true)
        let third = try addVersion("m", promotes: true)
        for (version, text) in [(third, "3"), (second, "2")] {
            let file = try catalog.artifact(text)
            try catalog.write { try $0.publish(version.version.id, artifact: file) }
        }
        #expect(try catalog.snapshot.resolve("m").version.name == "v3")
    }

    @Test("ADD VERSION does not move the default, SET DEFAULT_VERSION does")
    func addVersion() throws {
        try catalog.storedModel("m", "1")
        let added = try addVersion("m", promotes: false)
        #expect(
            throws: CatalogError.versionNotReady(
                model: "m",
                version: "v2",
                status: .loadingData
            )
        ) {
            try catalog.write { try $0.setDefaultVersion(of: "m", to: "v2") }
        }
        let file = try catalog.artifact("2")
        try catalog.write { try $0.publish(added.version.id, artifact: file) }
        #expect(try catalog.snapshot.resolve("m").version.name == "v1")
        try catalog.write { try $0.setDefaultVersion(of: "m", to: "V2") }
        #expect(try reopened().resolve("m").version.name == "v2")
    }

    @Test("names of versions are unique, and numbers of dropped ones do not come back")
    func versionNames() throws {
        try catalog.storedModel("m", "1")
        #expect(throws: CatalogError.versionExists(model: "m", version: "v1")) {
            try catalog.write {
                try $0.addVersion(
                    to: "m",
                    owner: "a",
                    definition: .lightgbm,
                    version: "V1",
                    promotes: false
                )
            }
        }
        _ = try addVersion("m", promotes: false)
        try catalog.write { try $0.dropVersion(of: "m", "v2") }
        #expect(try addVersion("m", promotes: false).version.name == "v3")
    }

    @Test("the default and the only version cannot be dropped")
    func dropVersion() throws {
        try catalog.storedModel("m", "1")
        #expect(throws: CatalogError.versionIsOnly(model: "m", version: "v1")) {
            try catalog.write { try $0.dropVersion(of: "m", "v1") }
        }
        _ = try addVersion("m", promotes: false)
        #expect(throws: CatalogError.versionIsDefault(model: "m", version: "v1")) {
            try catalog.write { try $0.dropVersion(of: "m", "v1") }
        }
        let dropped = try catalog.write { try $0.dropVersion(of: "m", "v2") }
        #expect(dropped.status == .deleted)
        #expect(throws: CatalogError.versionNotFound(model: "m", version: "v2")) {
            try catalog.snapshot.resolve("m", version: "v2")
        }
    }

    @Test("comments are kept for model and version and bounded")
    func comments() throws {
        try catalog.storedModel("m", "1")
        try catalog.write { change in
            try change.setComment(of: "m", to: "of the model")
            try change.setComment(of: "m", version: "v1", to: "of the version")
        }
        let model = try #require(try reopened().model(named: "m"))
        #expect(model.comment == "of the model")
        #expect(model.defaultVersion.definition.comment == "of the version")
        #expect(throws: CatalogError.commentTooLong(bytes: 1_025, limit: 1_024)) {
            let text = String(repeating: "x", count: 1_025)
            try catalog.write { try $0.setComment(of: "m", to: text) }
        }
    }

    @Test("models are listed by creation time, then name")
    func order() throws {
        for name in ["zeta", "alpha", "mid"] { try create(name) }
        try catalog.write { change in
            for name in ["b2", "a2"] {
                try change.createModel(
                    try ModelName.created(name),
                    owner: "a",
                    definition: .lightgbm
                )
            }
        }
        #expect(catalog.snapshot.models.map(\.name) == ["zeta", "alpha", "mid", "a2", "b2"])
        #expect(try reopened().models.map(\.name) == ["zeta", "alpha", "mid", "a2", "b2"])
    }

    @Test("what was bound before a drop stays as it was, and its file is readable to its end")
    func boundBeforeDrop() throws {
        let bound = try catalog.storedModel("m", "the trees")
        let reference = try #require(bound.version.artifact)
        let before = catalog.snapshot
        let handle = try catalog.open(reference)
        let dropped = try catalog.write { try $0.dropModel("M") }
        #expect(dropped.versions.map(\.status) == [.deleted])
        #expect(try before.resolve("m") == bound)
        #expect(throws: CatalogError.modelNotFound(name: "m")) {
            try catalog.snapshot.resolve("m")
        }
        #expect(folder.files("artifacts").isEmpty)
        #expect(String(decoding: try handle.bytes(), as: UTF8.self) == "the trees")
        #expect(throws: CatalogError.artifactMissing(hash: reference.hash)) {
            try catalog.open(reference)
        }
        #expect(throws: CatalogError.artifactNotFound(hash: reference.hash)) {
            try catalog.open(hash: reference.hash)
        }
    }

    @Test("a definition can be corrected once a file was read")
    func amend() throws {
        let bound = try create("m")
        try catalog.write { change in
            try change.amend(bound.version.id) { $0.taskKind = "multiclass" }
        }
        #expect(try reopened().resolve("m").version.definition.taskKind == "multiclass")
    }

    @Test("a model without a file can be made in the status saved")
    func remote() throws {
        let bound = try create("r", status: .saved)
        #expect(bound.version.status == .saved)
        #expect(bound.version.artifact == nil)
        #expect(bound.version.saved != nil)
    }
}
