import BorealBase
import BorealSQLite

/// Dates and times: reading, shifting, differences.
extension FunctionRegistry {
    /// A function of one moment; NULL for what is none.
    private func addMoment(
        _ name: String,
        _ body: @escaping @Sendable (CalendarTime) -> Int64?
    ) throws(SQLiteError) {
        let context = context
        try add(name, 1) { call in
            guard let moment = Self.moment(call, 0, context), let value = body(moment) else {
                return call.resultNull()
            }
            call.result(value)
        }
    }

    /// The moment that an argument means, with a warning when it means none.
    static func moment(_ call: SQLiteCall, _ index: Int, _ context: FunctionContext)
        -> CalendarTime?
    {
        let text = call.text(index)
        if let parsed = CalendarTime.parse(text), parsed.value.isValidTime,
            parsed.value.isValidDate(zeroPartsAllowed: true)
        {
            guard let offset = parsed.offsetMinutes else { return parsed.value }
            return parsed.value.adding(microseconds: (context.offsetMinutes - offset) * 60_000_000)
        }
        context.warn(.wrongValue(type: "datetime", value: text, column: nil, row: 1))
        return nil
    }

    /// Registers all of them.
    func addTimes() throws(SQLiteError) {
        let context = context
        try add("b_dt", 1) { call in
            guard let moment = Self.moment(call, 0, context) else { return call.resultNull() }
            call.result(moment.text(decimals: 6))
        }
        try add("b_dtpad", 2) { call in
            guard let moment = Self.moment(call, 0, context) else { return call.resultNull() }
            call.result(moment.text(decimals: call.int(1)))
        }
        try add("b_dtround", 2) { call in
            guard let moment = Self.moment(call, 0, context) else { return call.resultNull() }
            call.result(moment.rounded(decimals: call.int(1)).text(decimals: call.int(1)))
        }
        try add("b_timeround", 2) { call in
            guard let time = ClockTime.parse(call.text(0)) else { return call.resultNull() }
            call.result(time.value.rounded(decimals: call.int(1)).text(decimals: call.int(1)))
        }
        try add("b_timepad", 2) { call in
            guard let time = ClockTime.parse(call.text(0)) else { return call.resultNull() }
            call.result(time.value.text(decimals: call.int(1)))
        }
        try add("b_us_time", 2) { call in
            call.result(ClockTime(microseconds: call.int(0)).text(decimals: call.int(1)))
        }
        try add("b_time", 1) { call in
            guard let time = ClockTime.parse(call.text(0)) else {
                context.warn(.wrongValue(type: "time", value: call.text(0), column: nil, row: 1))
                return call.resultNull()
            }
            call.result(time.value.text(decimals: time.value.decimalsNeeded))
        }
        try add("b_time_dt", 1) { call in
            guard let time = ClockTime.parse(call.text(0)) else { return call.resultNull() }
            let midnight = CalendarTime(epochDays: context.localNow.epochDays)
            call.result(midnight.adding(microseconds: time.value.microseconds)?.text(decimals: 0))
        }
        try add("b_time_us", 1) { call in
            guard let time = ClockTime.parse(call.text(0)) else { return call.resultNull() }
            call.result(Int64(time.value.microseconds))
        }
        try add("b_tnum", 1) { call in
            let digits = call.text(0).prefix { $0 != "." }.filter { $0.isNumber || $0 == "-" }
            let isTime = call.text(0).contains(":") && !call.text(0).contains(" ")
            call.result(Int64(isTime ? digits : digits.filter { $0 != "-" }) ?? 0)
        }
        try add("b_tdec", 1) { call in
            let text = call.text(0)
            let isTime = text.contains(":") && !text.contains(" ")
            let kept = text.filter { $0.isNumber || $0 == "." || ($0 == "-" && isTime) }
            call.result(DecimalNumber(String(kept)))
        }
        try add("b_local", 1) { call in
            guard let moment = CalendarTime.parse(call.text(0)) else { return call.resultNull() }
            let decimals = moment.value.decimalsNeeded
            let shifted = moment.value.adding(microseconds: context.offsetMinutes * 60_000_000)
            call.result(shifted?.text(decimals: decimals))
        }
        try addParts()
        try addShifts()
    }

    /// Parts of a date or time as numbers.
    private func addParts() throws(SQLiteError) {
        try addMoment("b_year") { Int64($0.year) }
        try addMoment("b_month") { Int64($0.month) }
        try addMoment("b_day") { Int64($0.day) }
        try addMoment("b_quarter") { Int64(($0.month + 2) / 3) }
        try addMoment("b_weekday") { $0.hasZeroPart ? nil : Int64($0.weekday) }
        try addMoment("b_dayofweek") { $0.hasZeroPart ? nil : Int64(($0.weekday + 1) % 7 + 1) }
        try addMoment("b_dayofyear") { $0.hasZeroPart ? nil : Int64($0.dayOfYear) }
        try addMoment("b_weekofyear") { $0.hasZeroPart ? nil : Int64(WeekNumber($0, mode: 3).week) }
        try addMoment("b_to_days") { $0.hasZeroPart ? nil : Int64($0.dayNumber) }
        try addMoment("b_to_seconds") { moment in
            guard !moment.hasZeroPart else { return nil }
            let seconds = (moment.hour * 60 + moment.minute) * 60 + moment.second
            return Int64(moment.dayNumber * 86_400 + seconds)
        }
        for (name, divisor, modulus) in [
            ("b_hour", 3_600_000_000, Int.max), ("b_minute", 60_000_000, 60),
            ("b_second", 1_000_000, 60), ("b_microsecond", 1, 1_000_000),
        ] {
            try add(name, 1) { call in
                guard let time = ClockTime.parse(call.text(0)) else { return call.resultNull() }
                call.result(Int64(Int(time.value.microseconds.magnitude) / divisor % modulus))
            }
        }
        let context = context
        for (name, withYear) in [("b_week", false), ("b_yearweek", true)] {
            try addRaw(name) { call in
                guard !call.isNull(0), let moment = Self.moment(call, 0, context),
                    !moment.hasZeroPart
                else { return call.resultNull() }
                // A mode of NULL is mode 0.
                let mode = call.count > 1 ? call.int(1) : withYear ? 0 : context.defaultWeekMode
                let week = WeekNumber(moment, mode: withYear ? mode | 2 : mode)
                call.result(Int64(withYear ? week.year * 100 + week.week : week.week))
            }
        }
        try add("b_time_to_sec", 1) { call in
            guard let time = ClockTime.parse(call.text(0)) else { return call.resultNull() }
            call.result(Int64(time.value.microseconds / 1_000_000))
        }
        try add("b_extract", 2) { call in
            let unit = call.text(0)
            let text = call.text(1)
            call.result(IntervalArithmetic.extract(unit, text, context).map { Int64($0) })
        }
    }

    /// Sums with an interval; those that leave the years 0 to 9999 are NULL.
    private func addShifts() throws(SQLiteError) {
        try add("b_date_shift", 4) { call in
            let text = call.text(0)
            guard let parsed = CalendarTime.parse(text),
                parsed.value.isValidDate(zeroPartsAllowed: false), parsed.value.isValidTime,
                let interval = IntervalArithmetic(
                    call.text(1),
                    unit: call.text(2),
                    sign: call.int(3)
                )
            else { return call.resultNull() }
            guard let moved = interval.applied(to: parsed.value) else { return call.resultNull() }
            if !parsed.hasTime && !interval.hasTime { return call.result(moved.dateText) }
            let shows = interval.hasFraction || parsed.value.microsecond != 0 || text.contains(".")
            call.result(moved.text(decimals: shows ? 6 : 0))
        }
        try add("b_time_shift", 4) { call in
            guard let time = ClockTime.parse(call.text(0)),
                let interval = IntervalArithmetic(
                    call.text(1),
                    unit: call.text(2),
                    sign: call.int(3)
                ),
                interval.months == 0
            else { return call.resultNull() }
            let (sum, overflow) = time.value.microseconds.addingReportingOverflow(
                interval.microseconds
            )
            let moved = ClockTime(microseconds: sum)
            guard !overflow, moved.isInRange else { return call.resultNull() }
            call.result(moved.text(decimals: moved.decimalsNeeded))
        }
        try add("b_addtime", 3) { call in
            let amount = call.text(1)
            guard !CalendarTime.isMoment(amount), let parsed = ClockTime.parse(amount) else {
                return call.resultNull()
            }
            let shift = parsed.value.microseconds * call.int(2)
            let text = call.text(0)
            if CalendarTime.isMoment(text) {
                let moved = CalendarTime.parse(text)?.value.adding(microseconds: shift)
                return call.result(moved?.text(decimals: moved?.decimalsNeeded ?? 0))
            }
            guard let time = ClockTime.parse(text) else { return call.resultNull() }
            let (sum, overflow) = time.value.microseconds.addingReportingOverflow(shift)
            let moved = ClockTime(microseconds: sum)
            guard !overflow, moved.isInRange else { return call.resultNull() }
            call.result(moved.text(decimals: moved.decimalsNeeded))
        }
        try addDifferences()
    }

    /// Differences between two moments or two durations.
    private func addDifferences() throws(SQLiteError) {
        let context = context
        try add("b_timediff", 2) { call in
            let (first, second) = (call.text(0), call.text(1))
            // Both moments, or both durations.
            guard CalendarTime.isMoment(first) == CalendarTime.isMoment(second) else {
                return call.resultNull()
            }
            let difference: Int
            if CalendarTime.isMoment(first) {
                guard let a = CalendarTime.parse(first), let b = CalendarTime.parse(second) else {
                    return call.resultNull()
                }
                difference = a.value.epochMicroseconds - b.value.epochMicroseconds
            } else {
                guard let a = ClockTime.parse(first), let b = ClockTime.parse(second) else {
                    return call.resultNull()
                }
                difference = a.value.microseconds - b.value.microseconds
            }
            let limit = ClockTime.microsecondsMax
            let time = ClockTime(microseconds: min(max(difference, -limit), limit))
            call.result(time.text(decimals: time.decimalsNeeded))
        }
        try add("b_datediff", 2) { call in
            guard let a = Self.moment(call, 0, context), let b = Self.moment(call, 1, context),
                !a.hasZeroPart, !b.hasZeroPart
            else { return call.resultNull() }
            call.result(Int64(a.epochDays - b.epochDays))
        }
        try add("b_timestampdiff", 3) { call in
            guard let a = Self.moment(call, 1, context), let b = Self.moment(call, 2, context),
                !a.hasZeroPart, !b.hasZeroPart
            else { return call.resultNull() }
            call.result(IntervalArithmetic.difference(call.text(0), a, b).map { Int64($0) })
        }
    }
}
extension SQLiteCall {
    /// Answers a whole number, or NULL.
    func result(_ value: Int64?) {
        if let value { result(value) } else { resultNull() }
    }
}
