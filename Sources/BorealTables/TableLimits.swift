/// Bounds of embedded tables beyond those of `Limits`.
public enum TableLimits {
    /// Levels of an expression's tree; a chain of operators is one level each.
    public static let expressionDepthMax = 130
    /// Rows handled between two looks at the clock and the cancellation flag.
    public static let rowsBetweenChecks = 256
    /// Milliseconds that a change works before it gives the worker back.
    public static let sliceMilliseconds: UInt64 = 20
    /// Rows of a VALUES list that are asked about together, where their values are a remote
    /// model's.
    static let rowsAskedAhead = 256
    /// Bytes of rows a change may hold in memory while it collects what to change.
    public static let changeBytesMax = 512 << 20
    /// Prepared plans kept by a store.
    public static let plansMax = 1_024
    /// Plans of lookups in text form kept by a session.
    public static let lookupsMax = 64
    /// Idle connections kept by a store.
    public static let idleConnectionsMax = 16
    /// Bytes of a text that REPEAT, LPAD and their like may make.
    public static let textBytesMax = 64 << 20
    /// User variables of one session.
    public static let userVariablesMax = 10_000
    /// Bytes that the user variables of one session hold together.
    public static let userVariablesBytesMax = 256 << 20
    /// Characters of the name of GET_LOCK.
    public static let lockNameMax = 64
    /// Waits and locks of one query that begins anew after each wait.
    public static let answersMax = 1_000
    /// Warnings kept of one statement.
    public static let warningsMax = 1_024
    /// Bytes of one line of LOAD DATA.
    public static let loadLineBytesMax = 64 << 20
    /// Bytes of answers of a batched call that one statement keeps in memory.
    public static let memoBytesMax = 64 << 20
    /// Rows that a pass looks at before it gives the worker back.
    public static let memoRowsVisitedMax = 65_536
    /// Rows that a streamed batched call is asked about at once.
    public static let streamRows = 2_048
    /// Rows that a search over vectors finds without sorting all.
    public static let nearestRowsMax: UInt64 = 10_000
    /// Groups of a GROUP BY by hashing; beyond, SQLite sorts.
    public static let groupsMax = 100_000
    /// Bytes of keys of a GROUP BY by hashing.
    public static let groupBytesMax = 64 << 20
    /// Different texts of a key that are compared with each other for want of a folded form.
    public static let groupTextsMax = 2_000
    /// Rows that a GROUP BY takes between two looks at the clock.
    public static let groupRowsBetweenChecks = 4_096
    /// Arguments that a function inside SQLite takes; wider calls travel in packs.
    public static let functionArgumentsMax = 100
    /// Tables of one FROM, as in MySQL.
    public static let joinedTablesMax = 61
    /// Expressions that WITH ROLLUP takes.
    public static let rollupMax = 32
    /// Rows for each iteration that a recursive table without ALL may yield: its iterations cannot
    /// be counted.
    public static let recursionRowsMax = 1_000
    /// Bytes of a pattern of REGEXP.
    public static let patternBytesMax = 4_096
}
