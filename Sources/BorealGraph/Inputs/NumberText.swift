import Glibc

/// Reads decimal numbers out of bytes without a `String` between.
public enum NumberText {
    /// The number that `bytes` spell from first to last: sign, digits, point, exponent, nothing else.
    ///
    /// Correctly rounded (the C library's `strtod`). Nil for anything else: no blanks, no hexadecimal, no
    /// `nan` or `inf`; out-of-range magnitudes become infinity or zero as `strtod` has it.
    public static func parse(_ bytes: UnsafeRawBufferPointer) -> Double? {
        guard isDecimal(bytes) else { return nil }
        if let small = smallInteger(bytes) { return small }
        return withTerminated(bytes) { strtod($0, nil) }
    }

    /// Calls `body` with a copy of `bytes` that a NUL ends: short ones on the stack.
    private static func withTerminated(
        _ bytes: UnsafeRawBufferPointer,
        _ body: (UnsafePointer<CChar>) -> Double
    ) -> Double {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: bytes.count + 1) { copy in
            for i in 0..<bytes.count { copy[i] = CChar(bitPattern: bytes[i]) }
            copy[bytes.count] = 0
            guard let base = copy.baseAddress else { return .nan }
            return body(base)
        }
    }

    /// Up to 15 digits with an optional sign: exact in a Double.
    private static func smallInteger(_ bytes: UnsafeRawBufferPointer) -> Double? {
        let isNegative = bytes[0] == UInt8(ascii: "-")
        let start = isNegative || bytes[0] == UInt8(ascii: "+") ? 1 : 0
        guard bytes.count - start <= 15 else { return nil }
        var value: Int64 = 0
        for i in start..<bytes.count {
            let digit = bytes[i] &- UInt8(ascii: "0")
            guard digit <= 9 else { return nil }
            value = value * 10 + Int64(digit)
        }
        return isNegative ? -Double(value) : Double(value)
    }

    /// `[+-] digits [. digits] [e [+-] digits]`, with a digit before or behind the point.
    private static func isDecimal(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var position = 0
        func digits() -> Int {
            let start = position
            while position < bytes.count, bytes[position] &- UInt8(ascii: "0") <= 9 { position += 1 }
            return position - start
        }
        func sign() {
            guard position < bytes.count else { return }
            if bytes[position] == UInt8(ascii: "-") || bytes[position] == UInt8(ascii: "+") {
                position += 1
            }
        }
        sign()
        var mantissa = digits()
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            position += 1
            mantissa += digits()
        }
        guard mantissa > 0 else { return false }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            sign()
            guard digits() > 0 else { return false }
        }
        return position == bytes.count
    }
}
