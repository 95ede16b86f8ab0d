import Glibc

/// The machine's own time zone.
enum SystemClock {
    /// Minutes east of UTC, now.
    static var offsetMinutes: Int {
        var now = time(nil)
        var parts = tm()
        localtime_r(&now, &parts)
        return Int(parts.tm_gmtoff) / 60
    }

    /// Its abbreviation, `UTC`.
    static var zoneName: String {
        var now = time(nil)
        var parts = tm()
        localtime_r(&now, &parts)
        return parts.tm_zone.map { String(cString: $0) } ?? "UTC"
    }
}
