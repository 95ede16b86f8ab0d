package import BorealBase
import BorealNet
import Dispatch
import Glibc
package import Logging
import Synchronization

/// `audit.log`: one line of JSON for each statement on models, each statement about accounts, and
/// each log-in that failed.
///
/// Whoever has something to tell puts it into a queue and goes on; a thread of its own makes text
/// of it and writes, a hundredth of a second later as a rule and at the latest a second later. A
/// queue that is full loses lines and says how many: nobody ever waits for a disk here.
package final class AuditLog: Sendable {
    /// How much is kept.
    package struct Bounds: Sendable {
        /// Bytes after which another file is begun.
        package var fileBytesMax = Limits.auditFileBytesMax
        /// Files that are kept, the one being written among them.
        package var filesMax = Limits.auditFilesMax
        /// Lines that wait for the thread.
        package var queueMax = Limits.auditQueueMax
        /// Bytes of those lines.
        package var queueBytesMax = Limits.auditQueueBytesMax

        package init() {}
    }

    /// What a line is made of.
    private enum Line {
        case json(JSON)
        case event(AuditEvent, Instant)

        var json: JSON {
            switch self {
            case .json(let json): json
            case .event(let event, let time): event.json(at: time)
            }
        }
    }

    private struct Queue {
        var lines: [Line] = []
        var bytes = 0
        var lost = 0
        var reopens = false
        var isClosed = false
        /// The thread was told that there is something.
        var isSignalled = false
    }

    private let path: String
    private let bounds: Bounds
    private let logger: Logger
    private let queue = Mutex(Queue())
    private let signal = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    /// Opens nothing yet: the file is made with its first line.
    package init(path: String, bounds: Bounds = Bounds(), logger: Logger) {
        self.path = path
        self.bounds = bounds
        self.logger = logger
        do {
            try BackgroundThread.start(name: "audit", stackBytes: 1 << 20) { [self] in run() }
        } catch {
            logger.error("no thread for the audit log: \(error)")
            queue.withLock { $0.isClosed = true }
            ended.signal()
        }
    }

    /// Adds a line about what happened just now. Never waits.
    package func record(_ event: AuditEvent) {
        let texts = [event.statement, event.model, event.user, event.outcome]
        let bytes = texts.reduce(Self.eventBytes) { $0 + $1.utf8.count }
        record(.event(event, .now), bytes: bytes)
    }

    /// Adds a line. Never waits.
    package func record(_ line: JSON) { record(.json(line), bytes: Self.size(of: line)) }

    /// About as many bytes as a line has beside its texts.
    private static let eventBytes = 150

    private func record(_ line: Line, bytes: Int) {
        let wakes = queue.withLock { queue in
            guard !queue.isClosed else { return false }
            guard queue.lines.count < bounds.queueMax,
                queue.bytes + bytes <= bounds.queueBytesMax
            else {
                queue.lost += 1
                return false
            }
            queue.lines.append(line)
            queue.bytes += bytes
            defer { queue.isSignalled = true }
            return !queue.isSignalled
        }
        if wakes { signal.signal() }
    }

    /// About as many bytes as the line will have.
    private static func size(of line: JSON) -> Int {
        guard case .object(let members) = line else { return 32 }
        return members.reduce(2) { size, member in
            size + member.key.utf8.count + 8 + (member.value.string?.utf8.count ?? 20)
        }
    }

    /// SIGHUP: the file may have been moved away.
    package func reopen() {
        queue.withLock { $0.reopens = true }
        signal.signal()
    }

    /// Writes what waits. Nothing is recorded afterwards.
    package func close() {
        let isFirst = queue.withLock { queue in
            defer { queue.isClosed = true }
            return !queue.isClosed
        }
        guard isFirst else { return }
        signal.signal()
        ended.wait()
    }

    // MARK: - The thread

    /// How long lines are gathered before they are written.
    private static let gatheringMicroseconds: UInt32 = 10_000

    private static func bytes(of line: JSON) -> [UInt8] {
        var bytes: [UInt8] = []
        line.append(to: &bytes)
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    private func run() {
        var file = AuditFile(path: path, bounds: bounds)
        var isFailing = false
        while true {
            if signal.wait(timeout: .now() + 1) == .success, !queue.withLock(\.isClosed) {
                // What comes meanwhile costs nobody another signal.
                usleep(Self.gatheringMicroseconds)
            }
            let (lines, lost, reopens, isClosed) = queue.withLock { queue in
                defer {
                    queue.lines = []
                    queue.bytes = 0
                    queue.lost = 0
                    queue.reopens = false
                    queue.isSignalled = false
                }
                return (queue.lines, queue.lost, queue.reopens, queue.isClosed)
            }
            if reopens { file.close() }
            var all = lines.map { Self.bytes(of: $0.json) }
            if lost > 0 {
                logger.error("\(lost) lines of the audit log were lost: too many came at once")
                let line = JSON.object([
                    ("time", .string(Instant.now.logText)), ("event", .string("lost")),
                    ("lines", .integer(Int64(lost))),
                ])
                all.append(Self.bytes(of: line))
            }
            let code = file.write(all)
            if code != 0, !isFailing {
                logger.error("the audit log '\(path)' cannot be written: error \(code)")
            }
            isFailing = code != 0
            if isClosed { break }
        }
        file.close()
        ended.signal()
    }
}

/// The file behind the log: begun anew above a size, with a few old ones beside it.
private struct AuditFile {
    let path: String
    let bounds: AuditLog.Bounds
    private var descriptor: Int32 = -1
    private var size = 0

    init(path: String, bounds: AuditLog.Bounds) {
        self.path = path
        self.bounds = bounds
    }

    mutating func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    /// - Returns: 0, or the error number of what failed; the lines are lost then.
    mutating func write(_ lines: [[UInt8]]) -> Int32 {
        var block: [UInt8] = []
        for line in lines {
            if !block.isEmpty, size + block.count + line.count > bounds.fileBytesMax {
                let code = put(block)
                guard code == 0 else { return code }
                block = []
            }
            block += line
        }
        return block.isEmpty ? 0 : put(block)
    }

    private mutating func put(_ block: [UInt8]) -> Int32 {
        if descriptor >= 0, size > 0, size + block.count > bounds.fileBytesMax { rotate() }
        if descriptor < 0 {
            let code = open()
            guard code == 0 else { return code }
            if size > 0, size + block.count > bounds.fileBytesMax {
                rotate()
                let code = open()
                guard code == 0 else { return code }
            }
        }
        var rest = block[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else {
                if errno == EINTR { continue }
                return errno
            }
            rest = rest.dropFirst(count)
            size += count
        }
        return 0
    }

    private mutating func open() -> Int32 {
        descriptor = Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return errno }
        size = Int(max(0, lseek(descriptor, 0, SEEK_END)))
        return 0
    }

    /// `audit.log` becomes `audit.log.1`, that `.2`, and the oldest goes.
    private mutating func rotate() {
        close()
        for number in stride(from: bounds.filesMax - 1, to: 0, by: -1) {
            let source = number == 1 ? path : "\(path).\(number - 1)"
            // A file that is not there yet is no error.
            _ = rename(source, "\(path).\(number)")
        }
        if bounds.filesMax <= 1 { _ = unlink(path) }
    }
}
