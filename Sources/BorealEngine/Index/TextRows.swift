import BorealBase
import BorealSQL
import BorealTables
import BorealWire

/// The rows of a small result as texts: the engine's own questions to the tables.
struct TextRows {
    /// Most bytes of a result.
    static let bytesMax = 8 << 20

    /// Most rows that are kept; the others are counted.
    let rowsMax: Int
    /// NULL is nil.
    private(set) var rows: [[String?]] = []
    /// Rows that there were.
    private(set) var rowCount = 0
    private var bytes = 0
    private var writer = RowWriter(sequenceID: 0, capabilities: [.deprecateEOF])
    private var hasBegun = false
    private var buffer = ByteBuffer()

    init(rowsMax: Int = .max) { self.rowsMax = rowsMax }

    /// Goes on with a statement and takes its rows.
    ///
    /// - Throws: what ends the statement; `memoryLimit` for a result that is too large.
    mutating func step(_ statement: any TableStatement) throws -> BorealTables.StepOutcome {
        if !hasBegun, !statement.columns.isEmpty {
            // The writer wants them in front of rows; nobody reads them.
            writer.columns(statement.definitions, status: [], into: &buffer)
            buffer = ByteBuffer()
        }
        hasBegun = true
        let outcome = try statement.step(into: &writer, buffer: &buffer, budgetBytes: 1 << 16)
        let packets = buffer.bytes
        buffer = ByteBuffer()
        take(packets, columns: statement.columns.count)
        guard bytes <= Self.bytesMax else { throw TableError.memoryLimit(Self.bytesMax) }
        return outcome
    }

    /// Takes packets of the text protocol apart: each a header of four bytes, then a text a column
    /// behind its length.
    private mutating func take(_ packets: [UInt8], columns: Int) {
        guard columns > 0 else { return }
        var position = 0
        while position + 4 <= packets.count {
            position += 4
            var row: [String?] = []
            for _ in 0..<columns {
                let length: Int?
                switch packets[position] {
                case 0xFB:
                    length = nil
                    position += 1
                case 0xFC: length = Self.size(packets, &position, 2)
                case 0xFD: length = Self.size(packets, &position, 3)
                case 0xFE: length = Self.size(packets, &position, 8)
                case let short:
                    length = Int(short)
                    position += 1
                }
                guard let length else {
                    row.append(nil)
                    continue
                }
                row.append(String(decoding: packets[position..<position + length], as: UTF8.self))
                position += length
            }
            rowCount += 1
            guard rows.count < rowsMax else { continue }
            bytes += row.reduce(0) { $0 + 16 + ($1?.utf8.count ?? 0) }
            rows.append(row)
        }
    }

    /// A length of so many bytes behind the one that says so.
    private static func size(_ packets: [UInt8], _ position: inout Int, _ width: Int) -> Int {
        let value = (0..<width).reduce(0) { $0 | Int(packets[position + 1 + $1]) << (8 * $1) }
        position += 1 + width
        return value
    }
}

extension TableSession {
    /// A statement of the engine's own, in this session and with its rights.
    func question(
        _ sql: String,
        _ parameters: [TableValue] = [],
        cancellation: CancellationFlag
    ) throws(ServerError) -> any TableStatement {
        let text = Array(sql.utf8)
        do {
            guard case .ordinary(let statement) = try StatementParser.parse(text).kind else {
                throw ServerError.internalError("a question of the engine's own is none")
            }
            return try prepare(
                statement,
                text: text,
                parameters: parameters,
                cancellation: cancellation
            )
        } catch let error as SyntaxError {
            throw ServerError(syntax: error, text: text)
        } catch {
            throw ServerError(table: error)
        }
    }
}
