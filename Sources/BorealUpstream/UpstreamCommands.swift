package import BorealNet
package import BorealWire

/// Commands at another server over a connection of its own, one after the other, that are answered
/// with OK or an error: for jobs, which change something there.
// Unchecked: everything happens on the loop.
package final class UpstreamCommands: UpstreamUser, @unchecked Sendable {
    /// A command, and who wants to know what became of it: nil when it is done.
    private struct Command {
        let text: [UInt8]
        let then: @Sendable (UpstreamError?) -> Void
        var isSent = false
    }

    /// The server's address, for errors.
    package let address: String
    private let loop: EventLoop
    private var upstream: UpstreamConnection?
    private var command: Command?
    /// What the server says of the command under way.
    private var refusal: UpstreamError?
    /// Why there is no connection any more.
    private var failure: UpstreamError?

    private init(_ address: String, _ loop: EventLoop) {
        self.address = address
        self.loop = loop
    }

    /// Begins to connect. From any thread; whoever opens it closes it.
    package static func open(
        at server: UpstreamServer,
        _ place: UpstreamOwnQuery.Place,
        on loop: EventLoop
    ) -> UpstreamCommands {
        let commands = UpstreamCommands(server.url.address, loop)
        let isAccepted = loop.execute { commands.begin(server, place) }
        if !isAccepted { commands.failure = .stopped }
        return commands
    }

    /// None: every command ends at once.
    package static func none(on loop: EventLoop) -> UpstreamCommands {
        let commands = UpstreamCommands("", loop)
        commands.failure = .stopped
        return commands
    }

    private func begin(_ server: UpstreamServer, _ place: UpstreamOwnQuery.Place) {
        upstream = UpstreamConnection.open(
            to: server,
            server.configuration(
                capabilities: .ofClients,
                database: place.database,
                collation: .utf8mb4GeneralCI
            ),
            on: loop,
            user: self,
            connectSeconds: place.connectSeconds,
            readSeconds: place.readSeconds
        )
    }

    /// Sends a command when the connection stands. From any thread.
    ///
    /// - Parameters:
    ///   - text: a statement in UTF-8 that answers no rows.
    ///   - then: called once, on the loop, with what it ended in; nil when it is done. No other
    ///     command may be begun before.
    package func run(_ text: [UInt8], then: @escaping @Sendable (UpstreamError?) -> Void) {
        let isAccepted = loop.execute { [self] in
            if let failure { return then(failure) }
            precondition(command == nil, "a connection carries one command at a time")
            command = Command(text: text, then: then)
            send()
        }
        if !isAccepted { then(.stopped) }
    }

    private func send() {
        guard let upstream, upstream.isReady, let command, !command.isSent else { return }
        self.command?.isSent = true
        refusal = nil
        _ = upstream.send { $0.query(command.text, into: &$1) }
    }

    /// Ends what is under way at the server, and the connection. More calls do nothing.
    package func close() {
        loop.execute { [self] in
            guard let upstream else { return }
            self.upstream = nil
            failure = failure ?? .lost
            if command?.isSent == true, let id = upstream.greeting?.connectionID {
                UpstreamKill.send(to: upstream.server, id: id, queryOnly: false, on: loop)
            }
            upstream.close()
            end(.lost)
        }
    }

    private func end(_ error: UpstreamError?) {
        guard let ended = command else { return }
        command = nil
        ended.then(error)
    }

    package func upstreamReady(_ upstream: UpstreamConnection) { send() }

    package func upstream(_ upstream: UpstreamConnection, sent packet: AnswerPacket, isLast: Bool) {
        if packet == .error {
            do throws(WireError) {
                let error = try upstream.withPacket { payload throws(WireError) in
                    try ERRPacket(decoding: payload).error
                }
                refusal = .wire(.refused(error))
            } catch {
                refusal = .wire(error)
            }
        }
        if isLast { end(refusal) }
    }

    package func upstreamPaused(_ upstream: UpstreamConnection) { send() }

    package func upstreamDrained(_ upstream: UpstreamConnection) {}

    package func upstream(_ upstream: UpstreamConnection, failed error: UpstreamError) {
        self.upstream = nil
        failure = error
        end(error)
    }
}
