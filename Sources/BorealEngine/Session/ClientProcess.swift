import BorealBase
import BorealCatalog
import BorealWire
import Synchronization

/// One connection as the server sees it: who it is, and what it does.
///
/// Its session tells it of each statement, which touches no other connection's.
final class ClientProcess: Sendable {
    /// What SHOW PROCESSLIST shows, and what ends it.
    private struct Doing {
        var database: String
        var command = "Sleep"
        var state = ""
        var info = ""
        var since = MonotonicClock.milliseconds
        /// The running statement's; nil while there is none.
        var statement: CancellationFlag?
    }

    let id: UInt32
    let user: String
    /// Whose it is, as `AccountName.plain`.
    let account: String
    /// What the client told about itself.
    let attributes: ConnectAttributes
    private let host: String
    private let close: @Sendable () -> Void
    private let wake: @Sendable () -> Void
    private let doing: Mutex<Doing>

    init(_ client: ClientSession.Client, account: String, database: String) {
        id = client.connectionID
        user = client.account.name.user
        self.account = account
        attributes = client.attributes
        host = client.host
        close = client.close
        wake = client.wake
        doing = Mutex(Doing(database: database))
    }

    /// Notes that a statement begins.
    ///
    /// - Parameter command: `Query`, `Prepare` or `Execute`.
    func begin(command: String, info: String, statement: CancellationFlag) {
        let now = MonotonicClock.milliseconds
        doing.withLock { doing in
            doing.command = command
            doing.info = info
            doing.state = "executing"
            doing.since = now
            doing.statement = statement
        }
    }

    /// Notes that a statement ended.
    func end(database: String) {
        let now = MonotonicClock.milliseconds
        doing.withLock { doing in
            doing.database = database
            doing.since = now
            // One that ran on the loop did not begin here.
            guard doing.statement != nil else { return }
            doing.command = "Sleep"
            doing.info = ""
            doing.state = ""
            doing.statement = nil
        }
    }

    /// True while a statement runs.
    var isRunning: Bool { doing.withLock { $0.statement != nil } }

    var entry: ProcessList.Entry {
        doing.withLock { doing in
            ProcessList.Entry(
                id: id,
                user: user,
                host: host,
                database: doing.database,
                command: doing.command,
                state: doing.state,
                info: doing.info,
                since: doing.since
            )
        }
    }

    /// Ends the statement, and the connection too unless only the query is meant.
    func kill(queryOnly: Bool) {
        doing.withLock { $0.statement }?.cancel()
        if queryOnly { wake() } else { close() }
    }
}
