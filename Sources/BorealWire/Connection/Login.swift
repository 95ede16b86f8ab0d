/// Who logs in: what the driver needs to find the account, and later to open the session.
public struct Login: Equatable, Sendable {
    /// The account's name as the client gave it.
    public var userName: String
    /// The database to begin in; nil for none.
    public var database: String?
    /// What the client tells about itself.
    public var attributes: ConnectAttributes
    /// What both sides can do.
    public var capabilities: CapabilityFlags
    /// The client's collation. The id may be unknown, which must not end the connection.
    public var collation: Collation
    /// Bytes of the largest packet the client wants to receive; 0 says nothing.
    public var packetBytesMax: UInt32
    /// True for COM_CHANGE_USER: the session begins anew on the same connection.
    public var isUserChange: Bool
}
