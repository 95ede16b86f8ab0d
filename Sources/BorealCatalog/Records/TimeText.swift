public import BorealBase
import Glibc

/// The `time_zone` setting: what a moment is printed in.
public enum TimeZoneSetting: Equatable, Sendable {
    /// `SYSTEM`: the zone of the machine, daylight saving included.
    case system
    /// `+hh:mm` or `-hh:mm`, as seconds east of Greenwich.
    case fixed(seconds: Int)

    /// Reads `SYSTEM`, `UTC` or an offset from `-13:59` to `+14:00`, as MySQL does; nil for others.
    public init?(_ text: String) {
        let word = text.asciiLowercased
        if word == "system" {
            self = .system
            return
        }
        if word == "utc" {
            self = .fixed(seconds: 0)
            return
        }
        let bytes = Array(text.utf8)
        guard (5...6).contains(bytes.count), bytes[0] == 0x2B || bytes[0] == 0x2D,
            bytes[bytes.count - 3] == 0x3A,
            let hours = Self.number(bytes[1..<(bytes.count - 3)]),
            let minutes = Self.number(bytes[(bytes.count - 2)...]), minutes < 60
        else { return nil }
        let total = (hours * 60 + minutes) * 60
        let isEast = bytes[0] == 0x2B
        guard isEast ? total <= 14 * 3_600 : total < 14 * 3_600 else { return nil }
        self = .fixed(seconds: isEast ? total : -total)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard !digits.isEmpty, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
}

extension Instant {
    /// `YYYY-MM-DD HH:MM:SS.ffffff` in that zone: the 26 characters of SHOW TASK.
    ///
    /// Moments outside the years 0 to 9999 are held at the nearest one that has the form.
    public func text(in zone: TimeZoneSetting) -> String {
        let earliest: Int64 = -62_167_132_800
        let latest: Int64 = 253_402_214_400
        let whole = min(max(seconds, earliest), latest)
        let fraction = whole == seconds ? microseconds &- whole &* 1_000_000 : 0
        var clock = time_t(whole)
        var parts = tm()
        switch zone {
        case .system: localtime_r(&clock, &parts)
        case .fixed(let offset):
            clock += offset
            gmtime_r(&clock, &parts)
        }
        let date = [
            Self.padded(Int(parts.tm_year) + 1_900, 4), Self.padded(Int(parts.tm_mon) + 1, 2),
            Self.padded(Int(parts.tm_mday), 2),
        ]
        let time = [
            Self.padded(Int(parts.tm_hour), 2), Self.padded(Int(parts.tm_min), 2),
            Self.padded(Int(parts.tm_sec), 2),
        ]
        return "\(date.joined(separator: "-")) \(time.joined(separator: ":"))"
            + ".\(Self.padded(Int(fraction), 6))"
    }

    private static func padded(_ value: Int, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
