import BorealBase
import BorealSQLite

/// Reads the rows of a hashed grouping, some at a time, and leaves the groups where the table
/// `b_groups` finds them.
final class HashGroupRun {
    /// How far it has come.
    enum Progress {
        case more
        case done
        /// Too many groups: the plan that sorts must do it.
        case givenUp
    }

    /// What to read, and into which accumulators.
    private let plan: HashedGrouping
    private let connection: PooledConnection
    /// The scan of keys and arguments.
    private let statement: SQLiteStatement
    /// Each with the column of its argument; nil for COUNT(*).
    private let accumulators: [(any GroupAccumulator, Int?)]
    /// One a key, for keys that are text or bytes.
    private var interners: [TextInterner]
    private var table: GroupTable
    /// For each group the keys of its first row, which stand for all.
    private var keys: [[SQLiteValue]] = []
    /// The keys of the current row, two words each: the storage class, then the value or its code.
    private var codes: [UInt64]
    private let held: HeldBytes
    /// The statement is back with its connection.
    private var isClosed = false

    init(
        _ plan: HashedGrouping,
        _ connection: PooledConnection,
        parameters: [TableValue]
    ) throws {
        self.plan = plan
        self.connection = connection
        statement = try connection.sqlite.statement(plan.sql)
        try TableSession.bind(statement, parameters)
        let held = HeldBytes()
        self.held = held
        accumulators = plan.accumulators.map { ($0.kind.make(held), $0.column) }
        interners = plan.keys.map { TextInterner(collation: $0) }
        table = GroupTable(keyCount: plan.keys.count)
        codes = [UInt64](repeating: 0, count: plan.keys.count * 2)
        connection.context.groups = []
        // The groups and what is read beside them must be of one moment.
        if !connection.sqlite.isInTransaction { try connection.sqlite.run("BEGIN DEFERRED") }
    }

    deinit { close() }

    /// Takes some more rows.
    func advance() throws -> Progress {
        for _ in 0..<TableLimits.groupRowsBetweenChecks {
            guard try statement.step() else {
                finish()
                return .done
            }
            guard let group = group() else { return .givenUp }
            for (accumulator, column) in accumulators {
                guard let column else {
                    try accumulator.take(statement, 0, .null, group)
                    continue
                }
                let type = statement.type(column)
                if type != .null { try accumulator.take(statement, column, type, group) }
            }
            // A single value may be large: looked at after each row.
            if held.count >= TableLimits.groupBytesMax { return .givenUp }
        }
        let bytes = interners.reduce(0) { $0 + $1.bytes } + table.count * 64 * plan.keys.count
        return bytes < TableLimits.groupBytesMax ? .more : .givenUp
    }

    /// The group of the current row; nil when there are too many.
    private func group() -> Int? {
        for index in plan.keys.indices {
            let type = statement.type(index)
            codes[index * 2] = UInt64(truncatingIfNeeded: type.rawValue)
            switch type {
            case .null: codes[index * 2 + 1] = 0
            case .integer: codes[index * 2 + 1] = UInt64(bitPattern: statement.int64(index))
            case .real:
                let value = statement.double(index)
                codes[index * 2 + 1] = value == 0 ? 0 : value.bitPattern
            case .text, .blob:
                guard let code = interners[index].code(statement.blobBytes(index)),
                    interners[index].bytes < TableLimits.groupBytesMax
                else { return nil }
                codes[index * 2 + 1] = code
            }
        }
        let (index, isNew) = codes.withUnsafeBufferPointer { table.group($0) }
        guard isNew else { return index }
        guard table.count <= TableLimits.groupsMax else { return nil }
        keys.append(plan.keys.indices.map { statement.value($0) })
        for (accumulator, _) in accumulators { accumulator.addGroup() }
        return index
    }

    private func finish() {
        connection.context.groups = keys.indices.map { group in
            keys[group] + accumulators.map { $0.0.result(group) }
        }
        close()
    }

    /// Gives its statement back, also in the middle.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        connection.sqlite.giveBack(statement)
    }
}

extension PooledConnection {
    /// The table of groups, empty but for the statement that has just made them.
    func addGroupTable() throws(SQLiteError) {
        let context = context
        try sqlite.addVirtualTable(
            SQLiteVirtualTable(
                name: HashedGrouping.tableName,
                columns: (0..<HashedGrouping.columnsMax).map { HashedGrouping.columnName($0) }
            ) { _ in context.groups }
        )
    }
}
