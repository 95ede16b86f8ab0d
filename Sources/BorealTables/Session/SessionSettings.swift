import BorealBase
public import BorealSQL
import Synchronization

/// The session's variables that every statement looks at, read once and kept until one of them is
/// set. Sessions that have set none share one.
final class SessionSettings: Sendable {
    let sqlMode: ModeFlags
    let sqlModeText: String
    let parserMode: SQLMode
    let timeZoneMinutes: Int
    let isAutocommit: Bool
    let isolation: String
    /// `transaction_read_only`
    let readsOnly: Bool
    let isBinaryConnection: Bool
    let groupConcatMax: Int
    let weekMode: Int
    /// `lc_time_names`: the language of months and weekdays.
    let timeLocale: TimeLocale
    /// `block_encryption_mode`: what AES_ENCRYPT does.
    let blockMode: String
    /// `div_precision_increment`: digits that a quotient has more than its dividend.
    let divisionDigits: Int
    /// `cte_max_recursion_depth`
    let recursionMax: Int
    /// `SET timestamp`: the time that statements take for now.
    let fixedTime: Instant?
    /// `sql_select_limit`
    let rowsMax: UInt64
    /// `max_execution_time`, or MariaDB's `max_statement_time` when that is less; 0 for none.
    let executionMilliseconds: UInt64
    /// `innodb_lock_wait_timeout`
    let lockWaitSeconds: UInt64
    /// `wait_timeout`: how long the client may say nothing.
    let idleSeconds: Int
    /// `net_write_timeout`: how long the client may read nothing.
    let writeSeconds: Int

    init(_ session: TableSession) {
        sqlModeText = session.text("sql_mode")
        sqlMode = ModeFlags(sqlModeText)
        parserMode = Self.parserMode(sqlMode)
            .union(session.store.options.isMariaDB ? .mariaDB : [])
        timeZoneMinutes = TimeZoneOffset.minutes(session.text("time_zone")) ?? 0
        isAutocommit = session.isOn("autocommit")
        isolation = session.text("transaction_isolation")
        readsOnly = session.isOn("transaction_read_only")
        isBinaryConnection = Collations.isBinary(session.text("collation_connection"))
        let bytes = session.value("group_concat_max_len").wholeNumber ?? 1_024
        groupConcatMax = Int(clamping: min(bytes, 1 << 30))
        weekMode = Int(clamping: session.value("default_week_format").wholeNumber ?? 0)
        timeLocale = TimeLocale(session.text("lc_time_names")) ?? .english
        blockMode = session.text("block_encryption_mode")
        let digits = session.value("div_precision_increment").wholeNumber ?? 4
        divisionDigits = min(max(Int(clamping: digits), 0), 30)
        let depth = session.value("cte_max_recursion_depth").wholeNumber ?? 1_000
        recursionMax = Int(clamping: min(max(depth, 0), 1 << 32))
        if case .real(let fixed) = session.value("timestamp"), fixed > 0 {
            fixedTime = Instant(microseconds: Int64(min(fixed, 32_536_771_199) * 1_000_000))
        } else {
            fixedTime = nil
        }
        if case .unsigned(let limit) = session.value("sql_select_limit") {
            rowsMax = limit
        } else {
            rowsMax = .max
        }
        executionMilliseconds = Self.executionMilliseconds(session)
        let seconds = session.value("innodb_lock_wait_timeout").wholeNumber ?? 50
        lockWaitSeconds = UInt64(min(max(seconds, 1), 1_073_741_824))
        idleSeconds = Int(clamping: session.value("wait_timeout").wholeNumber ?? 28_800)
        writeSeconds = Int(clamping: session.value("net_write_timeout").wholeNumber ?? 60)
    }

    private static func executionMilliseconds(_ session: TableSession) -> UInt64 {
        var limits: [UInt64] = []
        if let limit = session.value("max_execution_time").wholeNumber, limit > 0 {
            limits.append(UInt64(limit))
        }
        if case .real(let seconds) = session.value("max_statement_time"), seconds > 0 {
            limits.append(UInt64(max(min(seconds, 31_536_000) * 1_000, 1)))
        }
        return limits.min() ?? 0
    }

    private static func parserMode(_ sqlMode: ModeFlags) -> SQLMode {
        let names = sqlMode.names
        var mode: SQLMode = []
        if names.contains("ANSI_QUOTES") { mode.insert(.ansiQuotes) }
        if names.contains("PIPES_AS_CONCAT") { mode.insert(.pipesAsConcat) }
        if names.contains("NO_BACKSLASH_ESCAPES") { mode.insert(.noBackslashEscapes) }
        if names.contains("HIGH_NOT_PRECEDENCE") { mode.insert(.highNotPrecedence) }
        if names.contains("REAL_AS_FLOAT") { mode.insert(.realAsFloat) }
        return mode
    }
}

extension TableSession {
    /// The settings in force.
    var settings: SessionSettings {
        let now = (store.revision.load(ordering: .acquiring), revision)
        if let kept = keptSettings, kept.store == now.0, kept.session == now.1 {
            return kept.settings
        }
        let fresh =
            values.isEmpty && !Collations.isBinary(text("collation_connection"))
            ? store.commonSettings(now.0) { SessionSettings(self) } : SessionSettings(self)
        keptSettings = (store: now.0, session: now.1, settings: fresh)
        return fresh
    }

    /// SERVER_STATUS_AUTOCOMMIT.
    public var isAutocommit: Bool { settings.isAutocommit }
    /// The modes that the parser must know.
    public var parserMode: SQLMode { settings.parserMode }
    var sqlMode: ModeFlags { settings.sqlMode }
    /// Seconds that the client may say nothing between two statements.
    public var idleSeconds: Int { settings.idleSeconds }
    /// Seconds that the client may read nothing of an answer.
    public var writeSeconds: Int { settings.writeSeconds }
    /// Minutes east of UTC.
    public var timeZoneMinutes: Int { settings.timeZoneMinutes }
}
