import BorealBase
import BorealSQLite

/// What an aggregate keeps for every group.
protocol GroupAccumulator: AnyObject {
    /// Makes room for the next group.
    func addGroup()
    /// Takes the row's value; never NULL when the accumulator has an argument.
    func take(_ row: SQLiteStatement, _ column: Int, _ type: SQLiteType, _ group: Int) throws
    /// The result of a group.
    func result(_ group: Int) -> SQLiteValue
}

/// Bytes of texts that the accumulators of a grouping hold together.
final class HeldBytes {
    var count = 0
}

extension HashedGrouping.Accumulator {
    func make(_ held: HeldBytes) -> any GroupAccumulator {
        switch self {
        case .rows, .values: RowCounter()
        case .wholeSum: WholeAccumulator()
        case .realSum: RealAccumulator()
        case .exactSum: ExactAccumulator()
        case .wideSum: WideAccumulator()
        case .least(let collation): ExtremeAccumulator(collation, held, isGreatest: false)
        case .greatest(let collation): ExtremeAccumulator(collation, held, isGreatest: true)
        }
    }
}

/// COUNT: of rows, or of values that are not NULL, which is all that it is given.
private final class RowCounter: GroupAccumulator {
    /// One a group.
    private var counts: [Int64] = []

    func addGroup() { counts.append(0) }
    func take(_ row: SQLiteStatement, _ column: Int, _ type: SQLiteType, _ group: Int) {
        counts[group] += 1
    }
    func result(_ group: Int) -> SQLiteValue { .integer(counts[group]) }
}

/// SUM of whole numbers of up to 32 bits; beyond BIGINT it is error 1690, as SQLite's own sum is.
private final class WholeAccumulator: GroupAccumulator {
    private var sums: [Int64] = []
    private var isSeen: [Bool] = []

    func addGroup() {
        sums.append(0)
        isSeen.append(false)
    }

    func take(_ row: SQLiteStatement, _ column: Int, _ type: SQLiteType, _ group: Int) throws {
        let (sum, overflow) = sums[group].addingReportingOverflow(row.int64(column))
        guard !overflow else {
            throw TableError.valueOutOfRange(type: "BIGINT", expression: "sum()")
        }
        sums[group] = sum
        isSeen[group] = true
    }

    func result(_ group: Int) -> SQLiteValue { isSeen[group] ? .integer(sums[group]) : .null }
}

/// SUM of real numbers in the order of the scan, as MySQL adds them; a sort before it would add
/// them in another order and answer other last digits.
private final class RealAccumulator: GroupAccumulator {
    private var sums: [Double] = []
    private var isSeen: [Bool] = []

    func addGroup() {
        sums.append(0)
        isSeen.append(false)
    }

    func take(_ row: SQLiteStatement, _ column: Int, _ type: SQLiteType, _ group: Int) {
        sums[group] += row.double(column)
        isSeen[group] = true
    }

    func result(_ group: Int) -> SQLiteValue { isSeen[group] ? .real(sums[group]) : .null }
}

/// SUM of DECIMAL, exact however many digits it takes.
private final class ExactAccumulator: GroupAccumulator {
    private var sums: [DecimalNumber?] = []

    func addGroup() { sums.append(nil) }

    func take(_ row: SQLiteStatement, _ column: Int, _ type: SQLiteType, _ group: Int) {
        let value = DecimalNumber.prefix(of: row.blobBytes(column))?.number ?? DecimalNumber()
        sums[group] = sums[group].map { $0 + value } ?? value
    }

    func result(_ group: Int) -> SQLiteValue { sums[group].map { .text($0.text) } ?? .null }
}

/// SUM of whole numbers of 64 bits, exact; reading their decimal texts took most of the time of a
/// GROUP BY.
private final class WideAccumulator: GroupAccumulator {
    private var sums: [Int128?] = []

    func addGroup() { sums.append(nil) }

    func take(_ row: SQLiteStatement, _ column: Int, _ type: SQLiteType, _ group: Int) {
        var value = Int128(row.int64(column))
        if type == .blob {
            // From 2^63 on: eight bytes, most significant first.
            value = Int128(
                row.blobBytes(column).prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            )
        }
        sums[group] = (sums[group] ?? 0) + value
    }

    func result(_ group: Int) -> SQLiteValue { sums[group].map { .text(String($0)) } ?? .null }
}

/// MIN and MAX: SQLite's order of values, texts by their collation. The first of equal texts stays.
private final class ExtremeAccumulator: GroupAccumulator {
    /// How texts compare; numbers compare as numbers.
    private let order: StorageName.Order
    /// MAX.
    private let isGreatest: Bool
    /// One a group; NULL until it has seen a value.
    private var values: [SQLiteValue] = []

    private let held: HeldBytes

    init(_ collation: String, _ held: HeldBytes, isGreatest: Bool) {
        self.held = held
        order = StorageName.order(collation)
        self.isGreatest = isGreatest
    }

    func addGroup() { values.append(.null) }

    func take(_ row: SQLiteStatement, _ column: Int, _ type: SQLiteType, _ group: Int) {
        if type == .integer, case .integer(let known) = values[group] {
            let value = row.int64(column)
            if isGreatest ? value > known : value < known { values[group] = .integer(value) }
            return
        }
        let value = row.value(column)
        let known = values[group]
        if !known.isNull {
            let order = compare(value, known)
            guard isGreatest ? order > 0 : order < 0 else { return }
        }
        held.count += Self.bytes(value) - Self.bytes(known)
        values[group] = value
    }

    private static func bytes(_ value: SQLiteValue) -> Int {
        switch value {
        case .text(let text): text.utf8.count
        case .blob(let bytes): bytes.count
        default: 0
        }
    }

    private func compare(_ left: SQLiteValue, _ right: SQLiteValue) -> Int {
        guard case .text(var a) = left, case .text(var b) = right else {
            return ValueOrder.compare(left, right)
        }
        return a.withUTF8 { a in
            b.withUTF8 { b in
                order(UnsafeRawBufferPointer(a), UnsafeRawBufferPointer(b))
            }
        }
    }

    func result(_ group: Int) -> SQLiteValue { values[group] }
}
