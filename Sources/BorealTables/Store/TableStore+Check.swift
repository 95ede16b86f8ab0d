import BorealSQLite

extension TableStore {
    /// What is wrong with a file of tables, one line each; also while a server uses it.
    public static func check(path: String) -> [String] {
        do {
            let connection = try SQLiteConnection(.file(path), options: SQLiteConnection.Options())
            // Keys are in the order of our collations, some of them over our functions.
            try FunctionLibrary.install(connection, FunctionContext())
            return try connection.rows("PRAGMA integrity_check(100)")
                .compactMap { $0.first?.text }
                .filter { $0 != "ok" }
        } catch {
            return ["the file cannot be read: \(error.message)"]
        }
    }
}
