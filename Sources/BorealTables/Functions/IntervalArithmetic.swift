import BorealBase

/// An INTERVAL as months and microseconds.
struct IntervalArithmetic {
    /// Months and years, in months: they have no fixed length.
    var months = 0
    /// Weeks and everything shorter, in microseconds.
    var microseconds = 0
    /// The unit is shorter than a day, so that a date becomes a moment.
    var hasTime = false
    /// The sum must be shown with digits of the second.
    var hasFraction = false

    /// Microseconds of a unit, for units of one number.
    private static let simple: [String: Int] = [
        "MICROSECOND": 1, "SECOND": 1_000_000, "MINUTE": 60_000_000, "HOUR": 3_600_000_000,
        "DAY": 86_400_000_000, "WEEK": 604_800_000_000,
    ]
    /// Months of a unit.
    private static let monthly = ["MONTH": 1, "QUARTER": 3, "YEAR": 12]
    /// The units of a compound one, largest first.
    private static let compound: [String: [String]] = [
        "SECOND_MICROSECOND": ["SECOND", "MICROSECOND"],
        "MINUTE_MICROSECOND": ["MINUTE", "SECOND", "MICROSECOND"],
        "MINUTE_SECOND": ["MINUTE", "SECOND"],
        "HOUR_MICROSECOND": ["HOUR", "MINUTE", "SECOND", "MICROSECOND"],
        "HOUR_SECOND": ["HOUR", "MINUTE", "SECOND"], "HOUR_MINUTE": ["HOUR", "MINUTE"],
        "DAY_MICROSECOND": ["DAY", "HOUR", "MINUTE", "SECOND", "MICROSECOND"],
        "DAY_SECOND": ["DAY", "HOUR", "MINUTE", "SECOND"],
        "DAY_MINUTE": ["DAY", "HOUR", "MINUTE"], "DAY_HOUR": ["DAY", "HOUR"],
        "YEAR_MONTH": ["YEAR", "MONTH"],
    ]

    /// Reads the amount in front of a unit; nil when it is too large.
    init?(_ amount: String, unit: String, sign: Int) {
        hasTime =
            unit != "DAY" && unit != "WEEK" && Self.monthly[unit] == nil && unit != "YEAR_MONTH"
        if let units = Self.compound[unit] {
            guard add(compound: amount, units, sign) else { return nil }
            return
        }
        let number = DecimalNumber.prefix(of: amount.utf8)?.number ?? DecimalNumber()
        if let months = Self.monthly[unit] {
            guard let whole = number.int64, whole.magnitude <= 200_000 else { return nil }
            self.months = Int(whole) * months * sign
            return
        }
        guard let scale = Self.simple[unit] else { return nil }
        if unit == "SECOND" {
            let exact = number * DecimalNumber(Int64(1_000_000))
            guard let whole = exact.int64, whole.magnitude < 1 << 60 else { return nil }
            microseconds = Int(whole) * sign
            hasFraction = microseconds % 1_000_000 != 0
            return
        }
        guard let whole = number.int64 else { return nil }
        let (product, overflow) = Int(whole).multipliedReportingOverflow(by: scale)
        guard !overflow, product != .min else { return nil }
        microseconds = product * sign
        hasFraction = unit == "MICROSECOND"
    }

    /// `'1:30' MINUTE_SECOND`: numbers with anything between them, for the smallest units.
    private mutating func add(compound amount: String, _ units: [String], _ sign: Int) -> Bool {
        let isNegative = amount.contains("-") && amount.first == "-"
        var numbers = amount.split { !$0.isNumber }.map { String($0) }
        if numbers.count > units.count { return false }
        // Fewer numbers than units: the largest units are absent.
        numbers = Array(repeating: "0", count: units.count - numbers.count) + numbers
        for (unit, text) in zip(units, numbers) {
            var text = text
            if unit == "MICROSECOND" { text = String((text + "000000").prefix(6)) }
            guard let value = Int(text), value < 1 << 40 else { return false }
            let signed = value * sign * (isNegative ? -1 : 1)
            if let scale = Self.monthly[unit] { months += signed * scale }
            if let scale = Self.simple[unit] {
                let (product, overflow) = signed.multipliedReportingOverflow(by: scale)
                let (sum, second) = microseconds.addingReportingOverflow(product)
                if overflow || second { return false }
                microseconds = sum
            }
            if unit == "MICROSECOND", value != 0 { hasFraction = true }
        }
        return true
    }

    /// The moment this much later; nil outside the years 0 to 9999.
    func applied(to moment: CalendarTime) -> CalendarTime? {
        if months != 0 { return moment.adding(months: months) }
        return moment.adding(microseconds: microseconds)
    }

    /// `TIMESTAMPDIFF(unit, a, b)`: whole units from a to b.
    static func difference(_ unit: String, _ a: CalendarTime, _ b: CalendarTime) -> Int? {
        let total = b.epochMicroseconds - a.epochMicroseconds
        if let scale = simple[unit] { return total / scale }
        guard let scale = monthly[unit] else { return nil }
        let (early, late) = total >= 0 ? (a, b) : (b, a)
        var months = (late.year - early.year) * 12 + late.month - early.month
        func rest(_ moment: CalendarTime) -> Int {
            ((moment.day * 24 + moment.hour) * 60 + moment.minute) * 60_000_000
                + moment.second * 1_000_000 + moment.microsecond
        }
        if rest(late) < rest(early) { months -= 1 }
        return (total >= 0 ? months : -months) / scale
    }

    /// `EXTRACT(unit FROM text)`.
    static func extract(_ unit: String, _ text: String, _ context: FunctionContext) -> Int? {
        let isDate = text.contains("-") && !text.hasPrefix("-")
        var moment = CalendarTime()
        var sign = 1
        if isDate || !text.contains(":") {
            guard let parsed = CalendarTime.parse(text) else { return nil }
            moment = parsed.value
        } else {
            guard let time = ClockTime.parse(text) else { return nil }
            let rest = Int(time.value.microseconds.magnitude)
            sign = time.value.microseconds < 0 ? -1 : 1
            moment.hour = rest / 3_600_000_000
            moment.minute = rest / 60_000_000 % 60
            moment.second = rest / 1_000_000 % 60
            moment.microsecond = rest % 1_000_000
        }
        switch unit {
        case "WEEK": return WeekNumber(moment, mode: context.defaultWeekMode).week
        case "QUARTER": return (moment.month + 2) / 3
        default: break
        }
        let units = compound[unit] ?? [unit]
        let value = units.reduce(0) { sum, part in
            switch part {
            case "YEAR": sum * 100 + moment.year
            case "MONTH": sum * 100 + moment.month
            case "DAY": sum * 100 + moment.day
            case "HOUR": sum * 100 + moment.hour
            case "MINUTE": sum * 100 + moment.minute
            case "SECOND": sum * 100 + moment.second
            default: sum * 1_000_000 + moment.microsecond
            }
        }
        return value * sign
    }
}

/// The week of a year by the eight modes of WEEK().
struct WeekNumber {
    /// From 0 or 1, by the mode.
    var week = 0
    /// The year that the week belongs to.
    var year = 0

    /// - Parameter mode: bit 0: Monday begins a week; bit 1: weeks from 1, the year may be a
    /// neighbour;
    ///   bit 2: the first week holds the year's first Sunday or Monday, else four days of the year.
    init(_ date: CalendarTime, mode: Int) {
        let mode = mode & 7
        let startsMonday = mode & 1 != 0
        let isRanged = mode & 2 != 0
        // Modes 0, 2, 5 and 7 count from the first Sunday or Monday.
        let needsFirstDay = (mode & 4 != 0) == startsMonday
        func weekday(_ moment: CalendarTime) -> Int {
            startsMonday ? moment.weekday : (moment.weekday + 1) % 7
        }
        func start(_ year: Int) -> Int {
            let first = CalendarTime(year: year, month: 1, day: 1)
            let offset = weekday(first)
            let isFull = needsFirstDay ? offset == 0 : offset <= 3
            return first.epochDays - offset + (isFull ? 0 : 7)
        }
        year = date.year
        let day = date.epochDays
        if day < start(year) {
            guard isRanged else { return }
            year -= 1
        } else if isRanged, day >= start(year + 1) {
            year += 1
        }
        week = (day - start(year)) / 7 + 1
    }
}
