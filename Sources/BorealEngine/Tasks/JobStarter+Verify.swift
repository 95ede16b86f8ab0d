import BorealBase
import BorealCatalog
import BorealSQL
import BorealTables

extension JobStarter {
    /// VERIFY MODEL: a task that trains again; for who may change the model.
    func verify(_ statement: VerifyModel) throws(ServerError) -> FixedTable {
        let name = statement.name.name
        try models.access.checkChange("VERIFY", name, session.engine.catalog.snapshot)
        let bound = try models.usable(name, version: statement.version?.name)
        guard bound.version.modelClass != ModelClass.external else {
            throw .unsupported("VERIFY of an uploaded model")
        }
        let payload = stored(bound.version)
        let request = try StoredStatements().create(payload)
        if request.plan.initialModel != nil {
            throw .unsupported("VERIFY of a model that continues another one")
        }
        try commit()
        // What has become of the tables, and of the right to read them, is told now.
        let tables = try JobRowOpener(engine: session.engine)
            .session(for: payload, user: models.access.owner)
        _ = try InnerQueryRun(session, request.query, on: tables, job: payload).describe()
        return try tasks.begin(
            .verification,
            model: bound,
            statement: String(decoding: text, as: UTF8.self),
            kind: VerifyRunner.kind,
            payload: payload.json,
            held: nil
        )
    }

    /// The statement that made a version, with the settings of its session as far as they are
    /// known: those of this one else.
    func stored(_ version: ModelVersion) -> JobPayload {
        let kept = TrainingFingerprint(json: version.outcome.fingerprint)
        return JobPayload(
            statement: version.definition.statement,
            database: kept?.database ?? session.defaultDatabase,
            sqlMode: kept?.sqlMode ?? session.variable("sql_mode"),
            timeZone: kept?.timeZone ?? session.variable("time_zone"),
            version: version.id,
            source: kept?.source
        )
    }
}
