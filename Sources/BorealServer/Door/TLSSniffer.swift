import BorealBase
import BorealEngine
import BorealNet
import BorealTLS

/// Looks at the first byte of a connection to the HTTP door: TLS begins with 0x16, which begins no
/// HTTP request. Then it makes way for the protocol it found.
final class TLSSniffer: ConnectionHandler {
    /// The content type of a TLS handshake record.
    private static let handshakeRecord: UInt8 = 0x16

    private let core: ServerCore
    private let makeHandler: () -> any ConnectionHandler

    /// - Parameter makeHandler: makes the handler of HTTP, in TLS or not.
    init(core: ServerCore, makeHandler: @escaping () -> any ConnectionHandler) {
        self.core = core
        self.makeHandler = makeHandler
    }

    func connectionOpened(_ connection: Connection) {
        connection.setDeadline(afterMilliseconds: Limits.httpRequestSeconds * 1_000)
    }

    func connection(_ connection: Connection, received bytes: UnsafeRawBufferPointer) {
        guard bytes.first == Self.handshakeRecord, let context = core.tls.context else {
            handOver(connection).connection(connection, received: bytes)
            return
        }
        let seconds = core.engine.globalNumber("connect_timeout")
        connection.setDeadline(afterMilliseconds: seconds * 1_000)
        let peer = connection.peer.description
        do throws(TLSError) {
            try TLSHandshake.begin(
                on: connection,
                context,
                received: Array(bytes),
                pool: core.control,
                finished: { [self] _ in _ = handOver(connection) },
                failed: { [core] in core.noteTLSFailure($0, peer: peer) }
            )
        } catch {
            core.noteTLSFailure(error, peer: peer)
            connection.close()
        }
    }

    private func handOver(_ connection: Connection) -> any ConnectionHandler {
        let handler = makeHandler()
        connection.handler = handler
        handler.connectionOpened(connection)
        return handler
    }
}
