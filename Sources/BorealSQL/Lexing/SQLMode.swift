/// The members of `sql_mode` that change what a text means; the others belong to the engine.
public struct SQLMode: OptionSet, Sendable {
    /// One bit a mode.
    public let rawValue: UInt8

    /// A set from its bits.
    @inlinable
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// `ANSI_QUOTES`: double quotes enclose names, not strings.
    public static let ansiQuotes = SQLMode(rawValue: 1)
    /// `PIPES_AS_CONCAT`: `||` joins strings.
    public static let pipesAsConcat = SQLMode(rawValue: 2)
    /// `NO_BACKSLASH_ESCAPES`: a backslash in a string is itself.
    public static let noBackslashEscapes = SQLMode(rawValue: 4)
    /// `HIGH_NOT_PRECEDENCE`: `NOT` binds as tightly as `!`.
    public static let highNotPrecedence = SQLMode(rawValue: 8)
    /// `REAL_AS_FLOAT`: `REAL` is `FLOAT`.
    public static let realAsFloat = SQLMode(rawValue: 16)
    /// No mode of `sql_mode`: the server calls itself MariaDB, and reads the comments that are
    /// meant for one.
    public static let mariaDB = SQLMode(rawValue: 32)

    /// Whether `/*!NNNNN ... */` (`/*M!NNNNN ... */` when `isMariaDBOnly`) is meant for this
    /// server.
    func reads(version: Int, isMariaDBOnly: Bool) -> Bool {
        guard contains(.mariaDB) else { return version <= SyntaxLimits.versionNumber }
        // What MySQL added from 5.7 on is not for MariaDB, whose own numbers begin at 10.0.
        if !isMariaDBOnly, version >= 50_700, version < 100_000 { return false }
        return version <= SyntaxLimits.mariaDBVersionNumber
    }
}

/// Bounds of the grammar that no other part of the server shares; see `Limits` for those that it
/// does.
public enum SyntaxLimits {
    /// Operators of one left-associative chain (`a + b - c ...`), tables of one join, blocks of one
    /// `UNION`: each adds a level to the tree. Chains of `AND` and `OR` are balanced and unbounded.
    public static let chainMax = 1_000
    /// Comments with optimizer hints that are read in one statement; more are plain comments.
    public static let hintCommentsMax = 64
    /// The version that comments such as `/*!80036 ... */` are compared with.
    public static let versionNumber = 80_036
    /// The same when the server calls itself MariaDB.
    public static let mariaDBVersionNumber = 101_119
    /// Bytes of a task's id.
    public static let taskIDBytesMax = 64
    /// Placeholders of one statement; the wire counts them in 16 bits.
    public static let placeholdersMax = 65_535
    /// Calls of functions of models in one statement over tables of another server.
    public static let modelCallsMax = 1_000
    /// Arguments of all of them: columns of a result of MySQL's.
    public static let modelArgumentsMax = 4_096
}
