/// What one side of a connection can do, as agreed at login (the manual's "Capability Flags").
///
/// In force is what *both* sides name; a client's bit that the server never offered counts for
/// nothing.
public struct CapabilityFlags: OptionSet, Hashable, Sendable {
    /// The 32 bits as they travel.
    public let rawValue: UInt32

    /// - Parameter rawValue: the 32 bits as they travel.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// `CLIENT_LONG_PASSWORD`. MariaDB calls this bit `CLIENT_MYSQL`.
    public static let longPassword = CapabilityFlags(rawValue: 1 << 0)
    /// `CLIENT_FOUND_ROWS`: affected rows of an UPDATE are the rows matched.
    public static let foundRows = CapabilityFlags(rawValue: 1 << 1)
    /// `CLIENT_LONG_FLAG`: column definitions carry two bytes of flags.
    public static let longFlag = CapabilityFlags(rawValue: 1 << 2)
    /// `CLIENT_CONNECT_WITH_DB`: the login names a database.
    public static let connectWithDatabase = CapabilityFlags(rawValue: 1 << 3)
    /// `CLIENT_NO_SCHEMA`.
    public static let noSchema = CapabilityFlags(rawValue: 1 << 4)
    /// `CLIENT_COMPRESS`: zlib frames after the login.
    public static let compress = CapabilityFlags(rawValue: 1 << 5)
    /// `CLIENT_ODBC`.
    public static let odbc = CapabilityFlags(rawValue: 1 << 6)
    /// `CLIENT_LOCAL_FILES`: the client can answer LOAD DATA LOCAL.
    public static let localFiles = CapabilityFlags(rawValue: 1 << 7)
    /// `CLIENT_IGNORE_SPACE`.
    public static let ignoreSpace = CapabilityFlags(rawValue: 1 << 8)
    /// `CLIENT_PROTOCOL_41`: the only protocol this server speaks.
    public static let protocol41 = CapabilityFlags(rawValue: 1 << 9)
    /// `CLIENT_INTERACTIVE`: the idle limit is `interactive_timeout`.
    public static let interactive = CapabilityFlags(rawValue: 1 << 10)
    /// `CLIENT_SSL`: an SSLRequest comes before the login.
    public static let ssl = CapabilityFlags(rawValue: 1 << 11)
    /// `CLIENT_IGNORE_SIGPIPE`.
    public static let ignoreSigpipe = CapabilityFlags(rawValue: 1 << 12)
    /// `CLIENT_TRANSACTIONS`: OK and EOF packets carry status flags.
    public static let transactions = CapabilityFlags(rawValue: 1 << 13)
    /// `CLIENT_RESERVED`, once `CLIENT_PROTOCOL_41`'s old name.
    public static let reserved = CapabilityFlags(rawValue: 1 << 14)
    /// `CLIENT_SECURE_CONNECTION`: the answer to the challenge carries its length.
    public static let secureConnection = CapabilityFlags(rawValue: 1 << 15)
    /// `CLIENT_MULTI_STATEMENTS`.
    public static let multiStatements = CapabilityFlags(rawValue: 1 << 16)
    /// `CLIENT_MULTI_RESULTS`.
    public static let multiResults = CapabilityFlags(rawValue: 1 << 17)
    /// `CLIENT_PS_MULTI_RESULTS`.
    public static let preparedMultiResults = CapabilityFlags(rawValue: 1 << 18)
    /// `CLIENT_PLUGIN_AUTH`: the login names an authentication plugin.
    public static let pluginAuth = CapabilityFlags(rawValue: 1 << 19)
    /// `CLIENT_CONNECT_ATTRS`: the login carries attributes.
    public static let connectAttributes = CapabilityFlags(rawValue: 1 << 20)
    /// `CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA`: the answer's length is length-encoded, not one
    /// byte.
    public static let pluginAuthLengthEncoded = CapabilityFlags(rawValue: 1 << 21)
    /// `CLIENT_CAN_HANDLE_EXPIRED_PASSWORDS`.
    public static let canHandleExpiredPasswords = CapabilityFlags(rawValue: 1 << 22)
    /// `CLIENT_SESSION_TRACK`: OK packets may carry changes of the session.
    public static let sessionTrack = CapabilityFlags(rawValue: 1 << 23)
    /// `CLIENT_DEPRECATE_EOF`: result sets end in an OK packet, and have no EOF behind the columns.
    public static let deprecateEOF = CapabilityFlags(rawValue: 1 << 24)
    /// `CLIENT_OPTIONAL_RESULTSET_METADATA`.
    public static let optionalResultSetMetadata = CapabilityFlags(rawValue: 1 << 25)
    /// `CLIENT_ZSTD_COMPRESSION_ALGORITHM`: the login ends with a compression level.
    public static let zstdCompression = CapabilityFlags(rawValue: 1 << 26)
    /// `CLIENT_QUERY_ATTRIBUTES`: COM_QUERY carries attributes before its text.
    public static let queryAttributes = CapabilityFlags(rawValue: 1 << 27)
    /// `MULTI_FACTOR_AUTHENTICATION`.
    public static let multiFactorAuthentication = CapabilityFlags(rawValue: 1 << 28)
    /// `CLIENT_REMEMBER_OPTIONS`: of the client library only; it leaks to the wire.
    public static let rememberOptions = CapabilityFlags(rawValue: 1 << 31)

    /// What this server offers on a channel without TLS and compression.
    public static let offered: CapabilityFlags = [
        .longPassword, .foundRows, .longFlag, .connectWithDatabase, .odbc, .localFiles,
        .ignoreSpace, .protocol41, .interactive, .ignoreSigpipe, .transactions, .reserved,
        .secureConnection, .multiStatements, .multiResults, .pluginAuth, .connectAttributes,
        .preparedMultiResults, .pluginAuthLengthEncoded, .canHandleExpiredPasswords, .sessionTrack,
        .deprecateEOF, .queryAttributes,
    ]
}
