package import BorealBase
import BorealCatalog
import BorealWire
import Synchronization

/// Who is connected and what each does: the source of SHOW PROCESSLIST and KILL.
package final class ProcessList: Sendable {
    /// One connection as SHOW PROCESSLIST shows it.
    package struct Entry: Sendable {
        package let id: UInt32
        package let user: String
        package let host: String
        package var database: String
        /// `Sleep`, `Query`, ...
        package var command: String
        package var state: String
        /// The statement's beginning; empty while there is none.
        package var info: String
        /// `MonotonicClock.milliseconds` when `command` began.
        package var since: UInt64
    }

    private struct Connection {
        var entry: Entry
        /// Whose it is, as `AccountName.plain`.
        let account: String
        /// What the client told about itself.
        let attributes: ConnectAttributes
        /// The running statement's; nil while there is none.
        var statement: CancellationFlag?
        /// Closes the connection from any thread.
        let close: @Sendable () -> Void
        /// Wakes a statement that waits, from any thread.
        let wake: @Sendable () -> Void
    }

    private struct State {
        var connections: [UInt32: Connection] = [:]
        /// Connections since the start, and the most at one time.
        var made = 0
        var most = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// Adds a connection that has logged in.
    ///
    /// - Parameters:
    ///   - account: whose it is.
    ///   - limit: how many the account may have; 0 for any number.
    /// - Returns: false when it has as many already.
    func add(
        _ id: UInt32,
        account: String,
        client: ClientSession.Client,
        database: String,
        limit: Int = 0
    ) -> Bool {
        let entry = Entry(
            id: id,
            user: client.account.name.user,
            host: client.host,
            database: database,
            command: "Sleep",
            state: "",
            info: "",
            since: MonotonicClock.milliseconds
        )
        return state.withLock { state in
            if limit > 0 {
                let count = state.connections.values.count { $0.account == account }
                guard count < limit else { return false }
            }
            state.connections[id] = Connection(
                entry: entry,
                account: account,
                attributes: client.attributes,
                statement: nil,
                close: client.close,
                wake: client.wake
            )
            state.made += 1
            state.most = max(state.most, state.connections.count)
            return true
        }
    }

    package func remove(_ id: UInt32) { state.withLock { $0.connections[id] = nil } }

    /// Notes that a statement begins.
    ///
    /// - Parameter command: `Query`, `Prepare` or `Execute`.
    package func begin(
        _ id: UInt32,
        command: String,
        info: String,
        statement: CancellationFlag
    ) {
        let now = MonotonicClock.milliseconds
        change(id) { connection in
            connection.entry.command = command
            connection.entry.info = info
            connection.entry.state = "executing"
            connection.entry.since = now
            connection.statement = statement
        }
    }

    private func change(_ id: UInt32, _ body: (inout Connection) -> Void) {
        state.withLock { state in
            guard let index = state.connections.index(forKey: id) else { return }
            body(&state.connections.values[index])
        }
    }

    /// Notes that a statement ended.
    package func end(_ id: UInt32, database: String) {
        let now = MonotonicClock.milliseconds
        change(id) { connection in
            connection.entry.command = "Sleep"
            connection.entry.info = ""
            connection.entry.state = ""
            connection.entry.database = database
            connection.entry.since = now
            connection.statement = nil
        }
    }

    /// All connections by id.
    package var entries: [Entry] {
        state.withLock { $0.connections.values.map(\.entry) }.sorted { $0.id < $1.id }
    }

    /// What the clients told about themselves, by id.
    var attributes: [(id: UInt32, user: String, attributes: ConnectAttributes)] {
        state.withLock { state in
            state.connections.values.map { ($0.entry.id, $0.entry.user, $0.attributes) }
        }
        .sorted { $0.id < $1.id }
    }

    /// Counters of SHOW STATUS that connections move.
    package var status: [(name: String, value: String)] {
        state.withLock { state in
            let running = state.connections.values.count { $0.statement != nil }
            return [
                ("Connections", String(state.made)), ("Max_used_connections", String(state.most)),
                ("Threads_connected", String(state.connections.count)),
                ("Threads_running", String(running)),
            ]
        }
    }

    /// The account of a connection; nil when there is none of that id.
    func account(of id: UInt32) -> String? { state.withLock { $0.connections[id]?.account } }

    /// Ends a connection's statement, and the connection too unless only the query is meant.
    ///
    /// - Returns: false when there is no connection of that id.
    package func kill(_ id: UInt32, queryOnly: Bool) -> Bool {
        let found = state.withLock { $0.connections[id] }
        guard let found else { return false }
        found.statement?.cancel()
        if queryOnly { found.wake() } else { found.close() }
        return true
    }
}
