public import BorealBase
import BorealSQL
import BorealSQLite

/// What LOCK TABLES named, and what it holds until UNLOCK TABLES.
///
/// A WRITE lock on any table is the write lock of all: nobody else changes anything. READ locks
/// alone hold a snapshot instead, so that what is read does not change, and others go on writing.
struct LockedTables {
    /// `database.name`, and whether it may be changed.
    var tables: [String: Bool]
    /// The write lock is kept when a transaction ends.
    var holdsWriteLock: Bool

    static func key(_ database: String, _ table: String) -> String { "\(database).\(table)" }
}

extension TableSession {
    /// Ends the transaction, gives other locks up and takes these.
    func lockTables(_ locks: [TableLock]) throws -> any TableStatement {
        let stored = locks.filter { !isTemporary($0.table) }
        let isWriting = stored.contains(where: \.isWrite)
        return ActionRun(self, needsLock: isWriting) { [self] in
            if isWriting { try commitKeepingLock() } else { try commit() }
            if lockedTables != nil, !isWriting { unlockTables() }
            lockedTables = nil
            var tables: [String: Bool] = [:]
            let translator = Translator(translationContext([]), text: [])
            for lock in locks {
                let table = try translator.storedTable(lock.table)
                let key = LockedTables.key(table.database, table.name)
                tables[key] = tables[key] == true || lock.isWrite
            }
            if !isWriting, !stored.isEmpty { try holdSnapshot() }
            lockedTables = LockedTables(tables: tables, holdsWriteLock: isWriting)
            return StatementSummary()
        }
    }

    /// True for a name of the session's own, which nobody else can lock or change.
    private func isTemporary(_ name: ObjectName) -> Bool {
        guard let database = name.database?.name ?? database else { return false }
        return temporary[database, name.name.name] != nil
    }

    private func holdSnapshot() throws {
        let open = try takeConnection()
        try open.sqlite.run("BEGIN DEFERRED")
        // The first read is what takes the snapshot.
        _ = try open.sqlite.rows("SELECT version FROM boreal_version")
        connection = open
    }

    /// Gives up what LOCK TABLES took; harmless when it took nothing.
    func unlockTables() {
        guard let locked = lockedTables else { return }
        lockedTables = nil
        guard locked.holdsWriteLock else { return rollBack() }
        if !hasWritten, let held = ticket {
            store.writeLock.release(held)
            ticket = nil
        }
    }

    /// Whether a statement may use a table while others are locked.
    ///
    /// - Throws: 1100 for a table that LOCK TABLES did not name, 1099 for a change of one that is
    /// locked for reading.
    func checkLocks(_ table: StoredTable, isChange: Bool) throws {
        guard let locked = lockedTables, !table.isTemporary else { return }
        guard let isWrite = locked.tables[LockedTables.key(table.database, table.name)] else {
            throw TableError.transaction(.tableNotLocked(table.name))
        }
        guard isWrite || !isChange else {
            throw TableError.transaction(.tableLockedForReading(table.name))
        }
    }
}

/// What transactions and locks refuse.
public enum TransactionProblem: Error, Equatable, Sendable {
    /// A table was used that LOCK TABLES did not name.
    case tableNotLocked(String)
    /// A change of a table that LOCK TABLES holds for reading.
    case tableLockedForReading(String)
    /// A change in a transaction that was begun READ ONLY.
    case readOnly

    /// Its number.
    public var code: ServerErrorCode {
        switch self {
        case .tableNotLocked: .tableNotLocked
        case .tableLockedForReading: .tableLockedForReading
        case .readOnly: .readOnlyTransaction
        }
    }

    /// Its sentence.
    public var message: String {
        switch self {
        case .tableNotLocked(let name): "Table '\(name)' was not locked with LOCK TABLES"
        case .tableLockedForReading(let name):
            "Table '\(name)' was locked with a READ lock and can't be updated"
        case .readOnly: "Cannot execute statement in a READ ONLY transaction."
        }
    }
}
