import BorealBase
import BorealCatalog

/// What a background job remembers of the statement it was promised by.
struct JobPayload: Equatable, Sendable {
    /// The statement's text as sent; the job parses it again.
    var statement: String
    /// The session's default database; empty for none.
    var database: String
    /// The session's `sql_mode`.
    var sqlMode: String
    /// The session's `time_zone`.
    var timeZone: String
    /// The version that was bound when the statement was accepted.
    var version: ModelVersionID?
    /// The session's `ai_on_error`, for statements that say nothing of failed rows; nil for none.
    var onError: String?
    /// What the session had set at the source that the server was started with; nil when it had no
    /// session there: then the source's defaults hold.
    var source: SourceSettings?
    /// The statement is the session's own that runs now, not one that was stored: what it has set
    /// at the source is found out there. Not kept.
    var isOfSession = false

    /// The form the registry stores.
    var json: String {
        JSON.object([
            ("statement", .string(statement)), ("database", .string(database)),
            ("sql_mode", .string(sqlMode)), ("time_zone", .string(timeZone)),
            ("version", version.map { .integer($0.rawValue) } ?? .null),
            ("on_error", onError.map { .string($0) } ?? .null),
            ("source", SourceSettings.json(source)),
        ]).description
    }

    init(
        statement: String,
        database: String,
        sqlMode: String,
        timeZone: String,
        version: ModelVersionID? = nil,
        onError: String? = nil,
        source: SourceSettings? = nil
    ) {
        self.statement = statement
        self.database = database
        self.sqlMode = sqlMode
        self.timeZone = timeZone
        self.version = version
        self.onError = onError
        self.source = source
    }

    /// Reads the stored form.
    ///
    /// - Throws: `internalError` for a payload that no release wrote.
    init(json text: String) throws(ServerError) {
        // Whatever is wrong with the text, the answer is the same sentence.
        guard let json = try? JSON.parse(text),
            let statement = json["statement"]?.string,
            let database = json["database"]?.string,
            let sqlMode = json["sql_mode"]?.string,
            let timeZone = json["time_zone"]?.string
        else { throw .internalError("a stored job cannot be read") }
        self.init(
            statement: statement,
            database: database,
            sqlMode: sqlMode,
            timeZone: timeZone,
            version: json["version"]?.integer.map(ModelVersionID.init),
            onError: json["on_error"]?.string,
            source: SourceSettings(json: json["source"])
        )
    }
}
