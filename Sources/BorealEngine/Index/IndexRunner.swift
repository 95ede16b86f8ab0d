import BorealBase
import BorealCatalog
import BorealSQL
import BorealTables
import BorealTasks

/// Fills an index table: reads what it is about, asks the embedding model for vectors, then
/// replaces all rows in one transaction.
struct IndexRunner: OfflineTaskRunner {
    static let kind = "index"

    /// Tables of a database, or rows of a table of patterns, that an index takes.
    static let rowsMax = 2_000
    /// Texts that are asked about in one statement.
    private static let textsAtOnce = 64
    /// Columns whose values are shown, and rows that show them.
    private static let sampleRows = 3

    let catalog: Catalog
    let opener: any JobQueryOpener
    let reader: any StatementReader

    func run(_ context: JobContext) throws {
        guard case .task(let id) = context.job.subject else { return }
        let payload = try JobPayload(json: context.job.payload)
        let request = try reader.index(payload)
        try catalog.update { (change) throws(CatalogError) in try change.startTask(id) }
        let session = try opener.session(for: payload, user: context.job.user)
        defer { session.close() }
        let indexes = try IndexTables(session)
        try indexes.check(request.table, hasColumns: ["id"])
        let job = IndexJob(session: session, context: context, indexes: indexes)
        let rows: [IndexRow]
        switch request.resource {
        case .schema: rows = try job.tables()
        case .pattern(let table): rows = try job.patterns(table)
        }
        try job.write(rows, try job.vectors(rows.map(\.text)), into: request.table)
        try finish(context, nil)
    }

    /// One run of the job.
    private struct IndexJob {
        let session: TableSession
        let context: JobContext
        let indexes: IndexTables

        private func rows(
            _ sql: String,
            _ parameters: [TableValue] = []
        ) throws(ServerError) -> [[String?]] {
            try JobChange.rows(context.cancellation) {
                () throws(ServerError) -> any TableStatement in
                try session.question(sql, parameters, cancellation: context.cancellation)
            }
        }

        /// A row for each table that the account may read.
        func tables() throws(ServerError) -> [IndexRow] {
            let names = try rows(
                "SELECT table_name, table_comment FROM information_schema.tables "
                    + "WHERE table_schema = ? AND table_type = 'BASE TABLE' ORDER BY table_name "
                    + "LIMIT \(IndexRunner.rowsMax)",
                [.text(indexes.database)]
            )
            var result: [IndexRow] = []
            for (number, row) in names.enumerated() {
                context.report("reading table \(number + 1)/\(names.count)")
                if let name = row[0] { result.append(try table(name, row[1] ?? "")) }
            }
            return result
        }

        private func table(_ name: String, _ comment: String) throws(ServerError) -> IndexRow {
            let quoted = "`" + name.replacing("`", with: "``") + "`"
            let columns = try rows(
                "SELECT column_name, column_type, column_comment FROM information_schema.columns "
                    + "WHERE table_schema = ? AND table_name = ? ORDER BY ordinal_position",
                [.text(indexes.database), .text(name)]
            ).map { (name: $0[0] ?? "", type: $0[1] ?? "", comment: $0[2] ?? "") }
            // Who may see a table may not read it, or it is gone by now.
            let shown = try? rows("SHOW CREATE TABLE \(quoted)")
            let list = columns.map { "`" + $0.name.replacing("`", with: "``") + "`" }
            let sql =
                "SELECT \(list.joined(separator: ", ")) FROM \(quoted) "
                + "LIMIT \(IndexRunner.sampleRows)"
            // As above: it has no samples then.
            let samples = try? rows(sql)
            let definition = shown?.first?[1] ?? nil
            return IndexRow(
                table: name,
                comment: comment,
                definition: definition ?? "",
                columns: columns,
                samples: samples ?? []
            )
        }

        /// The rows of a table of patterns.
        func patterns(_ table: String) throws(ServerError) -> [IndexRow] {
            let quoted = "`" + table.replacing("`", with: "``") + "`"
            let known = try rows("SHOW COLUMNS FROM \(quoted)").compactMap {
                $0[0]?.asciiLowercased
            }
            let names = IndexRow.patternColumns.filter { known.contains($0) }
            guard names.contains("pattern_question"), names.contains("pattern_sql") else {
                throw .invalidOption(
                    "pattern_table_name",
                    "table '\(table)' has no columns pattern_question and pattern_sql"
                )
            }
            let order = known.contains("id") ? " ORDER BY id" : ""
            return try rows(
                "SELECT \(names.joined(separator: ", ")) FROM \(quoted)\(order) "
                    + "LIMIT \(IndexRunner.rowsMax)"
            ).map { row in
                IndexRow(pattern: zip(names, row).map { (name: $0, value: $1 ?? "") })
            }
        }

        /// A vector a text, of whatever length the model has.
        func vectors(_ texts: [String]) throws(ServerError) -> [[UInt8]] {
            var result: [[UInt8]] = []
            while result.count < texts.count {
                let chunk = texts[result.count...].prefix(IndexRunner.textsAtOnce)
                context.report(
                    "embedding \(result.count)/\(texts.count) rows",
                    fraction: Double(result.count) / Double(texts.count)
                )
                let list = chunk.indices.map { "SELECT \($0) AS i, ? AS t" }
                let answers = try rows(
                    "SELECT i, AI_EmbedText('_polar4ai_text2vec', t) FROM "
                        + "(\(list.joined(separator: " UNION ALL "))) AS s",
                    chunk.map { .text($0) }
                ).map { (Int($0[0] ?? "") ?? 0, EmbeddedVector.bytes($0[1])) }
                for (_, vector) in answers.sorted(by: { $0.0 < $1.0 }) {
                    guard let vector else { throw .noVector }
                    result.append(vector)
                }
                guard answers.count == chunk.count else { throw .noVector }
            }
            return result
        }

        /// Replaces the rows of the index table. Columns that it does not have stay out.
        func write(
            _ rows: [IndexRow],
            _ vectors: [[UInt8]],
            into name: String
        ) throws(ServerError) {
            let known = Set(indexes.table(name)?.columns.map(\.name.asciiLowercased) ?? [])
            context.report("writing \(rows.count) rows")
            let quoted = indexes.quoted(name)
            var isDone = false
            defer { if !isDone { session.rollBack() } }
            _ = try self.rows("START TRANSACTION")
            _ = try self.rows("DELETE FROM \(quoted)")
            for (number, row) in rows.enumerated() {
                let values = row.values.filter { known.contains($0.name) }
                let names = ["id"] + values.map(\.name) + ["vecs"]
                let marks = names.map { _ in "?" }
                _ = try self.rows(
                    "INSERT INTO \(quoted) (\(names.joined(separator: ", "))) "
                        + "VALUES (\(marks.joined(separator: ", ")))",
                    [.integer(Int64(number + 1))] + values.map { .text($0.value) }
                        + [.bytes(vectors[number])]
                )
            }
            _ = try self.rows("COMMIT")
            isDone = true
        }
    }
}

extension JobChange {
    /// Runs a statement on the thread of a job and takes its rows.
    ///
    /// - Throws: what the statement ends in; `interrupted`.
    static func rows(
        _ cancellation: CancellationFlag,
        _ make: () throws(ServerError) -> any TableStatement
    ) throws(ServerError) -> [[String?]] {
        let statement = try make()
        defer { statement.close() }
        var rows = TextRows()
        while true {
            if cancellation.isCancelled { throw .interrupted }
            do {
                switch try rows.step(statement) {
                case .more: continue
                case .finished: return rows.rows
                case .waiting(let ticket): wait(for: ticket, cancellation)
                }
            } catch {
                throw ServerError(table: error)
            }
        }
    }
}

extension JobStarter {
    /// PREDICT that fills an index table, in the background.
    func index(_ request: IndexRequest) throws(ServerError) -> FixedTable {
        let indexes = try IndexTables(session.tables)
        try indexes.check(request.table, hasColumns: ["id"])
        let engine = session.engine
        let bound = try BuiltInModels(models: engine.models, access: models.access)
            .route(.vector).bound
        do {
            try session.tables.rights.check(
                [.insert, .delete],
                on: TableTarget.database,
                indexes.stored(request.table).name.name
            )
        } catch {
            throw ServerError(table: error)
        }
        try commit()
        return try tasks.begin(
            .prediction,
            model: bound,
            statement: String(decoding: text, as: UTF8.self),
            kind: IndexRunner.kind,
            payload: payload(bound.version.id).json,
            held: nil
        )
    }
}
