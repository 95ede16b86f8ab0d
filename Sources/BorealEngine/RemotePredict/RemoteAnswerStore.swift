import BorealBase
import BorealRemote
import BorealSQLite
import Glibc

/// What a background task has got from a remote model so far, row by row, so that a task that
/// begins again after a restart asks about no row twice.
///
/// A database of its own for each task, written in a transaction for each chunk of rows: it
/// survives `kill -9`, takes the same memory for any number of rows, and goes with the task.
/// One thread at a time.
final class RemoteAnswerStore {
    /// What is known of a row.
    struct Answer: Equatable {
        var cell: RemoteCell
        /// The row's content, as a digest.
        var content: String
        /// It was asked since the task began (again).
        var isOfThisRun: Bool
    }

    /// A row to keep.
    struct Row {
        /// What tells the row from others.
        var key: String
        var content: String
        var cell: RemoteCell
    }

    private let connection: SQLiteConnection
    private let run: Int

    /// Opens the store of a task, or makes it.
    ///
    /// - Parameter folder: that of all stores.
    /// - Throws: `ServerError` when the file cannot be used.
    init(folder: String, task: String) throws(ServerError) {
        do {
            connection = try SQLiteConnection(.file(Self.path(folder, task)))
            try connection.execute(
                """
                CREATE TABLE IF NOT EXISTS answers (
                    key TEXT PRIMARY KEY, content TEXT NOT NULL, run INTEGER NOT NULL,
                    code TEXT, value
                )
                """
            )
            run = try connection.userVersion() + 1
            try connection.setUserVersion(run)
        } catch {
            throw ServerError(store: error)
        }
    }

    /// The answer to a row that has one; nil for one that must be asked.
    func answer(to key: String) throws(ServerError) -> Answer? {
        let rows: [[SQLiteValue]]
        do {
            rows = try connection.rows(
                "SELECT content, run, code, value FROM answers WHERE key = ?",
                [.text(key)]
            )
        } catch {
            throw ServerError(store: error)
        }
        guard let row = rows.first, let cell = RemoteCell(code: row[2].text, row[3]) else {
            return nil
        }
        return Answer(
            cell: cell,
            content: row[0].text ?? "",
            isOfThisRun: row[1].integer == Int64(run)
        )
    }

    /// Keeps the answers to some rows.
    func keep(_ rows: [Row]) throws(ServerError) {
        guard !rows.isEmpty else { return }
        do {
            try connection.transaction {
                for row in rows {
                    let (code, value) = row.cell.stored
                    try connection.run(
                        "INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?, ?)",
                        [
                            .text(row.key), .text(row.content), .integer(Int64(run)),
                            code.map { .text($0) } ?? .null, value,
                        ]
                    )
                }
            }
        } catch let error as SQLiteError {
            throw ServerError(store: error)
        } catch {
            throw .internalError("\(error)")
        }
    }

    // MARK: - Files

    private static func path(_ folder: String, _ task: String) -> String { "\(folder)/\(task).db" }

    /// Removes what a task has left; nothing when it left nothing.
    static func remove(folder: String, task: String) {
        for ending in ["", "-wal", "-shm"] { unlink(path(folder, task) + ending) }
    }
}

extension RemoteCell {
    /// Reads what `stored` wrote; nil for anything else.
    fileprivate init?(code: String?, _ value: SQLiteValue) {
        if let code {
            guard let known = RemoteModelError.Code(rawValue: code) else { return nil }
            self = .failure(RemoteModelError(known, value.text ?? ""))
            return
        }
        switch value {
        case .text(let text): self = .text(text)
        case .real(let score): self = .score(score)
        case .integer(let score): self = .score(Double(score))
        case .null: self = .empty
        case .blob: return nil
        }
    }

    /// As a row of the store: the code of a failure, and the value or the failure's text.
    fileprivate var stored: (code: String?, value: SQLiteValue) {
        switch self {
        case .empty: (nil, .null)
        case .text(let text, _): (nil, .text(text))
        case .score(let score): (nil, .real(score))
        case .failure(let error): (error.code.rawValue, .text(error.text))
        }
    }
}

extension ServerError {
    /// The number and sentence of a store that cannot be read or written.
    fileprivate init(store error: SQLiteError) {
        self.init(
            error.isDiskFull ? .diskFull : .unknownError,
            "the answers that the task has so far cannot be used: \(error)"
        )
    }
}
