public import BorealBase

/// The protocol spoken over one connection: what the connection's loop calls.
///
/// Every method runs on the connection's loop, never inside a call the handler itself made (`send`,
/// `close`), and must return within microseconds: work goes to a `WorkerPool`.
public protocol ConnectionHandler: AnyObject {
    /// The connection stands: accepted, or connected when this side called. The first call.
    func connectionOpened(_ connection: Connection)

    /// Bytes arrived. They are valid only inside the call: keep a copy of what is not used up.
    func connection(_ connection: Connection, received bytes: UnsafeRawBufferPointer)

    /// The peer will send no more.
    ///
    /// - Parameter allRead: true when every byte it sent was delivered. False is the early notice
    ///   while reading is paused: the client hung up while its statement runs. A second call with
    ///   true follows when reading is resumed and gets to the end.
    func connectionPeerClosed(_ connection: Connection, allRead: Bool)

    /// Unsent output fell to `lowWaterMark` or below after it was above: time to produce more.
    func connectionOutputDrained(_ connection: Connection)

    /// The deadline set by `setDeadline` passed. It is off again.
    func connectionDeadlinePassed(_ connection: Connection)

    /// Nothing happened for a tick or two: a moment to release grown buffers.
    func connectionIdle(_ connection: Connection)

    /// The connection is no more. The last call, exactly once.
    ///
    /// - Parameter error: nil when this side closed or the peer ended in order.
    func connectionClosed(_ connection: Connection, error: SocketError?)
}

extension ConnectionHandler {
    /// Does nothing.
    public func connectionOpened(_ connection: Connection) {}

    /// Sends what is left and closes, once everything the peer sent was delivered.
    public func connectionPeerClosed(_ connection: Connection, allRead: Bool) {
        if allRead { connection.closeAfterFlush() }
    }

    /// Does nothing.
    public func connectionOutputDrained(_ connection: Connection) {}

    /// Closes the connection with `SocketError.timedOut`.
    public func connectionDeadlinePassed(_ connection: Connection) {
        connection.close(error: .timedOut)
    }

    /// Does nothing.
    public func connectionIdle(_ connection: Connection) {}

    /// Does nothing.
    public func connectionClosed(_ connection: Connection, error: SocketError?) {}
}

/// Something between the socket and the handler that turns wire bytes into plain bytes and back:
/// TLS.
///
/// It is installed after its handshake, or does the handshake itself by writing answers to `wire`.
/// All calls come from the connection's loop.
public protocol ConnectionFilter: AnyObject {
    /// Reads wire bytes, appends what they mean to `plain` and own answers (alerts, tickets) to
    /// `wire`.
    ///
    /// - Returns: false when the peer ended the stream in order (`close_notify`).
    /// - Throws: anything; the connection then sends `wire` and closes with `filterFailed`.
    func decode(
        _ bytes: UnsafeRawBufferPointer,
        plain: inout ByteBuffer,
        wire: inout ByteBuffer
    ) throws -> Bool

    /// Turns plain bytes into wire bytes.
    func encode(_ bytes: UnsafeRawBufferPointer, wire: inout ByteBuffer) throws

    /// Appends the end of the stream (`close_notify`), before an orderly close.
    func encodeEnd(wire: inout ByteBuffer)
}
