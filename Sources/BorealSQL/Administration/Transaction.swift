/// The statements that begin and end transactions and hold tables.
public enum TransactionStatement: Equatable, Sendable {
    /// `START TRANSACTION`, `BEGIN [WORK]`.
    case start(withConsistentSnapshot: Bool, isReadOnly: Bool?)
    /// `COMMIT [WORK] [AND [NO] CHAIN] [[NO] RELEASE]`.
    case commit(Completion)
    /// `ROLLBACK` with the same.
    case rollback(Completion)
    /// `SAVEPOINT name`.
    case savepoint(Identifier)
    /// `ROLLBACK [WORK] TO [SAVEPOINT] name`.
    case rollbackTo(Identifier)
    /// `RELEASE SAVEPOINT name`.
    case release(Identifier)
    /// `LOCK TABLES t READ, u AS a WRITE`.
    case lockTables([TableLock])
    /// `UNLOCK TABLES`.
    case unlockTables

    /// What follows the end of a transaction; nil means what `completion_type` says.
    public struct Completion: Equatable, Sendable {
        /// `AND CHAIN` true, `AND NO CHAIN` false.
        public var chain: Bool? = nil
        /// `RELEASE` true, `NO RELEASE` false.
        public var release: Bool? = nil

        /// Makes one from its parts.
        public init(chain: Bool? = nil, release: Bool? = nil) {
            self.chain = chain
            self.release = release
        }
    }
}

/// One table of `LOCK TABLES`.
public struct TableLock: Equatable, Sendable {
    /// The table.
    public var table: ObjectName
    /// Its name in the following statements.
    public var alias: Identifier? = nil
    /// `WRITE`; else `READ`.
    public var isWrite: Bool
    /// `READ LOCAL`.
    public var isLocal: Bool = false

    /// Makes one from its parts.
    public init(table: ObjectName, alias: Identifier? = nil, isWrite: Bool, isLocal: Bool = false) {
        self.table = table
        self.alias = alias
        self.isWrite = isWrite
        self.isLocal = isLocal
    }
}

/// `SET [GLOBAL | SESSION] TRANSACTION ...`.
public struct SetTransaction: Equatable, Sendable {
    /// What a transaction sees of others.
    public enum Isolation: String, Sendable {
        /// `READ UNCOMMITTED`.
        case readUncommitted = "READ-UNCOMMITTED"
        /// `READ COMMITTED`.
        case readCommitted = "READ-COMMITTED"
        /// `REPEATABLE READ`.
        case repeatableRead = "REPEATABLE-READ"
        /// `SERIALIZABLE`.
        case serializable = "SERIALIZABLE"
    }

    /// `unspecified` means the next transaction only.
    public var scope: SystemVariable.Scope = .unspecified
    /// `ISOLATION LEVEL`.
    public var isolation: Isolation? = nil
    /// `READ ONLY` true, `READ WRITE` false.
    public var isReadOnly: Bool? = nil

    /// Makes one from its parts.
    public init(
        scope: SystemVariable.Scope = .unspecified,
        isolation: Isolation? = nil,
        isReadOnly: Bool? = nil
    ) {
        self.scope = scope
        self.isolation = isolation
        self.isReadOnly = isReadOnly
    }
}
