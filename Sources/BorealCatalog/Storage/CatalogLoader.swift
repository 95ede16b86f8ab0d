import BorealBase
import BorealSQLite

/// Reads the whole catalog at start.
struct CatalogLoader {
    private let connection: SQLiteConnection

    init(_ connection: SQLiteConnection) { self.connection = connection }

    /// - Throws: `CatalogError.corrupt` for a row that no release ever wrote, `.database`.
    func load() throws(CatalogError) -> CatalogContent {
        var content = CatalogContent()
        try loadArtifacts(into: &content)
        try loadModels(into: &content)
        try loadTasks(into: &content)
        try loadFeatures(into: &content)
        try loadJobs(into: &content)
        try loadAccounts(into: &content)
        try loadSmallTables(into: &content)
        try loadDocuments(into: &content)
        return content
    }

    private func loadArtifacts(into content: inout CatalogContent) throws(CatalogError) {
        let sql = "SELECT hash, bytes, reference_count FROM artifacts"
        try scan(sql) { (row) throws(CatalogError) in
            content.artifacts[row.string(0)] = CatalogContent.Artifact(
                bytes: row.int64(1),
                referenceCount: row.int64(2)
            )
        }
    }

    // MARK: - Models

    private func loadModels(into content: inout CatalogContent) throws(CatalogError) {
        var versions: [ModelID: [ModelVersion]] = [:]
        try scan(
            """
            SELECT model, id, number, name, owner, status, model_class, task_kind, statement,
                options, comment, location, error_number, error_text, artifact,
                artifact_extension, second_artifact, second_extension, description, importances,
                fingerprint, promotes, created, saved, changed, restarted, sealed_key
            FROM versions ORDER BY model, number
            """
        ) { (row) throws(CatalogError) in
            let version = try self.version(row, artifacts: content.artifacts)
            versions[ModelID(rawValue: row.int64(0)), default: []].append(version)
        }
        let sql = """
            SELECT id, key, name, owner, comment, default_version, next_number, created,
                contract_id, is_undeployed, contract
            FROM models
            """
        try scan(sql) { (row) throws(CatalogError) in
            let id = ModelID(rawValue: row.int64(0))
            guard let own = versions[id], !own.isEmpty else {
                throw .corrupt(table: "models", detail: "'\(row.string(2))' has no version")
            }
            let model = Model(
                id: id,
                key: row.string(1),
                name: row.string(2),
                owner: row.string(3),
                created: row.instant(7),
                comment: row.string(4),
                defaultVersionID: ModelVersionID(rawValue: row.int64(5)),
                nextNumber: Int(row.int64(6)),
                versions: own,
                contract: ModelContract(
                    id: row.string(8),
                    isUndeployed: row.int64(9) != 0,
                    details: row.string(10)
                )
            )
            if !model.contract.id.isEmpty { content.modelOfContract[model.contract.id] = model.key }
            content.models[model.key] = model
            for version in own { content.modelOfVersion[version.id] = model.key }
        }
    }

    private func version(
        _ row: SQLiteStatement,
        artifacts: ShardedMap<String, CatalogContent.Artifact>
    ) throws(CatalogError) -> ModelVersion {
        guard let status = ModelStatus(rawValue: row.string(5)) else {
            throw .corrupt(table: "versions", detail: "status '\(row.string(5))'")
        }
        let failure =
            row.isNull(12)
            ? nil : ModelFailure(number: Int(row.int64(12)), sentence: row.string(13))
        return ModelVersion(
            id: ModelVersionID(rawValue: row.int64(1)),
            number: Int(row.int64(2)),
            name: row.string(3),
            owner: row.string(4),
            status: status,
            definition: VersionDefinition(
                modelClass: row.string(6),
                taskKind: row.string(7),
                statement: row.string(8),
                options: row.string(9),
                comment: row.string(10),
                location: row.string(11),
                sealedKey: row.string(26)
            ),
            failure: failure,
            artifact: row.artifact(14, 15, artifacts),
            secondArtifact: row.artifact(16, 17, artifacts),
            outcome: VersionOutcome(
                description: row.string(18),
                importances: row.string(19),
                fingerprint: row.string(20)
            ),
            promotes: row.int64(21) != 0,
            created: row.instant(22),
            saved: row.isNull(23) ? nil : row.instant(23),
            changed: row.instant(24),
            restarted: Int(row.int64(25))
        )
    }

    // MARK: - Tasks and jobs

    private func loadTasks(into content: inout CatalogContent) throws(CatalogError) {
        try scan(
            """
            SELECT id, type, owner, model_name, version_name, version, statement, started, status,
                ended, results, artifact, artifact_extension, model_artifact, model_extension,
                restarted
            FROM tasks
            """
        ) { (row) throws(CatalogError) in
            guard let id = TaskID(row.string(0)), let type = TaskType(rawValue: row.string(1)),
                let status = TaskStatus(rawValue: row.string(8))
            else { throw .corrupt(table: "tasks", detail: "task '\(row.string(0))'") }
            content.tasks[id] = OfflineTask(
                id: id,
                type: type,
                owner: row.string(2),
                modelName: row.string(3),
                versionName: row.string(4),
                versionID: row.isNull(5) ? nil : ModelVersionID(rawValue: row.int64(5)),
                statement: row.string(6),
                started: row.instant(7),
                status: status,
                ended: row.isNull(9) ? nil : row.instant(9),
                results: row.string(10),
                artifact: row.artifact(11, 12, content.artifacts),
                modelArtifact: row.artifact(13, 14, content.artifacts),
                restarted: Int(row.int64(15))
            )
        }
    }

    private func loadFeatures(into content: inout CatalogContent) throws(CatalogError) {
        try scan(
            """
            SELECT id, key, name, owner, feature_class, statement, request, status, results,
                error_number, error_text, artifact, artifact_extension, created, saved, restarted
            FROM features
            """
        ) { (row) throws(CatalogError) in
            guard let status = FeatureStatus(rawValue: row.string(7)) else {
                throw .corrupt(table: "features", detail: "status '\(row.string(7))'")
            }
            let failure =
                row.isNull(9)
                ? nil : ModelFailure(number: Int(row.int64(9)), sentence: row.string(10))
            let feature = FeatureRecord(
                id: FeatureID(rawValue: row.int64(0)),
                key: row.string(1),
                name: row.string(2),
                owner: row.string(3),
                definition: FeatureDefinition(
                    featureClass: row.string(4),
                    statement: row.string(5),
                    request: row.string(6)
                ),
                status: status,
                results: row.string(8),
                failure: failure,
                artifact: row.artifact(11, 12, content.artifacts),
                created: row.instant(13),
                saved: row.isNull(14) ? nil : row.instant(14),
                restarted: Int(row.int64(15))
            )
            content.features[feature.key] = feature
            content.keyOfFeature[feature.id] = feature.key
        }
    }

    private func loadJobs(into content: inout CatalogContent) throws(CatalogError) {
        let sql =
            "SELECT id, kind, payload, version, task, user, created, started, crashes, feature "
            + "FROM jobs"
        try scan(sql) { (row) throws(CatalogError) in
            let subject: JobSubject
            if !row.isNull(3) {
                subject = .version(ModelVersionID(rawValue: row.int64(3)))
            } else if !row.isNull(9) {
                subject = .feature(FeatureID(rawValue: row.int64(9)))
            } else if row.isNull(4) {
                subject = .none
            } else if let task = TaskID(row.string(4)) {
                subject = .task(task)
            } else {
                throw .corrupt(table: "jobs", detail: "task '\(row.string(4))'")
            }
            let id = JobID(rawValue: row.int64(0))
            content.jobs[id] = Job(
                id: id,
                kind: row.string(1),
                payload: row.string(2),
                subject: subject,
                user: row.string(5),
                created: row.instant(6),
                started: row.isNull(7) ? nil : row.instant(7),
                crashes: Int(row.int64(8))
            )
        }
    }

    // MARK: - Accounts and the rest

    private func loadAccounts(into content: inout CatalogContent) throws(CatalogError) {
        var rights: [Int64: Set<Right>] = [:]
        try scan("SELECT account, name, object FROM rights") { (row) throws(CatalogError) in
            let right = Right(row.string(1), on: row.string(2))
            rights[row.int64(0), default: []].insert(right)
        }
        let sql = """
            SELECT id, user, host, native_verifier, sha2_verifier, created, altered, locked,
                expired, connection_type, connections_max, attribute, x509_subject, x509_issuer,
                ssl_cipher
            FROM accounts
            """
        var names: [Int64: AccountName] = [:]
        try scan(sql) { (row) throws(CatalogError) in
            let name = AccountName(user: row.string(1), host: row.string(2))
            names[row.int64(0)] = name
            content.accounts[name] = Account(
                rowID: row.int64(0),
                name: name,
                verifiers: Verifiers(native: row.blob(3), sha2: row.blob(4)),
                rights: rights[row.int64(0)] ?? [],
                options: try options(row),
                created: row.instant(5),
                altered: row.instant(6)
            )
        }
        try loadTokens(names, into: &content)
    }

    private func options(_ row: SQLiteStatement) throws(CatalogError) -> AccountOptions {
        guard let type = AccountOptions.ConnectionType(rawValue: row.string(9)) else {
            throw .corrupt(table: "accounts", detail: "connection_type '\(row.string(9))'")
        }
        var options = AccountOptions()
        options.isLocked = row.int64(7) != 0
        options.isExpired = row.int64(8) != 0
        options.connectionType = type
        options.connectionsMax = Int(row.int64(10))
        options.attribute = row.string(11)
        options.certificate.subject = row.string(12)
        options.certificate.issuer = row.string(13)
        options.certificate.cipher = row.string(14)
        return options
    }

    private func loadTokens(
        _ names: [Int64: AccountName],
        into content: inout CatalogContent
    ) throws(CatalogError) {
        let sql = "SELECT account, name, hash, created, expires FROM tokens"
        try scan(sql) { (row) throws(CatalogError) in
            guard let owner = names[row.int64(0)], let hash = row.blob(2) else {
                throw .corrupt(table: "tokens", detail: "token '\(row.string(1))'")
            }
            content.tokens[hash] = AccountToken(
                account: row.int64(0),
                owner: owner,
                name: row.string(1),
                hash: hash,
                created: row.instant(3),
                expires: row.isNull(4) ? nil : row.instant(4)
            )
        }
    }

    private func loadSmallTables(into content: inout CatalogContent) throws(CatalogError) {
        try scan("SELECT scope, name, unit, period, amount FROM budgets") {
            (row) throws(CatalogError) in
            let key = BudgetRecord.Key(
                scope: row.string(0),
                name: row.string(1),
                unit: row.string(2),
                period: row.string(3)
            )
            content.budgets[key] = BudgetRecord(key: key, limit: row.double(4))
        }
        try scan("SELECT name, value FROM settings") { (row) throws(CatalogError) in
            content.settings[row.string(0)] = row.string(1)
        }
        try scan("SELECT name, key FROM server_keys") { (row) throws(CatalogError) in
            content.serverKeys[row.string(0)] = row.blob(1) ?? []
        }
        let sql = "SELECT name, owner, bytes, created, used FROM uploads"
        try scan(sql) { (row) throws(CatalogError) in
            content.uploads[row.string(0)] = Upload(
                name: row.string(0),
                owner: row.string(1),
                bytes: row.int64(2),
                created: row.instant(3),
                used: row.instant(4)
            )
        }
    }

    private func loadDocuments(into content: inout CatalogContent) throws(CatalogError) {
        let sql = """
            SELECT kind, id, owner, revision, sequence, created, updated, body, secrets, model
            FROM documents
            """
        try scan(sql) { (row) throws(CatalogError) in
            guard let kind = CatalogDocument.Kind(rawValue: row.string(0)) else {
                throw .corrupt(table: "documents", detail: "kind '\(row.string(0))'")
            }
            let document = CatalogDocument(
                kind: kind,
                id: row.string(1),
                owner: row.string(2),
                revision: row.int64(3),
                sequence: row.int64(4),
                created: row.instant(5),
                updated: row.instant(6),
                body: row.string(7),
                secrets: row.string(8),
                model: row.isNull(9) ? nil : ModelID(rawValue: row.int64(9))
            )
            content.put(document)
            content.documentSequence = max(content.documentSequence, document.sequence)
        }
    }

    /// Runs a query and hands over each row.
    private func scan(
        _ sql: String,
        _ body: (SQLiteStatement) throws(CatalogError) -> Void
    ) throws(CatalogError) {
        let statement = try catching { () throws(SQLiteError) in try connection.prepare(sql) }
        while try catching({ () throws(SQLiteError) in try statement.step() }) {
            try body(statement)
        }
    }
}

extension SQLiteStatement {
    /// The text of a column that is never NULL.
    fileprivate func string(_ column: Int) -> String { text(column) ?? "" }

    fileprivate func instant(_ column: Int) -> Instant {
        Instant(microseconds: int64(column))
    }

    fileprivate func artifact(
        _ hash: Int,
        _ fileExtension: Int,
        _ known: ShardedMap<String, CatalogContent.Artifact>
    ) -> ArtifactReference? {
        guard let hash = text(hash) else { return nil }
        return ArtifactReference(
            hash: hash,
            bytes: known[hash]?.bytes ?? 0,
            fileExtension: string(fileExtension)
        )
    }
}
