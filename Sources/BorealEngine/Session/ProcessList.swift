import Synchronization

/// Who is connected and what each does: the source of SHOW PROCESSLIST and KILL.
package final class ProcessList: Sendable {
    /// One connection as SHOW PROCESSLIST shows it.
    package struct Entry: Sendable {
        package let id: UInt32
        package let user: String
        package let host: String
        package let database: String
        /// `Sleep`, `Query`, ...
        package let command: String
        package let state: String
        /// The statement's beginning; empty while there is none.
        package let info: String
        /// `MonotonicClock.milliseconds` when `command` began.
        package let since: UInt64
    }

    private struct State {
        var connections: [UInt32: ClientProcess] = [:]
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
    /// - Returns: nil when it has as many already.
    func add(
        _ client: ClientSession.Client,
        account: String,
        database: String,
        limit: Int = 0
    ) -> ClientProcess? {
        let process = ClientProcess(client, account: account, database: database)
        return state.withLock { state in
            if limit > 0 {
                let count = state.connections.values.count { $0.account == account }
                guard count < limit else { return nil }
            }
            state.connections[process.id] = process
            state.made += 1
            state.most = max(state.most, state.connections.count)
            return process
        }
    }

    func remove(_ id: UInt32) { state.withLock { $0.connections[id] = nil } }

    /// All connections by id.
    package var entries: [Entry] { processes.map(\.entry) }

    /// All connections by id.
    var processes: [ClientProcess] {
        state.withLock { Array($0.connections.values) }.sorted { $0.id < $1.id }
    }

    /// Counters of SHOW STATUS that connections move.
    package var status: [(name: String, value: String)] {
        let running = processes.count(where: \.isRunning)
        return state.withLock { state in
            [
                ("Connections", String(state.made)), ("Max_used_connections", String(state.most)),
                ("Threads_connected", String(state.connections.count)),
                ("Threads_running", String(running)),
            ]
        }
    }

    /// The connection of that id; nil when there is none.
    subscript(id: UInt32) -> ClientProcess? { state.withLock { $0.connections[id] } }

    /// Ends a connection's statement, and the connection too unless only the query is meant.
    ///
    /// - Returns: false when there is no connection of that id.
    package func kill(_ id: UInt32, queryOnly: Bool) -> Bool {
        guard let process = self[id] else { return false }
        process.kill(queryOnly: queryOnly)
        return true
    }
}
