import Foundation
import Testing

/// What a client, Boreal and a source say to each other at the same time, and what of it must come
/// first: results before the request for a file, a KILL before the next statement.
@Suite(.serialized, .wantsMariaDB)
struct SourceOrderTests: SourceSuite {
    private static let shared = Result {
        try SourceFixture { place in
            let root = try place.source.connect(database: "shop")
            _ = try root.query("CREATE TABLE numbers (a INT PRIMARY KEY)")
            _ = try root.query("CREATE TABLE nothing (a INT PRIMARY KEY)")
        }
    }

    let fixture: SourceFixture

    init() throws {
        fixture = try Self.shared.get()
        proxy.heal()
    }

    @Test("a client that compresses is asked for its file when it has the results before")
    func fileBehindResults() throws {
        // CLIENT_COMPRESS and CLIENT_MULTI_STATEMENTS.
        let client = try RawClient(port: server.mysqlPort, database: "shop", extraFlags: 0x1_0020)
        // Boreal finds the request while the results before it are still to be compressed.
        proxy.join(answersTo: "LOAD DATA", until: "numbers.txt")
        let text =
            "SELECT MD5(seq) FROM seq_1_to_1000; "
            + "LOAD DATA LOCAL INFILE 'numbers.txt' INTO TABLE numbers"
        try client.writeFrame(0, packet: 0, [3] + Array(text.utf8))
        var resultBytes = 0
        var frame = try client.readFrame()
        while !frame.isFileRequest {
            resultBytes += frame.plainBytes
            frame = try client.readFrame()
        }
        // Each row takes 37 bytes. Beside them are the count of columns, a definition and two ends.
        #expect(resultBytes > 37_000)
        #expect(frame.payload[3] == UInt8(truncatingIfNeeded: 1_000 + 4 + 1))
        #expect(frame.payload.dropFirst(5).elementsEqual("numbers.txt".utf8))
        let packet = frame.payload[3]
        try client.writeFrame(frame.number &+ 1, packet: packet &+ 1, Array("1\n2\n3\n".utf8))
        try client.writeFrame(frame.number &+ 2, packet: packet &+ 2, [])
        _ = try client.readFrame()
        let direct = try source.connect(database: "shop")
        #expect(try direct.query("SELECT SUM(a) FROM numbers").cell == "6")
    }

    @Test(
        "a client that is killed while it sends a file to a source that is gone harms nobody",
        arguments: ["KILL QUERY", "KILL"]
    )
    func killedInLostFile(_ kill: String) throws {
        let killer = try server.connect()
        let client = try server.connect(database: "shop")
        try client.start("LOAD DATA LOCAL INFILE 'x' INTO TABLE nothing")
        #expect(try client.readPacket().first == 0xFB)
        proxy.cut()
        try source.wait(for: "LOAD DATA", isRunning: false)
        _ = try killer.query("\(kill) \(client.connectionID)")
        if kill == "KILL QUERY" {
            try client.writePacket(Array("1\n2\n".utf8))
            try client.writePacket([])
            // The answer stands behind the file's end, not in the middle of the file.
            let next = client.sequence
            let number = try client.errorOfAnswer()
            #expect(client.sequence == next &+ 1)
            // The loss, if Boreal reads the file before it looks at the KILL.
            #expect([1_317, 2_013].contains(number))
        }
        // The session at the source is lost, and the client's with it.
        #expect(throws: RawClient.ClientFailure.self) { try client.query("SELECT 1") }
        #expect(server.isRunning)
        let other = try server.connect(database: "shop")
        #expect(try other.query("SELECT COUNT(*) FROM nothing").cell == "0")
    }

    @Test("a KILL QUERY that comes when its statement is over does not end the client's next one")
    func lateKill() throws {
        let holder = try source.connect()
        _ = try holder.query("SELECT GET_LOCK('first', 0), GET_LOCK('second', 0)")
        let client = try server.connect()
        let killer = try server.connect()
        try client.start("SELECT GET_LOCK('first', 60)")
        try source.wait(for: "GET_LOCK('first'")
        // The KILL goes over a connection of its own, and is held on its way.
        let number = proxy.connections + 1
        proxy.holdConnections()
        _ = try killer.query("KILL QUERY \(client.connectionID)")
        #expect(eventually { proxy.hasHeldConnection })
        _ = try holder.query("SELECT RELEASE_LOCK('first')")
        #expect(try client.readAnswer().cell == "1")
        try client.start("SELECT GET_LOCK('second', 60)")
        let isUnderWay = try eventually { try isListed("GET_LOCK('second'", by: killer) }
        #expect(isUnderWay)
        proxy.letConnectionsIn()
        #expect(eventually { proxy.hasEnded(number) })
        _ = try holder.query("SELECT RELEASE_LOCK('second')")
        #expect(try client.readAnswer().cell == "1")
        #expect(try client.query("SELECT 3").cell == "3")
    }

    /// Whether Boreal's list of processes shows a statement with these words.
    private func isListed(_ words: String, by client: RawClient) throws -> Bool {
        try client.query("/*polar4ai*/SHOW PROCESSLIST").rows.contains { row in
            row.contains { $0?.contains(words) == true }
        }
    }
}

/// A frame of the compressed protocol, as it came.
private struct Frame {
    /// Its place in the sequence of frames.
    let number: UInt8
    /// Bytes of packets that it stands for.
    let plainBytes: Int
    /// Whether `payload` is to be unpacked to get those.
    let isPacked: Bool
    let payload: [UInt8]

    /// Whether it is a packet that asks for a file; such a short one is not compressed.
    var isFileRequest: Bool { !isPacked && payload.count > 4 && payload[4] == 0xFB }
}

extension RawClient {
    fileprivate func readFrame() throws -> Frame {
        let header = try readRaw(7)
        func size(_ place: Int) -> Int {
            Int(header[place]) | Int(header[place + 1]) << 8 | Int(header[place + 2]) << 16
        }
        let (sentBytes, unpackedBytes) = (size(0), size(4))
        return Frame(
            number: header[3],
            plainBytes: unpackedBytes > 0 ? unpackedBytes : sentBytes,
            isPacked: unpackedBytes > 0,
            payload: try readRaw(sentBytes)
        )
    }

    /// Sends a packet of less than 250 bytes in a frame that is not compressed.
    fileprivate func writeFrame(_ number: UInt8, packet: UInt8, _ payload: [UInt8]) throws {
        let bytes = [UInt8(payload.count), 0, 0, packet] + payload
        try writeRaw([UInt8(bytes.count), 0, 0, number, 0, 0, 0] + bytes)
    }

    /// The number of the error that an answer is; 0 for any other.
    fileprivate func errorOfAnswer() throws -> Int {
        do {
            _ = try readAnswer()
            return 0
        } catch let failure as ServerFailure {
            return failure.number
        }
    }
}
