import BorealBase
import Glibc

/// Reads `name = value` lines; `#` begins a comment, blank lines are skipped.
enum ConfigurationFile {
    /// - Throws: `CommandFailure` (usage) for a file that cannot be read or a line without `=`.
    static func read(_ path: String) throws -> [(name: String, value: String)] {
        guard let file = fopen(path, "re") else {
            throw CommandFailure.usage("cannot read '\(path)': \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        var settings: [(name: String, value: String)] = []
        var buffer = [CChar](repeating: 0, count: 65_536)
        var number = 0
        while fgets(&buffer, Int32(buffer.count), file) != nil {
            number += 1
            let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            let line = String(decoding: bytes, as: UTF8.self)
            let content = trimmed(line.prefix { $0 != "#" })
            if content.isEmpty { continue }
            guard let equals = content.firstIndex(of: "=") else {
                throw CommandFailure.usage("\(path), line \(number): expected 'name = value'")
            }
            settings.append(
                (
                    name: trimmed(content[..<equals]).asciiLowercased,
                    value: trimmed(content[content.index(after: equals)...])
                )
            )
        }
        return settings
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text.drop { $0.isWhitespace })
    }
}
