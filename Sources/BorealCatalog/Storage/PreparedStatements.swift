import BorealSQLite

/// The writing connection with every statement it ever ran, compiled.
///
/// The catalog has a few dozen fixed texts, so nothing is ever thrown away. One thread at a time.
final class PreparedStatements {
    let connection: SQLiteConnection
    private var known: [String: SQLiteStatement] = [:]

    init(_ connection: SQLiteConnection) { self.connection = connection }

    /// Runs one statement with these values to its end.
    func run(_ sql: String, _ values: [SQLiteValue] = []) throws(SQLiteError) {
        let statement: SQLiteStatement
        if let prepared = known[sql] {
            statement = prepared
        } else {
            statement = try connection.prepare(sql)
            known[sql] = statement
        }
        // Bindings may hold megabytes, and a statement that is not reset holds a lock.
        defer {
            statement.reset()
            statement.clearBindings()
        }
        try statement.bind(values)
        while try statement.step() {}
    }
}
