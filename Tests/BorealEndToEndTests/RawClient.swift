import Glibc

/// A small MySQL client of the tests' own: it shows what the wire says (types, flags, numbers) that
/// command line clients hide. Accounts without a password only.
///
/// Unchecked: one thread at a time uses a client.
final class RawClient: @unchecked Sendable {
    struct ServerFailure: Error, CustomStringConvertible {
        let number: Int
        let state: String
        let message: String
        var description: String { "ERROR \(number) (\(state)): \(message)" }
    }

    enum ClientFailure: Error {
        case cannotConnect(Int32)
        case connectionLost
        case unexpectedPacket([UInt8])
    }

    struct ColumnInfo: Equatable {
        let name: String
        let type: UInt8
        let flags: UInt16
        let charset: UInt16
    }

    struct Answer {
        var columns: [ColumnInfo] = []
        var rows: [[String?]] = []
        var affectedRows: UInt64 = 0
        var lastInsertID: UInt64 = 0
        var warnings = 0
        var isResultSet = false
        /// The status flags behind the rows.
        var status = 0
        /// The OK packet as it came.
        var ok: [UInt8] = []

        var names: [String] { columns.map(\.name) }
        /// The single cell of a one-cell answer.
        var cell: String? { rows.first?.first ?? nil }
    }

    private let descriptor: Int32
    /// The number of the next packet, whoever sends it.
    private(set) var sequence: UInt8 = 0
    private var unread: [UInt8] = []
    private(set) var connectionID: UInt32 = 0
    /// What LOAD DATA LOCAL INFILE sends for any name the server asks for.
    var localFile: [UInt8] = []
    /// Bytes of one data packet of a local file.
    var localChunk = 60_000

    /// - Parameters:
    ///   - extraFlags: capabilities beside those that every client of the tests has. Rows are read
    ///     as without CLIENT_DEPRECATE_EOF.
    ///   - collation: the login's.
    init(
        port: Int,
        user: String = "root",
        database: String? = nil,
        extraFlags: UInt32 = 0,
        collation: UInt8 = 45
    ) throws {
        descriptor = try Loopback.connect(to: port)
        try logIn(user: user, database: database, extraFlags, collation)
    }

    /// A client that answers the challenge with a guess and reads what comes of it, no further.
    init(guessing user: String, port: Int) throws {
        descriptor = try Loopback.connect(to: port)
        _ = try readPacket()
        let flags: UInt32 = 0x1 | 0x4 | 0x200 | 0x2000 | 0x8000 | 0x8_0000
        let guess = [UInt8](repeating: 7, count: 32)
        try writePacket(
            Self.bytes(UInt64(flags), 4) + Self.bytes(1 << 24, 4) + [45]
                + [UInt8](repeating: 0, count: 23) + Array(user.utf8) + [0, 32] + guess
                + Array("caching_sha2_password".utf8) + [0]
        )
        _ = try readPacket()
    }

    deinit { close(descriptor) }

    /// Whether something to read comes within a time.
    func hasAnswer(withinMilliseconds milliseconds: Int32) -> Bool {
        var waited = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&waited, 1, milliseconds) == 1
    }

    /// Ends the connection without a word.
    func vanish() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    private func logIn(
        user: String,
        database: String?,
        _ extraFlags: UInt32,
        _ collation: UInt8
    ) throws {
        let greeting = try readPacket()
        guard greeting.first == 10, let end = greeting.dropFirst().firstIndex(of: 0) else {
            throw failure(in: greeting)
        }
        connectionID = UInt32(Self.integer(greeting, at: end + 1, bytes: 4))
        // LONG_PASSWORD, LONG_FLAG, LOCAL_FILES, PROTOCOL_41, TRANSACTIONS, SECURE_CONNECTION,
        // MULTI_RESULTS, PLUGIN_AUTH and, with a database, CONNECT_WITH_DB.
        var flags: UInt32 = 0x1 | 0x4 | 0x80 | 0x200 | 0x2000 | 0x8000 | 0x2_0000 | 0x8_0000
        flags |= extraFlags
        if database != nil { flags |= 0x8 }
        var login = Self.bytes(UInt64(flags), 4) + Self.bytes(1 << 24, 4) + [collation]
        login += [UInt8](repeating: 0, count: 23) + Array(user.utf8) + [0, 0]
        if let database { login += Array(database.utf8) + [0] }
        login += Array("mysql_native_password".utf8) + [0]
        try writePacket(login)
        while true {
            let packet = try readPacket()
            switch packet.first {
            case 0: return
            case 0xFE: try writePacket([])
            case 1: continue
            default: throw failure(in: packet)
            }
        }
    }

    /// Runs one statement and reads its whole answer.
    @discardableResult
    func query(_ text: String) throws -> Answer {
        try command([3] + Array(text.utf8))
    }

    /// Begins a statement and leaves its answer unread.
    func start(_ text: String) throws {
        sequence = 0
        try writePacket([3] + Array(text.utf8))
    }

    /// Begins a command and leaves its answer unread.
    func start(command payload: [UInt8]) throws {
        sequence = 0
        try writePacket(payload)
    }

    /// The error a statement must end in.
    func failure(of text: String) throws -> ServerFailure {
        do {
            let answer = try query(text)
            throw ClientFailure.unexpectedPacket(Array("no error but \(answer)".utf8))
        } catch let error as ServerFailure {
            return error
        }
    }

    /// Sends one command packet and reads a text answer.
    func command(_ payload: [UInt8]) throws -> Answer {
        sequence = 0
        try writePacket(payload)
        return try readAnswer()
    }

    /// The whole answer to what was begun.
    func readAnswer() throws -> Answer {
        var packet = try readPacket()
        if packet.first == 0xFB {
            var rest = localFile[...]
            while !rest.isEmpty {
                try writePacket(Array(rest.prefix(localChunk)))
                rest = rest.dropFirst(localChunk)
            }
            try writePacket([])
            packet = try readPacket()
        }
        var answer = Answer()
        switch packet.first {
        case 0xFF: throw failure(in: packet)
        case 0:
            answer.ok = packet
            var reader = Reader(packet, 1)
            answer.affectedRows = reader.lengthEncoded() ?? 0
            answer.lastInsertID = reader.lengthEncoded() ?? 0
            answer.warnings = Self.integer(packet, at: reader.position + 2, bytes: 2)
        default:
            answer.isResultSet = true
            try readResultSet(count: packet, into: &answer)
        }
        return answer
    }

    private func readResultSet(count packet: [UInt8], into answer: inout Answer) throws {
        var reader = Reader(packet, 0)
        for _ in 0..<(reader.lengthEncoded() ?? 0) {
            var definition = Reader(try readPart(), 0)
            for _ in 0..<4 { _ = definition.text() }
            let name = definition.text() ?? ""
            _ = definition.text()
            let fixed = definition.position + 1
            answer.columns.append(
                ColumnInfo(
                    name: name,
                    type: definition.bytes[fixed + 6],
                    flags: UInt16(Self.integer(definition.bytes, at: fixed + 7, bytes: 2)),
                    charset: UInt16(Self.integer(definition.bytes, at: fixed, bytes: 2))
                )
            )
        }
        _ = try readPart()
        while true {
            let row = try readPart()
            if row.first == 0xFE, row.count < 9 {
                answer.warnings = Self.integer(row, at: 1, bytes: 2)
                answer.status = Self.integer(row, at: 3, bytes: 2)
                return
            }
            var cells = Reader(row, 0)
            answer.rows.append(answer.columns.map { _ in cells.text() })
        }
    }

    /// A packet of a result, in whose place an error may stand.
    private func readPart() throws -> [UInt8] {
        let packet = try readPacket()
        if packet.first == 0xFF { throw failure(in: packet) }
        return packet
    }

    private func failure(in packet: [UInt8]) -> any Error {
        guard packet.first == 0xFF, packet.count >= 3 else {
            return ClientFailure.unexpectedPacket(packet)
        }
        let hasState = packet.count >= 9 && packet[3] == UInt8(ascii: "#")
        return ServerFailure(
            number: Self.integer(packet, at: 1, bytes: 2),
            state: hasState ? String(decoding: packet[4..<9], as: UTF8.self) : "",
            message: String(decoding: packet[(hasState ? 9 : 3)...], as: UTF8.self)
        )
    }

    // MARK: - Packets

    /// Sends bytes as they are, for tests of broken framing.
    func writeRaw(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw ClientFailure.connectionLost }
            sent += count
        }
    }

    /// Reads so many bytes as they come, likewise.
    func readRaw(_ count: Int) throws -> [UInt8] { try read(count) }

    func writePacket(_ payload: [UInt8]) throws {
        var rest = payload[...]
        var size: Int
        repeat {
            size = min(rest.count, 0xFF_FFFF)
            try writeRaw(Self.bytes(UInt64(size), 3) + [sequence] + rest.prefix(size))
            rest = rest.dropFirst(size)
            sequence &+= 1
        } while size == 0xFF_FFFF
    }

    func readPacket() throws -> [UInt8] {
        let header = try read(4)
        let length = Self.integer(header, at: 0, bytes: 3)
        sequence = header[3] &+ 1
        let payload = try read(length)
        return length == 0xFF_FFFF ? payload + (try readPacket()) : payload
    }

    private func read(_ count: Int) throws -> [UInt8] {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while unread.count < count {
            let received = recv(descriptor, &chunk, chunk.count, 0)
            guard received > 0 else { throw ClientFailure.connectionLost }
            unread += chunk[0..<received]
        }
        let bytes = Array(unread.prefix(count))
        unread.removeFirst(count)
        return bytes
    }

    private static func integer(_ bytes: [UInt8], at offset: Int, bytes count: Int) -> Int {
        var value = 0
        for i in (0..<count).reversed() where offset + i < bytes.count {
            value = value << 8 | Int(bytes[offset + i])
        }
        return value
    }

    private static func bytes(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
    }

    /// Length-encoded values of one packet.
    private struct Reader {
        let bytes: [UInt8]
        var position: Int

        init(_ bytes: [UInt8], _ position: Int) {
            self.bytes = bytes
            self.position = position
        }

        mutating func lengthEncoded() -> UInt64? {
            guard position < bytes.count else { return nil }
            let first = bytes[position]
            position += 1
            let width: Int
            switch first {
            case 0xFB: return nil
            case 0xFC: width = 2
            case 0xFD: width = 3
            case 0xFE: width = 8
            default: return UInt64(first)
            }
            let value = RawClient.integer(bytes, at: position, bytes: width)
            position += width
            return UInt64(value)
        }

        mutating func text() -> String? {
            guard let length = lengthEncoded() else { return nil }
            defer { position += Int(length) }
            return String(decoding: bytes[position..<position + Int(length)], as: UTF8.self)
        }
    }
}
