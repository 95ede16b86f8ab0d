import BorealBase
import BorealSQLite

/// Aggregates that SQLite lacks or does otherwise.
extension FunctionRegistry {
    func addAggregates() throws(SQLiteError) {
        let context = context
        try database.addAggregate("b_dsum", argumentCount: 1) { DecimalSum(isMean: false) }
        try database.addAggregate("b_davg", argumentCount: 1) { DecimalSum(isMean: true) }
        try database.addAggregate("b_single", argumentCount: 1) { SingleRow(context) }
        for (name, isRoot, isSample) in [
            ("b_var_pop", false, false), ("b_var_samp", false, true), ("b_std_pop", true, false),
            ("b_std_samp", true, true),
        ] {
            try database.addAggregate(name, argumentCount: 1) { Variance(isRoot, isSample) }
        }
        try database.addAggregate("b_bit_and", argumentCount: 1) { BitFold(.max) { $0 & $1 } }
        try database.addAggregate("b_bit_or", argumentCount: 1) { BitFold(0) { $0 | $1 } }
        try database.addAggregate("b_bit_xor", argumentCount: 1) { BitFold(0) { $0 ^ $1 } }
        try database.addAggregate("b_group_concat", argumentCount: -1) { GroupConcat(context) }
        try database.addAggregate("b_json_arrayagg", argumentCount: 1) {
            JSONGroup(isObject: false)
        }
        try database.addAggregate("b_json_objectagg", argumentCount: 2) {
            JSONGroup(isObject: true)
        }
    }
}

/// SUM and AVG of exact numbers.
private final class DecimalSum: SQLiteAggregate {
    private let isMean: Bool
    private var sum = DecimalNumber()
    /// Whole numbers are added here as long as they fit.
    private var small: Int64 = 0
    private var count: Int64 = 0

    init(isMean: Bool) { self.isMean = isMean }

    func step(_ call: SQLiteCall) {
        guard !call.isNull(0) else { return }
        count += 1
        if call.type(0) == .integer {
            let (total, overflow) = small.addingReportingOverflow(call.int64(0))
            if !overflow {
                small = total
                return
            }
        }
        sum = sum + call.decimal(0)
    }

    func finish(_ call: SQLiteCall) {
        guard count > 0 else { return call.resultNull() }
        let total = sum + DecimalNumber(small)
        guard isMean else { return call.result(total) }
        let scale = min(total.scale + 4, DecimalNumber.scaleMax)
        let mean = total.divided(by: DecimalNumber(count), scale: scale + 1)
        call.result(mean?.rounded(scale: scale))
    }
}

/// The only row of a subquery used as a value.
private final class SingleRow: SQLiteAggregate {
    private let context: FunctionContext
    private var value: SQLiteValue = .null
    private var count = 0

    init(_ context: FunctionContext) { self.context = context }

    func step(_ call: SQLiteCall) {
        count += 1
        if count == 1 { value = call.value(0) }
        if count == 2 { context.fail(call, .subqueryReturnsRows) }
    }

    func finish(_ call: SQLiteCall) { call.result(value) }
}

/// Variance and standard deviation in one pass (Welford, "Note on a method for calculating
/// corrected sums of squares and products", Technometrics 1962).
private final class Variance: SQLiteAggregate {
    private let isRoot: Bool
    private let isSample: Bool
    private var count = 0.0
    private var mean = 0.0
    private var squares = 0.0

    init(_ isRoot: Bool, _ isSample: Bool) {
        self.isRoot = isRoot
        self.isSample = isSample
    }

    func step(_ call: SQLiteCall) {
        guard !call.isNull(0) else { return }
        let value = call.double(0)
        count += 1
        let delta = value - mean
        mean += delta / count
        squares += delta * (value - mean)
    }

    func finish(_ call: SQLiteCall) {
        let divisor = isSample ? count - 1 : count
        guard divisor > 0 else { return call.resultNull() }
        let variance = squares / divisor
        call.result(isRoot ? variance.squareRoot() : variance)
    }
}

/// BIT_AND, BIT_OR, BIT_XOR.
private final class BitFold: SQLiteAggregate {
    private var value: UInt64
    private let combine: (UInt64, UInt64) -> UInt64

    init(_ start: UInt64, _ combine: @escaping (UInt64, UInt64) -> UInt64) {
        value = start
        self.combine = combine
    }

    func step(_ call: SQLiteCall) {
        if !call.isNull(0) { value = combine(value, call.bitPattern(0)) }
    }

    func finish(_ call: SQLiteCall) { call.result(value) }
}

/// GROUP_CONCAT: value, separator, distinct, then pairs of sort key and direction.
private final class GroupConcat: SQLiteAggregate {
    private let context: FunctionContext
    private var rows: [(text: String, keys: [SQLiteValue])] = []
    private var seen: Set<[UInt32]> = []
    private var separator = ","
    private var directions: [Bool] = []
    private var bytes = 0

    init(_ context: FunctionContext) { self.context = context }

    func step(_ call: SQLiteCall) {
        guard !call.isNull(0) else { return }
        let text = call.text(0)
        separator = call.text(1)
        if call.int64(2) != 0, !seen.insert(TextFolding.folded(text)).inserted { return }
        var keys: [SQLiteValue] = []
        var descending: [Bool] = []
        for index in stride(from: 3, to: call.count - 1, by: 2) {
            keys.append(call.value(index))
            descending.append(call.int64(index + 1) != 0)
        }
        directions = descending
        bytes += text.utf8.count
        // Without an order, what lies beyond the limit is cut anyway.
        if keys.isEmpty, bytes > context.groupConcatMax * 2 + 64, rows.count > 1 { return }
        guard bytes < TableLimits.textBytesMax else {
            return context.fail(call, .memoryLimit(TableLimits.textBytesMax))
        }
        rows.append((text, keys))
    }

    func finish(_ call: SQLiteCall) {
        guard !rows.isEmpty else { return call.resultNull() }
        if !directions.isEmpty {
            rows.sort { left, right in
                for (index, isDescending) in directions.enumerated() {
                    let order = ValueOrder.compare(left.keys[index], right.keys[index])
                    if order != 0 { return isDescending ? order > 0 : order < 0 }
                }
                return false
            }
        }
        let whole = rows.map(\.text).joined(separator: separator)
        guard whole.utf8.count > context.groupConcatMax else { return call.result(whole) }
        var cut = ""
        var size = 0
        for scalar in whole.unicodeScalars {
            size += UTF8.width(scalar)
            if size > context.groupConcatMax { break }
            cut.unicodeScalars.append(scalar)
        }
        call.result(cut)
    }
}

/// SQLite's own order of values.
enum ValueOrder {
    static func compare(_ left: SQLiteValue, _ right: SQLiteValue) -> Int {
        switch (left, right) {
        case (.null, .null): return 0
        case (.integer(let a), .integer(let b)): return a < b ? -1 : a > b ? 1 : 0
        case (.text(let a), .text(let b)):
            if a == b { return 0 }
            return a.utf8.lexicographicallyPrecedes(b.utf8) ? -1 : 1
        case (.blob(let a), .blob(let b)):
            if a == b { return 0 }
            return a.lexicographicallyPrecedes(b) ? -1 : 1
        default:
            if let a = left.double, let b = right.double { return a < b ? -1 : a > b ? 1 : 0 }
            return rank(left) - rank(right)
        }
    }

    private static func rank(_ value: SQLiteValue) -> Int {
        switch value {
        case .null: 0
        case .integer, .real: 1
        case .text: 2
        case .blob: 3
        }
    }
}

/// JSON_ARRAYAGG and JSON_OBJECTAGG; values come as JSON text.
private final class JSONGroup: SQLiteAggregate {
    private let isObject: Bool
    private var text = ""

    init(isObject: Bool) { self.isObject = isObject }

    func step(_ call: SQLiteCall) {
        if text.utf8.count > TableLimits.textBytesMax { return call.fail("too long") }
        if !text.isEmpty { text += ", " }
        if isObject { text += JSON.string(call.text(0)).description + ": " }
        text += call.text(isObject ? 1 : 0)
    }

    func finish(_ call: SQLiteCall) {
        guard !text.isEmpty else { return call.resultNull() }
        call.result(isObject ? "{\(text)}" : "[\(text)]")
    }
}
