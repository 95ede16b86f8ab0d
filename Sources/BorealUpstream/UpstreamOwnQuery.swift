package import BorealNet
package import BorealWire

/// A query at another server over a connection of its own, which is opened for it and closed behind
/// it: for jobs, which have no client whose session they could read in.
// Unchecked: everything happens on the loop.
package final class UpstreamOwnQuery: UpstreamUser, @unchecked Sendable {
    /// Where and how a query runs.
    package struct Place: Sendable {
        /// The default database; nil for that of the URL.
        package var database: String?
        /// Seconds for connecting and logging in.
        package var connectSeconds: Int
        /// Seconds that the server may say nothing while it owes an answer; 0 for any time.
        package var readSeconds: Int

        /// - Parameters: see the stored properties.
        package init(database: String?, connectSeconds: Int, readSeconds: Int) {
            self.database = database
            self.connectSeconds = connectSeconds
            self.readSeconds = readSeconds
        }
    }

    private var upstream: UpstreamConnection?
    private var queries: UpstreamQueries?
    /// Keeps this alive until it is over: nobody else does.
    private var own: UpstreamOwnQuery?

    private init() {}

    /// Begins a query. From any thread.
    ///
    /// - Parameters:
    ///   - text: in UTF-8.
    ///   - loop: where it is read.
    /// - Returns: where its rows come.
    package static func open(
        _ text: [UInt8],
        at server: UpstreamServer,
        _ place: Place,
        on loop: EventLoop
    ) -> UpstreamRows {
        let rows = UpstreamRows(server: server.url.address)
        let isAccepted = loop.execute { UpstreamOwnQuery().begin(text, rows, server, place, loop) }
        if !isAccepted { rows.fail(.stopped) }
        return rows
    }

    private func begin(
        _ text: [UInt8],
        _ rows: UpstreamRows,
        _ server: UpstreamServer,
        _ place: Place,
        _ loop: EventLoop
    ) {
        own = self
        let upstream = UpstreamConnection.open(
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
        self.upstream = upstream
        let queries = UpstreamQueries(upstream) { [weak self] in self?.end() }
        self.queries = queries
        queries.open(text, rows)
    }

    private func end() {
        upstream?.close()
        upstream = nil
        own = nil
    }

    package func upstreamReady(_ upstream: UpstreamConnection) { queries?.proceed() }

    package func upstream(_ upstream: UpstreamConnection, sent packet: AnswerPacket, isLast: Bool) {
        queries?.received(packet, isLast: isLast)
    }

    package func upstreamPaused(_ upstream: UpstreamConnection) { queries?.paused() }

    package func upstreamDrained(_ upstream: UpstreamConnection) {}

    package func upstream(_ upstream: UpstreamConnection, failed error: UpstreamError) {
        queries?.fail(error)
        self.upstream = nil
        own = nil
    }
}
