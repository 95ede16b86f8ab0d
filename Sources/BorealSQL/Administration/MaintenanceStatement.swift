/// `KILL [CONNECTION | QUERY] id`.
public struct Kill: Equatable, Sendable {
    /// `QUERY`: the statement ends, the connection stays.
    public var isQuery: Bool = false
    /// The connection's number: an integer, a variable or a placeholder.
    public var connection: Expression

    /// Makes one from its parts.
    public init(isQuery: Bool = false, connection: Expression) {
        self.isQuery = isQuery
        self.connection = connection
    }
}

/// `ALTER INSTANCE RELOAD TLS [FOR CHANNEL mysql_main] [NO ROLLBACK ON ERROR]`.
public struct AlterInstance: Equatable, Sendable {
    /// False for `NO ROLLBACK ON ERROR`: files that cannot be used end TLS for new connections.
    public var rollsBack: Bool = true

    /// Makes one from its parts.
    public init(rollsBack: Bool = true) { self.rollsBack = rollsBack }
}

/// `{CHECK | ANALYZE | OPTIMIZE | REPAIR | CHECKSUM} TABLE t, u [options]`.
public struct TableMaintenance: Equatable, Sendable {
    /// What is done.
    public enum Action: String, Sendable {
        /// Looks for damage.
        case check = "check"
        /// Counts for the planner.
        case analyze = "analyze"
        /// Rewrites.
        case optimize = "optimize"
        /// Mends.
        case repair = "repair"
        /// Digests.
        case checksum = "checksum"
    }

    /// What is done.
    public var action: Action
    /// To which tables.
    public var tables: [ObjectName]
    /// Words behind the tables, upper case: `EXTENDED`, `QUICK`.
    public var options: [String] = []

    /// Makes one from its parts.
    public init(action: Action, tables: [ObjectName], options: [String] = []) {
        self.action = action
        self.tables = tables
        self.options = options
    }
}

/// `FLUSH [NO_WRITE_TO_BINLOG | LOCAL] what, what`.
public struct Flush: Equatable, Sendable {
    /// What is flushed, upper case: `TABLES`, `PRIVILEGES`, `LOGS`, `STATUS`.
    public var targets: [String]
    /// The tables of `FLUSH TABLES t, u`.
    public var tables: [ObjectName] = []
    /// `FLUSH TABLES ... WITH READ LOCK`.
    public var withReadLock: Bool = false

    /// Makes one from its parts.
    public init(targets: [String], tables: [ObjectName] = [], withReadLock: Bool = false) {
        self.targets = targets
        self.tables = tables
        self.withReadLock = withReadLock
    }
}

/// `PREPARE name FROM {'text' | @variable}`.
public struct PrepareStatement: Equatable, Sendable {
    /// Where the text comes from.
    public enum Source: Equatable, Sendable {
        /// In place.
        case text(String)
        /// The value of a user variable, without the sign.
        case variable(String)
    }

    /// The statement's name.
    public var name: Identifier
    /// Its text.
    public var source: Source

    /// Makes one from its parts.
    public init(name: Identifier, source: Source) {
        self.name = name
        self.source = source
    }
}

/// `EXECUTE name [USING @a, @b]`, and MariaDB's `EXECUTE IMMEDIATE 'text' [USING @a, @b]`.
public struct ExecuteStatement: Equatable, Sendable {
    /// The statement's name.
    public var name: Identifier
    /// User variables, without the sign.
    public var variables: [String] = []
    /// The text of IMMEDIATE, which no name stands for.
    public var immediate: PrepareStatement.Source?

    /// Makes one from its parts.
    public init(
        name: Identifier,
        variables: [String] = [],
        immediate: PrepareStatement.Source? = nil
    ) {
        self.name = name
        self.variables = variables
        self.immediate = immediate
    }
}

/// `CALL name(arguments)`.
public struct CallStatement: Equatable, Sendable {
    /// The procedure.
    public var name: ObjectName
    /// The arguments.
    public var arguments: [Expression] = []

    /// Makes one from its parts.
    public init(name: ObjectName, arguments: [Expression] = []) {
        self.name = name
        self.arguments = arguments
    }
}
