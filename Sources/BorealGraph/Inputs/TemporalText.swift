/// Turns MySQL's text forms of dates and times into seconds, for features.
public enum TemporalText {
    /// Seconds since 1970-01-01 of `YYYY-MM-DD[{ |T}hh:mm:ss[.ffffff]]`, without any time zone.
    ///
    /// Nil for other text and for dates that no calendar has, the zero date among them.
    public static func dateSeconds(_ bytes: UnsafeRawBufferPointer) -> Double? {
        var reader = DigitReader(bytes: bytes)
        guard let year = reader.digits(4...4), reader.take("-"), let month = reader.digits(1...2),
            reader.take("-"), let day = reader.digits(1...2), (1...12).contains(month), day >= 1,
            day <= daysInMonth(year, month)
        else { return nil }
        let days = daysSinceEpoch(year, month, day) * 86_400
        if reader.isAtEnd { return Double(days) }
        guard reader.take(" ") || reader.take("T"), let clock = reader.clock(hoursMax: 23),
            reader.isAtEnd
        else { return nil }
        return Double(days) + clock
    }

    /// Seconds of `[-]hhh:mm:ss[.ffffff]`, the form of a TIME.
    public static func timeSeconds(_ bytes: UnsafeRawBufferPointer) -> Double? {
        var reader = DigitReader(bytes: bytes)
        let isNegative = reader.take("-")
        guard let clock = reader.clock(hoursMax: 838), reader.isAtEnd else { return nil }
        return isNegative ? -clock : clock
    }

    private static func daysInMonth(_ year: Int, _ month: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days from the civil calendar, counted in eras of 400 years that begin in March.
    private static func daysSinceEpoch(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}

/// A cursor over ASCII digits and separators.
private struct DigitReader {
    let bytes: UnsafeRawBufferPointer
    var position = 0

    init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else {
            return false
        }
        position += 1
        return true
    }

    mutating func digits(_ lengths: ClosedRange<Int>) -> Int? {
        var value = 0
        var length = 0
        while position < bytes.count, length < lengths.upperBound {
            let digit = bytes[position] &- UInt8(ascii: "0")
            guard digit <= 9 else { break }
            value = value * 10 + Int(digit)
            position += 1
            length += 1
        }
        return length >= lengths.lowerBound ? value : nil
    }

    /// `h:mm:ss[.ffffff]` in seconds.
    mutating func clock(hoursMax: Int) -> Double? {
        guard let hours = digits(1...3), hours <= hoursMax, take(":"), let minutes = digits(1...2),
            minutes < 60, take(":"), let seconds = digits(1...2), seconds < 60
        else { return nil }
        let whole = Double(hours * 3_600 + minutes * 60 + seconds)
        guard take(".") else { return whole }
        let start = position
        guard let fraction = digits(1...9) else { return nil }
        var scale = 1.0
        for _ in start..<position { scale *= 10 }
        return whole + Double(fraction) / scale
    }
}
