package import BorealBase
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
        /// The running statement's; nil while there is none.
        var statement: CancellationFlag?
        /// Closes the connection from any thread.
        let close: @Sendable () -> Void
        /// Wakes a statement that waits, from any thread.
        let wake: @Sendable () -> Void
    }

    private let connections = Mutex<[UInt32: Connection]>([:])

    package init() {}

    /// Adds a connection that has logged in.
    package func add(
        _ id: UInt32,
        user: String,
        host: String,
        database: String,
        close: @escaping @Sendable () -> Void,
        wake: @escaping @Sendable () -> Void
    ) {
        let entry = Entry(
            id: id,
            user: user,
            host: host,
            database: database,
            command: "Sleep",
            state: "",
            info: "",
            since: MonotonicClock.milliseconds
        )
        connections.withLock {
            $0[id] = Connection(entry: entry, statement: nil, close: close, wake: wake)
        }
    }

    package func remove(_ id: UInt32) { connections.withLock { $0[id] = nil } }

    /// Notes that a statement begins.
    package func begin(_ id: UInt32, info: String, statement: CancellationFlag) {
        connections.withLock {
            $0[id]?.entry.command = "Query"
            $0[id]?.entry.info = info
            $0[id]?.entry.state = "executing"
            $0[id]?.entry.since = MonotonicClock.milliseconds
            $0[id]?.statement = statement
        }
    }

    /// Notes that a statement ended.
    package func end(_ id: UInt32, database: String) {
        connections.withLock {
            $0[id]?.entry.command = "Sleep"
            $0[id]?.entry.info = ""
            $0[id]?.entry.state = ""
            $0[id]?.entry.database = database
            $0[id]?.entry.since = MonotonicClock.milliseconds
            $0[id]?.statement = nil
        }
    }

    /// All connections by id.
    package var entries: [Entry] {
        connections.withLock { $0.values.map(\.entry) }.sorted { $0.id < $1.id }
    }

    /// The user of a connection; nil when there is none of that id.
    package func user(of id: UInt32) -> String? { connections.withLock { $0[id]?.entry.user } }

    /// Ends a connection's statement, and the connection too unless only the query is meant.
    ///
    /// - Returns: false when there is no connection of that id.
    package func kill(_ id: UInt32, queryOnly: Bool) -> Bool {
        let found = connections.withLock { $0[id] }
        guard let found else { return false }
        found.statement?.cancel()
        if queryOnly { found.wake() } else { found.close() }
        return true
    }
}
