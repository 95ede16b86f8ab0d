package import BorealBase
import Glibc

/// What a run on files measured: one JSON object for scripts, a few lines for people.
package struct FileRunReport: Sendable {
    private var members: [(key: String, value: JSON)] = []

    package init() {}

    package mutating func add(_ name: String, _ value: JSON) { members.append((name, value)) }

    /// Adds the seconds since a moment of `MonotonicClock.nanoseconds`.
    package mutating func addSeconds(_ name: String, since start: UInt64) {
        add(name, .number(Double(MonotonicClock.nanoseconds - start) / 1e9))
    }

    /// One object.
    package var json: JSON { .object(members) }

    /// A line a member.
    package var text: String {
        members.map { "\($0.key): \($0.value)" }.joined(separator: "\n")
    }

    /// The most memory the process held at once, in MiB: `VmHWM` of `/proc/self/status`.
    package static var peakMebibytes: Double {
        guard let file = fopen("/proc/self/status", "re") else { return 0 }
        defer { fclose(file) }
        var buffer = [CChar](repeating: 0, count: 256)
        while fgets(&buffer, Int32(buffer.count), file) != nil {
            let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            let line = String(decoding: bytes, as: UTF8.self)
            guard line.hasPrefix("VmHWM:") else { continue }
            return (Double(line.filter(\.isNumber)) ?? 0) / 1_024
        }
        return 0
    }
}
