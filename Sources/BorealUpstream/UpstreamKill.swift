import BorealBase
package import BorealNet
package import BorealWire

/// Ends a statement, or a connection, at another server, over a connection of its own: the one with
/// the statement is busy. Nobody learns whether it came through.
// Unchecked: everything happens on the loop.
package final class UpstreamKill: UpstreamUser, @unchecked Sendable {
    /// Seconds that it may take to log in and to be answered.
    private static let secondsMax = 10

    private let statement: String
    private var upstream: UpstreamConnection?
    /// Keeps this alive until it is over: nobody else does.
    private var own: UpstreamKill?

    /// Called once it is over, whether it came through or not.
    private let then: () -> Void

    private init(_ statement: String, then: @escaping () -> Void) {
        self.statement = statement
        self.then = then
    }

    /// Sends the KILL. On the loop.
    ///
    /// - Parameters:
    ///   - id: the connection's, as the server gave it.
    ///   - queryOnly: whether the connection stays.
    ///   - then: called on the loop when the server has answered, or will not.
    package static func send(
        to server: UpstreamServer,
        id: UInt32,
        queryOnly: Bool,
        on loop: EventLoop,
        then: @escaping () -> Void = {}
    ) {
        let kill = UpstreamKill("KILL \(queryOnly ? "QUERY" : "CONNECTION") \(id)", then: then)
        kill.own = kill
        kill.upstream = UpstreamConnection.open(
            to: server,
            server.configuration(
                capabilities: .ofClients,
                database: nil,
                collation: .utf8mb4GeneralCI
            ),
            on: loop,
            user: kill,
            connectSeconds: secondsMax,
            readSeconds: secondsMax
        )
    }

    package func upstreamReady(_ upstream: UpstreamConnection) {
        _ = upstream.send { $0.query(statement.utf8, into: &$1) }
    }

    package func upstream(_ upstream: UpstreamConnection, sent packet: AnswerPacket, isLast: Bool) {
        guard isLast else { return }
        upstream.close()
        end()
    }

    package func upstreamPaused(_ upstream: UpstreamConnection) {}

    package func upstreamDrained(_ upstream: UpstreamConnection) {}

    package func upstream(_ upstream: UpstreamConnection, failed error: UpstreamError) { end() }

    private func end() {
        upstream = nil
        own = nil
        then()
    }
}
