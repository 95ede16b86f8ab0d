import BorealBase
import BorealSQLite
import TestPrograms
import Testing

@testable import BorealCatalog

@Suite struct DocumentRegistryTests {
    private let folder: TemporaryFolder
    private let catalog: Catalog

    init() throws {
        folder = try TemporaryFolder()
        catalog = try makeCatalog(folder)
    }

    private func reopened() throws -> CatalogSnapshot {
        try makeCatalog(try folder.copy()).snapshot
    }

    @discardableResult
    private func create(
        _ id: String,
        _ kind: CatalogDocument.Kind = .connector,
        model: ModelID? = nil
    ) throws -> CatalogDocument {
        try catalog.update { (change) throws(CatalogError) in
            try change.createDocument(
                kind,
                id,
                owner: "ann@%",
                body: "{\"id\": \"\(id)\"}",
                secrets: "{\"k\": \"sealed\"}",
                model: model
            )
        }
    }

    private func makeModel(_ name: String) throws -> Model {
        let name = try ModelName(name)
        return try catalog.update { (change) throws(CatalogError) in
            try change.createModel(
                name,
                owner: "ann@%",
                definition: VersionDefinition(modelClass: "remote"),
                status: .saved
            )
        }.model
    }

    @Test("a document is made, changed and dropped, and survives a restart")
    func life() throws {
        let made = try create("a")
        #expect(made.revision == 1 && made.sequence == 1)
        try catalog.update { (change) throws(CatalogError) in
            try change.updateDocument(.connector, "a", body: "{}")
        }
        for snapshot in [catalog.snapshot, try reopened()] {
            let found = try #require(snapshot.document(.connector, "a"))
            #expect(found.body == "{}" && found.secrets == "{\"k\": \"sealed\"}")
            #expect(found.revision == 2 && found.sequence == 2)
            #expect(found.created == made.created && found.updated > made.updated)
            #expect(snapshot.document(.task, "a") == nil)
            #expect(snapshot.documentCount(.connector) == 1)
        }
        try catalog.update { (change) throws(CatalogError) in
            try change.updateDocument(.connector, "a", body: "{}", secrets: "")
            try change.dropDocument(.connector, "a")
        }
        #expect(catalog.snapshot.documents(.connector).isEmpty)
        #expect(try reopened().documents(.connector).isEmpty)
        #expect(throws: CatalogError.documentNotFound(id: "a")) {
            try catalog.update { (change) throws(CatalogError) in
                try change.dropDocument(.connector, "a")
            }
        }
        #expect(throws: CatalogError.documentNotFound(id: "a")) {
            try catalog.update { (change) throws(CatalogError) in
                try change.updateDocument(.connector, "a", body: "{}")
            }
        }
    }

    @Test("an id is taken once in its kind")
    func taken() throws {
        try create("a")
        try create("a", .task)
        #expect(throws: CatalogError.documentExists(id: "a")) { try create("a") }
        #expect(catalog.snapshot.documents(.connector).map(\.id) == ["a"])
    }

    @Test("documents follow the name of their owner")
    func owners() throws {
        _ = try catalog.update { (change) throws(CatalogError) in
            try change.createAccount(
                AccountName(user: "ann", host: "%"),
                verifiers: Verifiers(native: nil, sha2: nil)
            )
        }
        try create("a")
        try catalog.update { (change) throws(CatalogError) in
            try change.renameAccount(
                AccountName(user: "ann", host: "%"),
                to: AccountName(user: "eve", host: "%")
            )
        }
        #expect(catalog.snapshot.document(.connector, "a")?.owner == "eve@%")
        #expect(try reopened().document(.connector, "a")?.owner == "eve@%")
    }

    @Test("a connector that was given with a model goes with it")
    func ownConnector() throws {
        let model = try makeModel("m")
        try create("a", model: model.id)
        try create("b")
        #expect(try reopened().document(.connector, "a")?.model == model.id)
        try catalog.update { (change) throws(CatalogError) in try change.dropModel("m") }
        #expect(catalog.snapshot.documents(.connector).map(\.id) == ["b"])
        #expect(try reopened().documents(.connector).map(\.id) == ["b"])
        #expect(try CatalogCheck.run(folder.layout).isClean)
    }

    @Test("a model is found by its id over REST, one of SQL by its name")
    func contracts() throws {
        _ = try makeModel("sql")
        _ = try makeModel("Rest")
        let contract = ModelContract(id: "Id-1", isUndeployed: true, details: "{}")
        try catalog.update { (change) throws(CatalogError) in
            try change.setContract(of: "rest", to: contract)
        }
        for snapshot in [catalog.snapshot, try reopened()] {
            #expect(snapshot.model(contractID: "Id-1")?.name == "Rest")
            #expect(snapshot.model(contractID: "Id-1")?.contract == contract)
            #expect(snapshot.model(contractID: "id-1") == nil)
            #expect(snapshot.model(contractID: "rest") == nil)
            #expect(snapshot.model(contractID: "SQL")?.name == "sql")
        }
        #expect(throws: CatalogError.modelExists(name: "Id-1")) {
            try catalog.update { (change) throws(CatalogError) in
                try change.setContract(of: "sql", to: ModelContract(id: "Id-1"))
            }
        }
        let id = try catalog.snapshot.resolve("rest").version.id
        try catalog.update { (change) throws(CatalogError) in
            try change.setStatus(of: id, to: .serving)
        }
        #expect(try reopened().model(contractID: "Id-1")?.contract.isUndeployed == false)
        try catalog.update { (change) throws(CatalogError) in try change.dropModel("rest") }
        #expect(catalog.snapshot.model(contractID: "Id-1") == nil)
    }

    @Test("a document of a kind that no release knows is an error by name")
    func corrupt() throws {
        try create("a")
        catalog.close()
        try SQLiteConnection(.file(folder.layout.catalog))
            .execute("UPDATE documents SET kind = 'hat'")
        #expect(throws: CatalogError.corrupt(table: "documents", detail: "kind 'hat'")) {
            try makeCatalog(folder)
        }
    }
}
