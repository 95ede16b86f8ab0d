import BorealBase
import BorealSQLite
import Synchronization

/// Universally unique identifiers.
extension FunctionRegistry {
    /// Registers them.
    func addIdentifiers() throws(SQLiteError) {
        let context = context
        try addRaw("b_uuid", 0, isDeterministic: false) { $0.result(UniqueIdentifier.next().text) }
        try addRaw("b_uuid_short", 0, isDeterministic: false) {
            $0.result(UniqueIdentifier.nextShort())
        }
        try add("b_is_uuid", 1) { call in
            call.result(UniqueIdentifier(call.text(0)) != nil)
        }
        try add("b_uuid_to_bin") { call in
            guard let identifier = UniqueIdentifier(call.text(0)) else {
                let error = TableError.incorrectForFunction(
                    type: "string",
                    value: call.text(0),
                    function: "uuid_to_bin"
                )
                return context.fail(call, error)
            }
            let isSwapped = call.count > 1 && call.int64(1) != 0
            call.result(isSwapped ? identifier.swapped : identifier.bytes)
        }
        try add("b_bin_to_uuid") { call in
            let bytes = Array(call.bytes(0))
            guard bytes.count == 16 else {
                let error = TableError.incorrectForFunction(
                    type: "string",
                    value: call.text(0),
                    function: "bin_to_uuid"
                )
                return context.fail(call, error)
            }
            let isSwapped = call.count > 1 && call.int64(1) != 0
            call.result(UniqueIdentifier(bytes, isSwapped: isSwapped).text)
        }
    }
}

/// A UUID (RFC 4122).
struct UniqueIdentifier {
    /// Sixteen, in the order of the text.
    let bytes: [UInt8]

    private struct Clock {
        /// 100 nanoseconds since 1582-10-15, of the last one given out.
        var last: UInt64 = 0
        /// Of the last short one.
        var short: UInt64 = 0
    }

    /// What was given out last, by any connection of the process.
    private static let clock = Mutex(Clock())
    /// Clock sequence and node, drawn when the process starts (section 4.5 of the RFC).
    private static let node: [UInt8] = {
        var bytes = (0..<8).map { _ in UInt8.random(in: 0...255) }
        bytes[0] = bytes[0] & 0x3F | 0x80
        // The multicast bit says that this is no network card's address.
        bytes[2] |= 1
        return bytes
    }()
    /// 100-nanosecond steps from 1582-10-15 to 1970-01-01.
    private static let gregorianOffset: UInt64 = 0x01B2_1DD2_1381_4000

    /// - Parameter bytes: sixteen; with `isSwapped`, in the order that `swapped` gives.
    init(_ bytes: [UInt8], isSwapped: Bool = false) {
        let parts = isSwapped ? [4..<8, 2..<4, 0..<2, 8..<16] : [0..<16]
        self.bytes = parts.flatMap { bytes[$0] }
    }

    /// Thirty-two hexadecimal digits, with dashes as usual or without any, perhaps in braces.
    init?(_ text: String) {
        var digits = Array(text.utf8)[...]
        if digits.count == 38, digits.first == 0x7B, digits.last == 0x7D {
            digits = digits.dropFirst().dropLast()
        } else if digits.count == 38 {
            return nil
        }
        if digits.count == 36 {
            let dashes = [8, 13, 18, 23]
            let start = digits.startIndex
            guard dashes.allSatisfy({ digits[start + $0] == 0x2D }) else { return nil }
            digits = ArraySlice(digits.filter { $0 != 0x2D })
        }
        guard digits.count == 32, let bytes = Digest.bytes(hex: digits) else { return nil }
        self.bytes = bytes
    }

    /// A new one of version 1: later ones have later times.
    static func next() -> UniqueIdentifier {
        let now = UInt64(max(Instant.now.microseconds, 0)) * 10 + gregorianOffset
        let time = clock.withLock { clock in
            clock.last = max(clock.last + 1, now)
            return clock.last
        }
        func part(_ shifts: [UInt64]) -> [UInt8] {
            shifts.map { UInt8(truncatingIfNeeded: time >> $0) }
        }
        var high = part([56, 48])
        high[0] = high[0] & 0x0F | 0x10
        return UniqueIdentifier(part([24, 16, 8, 0]) + part([40, 32]) + high + node)
    }

    /// A number that no other call of this server gives: its start's second, then a counter.
    static func nextShort() -> UInt64 {
        clock.withLock { clock in
            if clock.short == 0 { clock.short = 1 << 56 | UInt64(Instant.now.seconds) << 24 }
            clock.short += 1
            return clock.short
        }
    }

    /// The time's high part in front, so that identifiers made in a row sort in a row.
    var swapped: [UInt8] { [6..<8, 4..<6, 0..<4, 8..<16].flatMap { bytes[$0] } }

    /// `6ccd780c-baba-1026-9564-5b8c656024db`.
    var text: String {
        let hex = Array(Digest.hex(bytes))
        let cuts = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
        return cuts.map { String(hex[$0]) }.joined(separator: "-")
    }
}
