import BorealBase

/// The patterns of DATE_FORMAT and TIME_FORMAT.
struct DateFormat {
    /// The language of names.
    let locale: TimeLocale
    /// A duration: what speaks of a day of the week or of the year has no answer.
    var isTime = false

    /// `%Y-%m-%d` and its like; nil when a part has no answer (the name of month 0), and for an
    /// empty pattern.
    func format(_ moment: CalendarTime, _ pattern: String) -> String? {
        guard !pattern.isEmpty else { return nil }
        var result = ""
        var isEscaped = false
        for character in pattern {
            if isEscaped {
                guard let part = part(character, moment) else { return nil }
                result += part
                isEscaped = false
            } else if character == "%" {
                isEscaped = true
            } else {
                result.append(character)
            }
        }
        // A sign at the end stands for itself.
        return isEscaped ? result + "%" : result
    }

    /// Two digits.
    private func two(_ value: Int) -> String { CalendarTime.padded(value, 2) }

    /// What a letter behind the sign stands for; unknown letters stand for themselves.
    private func part(_ letter: Character, _ moment: CalendarTime) -> String? {
        let hour12 = (moment.hour % 24 + 11) % 12 + 1
        let half = moment.hour % 24 < 12 ? "AM" : "PM"
        switch letter {
        case "Y": return CalendarTime.padded(moment.year, 4)
        case "y": return two(moment.year % 100)
        case "m": return two(moment.month)
        case "c": return String(moment.month)
        case "d": return two(moment.day)
        case "e": return String(moment.day)
        case "D": return String(moment.day) + Self.suffix(moment.day)
        case "H": return two(moment.hour)
        case "k": return String(moment.hour)
        case "h", "I": return two(hour12)
        case "l": return String(hour12)
        case "i": return two(moment.minute)
        case "s", "S": return two(moment.second)
        case "f": return CalendarTime.padded(moment.microsecond, 6)
        case "p": return half
        case "T": return moment.timeText(decimals: 0)
        case "r": return "\(two(hour12)):\(two(moment.minute)):\(two(moment.second)) \(half)"
        default: return calendarPart(letter, moment)
        }
    }

    /// Names, and what is counted in days and weeks.
    private func calendarPart(_ letter: Character, _ moment: CalendarTime) -> String? {
        let hasWeekday = !isTime && (moment.month > 0 || moment.year > 0)
        switch letter {
        case "M": return moment.month > 0 ? locale.months[moment.month - 1] : nil
        case "b": return moment.month > 0 ? locale.shortMonths[moment.month - 1] : nil
        case "W": return hasWeekday ? locale.weekdays[moment.weekday] : nil
        case "a": return hasWeekday ? locale.shortWeekdays[moment.weekday] : nil
        case "w": return hasWeekday ? String((moment.weekday + 1) % 7) : nil
        case "j": return isTime ? nil : CalendarTime.padded(moment.dayOfYear, 3)
        case "U", "u", "V", "v", "X", "x":
            guard !isTime else { return nil }
            let modes: [Character: Int] = ["U": 0, "u": 1, "V": 2, "v": 3, "X": 2, "x": 3]
            let week = WeekNumber(moment, mode: modes[letter] ?? 0)
            let isYear = letter == "X" || letter == "x"
            return isYear ? CalendarTime.padded(week.year, 4) : two(week.week)
        default: return String(letter)
        }
    }

    /// The English ending of an ordinal number.
    private static func suffix(_ day: Int) -> String {
        if (10...19).contains(day) { return "th" }
        switch day % 10 {
        case 1: return "st"
        case 2: return "nd"
        case 3: return "rd"
        default: return "th"
        }
    }

    /// What GET_FORMAT answers; nil for a region or type that there is not.
    static func standard(_ type: String, _ region: String) -> String? {
        let formats: [String: String]
        switch type.uppercased() {
        case "DATE":
            formats = [
                "USA": "%m.%d.%Y", "JIS": "%Y-%m-%d", "ISO": "%Y-%m-%d", "EUR": "%d.%m.%Y",
                "INTERNAL": "%Y%m%d",
            ]
        case "TIME":
            formats = [
                "USA": "%h:%i:%s %p", "JIS": "%H:%i:%s", "ISO": "%H:%i:%s", "EUR": "%H.%i.%s",
                "INTERNAL": "%H%i%s",
            ]
        default:
            formats = [
                "USA": "%Y-%m-%d %H.%i.%s", "JIS": "%Y-%m-%d %H:%i:%s",
                "ISO": "%Y-%m-%d %H:%i:%s", "EUR": "%Y-%m-%d %H.%i.%s", "INTERNAL": "%Y%m%d%H%i%s",
            ]
        }
        return formats[region.uppercased()]
    }
}
