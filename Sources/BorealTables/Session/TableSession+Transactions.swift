import BorealBase
import BorealSQL
import BorealSQLite

/// The statements that begin and end transactions, and savepoints.
extension TableSession {
    func setTransaction(_ node: SetTransaction) throws {
        if let level = node.isolation {
            switch node.scope {
            case .unspecified:
                guard !isInTransaction else { throw TableError.transactionInProgress }
                isolationOnce = level.rawValue
            case .session:
                values["transaction_isolation"] = .text(level.rawValue)
                values["tx_isolation"] = .text(level.rawValue)
            default:
                store.setGlobal("transaction_isolation", .text(level.rawValue))
                store.setGlobal("tx_isolation", .text(level.rawValue))
            }
        }
        if let readOnly = node.isReadOnly {
            switch node.scope {
            case .unspecified:
                guard !isInTransaction else { throw TableError.transactionInProgress }
                readOnlyOnce = readOnly
            case .session:
                for name in ["transaction_read_only", "tx_read_only"] {
                    values[name] = .integer(readOnly ? 1 : 0)
                }
            default:
                for name in ["transaction_read_only", "tx_read_only"] {
                    store.setGlobal(name, .integer(readOnly ? 1 : 0))
                }
            }
        }
    }

    func transaction(
        _ node: TransactionStatement,
        _ input: StatementInput
    ) throws -> any TableStatement {
        if case .lockTables(let locks) = node { return try lockTables(locks) }
        return ActionRun(self) { [self] in
            try run(node)
            return StatementSummary()
        }
    }

    private func run(_ node: TransactionStatement) throws {
        switch node {
        case .start(let withSnapshot, let readOnly):
            let (isolation, isReadOnlyByDefault) = (isolationOnce, readsOnlyByDefault)
            try commit()
            unlockTables()
            isolationOnce = isolation
            isExplicit = true
            isReadOnly = readOnly ?? isReadOnlyByDefault
            if withSnapshot { try openSnapshot() }
        case .commit(let completion):
            let next = chained(completion)
            try commit()
            begin(next)
        case .rollback(let completion):
            let next = chained(completion)
            rollBack()
            begin(next)
        case .savepoint(let name): try setSavepoint(name.name)
        case .rollbackTo(let name): try rollBack(to: name.name)
        case .release(let name): try releaseSavepoint(name.name)
        case .lockTables: break
        case .unlockTables:
            if lockedTables != nil { try commit() }
            unlockTables()
        }
    }

    /// What the next transaction takes over when this one ends AND CHAIN; nil when none begins.
    private func chained(
        _ completion: TransactionStatement.Completion
    ) -> (isolation: String?, isReadOnly: Bool)? {
        let isChain = completion.chain ?? (text("completion_type").uppercased() == "CHAIN")
        return isChain ? (isolationOnce, isReadOnly) : nil
    }

    private func begin(_ next: (isolation: String?, isReadOnly: Bool)?) {
        guard let next else { return }
        isExplicit = true
        isolationOnce = next.isolation
        isReadOnly = next.isReadOnly
    }

    private func openSnapshot() throws {
        let open = try beginRead()
        prime(open, cancellation: CancellationFlag())
        _ = try open.sqlite.rows("SELECT version FROM boreal_version")
        endRead(open)
    }

    /// A query of its own began to read tables: it is the transaction that SET TRANSACTION was
    /// said for.
    func useUpCharacteristics() {
        guard isolationOnce != nil || readOnlyOnce != nil, !isInsideTransaction else { return }
        isolationOnce = nil
        readOnlyOnce = nil
    }

    // MARK: - Savepoints

    private func setSavepoint(_ name: String) throws {
        guard isInsideTransaction else { return }
        beginImplicitly()
        let key = name.asciiLowercased
        savepoints.removeAll { $0 == key }
        savepoints.append(key)
        if let connection, hasWritten {
            try connection.sqlite.execute("SAVEPOINT \(key.sqlQuoted)")
        }
    }

    private func rollBack(to name: String) throws {
        let key = name.asciiLowercased
        guard let place = savepoints.lastIndex(of: key) else {
            throw TableError.savepointMissing(name)
        }
        savepoints.removeSubrange((place + 1)...)
        if let connection, hasWritten {
            try connection.sqlite.execute("ROLLBACK TO \(key.sqlQuoted)")
            restoreTemporaryTables()
        }
    }

    private func releaseSavepoint(_ name: String) throws {
        let key = name.asciiLowercased
        guard let place = savepoints.lastIndex(of: key) else {
            throw TableError.savepointMissing(name)
        }
        savepoints.removeSubrange(place...)
        if let connection, hasWritten { try connection.sqlite.execute("RELEASE \(key.sqlQuoted)") }
    }
}
