import BorealBase
import BorealSQL
import BorealTables
import BorealWire

/// A statement that was read once and runs many times: its text, its tree, and the plan that its
/// executions share. Belongs to one session.
final class PreparedStatement {
    let text: [UInt8]
    let parsed: ParsedStatement
    /// The session's database when it was prepared, which its names mean for ever.
    let database: String?
    /// What its text was read with, and what it is written in when values are put into it.
    let mode: SQLMode
    /// What a client may expect; empty when there is no result, or it cannot be known yet.
    var columns: [ColumnDefinition41] = []
    /// The text's beginning, for SHOW PROCESSLIST.
    let info: String
    let handle = PlanHandle()
    /// Where values go in the text.
    private(set) lazy var places = Result { () throws(SyntaxError) in
        try PlaceholderScanner.places(in: text, mode: mode)
    }
    /// Where a statement runs whose tables are those of a source by name; nil for here.
    var named: NamedStatement?
    /// It calls functions of models over tables of a source: its text is the source's.
    var callsOverSource = false
    /// The rows that the client has yet to fetch.
    var cursor: CursorRows?

    init(text: [UInt8], parsed: ParsedStatement, database: String?, mode: SQLMode) {
        self.text = text
        self.parsed = parsed
        self.database = database
        self.mode = mode
        info = SecretText.shown(text, limit: 1_024, mode: mode)
    }

    var parameterCount: Int {
        guard callsOverSource else { return parsed.placeholderCount }
        // A text that cannot be cut into words is not kept.
        return (try? places.get().count) ?? 0
    }

    /// True when values are bound to the tree. Statements of all other kinds get them as literals
    /// in their text, which is read again: they are rare, and some are stored and run later.
    var bindsTree: Bool {
        guard !callsOverSource, case .ordinary(let statement) = parsed.kind else { return false }
        return switch statement {
        case .query, .insert, .update, .delete, .set, .do: true
        default: false
        }
    }
}

extension ParsedStatement {
    /// True for what the protocol of prepared statements does not run (MySQL's manual, "SQL Syntax
    /// Permitted in Prepared Statements").
    var isRefusedInPreparation: Bool {
        guard case .ordinary(let statement) = kind else { return false }
        switch statement {
        case .prepare, .execute, .deallocate, .use, .loadData, .help, .alterDatabase,
            .createFunction, .dropRoutine:
            return true
        case .transaction(let node):
            switch node {
            case .commit, .rollback: return false
            default: return true
            }
        default: return false
        }
    }
}
