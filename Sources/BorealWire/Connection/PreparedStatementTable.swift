/// What the conversation must remember of prepared statements to read their packets: parameter
/// counts, types from the execution before, and data sent ahead.
///
/// The statements themselves are the driver's, under the same ids.
struct PreparedStatementTable: Sendable {
    /// One statement.
    struct Statement: Sendable {
        /// How many `?` it has.
        let parameterCount: Int
        /// As last bound, parameters before attributes; empty before the first execution.
        var types: [QueryAttribute.Declaration] = []
        /// By parameter: what COM_STMT_SEND_LONG_DATA brought since the last execution.
        var longData: [Int: [UInt8]] = [:]
        /// What was wrong with such a packet, which has no answer of its own.
        var longDataError: WireError?
    }

    /// The id that stands for the statement prepared last; MariaDB's clients send it behind a
    /// COM_STMT_PREPARE whose answer they do not wait for.
    static let lastStatementID: UInt32 = .max

    /// Behind the last id that is given: from there on they are those of sources by name.
    private static let endOfIDs = WireLimits.namedStatementIDsStart

    private var statements: [UInt32: Statement] = [:]
    private var lastID: UInt32?
    private var nextID: UInt32
    /// The first id that is given: above those of another server whose statements are passed on.
    private let firstID: UInt32
    private var longDataBytes = 0
    /// Bytes that all statements together may have been sent ahead.
    private let longDataBytesMax: Int

    init(longDataBytesMax: Int, firstID: UInt32 = 1) {
        self.longDataBytesMax = longDataBytesMax
        self.firstID = firstID
        nextID = firstID
    }

    /// True for an id that this table gave, or will give.
    func owns(_ id: UInt32) -> Bool {
        if id == Self.lastStatementID { return lastID != nil }
        return id >= firstID && id < WireLimits.namedStatementIDsStart
    }

    /// Another server prepares a statement: that is the last one now.
    mutating func noteForeign() { lastID = nil }

    /// How many there are.
    var count: Int { statements.count }

    /// The id of a statement about to be prepared.
    mutating func newID() -> UInt32 {
        while statements[nextID] != nil || !(firstID..<Self.endOfIDs).contains(nextID) {
            nextID = nextID < Self.endOfIDs ? nextID &+ 1 : firstID
        }
        lastID = nil
        defer { nextID &+= 1 }
        return nextID
    }

    /// Keeps a statement that the driver has prepared.
    mutating func add(_ id: UInt32, parameterCount: Int) {
        statements[id] = Statement(parameterCount: parameterCount)
        lastID = id
    }

    /// COM_STMT_CLOSE.
    ///
    /// - Returns: false when there is none of that id.
    mutating func remove(_ id: UInt32) -> Bool {
        guard let statement = statements.removeValue(forKey: id) else { return false }
        forget(statement)
        if lastID == id { lastID = nil }
        return true
    }

    /// COM_RESET_CONNECTION, COM_CHANGE_USER.
    mutating func removeAll() {
        self = PreparedStatementTable(longDataBytesMax: longDataBytesMax, firstID: firstID)
    }

    /// COM_STMT_RESET: forgets data sent ahead.
    mutating func reset(_ id: UInt32) throws(WireError) {
        guard var statement = statements[id] else {
            throw .unknownStatement(id: id, command: "mysqld_stmt_reset")
        }
        forget(statement)
        statement.longData = [:]
        statement.longDataError = nil
        statements[id] = statement
    }

    /// COM_STMT_FETCH: `statement_id` (4), `num_rows` (4).
    func fetch(_ body: UnsafeRawBufferPointer) throws(WireError) -> (id: UInt32, rows: UInt32) {
        var reader = PayloadReader(body, packet: "COM_STMT_FETCH")
        let id = resolved(UInt32(truncatingIfNeeded: try reader.integer(4, "statement_id")))
        let rows = UInt32(truncatingIfNeeded: try reader.integer(4, "num_rows"))
        guard statements[id] != nil else {
            throw .unknownStatement(id: id, command: "mysqld_stmt_fetch")
        }
        return (id, rows)
    }

    private func resolved(_ id: UInt32) -> UInt32 {
        id == Self.lastStatementID ? lastID ?? id : id
    }

    private mutating func forget(_ statement: Statement) {
        for data in statement.longData.values { longDataBytes -= data.count }
    }

    /// COM_STMT_EXECUTE: `statement_id` (4), and what `COMStatementExecute` reads.
    mutating func execute(
        _ body: UnsafeRawBufferPointer,
        _ capabilities: CapabilityFlags,
        _ characterSet: SingleByteSet? = nil
    ) throws(WireError) -> COMStatementExecute {
        var reader = PayloadReader(body, packet: "COM_STMT_EXECUTE", characterSet: characterSet)
        let written = UInt32(truncatingIfNeeded: try reader.integer(4, "statement_id"))
        let id = resolved(written)
        guard var statement = statements.removeValue(forKey: id) else {
            throw .unknownStatement(id: written, command: "mysqld_stmt_execute")
        }
        // Taken out so that its arrays are changed in place; data sent ahead is good once.
        defer {
            forget(statement)
            statement.longData = [:]
            statement.longDataError = nil
            statements[id] = statement
        }
        return try COMStatementExecute(statementID: id, &reader, &statement, capabilities)
    }

    /// COM_STMT_SEND_LONG_DATA: `statement_id` (4), `param_id` (2), data (string<EOF>). Nothing is
    /// answered; an error waits for the execution.
    mutating func receiveLongData(_ body: UnsafeRawBufferPointer) {
        guard body.count >= 6 else { return }
        let id = body.loadUnaligned(as: UInt32.self).littleEndian
        let index = Int(body.loadUnaligned(fromByteOffset: 4, as: UInt16.self).littleEndian)
        guard var statement = statements.removeValue(forKey: id) else { return }
        defer { statements[id] = statement }
        let data = body[6...]
        guard index < statement.parameterCount else {
            statement.longDataError = .wrongArguments("mysqld_stmt_send_long_data")
            return
        }
        guard longDataBytes + data.count <= longDataBytesMax else {
            statement.longDataError = .longDataTooLarge(limit: longDataBytesMax)
            return
        }
        longDataBytes += data.count
        statement.longData[index, default: []] += data
    }
}
