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
    package static var peakMebibytes: Double { mebibytes("VmHWM:") }

    /// What it holds now: `VmRSS`.
    package static var heldMebibytes: Double { mebibytes("VmRSS:") }

    /// A line of `/proc/self/status`, which counts in KiB; 0 without one.
    private static func mebibytes(_ field: String) -> Double {
        guard let file = fopen("/proc/self/status", "re") else { return 0 }
        defer { fclose(file) }
        var buffer = [CChar](repeating: 0, count: 256)
        while fgets(&buffer, Int32(buffer.count), file) != nil {
            let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            let line = String(decoding: bytes, as: UTF8.self)
            guard line.hasPrefix(field) else { continue }
            return (Double(line.filter(\.isNumber)) ?? 0) / 1_024
        }
        return 0
    }

    /// Makes `peakMebibytes` begin anew at what is held now ("proc_pid_clear_refs(5)", value 5).
    /// Where the kernel refuses, the peak stays that of the whole process.
    package static func resetPeak() {
        guard let file = fopen("/proc/self/clear_refs", "we") else { return }
        fputs("5", file)
        fclose(file)
    }

    /// Seconds that all threads of the process have spent on cores.
    package static var coreSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
