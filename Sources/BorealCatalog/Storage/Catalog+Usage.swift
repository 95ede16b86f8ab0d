import BorealBase
import BorealSQLite

extension Catalog {
    /// The newest sums of usage, by hour, user, model and provider. Read from the disk: nobody
    /// but the start needs all of them.
    ///
    /// - Throws: `CatalogError.database`.
    public func storedUsage(limit: Int) throws(CatalogError) -> [UsageRecord] {
        try catching { () throws(SQLiteError) in
            let connection = try SQLiteConnection(.readOnly(layout.catalog))
            var errors: [String: [String: Int]] = [:]
            for row in try connection.rows(
                "SELECT hour, user, model, provider, code, count FROM usage_errors"
            ) {
                errors[Self.place(row), default: [:]][row[4].text ?? ""] = Int(row[5].integer ?? 0)
            }
            return try connection.rows(
                """
                SELECT hour, user, model, provider, requests, row_count, tokens_in, tokens_out,
                    estimated, cache_hits, cost
                FROM usage ORDER BY hour DESC, user DESC, model DESC, provider DESC
                LIMIT \(max(0, limit))
                """
            ).reversed().map { row in
                var record = UsageRecord(
                    hour: row[0].integer ?? 0,
                    user: row[1].text ?? "",
                    model: row[2].text ?? "",
                    provider: row[3].text ?? ""
                )
                let counts = row[4..<10].map { Int($0.integer ?? 0) }
                record.requests = counts[0]
                record.rows = counts[1]
                record.tokensIn = counts[2]
                record.tokensOut = counts[3]
                record.isEstimated = counts[4] != 0
                record.cacheHits = counts[5]
                if case .real(let cost) = row[10] { record.cost = cost }
                record.errors = errors[Self.place(row)] ?? [:]
                return record
            }
        }
    }

    /// The key of a row as one text; no part of it holds a NUL.
    private static func place(_ row: [SQLiteValue]) -> String {
        ([String(row[0].integer ?? 0)] + row[1..<4].map { $0.text ?? "" }).joined(separator: "\0")
    }
}
