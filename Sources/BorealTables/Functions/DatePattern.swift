import BorealBase

/// The patterns of STR_TO_DATE, read as MySQL reads them (sql/item_timefunc.cc,
/// extract_date_time).
enum DatePattern {
    /// What STR_TO_DATE answers for a pattern.
    static func typeRead(by pattern: String) -> ColumnType {
        let letters = Set(zip(pattern, pattern.dropFirst()).filter { $0.0 == "%" }.map(\.1))
        let hasDate = !letters.isDisjoint(with: "MVUXYWabcjmvuxyw")
        let hasTime = !letters.isDisjoint(with: "HISThiklrsf")
        let decimals = letters.contains("f") ? 6 : 0
        let shown = decimals > 0 ? decimals + 1 : 0
        if hasDate && hasTime {
            return ColumnType(.dateTime, length: 19 + shown, decimals: decimals)
        }
        return hasTime
            ? ColumnType(.time, length: 10 + shown, decimals: decimals)
            : ColumnType(.date, length: 10)
    }

    /// Reads a text by a pattern; nil when they do not fit.
    ///
    /// The parts are within their ranges but the date need not exist: 31 April is taken.
    static func read(_ text: String, _ pattern: String) -> CalendarTime? {
        guard !pattern.isEmpty else { return nil }
        var reader = PatternReader(text)
        guard reader.read(pattern) else { return nil }
        return reader.finish()
    }
}

/// Takes a text apart as a pattern says.
private struct PatternReader {
    /// What was not read yet.
    private var rest: ArraySlice<UInt8>
    /// What was read so far.
    private var value = CalendarTime()
    /// `%h` and its like were read: the hour is one of twelve.
    private var isTwelveHour = false
    /// `%p` was read, and said PM.
    private var isAfternoon = false
    /// Of `%j`; 0 was not said.
    private var dayOfYear = 0
    /// 1 is Monday, 7 is Sunday, 0 was not said.
    private var weekday = 0
    /// Of `%U`, `%u`, `%V`, `%v`; the latter two are strict and belong to `%X` and `%x`.
    private var week: (number: Int, isSundayFirst: Bool, isStrict: Bool)?
    /// Of `%X` and `%x`.
    private var weekYear: (year: Int, isSundayFirst: Bool)?

    init(_ text: String) { rest = Array(text.utf8)[...] }

    /// ASCII blanks and line ends.
    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || (0x09...0x0D).contains(byte)
    }

    /// A text that ends before its pattern is well; one that differs from it is not.
    mutating func read(_ pattern: String) -> Bool {
        var letters = Array(pattern.utf8)[...]
        while let byte = letters.popFirst() {
            rest = rest.drop(while: Self.isBlank)
            guard let next = rest.first else { return true }
            if byte == UInt8(ascii: "%"), let letter = letters.popFirst() {
                guard part(letter) else { return false }
            } else if !Self.isBlank(byte) {
                guard next == byte else { return false }
                rest.removeFirst()
            }
        }
        return true
    }

    /// The digits in front, at most so many; nil when there are none.
    private mutating func number(_ digitsMax: Int) -> Int? {
        let digits = rest.prefix(digitsMax).prefix { (0x30...0x39).contains($0) }
        guard !digits.isEmpty else { return nil }
        rest = rest.dropFirst(digits.count)
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    /// Reads a number into a place.
    private mutating func set(_ path: WritableKeyPath<Self, Int>, _ digitsMax: Int) -> Bool {
        guard let number = number(digitsMax) else { return false }
        self[keyPath: path] = number
        return true
    }

    /// The place of a name of the language, from 1.
    private mutating func name(_ names: [String]) -> Int? {
        let start = rest.prefix { byte in
            !Self.isBlank(byte) && !(0x21...0x40).contains(byte)
        }
        let word = String(decoding: start, as: UTF8.self).lowercased()
        for (index, name) in names.enumerated() where word.hasPrefix(name.lowercased()) {
            rest = rest.dropFirst(name.utf8.count)
            return index + 1
        }
        return nil
    }

    /// Reads a name into a place.
    private mutating func setName(_ path: WritableKeyPath<Self, Int>, _ names: [String]) -> Bool {
        guard let place = name(names) else { return false }
        self[keyPath: path] = place
        return true
    }

    /// Reads what a letter behind the sign stands for.
    private mutating func part(_ letter: UInt8) -> Bool {
        let english = TimeLocale.english
        switch Character(Unicode.Scalar(letter)) {
        case "Y": return year(4)
        case "y": return year(2)
        case "m", "c": return set(\.value.month, 2)
        case "M": return setName(\.value.month, english.months)
        case "b": return setName(\.value.month, english.shortMonths)
        case "d", "e": return set(\.value.day, 2)
        case "D":
            guard set(\.value.day, 2) else { return false }
            rest = rest.dropFirst(2)
            return true
        case "j": return set(\.dayOfYear, 3)
        case "W": return setName(\.weekday, english.weekdays)
        case "a": return setName(\.weekday, english.shortWeekdays)
        case "w":
            guard let day = number(1), day < 7 else { return false }
            weekday = day == 0 ? 7 : day
            return true
        case "U", "u", "V", "v", "X", "x": return weekPart(letter)
        default: return timePart(letter)
        }
    }

    /// A year of two digits belongs to the years from 1970 to 2069.
    private mutating func year(_ digitsMax: Int) -> Bool {
        let before = rest.count
        guard let year = number(digitsMax) else { return false }
        let isShort = before - rest.count <= 2
        value.year = isShort ? year + (year < 70 ? 2_000 : 1_900) : year
        return true
    }

    /// Upper-case letters count weeks from Sunday, lower-case ones from Monday.
    private mutating func weekPart(_ letter: UInt8) -> Bool {
        let isSundayFirst = letter < UInt8(ascii: "a")
        if letter | 0x20 == UInt8(ascii: "x") {
            guard let year = number(4) else { return false }
            weekYear = (year, isSundayFirst)
            return true
        }
        let isStrict = letter | 0x20 == UInt8(ascii: "v")
        guard let number = number(2), number <= 53, number > 0 || !isStrict else { return false }
        week = (number, isSundayFirst, isStrict)
        return true
    }

    /// The time of day, and the letters that skip a kind of characters.
    private mutating func timePart(_ letter: UInt8) -> Bool {
        switch Character(Unicode.Scalar(letter)) {
        case "h", "I", "l":
            isTwelveHour = true
            return set(\.value.hour, 2)
        case "H", "k": return set(\.value.hour, 2)
        case "i": return set(\.value.minute, 2)
        case "s", "S": return set(\.value.second, 2)
        case "f":
            let before = rest.count
            guard let digits = number(6) else { return false }
            value.microsecond = (before - rest.count..<6).reduce(digits) { value, _ in value * 10 }
            return true
        case "p":
            guard isTwelveHour, rest.count >= 2 else { return false }
            let word = String(decoding: rest.prefix(2), as: UTF8.self).uppercased()
            guard word == "AM" || word == "PM" else { return false }
            isAfternoon = word == "PM"
            rest = rest.dropFirst(2)
            return true
        case "r": return read("%I:%i:%S %p")
        case "T": return read("%H:%i:%S")
        case ".": return skip { (0x21...0x7E).contains($0) && !Self.isWord($0) }
        case "@": return skip { (0x41...0x5A).contains($0 & 0xDF) }
        case "#": return skip { (0x30...0x39).contains($0) }
        default: return false
        }
    }

    /// ASCII letters and digits.
    private static func isWord(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF)
    }

    /// Passes over bytes of one kind; there may be none.
    private mutating func skip(_ isSkipped: (UInt8) -> Bool) -> Bool {
        rest = rest.drop(while: isSkipped)
        return true
    }

    /// Puts together what was read; nil when it contradicts itself.
    mutating func finish() -> CalendarTime? {
        if isTwelveHour {
            guard (1...12).contains(value.hour) else { return nil }
            value.hour = value.hour % 12 + (isAfternoon ? 12 : 0)
        }
        if dayOfYear > 0 {
            let first = CalendarTime(year: value.year, month: 1, day: 1)
            setDate(first.epochDays + dayOfYear - 1)
        }
        if let week, weekday > 0 {
            let isFitting = week.isStrict == (weekYear != nil)
            guard isFitting, weekYear.map({ $0.isSundayFirst == week.isSundayFirst }) ?? true else {
                return nil
            }
            let first = CalendarTime(year: weekYear?.year ?? value.year, month: 1, day: 1)
            let place = week.isSundayFirst ? (first.weekday + 1) % 7 : first.weekday
            let isFirstWeek = week.isSundayFirst ? place == 0 : place <= 3
            let day = week.isSundayFirst ? weekday % 7 : weekday - 1
            setDate(
                first.epochDays + (isFirstWeek ? 0 : 7) - place + (week.number - 1) * 7 + day
            )
        }
        let isWithin = (0...9_999).contains(value.year) && value.month <= 12 && value.day <= 31
        return isWithin && value.isValidTime ? value : nil
    }

    /// The date of a day number, the time of day left as it is.
    private mutating func setDate(_ days: Int) {
        let date = CalendarTime(epochDays: days)
        (value.year, value.month, value.day) = (date.year, date.month, date.day)
    }
}
