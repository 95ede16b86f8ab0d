import BorealBase
import BorealSQLite

/// Aggregates that also answer over a window's frame.
///
/// Those that must remember the frame have two names: `b_bit_or` for a group, `b_bit_or_over` for
/// a frame.
extension FunctionRegistry {
    func addWindows() throws(SQLiteError) {
        try database.addWindow("b_dsum", argumentCount: 1) { DecimalSum() }
        try database.addWindow("b_sum_over", argumentCount: 1) { RealSum() }
        for (tail, keeps) in [("", false), ("_over", true)] {
            for (name, isRoot, isSample) in [
                ("b_var_pop", false, false), ("b_var_samp", false, true),
                ("b_std_pop", true, false), ("b_std_samp", true, true),
            ] {
                try database.addWindow(name + tail, argumentCount: 1) {
                    Variance(isRoot: isRoot, isSample: isSample, keeps: keeps)
                }
            }
            try database.addWindow("b_bit_and" + tail, argumentCount: 1) {
                BitFold(.max, keeps: keeps) { $0 & $1 }
            }
            try database.addWindow("b_bit_or" + tail, argumentCount: 1) {
                BitFold(0, keeps: keeps) { $0 | $1 }
            }
            try database.addWindow("b_bit_xor" + tail, argumentCount: 1) {
                BitFold(0, keeps: keeps) { $0 ^ $1 }
            }
        }
        try database.addWindow("b_json_arrayagg", argumentCount: 1) { JSONGroup(isObject: false) }
        try database.addWindow("b_json_objectagg", argumentCount: 2) { JSONGroup(isObject: true) }
        try add("b_dmean", 3) { call in
            let count = DecimalNumber(call.int64(1))
            call.result(call.decimal(0).quotient(by: count, digits: call.int(2)))
        }
        try add("b_range_us", 1) { call in
            guard let moment = CalendarTime.parse(call.text(0))?.value else {
                return call.resultNull()
            }
            call.result(Int64(moment.epochMicroseconds))
        }
    }
}

/// SUM of exact numbers, whole or decimal. What leaves a frame is subtracted, which is exact too.
private final class DecimalSum: SQLiteWindowAggregate {
    private var sum = DecimalNumber()
    /// Whole numbers are added here as long as they fit.
    private var small: Int64 = 0
    private var count = 0

    func step(_ call: SQLiteCall) { add(call, isTakenBack: false) }

    func inverse(_ call: SQLiteCall) { add(call, isTakenBack: true) }

    private func add(_ call: SQLiteCall, isTakenBack: Bool) {
        guard !call.isNull(0) else { return }
        count += isTakenBack ? -1 : 1
        if call.type(0) == .integer {
            let value = call.int64(0)
            let (total, overflow) =
                isTakenBack
                ? small.subtractingReportingOverflow(value) : small.addingReportingOverflow(value)
            if !overflow {
                small = total
                return
            }
        }
        let value = call.decimal(0)
        sum = isTakenBack ? sum - value : sum + value
    }

    func value(_ call: SQLiteCall) {
        guard count > 0 else { return call.resultNull() }
        call.result(sum + DecimalNumber(small))
    }

    func finish(_ call: SQLiteCall) { value(call) }
}

/// The values of a frame, oldest first, for aggregates that cannot take a value back.
private struct FrameValues<Value> {
    private var values: [Value] = []
    private var first = 0
    /// False for a group: nothing leaves it, so nothing is remembered.
    private let keeps: Bool
    /// A value has left since the aggregate was last made of the whole frame.
    var isStale = false

    init(keeps: Bool) { self.keeps = keeps }

    var current: ArraySlice<Value> { values[first...] }

    mutating func append(_ value: Value) {
        if keeps { values.append(value) }
    }

    mutating func removeFirst() {
        first += 1
        isStale = true
        // What has left is given back when it is the greater part.
        if first > 64, first * 2 > values.count {
            values.removeFirst(first)
            first = 0
        }
    }
}

/// SUM and AVG of real numbers over a frame, added anew after a row has left it: subtracting it
/// would leave the error of its digits behind.
private final class RealSum: SQLiteWindowAggregate {
    private var frame = FrameValues<Double>(keeps: true)
    private var sum = 0.0

    func step(_ call: SQLiteCall) {
        guard !call.isNull(0) else { return }
        frame.append(call.double(0))
        sum += call.double(0)
    }

    func inverse(_ call: SQLiteCall) {
        if !call.isNull(0) { frame.removeFirst() }
    }

    func value(_ call: SQLiteCall) {
        if frame.isStale { sum = frame.current.reduce(0, +) }
        frame.isStale = false
        let count = frame.current.count
        guard count > 0 else { return call.resultNull() }
        call.result(finite: sum)
    }

    func finish(_ call: SQLiteCall) { value(call) }
}

/// Variance and standard deviation in one pass (Welford, "Note on a method for calculating
/// corrected sums of squares and products", Technometrics 1962).
private final class Variance: SQLiteWindowAggregate {
    private let isRoot: Bool
    private let isSample: Bool
    private var frame: FrameValues<Double>
    private var count = 0.0
    private var mean = 0.0
    private var squares = 0.0

    init(isRoot: Bool, isSample: Bool, keeps: Bool) {
        self.isRoot = isRoot
        self.isSample = isSample
        frame = FrameValues(keeps: keeps)
    }

    private func add(_ value: Double) {
        count += 1
        let delta = value - mean
        mean += delta / count
        squares += delta * (value - mean)
    }

    func step(_ call: SQLiteCall) {
        guard !call.isNull(0) else { return }
        frame.append(call.double(0))
        add(call.double(0))
    }

    func inverse(_ call: SQLiteCall) {
        if !call.isNull(0) { frame.removeFirst() }
    }

    func value(_ call: SQLiteCall) {
        if frame.isStale {
            (count, mean, squares) = (0, 0, 0)
            for value in frame.current { add(value) }
            frame.isStale = false
        }
        let divisor = isSample ? count - 1 : count
        guard divisor > 0 else { return call.resultNull() }
        let variance = squares / divisor
        call.result(isRoot ? variance.squareRoot() : variance)
    }

    func finish(_ call: SQLiteCall) { value(call) }
}

/// BIT_AND, BIT_OR, BIT_XOR.
private final class BitFold: SQLiteWindowAggregate {
    private let start: UInt64
    private let combine: (UInt64, UInt64) -> UInt64
    private var folded: UInt64
    private var frame: FrameValues<UInt64>

    init(_ start: UInt64, keeps: Bool, _ combine: @escaping (UInt64, UInt64) -> UInt64) {
        self.start = start
        self.combine = combine
        folded = start
        frame = FrameValues(keeps: keeps)
    }

    func step(_ call: SQLiteCall) {
        guard !call.isNull(0) else { return }
        frame.append(call.bitPattern(0))
        folded = combine(folded, call.bitPattern(0))
    }

    func inverse(_ call: SQLiteCall) {
        if !call.isNull(0) { frame.removeFirst() }
    }

    func value(_ call: SQLiteCall) {
        if frame.isStale { folded = frame.current.reduce(start, combine) }
        frame.isStale = false
        call.result(folded)
    }

    func finish(_ call: SQLiteCall) { value(call) }
}

/// JSON_ARRAYAGG and JSON_OBJECTAGG; values come as JSON text.
private final class JSONGroup: SQLiteWindowAggregate {
    private let isObject: Bool
    private var members: [String] = []
    private var first = 0
    private var bytes = 0

    init(isObject: Bool) { self.isObject = isObject }

    func step(_ call: SQLiteCall) {
        let value = call.text(isObject ? 1 : 0)
        let member = isObject ? JSON.string(call.text(0)).description + ": " + value : value
        bytes += member.utf8.count + 2
        guard bytes <= TableLimits.textBytesMax else { return call.failTooBig() }
        members.append(member)
    }

    func inverse(_ call: SQLiteCall) { first += 1 }

    func value(_ call: SQLiteCall) {
        guard members.count > first else { return call.resultNull() }
        let text = members[first...].joined(separator: ", ")
        call.result(isObject ? "{\(text)}" : "[\(text)]")
    }

    func finish(_ call: SQLiteCall) { value(call) }
}
