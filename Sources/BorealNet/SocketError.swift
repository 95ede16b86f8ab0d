/// Whatever can go wrong with a socket, a loop or a listener.
public enum SocketError: Error, Equatable, Sendable {
    /// The operating system refused: `call` is the system call's name, `code` its `errno`.
    case system(call: String, code: Int32)
    /// Somebody else listens there.
    case addressInUse(String)
    /// The machine has no such address.
    case addressUnavailable(String)
    /// The address needs a right this process does not have (a port below 1024, a folder).
    case permissionDenied(String)
    /// The name has no address; `code` is `getaddrinfo`'s.
    case nameNotResolved(host: String, code: Int32)
    /// The path of a unix socket is longer than the system allows (107 bytes) or empty.
    case socketPathInvalid(String)
    /// Something that is not a socket stands at the path of a unix socket.
    case socketPathTaken(String)
    /// A listener was asked for without an address.
    case noAddress
    /// The peer reset the connection or vanished.
    case peerReset
    /// The peer could not be reached: nobody listens or no route; `code` is the `errno`.
    case connectFailed(code: Int32)
    /// A deadline passed.
    case timedOut
    /// The filter (TLS) found bytes that it cannot read.
    case filterFailed
    /// Neither memory nor a descriptor is left for another connection; `code` is the `errno`.
    case acceptExhausted(code: Int32)
    /// The loop or the process stops.
    case stopped
}
