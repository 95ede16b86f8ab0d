import CSQLite

/// What a query wants of a virtual table when it begins to read it.
public struct SQLiteTableScan: Sendable {
    /// Values that key columns must equal, by the column's place. Hints: SQLite compares again.
    public let equal: [Int: SQLiteValue]
    /// True when a column that costs something is read.
    public let needsCostlyColumns: Bool
}

/// A table whose rows are made when they are read.
public struct SQLiteVirtualTable: Sendable {
    /// Its name; in queries it is quoted like any other.
    public var name: String
    /// Names of the columns, without double quotes in them.
    public var columns: [String]
    /// Columns, at most `keysMax`, whose wanted values are told to `rows`; compared by bytes.
    public var keyColumns: [Int]
    /// Columns that `rows` may leave NULL when nobody reads them.
    public var costlyColumns: Set<Int>
    /// Makes the rows, as many values each as there are columns; nil ends the query with an error.
    public var rows: @Sendable (SQLiteTableScan) -> [[SQLiteValue]]?

    /// How many key columns a table may have.
    public static let keysMax = 8

    /// - Parameters: see the stored properties.
    public init(
        name: String,
        columns: [String],
        keyColumns: [Int] = [],
        costlyColumns: Set<Int> = [],
        rows: @escaping @Sendable (SQLiteTableScan) -> [[SQLiteValue]]?
    ) {
        assert(!columns.isEmpty && columns.allSatisfy { !$0.contains("\"") })
        assert(keyColumns.count <= Self.keysMax && keyColumns.allSatisfy(columns.indices.contains))
        self.name = name
        self.columns = columns
        self.keyColumns = Array(keyColumns.prefix(Self.keysMax))
        self.costlyColumns = costlyColumns
        self.rows = rows
    }

    /// What SQLite is told about the columns: no types, so that values stay as they are made.
    fileprivate var declaration: String {
        "CREATE TABLE x(\(columns.map { "\"\($0)\"" }.joined(separator: ", ")))"
    }
}

extension SQLiteConnection {
    /// Makes a virtual table readable under its name, without a CREATE statement. Costs nothing
    /// until a query names it.
    public func addVirtualTable(_ table: SQLiteVirtualTable) throws(SQLiteError) {
        let box = TableBox(table)
        registrations.append(box)
        let unretained = Unmanaged.passUnretained(box).toOpaque()
        let code = sqlite3_create_module_v2(handle, table.name, readOnlyModule, unretained, nil)
        if code != SQLITE_OK { throw SQLiteError(handle, code, sql: table.name) }
    }
}

/// Keeps a table where C can point to it.
private final class TableBox {
    let table: SQLiteVirtualTable
    init(_ table: SQLiteVirtualTable) { self.table = table }
}

/// `sqlite3_vtab` with what we need behind it.
private struct OpenTable {
    var base = sqlite3_vtab()
    var box: Unmanaged<TableBox>
}

/// `sqlite3_vtab_cursor` with what we need behind it.
private struct OpenCursor {
    var base = sqlite3_vtab_cursor()
    var state = Unmanaged.passRetained(CursorState())
}

/// The rows of one scan and the place in them.
private final class CursorState {
    var rows: [[SQLiteValue]] = []
    var place = 0
}

/// Without `xCreate` the module is eponymous: the table is there as soon as the module is.
private nonisolated(unsafe) let readOnlyModule: UnsafeMutablePointer<sqlite3_module> = {
    let module = UnsafeMutablePointer<sqlite3_module>.allocate(capacity: 1)
    var methods = sqlite3_module()
    methods.xConnect = connectTable
    methods.xBestIndex = planScan
    methods.xDisconnect = { table in
        table?.withMemoryRebound(to: OpenTable.self, capacity: 1) { $0.deallocate() }
        return SQLITE_OK
    }
    methods.xOpen = openCursor
    methods.xClose = { cursor in
        cursor?.withMemoryRebound(to: OpenCursor.self, capacity: 1) { open in
            open.pointee.state.release()
            open.deallocate()
        }
        return SQLITE_OK
    }
    methods.xFilter = beginScan
    methods.xNext = { cursor in
        scan(cursor)?.place += 1
        return SQLITE_OK
    }
    methods.xEof = { cursor in
        guard let scan = scan(cursor) else { return 1 }
        return scan.place < scan.rows.count ? 0 : 1
    }
    methods.xColumn = readColumn
    methods.xRowid = { cursor, rowID in
        rowID?.pointee = Int64(scan(cursor)?.place ?? 0)
        return SQLITE_OK
    }
    module.initialize(to: methods)
    return module
}()

private func connectTable(
    _ database: OpaquePointer?,
    _ context: UnsafeMutableRawPointer?,
    _ argumentCount: Int32,
    _ arguments: UnsafePointer<UnsafePointer<CChar>?>?,
    _ result: UnsafeMutablePointer<UnsafeMutablePointer<sqlite3_vtab>?>?,
    _ message: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
    guard let context, let result else { return SQLITE_ERROR }
    let box = Unmanaged<TableBox>.fromOpaque(context)
    let code = sqlite3_declare_vtab(database, box.takeUnretainedValue().table.declaration)
    guard code == SQLITE_OK else { return code }
    let table = UnsafeMutablePointer<OpenTable>.allocate(capacity: 1)
    table.initialize(to: OpenTable(box: box))
    result.pointee = UnsafeMutableRawPointer(table).assumingMemoryBound(to: sqlite3_vtab.self)
    return SQLITE_OK
}

private func box(_ table: UnsafeMutablePointer<sqlite3_vtab>?) -> TableBox? {
    guard let table else { return nil }
    let open = UnsafeMutableRawPointer(table).assumingMemoryBound(to: OpenTable.self)
    return open.pointee.box.takeUnretainedValue()
}

private func scan(_ cursor: UnsafeMutablePointer<sqlite3_vtab_cursor>?) -> CursorState? {
    guard let cursor else { return nil }
    let open = UnsafeMutableRawPointer(cursor).assumingMemoryBound(to: OpenCursor.self)
    return open.pointee.state.takeUnretainedValue()
}

/// The bit of `idxNum` that says that a costly column is read; those below name keys.
private let costlyBit = Int32(1) << Int32(SQLiteVirtualTable.keysMax)

/// Chooses which keys `xFilter` will get: bit k of `idxNum` for key column k, values in that order.
private func planScan(
    _ table: UnsafeMutablePointer<sqlite3_vtab>?,
    _ plan: UnsafeMutablePointer<sqlite3_index_info>?
) -> Int32 {
    guard let plan, let table = box(table)?.table else { return SQLITE_ERROR }
    var number: Int32 = 0
    var arguments: Int32 = 0
    var rows = 1_000.0
    for (key, column) in table.keyColumns.enumerated() {
        for index in 0..<Int(plan.pointee.nConstraint) {
            guard let constraint = plan.pointee.aConstraint?[index], constraint.usable != 0,
                Int(constraint.iColumn) == column,
                Int32(constraint.op) == SQLITE_INDEX_CONSTRAINT_EQ,
                comparesBytes(plan, Int32(index))
            else { continue }
            arguments += 1
            plan.pointee.aConstraintUsage?[index].argvIndex = arguments
            number |= 1 << Int32(key)
            rows /= 10
            break
        }
    }
    let used = plan.pointee.colUsed
    if table.costlyColumns.contains(where: { used & (1 << UInt64(min($0, 63))) != 0 }) {
        number |= costlyBit
    }
    plan.pointee.idxNum = number
    plan.pointee.estimatedRows = Int64(rows)
    plan.pointee.estimatedCost = rows + 100
    return SQLITE_OK
}

private func comparesBytes(
    _ plan: UnsafeMutablePointer<sqlite3_index_info>,
    _ index: Int32
) -> Bool {
    sqlite3_vtab_collation(plan, index).map { String(cString: $0) == "BINARY" } ?? false
}

private func openCursor(
    _ table: UnsafeMutablePointer<sqlite3_vtab>?,
    _ result: UnsafeMutablePointer<UnsafeMutablePointer<sqlite3_vtab_cursor>?>?
) -> Int32 {
    guard let result else { return SQLITE_ERROR }
    let cursor = UnsafeMutablePointer<OpenCursor>.allocate(capacity: 1)
    cursor.initialize(to: OpenCursor())
    result.pointee = UnsafeMutableRawPointer(cursor)
        .assumingMemoryBound(to: sqlite3_vtab_cursor.self)
    return SQLITE_OK
}

private func beginScan(
    _ cursor: UnsafeMutablePointer<sqlite3_vtab_cursor>?,
    _ number: Int32,
    _ text: UnsafePointer<CChar>?,
    _ count: Int32,
    _ arguments: UnsafeMutablePointer<OpaquePointer?>?
) -> Int32 {
    guard let scan = scan(cursor), let table = box(cursor?.pointee.pVtab)?.table else {
        return SQLITE_ERROR
    }
    let call = SQLiteCall(context: nil, arguments: arguments, count: Int(count))
    var equal: [Int: SQLiteValue] = [:]
    for (key, column) in table.keyColumns.enumerated() where number & (1 << Int32(key)) != 0 {
        guard equal.count < call.count else { break }
        equal[column] = call.value(equal.count)
    }
    let wanted = SQLiteTableScan(equal: equal, needsCostlyColumns: number & costlyBit != 0)
    guard let rows = table.rows(wanted) else { return SQLITE_ERROR }
    assert(arguments == nil || equal.count == call.count, "a key that was not planned")
    scan.rows = rows
    scan.place = 0
    return SQLITE_OK
}

private func readColumn(
    _ cursor: UnsafeMutablePointer<sqlite3_vtab_cursor>?,
    _ context: OpaquePointer?,
    _ column: Int32
) -> Int32 {
    guard let scan = scan(cursor), scan.rows.indices.contains(scan.place),
        scan.rows[scan.place].indices.contains(Int(column))
    else { return SQLITE_OK }
    SQLiteCall(context: context, arguments: nil, count: 0)
        .result(scan.rows[scan.place][Int(column)])
    return SQLITE_OK
}
