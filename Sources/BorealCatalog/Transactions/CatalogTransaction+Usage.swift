import BorealBase
import BorealSQLite

extension CatalogTransaction {
    // MARK: - Usage of remote models

    /// Adds what was counted to what is stored.
    public func addUsage(_ records: [UsageRecord]) throws(CatalogError) {
        for record in records {
            let key: [SQLiteValue] = [
                .integer(record.hour), .text(record.user), .text(record.model),
                .text(record.provider),
            ]
            let counts = [
                record.requests, record.rows, record.tokensIn, record.tokensOut,
                record.isEstimated ? 1 : 0, record.cacheHits,
            ]
            try run(
                """
                INSERT INTO usage (hour, user, model, provider, requests, row_count, tokens_in,
                    tokens_out, estimated, cache_hits, cost)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (hour, user, model, provider) DO UPDATE SET
                    requests = requests + excluded.requests,
                    row_count = row_count + excluded.row_count,
                    tokens_in = tokens_in + excluded.tokens_in,
                    tokens_out = tokens_out + excluded.tokens_out,
                    estimated = max(estimated, excluded.estimated),
                    cache_hits = cache_hits + excluded.cache_hits,
                    cost = cost + excluded.cost
                """,
                key + counts.map { .integer(Int64($0)) } + [.real(record.cost)]
            )
            for (code, count) in record.errors.sorted(by: { $0.key < $1.key }) {
                try run(
                    """
                    INSERT INTO usage_errors (hour, user, model, provider, code, count)
                    VALUES (?, ?, ?, ?, ?, ?)
                    ON CONFLICT (hour, user, model, provider, code)
                        DO UPDATE SET count = count + excluded.count
                    """,
                    key + [.text(code), .integer(Int64(count))]
                )
            }
        }
    }

    /// Forgets the hours before one.
    public func sweepUsage(beforeHour hour: Int64) throws(CatalogError) {
        try run("DELETE FROM usage_errors WHERE hour < ?", [.integer(hour)])
        try run("DELETE FROM usage WHERE hour < ?", [.integer(hour)])
    }

    // MARK: - Budgets

    /// Sets a budget, in place of one with the same key.
    public func setBudget(_ budget: BudgetRecord) throws(CatalogError) {
        let key = budget.key
        try run(
            """
            INSERT INTO budgets (scope, name, unit, period, amount) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (scope, name, unit, period) DO UPDATE SET amount = excluded.amount
            """,
            [
                .text(key.scope), .text(key.name), .text(key.unit), .text(key.period),
                .real(budget.limit),
            ]
        )
        content.budgets[key] = budget
    }

    /// Removes a budget; one that is not there is gone already.
    public func removeBudget(_ key: BudgetRecord.Key) throws(CatalogError) {
        try run(
            "DELETE FROM budgets WHERE scope = ? AND name = ? AND unit = ? AND period = ?",
            [.text(key.scope), .text(key.name), .text(key.unit), .text(key.period)]
        )
        content.budgets[key] = nil
    }

    // MARK: - Keys of remote models

    /// Seals every stored key of remote models anew.
    ///
    /// - Parameter reseal: makes the new text of a stored one, with its model and version.
    /// - Returns: how many there were.
    /// - Throws: what `reseal` throws; nothing is changed then.
    @discardableResult
    public func resealKeys(_ reseal: (BoundModel, String) throws -> String) throws -> Int {
        var count = 0
        for model in snapshot.models {
            for version in model.versions where !version.definition.sealedKey.isEmpty {
                let bound = BoundModel(model: model, version: version)
                let text = try reseal(bound, version.definition.sealedKey)
                try amend(version.id) { $0.sealedKey = text }
                count += 1
            }
        }
        return count
    }

    /// Seals the secrets of documents anew.
    ///
    /// - Parameter reseal: makes the new secrets of a document that has some.
    /// - Returns: how many documents there were.
    /// - Throws: what `reseal` throws; nothing is changed then.
    @discardableResult
    public func resealDocuments(_ reseal: (CatalogDocument) throws -> String) throws -> Int {
        var count = 0
        for kind in CatalogDocument.Kind.allCases {
            for document in snapshot.documents(kind) where !document.secrets.isEmpty {
                let secrets = try reseal(document)
                try updateDocument(kind, document.id, body: document.body, secrets: secrets)
                count += 1
            }
        }
        return count
    }
}
