import BorealBase
import TestPrograms
import Testing

@testable import BorealCatalog

@Suite struct AccountTests {
    private let folder: TemporaryFolder
    private let catalog: Catalog
    private let ann = AccountName(user: "ann", host: "%")
    private let verifiers = Verifiers(native: [1, 2], sha2: nil)

    init() throws {
        folder = try TemporaryFolder()
        catalog = try makeCatalog(folder)
        try catalog.write { [ann, verifiers] in try $0.createAccount(ann, verifiers: verifiers) }
    }

    private func reopened() throws -> CatalogSnapshot {
        try makeCatalog(try folder.copy()).snapshot
    }

    @Test("an account keeps its verifiers and the time they changed")
    func verifiersChange() throws {
        let made = try #require(try reopened().account(ann))
        #expect(made.verifiers == verifiers)
        let other = Verifiers(native: nil, sha2: [9])
        try catalog.write { try $0.setVerifiers(of: ann, to: other) }
        let changed = try #require(try reopened().account(ann))
        #expect(changed.verifiers == other)
        #expect(changed.altered > made.altered)
        #expect(changed.created == made.created)
    }

    @Test("an account exists once; users are told apart by case, hosts are not")
    func unique() throws {
        #expect(throws: CatalogError.accountExists(ann)) {
            try catalog.write { try $0.createAccount(ann, verifiers: verifiers) }
        }
        #expect(
            AccountName(user: "a", host: "LocalHost") == AccountName(user: "a", host: "localhost")
        )
        #expect(AccountName(user: "A", host: "%") != AccountName(user: "a", host: "%"))
        #expect(ann.description == "'ann'@'%'")
        #expect(ann.plain == "ann@%")
    }

    @Test("rights are given for everything or for one object, and taken away")
    func rights() throws {
        try catalog.write { change in
            try change.grant([Right("PREDICT", on: "m"), Right("UPLOAD")], to: ann)
            try change.grant([Right("UPLOAD")], to: ann)
        }
        let account = try #require(try reopened().account(ann))
        #expect(account.holds("PREDICT", on: "m"))
        #expect(!account.holds("PREDICT", on: "n"))
        #expect(!account.holds("PREDICT"))
        #expect(account.holds("UPLOAD", on: "anything"))
        try catalog.write { try $0.revoke([Right("UPLOAD")], from: ann) }
        #expect(try reopened().account(ann)?.rights == [Right("PREDICT", on: "m")])
        #expect(throws: CatalogError.rightNotFound(ann, Right("UPLOAD"))) {
            try catalog.write { try $0.revoke([Right("UPLOAD")], from: ann) }
        }
    }

    @Test("renaming keeps rights, dropping takes them along")
    func renameAndDrop() throws {
        let bob = AccountName(user: "bob", host: "localhost")
        try catalog.write { change in
            try change.grant([Right("UPLOAD")], to: ann)
            try change.renameAccount(ann, to: bob)
        }
        #expect(try reopened().account(ann) == nil)
        #expect(try reopened().account(bob)?.holds("UPLOAD") == true)
        try catalog.write { try $0.dropAccount(bob) }
        try catalog.write { try $0.createAccount(bob, verifiers: verifiers) }
        #expect(try reopened().account(bob)?.rights == [])
        #expect(throws: CatalogError.accountNotFound(ann)) {
            try catalog.write { try $0.dropAccount(ann) }
        }
    }

    @Test("what an account says of itself is kept")
    func options() throws {
        var options = AccountOptions()
        options.isLocked = true
        options.isExpired = true
        options.connectionType = .specified
        options.certificate.subject = "/CN=ann"
        options.certificate.issuer = "/CN=authority"
        options.certificate.cipher = "TLS_AES_256_GCM_SHA384"
        options.connectionsMax = 7
        options.attribute = "{\"a\": 1}"
        try catalog.write { try $0.setOptions(of: ann, to: options) }
        #expect(try reopened().account(ann)?.options == options)
    }

    @Test("models, tasks and uploads follow an account that is renamed")
    func ownership() throws {
        let old = ann.plain
        try catalog.write { change in
            _ = try change.createModel(
                ModelName.created("m"),
                owner: old,
                definition: VersionDefinition(modelClass: "lightgbm", statement: "CREATE MODEL m")
            )
            try change.renameAccount(ann, to: AccountName(user: "bea", host: "localhost"))
        }
        for snapshot in [catalog.snapshot, try reopened()] {
            let model = try #require(snapshot.model(named: "m"))
            #expect(model.owner == "bea@localhost")
            #expect(model.versions.map(\.owner) == ["bea@localhost"])
        }
    }

    @Test("a token opens its account until its time is over or it is dropped")
    func tokens() throws {
        let hash = try AccountToken.hash(of: "secret")
        let soon = Instant(microseconds: Instant.now.microseconds + 3_600_000_000)
        try catalog.write { change in
            try change.createToken("ci", of: ann, hash: hash, expires: soon)
            try change.createToken("ever", of: ann, hash: AccountToken.hash(of: "x"), expires: nil)
        }
        for snapshot in [catalog.snapshot, try reopened()] {
            #expect(snapshot.account(tokenHash: hash)?.name == ann)
            #expect(snapshot.account(tokenHash: hash, now: soon) == nil)
            #expect(try snapshot.account(tokenHash: AccountToken.hash(of: "Secret")) == nil)
            #expect(snapshot.tokens(of: ann).map(\.name) == ["ci", "ever"])
        }
        #expect(throws: CatalogError.tokenExists(name: "ci")) {
            try catalog.write { try $0.createToken("ci", of: ann, hash: [1], expires: nil) }
        }
        let bea = AccountName(user: "bea", host: "%")
        try catalog.write { change in
            try change.dropToken("ever", of: ann)
            try change.renameAccount(ann, to: bea)
        }
        #expect(try reopened().account(tokenHash: hash)?.name == bea)
        try catalog.write { try $0.dropAccount(bea) }
        #expect(catalog.snapshot.account(tokenHash: hash) == nil)
        #expect(try reopened().account(tokenHash: hash) == nil)
    }

    @Test("the revision grows with every change of an account, and with nothing else")
    func revision() throws {
        let before = catalog.accountsRevision
        try catalog.write { try $0.setSetting("require_hint", to: "ON") }
        #expect(catalog.accountsRevision == before)
        try catalog.write { try $0.grant([Right("SELECT")], to: ann) }
        #expect(catalog.accountsRevision > before)
    }

    @Test("a client logs in to the account with the nearest host")
    func matching() throws {
        for host in ["localhost", "10.0.0.9"] {
            let name = AccountName(user: "ann", host: host)
            try catalog.write { try $0.createAccount(name, verifiers: verifiers) }
        }
        let snapshot = catalog.snapshot
        let found = { (address: String, isLocal: Bool) in
            snapshot.account(user: "ann", address: address, isLocal: isLocal)?.name.host
        }
        #expect(found("127.0.0.1", true) == "localhost")
        #expect(found("10.0.0.9", false) == "10.0.0.9")
        #expect(found("10.0.0.8", false) == "%")
        #expect(snapshot.account(user: "Ann", address: "10.0.0.8", isLocal: false) == nil)
    }

    @Test("settings are durable until they are reset")
    func settings() throws {
        try catalog.write { change in
            try change.setSetting("require_hint", to: "ON")
            try change.setSetting("require_hint", to: "OFF")
            try change.setSetting("task_concurrency", to: "4")
        }
        #expect(try reopened().settings == ["require_hint": "OFF", "task_concurrency": "4"])
        try catalog.write { try $0.setSetting("require_hint", to: nil) }
        #expect(try reopened().settings == ["task_concurrency": "4"])
    }
}
