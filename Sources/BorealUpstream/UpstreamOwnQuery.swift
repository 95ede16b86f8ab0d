package import BorealNet
package import BorealWire

/// A query at another server over a connection of its own, which is opened for it and closed behind
/// it: for jobs, which have no client whose session they could read in.
///
/// All rows come in one answer, at the pace of their taker. A server ends a connection that does
/// not take its answer for a minute (`net_write_timeout`), so it is told to be patient first.
// Unchecked: everything happens on the loop.
package final class UpstreamOwnQuery: UpstreamUser, @unchecked Sendable {
    /// Where and how a query runs.
    package struct Place: Sendable {
        /// The default database; nil for that of the URL.
        package var database: String?
        /// A statement that goes before the query, without which it does not run; empty for none.
        package var setUp: [UInt8] = []
        /// Seconds for connecting and logging in.
        package var connectSeconds: Int
        /// Seconds that the server may say nothing while it owes an answer; 0 for any time.
        package var readSeconds: Int

        /// - Parameters: see the stored properties.
        package init(
            database: String?,
            setUp: [UInt8] = [],
            connectSeconds: Int,
            readSeconds: Int
        ) {
            self.database = database
            self.setUp = setUp
            self.connectSeconds = connectSeconds
            self.readSeconds = readSeconds
        }
    }

    /// The longest time that servers take. One that does not know the variable has no such limit.
    private static let patience = "SET SESSION net_write_timeout = 31536000"

    private let text: [UInt8]
    /// Statements before the query that were not answered yet.
    private var first: [[UInt8]]
    /// The first of them was sent.
    private var isFirstSent = false
    private let rows: UpstreamRows
    private var upstream: UpstreamConnection?
    /// Nil until what goes before was answered.
    private var queries: UpstreamQueries?
    /// Keeps this alive until it is over: nobody else does.
    private var own: UpstreamOwnQuery?

    private init(_ text: [UInt8], _ setUp: [UInt8], _ rows: UpstreamRows) {
        self.text = text
        self.rows = rows
        first = [Array(Self.patience.utf8)]
        if !setUp.isEmpty { first.append(setUp) }
    }

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
        let isAccepted = loop.execute {
            UpstreamOwnQuery(text, place.setUp, rows).begin(server, place, loop)
        }
        if !isAccepted { rows.fail(.stopped) }
        return rows
    }

    private func begin(_ server: UpstreamServer, _ place: Place, _ loop: EventLoop) {
        own = self
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

    /// The server has answered what goes before. Whether it is patient does not matter.
    private func answered(_ packet: AnswerPacket, _ upstream: UpstreamConnection) {
        isFirstSent = false
        let isWish = first.removeFirst() == Array(Self.patience.utf8)
        if packet == .error, !isWish {
            var failure = UpstreamError.lost
            do throws(WireError) {
                let error = try upstream.withPacket { payload throws(WireError) in
                    try ERRPacket(decoding: payload).error
                }
                failure = .wire(.refused(error))
            } catch {
                failure = .wire(error)
            }
            rows.fail(failure)
            return end()
        }
        guard first.isEmpty else { return sendFirst(upstream) }
        settled(upstream)
    }

    private func sendFirst(_ upstream: UpstreamConnection) {
        guard upstream.isReady, !isFirstSent, let next = first.first else { return }
        isFirstSent = true
        _ = upstream.send { $0.query(next, into: &$1) }
    }

    private func settled(_ upstream: UpstreamConnection) {
        let queries = UpstreamQueries(upstream) { [weak self] in self?.end() }
        self.queries = queries
        queries.open(text, rows, usesCursor: false)
    }

    private func end() {
        upstream?.close()
        upstream = nil
        own = nil
    }

    package func upstreamReady(_ upstream: UpstreamConnection) {
        guard let queries else { return sendFirst(upstream) }
        queries.proceed()
    }

    package func upstream(_ upstream: UpstreamConnection, sent packet: AnswerPacket, isLast: Bool) {
        guard let queries else { return isLast ? answered(packet, upstream) : () }
        queries.received(packet, isLast: isLast)
    }

    package func upstreamPaused(_ upstream: UpstreamConnection) {
        guard let queries else { return sendFirst(upstream) }
        queries.paused()
    }

    package func upstreamDrained(_ upstream: UpstreamConnection) {}

    package func upstream(_ upstream: UpstreamConnection, failed error: UpstreamError) {
        if let queries { queries.fail(error) } else { rows.fail(error) }
        self.upstream = nil
        own = nil
    }
}
