import BorealBase

/// The patterns of DATE_FORMAT and STR_TO_DATE.
enum DateFormat {
    static let weekdays = [
        "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
    ]
    static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    ]

    /// `%Y-%m-%d` and its like.
    static func format(_ moment: CalendarTime, _ pattern: String) -> String {
        var result = ""
        var isEscaped = false
        for character in pattern {
            if isEscaped {
                result += part(character, moment)
                isEscaped = false
            } else if character == "%" {
                isEscaped = true
            } else {
                result.append(character)
            }
        }
        return result
    }

    private static func two(_ value: Int) -> String { CalendarTime.padded(value, 2) }

    private static func part(_ letter: Character, _ moment: CalendarTime) -> String {
        let hour12 = (moment.hour + 11) % 12 + 1
        switch letter {
        case "Y": return CalendarTime.padded(moment.year, 4)
        case "y": return two(moment.year % 100)
        case "m": return two(moment.month)
        case "c": return String(moment.month)
        case "d": return two(moment.day)
        case "e": return String(moment.day)
        case "D": return String(moment.day) + suffix(moment.day)
        case "H": return two(moment.hour)
        case "k": return String(moment.hour)
        case "h", "I": return two(hour12)
        case "l": return String(hour12)
        case "i": return two(moment.minute)
        case "s", "S": return two(moment.second)
        case "f": return CalendarTime.padded(moment.microsecond, 6)
        case "p": return moment.hour % 24 < 12 ? "AM" : "PM"
        case "T": return moment.timeText(decimals: 0)
        case "r":
            return "\(two(hour12)):\(two(moment.minute)):\(two(moment.second)) "
                + (moment.hour % 24 < 12 ? "AM" : "PM")
        default: return weekPart(letter, moment)
        }
    }

    private static func weekPart(_ letter: Character, _ moment: CalendarTime) -> String {
        switch letter {
        case "M": return moment.month > 0 ? months[moment.month - 1] : ""
        case "b": return moment.month > 0 ? String(months[moment.month - 1].prefix(3)) : ""
        case "W": return weekdays[moment.weekday]
        case "a": return String(weekdays[moment.weekday].prefix(3))
        case "w": return String((moment.weekday + 1) % 7)
        case "j": return CalendarTime.padded(moment.dayOfYear, 3)
        case "U": return two(WeekNumber(moment, mode: 0).week)
        case "u": return two(WeekNumber(moment, mode: 1).week)
        case "V": return two(WeekNumber(moment, mode: 2).week)
        case "v": return two(WeekNumber(moment, mode: 3).week)
        case "X": return CalendarTime.padded(WeekNumber(moment, mode: 2).year, 4)
        case "x": return CalendarTime.padded(WeekNumber(moment, mode: 3).year, 4)
        default: return String(letter)
        }
    }

    private static func suffix(_ day: Int) -> String {
        if (11...13).contains(day % 100) { return "th" }
        return ["st", "nd", "rd"].indices.contains(day % 10 - 1)
            ? ["st", "nd", "rd"][day % 10 - 1] : "th"
    }

    /// What STR_TO_DATE answers for a pattern.
    static func typeRead(by pattern: String) -> ColumnType {
        let letters = Set(zip(pattern, pattern.dropFirst()).filter { $0.0 == "%" }.map(\.1))
        let hasDate = !letters.isDisjoint(with: ["Y", "y", "m", "c", "d", "e", "M", "b", "D", "j"])
        let hasTime = !letters.isDisjoint(with: [
            "H", "k", "h", "I", "l", "i", "s", "S", "T", "r", "f",
        ])
        let decimals = letters.contains("f") ? 6 : 0
        if hasDate && hasTime { return ColumnType(.dateTime, length: 19, decimals: decimals) }
        return hasTime
            ? ColumnType(.time, length: 10, decimals: decimals) : ColumnType(.date, length: 10)
    }

    /// Reads a text by a pattern; nil when they do not fit or the date does not exist.
    static func read(_ text: String, _ pattern: String) -> CalendarTime? {
        var reader = PatternReader(text)
        var isEscaped = false
        for character in pattern {
            if isEscaped {
                guard reader.read(character) else { return nil }
                isEscaped = false
            } else if character == "%" {
                isEscaped = true
            } else if character == " " {
                reader.skipBlanks()
            } else if !reader.skip(character) {
                return nil
            }
        }
        return reader.finish()
    }
}

/// Takes a text apart as a pattern of STR_TO_DATE says.
private struct PatternReader {
    private var rest: Substring
    private var value = CalendarTime()
    private var isAfternoon: Bool?
    private var dayOfYear: Int?

    init(_ text: String) { rest = text[...] }

    mutating func skipBlanks() { rest = rest.drop { $0 == " " } }

    mutating func skip(_ character: Character) -> Bool {
        guard rest.first == character else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func number(_ digitsMax: Int) -> Int? {
        let digits = rest.prefix(digitsMax).prefix { $0.isASCII && $0.isNumber }
        guard let value = Int(digits) else { return nil }
        rest = rest.dropFirst(digits.count)
        return value
    }

    private mutating func name(_ names: [String]) -> Int? {
        let lower = rest.lowercased()
        for (index, name) in names.enumerated() where lower.hasPrefix(name.lowercased()) {
            rest = rest.dropFirst(name.count)
            return index + 1
        }
        return nil
    }

    private mutating func set(_ path: WritableKeyPath<CalendarTime, Int>, _ number: Int?) -> Bool {
        guard let number else { return false }
        value[keyPath: path] = number
        return true
    }

    mutating func read(_ letter: Character) -> Bool {
        switch letter {
        case "Y": return set(\.year, number(4))
        case "y": return set(\.year, number(2).map { $0 < 70 ? $0 + 2_000 : $0 + 1_900 })
        case "m", "c": return set(\.month, number(2))
        case "d", "e": return set(\.day, number(2))
        case "D":
            guard set(\.day, number(2)) else { return false }
            rest = rest.dropFirst(2)
            return true
        case "M": return set(\.month, name(DateFormat.months))
        case "b": return set(\.month, name(DateFormat.months.map { String($0.prefix(3)) }))
        case "W": return name(DateFormat.weekdays) != nil
        case "a": return name(DateFormat.weekdays.map { String($0.prefix(3)) }) != nil
        case "j":
            dayOfYear = number(3)
            return dayOfYear != nil
        default: return readTime(letter)
        }
    }

    private mutating func readTime(_ letter: Character) -> Bool {
        switch letter {
        case "H", "k", "h", "I", "l": return set(\.hour, number(2))
        case "i": return set(\.minute, number(2))
        case "s", "S": return set(\.second, number(2))
        case "f":
            let digits = rest.prefix(6).prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            let padded = (String(digits) + "000000").prefix(6)
            return set(\.microsecond, Int(padded))
        case "p":
            let word = rest.prefix(2).uppercased()
            guard word == "AM" || word == "PM" else { return false }
            isAfternoon = word == "PM"
            rest = rest.dropFirst(2)
            return true
        case "T", "r":
            guard read("H"), skip(":"), read("i"), skip(":"), read("s") else { return false }
            guard letter == "r" else { return true }
            skipBlanks()
            return read("p")
        case "%": return skip("%")
        default: return false
        }
    }

    func finish() -> CalendarTime? {
        var result = value
        if let isAfternoon {
            guard (1...12).contains(result.hour) else { return nil }
            result.hour = result.hour % 12 + (isAfternoon ? 12 : 0)
        }
        if let dayOfYear, dayOfYear > 0, result.year > 0 {
            let first = CalendarTime(year: result.year, month: 1, day: 1)
            let date = CalendarTime(epochDays: first.epochDays + dayOfYear - 1)
            (result.year, result.month, result.day) = (date.year, date.month, date.day)
        }
        let isTimeOnly = result.isZeroDate
        guard result.isValidTime, isTimeOnly || result.isValidDate(zeroPartsAllowed: false) else {
            return nil
        }
        return result
    }
}
