import BorealBase
import BorealWire

/// Stands in for sockets, workers and engine: every action of a conversation is performed at once.
struct WireDriver {
    /// Everything the server wrote and nobody took.
    var output = ByteBuffer()
    /// True once the connection has ended.
    private(set) var isOver = false
    /// Users whose login was accepted.
    private(set) var admitted: [String] = []
    /// What was asked for, for comparing two runs.
    private(set) var trace: [String] = []
    private var conversation: ServerConversation
    /// How many values each prepared statement takes.
    private var parameterCounts: [UInt32: Int] = [:]

    /// Bytes that nobody's answer needs.
    private static let outputBytesMax = 64 << 20

    init(_ capabilities: CapabilityFlags = .offered) {
        var configuration = ServerConversation.Configuration(
            connectionID: 7,
            serverVersion: "8.0.36-fuzz",
            nonce: Array(0x21..<0x35),
            isSecureChannel: false
        )
        configuration.capabilities = capabilities
        configuration.packetBytesMax = 1 << 20
        conversation = ServerConversation(configuration)
        conversation.start(into: &output)
    }

    /// A conversation that `anna` is logged in to.
    static func loggedIn(_ flags: UInt32 = 0) -> WireDriver {
        let compress = CapabilityFlags.compress
        let isCompressed = flags & compress.rawValue != 0
        var driver = WireDriver(isCompressed ? .offered.union(compress) : .offered)
        let basic: UInt32 = 0x1 | 0x4 | 0x80 | 0x200 | 0x2000 | 0x8000 | 0x3_0000 | 0x8_0000
        var login: [UInt8] = []
        for shift in [0, 8, 16, 24] {
            login.append(UInt8(truncatingIfNeeded: (basic | flags) >> shift))
        }
        login += [0, 0, 0, 1, 255] + [UInt8](repeating: 0, count: 23)
        login += Array("anna".utf8) + [0, 0] + Array("caching_sha2_password".utf8) + [0]
        driver.receive([UInt8(login.count), 0, 0, 1] + login)
        guard driver.admitted == ["anna"] else { fatalError("anna is not logged in") }
        driver.output = ByteBuffer()
        return driver
    }

    /// One packet whose payload is `bytes`, as the beginning of a command.
    mutating func command(_ bytes: [UInt8]) {
        let count = bytes.count
        receive(
            [UInt8(count & 255), UInt8(count >> 8 & 255), UInt8(count >> 16 & 255), 0] + bytes
        )
    }

    mutating func receive(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { conversation.receive($0) }
        repeat {
            conversation.resume()
            while let action = conversation.poll(into: &output) {
                trace.append("\(action)")
                perform(action)
            }
        } while conversation.isHeldBack
        guard output.count < Self.outputBytesMax else { fatalError("answers without end") }
    }

    private mutating func perform(_ action: ServerConversation.Action) {
        switch action {
        case .lookUpAccount(let login):
            let isAnna = login.userName == "anna"
            conversation.complete(
                .account(isAnna ? AccountCredentials(isPasswordEmpty: true) : nil)
            )
        case .unpack(let frame):
            let result: Result<[UInt8], WireError>
            do throws(WireError) {
                result = .success(try frame.unpacked())
            } catch {
                result = .failure(error)
            }
            conversation.complete(.unpacked(result))
        case .rsaKeyNeeded: conversation.complete(.rsaKey(nil))
        case .checkPassword(let check):
            do {
                conversation.complete(.passwordChecked(try check.run()))
            } catch {
                conversation.complete(.error(ServerError(.unknownError, "no check")))
            }
        case .authenticated(let login):
            admitted.append(login.userName)
            conversation.complete(.ok(OKPacket()))
        case .prepareStatement(let id, let text):
            let parameterCount = text.count { $0 == UInt8(ascii: "?") }
            parameterCounts[id] = parameterCount
            var writer = conversation.responseWriter()
            writer.prepared(
                statementID: id,
                parameterCount: parameterCount,
                columns: [],
                status: .autocommit,
                into: &output
            )
            conversation.complete(
                .statementPrepared(
                    id: id,
                    parameterCount: parameterCount,
                    nextSequenceID: writer.sequenceID
                )
            )
        case .executeStatement(let id, let parameters, _):
            guard parameters.count == parameterCounts[id] else { fatalError("values are missing") }
            conversation.complete(.ok(OKPacket()))
        case .query(let text) where text.starts(with: Array("LOAD".utf8)):
            conversation.complete(
                conversation.capabilities.contains(.localFiles)
                    ? .requestLocalInfile(fileName: "f") : .ok(OKPacket())
            )
        case .localInfileData: conversation.complete(.localInfileConsumed)
        case .statistics: conversation.complete(.statistics("Uptime: 1"))
        case .setOption, .shutdown, .debug: conversation.complete(.eof(EOFPacket()))
        case .closeStatement, .resetStatement: break
        case .quit, .close: isOver = true
        default: conversation.complete(.ok(OKPacket()))
        }
    }
}
