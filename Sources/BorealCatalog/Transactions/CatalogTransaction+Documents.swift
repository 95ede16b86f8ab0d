import BorealBase
import BorealSQLite

extension CatalogTransaction {
    // MARK: - Documents

    /// Makes a document. Of tasks the oldest go when there are too many.
    ///
    /// - Parameters:
    ///   - body: a JSON object without secrets.
    ///   - secrets: a JSON object of sealed secrets; empty for none.
    ///   - model: the model that it is dropped with.
    /// - Throws: `CatalogError.documentExists`, `.tooLarge` above
    ///   `CatalogLimits.documentsPerKindMax`.
    @discardableResult
    public func createDocument(
        _ kind: CatalogDocument.Kind,
        _ id: String,
        owner: String,
        body: String,
        secrets: String = "",
        model: ModelID? = nil
    ) throws(CatalogError) -> CatalogDocument {
        let standing = content.documents[kind] ?? ShardedMap()
        guard standing[id] == nil else { throw .documentExists(id: id) }
        if kind == .task {
            try dropOldTasks()
        } else if standing.count >= CatalogLimits.documentsPerKindMax {
            throw .tooLarge(limit: CatalogLimits.documentsPerKindMax)
        }
        content.documentSequence += 1
        let document = CatalogDocument(
            kind: kind,
            id: id,
            owner: owner,
            revision: 1,
            sequence: content.documentSequence,
            created: now,
            updated: now,
            body: body,
            secrets: secrets,
            model: model
        )
        try run(
            """
            INSERT INTO documents (kind, id, owner, revision, sequence, created, updated, body,
                secrets, model)
            VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?, ?)
            """,
            [
                .text(kind.rawValue), .text(id), .text(owner), .integer(document.sequence),
                .time(now), .time(now), .text(body), .text(secrets),
                model.map { .integer($0.rawValue) } ?? .null,
            ]
        )
        content.put(document)
        return document
    }

    /// Changes the body of a document, and its secrets where some are given.
    ///
    /// - Throws: `CatalogError.documentNotFound`.
    @discardableResult
    public func updateDocument(
        _ kind: CatalogDocument.Kind,
        _ id: String,
        body: String,
        secrets: String? = nil
    ) throws(CatalogError) -> CatalogDocument {
        guard var document = content.document(kind, id) else { throw .documentNotFound(id: id) }
        content.documentSequence += 1
        document.revision += 1
        document.sequence = content.documentSequence
        document.updated = now
        document.body = body
        if let secrets { document.secrets = secrets }
        try write(document)
        return document
    }

    /// Removes a document.
    ///
    /// - Returns: what it was.
    /// - Throws: `CatalogError.documentNotFound`.
    @discardableResult
    public func dropDocument(
        _ kind: CatalogDocument.Kind,
        _ id: String
    ) throws(CatalogError) -> CatalogDocument {
        guard let document = content.document(kind, id) else { throw .documentNotFound(id: id) }
        try run(
            "DELETE FROM documents WHERE kind = ? AND id = ?",
            [.text(kind.rawValue), .text(id)]
        )
        content.documentSequence += 1
        content.remove(document)
        return document
    }

    /// Documents follow their owner's name.
    func moveDocuments(from old: String, to new: String) throws(CatalogError) {
        for kind in CatalogDocument.Kind.allCases {
            for var document in content.documents[kind]?.values ?? [] where document.owner == old {
                document.owner = new
                try write(document)
            }
        }
    }

    /// The connector that was given with a model goes with it.
    func dropDocuments(of model: ModelID) throws(CatalogError) {
        guard let id = content.ownConnectors[model] else { return }
        try dropDocument(.connector, id)
    }

    /// A tenth goes at once, so that the search for the oldest is rare.
    private func dropOldTasks() throws(CatalogError) {
        guard let tasks = content.documents[.task],
            tasks.count >= CatalogLimits.documentTasksMax
        else { return }
        let oldest = tasks.values.sorted { $0.sequence < $1.sequence }
        for task in oldest.prefix(CatalogLimits.documentTasksMax / 10) {
            try dropDocument(.task, task.id)
        }
    }

    private func write(_ document: CatalogDocument) throws(CatalogError) {
        try run(
            """
            UPDATE documents SET owner = ?, revision = ?, sequence = ?, updated = ?, body = ?,
                secrets = ?
            WHERE kind = ? AND id = ?
            """,
            [
                .text(document.owner), .integer(document.revision), .integer(document.sequence),
                .time(document.updated), .text(document.body), .text(document.secrets),
                .text(document.kind.rawValue), .text(document.id),
            ]
        )
        content.put(document)
    }

    // MARK: - Models

    /// Sets what the REST contract keeps of a model. Its id is given once and stays.
    ///
    /// - Throws: `CatalogError.modelNotFound`, `.modelExists` for an id that another model has.
    public func setContract(
        of name: String,
        to contract: ModelContract
    ) throws(CatalogError) {
        var model = try model(name)
        assert(model.contract.id.isEmpty || model.contract.id == contract.id, "an id stays")
        if !contract.id.isEmpty, let other = content.model(contractID: contract.id) {
            guard other.id == model.id else { throw .modelExists(name: contract.id) }
        }
        model.contract = contract
        try run(
            "UPDATE models SET contract_id = ?, is_undeployed = ?, contract = ? WHERE id = ?",
            [
                .text(contract.id), .flag(contract.isUndeployed), .text(contract.details),
                .integer(model.id.rawValue),
            ]
        )
        content.models[model.key] = model
        if !contract.id.isEmpty { content.modelOfContract[contract.id] = model.key }
    }

    /// A model that serves is undeployed no more.
    func noteServing(_ name: String) throws(CatalogError) {
        guard var contract = content.model(name)?.contract, contract.isUndeployed else { return }
        contract.isUndeployed = false
        try setContract(of: name, to: contract)
    }
}

extension CatalogContent {
    func document(_ kind: CatalogDocument.Kind, _ id: String) -> CatalogDocument? {
        documents[kind]?[id]
    }

    /// The model that REST calls by this id: of a model of SQL that is its name.
    func model(contractID id: String) -> Model? {
        if let key = modelOfContract[id] { return models[key] }
        guard let model = model(id), model.contract.id.isEmpty else { return nil }
        return model
    }

    mutating func put(_ document: CatalogDocument) {
        documents[document.kind, default: ShardedMap()][document.id] = document
        if let model = document.model { ownConnectors[model] = document.id }
    }

    mutating func remove(_ document: CatalogDocument) {
        documents[document.kind]?[document.id] = nil
        if let model = document.model { ownConnectors[model] = nil }
    }
}

extension CatalogSnapshot {
    /// All documents of a kind, the oldest first.
    public func documents(_ kind: CatalogDocument.Kind) -> [CatalogDocument] {
        (content.documents[kind]?.values ?? []).sorted {
            ($0.created, $0.id) < ($1.created, $1.id)
        }
    }

    /// The document of that kind and id.
    public func document(_ kind: CatalogDocument.Kind, _ id: String) -> CatalogDocument? {
        content.document(kind, id)
    }

    /// How many documents of a kind there are.
    public func documentCount(_ kind: CatalogDocument.Kind) -> Int {
        content.documents[kind]?.count ?? 0
    }

    /// The number of the last change of a document.
    public var documentSequence: Int64 { content.documentSequence }

    /// The model that REST calls by this id: of a model of SQL that is its name.
    public func model(contractID id: String) -> Model? { content.model(contractID: id) }
}
