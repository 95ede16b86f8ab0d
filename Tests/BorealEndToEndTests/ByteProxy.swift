import Foundation
import Glibc
import Synchronization

/// Stands between Boreal and its source and passes bytes on until it is told to break: what a
/// network does to two servers.
final class ByteProxy: @unchecked Sendable {
    // Unchecked: what threads share is behind the mutex.
    private struct State {
        /// Bytes of answers that are still passed on; nil for any number.
        var answerBytesLeft: Int?
        /// Bytes of requests, likewise.
        var requestBytesLeft: Int?
        var cursors = Cursors.kept
        var cursorsTaken = 0
        /// Whether the end of the allowance closes the connection, or only stops passing on.
        var closes = true
        var connections = 0
        var descriptors: [Int32] = []
    }

    /// What becomes of a statement that is to be run with a cursor.
    enum Cursors: Sendable {
        case kept
        /// It runs without one, as at servers that do not know them.
        case ignored
        /// It is refused, as at servers that know that they have none.
        case refused
    }

    private let state = Mutex(State())
    private let listening: Int32
    private let target: Int
    let port: Int

    init(to target: Int) throws {
        self.target = target
        (listening, port) = try Loopback.listen()
        Thread.detachNewThread { [self] in accept() }
    }

    deinit { end() }

    /// Stops listening and closes everything.
    func end() {
        shutdown(listening, Int32(SHUT_RDWR))
        close(listening)
        cut()
    }

    /// Connections that were made.
    var connections: Int { state.withLock { $0.connections } }

    /// Breaks every connection after so many more bytes of answers.
    func breakAfter(answerBytes: Int, closes: Bool = true) {
        state.withLock { state in
            state.answerBytesLeft = answerBytes
            state.closes = closes
        }
    }

    /// Breaks every connection after so many more bytes of requests.
    func breakAfter(requestBytes: Int) {
        state.withLock { state in
            state.requestBytesLeft = requestBytes
            state.closes = true
        }
    }

    /// Takes the cursors away from requests, which come one packet at a time.
    func treat(cursors: Cursors) { state.withLock { $0.cursors = cursors } }

    /// Statements whose cursors were taken away.
    var cursorsTaken: Int { state.withLock { $0.cursorsTaken } }

    /// Passes everything on again, over new connections.
    func heal() {
        state.withLock { state in
            state.cursors = .kept
            state.answerBytesLeft = nil
            state.requestBytesLeft = nil
        }
    }

    /// Breaks every connection now.
    func cut() {
        let descriptors = state.withLock { state in
            defer { state.descriptors = [] }
            return state.descriptors
        }
        for descriptor in descriptors { shutdown(descriptor, Int32(SHUT_RDWR)) }
    }

    private func accept() {
        while true {
            let client = Glibc.accept(listening, nil, nil)
            guard client >= 0 else { return }
            // Without the server behind it the connection ends.
            guard let server = try? Loopback.connect(to: target) else {
                close(client)
                continue
            }
            state.withLock { state in
                state.connections += 1
                state.descriptors += [client, server]
            }
            Thread.detachNewThread { [self] in pass(from: server, to: client, isAnswer: true) }
            Thread.detachNewThread { [self] in pass(from: client, to: server, isAnswer: false) }
        }
    }

    private func pass(from source: Int32, to target: Int32, isAnswer: Bool) {
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = recv(source, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            if !isAnswer, refuseCursor(&buffer, count, source) { continue }
            let (allowed, closes) = allowance(count, isAnswer)
            var sent = 0
            while sent < allowed {
                let part = buffer[sent..<allowed].withUnsafeBytes {
                    send(target, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard part > 0 else { break }
                sent += part
            }
            guard allowed == count else {
                if closes { break }
                // Silence: the connection stands and says nothing more.
                while recv(source, &buffer, buffer.count, 0) > 0 {}
                break
            }
        }
        shutdown(source, Int32(SHUT_RDWR))
        shutdown(target, Int32(SHUT_RDWR))
    }

    /// Looks for COM_STMT_EXECUTE with a flag for cursors.
    ///
    /// - Returns: whether it was answered here.
    private func refuseCursor(_ buffer: inout [UInt8], _ count: Int, _ client: Int32) -> Bool {
        guard count > 9, buffer[3] == 0, buffer[4] == 0x17, buffer[9] != 0 else { return false }
        let cursors = state.withLock { state in
            if state.cursors != .kept { state.cursorsTaken += 1 }
            return state.cursors
        }
        switch cursors {
        case .kept: return false
        case .ignored:
            buffer[9] = 0
            return false
        case .refused:
            let error = Array("no cursors here".utf8)
            let payload = [0xFF, 0xD3, 0x04] + Array("#42000".utf8) + error
            let packet = [UInt8(payload.count), 0, 0, 1] + payload
            return send(client, packet, packet.count, Int32(MSG_NOSIGNAL)) == packet.count
        }
    }

    private func allowance(_ count: Int, _ isAnswer: Bool) -> (Int, closes: Bool) {
        state.withLock { state in
            let left = isAnswer ? state.answerBytesLeft : state.requestBytesLeft
            guard let left else { return (count, state.closes) }
            let allowed = min(count, left)
            if isAnswer {
                state.answerBytesLeft = left - allowed
            } else {
                state.requestBytesLeft = left - allowed
            }
            return (allowed, state.closes)
        }
    }
}
