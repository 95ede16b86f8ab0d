import BorealBase
import BorealSQLite
import CKernels

/// Finds the rows of a table that come first by DISTANCE, for `ORDER BY ... LIMIT`.
///
/// It runs inside the statement that asks, on its connection and in its snapshot. What it answers
/// is what sorting all rows would: a copy in memory only spares reading them.
struct NearestSearch {
    let sqlite: SQLiteConnection
    let cache: VectorCache
    /// The session changes rows in this transaction: what it reads now is not worth a copy, and not
    /// yet finished.
    let hasWritten: Bool
    /// The table's name inside SQLite, and the column.
    let storage: String
    let column: String
    /// The vector to compare with; nil when every distance is NULL.
    let query: [UInt8]?
    let metric: VectorMetric
    let limit: Int
    let isDescending: Bool

    /// The rowids, in no particular order.
    ///
    /// - Throws: `SQLiteError`; `TableError.vectorsDiffer` for a row of another width,
    ///   `TableError.interrupted` and `executionTimeout`.
    func rowIDs() throws -> [Int64] {
        guard let query else {
            let sql = "SELECT _rowid_ FROM \(storage.sqlQuoted) LIMIT ?"
            return try sqlite.rows(sql, [.integer(Int64(limit))]).compactMap { $0.first?.integer }
        }
        var list = NearestRows(limit: limit, isDescending: isDescending)
        let sql = "SELECT version FROM boreal_vectors WHERE storage = ?"
        let version = try sqlite.rows(sql, [.text(storage)]).first?.first?.integer
        let key = version.map { VectorCache.Key(storage: storage, column: column, version: $0) }
        if let key, let matrix = cache.matrix(key),
            matrix.width == query.count / VectorText.numberBytes
        {
            guard matrix.search(query, metric, into: &list, checkpoint: { !isOver }) else {
                throw ended
            }
            return list.rowIDs
        }
        guard let key, !hasWritten, cache.begin(key) else {
            _ = try scan(query, &list, copying: nil)
            return list.rowIDs
        }
        var made: VectorMatrix?
        defer { cache.finish(key, made) }
        made = try scan(
            query,
            &list,
            copying: VectorMatrix(width: query.count / VectorText.numberBytes)
        )
        return list.rowIDs
    }

    private var isOver: Bool { sqlite.cancellation?.isCancelled == true || sqlite.isPastDeadline }
    private var ended: TableError {
        sqlite.cancellation?.isCancelled == true ? .interrupted : .executionTimeout
    }

    /// Reads the table; the copy that was made on the way, unless it became too large.
    private func scan(
        _ query: [UInt8],
        _ list: inout NearestRows,
        copying matrix: VectorMatrix?
    ) throws -> VectorMatrix? {
        var matrix = matrix
        let bytesMax = cache.bytesMax
        let rows = try sqlite.statement(
            "SELECT _rowid_, \(column.sqlQuoted) FROM \(storage.sqlQuoted)"
        )
        defer { sqlite.giveBack(rows) }
        let width = query.count / VectorText.numberBytes
        while try rows.step() {
            let rowID = rows.int64(0)
            if let copy = matrix, copy.bytesAfterNext > bytesMax { matrix = nil }
            guard !rows.isNull(1) else {
                list.add(rowID, nil)
                matrix?.append(rowID, nil)
                continue
            }
            let vector = rows.blobBytes(1)
            guard vector.count == query.count else {
                throw TableError.vectorsDiffer(width, vector.count / VectorText.numberBytes)
            }
            let distance = query.withUnsafeBytes { query in
                boreal_vector_distance(
                    query.baseAddress,
                    vector.baseAddress,
                    Int32(width),
                    metric.rawValue
                )
            }
            list.add(rowID, distance)
            matrix?.append(rowID, vector)
        }
        return matrix
    }
}

extension FunctionRegistry {
    /// Registers `b_nearest(storage, column, vector, metric, limit, descending)`: a JSON array of
    /// rowids.
    func addNearest() throws(SQLiteError) {
        let context = context
        // The connection owns the function, so it must not own the connection.
        unowned let sqlite = database
        try addRaw("b_nearest", 6, isDeterministic: false) { call in
            guard let session = context.session else { return call.resultNull() }
            var query: [UInt8]?
            var metric = VectorMetric.cosine
            if !call.isNull(2), !call.isNull(3) {
                guard let known = VectorMetric(call.bytes(3)) else {
                    return context.fail(call, .unknownMetric(VectorText.quoted(call.bytes(3))))
                }
                guard let vector = context.vector(call, 2) else { return }
                (query, metric) = (Array(vector), known)
            }
            let search = NearestSearch(
                sqlite: sqlite,
                cache: session.store.vectorCache,
                hasWritten: session.hasWritten,
                storage: call.text(0),
                column: call.text(1),
                query: query,
                metric: metric,
                limit: call.int(4),
                isDescending: call.int(5) == 1
            )
            do {
                let rowIDs = try search.rowIDs()
                call.result("[" + rowIDs.map(String.init).joined(separator: ",") + "]")
            } catch let error as TableError {
                context.fail(call, error)
            } catch {
                // Most likely the statement was interrupted, which it then says itself.
                call.fail("\(error)")
            }
        }
    }
}
