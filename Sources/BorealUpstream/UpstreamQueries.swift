import BorealNet
package import BorealWire

/// The queries on one connection whose rows are read here, each of them a prepared statement. One
/// command is under way at a time; the queries take turns.
// Unchecked: everything is touched on the connection's loop only.
package final class UpstreamQueries: @unchecked Sendable {
    private let upstream: UpstreamConnection
    /// Those that are not closed yet, in the order they came.
    private var queries: [UpstreamQuery] = []
    /// Whose command is under way.
    private var current: UpstreamQuery?
    /// A KILL of the command under way was sent, and is not answered yet: it must not hit what
    /// comes next, whoever sends that.
    private var awaitsKill = false
    private var isKilled = false
    /// The connection is gone; takers that learn it now change nothing.
    private var isOver = false
    /// Called when the connection is free again.
    private let onIdle: () -> Void

    /// - Parameters:
    ///   - upstream: whose user hands on what it is told while `isBusy`.
    ///   - onIdle: called on the loop whenever the last query is closed, or a KILL is answered.
    package init(_ upstream: UpstreamConnection, onIdle: @escaping () -> Void) {
        self.upstream = upstream
        self.onIdle = onIdle
    }

    /// True while an answer to one of them is awaited.
    package var isUnderWay: Bool { current != nil }

    /// True while a query is open or a KILL on its way: other commands must wait.
    package var isBusy: Bool { !queries.isEmpty || awaitsKill }

    /// Prepares a query as soon as the connection is ready.
    ///
    /// - Parameters:
    ///   - text: in the character set of the connection.
    ///   - rows: learns the columns; what its taker does decides how the query goes on.
    ///   - usesCursor: leaves the connection to others between two fetches, for which the server
    ///     stores all rows before it sends any: that takes three times as long.
    package func open(_ text: [UInt8], _ rows: UpstreamRows, usesCursor: Bool = true) {
        let query = UpstreamQuery(text, rows, usesCursor: usesCursor)
        let loop = upstream.loop
        rows.setReader { [weak self, weak query] in
            guard let self, let query else { return }
            loop.execute { self.changed(query) }
        }
        queries.append(query)
        // A taker that left before it was heard of.
        if rows.wish.isClosed { query.close() }
        proceed()
    }

    /// The taker of a query has done something.
    private func changed(_ query: UpstreamQuery) {
        guard !isOver else { return }
        let wish = query.rows.wish
        if wish.isClosed {
            query.close()
            if query === current { killIfWorking(query) }
        }
        if wish.isClosed || wish.hasRoom { upstream.resumeReading() }
        proceed()
    }

    /// Ends what the server does for nobody.
    private func killIfWorking(_ query: UpstreamQuery) {
        guard query.isKillable, !isKilled, let id = upstream.greeting?.connectionID else { return }
        isKilled = true
        kill(id)
    }

    /// Ends the command under way on the connection, which is none of the queries.
    ///
    /// - Parameter id: the connection's, as the server gave it.
    package func kill(_ id: UInt32) {
        awaitsKill = true
        let server = upstream.server
        UpstreamKill.send(to: server, id: id, queryOnly: true, on: upstream.loop) { [self] in
            awaitsKill = false
            proceed()
        }
    }

    /// Sends the next command, if the connection is ready for one.
    package func proceed() {
        while !isOver {
            queries.removeAll { $0.isClosed }
            guard !queries.isEmpty else {
                if !awaitsKill { onIdle() }
                return
            }
            guard current == nil, !awaitsKill, upstream.isReady,
                let next = queries.first(where: { $0.wantsCommand })
            else { return }
            if next.sendCommand(upstream) {
                current = next
                isKilled = false
                return
            }
        }
    }

    /// A packet of the command under way.
    package func received(_ packet: AnswerPacket, isLast: Bool) {
        guard let query = current else { return }
        query.received(packet, isLast: isLast, upstream)
        if isLast {
            current = nil
        } else if query.rows.isFailed {
            killIfWorking(query)
        }
    }

    /// Everything that came in was told of.
    package func paused() {
        guard isBusy else { return }
        if let current, !current.rows.wish.hasRoom, !current.rows.wish.isClosed {
            upstream.pauseReading()
        }
        proceed()
    }

    /// The connection is gone.
    package func fail(_ error: UpstreamError) {
        isOver = true
        let lost = queries
        queries = []
        current = nil
        for query in lost { query.fail(error) }
    }
}
