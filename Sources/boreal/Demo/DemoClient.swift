/// The little of the MySQL protocol that the tour needs: log in without a password, text queries,
/// local files. It is a client like any other: it knows nothing of the server it talks to.
final class DemoClient {
    /// An answer as text.
    struct Answer {
        var columns: [String] = []
        /// Numbers are printed to the right, as the `mysql` command line does.
        var isNumeric: [Bool] = []
        var rows: [[String?]] = []
        var affectedRows: UInt64 = 0
        var info = ""
        var isResultSet: Bool { !columns.isEmpty }
    }

    private let socket: DemoSocket
    private var sequence: UInt8 = 0

    /// Logs in as root.
    ///
    /// - Throws: `CommandFailure` with the server's sentence.
    init(port: UInt16) throws {
        socket = try DemoSocket(port: port)
        _ = try readPacket()
        // LONG_PASSWORD, LOCAL_FILES, PROTOCOL_41, TRANSACTIONS, SECURE_CONNECTION, PLUGIN_AUTH.
        let flags: UInt64 = 0x1 | 0x80 | 0x200 | 0x2000 | 0x8000 | 0x8_0000
        var login = Self.littleEndian(flags, 4) + Self.littleEndian(1 << 24, 4) + [45]
        login += [UInt8](repeating: 0, count: 23) + Array("root".utf8) + [0, 0]
        login += Array("mysql_native_password".utf8) + [0]
        try writePacket(login)
        var packet = try readPacket()
        while packet.first != 0 {
            if packet.first == 0xFE { try writePacket([]) }
            if packet.first == 0xFF { throw Self.failure(packet) }
            packet = try readPacket()
        }
    }

    /// Runs one statement; `file` is what LOAD DATA LOCAL INFILE reads.
    func query(_ text: String, file: [UInt8] = []) throws -> Answer {
        sequence = 0
        try writePacket([3] + Array(text.utf8))
        var packet = try readPacket()
        if packet.first == 0xFB {
            var rest = file[...]
            while !rest.isEmpty {
                try writePacket(Array(rest.prefix(1 << 20)))
                rest = rest.dropFirst(1 << 20)
            }
            try writePacket([])
            packet = try readPacket()
        }
        if packet.first == 0xFF { throw Self.failure(packet) }
        var reader = PacketReader(packet)
        if packet.first == 0 {
            reader.skip(1)
            var answer = Answer()
            answer.affectedRows = reader.lengthEncoded() ?? 0
            _ = reader.lengthEncoded()
            reader.skip(4)
            answer.info = reader.text() ?? ""
            return answer
        }
        return try readResultSet(columns: Int(reader.lengthEncoded() ?? 0))
    }

    private func readResultSet(columns: Int) throws -> Answer {
        var answer = Answer()
        for _ in 0..<columns {
            var definition = PacketReader(try readPacket())
            for _ in 0..<4 { _ = definition.text() }
            answer.columns.append(definition.text() ?? "")
            _ = definition.text()
            definition.skip(7)
            let type = definition.byte()
            answer.isNumeric.append([1, 2, 3, 4, 5, 8, 9, 13, 246].contains(type))
        }
        _ = try readPacket()
        while true {
            let packet = try readPacket()
            if packet.first == 0xFF { throw Self.failure(packet) }
            if packet.first == 0xFE, packet.count < 9 { return answer }
            var row = PacketReader(packet)
            answer.rows.append((0..<columns).map { _ in row.text() })
        }
    }

    private func readPacket() throws -> [UInt8] {
        let header = try socket.read(4)
        sequence = header[3] &+ 1
        return try socket.read(Int(header[0]) | Int(header[1]) << 8 | Int(header[2]) << 16)
    }

    private func writePacket(_ payload: [UInt8]) throws {
        precondition(payload.count < 0xFF_FFFF, "the tour sends small packets only")
        try socket.write(Self.littleEndian(UInt64(payload.count), 3) + [sequence] + payload)
        sequence &+= 1
    }

    private static func littleEndian(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
    }

    private static func failure(_ packet: [UInt8]) -> CommandFailure {
        let number = Int(packet[1]) | Int(packet[2]) << 8
        return .failed("ERROR \(number): \(String(decoding: packet.dropFirst(9), as: UTF8.self))")
    }
}

/// Length-encoded values of one packet.
private struct PacketReader {
    private var bytes: ArraySlice<UInt8>

    init(_ packet: [UInt8]) { bytes = packet[...] }

    mutating func skip(_ count: Int) { bytes = bytes.dropFirst(count) }

    mutating func byte() -> UInt8 { bytes.popFirst() ?? 0 }

    mutating func lengthEncoded() -> UInt64? {
        let first = byte()
        let width: Int
        switch first {
        case 0xFB: return nil
        case 0xFC: width = 2
        case 0xFD: width = 3
        case 0xFE: width = 8
        default: return UInt64(first)
        }
        var value: UInt64 = 0
        for i in 0..<width { value |= UInt64(byte()) << (8 * UInt64(i)) }
        return value
    }

    mutating func text() -> String? {
        guard !bytes.isEmpty, let length = lengthEncoded() else { return nil }
        defer { skip(Int(length)) }
        return String(decoding: bytes.prefix(Int(length)), as: UTF8.self)
    }
}
