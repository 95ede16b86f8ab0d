import BorealBase
import BorealSQLite

/// Aggregates that SQLite lacks or does otherwise. Those of windows are in `WindowFunctions.swift`.
extension FunctionRegistry {
    func addAggregates() throws(SQLiteError) {
        let context = context
        try database.addAggregate("b_single", argumentCount: 1) { SingleRow(context) }
        try database.addAggregate("b_group_concat", argumentCount: -1) { GroupConcat(context) }
        try addWindows()
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

/// GROUP_CONCAT: value, separator, distinct, then pairs of sort key and direction.
private final class GroupConcat: SQLiteAggregate {
    private let context: FunctionContext
    private var rows: [(text: String, keys: [SQLiteValue])] = []
    private var seen: Set<[UInt32]> = []
    private var separator = ","
    private var directions: [Bool] = []
    /// Of the texts, and of what orders them and tells them apart.
    private var bytes = 0
    private var keyBytes = 0

    init(_ context: FunctionContext) { self.context = context }

    func step(_ call: SQLiteCall) {
        guard !call.isNull(0) else { return }
        // Without an order, what lies beyond the limit is cut anyway.
        if call.count < 5, rows.count > 1, bytes > context.groupConcatMax * 2 + 64 { return }
        let text = call.text(0)
        separator = call.text(1)
        if call.int64(2) != 0 {
            let key = TextFolding.folded(text)
            guard seen.insert(key).inserted else { return }
            keyBytes += key.count * MemoryLayout<UInt32>.size
        }
        var keys: [SQLiteValue] = []
        var descending: [Bool] = []
        for index in stride(from: 3, to: call.count - 1, by: 2) {
            keys.append(call.value(index))
            descending.append(call.int64(index + 1) != 0)
        }
        directions = descending
        bytes += text.utf8.count
        keyBytes += keys.reduce(0) { $0 + $1.bytesHeld }
        guard bytes + keyBytes < TableLimits.textBytesMax else {
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
