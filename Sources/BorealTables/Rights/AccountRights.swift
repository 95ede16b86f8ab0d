public import BorealBase

/// What the account of a session may do, as a value: the engine makes it from the registry and
/// gives the session a new one when the account's rights changed.
public struct AccountRights: Sendable, Equatable {
    /// The user's name, for messages.
    public var user: String
    /// The account's host, for messages about databases.
    public var host: String
    /// Where the client is, for messages about tables.
    public var clientHost: String
    /// Held on `*.*`.
    public var server: Privileges = []
    /// Privileges beyond MySQL's static ones that are held on `*.*`, upper case.
    public var dynamic: Set<String> = []
    /// Held on `d.*`. As in MySQL `%` and `_` in a name stand for other characters.
    public private(set) var databases: [String: Privileges] = [:]
    /// Held on `d.t`, by database and table.
    public private(set) var tables: [String: [String: Privileges]] = [:]
    /// Names of models that it may ask for predictions, lower case; all of them with `PREDICT`
    /// among `dynamic`.
    public var models: Set<String> = []
    /// Names of `databases` that hold a wildcard, the most exact one first.
    private var patterns: [(name: String, pattern: LikePattern)] = []
    /// True when nothing about databases and tables has to be asked.
    private(set) var isUnlimited = false

    /// An account without any right.
    public init(user: String, host: String, clientHost: String) {
        self.user = user
        self.host = host
        self.clientHost = clientHost
    }

    /// Everything: what a session has that no account stands behind.
    public static let unlimited: AccountRights = {
        var rights = AccountRights(user: "root", host: "localhost", clientHost: "localhost")
        rights.setServer(Privileges.all.union(.grantOption))
        rights.dynamic = dynamicWords
        return rights
    }()

    /// Sets what is held on `*.*`.
    public mutating func setServer(_ privileges: Privileges) {
        server = privileges
        isUnlimited = privileges.isSuperset(of: .all)
    }

    /// Adds to what is held on a database.
    public mutating func add(_ privileges: Privileges, database name: String) {
        databases[name, default: []].formUnion(privileges)
        guard name.contains(where: { $0 == "%" || $0 == "_" }),
            !patterns.contains(where: { $0.name == name })
        else { return }
        var text = name
        let pattern = text.withUTF8 {
            LikePattern(UnsafeRawBufferPointer($0), escape: 0x5C, isFolding: false)
        }
        patterns.append((name, pattern))
        // MySQL takes the most exact entry: the one with most characters in front of a wildcard.
        patterns.sort { Self.exactness($0.name) > Self.exactness($1.name) }
    }

    private static func exactness(_ pattern: String) -> Int {
        pattern.prefix { $0 != "%" && $0 != "_" }.utf8.count
    }

    /// Adds to what is held on a table.
    public mutating func add(_ privileges: Privileges, database: String, table: String) {
        tables[database, default: [:]][table, default: []].formUnion(privileges)
    }

    /// True when both may do the same in the same name.
    public static func == (left: AccountRights, right: AccountRights) -> Bool {
        left.user == right.user && left.host == right.host && left.clientHost == right.clientHost
            && left.server == right.server && left.dynamic == right.dynamic
            && left.databases == right.databases && left.tables == right.tables
            && left.models == right.models
    }

    /// The privileges beyond MySQL's static ones that this server knows. `PREDICT` is that on every
    /// model; the others are about the server.
    public static let dynamicWords: Set<String> = [
        "CONNECTION_ADMIN", "MODEL_ADMIN", "PREDICT", "SYSTEM_ADMIN", "SYSTEM_VARIABLES_ADMIN",
        "UPSTREAM",
    ]

    // MARK: - Questions

    /// What is held on a database, on everything included.
    public func held(on database: String) -> Privileges {
        if let exact = databases[database] { return server.union(exact) }
        let found = patterns.first { $0.pattern.matches(database) }
        return server.union(found.flatMap { databases[$0.name] } ?? [])
    }

    /// What is held on all that the name of a database in a GRANT stands for. Of a pattern that is
    /// what is held on everything, and by the very same pattern: `a_b` is no right on `a%`.
    public func held(onPattern name: String) -> Privileges {
        if let plain = Self.plain(name) { return held(on: plain) }
        return server.union(databases[name] ?? [])
    }

    /// The one name that a pattern stands for; nil when it holds a wildcard.
    private static func plain(_ pattern: String) -> String? {
        var plain = String.UnicodeScalarView()
        var isEscaped = false
        for scalar in pattern.unicodeScalars {
            if !isEscaped, scalar == "%" || scalar == "_" { return nil }
            isEscaped = !isEscaped && scalar == "\\"
            if !isEscaped { plain.append(scalar) }
        }
        return String(plain)
    }

    /// What is held on a table, on its database and on everything included.
    public func held(on database: String, _ table: String) -> Privileges {
        held(on: database).union(tables[database]?[table] ?? [])
    }

    /// True when a database may be made current and is listed.
    public func sees(database: String) -> Bool {
        isUnlimited || !held(on: database).isDisjoint(with: .ofDatabases)
            || tables[database]?.isEmpty == false || SystemTables.open.contains(database)
    }

    /// True when a table is listed and described.
    public func sees(_ database: String, _ table: String) -> Bool {
        isUnlimited || !held(on: database, table).isDisjoint(with: .ofTables)
            || SystemTables.open.contains(database)
    }

    /// True when one of these is held on everything.
    public func holdsAny(_ privileges: Privileges, _ words: String...) -> Bool {
        !server.isDisjoint(with: privileges) || words.contains { dynamic.contains($0) }
    }

    // MARK: - Demands

    /// - Throws: 1044 unless a database may be used at all.
    public func check(database: String) throws {
        guard sees(database: database) else { throw denied(database) }
    }

    /// - Throws: 1044 unless all of these are held on a database.
    public func check(_ privileges: Privileges, on database: String) throws {
        guard isUnlimited || held(on: database).isSuperset(of: privileges) else {
            throw denied(database)
        }
    }

    /// - Throws: 1142 with the first of these that is not held on a table.
    public func check(_ privileges: Privileges, on database: String, _ table: String) throws {
        if isUnlimited { return }
        let missing = privileges.subtracting(held(on: database, table))
        guard missing.isEmpty else { throw denied(missing.word, table) }
    }

    /// - Parameter command: what the error calls the attempt.
    /// - Throws: 1142 unless a table is listed.
    public func check(command: String, sees database: String, _ table: String) throws {
        guard sees(database, table) else { throw denied(command, table) }
    }

    /// - Parameter needed: the words that the error names.
    /// - Throws: 1227 unless one of these is held on everything.
    public func checkAny(_ privileges: Privileges, _ words: [String], needed: String) throws {
        guard !server.isDisjoint(with: privileges) || words.contains(where: dynamic.contains) else {
            throw TableError.rights(.server(needed: needed))
        }
    }

    private func denied(_ database: String) -> TableError {
        .rights(.database(user: user, host: host, database: database))
    }

    private func denied(_ command: String, _ table: String) -> TableError {
        .rights(.table(command: command, user: user, host: clientHost, table: table))
    }
}

/// What an account may not do.
public enum RightsProblem: Error, Equatable, Sendable {
    /// Nothing with a database, or not this.
    case database(user: String, host: String, database: String)
    /// Not this with a table.
    case table(command: String, user: String, host: String, table: String)
    /// Something that is about the server as a whole.
    case server(needed: String)

    /// Its number.
    public var code: ServerErrorCode {
        switch self {
        case .database: .databaseAccessDenied
        case .table: .tableAccessDenied
        case .server: .accessRightNeeded
        }
    }

    /// Its sentence.
    public var message: String {
        switch self {
        case .database(let user, let host, let database):
            "Access denied for user '\(user)'@'\(host)' to database '\(database)'"
        case .table(let command, let user, let host, let table):
            "\(command) command denied to user '\(user)'@'\(host)' for table '\(table)'"
        case .server(let needed):
            "Access denied; you need (at least one of) the \(needed) privilege(s) for this "
                + "operation"
        }
    }
}
