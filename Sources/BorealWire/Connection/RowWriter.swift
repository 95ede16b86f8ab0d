public import BorealBase

/// Writes the answers of a command straight into an output buffer: result sets, OK and ERR packets.
///
/// A statement is stepped many times, each time with another buffer; the writer is the small value
/// that survives between the steps. A row begins and ends in one buffer, which nobody consumes
/// meanwhile.
///
///     var writer = conversation.responseWriter()
///     writer.columns(definitions, status: status, into: &output)
///     writer.beginRow(into: &output)
///     writer.int64(1, into: &output)
///     writer.endRow(into: &output)
///     writer.endResult(status: status, into: &output)
///     conversation.complete(.commandDone(nextSequenceID: writer.sequenceID))
///
/// Calls out of order are errors of the program, and asserted.
public struct RowWriter: Sendable {
    /// What may be written next.
    @usableFromInline
    enum Phase: Equatable, Sendable {
        /// A result: columns, OK or ERR.
        case result
        /// A row, or the end of the result.
        case rows
        /// A cell, or the end of the row.
        case row
        /// A column, or the end of the answer to COM_FIELD_LIST.
        case fieldList
        /// Nothing: the answer is complete.
        case finished
    }

    /// What client and server can do.
    public let capabilities: CapabilityFlags
    /// How rows travel.
    public let format: Format
    /// In which character set texts travel; a change counts from the next result on.
    public var results: ResultTexts
    /// Which numbers of errors the client takes.
    let numbers: ErrorNumbers
    /// Rows written in the current result set.
    public private(set) var rowCount: UInt64 = 0
    var packets: PacketWriter
    private var phase = Phase.result
    private var columnCount = 0
    private(set) var cellCount = 0
    /// Where the row's header is in the buffer.
    private(set) var rowStart = 0
    /// One a column of a binary result; empty for text.
    private(set) var binaryCells: [BinaryCell] = []
    /// Whether cells of bytes go out as they come: text rows, texts in UTF-8.
    private(set) var isPlain = true
    /// For each column whether its cells are converted; empty when none is.
    private var convertedCells: [Bool] = []

    /// A writer at the beginning of an answer.
    ///
    /// - Parameter sequenceID: what the next packet carries.
    public init(
        sequenceID: UInt8,
        capabilities: CapabilityFlags,
        format: Format = .text,
        results: ResultTexts = ResultTexts(),
        numbers: ErrorNumbers = .all
    ) {
        packets = PacketWriter(sequenceID: sequenceID)
        self.capabilities = capabilities
        self.format = format
        self.results = results
        self.numbers = numbers
    }

    /// True when rows are binary.
    @inline(__always)
    var isBinary: Bool { format == .binary }

    /// What the next packet carries.
    public var sequenceID: UInt8 { packets.sequenceID }

    /// True between `columns` and the end of the result, when an error must not look like a new
    /// answer's.
    public var isInResult: Bool { phase == .rows || phase == .row }

    /// True when the answer is complete.
    public var isFinished: Bool { phase == .finished }

    // MARK: - Results

    /// Begins a result set: the number of columns, their definitions, and an EOF packet for clients
    /// that want one.
    ///
    /// - Parameter columns: at least one.
    public mutating func columns(
        _ columns: [ColumnDefinition41],
        status: StatusFlags,
        warnings: UInt16 = 0,
        into output: inout ByteBuffer
    ) {
        assert(phase == .result, "columns begin a result")
        assert(!columns.isEmpty, "a result set has columns")
        let results = results
        packets.packet(&output) { $0.append(lengthEncoded: UInt64(columns.count)) }
        for column in columns {
            packets.packet(&output) { column.encode(into: &$0, results: results) }
        }
        if !capabilities.contains(.deprecateEOF) {
            packets.packet(&output) {
                EOFPacket(status: status, warnings: warnings).encode(into: &$0, capabilities: [])
            }
        }
        columnCount = columns.count
        if isBinary { binaryCells = columns.map { BinaryCell($0.type) } }
        convertedCells = results.conversion == nil ? [] : columns.map(\.isText)
        isPlain = !isBinary && convertedCells.isEmpty
        rowCount = 0
        phase = .rows
    }

    /// Ends a result set. With `moreResultsExist` another result may follow.
    public mutating func endResult(
        status: StatusFlags,
        warnings: UInt16 = 0,
        into output: inout ByteBuffer
    ) {
        assert(phase == .rows, "only a result set between two rows ends")
        let capabilities = capabilities
        packets.packet(&output) {
            EOFPacket(status: status, warnings: warnings)
                .encode(into: &$0, capabilities: capabilities)
        }
        phase = status.contains(.moreResultsExist) ? .result : .finished
    }

    /// A result without rows. With `moreResultsExist` another result may follow.
    public mutating func ok(_ packet: OKPacket, into output: inout ByteBuffer) {
        assert(phase == .result, "an OK packet is a whole result")
        let capabilities = capabilities
        packets.packet(&output) { packet.encode(into: &$0, capabilities: capabilities) }
        phase = packet.status.contains(.moreResultsExist) ? .result : .finished
    }

    /// Ends the answer with an error, also in the middle of a result set. Of a row that was not
    /// ended, nothing is left.
    public mutating func error(_ error: ServerError, into output: inout ByteBuffer) {
        assert(phase != .finished, "the answer is complete")
        if phase == .row { output.truncate(to: rowStart) }
        let (results, numbers) = (results, numbers)
        packets.packet(&output) {
            ERRPacket(error).encode(into: &$0, results: results, numbers: numbers)
        }
        phase = .finished
    }

    // MARK: - Cursors

    /// A part of an answer that another writer wrote, with the sequence ids of this one.
    public mutating func copied(
        _ payload: UnsafeRawBufferPointer,
        into output: inout ByteBuffer
    ) {
        packets.packet(&output, payload: payload)
    }

    /// Ends the answer to an execution that keeps its rows for later.
    public mutating func endOfCursorHead(
        status: StatusFlags,
        warnings: UInt16,
        into output: inout ByteBuffer
    ) {
        phase = .rows
        endResult(status: status.union(.cursorExists), warnings: warnings, into: &output)
    }

    /// Ends an answer that was copied whole.
    public mutating func endCopied() { phase = .finished }

    /// Begins an answer of rows whose columns the client knows: COM_STMT_FETCH.
    public mutating func beginFetch() { phase = .rows }

    // MARK: - COM_STMT_PREPARE

    /// The whole answer to COM_STMT_PREPARE: id and counts, one definition a parameter, and those
    /// of the result's columns, which may be provisional.
    ///
    /// - Parameter columns: none when the statement has no result.
    public mutating func prepared(
        statementID: UInt32,
        parameterCount: Int,
        columns: [ColumnDefinition41],
        status: StatusFlags,
        warnings: UInt16 = 0,
        into output: inout ByteBuffer
    ) {
        assert(phase == .result, "the answer to a preparation is one whole")
        let answer = StatementPrepareOK(
            statementID: statementID,
            columnCount: columns.count,
            parameterCount: parameterCount,
            warnings: warnings
        )
        let results = results
        packets.packet(&output) { answer.encode(into: &$0) }
        let parameters = [ColumnDefinition41](repeating: .parameter, count: parameterCount)
        for list in [parameters, columns] where !list.isEmpty {
            for column in list {
                packets.packet(&output) { column.encode(into: &$0, results: results) }
            }
            if capabilities.contains(.deprecateEOF) { continue }
            packets.packet(&output) {
                EOFPacket(status: status, warnings: warnings).encode(into: &$0, capabilities: [])
            }
        }
        phase = .finished
    }

    // MARK: - COM_FIELD_LIST

    /// One column of a table, with its default value if it has one.
    public mutating func fieldListColumn(
        _ column: ColumnDefinition41,
        defaultValue: String?,
        into output: inout ByteBuffer
    ) {
        assert(phase == .result || phase == .fieldList, "columns are the whole answer")
        let results = results
        packets.packet(&output) {
            column.encode(into: &$0, defaultValue: .some(defaultValue), results: results)
        }
        phase = .fieldList
    }

    /// Ends the list, which may be empty.
    public mutating func endFieldList(status: StatusFlags, into output: inout ByteBuffer) {
        assert(phase == .result || phase == .fieldList, "columns are the whole answer")
        let capabilities = capabilities
        packets.packet(&output) {
            EOFPacket(status: status).encode(into: &$0, capabilities: capabilities)
        }
        phase = .finished
    }

    // MARK: - Rows

    /// Begins a row; then comes one cell a column.
    public mutating func beginRow(into output: inout ByteBuffer) {
        assert(phase == .rows, "a row stands in a result set")
        phase = .row
        cellCount = 0
        rowStart = packets.begin(&output)
        if isBinary { beginBinaryRow(columnCount, into: &output) }
    }

    /// Ends a row.
    public mutating func endRow(into output: inout ByteBuffer) {
        assert(phase == .row, "no row was begun")
        assert(cellCount == columnCount, "a row has one cell a column")
        packets.end(rowStart, &output)
        rowCount &+= 1
        phase = .rows
    }

    /// Takes back a row that was begun.
    public mutating func abandonRow(into output: inout ByteBuffer) {
        assert(phase == .row, "no row was begun")
        output.truncate(to: rowStart)
        phase = .rows
    }

    /// A whole row whose cells are encoded already, as an upstream server sent it.
    public mutating func encodedRow(
        _ payload: UnsafeRawBufferPointer,
        into output: inout ByteBuffer
    ) {
        assert(phase == .rows, "a row stands in a result set")
        packets.packet(&output, payload: payload)
        rowCount &+= 1
    }

    /// What is done to the texts of the cell just counted.
    var cellConversion: TextConversion? {
        guard !convertedCells.isEmpty, convertedCells[cellCount - 1] else { return nil }
        return results.conversion
    }

    /// Counts a cell that is about to be written.
    @inline(__always)
    mutating func countCell() {
        assert(phase == .row, "a cell stands in a row")
        assert(cellCount < columnCount, "a row has one cell a column")
        cellCount &+= 1
    }
}
