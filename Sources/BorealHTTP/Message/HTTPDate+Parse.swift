public import BorealBase
import Glibc

extension HTTPDate {
    /// The moment that a header field names, in any of the three forms of RFC 9110, section 5.6.7.
    ///
    /// - Returns: nil for everything else.
    public static func parse(_ text: String) -> Instant? {
        guard text.utf8.count <= 64 else { return nil }
        let words = text.split { $0 == " " || $0 == "," || $0 == "-" }.map(String.init)
        // Sun, 06 Nov 1994 08:49:37 GMT, or Sunday, 06-Nov-94 08:49:37 GMT.
        if words.count == 6, words[5] == "GMT" {
            return moment(day: words[1], month: words[2], year: words[3], clock: words[4])
        }
        // Sun Nov  6 08:49:37 1994
        if words.count == 5 {
            return moment(day: words[2], month: words[1], year: words[4], clock: words[3])
        }
        return nil
    }

    private static func moment(
        day: String,
        month: String,
        year: String,
        clock: String
    ) -> Instant? {
        let times = clock.split(separator: ":").compactMap { number(String($0), digits: 2) }
        guard let day = number(day, digits: 2), let year = fullYear(year), times.count == 3,
            let month = monthNames.firstIndex(of: month), (1...31).contains(day), times[0] < 24,
            times[1] < 60, times[2] <= 60
        else { return nil }
        var parts = tm()
        parts.tm_mday = day
        parts.tm_mon = Int32(month)
        parts.tm_year = year - 1_900
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (times[0], times[1], times[2])
        return Instant(microseconds: Int64(timegm(&parts)) * 1_000_000)
    }

    private static func number(_ text: String, digits: Int) -> Int32? {
        guard (1...digits).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return Int32(text)
    }

    /// Two digits mean the century that puts them within fifty years.
    private static func fullYear(_ text: String) -> Int32? {
        guard let year = number(text, digits: 4), text.utf8.count != 3 else { return nil }
        guard text.utf8.count <= 2 else { return year }
        return year + (year < 70 ? 2_000 : 1_900)
    }

    private static let monthNames = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
