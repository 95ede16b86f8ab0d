import BorealBase
import BorealSQLite

/// Formatting and making of dates, unix time, time zones.
extension FunctionRegistry {
    func addCalendar() throws(SQLiteError) {
        let context = context
        try add("b_date_format", 2) { call in
            guard let moment = Self.moment(call, 0, context) else { return call.resultNull() }
            call.result(DateFormat.format(moment, call.text(1)))
        }
        try add("b_time_format", 2) { call in
            guard let time = ClockTime.parse(call.text(0)) else { return call.resultNull() }
            var moment = CalendarTime()
            let rest = Int(time.value.microseconds.magnitude)
            moment.hour = rest / 3_600_000_000
            moment.minute = rest / 60_000_000 % 60
            moment.second = rest / 1_000_000 % 60
            moment.microsecond = rest % 1_000_000
            call.result(DateFormat.format(moment, call.text(1)))
        }
        try add("b_str_to_date", 2) { call in
            let type = DateFormat.typeRead(by: call.text(1))
            guard let moment = DateFormat.read(call.text(0), call.text(1)) else {
                context.warn(
                    .wrongValue(type: "datetime", value: call.text(0), column: nil, row: 1)
                )
                return call.resultNull()
            }
            switch type.kind {
            case .date: call.result(moment.dateText)
            case .time: call.result(moment.timeText(decimals: type.decimals))
            default: call.result(moment.text(decimals: type.decimals))
            }
        }
        for (name, isDay) in [("b_dayname", true), ("b_monthname", false)] {
            try add(name, 1) { call in
                guard let moment = Self.moment(call, 0, context), moment.month > 0 else {
                    return call.resultNull()
                }
                call.result(
                    isDay
                        ? DateFormat.weekdays[moment.weekday] : DateFormat.months[moment.month - 1]
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
        try addMakers()
        try addClock()
    }

    private func addMakers() throws(SQLiteError) {
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
            let second = call.double(2)
            guard (0..<60).contains(minute), second >= 0, second < 60 else {
                return call.resultNull()
            }
            let rest = minute * 60_000_000 + Int((second * 1_000_000).rounded())
            let magnitude = min(abs(max(hour, -900)), 900) * 3_600_000_000 + rest
            let bounded = min(magnitude, ClockTime.microsecondsMax)
            let time = ClockTime(microseconds: hour < 0 ? -bounded : bounded)
            call.result(time.text(decimals: time.decimalsNeeded))
        }
        try add("b_sec_to_time", 1) { call in
            let limit = Double(ClockTime.microsecondsMax)
            let value = min(max((call.double(0) * 1_000_000).rounded(), -limit), limit)
            let time = ClockTime(microseconds: Int(value))
            call.result(time.text(decimals: time.decimalsNeeded))
        }
        try add("b_period_add", 2) { call in
            guard let months = Self.periodMonths(call.int(0)) else { return call.resultNull() }
            let (sum, overflow) = months.addingReportingOverflow(call.int(1))
            guard !overflow, sum >= 0, sum < 120_000 else { return call.resultNull() }
            call.result(Int64(sum / 12 * 100 + sum % 12 + 1))
        }
        try add("b_period_diff", 2) { call in
            guard let a = Self.periodMonths(call.int(0)), let b = Self.periodMonths(call.int(1))
            else {
                return call.resultNull()
            }
            call.result(Int64(a - b))
        }
    }

    private static func periodMonths(_ period: Int) -> Int? {
        guard (0...999_912).contains(period), (1...12).contains(period % 100) else { return nil }
        var year = period / 100
        if year < 70 { year += 2_000 } else if year < 100 { year += 1_900 }
        return year * 12 + period % 100 - 1
    }

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
            guard micros >= 0 else { return call.result("0") }
            let exact = DecimalNumber(Int64(micros)).divided(
                by: DecimalNumber(Int64(1_000_000)),
                scale: 6
            )
            call.result(exact?.rounded(scale: call.int(1), truncating: true))
        }
        try add("b_from_unix", 2) { call in
            let exact = call.decimal(0) * DecimalNumber(Int64(1_000_000))
            guard let micros = exact.int64, micros >= 0, micros < 32_536_771_200_000_000 else {
                return call.resultNull()
            }
            let local = Int(micros) + context.offsetMinutes * 60_000_000
            call.result(CalendarTime(epochMicroseconds: local).text(decimals: call.int(1)))
        }
        try add("b_convert_tz", 3) { call in
            guard let moment = Self.moment(call, 0, context),
                let from = TimeZoneOffset.minutes(call.text(1)),
                let to = TimeZoneOffset.minutes(call.text(2))
            else { return call.resultNull() }
            let decimals = call.text(0).contains(".") ? 6 : 0
            let moved = moment.adding(microseconds: (to - from) * 60_000_000)
            call.result(moved?.text(decimals: decimals))
        }
    }
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
