public import BorealBase
import BorealSQLite

/// A lookup by key whose row is read in place, without making columns of it; its plan
/// `readsInPlace`.
public struct ShortLookup {
    /// What came of it.
    public enum Found<Value> {
        /// No row has the key.
        case nothing
        case value(Value)
        /// The row as a batch, for whoever could not read it in place.
        case batch(RowBatch)
    }

    fileprivate let run: QueryRun

    /// Hands out the row, if there is one, and ends the query.
    ///
    /// - Parameter body: must not keep the cells; nil when it takes a batch.
    /// - Throws: what SQLite says.
    public func read<Value>(_ body: (LookupCells) -> Value?) throws -> Found<Value> {
        try run.readRow { statement, fields in
            body(LookupCells(statement: statement, fields: fields))
        }
    }

    /// Ends it unread.
    public func close() { run.close() }
}

/// The cells of the row that a lookup found.
public struct LookupCells {
    /// One cell, in the storage that its column has in a batch.
    public enum Cell {
        case null
        case int64(Int64)
        case uint64(UInt64)
        case double(Double)
        case float(Float)
        /// Lent until the next cell is asked for.
        case bytes(UnsafeRawBufferPointer)
    }

    fileprivate let statement: SQLiteStatement
    fileprivate let fields: [SQLiteBatchReader.Field]

    /// A cell, by the position of its column.
    public func cell(_ column: Int) -> Cell {
        let type = statement.type(column)
        if type == .null { return .null }
        return switch fields[column].landing {
        case .int64: .int64(statement.int64(column))
        case .uint64:
            .uint64(
                type == .blob
                    ? statement.blobBytes(column).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
                    : UInt64(bitPattern: statement.int64(column))
            )
        case .double: .double(statement.double(column))
        case .float: .float(Float(statement.double(column)))
        case .bytes, .byValue: .bytes(statement.blobBytes(column))
        }
    }

    /// The logical type of a column.
    public func type(_ column: Int) -> ColumnType { fields[column].type }
}

extension TableSession {
    /// The lookup that a handle stands for, ready to run, as `shortStatement` would run it.
    ///
    /// - Returns: nil for what is none, or not any more, and for values that it cannot run with.
    public func shortLookup(
        _ handle: PlanHandle,
        _ parameters: [TableValue],
        cancellation: CancellationFlag
    ) -> ShortLookup? {
        shortRun(handle, parameters, cancellation).map { ShortLookup(run: $0) }
    }
}
