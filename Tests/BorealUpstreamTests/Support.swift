import BorealBase
import BorealNet
import BorealTLS
import BorealWire
import Dispatch
import Foundation
import Synchronization

@testable import BorealUpstream

/// What happened, in order, for a test to wait for.
final class Happenings: Sendable {
    private let values = Mutex<[String]>([])
    private let arrived = DispatchSemaphore(value: 0)

    func give(_ value: String) {
        values.withLock { $0.append(value) }
        arrived.signal()
    }

    /// The next one; nil when none came within a minute.
    func take() -> String? {
        guard arrived.wait(timeout: .now() + 60) == .success else { return nil }
        return values.withLock { $0.removeFirst() }
    }
}

/// A user that tells what it is told, and sends what a test has it send.
// Unchecked: used on the connection's loop; tests only read `happenings`.
final class Teller: UpstreamUser, @unchecked Sendable {
    let happenings = Happenings()
    /// Sent when the connection is ready.
    var atReady: (UpstreamConnection) -> Void = { _ in }

    func upstreamReady(_ upstream: UpstreamConnection) {
        happenings.give("ready")
        atReady(upstream)
    }

    func upstream(_ upstream: UpstreamConnection, sent packet: AnswerPacket, isLast: Bool) {
        let text = try? upstream.withPacket { payload throws(WireError) in
            String(decoding: payload.filter { $0 > 0x20 && $0 < 0x7f }, as: UTF8.self)
        }
        happenings.give("\(packet) \(text ?? "?")\(isLast ? "." : "")")
    }

    func upstreamPaused(_ upstream: UpstreamConnection) {}
    func upstreamDrained(_ upstream: UpstreamConnection) { happenings.give("drained") }

    func upstream(_ upstream: UpstreamConnection, failed error: UpstreamError) {
        happenings.give("failed: \(error)")
    }
}

/// The server's side, played by our own machine: answers every query with the text itself, and does
/// what some texts say.
// Unchecked: everything happens on the connection's loop.
final class StubServer: ConnectionHandler, @unchecked Sendable {
    private var conversation: ServerConversation
    private let tls: TLSContext?
    private let pool: WorkerPool

    init(tls: TLSContext?, pool: WorkerPool) {
        var configuration = ServerConversation.Configuration(
            connectionID: 7,
            serverVersion: "10.11.19-MariaDB",
            nonce: Array(0x41..<0x41 + 20),
            isSecureChannel: false
        )
        if tls != nil { configuration.capabilities.insert(.ssl) }
        configuration.capabilities.insert(.compress)
        self.tls = tls
        self.pool = pool
        conversation = ServerConversation(configuration)
    }

    func connectionOpened(_ connection: Connection) {
        connection.withOutput { conversation.start(into: &$0) }
    }

    func connection(_ connection: Connection, received bytes: UnsafeRawBufferPointer) {
        conversation.receive(bytes)
        pump(connection)
    }

    private func pump(_ connection: Connection) {
        var action: ServerConversation.Action?
        repeat {
            connection.withOutput { action = conversation.poll(into: &$0) }
            if let action, !perform(action, connection) { return }
        } while action != nil
    }

    /// False when the conversation goes on later, or not at all.
    private func perform(_ action: ServerConversation.Action, _ connection: Connection) -> Bool {
        switch action {
        case .startTLS(let received): startTLS(received, connection)
        case .lookUpAccount:
            // What cannot be made opens nothing, and the test sees that.
            let account = try? AccountCredentials(password: "secret", plugin: .nativePassword)
            conversation.complete(.account(account))
            return true
        case .checkPassword(let check):
            guard let outcome = try? check.run() else { return false }
            conversation.complete(.passwordChecked(outcome))
            return true
        case .query(let text): return answer(String(decoding: text, as: UTF8.self), connection)
        default:
            conversation.complete(.ok(OKPacket(info: "done")))
            return true
        }
        return false
    }

    private func startTLS(_ received: [UInt8], _ connection: Connection) {
        guard let tls else { return connection.close() }
        // A failure shows on the client's side.
        try? TLSHandshake.begin(
            on: connection,
            tls,
            received: received,
            pool: pool,
            finished: { [self] _ in
                conversation.complete(.tlsStarted)
                pump(connection)
            },
            failed: { _ in }
        )
    }

    private func answer(_ text: String, _ connection: Connection) -> Bool {
        switch text {
        case "hang": return false
        case "die":
            connection.close()
            return false
        case "half":
            writeRows(connection, count: 3, isWhole: false)
            connection.closeAfterFlush()
            return false
        case "many":
            conversation.complete(
                .commandDone(nextSequenceID: writeRows(connection, count: 50_000, isWhole: true))
            )
        default: conversation.complete(.ok(OKPacket(info: text)))
        }
        return true
    }

    @discardableResult
    private func writeRows(_ connection: Connection, count: Int, isWhole: Bool) -> UInt8 {
        var writer = conversation.responseWriter()
        connection.withOutput { output in
            let start = output.end
            let column = ColumnDefinition41(name: "a", type: .varchar(10))
            writer.columns([column], status: .autocommit, into: &output)
            for row in 0..<count {
                writer.beginRow(into: &output)
                writer.text("row\(row)", into: &output)
                writer.endRow(into: &output)
            }
            if isWhole { writer.endResult(status: .autocommit, into: &output) }
            conversation.seal(&output, from: start)
        }
        return writer.sequenceID
    }
}

/// Says what it is told to, and then nothing, whatever it hears.
final class MuteServer: ConnectionHandler {
    let greeting: [UInt8]

    init(greeting: [UInt8]) { self.greeting = greeting }

    func connectionOpened(_ connection: Connection) { connection.send(greeting) }
    func connection(_ connection: Connection, received bytes: UnsafeRawBufferPointer) {}
}

/// Loops, workers, a listener, and a certificate of our own making.
final class Stage {
    let loops: EventLoopGroup
    let pool: WorkerPool
    let listener: Listener
    let folder: String
    let certificate: String

    /// - Parameters:
    ///   - names: what the certificate is good for; nil for a server without TLS.
    ///   - mute: nil for a server that answers.
    init(names: [String]? = nil, mute: [UInt8]? = nil) throws {
        folder = NSTemporaryDirectory() + "boreal-upstream-\(UUID().uuidString)"
        certificate = folder + "/cert.pem"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        loops = try EventLoopGroup(count: 1, tickMilliseconds: 20)
        let pool = try WorkerPool(threads: 1)
        self.pool = pool
        var tls: TLSContext?
        if let names {
            let made = try SelfSignedCertificate(names: names)
            try Data(made.certificatePEM).write(to: URL(fileURLWithPath: certificate))
            try Data(made.privateKeyPEM).write(to: URL(fileURLWithPath: folder + "/key.pem"))
            tls = try TLSContext(
                TLSContext.Configuration(
                    certificateFile: certificate,
                    keyFile: folder + "/key.pem"
                )
            )
        }
        let context = tls
        listener = try Listener([.tcp(host: "127.0.0.1", port: 0)], on: loops, report: { _ in }) {
            _ in
            if let mute { MuteServer(greeting: mute) } else { StubServer(tls: context, pool: pool) }
        }
    }

    var port: UInt16 { listener.addresses[0].port }

    func end() {
        listener.stop()
        loops.shutdown()
        pool.shutdown()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Opens a connection; the teller learns what comes of it.
    func open(
        _ url: String,
        _ teller: Teller,
        connectSeconds: Int = 60,
        readSeconds: Int = 0,
        allows: @escaping @Sendable (IPAddress) -> Bool = { _ in true }
    ) throws -> UpstreamServer {
        let server = try UpstreamServer(try UpstreamURL(url), pool: pool, allows: allows)
        let configuration = server.configuration(
            capabilities: .ofClients,
            database: nil,
            collation: .utf8mb4GeneralCI
        )
        let loop = loops.loops[0]
        loop.execute {
            let upstream = UpstreamConnection.open(
                to: server,
                configuration,
                on: loop,
                user: teller,
                connectSeconds: connectSeconds,
                readSeconds: readSeconds
            )
            kept.withLock { $0.append(upstream) }
        }
        return server
    }
}

/// Connections of tests, which nobody else holds.
private let kept = Mutex<[UpstreamConnection]>([])
