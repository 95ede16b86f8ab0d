import BorealBase
import BorealSQLite

/// How much a table holds. Rows are counted; bytes are reckoned from them and the columns' types,
/// as InnoDB's figures are estimates too.
struct TableSize {
    /// Rows; nil when nobody reads it.
    private(set) var rows: Int?
    /// The value the next row gets, or NULL.
    private(set) var autoIncrement = TableValue.null
    private let rowBytes: Int
    private let indexCount: Int

    /// InnoDB's page: what lengths are multiples of.
    private static let pageBytes = 16_384

    init(_ table: StoredTable, _ request: SystemRequest) throws {
        rowBytes = table.columns.reduce(20) { $0 + min(max($1.type.columnType.length, 4), 64) }
        indexCount = table.indexes.count { $0.kind != .primary }
        guard request.needsCounts else { return }
        rows = try Self.rows(table, request.connection)
        guard table.autoIncrementColumn != nil else { return }
        let next = try request.session.store.autoIncrement(table, request.connection)
        autoIncrement = .unsigned(next)
    }

    /// The number of rows as the statement sees them.
    static func rows(_ table: StoredTable, _ connection: PooledConnection) throws -> Int {
        let sql = "SELECT count(*) FROM \(table.storageName.sqlQuoted)"
        return Int(clamping: try connection.sqlite.rows(sql).first?.first?.integer ?? 0)
    }

    /// TABLE_ROWS, AVG_ROW_LENGTH, DATA_LENGTH, MAX_DATA_LENGTH, INDEX_LENGTH, DATA_FREE.
    var cells: [TableValue] {
        guard let rows else { return Array(repeating: .integer(0), count: 6) }
        let data = Self.pages(rows * rowBytes)
        let indexes = indexCount * Self.pages(rows * 16)
        return [
            .count(rows), .count(rows == 0 ? 0 : data / rows), .count(data), .integer(0),
            .count(indexes), .integer(0),
        ]
    }

    private static func pages(_ bytes: Int) -> Int {
        max(1, (bytes + pageBytes - 1) / pageBytes) * pageBytes
    }
}

/// How many different values the columns of a key have, for the optimizer's sake in MySQL and for
/// the reader's here.
struct KeyCardinality {
    /// Entries that are looked at.
    private static let sampleMax = 20_000

    /// - Returns: different values of the first columns of the key, one number for each of them.
    static func values(
        _ index: StoredIndex,
        of table: StoredTable,
        _ connection: PooledConnection
    ) throws -> [Int] {
        assert(!table.isView, "a view has no keys")
        let rows = try TableSize.rows(table, connection)
        let names = index.parts.map(\.column.sqlQuoted)
        return try names.indices.map { place in
            if rows == 0 || (index.isUnique && place == names.count - 1) { return rows }
            let list = names[...place].joined(separator: ", ")
            let sample =
                "SELECT \(list) FROM \(table.storageName.sqlQuoted) "
                + "ORDER BY \(list) LIMIT \(sampleMax)"
            let sql = "SELECT count(*) FROM (SELECT DISTINCT * FROM (\(sample)))"
            let found = Int(clamping: try connection.sqlite.rows(sql).first?.first?.integer ?? 0)
            return rows <= sampleMax ? found : found * (rows / sampleMax)
        }
    }
}
