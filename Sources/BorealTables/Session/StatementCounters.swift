import BorealBase
import BorealSQL

/// Counters of SHOW STATUS that statements move: `Questions` and one `Com_` a kind of statement.
struct StatementCounters {
    /// What is counted, in the order of names.
    enum Kind: Int, CaseIterable {
        case alterTable, begin, commit, createDatabase, createIndex, createTable, createView
        case delete, dropDatabase, dropIndex, dropTable, insert, load, lockTables, replace
        case rollback, savepoint, select, setOption, show, truncate, unlockTables, update, use

        /// `Com_alter_table`.
        var name: String {
            if self == .createDatabase { return "Com_create_db" }
            if self == .dropDatabase { return "Com_drop_db" }
            if self == .use { return "Com_change_db" }
            return "Com_"
                + String(describing: self).reduce(into: "") { text, letter in
                    text += letter.isUppercase ? "_" + letter.lowercased() : String(letter)
                }
        }
    }

    private(set) var questions = 0
    /// By kind; empty before the first statement.
    private var counts: [Int] = []

    mutating func count(_ statement: SQLStatement) {
        questions += 1
        if let kind = Kind(statement) { count(kind) }
    }

    private mutating func count(_ kind: Kind) {
        if counts.isEmpty { counts = Array(repeating: 0, count: Kind.allCases.count) }
        counts[kind.rawValue] += 1
    }

    /// One query, read or not.
    mutating func countQuery() {
        questions += 1
        count(.select)
    }

    /// Names and values.
    var rows: [(name: String, value: String)] {
        Kind.allCases.map { ($0.name, String(counts.isEmpty ? 0 : counts[$0.rawValue])) }
            + [("Queries", String(questions)), ("Questions", String(questions))]
    }
}

extension StatementCounters.Kind {
    fileprivate init?(_ statement: SQLStatement) {
        switch statement {
        case .query: self = .select
        case .insert(let node): self = node.isReplace ? .replace : .insert
        case .update: self = .update
        case .delete: self = .delete
        case .truncate: self = .truncate
        case .loadData: self = .load
        case .createDatabase: self = .createDatabase
        case .dropDatabase: self = .dropDatabase
        case .createTable: self = .createTable
        case .alterTable: self = .alterTable
        case .dropTables: self = .dropTable
        case .createIndex: self = .createIndex
        case .dropIndex: self = .dropIndex
        case .createView: self = .createView
        case .transaction(let node): self.init(node)
        case .set, .setTransaction: self = .setOption
        case .use: self = .use
        case .show, .describe: self = .show
        default: return nil
        }
    }

    private init(_ node: TransactionStatement) {
        switch node {
        case .start: self = .begin
        case .commit: self = .commit
        case .rollback, .rollbackTo: self = .rollback
        case .savepoint, .release: self = .savepoint
        case .lockTables: self = .lockTables
        case .unlockTables: self = .unlockTables
        }
    }
}

extension TableSession {
    /// Counts a statement for SHOW STATUS, here and for the whole server.
    func count(_ statement: SQLStatement) {
        counters.count(statement)
        store.count(statement)
    }

    /// The same for a query that runs without its tree.
    func countQuery() {
        counters.countQuery()
        store.countQuery()
    }

    /// The rows of SHOW STATUS, in the order of names.
    func counters(isGlobal: Bool) -> [(name: String, value: String)] {
        let uptime = max(0, Instant.now.seconds - store.opened.seconds)
        let known = [
            ("Compression", "OFF"), ("Compression_algorithm", ""), ("Compression_level", "0"),
            ("Open_tables", "0"), ("Slow_queries", "0"), ("Ssl_cipher", ""),
            ("Ssl_sessions_reused", "0"), ("Ssl_version", ""), ("Threads_connected", "1"),
            ("Threads_running", "1"),
            ("Uptime", String(uptime)), ("Uptime_since_flush_status", String(uptime)),
        ]
        var all: [String: String] = [:]
        for (name, value) in known + (isGlobal ? store.counters : counters).rows {
            all[name] = value
        }
        for (name, value) in store.externalStatus { all[name] = value }
        if !isGlobal { for (name, value) in connectionStatus { all[name] = value } }
        return all.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
