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
        /// The answers that are passed on at once; nil for none.
        var joint: Joint?
        /// Whether new connections lead nowhere yet.
        var holdsConnections = false
        /// Whether there is one that waits for that to end.
        var hasHeldConnection = false
        /// Whether the end of the allowance closes the connection, or only stops passing on.
        var closes = true
        var connections = 0
        /// Connections of which a direction still passes bytes on, by number.
        var passages: [Int: Passage] = [:]
        /// Whether the descriptor to listen at is this proxy's yet.
        var isListening = true
        /// Whether new connections are not wanted any more.
        var isOver = false
    }

    /// The two ends of a connection. Their descriptors are this proxy's until both directions have
    /// ended: nothing is told to a number that is another's by then.
    private struct Passage {
        let client: Int32
        let server: Int32
        var directions = 2

        func breakOff() {
            shutdown(client, Int32(SHUT_RDWR))
            shutdown(server, Int32(SHUT_RDWR))
        }

        /// Closes both ends when nothing unread is left in them: the system would take back what
        /// was sent to a peer whose own words it throws away.
        func letGo() {
            var rest = [UInt8](repeating: 0, count: 16 << 10)
            for end in [client, server] {
                while recv(end, &rest, rest.count, Int32(MSG_DONTWAIT)) > 0 {}
                close(end)
            }
        }
    }

    /// Answers that wait for each other.
    private struct Joint {
        /// Words of the request that they answer.
        let request: String
        /// Words of the last of them.
        let end: String
        /// Whether the request was seen.
        var isAsked = false
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
    /// Where a connection that is held waits.
    private let door = DispatchSemaphore(value: 0)
    private let listening: Int32
    private let target: Int
    let port: Int

    init(to target: Int) throws {
        self.target = target
        (listening, port) = try Loopback.listen()
        Thread.detachNewThread { [self] in accept() }
    }

    deinit { end() }

    /// Stops listening and ends every connection; the threads that wait for them close them.
    func end() {
        letConnectionsIn()
        state.withLock { state in
            state.isOver = true
            if state.isListening { shutdown(listening, Int32(SHUT_RDWR)) }
            for passage in state.passages.values { passage.breakOff() }
        }
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

    /// Takes the cursors away from requests.
    func treat(cursors: Cursors) { state.withLock { $0.cursors = cursors } }

    /// Statements whose cursors were taken away.
    var cursorsTaken: Int { state.withLock { $0.cursorsTaken } }

    /// Holds the answers to the next request with some words back until one comes that has others,
    /// and passes them on in one piece: whoever reads them finds all of them there.
    func join(answersTo request: String, until end: String) {
        state.withLock { $0.joint = Joint(request: request, end: end) }
    }

    /// Lets new connections stand and lead nowhere, until they are let in.
    func holdConnections() { state.withLock { $0.holdsConnections = true } }

    /// Whether a connection is held.
    var hasHeldConnection: Bool { state.withLock { $0.hasHeldConnection } }

    /// Passes on what comes over the connection that is held, and over those behind it.
    func letConnectionsIn() {
        let isAwaited = state.withLock { state -> Bool in
            let isAwaited = state.hasHeldConnection
            state.holdsConnections = false
            state.hasHeldConnection = false
            return isAwaited
        }
        if isAwaited { door.signal() }
    }

    /// Whether a connection was passed on and is over.
    ///
    /// - Parameter number: counted from 1, in the order in which they were let in.
    func hasEnded(_ number: Int) -> Bool {
        state.withLock { $0.connections >= number && $0.passages[number] == nil }
    }

    /// Passes everything on again, over new connections.
    func heal() {
        letConnectionsIn()
        state.withLock { state in
            state.joint = nil
            state.cursors = .kept
            state.answerBytesLeft = nil
            state.requestBytesLeft = nil
        }
    }

    /// Breaks every connection now.
    func cut() {
        state.withLock { state in
            for passage in state.passages.values { passage.breakOff() }
        }
    }

    private func accept() {
        defer {
            state.withLock { state in
                state.isListening = false
                close(listening)
            }
        }
        while true {
            let client = Glibc.accept(listening, nil, nil)
            guard client >= 0 else {
                // One that has gone again is no reason to meet no other.
                if errno == ECONNABORTED || errno == EINTR { continue }
                return
            }
            waitAtDoor()
            // Without the server behind it the connection ends.
            guard let server = try? Loopback.connect(to: target) else {
                close(client)
                continue
            }
            guard let number = enter(Passage(client: client, server: server)) else {
                close(client)
                close(server)
                continue
            }
            Thread.detachNewThread { [self] in
                pass(from: server, to: client, isAnswer: true)
                leave(number)
            }
            Thread.detachNewThread { [self] in
                pass(from: client, to: server, isAnswer: false)
                leave(number)
            }
        }
    }

    /// Waits until new connections are let in.
    private func waitAtDoor() {
        let isHeld = state.withLock { state -> Bool in
            state.hasHeldConnection = state.holdsConnections
            return state.hasHeldConnection
        }
        guard isHeld, door.wait(timeout: .now() + 120) == .timedOut else { return }
        // Nobody has let it in; who does so in this very moment has signalled.
        let isStillHeld = state.withLock { state -> Bool in
            defer { state.hasHeldConnection = false }
            return state.hasHeldConnection
        }
        if !isStillHeld { door.wait() }
    }

    /// The number of a new connection; nil when none is wanted any more.
    private func enter(_ passage: Passage) -> Int? {
        state.withLock { state -> Int? in
            guard !state.isOver else { return nil }
            state.connections += 1
            state.passages[state.connections] = passage
            return state.connections
        }
    }

    /// The end of one direction, which ends the other; the second lets both ends go.
    private func leave(_ number: Int) {
        state.withLock { state in
            guard var passage = state.passages[number] else { return }
            passage.breakOff()
            passage.directions -= 1
            if passage.directions > 0 {
                state.passages[number] = passage
            } else {
                state.passages[number] = nil
                passage.letGo()
            }
        }
    }

    private func pass(from source: Int32, to target: Int32, isAnswer: Bool) {
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        var wanted: [UInt8] = []
        while true {
            let count = recv(source, &buffer, buffer.count, 0)
            // A session that rests for longer than a socket waits is no broken one.
            if count < 0, errno == EAGAIN || errno == EINTR { continue }
            guard count > 0 else { break }
            let treated = isAnswer ? count : treatCursor(&buffer, count, source)
            wanted += buffer[..<treated]
            guard isWhole(wanted, isAnswer) else { continue }
            let (allowed, closes) = allowance(wanted.count, isAnswer)
            var sent = 0
            while sent < allowed {
                let part = wanted[sent..<allowed].withUnsafeBytes {
                    send(target, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard part > 0 else { break }
                sent += part
            }
            guard allowed == wanted.count else {
                if closes { break }
                // Silence: the connection stands and says nothing more.
                while recv(source, &buffer, buffer.count, 0) > 0 {}
                break
            }
            wanted.removeAll(keepingCapacity: true)
        }
    }

    /// Whether bytes are passed on now; answers that wait for each other are not until the last of
    /// them is there.
    private func isWhole(_ bytes: [UInt8], _ isAnswer: Bool) -> Bool {
        state.withLock { state -> Bool in
            guard let joint = state.joint, joint.isAsked || !isAnswer else { return true }
            let text = String(decoding: bytes, as: UTF8.self)
            if !isAnswer {
                if text.contains(joint.request) { state.joint?.isAsked = true }
                return true
            }
            guard text.contains(joint.end) else { return false }
            state.joint = nil
            return true
        }
    }

    /// Takes the cursor away from a COM_STMT_EXECUTE, which is the last packet of what came: before
    /// it may stand commands that are not answered.
    ///
    /// - Returns: how many of the bytes are passed on.
    private func treatCursor(_ buffer: inout [UInt8], _ count: Int, _ client: Int32) -> Int {
        guard state.withLock({ $0.cursors != .kept }) else { return count }
        var (start, next) = (0, 0)
        while next + 4 <= count {
            let size = Int(buffer[next]) | Int(buffer[next + 1]) << 8 | Int(buffer[next + 2]) << 16
            (start, next) = (next, next + 4 + size)
        }
        guard count > start + 9, buffer[start + 3] == 0, buffer[start + 4] == 0x17,
            buffer[start + 9] != 0
        else { return count }
        let isRefused = state.withLock { state in
            state.cursorsTaken += 1
            return state.cursors == .refused
        }
        guard isRefused else {
            buffer[start + 9] = 0
            return count
        }
        let error = Array("no cursors here".utf8)
        let payload = [0xFF, 0xD3, 0x04] + Array("#42000".utf8) + error
        let packet = [UInt8(payload.count), 0, 0, 1] + payload
        send(client, packet, packet.count, Int32(MSG_NOSIGNAL))
        return start
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
