import BorealBase
import BorealCatalog
import BorealSQL
import BorealTables

extension JobStarter {
    /// VERIFY MODEL: a task that trains again; for who may change the model.
    func verify(_ statement: VerifyModel) throws(ServerError) -> FixedTable {
        let name = statement.name.name
        try models.access.checkChange("VERIFY", name, session.engine.catalog.snapshot)
        let bound = try models.usable(name)
        guard bound.version.modelClass != ModelClass.external else {
            throw .unsupported("VERIFY of an uploaded model")
        }
        let kept = TrainingFingerprint(json: bound.version.outcome.fingerprint)
        let payload = JobPayload(
            statement: bound.version.definition.statement,
            database: kept?.database ?? session.tables.database ?? "",
            sqlMode: kept?.sqlMode ?? session.variable("sql_mode"),
            timeZone: kept?.timeZone ?? session.variable("time_zone"),
            version: bound.version.id
        )
        let request = try StoredStatements().create(payload)
        if request.options.initialModel != nil {
            throw .unsupported("VERIFY of a model that continues another one")
        }
        try commit()
        // What has become of the tables, and of the right to read them, is told now.
        _ = try JobRowOpener(engine: session.engine).describe(
            request.query,
            for: payload,
            user: models.access.owner
        )
        return try tasks.begin(
            .verification,
            model: bound,
            statement: String(decoding: text, as: UTF8.self),
            kind: VerifyRunner.kind,
            payload: payload.json,
            held: nil
        )
    }
}
