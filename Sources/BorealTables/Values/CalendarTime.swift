/// A date with a time of day, as DATE and DATETIME hold it. No time zone.
struct CalendarTime: Equatable, Sendable {
    var year = 0
    var month = 0
    var day = 0
    var hour = 0
    var minute = 0
    var second = 0
    var microsecond = 0

    /// `YYYY-MM-DD`.
    var dateText: String {
        Self.padded(year, 4) + "-" + Self.padded(month, 2) + "-" + Self.padded(day, 2)
    }

    /// `HH:MM:SS`, with `decimals` digits of the second behind a point.
    func timeText(decimals: Int) -> String {
        Self.padded(hour, 2) + ":" + Self.padded(minute, 2) + ":" + Self.padded(second, 2)
            + Self.fraction(microsecond, decimals)
    }

    /// `YYYY-MM-DD HH:MM:SS[.ffffff]`.
    func text(decimals: Int) -> String { dateText + " " + timeText(decimals: decimals) }

    /// Digits behind the second that are needed to show the value.
    var decimalsNeeded: Int { microsecond == 0 ? 0 : 6 }
    /// True when the time of day is midnight.
    var isMidnight: Bool { hour == 0 && minute == 0 && second == 0 && microsecond == 0 }
    /// `0000-00-00`.
    var isZeroDate: Bool { year == 0 && month == 0 && day == 0 }
    /// True when month or day is zero.
    var hasZeroPart: Bool { month == 0 || day == 0 }

    static func padded(_ value: Int, _ width: Int) -> String {
        let text = String(value.magnitude)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }

    static func fraction(_ microsecond: Int, _ decimals: Int) -> String {
        guard decimals > 0 else { return "" }
        return "." + padded(microsecond, 6).prefix(min(decimals, 6))
    }

    // MARK: - Calendar

    static func isLeap(_ year: Int) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    static func daysInMonth(_ year: Int, _ month: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// True for a date that exists (or has zero parts, when they are allowed).
    func isValidDate(zeroPartsAllowed: Bool) -> Bool {
        guard (0...9_999).contains(year), (0...12).contains(month), day >= 0 else { return false }
        if hasZeroPart { return zeroPartsAllowed && day <= 31 }
        return day <= Self.daysInMonth(year, month)
    }

    var isValidTime: Bool {
        (0..<24).contains(hour) && (0..<60).contains(minute) && (0..<60).contains(second)
    }

    /// Days since 1970-01-01 of the proleptic Gregorian calendar (Howard Hinnant, "chrono-
    /// compatible low-level date algorithms").
    var epochDays: Int {
        let y = month <= 2 ? year - 1 : year
        let era = (y >= 0 ? y : y - 399) / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// MySQL's day number: 1 is 1 January of year 0, a year it takes for a common one.
    var dayNumber: Int { epochDays + 719_528 + (year == 0 && month <= 2 ? 1 : 0) }

    /// Microseconds since 1970-01-01 00:00:00.
    var epochMicroseconds: Int {
        ((epochDays * 24 + hour) * 60 + minute) * 60_000_000 + second * 1_000_000 + microsecond
    }

    /// The date of a day number, midnight.
    init(epochDays days: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// The moment of a number of microseconds since 1970-01-01 00:00:00.
    init(epochMicroseconds total: Int) {
        let perDay = 86_400_000_000
        let days = total >= 0 ? total / perDay : (total - perDay + 1) / perDay
        self.init(epochDays: days)
        var rest = total - days * perDay
        microsecond = rest % 1_000_000
        rest /= 1_000_000
        second = rest % 60
        minute = rest / 60 % 60
        hour = rest / 3_600
    }

    init() {}

    init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// Monday is 0.
    var weekday: Int { ((epochDays + 3) % 7 + 7) % 7 }
    /// 1 January is 1.
    var dayOfYear: Int {
        epochDays - CalendarTime(year: year, month: 1, day: 1).epochDays + 1
    }

    /// Rounds the second to `decimals` digits, half up, carrying as far as needed.
    func rounded(decimals: Int) -> CalendarTime {
        guard decimals < 6, !hasZeroPart else { return self }
        let unit = Self.unit(decimals)
        let total = epochMicroseconds
        let rest = ((total % unit) + unit) % unit
        guard rest > 0 else { return self }
        return CalendarTime(epochMicroseconds: total - rest + (rest * 2 >= unit ? unit : 0))
    }

    /// Microseconds in one step of the last of `decimals` digits.
    static func unit(_ decimals: Int) -> Int {
        (0..<max(0, 6 - decimals)).reduce(1) { value, _ in value * 10 }
    }

    /// Adds months, the day cut to the last of the month.
    func adding(months: Int) -> CalendarTime? {
        let (sum, overflow) = (year * 12 + month - 1).addingReportingOverflow(months)
        guard !overflow, sum >= 0, sum < 120_000 else { return nil }
        var result = self
        result.year = sum / 12
        result.month = sum % 12 + 1
        result.day = min(day, Self.daysInMonth(result.year, result.month))
        return result
    }

    /// Adds microseconds; nil outside the years 0 to 9999.
    func adding(microseconds: Int) -> CalendarTime? {
        let (sum, overflow) = epochMicroseconds.addingReportingOverflow(microseconds)
        guard !overflow, sum > -62_167_219_200_000_001, sum < 253_402_300_800_000_000 else {
            return nil
        }
        let result = CalendarTime(epochMicroseconds: sum)
        return (0...9_999).contains(result.year) ? result : nil
    }
}

// MARK: - Reading

extension CalendarTime {
    /// What a text says, and whether there was a time of day.
    struct Parsed {
        var value: CalendarTime
        var hasTime: Bool
        /// Minutes east of UTC, when the text ends in an offset.
        var offsetMinutes: Int?
        /// False when something unreadable follows.
        var isWhole = true
    }

    /// Digits of the second that a text shows behind a point, at most 6.
    static func fractionDigits(_ text: String) -> Int {
        let bytes = Array(text.utf8.prefix(64))
        guard let point = bytes.lastIndex(of: 0x2E) else { return 0 }
        let isAfterTime = bytes[..<point].contains(0x3A)
        guard isAfterTime || bytes[..<point].allSatisfy({ (0x30...0x39).contains($0) }) else {
            return 0
        }
        return min(bytes[(point + 1)...].prefix { (0x30...0x39).contains($0) }.count, 6)
    }

    /// True for a text that MySQL takes for a date and time where a TIME might stand as well:
    /// shorter ones are durations (`2024-01-01` is 20 minutes and 24 seconds).
    static func isMoment(_ text: String) -> Bool {
        text.utf8.count >= 12 && parse(text)?.hasTime == true
    }

    /// Reads a date or date and time as MySQL does: `2024-01-31`, `24-1-31`, `20240131`,
    /// `2024-01-31 23:59:58.5`, `2024-01-31T23:59:58`, `20240131235958`, any punctuation between.
    ///
    /// The parts are in the order of the text but need not exist: check `isValidDate`.
    static func parse(_ text: String) -> Parsed? {
        let bytes = Array(text.utf8.prefix(64))
        var reader = TimeReader(bytes)
        reader.skipBlanks()
        let run = reader.digitRun()
        if run >= 5, reader.byte(at: run) == nil || !reader.isSeparator(at: run) || run >= 12 {
            return parseNumber(&reader, run)
        }
        guard let year = reader.number(digitsMax: 4) else { return nil }
        let yearDigits = reader.lastDigits
        guard reader.skipSeparator(), let month = reader.number(digitsMax: 2),
            reader.skipSeparator(), let day = reader.number(digitsMax: 2)
        else { return nil }
        var value = CalendarTime(year: year, month: month, day: day)
        if yearDigits <= 2 { value.year += year < 70 ? 2_000 : 1_900 }
        if value.isZeroDateOf(year) { value.year = 0 }
        return finish(value, &reader)
    }

    private func isZeroDateOf(_ typed: Int) -> Bool { typed == 0 && month == 0 && day == 0 }

    /// Reads the time of day behind a date, if there is one.
    private static func finish(_ date: CalendarTime, _ reader: inout TimeReader) -> Parsed? {
        var value = date
        guard reader.skipTimeSeparator() else {
            reader.skipBlanks()
            return Parsed(value: value, hasTime: false, offsetMinutes: nil, isWhole: reader.isAtEnd)
        }
        guard let hour = reader.number(digitsMax: 2) else {
            return Parsed(value: value, hasTime: false, offsetMinutes: nil, isWhole: reader.isAtEnd)
        }
        value.hour = hour
        if reader.skipSeparator(), let minute = reader.number(digitsMax: 2) {
            value.minute = minute
            if reader.skip(0x3A) || reader.skipSeparatorBeforeDigit() {
                value.second = reader.number(digitsMax: 2) ?? 0
                value.microsecond = reader.fraction()
            }
        }
        let offset = reader.offset()
        reader.skipBlanks()
        return Parsed(
            value: value,
            hasTime: true,
            offsetMinutes: offset,
            isWhole: reader.isAtEnd
        )
    }

    /// `YYMMDD`, `YYYYMMDD`, `YYMMDDHHMMSS`, `YYYYMMDDHHMMSS`, with a fraction.
    private static func parseNumber(_ reader: inout TimeReader, _ run: Int) -> Parsed? {
        guard let yearDigits = [5: 1, 6: 2, 7: 3, 8: 4, 12: 2, 14: 4][run] else { return nil }
        var value = CalendarTime()
        guard let year = reader.number(digitsMax: yearDigits),
            let month = reader.number(digitsMax: 2), let day = reader.number(digitsMax: 2)
        else { return nil }
        value.year = yearDigits <= 2 ? year + (year < 70 ? 2_000 : 1_900) : year
        value.month = month
        value.day = day
        if run < 12 { return finish(value, &reader) }
        value.hour = reader.number(digitsMax: 2) ?? 0
        value.minute = reader.number(digitsMax: 2) ?? 0
        value.second = reader.number(digitsMax: 2) ?? 0
        value.microsecond = reader.fraction()
        reader.skipBlanks()
        return Parsed(value: value, hasTime: true, offsetMinutes: nil, isWhole: reader.isAtEnd)
    }
}

/// A duration, as TIME holds it: up to 838:59:59 either way.
struct ClockTime: Equatable, Sendable {
    /// Microseconds, negative for a negative time.
    var microseconds = 0

    /// The largest TIME.
    static let microsecondsMax = ((838 * 60 + 59) * 60 + 59) * 1_000_000

    /// `[-]HH:MM:SS[.ffffff]`.
    func text(decimals: Int) -> String {
        var time = CalendarTime()
        let rest = Int(microseconds.magnitude)
        time.microsecond = rest % 1_000_000
        time.second = rest / 1_000_000 % 60
        time.minute = rest / 60_000_000 % 60
        time.hour = rest / 3_600_000_000
        return (microseconds < 0 ? "-" : "") + time.timeText(decimals: decimals)
    }

    /// Digits behind the second that are needed to show the value.
    var decimalsNeeded: Int { microseconds % 1_000_000 == 0 ? 0 : 6 }
    var isInRange: Bool { microseconds.magnitude <= Self.microsecondsMax }

    /// Rounds to `decimals` digits of the second, half away from zero.
    func rounded(decimals: Int) -> ClockTime {
        let unit = CalendarTime.unit(decimals)
        let magnitude = (Int(microseconds.magnitude) + unit / 2) / unit * unit
        return ClockTime(microseconds: microseconds < 0 ? -magnitude : magnitude)
    }

    /// Reads `[-][D ]HH:MM[:SS[.f]]`, `[-]HHMMSS[.f]`, or the time of a date and time.
    static func parse(_ text: String) -> (value: ClockTime, isWhole: Bool)? {
        var reader = TimeReader(Array(text.utf8.prefix(64)))
        reader.skipBlanks()
        let isNegative = reader.skip(0x2D)
        var days = 0
        if let date = CalendarTime.parse(text), date.hasTime, !isNegative, text.utf8.count > 11 {
            let value = date.value
            let total = ((value.hour * 60 + value.minute) * 60 + value.second) * 1_000_000
            return (ClockTime(microseconds: total + value.microsecond), date.isWhole)
        }
        guard var first = reader.number(digitsMax: 9) else { return nil }
        if reader.byte(at: 0) == 0x20, let digit = reader.byte(at: 1), (0x30...0x39).contains(digit)
        {
            days = min(first, 35)
            _ = reader.skip(0x20)
            first = reader.number(digitsMax: 9) ?? 0
        } else if reader.byte(at: 0) != 0x3A {
            let total = (first / 10_000 * 60 + first / 100 % 100) * 60 + first % 100
            guard first / 100 % 100 < 60, first % 100 < 60 else { return nil }
            return close(total, days, isNegative, &reader)
        }
        var total = first * 3_600
        if reader.skip(0x3A) {
            guard let minute = reader.number(digitsMax: 2), minute < 60 else { return nil }
            total += minute * 60
            if reader.skip(0x3A) {
                guard let second = reader.number(digitsMax: 2), second < 60 else { return nil }
                total += second
            }
        }
        return close(total, days, isNegative, &reader)
    }

    private static func close(
        _ seconds: Int,
        _ days: Int,
        _ isNegative: Bool,
        _ reader: inout TimeReader
    ) -> (value: ClockTime, isWhole: Bool) {
        let total = (days * 86_400 + seconds) * 1_000_000 + reader.fraction()
        reader.skipBlanks()
        return (ClockTime(microseconds: isNegative ? -total : total), reader.isAtEnd)
    }
}

/// Reads the pieces of times from bytes.
private struct TimeReader {
    private let bytes: [UInt8]
    private var position = 0
    /// How many digits the last number had.
    private(set) var lastDigits = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    func byte(at offset: Int) -> UInt8? {
        position + offset < bytes.count ? bytes[position + offset] : nil
    }

    private func isDigit(at offset: Int) -> Bool {
        byte(at: offset).map { (0x30...0x39).contains($0) } ?? false
    }

    /// Digits from here on.
    func digitRun() -> Int {
        var count = 0
        while isDigit(at: count) { count += 1 }
        return count
    }

    /// ASCII punctuation.
    func isSeparator(at offset: Int) -> Bool {
        guard let byte = byte(at: offset) else { return false }
        return (0x21...0x2F).contains(byte) || (0x3A...0x40).contains(byte)
            || (0x5B...0x60).contains(byte)
    }

    mutating func skipBlanks() {
        while let byte = byte(at: 0), byte == 0x20 || (0x09...0x0D).contains(byte) { position += 1 }
    }

    mutating func skip(_ wanted: UInt8) -> Bool {
        guard byte(at: 0) == wanted else { return false }
        position += 1
        return true
    }

    mutating func skipSeparator() -> Bool {
        guard isSeparator(at: 0) else { return false }
        while isSeparator(at: 0) { position += 1 }
        return true
    }

    mutating func skipSeparatorBeforeDigit() -> Bool {
        guard isSeparator(at: 0), isDigit(at: 1), byte(at: 0) != 0x2B, byte(at: 0) != 0x2D else {
            return false
        }
        position += 1
        return true
    }

    /// A `T` or blanks before a digit.
    mutating func skipTimeSeparator() -> Bool {
        let start = position
        if byte(at: 0) == 0x54 || byte(at: 0) == 0x74 { position += 1 } else { skipBlanks() }
        if position > start, isDigit(at: 0) { return true }
        position = start
        return false
    }

    mutating func number(digitsMax: Int) -> Int? {
        var value = 0
        lastDigits = 0
        while lastDigits < digitsMax, isDigit(at: 0) {
            value = value * 10 + Int(bytes[position] - 0x30)
            position += 1
            lastDigits += 1
        }
        return lastDigits == 0 ? nil : value
    }

    /// `.123` as microseconds, rounded at the seventh digit; 0 without one.
    mutating func fraction() -> Int {
        guard byte(at: 0) == 0x2E else { return 0 }
        position += 1
        var value = 0
        var digits = 0
        var roundsUp = false
        while isDigit(at: 0) {
            let digit = Int(bytes[position] - 0x30)
            if digits < 6 { value = value * 10 + digit }
            if digits == 6 { roundsUp = digit >= 5 }
            digits += 1
            position += 1
        }
        while digits < 6 {
            value *= 10
            digits += 1
        }
        return min(value + (roundsUp ? 1 : 0), 999_999)
    }

    /// `+HH:MM`, `-HH:MM` or `Z` as minutes east of UTC.
    mutating func offset() -> Int? {
        if byte(at: 0) == 0x5A {
            position += 1
            return 0
        }
        guard let sign = byte(at: 0), sign == 0x2B || sign == 0x2D, isDigit(at: 1) else {
            return nil
        }
        let start = position
        position += 1
        guard let hours = number(digitsMax: 2), skip(0x3A), let minutes = number(digitsMax: 2)
        else {
            position = start
            return nil
        }
        return (sign == 0x2D ? -1 : 1) * (hours * 60 + minutes)
    }
}
