/// The state of a session, in each OK and EOF packet (the manual's `SERVER_STATUS_flags_enum`).
public struct StatusFlags: OptionSet, Hashable, Sendable {
    /// The 16 bits as they travel.
    public let rawValue: UInt16

    /// - Parameter rawValue: the 16 bits as they travel.
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// `SERVER_STATUS_IN_TRANS`.
    public static let inTransaction = StatusFlags(rawValue: 0x0001)
    /// `SERVER_STATUS_AUTOCOMMIT`.
    public static let autocommit = StatusFlags(rawValue: 0x0002)
    /// `SERVER_MORE_RESULTS_EXISTS`: another result of the same command follows.
    public static let moreResultsExist = StatusFlags(rawValue: 0x0008)
    /// `SERVER_QUERY_NO_GOOD_INDEX_USED`.
    public static let noGoodIndexUsed = StatusFlags(rawValue: 0x0010)
    /// `SERVER_QUERY_NO_INDEX_USED`.
    public static let noIndexUsed = StatusFlags(rawValue: 0x0020)
    /// `SERVER_STATUS_CURSOR_EXISTS`.
    public static let cursorExists = StatusFlags(rawValue: 0x0040)
    /// `SERVER_STATUS_LAST_ROW_SENT`.
    public static let lastRowSent = StatusFlags(rawValue: 0x0080)
    /// `SERVER_STATUS_DB_DROPPED`.
    public static let databaseDropped = StatusFlags(rawValue: 0x0100)
    /// `SERVER_STATUS_NO_BACKSLASH_ESCAPES`.
    public static let noBackslashEscapes = StatusFlags(rawValue: 0x0200)
    /// `SERVER_STATUS_METADATA_CHANGED`.
    public static let metadataChanged = StatusFlags(rawValue: 0x0400)
    /// `SERVER_QUERY_WAS_SLOW`.
    public static let queryWasSlow = StatusFlags(rawValue: 0x0800)
    /// `SERVER_PS_OUT_PARAMS`.
    public static let preparedOutParameters = StatusFlags(rawValue: 0x1000)
    /// `SERVER_STATUS_IN_TRANS_READONLY`.
    public static let inReadOnlyTransaction = StatusFlags(rawValue: 0x2000)
    /// `SERVER_SESSION_STATE_CHANGED`: the OK packet carries changes of the session.
    public static let sessionStateChanged = StatusFlags(rawValue: 0x4000)

    /// What of another server's flags tells of its session.
    package var ofSession: StatusFlags { subtracting(.ofOneAnswer) }

    /// Flags that tell of one answer only, not of the session.
    static let ofOneAnswer: StatusFlags = [
        .moreResultsExist, .noGoodIndexUsed, .noIndexUsed, .cursorExists, .lastRowSent,
        .databaseDropped, .metadataChanged, .queryWasSlow, .preparedOutParameters,
        .sessionStateChanged,
    ]
}
