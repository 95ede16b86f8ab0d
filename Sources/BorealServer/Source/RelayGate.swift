import BorealBase
import BorealEngine
import BorealNet
import BorealUpstream

/// A session's way to its connection at the source, for queries of statements on models.
// Unchecked: the relay is touched on the client's loop only.
private final class RelayGate: SourceGate, @unchecked Sendable {
    private weak var client: ClientConnection?
    private let server: String

    init(_ client: ClientConnection, server: String) {
        self.client = client
        self.server = server
    }

    func open(_ text: String) -> UpstreamRows { read(text, connects: true) }

    func ask(_ text: String) -> UpstreamRows { read(text, connects: false) }

    private func read(_ text: String, connects: Bool) -> UpstreamRows {
        let rows = UpstreamRows(server: server)
        guard let client else {
            rows.fail(.stopped)
            return rows
        }
        let isAccepted = client.connection.loop.execute {
            guard let relay = client.relay, !client.connection.isClosed else {
                return rows.fail(.lost)
            }
            guard connects || relay.isConnected else { return rows.answerNothing() }
            relay.read(text, rows, usesCursor: connects)
        }
        if !isAccepted { rows.fail(.stopped) }
        return rows
    }
}

extension ClientSession {
    /// Lets statements on models read what the client sees at the source.
    func reachSource(through relay: UpstreamRelay, _ client: ClientConnection) {
        source = RelayGate(client, server: relay.address)
        sourceDatabase = relay.database
    }
}
