import BorealBase

/// Transactions, savepoints and table locks.
extension Parser {
    /// `START TRANSACTION` and `BEGIN`.
    mutating func parseStart() throws(SyntaxError) -> TransactionStatement {
        if try accept(.begin) {
            _ = try accept(.work)
            return .start(withConsistentSnapshot: false, isReadOnly: nil)
        }
        try expect(.start)
        try expect(.transaction)
        var snapshot = false
        var isReadOnly: Bool?
        guard at(.with) || at(.read) else {
            return .start(withConsistentSnapshot: false, isReadOnly: nil)
        }
        repeat {
            if try accept(.with) {
                try expect(.consistent)
                try expect(.snapshot)
                snapshot = true
            } else {
                isReadOnly = try parseAccessMode()
            }
        } while try accept(.comma)
        return .start(withConsistentSnapshot: snapshot, isReadOnly: isReadOnly)
    }

    /// `READ ONLY` true, `READ WRITE` false.
    private mutating func parseAccessMode() throws(SyntaxError) -> Bool {
        try expect(.read)
        if try accept(.only) { return true }
        try expect(.write)
        return false
    }

    mutating func parseCommit() throws(SyntaxError) -> TransactionStatement {
        try expect(.commit)
        _ = try accept(.work)
        return .commit(try parseCompletion())
    }

    mutating func parseRollback() throws(SyntaxError) -> TransactionStatement {
        try expect(.rollback)
        _ = try accept(.work)
        guard try accept(.to) else { return .rollback(try parseCompletion()) }
        _ = try accept(.savepoint)
        return .rollbackTo(try parseIdentifier())
    }

    private mutating func parseCompletion() throws(SyntaxError) -> TransactionStatement.Completion {
        var completion = TransactionStatement.Completion()
        if try accept(.and) {
            let isNo = try accept(.no)
            try expect(.chain)
            completion.chain = !isNo
        }
        if try accept(.no, .release) {
            completion.release = false
        } else if try accept(.release) {
            completion.release = true
        }
        return completion
    }

    mutating func parseSavepoint() throws(SyntaxError) -> TransactionStatement {
        try expect(.savepoint)
        return .savepoint(try parseIdentifier())
    }

    mutating func parseRelease() throws(SyntaxError) -> TransactionStatement {
        try expect(.release)
        try expect(.savepoint)
        return .release(try parseIdentifier())
    }

    /// `LOCK TABLES ...`; the word `LOCK` is taken here.
    mutating func parseLockTables() throws(SyntaxError) -> TransactionStatement {
        try expect(.lock)
        if try !accept(.tables) { try expect(.table) }
        return .lockTables(
            try parseList { (parser) throws(SyntaxError) in try parser.parseTableLock() }
        )
    }

    private mutating func parseTableLock() throws(SyntaxError) -> TableLock {
        let table = try parseObjectName()
        let alias = try parseAlias(allowsString: false)
        if try accept(.read) {
            let isLocal = try accept(.local)
            return TableLock(table: table, alias: alias, isWrite: false, isLocal: isLocal)
        }
        _ = try accept(.lowPriority)
        try expect(.write)
        return TableLock(table: table, alias: alias, isWrite: true)
    }

    mutating func parseUnlockTables() throws(SyntaxError) -> TransactionStatement {
        try expect(.unlock)
        if try !accept(.tables) { try expect(.table) }
        return .unlockTables
    }

    /// `TRANSACTION ISOLATION LEVEL ...`, behind `SET` and a scope.
    mutating func parseSetTransaction(
        _ scope: SystemVariable.Scope
    ) throws(SyntaxError) -> SetTransaction {
        try expect(.transaction)
        var statement = SetTransaction(scope: scope)
        repeat {
            if try accept(.isolation) {
                try expect(.level)
                statement.isolation = try parseIsolation()
            } else {
                statement.isReadOnly = try parseAccessMode()
            }
        } while try accept(.comma)
        return statement
    }

    private mutating func parseIsolation() throws(SyntaxError) -> SetTransaction.Isolation {
        if try accept(.serializable) { return .serializable }
        if try accept(.repeatable) {
            try expect(.read)
            return .repeatableRead
        }
        try expect(.read)
        if try accept(.committed) { return .readCommitted }
        try expect(.uncommitted)
        return .readUncommitted
    }
}
