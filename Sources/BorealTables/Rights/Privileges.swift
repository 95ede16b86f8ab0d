/// MySQL's static privileges as a set.
public struct Privileges: OptionSet, Hashable, Sendable {
    /// One bit a privilege, in the order of `words`.
    public let rawValue: UInt64

    /// A set from its bits.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    private init(_ place: Int) { rawValue = 1 << UInt64(place) }

    /// `SELECT`.
    public static let select = Privileges(0)
    /// `INSERT`.
    public static let insert = Privileges(1)
    /// `UPDATE`.
    public static let update = Privileges(2)
    /// `DELETE`.
    public static let delete = Privileges(3)
    /// `CREATE`.
    public static let create = Privileges(4)
    /// `DROP`.
    public static let drop = Privileges(5)
    /// `RELOAD`.
    public static let reload = Privileges(6)
    /// `SHUTDOWN`.
    public static let shutdown = Privileges(7)
    /// `PROCESS`.
    public static let process = Privileges(8)
    /// `FILE`.
    public static let file = Privileges(9)
    /// `REFERENCES`.
    public static let references = Privileges(10)
    /// `INDEX`.
    public static let index = Privileges(11)
    /// `ALTER`.
    public static let alter = Privileges(12)
    /// `SHOW DATABASES`.
    public static let showDatabases = Privileges(13)
    /// `SUPER`.
    public static let superuser = Privileges(14)
    /// `CREATE TEMPORARY TABLES`.
    public static let createTemporaryTables = Privileges(15)
    /// `LOCK TABLES`.
    public static let lockTables = Privileges(16)
    /// `EXECUTE`.
    public static let execute = Privileges(17)
    /// `REPLICATION SLAVE`.
    public static let replicationSlave = Privileges(18)
    /// `REPLICATION CLIENT`.
    public static let replicationClient = Privileges(19)
    /// `CREATE VIEW`.
    public static let createView = Privileges(20)
    /// `SHOW VIEW`.
    public static let showView = Privileges(21)
    /// `CREATE ROUTINE`.
    public static let createRoutine = Privileges(22)
    /// `ALTER ROUTINE`.
    public static let alterRoutine = Privileges(23)
    /// `CREATE USER`.
    public static let createUser = Privileges(24)
    /// `EVENT`.
    public static let event = Privileges(25)
    /// `TRIGGER`.
    public static let trigger = Privileges(26)
    /// `CREATE TABLESPACE`.
    public static let createTablespace = Privileges(27)
    /// `CREATE ROLE`.
    public static let createRole = Privileges(28)
    /// `DROP ROLE`.
    public static let dropRole = Privileges(29)
    /// May give away what it holds; no part of ALL.
    public static let grantOption = Privileges(30)

    /// What ALL means on `*.*`.
    public static let all = Privileges(rawValue: (1 << 30) - 1)
    /// What ALL means on `d.*`, and what makes a database visible.
    public static let ofDatabases: Privileges = [
        .select, .insert, .update, .delete, .create, .drop, .references, .index, .alter,
        .createTemporaryTables, .lockTables, .execute, .createView, .showView, .createRoutine,
        .alterRoutine, .event, .trigger,
    ]
    /// What ALL means on `d.t`, and what makes a table visible.
    public static let ofTables: Privileges = [
        .select, .insert, .update, .delete, .create, .drop, .references, .index, .alter,
        .createView, .showView, .trigger,
    ]

    /// MySQL's words in MySQL's order; the place is the bit.
    public static let words = [
        "SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "RELOAD", "SHUTDOWN", "PROCESS",
        "FILE", "REFERENCES", "INDEX", "ALTER", "SHOW DATABASES", "SUPER",
        "CREATE TEMPORARY TABLES", "LOCK TABLES", "EXECUTE", "REPLICATION SLAVE",
        "REPLICATION CLIENT", "CREATE VIEW", "SHOW VIEW", "CREATE ROUTINE", "ALTER ROUTINE",
        "CREATE USER", "EVENT", "TRIGGER", "CREATE TABLESPACE", "CREATE ROLE", "DROP ROLE",
        "GRANT OPTION",
    ]

    private static let places = Dictionary(
        uniqueKeysWithValues: words.enumerated().map { ($1, $0) }
    )

    /// The privilege of that word in upper case; nil for any other word.
    public init?(word: String) {
        guard let place = Self.places[word] else { return nil }
        self.init(place)
    }

    /// The words of those held, in MySQL's order.
    public var words: [String] {
        Self.words.indices.filter { rawValue >> UInt64($0) & 1 == 1 }.map { Self.words[$0] }
    }

    /// The word of the first one held, as errors name it.
    var word: String { words.first ?? "USAGE" }
}
