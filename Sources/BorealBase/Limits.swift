/// Every bound on what the outside may ask for, in one place; `docs/operations.md` lists them.
public enum Limits {
    /// Bytes of one statement.
    public static let statementBytesMax = 64 << 20
    /// Bytes of text that one session's prepared statements may have together.
    public static let preparedBytesMax = 64 << 20
    /// Nested parentheses, subqueries, JSON levels in a statement.
    public static let nestingMax = 200
    /// Accounts that one CREATE USER or ALTER USER names: a password takes 2 ms of work.
    public static let accountsPerStatementMax = 100
    /// Characters of a user's name.
    public static let accountNameCharactersMax = 32
    /// Users and addresses whose wrong passwords are counted.
    public static let loginCountersMax = 10_000
    /// Bytes of a statement that the audit log keeps.
    public static let auditStatementBytesMax = 16 << 10
    /// Bytes of one file of the audit log.
    public static let auditFileBytesMax = 64 << 20
    /// Files of the audit log, the one being written among them.
    public static let auditFilesMax = 5
    /// Lines of the audit log that wait to be written.
    public static let auditQueueMax = 10_000
    /// Bytes of such lines.
    public static let auditQueueBytesMax = 16 << 20
    /// Log-ins without a password that failed, from one address in a minute, that the audit log
    /// keeps.
    public static let auditUnaskedPerMinuteMax = 60
    /// Options in one `WITH ( ... )`.
    public static let optionsMax = 1_000
    /// Names in `x_cols`.
    public static let featureColumnsMax = 2_000
    /// Columns of an embedded table.
    public static let tableColumnsMax = 2_000
    /// Bytes of a picture that is sent to a remote model.
    public static let pictureBytesMax = 10 << 20
    /// Bytes of one cell.
    public static let cellBytesMax = 64 << 20
    /// Bytes of a model name, after folding.
    public static let modelNameBytesMax = 256
    /// Characters of a database, table or column name.
    public static let identifierCharactersMax = 64
    /// Characters of the rest of the statement that a syntax error shows.
    public static let syntaxErrorNearCharactersMax = 80
    /// Rows an online PREDICT may answer.
    public static let onlineRowsMax = 1_000
    /// Rows of a PREDICT that are sent to a remote model without `mode`.
    public static let remoteRowsMax = 10_000
    /// Bytes of such rows, which are counted before anything is sent.
    public static let remoteHeldBytesMax = 64 << 20
    /// Rows of one `RowBatch`.
    public static let batchRows = 4_096
    /// Bytes a worker produces before it gives a statement back.
    public static let stepBytes = 256 << 10
    /// Times in a row that a TLS client may change its keys without sending anything; one more ends
    /// the connection.
    public static let keyUpdatesMax = 32
    /// Bytes of a cursor's rows in memory; more go to a file.
    public static let cursorMemoryBytes = 1 << 20
    /// Bytes of all cursors' rows in memory; beyond them, each goes to a file at once.
    public static let cursorsMemoryBytes = 256 << 20
    /// Bytes of all cursors' rows in files.
    public static let cursorsFileBytes = 16 << 30
    /// Cursors with a file.
    public static let cursorFilesMax = 1_000
    /// Unsent bytes of a connection above which its statement is not stepped again.
    public static let unsentBytesMax = 1 << 20
    /// Bytes of an HTTP request line and headers.
    public static let httpHeaderBytesMax = 32 << 10
    /// Headers of an HTTP request.
    public static let httpHeadersMax = 100
    /// Bytes of `PUT /uploads/NAME`.
    public static let uploadBytesMax = 1 << 30
    /// Seconds a signed link is good for: 100 minutes.
    public static let signedLinkSeconds: Int64 = 6_000
    /// Bytes a model file may unpack to.
    public static let modelBytesMax = 1 << 30
    /// Levels of nested containers in a model file.
    public static let modelNestingMax = 500
    /// Trees of one ensemble.
    public static let treesMax = 1_000_000
    /// Combinations of parameters that one CREATE MODEL may try.
    public static let searchTrialsMax = 256
    /// Leaves of one tree.
    public static let leavesMax = 1 << 20
    /// Features of one model.
    public static let modelFeaturesMax = 1 << 20
    /// Classes of one model.
    public static let classesMax = 65_536
    /// Contributions that `explain='shap'` tells of a row unless `top` asks for others.
    public static let contributionsShown = 5
    /// Points of a partial dependence.
    public static let gridPointsMax = 1_000
    /// Bytes of the rows of a statistic that is answered in the session.
    public static let statisticBytesMax = 256 << 20
    /// Rows of a statistic that is answered in the session.
    public static let statisticRowsMax = 1_000_000
    /// Distinct texts in a column of a statistic.
    public static let statisticCategoriesMax = 65_536
    /// Columns that are correlated with each other.
    public static let correlationColumnsMax = 500
    /// Shuffles of a feature for its permutation importance.
    public static let permutationsMax = 100
    /// Rows that are explained in one step of a statement.
    public static let explanationStepRows = 256
    /// Numbers that one step of a statement computes to explain rows.
    public static let explanationStepNumbers = 4 << 20
    /// Crashes in the same job after which it is not run again.
    public static let jobCrashesMax = 3
    /// Seconds a request may take to arrive over HTTP.
    public static let httpRequestSeconds = 60
    /// Seconds that running statements get at shutdown.
    public static let shutdownSeconds = 10
    /// Bytes of the URL of a source.
    public static let sourceURLBytesMax = 4_096
    /// Sources that there may be by name.
    public static let sourcesMax = 64
    /// Bytes of the name of a source.
    public static let sourceNameBytesMax = 64
    /// Bytes of a statement that the loop looks through for words of ours; a longer one is looked
    /// at by a worker.
    public static let routedHereBytesMax = 32 << 10
    /// Seconds that the addresses of a source's host are remembered.
    public static let sourceAddressSeconds = 60
}
