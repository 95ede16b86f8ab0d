public import BorealBase
import Glibc
import Synchronization

/// The id of an offline task: a UUID of version 1 (RFC 4122), lower-case as text.
public struct TaskID: Hashable, Sendable, CustomStringConvertible {
    /// time_low, time_mid, time_hi_and_version.
    public let high: UInt64
    /// clock_seq_hi_and_reserved, clock_seq_low, node.
    public let low: UInt64

    /// - Parameters: the 128 bits, most significant first.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads 36 characters, in either case; nil for anything else, whatever the version.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 36 else { return nil }
        var digits: (high: UInt64, low: UInt64) = (0, 0)
        var seen = 0
        for (offset, byte) in bytes.enumerated() {
            if offset == 8 || offset == 13 || offset == 18 || offset == 23 {
                guard byte == 0x2D else { return nil }
                continue
            }
            guard let digit = Self.value(ofHexDigit: byte) else { return nil }
            if seen < 16 {
                digits.high = digits.high << 4 | digit
            } else {
                digits.low = digits.low << 4 | digit
            }
            seen += 1
        }
        self.init(high: digits.high, low: digits.low)
    }

    /// 36 characters, lower-case.
    public var description: String {
        let first = Self.hex(high)
        let second = Self.hex(low)
        let parts = [
            first.prefix(8), first.dropFirst(8).prefix(4), first.suffix(4), second.prefix(4),
            second.suffix(12),
        ]
        return parts.joined(separator: "-")
    }

    /// The moment in a version 1 id, to the microsecond.
    public var instant: Instant {
        let ticks = (high & 0x0FFF) << 48 | (high >> 16 & 0xFFFF) << 32 | high >> 32
        let sinceEpoch = Int64(truncatingIfNeeded: ticks) &- TaskIDGenerator.gregorianOffset
        return Instant(microseconds: sinceEpoch / 10)
    }

    private static func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    private static func value(ofHexDigit byte: UInt8) -> UInt64? {
        switch byte {
        case 0x30...0x39: UInt64(byte - 0x30)
        case 0x61...0x66: UInt64(byte - 0x61 + 10)
        case 0x41...0x46: UInt64(byte - 0x41 + 10)
        default: nil
        }
    }
}

/// Makes version 1 ids that never repeat (RFC 4122, sections 4.2.1 and 4.5).
public final class TaskIDGenerator: Sendable {
    /// 100 ns ticks between 1582-10-15, where the UUID's time begins, and 1970-01-01.
    static let gregorianOffset: Int64 = 0x01B2_1DD2_1381_4000

    private struct State {
        /// The last tick that was given out.
        var ticks: Int64
        /// 14 bits.
        var clockSequence: UInt16
    }

    private let state: Mutex<State>
    /// 48 bits, random, with the multicast bit that tells it from a network card's address.
    private let node: UInt64
    private let clock: @Sendable () -> Instant

    /// - Parameter clock: replaced by tests.
    public init(clock: @escaping @Sendable () -> Instant = { .now }) {
        var generator = SystemRandomNumberGenerator()
        node = generator.next() & 0xFFFF_FFFF_FFFF | 0x0100_0000_0000
        let sequence = UInt16(truncatingIfNeeded: generator.next()) & 0x3FFF
        state = Mutex(State(ticks: .min, clockSequence: sequence))
        self.clock = clock
    }

    /// The next id.
    ///
    /// Two calls in one tick get neighbouring ticks; a clock that was put back changes the clock
    /// sequence, so that an earlier id cannot come again.
    public func next() -> TaskID {
        let now = clock().microseconds &* 10 &+ Self.gregorianOffset
        let (ticks, sequence) = state.withLock { state in
            if now > state.ticks {
                state.ticks = now
            } else if state.ticks - now < 10_000 {
                state.ticks += 1
            } else {
                state.ticks = now
                state.clockSequence = (state.clockSequence + 1) & 0x3FFF
            }
            return (UInt64(bitPattern: state.ticks), UInt64(state.clockSequence))
        }
        let timeLow = ticks & 0xFFFF_FFFF
        let timeMid = ticks >> 32 & 0xFFFF
        let timeHigh = ticks >> 48 & 0x0FFF
        return TaskID(
            high: timeLow << 32 | timeMid << 16 | 0x1000 | timeHigh,
            low: (0x8000 | sequence) << 48 | node
        )
    }
}
