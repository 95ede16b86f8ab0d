import CSQLite

/// What all connections of the process may hold together, in memory and in files without a name.
///
/// SQLite counts its own allocations: page caches, values of rows under way, sorts and interim
/// tables until they move to a file. An allocation beyond the bound fails, and with it the
/// statement that asked (`SQLiteError.isOutOfMemory`); caches shrink before that.
public enum SQLiteMemory {
    /// Bytes that all connections may hold together; 0 for no bound.
    public static var bytesMax: Int { Int(sqlite3_hard_heap_limit64(-1)) }
    /// Bytes they hold now.
    public static var bytesUsed: Int { Int(sqlite3_memory_used()) }

    /// Bounds the memory of all connections, for those open already too.
    public static func limit(bytes: Int) {
        sqlite3_hard_heap_limit64(Int64(bytes))
        // From here on caches recycle their own pages rather than grow.
        sqlite3_soft_heap_limit64(Int64(bytes / 4 * 3))
    }

    /// The folder of files for sorts and interim tables, which have no name there: they go with
    /// their statement, also when the process is killed.
    public static func keepInterimFiles(in folder: String) { boreal_sqlite_temp_folder(folder) }
}
