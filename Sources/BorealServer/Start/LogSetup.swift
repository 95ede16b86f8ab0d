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
            ("time", .string(Instant.now.logText)), ("level", .string(level.rawValue)),
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
}

/// Makes the server's logger.
enum LogSetup {
    static func logger(level: String) -> Logger {
        let level = Logger.Level(rawValue: level) ?? .info
        return Logger(label: "boreal") { _ in JSONLineHandler(logLevel: level) }
    }
}
