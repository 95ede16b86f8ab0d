import BorealBase
import Glibc
import Logging

/// JSON lines on standard error.
struct JSONLineHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        write(event.level, event.message, event.metadata)
    }

    private func write(
        _ level: Logger.Level,
        _ message: Logger.Message,
        _ extra: Logger.Metadata?
    ) {
        var members: [(key: String, value: JSON)] = [
            ("time", .string(Self.time())), ("level", .string(level.rawValue)),
            ("message", .string("\(message)")),
        ]
        let all = metadata.merging(extra ?? [:]) { $1 }
        for (key, value) in all.sorted(by: { $0.key < $1.key }) {
            members.append((key, .string("\(value)")))
        }
        let line = Array((JSON.object(members).description + "\n").utf8)
        // One write a line, so that lines of two threads never mix.
        _ = Glibc.write(STDERR_FILENO, line, line.count)
    }

    /// RFC 3339 in UTC with microseconds.
    private static func time() -> String {
        let now = Instant.now
        var seconds = time_t(now.seconds)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        var buffer = [CChar](repeating: 0, count: 32)
        let count = strftime(&buffer, buffer.count, "%Y-%m-%dT%H:%M:%S", &parts)
        let fraction = String(now.microseconds % 1_000_000 + 1_000_000).dropFirst()
        let text = String(decoding: buffer[0..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return text + "." + fraction + "Z"
    }
}

/// Makes the server's logger.
enum LogSetup {
    static func logger(level: String) -> Logger {
        let level = Logger.Level(rawValue: level) ?? .info
        return Logger(label: "boreal") { _ in JSONLineHandler(logLevel: level) }
    }
}
