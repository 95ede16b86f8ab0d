import BorealBase
import BorealSQLite

/// Formatting and making of dates, unix time, time zones.
extension FunctionRegistry {
    /// Registers all of them.
    func addCalendar() throws(SQLiteError) {
        try addFormats()
        try addNames()
        try addMakers()
        try addClock()
    }

    /// Between moments and texts, by patterns.
    private func addFormats() throws(SQLiteError) {
        let context = context
        try add("b_date_format", 2) { call in
            guard let moment = Self.moment(call, 0, context) else { return call.resultNull() }
            call.result(DateFormat(locale: context.timeLocale).format(moment, call.text(1)))
        }
        try add("b_time_format", 2) { call in
            guard let time = ClockTime.parse(call.text(0)) else { return call.resultNull() }
            var moment = CalendarTime()
            let rest = Int(time.value.microseconds.magnitude)
            moment.hour = rest / 3_600_000_000
            moment.minute = rest / 60_000_000 % 60
            moment.second = rest / 1_000_000 % 60
            moment.microsecond = rest % 1_000_000
            let format = DateFormat(locale: context.timeLocale, isTime: true)
            let sign = time.value.microseconds < 0 ? "-" : ""
            call.result(format.format(moment, call.text(1)).map { sign + $0 })
        }
        try add("b_get_format", 2) { call in
            call.result(DateFormat.standard(call.text(0), call.text(1)))
        }
        try add("b_str_to_date", 3) { call in
            let type = DatePattern.typeRead(by: call.text(1))
            let moment = DatePattern.read(call.text(0), call.text(1))
            let isAllowed =
                type.kind == .time || moment?.hasZeroPart != true || !context.refusesZeroInDate
            guard let moment, isAllowed else {
                let shown = type.kind == .time ? "time" : "datetime"
                context.warn(
                    .incorrectForFunction(
                        type: shown,
                        value: call.text(0),
                        function: "str_to_date"
                    )
                )
                return call.resultNull()
            }
            if call.int64(2) != 0 { return call.result(moment.text(decimals: 6)) }
            switch type.kind {
            case .date: call.result(moment.dateText)
            case .time:
                let hours = moment.day * 24 + moment.hour
                let seconds = (hours * 60 + moment.minute) * 60 + moment.second
                let time = ClockTime(microseconds: seconds * 1_000_000 + moment.microsecond)
                call.result(time.text(decimals: type.decimals))
            default: call.result(moment.text(decimals: type.decimals))
            }
        }
    }

    /// Names of days and months, and days found by counting.
    private func addNames() throws(SQLiteError) {
        let context = context
        for (name, isDay) in [("b_dayname", true), ("b_monthname", false)] {
            try add(name, 1) { call in
                guard let moment = Self.moment(call, 0, context), moment.month > 0,
                    !isDay || moment.day > 0
                else { return call.resultNull() }
                let locale = context.timeLocale
                call.result(
                    isDay ? locale.weekdays[moment.weekday] : locale.months[moment.month - 1]
                )
            }
        }
        try add("b_last_day", 1) { call in
            guard var moment = Self.moment(call, 0, context), moment.month > 0 else {
                return call.resultNull()
            }
            moment.day = CalendarTime.daysInMonth(moment.year, moment.month)
            call.result(moment.dateText)
        }
        try add("b_from_days", 1) { call in
            let days = call.int(0)
            guard (366...3_652_424).contains(days) else { return call.result("0000-00-00") }
            call.result(CalendarTime(epochDays: days - 719_528).dateText)
        }
    }

    /// Dates and times made of numbers; those out of range are NULL, or the largest TIME with a
    /// warning.
    private func addMakers() throws(SQLiteError) {
        let context = context
        try add("b_makedate", 2) { call in
            var year = call.int(0)
            let day = call.int(1)
            if year < 70 { year += 2_000 } else if year < 100 { year += 1_900 }
            guard (0...9_999).contains(year), day > 0, day < 4_000_000 else {
                return call.resultNull()
            }
            let first = CalendarTime(year: year, month: 1, day: 1)
            let date = CalendarTime(epochDays: first.epochDays + day - 1)
            guard date.year <= 9_999 else { return call.resultNull() }
            call.result(date.dateText)
        }
        try add("b_maketime", 3) { call in
            let hour = call.int(0)
            let minute = call.int(1)
            let exact = call.decimal(2) * DecimalNumber(Int64(1_000_000))
            guard (0..<60).contains(minute), let micros = exact.int64,
                !call.decimal(2).isNegative,
                call.decimal(2).order(to: DecimalNumber(Int64(60))) < 0
            else { return call.resultNull() }
            let rest = minute * 60_000_000 + Int(micros)
            let hours = Int(min(hour.magnitude, 900))
            let bounded = min(hours * 3_600_000_000 + rest, ClockTime.microsecondsMax)
            if hours > 838 { context.warn(.truncatedTime("\(hour):\(minute):\(call.text(2))")) }
            let time = ClockTime(microseconds: hour < 0 ? -bounded : bounded)
            call.result(time.text(decimals: time.decimalsNeeded))
        }
        try add("b_sec_to_time", 1) { call in
            let exact = call.decimal(0) * DecimalNumber(Int64(1_000_000))
            let limit = ClockTime.microsecondsMax
            let bound = call.decimal(0).isNegative ? -limit : limit
            let value = exact.int64.map { Int($0) } ?? bound
            if value.magnitude > limit { context.warn(.truncatedTime(call.text(0))) }
            let time = ClockTime(microseconds: min(max(value, -limit), limit))
            call.result(time.text(decimals: time.decimalsNeeded))
        }
        try add("b_period_add", 2) { call in
            guard let months = Self.periodMonths(call.int(0)) else {
                return context.fail(call, .wrongArguments("period_add"))
            }
            let (sum, overflow) = months.addingReportingOverflow(call.int(1))
            guard !overflow, sum >= 0, sum < 1 << 40 else { return call.resultNull() }
            call.result(Int64(sum / 12 * 100 + sum % 12 + 1))
        }
        try add("b_period_diff", 2) { call in
            guard let a = Self.periodMonths(call.int(0)), let b = Self.periodMonths(call.int(1))
            else { return context.fail(call, .wrongArguments("period_diff")) }
            call.result(Int64(a - b))
        }
    }

    /// Months since year 0; nil for a period whose month does not exist.
    private static func periodMonths(_ period: Int) -> Int? {
        guard (1...1 << 40).contains(period), (1...12).contains(period % 100) else { return nil }
        var year = period / 100
        if year < 70 { year += 2_000 } else if year < 100 { year += 1_900 }
        return year * 12 + period % 100 - 1
    }

    /// The moment of the statement, Unix time, and time zones. `b_now` answers the same within a
    /// statement, `b_sysdate` does not.
    private func addClock() throws(SQLiteError) {
        let context = context
        try add("b_now", 1) { $0.result(context.localNow.text(decimals: $0.int(0))) }
        try add("b_utc_now", 1) { call in
            let moment = CalendarTime(epochMicroseconds: Int(context.now.microseconds))
            call.result(moment.text(decimals: call.int(0)))
        }
        try add("b_sysdate", 1, isDeterministic: false) { call in
            let micros = Int(Instant.now.microseconds) + context.offsetMinutes * 60_000_000
            call.result(CalendarTime(epochMicroseconds: micros).text(decimals: call.int(0)))
        }
        try add("b_unix_now", 0) { $0.result(context.now.seconds) }
        try add("b_unix", 2) { call in
            guard let moment = Self.moment(call, 0, context), !moment.hasZeroPart else {
                return call.resultNull()
            }
            let micros = moment.epochMicroseconds - context.offsetMinutes * 60_000_000
            // Beyond 3001-01-18, as before 1970, there is no Unix time.
            guard (0..<UnixTime.microsecondsEnd).contains(micros) else {
                return call.result(DecimalNumber().rounded(scale: call.int(1)))
            }
            let exact = DecimalNumber(Int64(micros)).divided(
                by: DecimalNumber(Int64(1_000_000)),
                scale: 6
            )
            call.result(exact?.rounded(scale: call.int(1), truncating: true))
        }
        try add("b_from_unix", 2) { call in
            let exact = call.decimal(0) * DecimalNumber(Int64(1_000_000))
            guard let micros = exact.int64, (0..<UnixTime.microsecondsEnd).contains(Int(micros))
            else {
                return call.resultNull()
            }
            let local = Int(micros) + context.offsetMinutes * 60_000_000
            call.result(CalendarTime(epochMicroseconds: local).text(decimals: call.int(1)))
        }
        try add("b_convert_tz", 4) { call in
            guard let moment = Self.moment(call, 0, context),
                let from = TimeZoneOffset.minutes(call.text(1)),
                let to = TimeZoneOffset.minutes(call.text(2))
            else { return call.resultNull() }
            let utc = moment.epochMicroseconds - from * 60_000_000
            // What is no Unix time is not moved.
            guard (1_000_000..<UnixTime.microsecondsEnd).contains(utc) else {
                return call.result(moment.text(decimals: call.int(3)))
            }
            let moved = CalendarTime(epochMicroseconds: utc + to * 60_000_000)
            call.result(moved.text(decimals: call.int(3)))
        }
    }
}

/// The moments that have a Unix time.
enum UnixTime {
    /// The first microsecond behind 3001-01-18 23:59:59, where MySQL's range ends.
    static let microsecondsEnd = 32_536_771_200_000_000
}

/// Time zones: UTC, SYSTEM and offsets from UTC.
enum TimeZoneOffset {
    /// Minutes east of UTC; nil for a name that is not known.
    static func minutes(_ name: String) -> Int? {
        let upper = name.uppercased()
        if upper == "UTC" || upper == "GMT" || upper == "ETC/UTC" { return 0 }
        if upper == "SYSTEM" { return SystemClock.offsetMinutes }
        guard let sign = upper.first, sign == "+" || sign == "-" else { return nil }
        let parts = upper.dropFirst().split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let hours = Int(parts[0]), let minutes = Int(parts[1]),
            (0...14).contains(hours), (0..<60).contains(minutes), parts[1].count == 2
        else { return nil }
        let total = hours * 60 + minutes
        guard total <= 14 * 60, sign == "+" || total < 14 * 60 else { return nil }
        return sign == "-" ? -total : total
    }
}
