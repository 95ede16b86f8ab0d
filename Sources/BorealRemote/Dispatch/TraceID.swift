/// Names the calls that were made for some rows, here and at the provider: 16 random bytes, as the
/// W3C's Trace Context has them.
package struct TraceID: Equatable, Sendable {
    private let high: UInt64
    private let low: UInt64

    init(using generator: inout SplitMix) {
        high = generator.next()
        // All zero bytes name nothing.
        low = generator.next() | 1
    }

    /// 32 hexadecimal digits.
    package var text: String { Self.digits(high) + Self.digits(low) }

    /// The header `traceparent` of one of the calls.
    ///
    /// - Parameter call: not zero.
    func parent(call: UInt64) -> String { "00-\(text)-\(Self.digits(call))-01" }

    private static func digits(_ word: UInt64) -> String {
        String(unsafeUninitializedCapacity: 16) { digits in
            for place in 0..<16 {
                let value = UInt8(word >> UInt64(60 - 4 * place) & 15)
                let digit = value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
                digits.initializeElement(at: place, to: digit)
            }
            return 16
        }
    }
}
