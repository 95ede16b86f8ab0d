/// Sorts doubles that are not NaN, ascending: least significant digit first on order-preserving
/// bits.
///
/// Digits that are equal in all values are skipped, so that Float values and small integers take
/// few passes. It is several times as fast as a comparison sort, and binning is mostly sorting.
package struct RadixSort {
    private var keys: [UInt64] = []
    private var other: [UInt64] = []
    private var histogram = [Int](repeating: 0, count: 8 << 8)

    package init() {}

    /// Sorts in place. Both zeros compare equal and keep no order between them.
    package mutating func sort(_ values: UnsafeMutableBufferPointer<Double>) {
        let count = values.count
        guard count > 1 else { return }
        if keys.count < count {
            keys = [UInt64](repeating: 0, count: count)
            other = keys
        }
        for index in histogram.indices { histogram[index] = 0 }
        keys.withUnsafeMutableBufferPointer { keys in
            other.withUnsafeMutableBufferPointer { other in
                histogram.withUnsafeMutableBufferPointer { histogram in
                    // The arrays are not empty, so their buffers have an address.
                    guard let a = keys.baseAddress, let b = other.baseAddress,
                        let h = histogram.baseAddress, let v = values.baseAddress
                    else { return }
                    Self.encode(v, a, h, count)
                    Self.decode(Self.passes(a, b, h, count), v, count)
                }
            }
        }
    }

    private static func encode(
        _ values: UnsafeMutablePointer<Double>,
        _ keys: UnsafeMutablePointer<UInt64>,
        _ histogram: UnsafeMutablePointer<Int>,
        _ count: Int
    ) {
        var index = 0
        while index < count {
            let bits = values[index].bitPattern
            // Negative numbers have all bits turned, positive ones the sign bit.
            let mask = UInt64(bitPattern: Int64(bitPattern: bits) &>> 63) | (1 &<< 63)
            var key = bits ^ mask
            keys[index] = key
            var base = 0
            while base < 2_048 {
                histogram[base &+ Int(key & 255)] &+= 1
                key &>>= 8
                base &+= 256
            }
            index &+= 1
        }
    }

    private static func passes(
        _ first: UnsafeMutablePointer<UInt64>,
        _ second: UnsafeMutablePointer<UInt64>,
        _ histogram: UnsafeMutablePointer<Int>,
        _ count: Int
    ) -> UnsafeMutablePointer<UInt64> {
        var source = first
        var target = second
        for digit in 0..<8 {
            let counts = histogram + digit &* 256
            let shift = UInt64(digit &* 8)
            if counts[Int((source[0] &>> shift) & 255)] == count { continue }
            var sum = 0
            for value in 0..<256 {
                let next = sum &+ counts[value]
                counts[value] = sum
                sum = next
            }
            var index = 0
            while index < count {
                let key = source[index]
                let bucket = Int((key &>> shift) & 255)
                target[counts[bucket]] = key
                counts[bucket] &+= 1
                index &+= 1
            }
            swap(&source, &target)
        }
        return source
    }

    private static func decode(
        _ keys: UnsafeMutablePointer<UInt64>,
        _ values: UnsafeMutablePointer<Double>,
        _ count: Int
    ) {
        var index = 0
        while index < count {
            let key = keys[index]
            let mask = ((key &>> 63) &- 1) | (1 &<< 63)
            values[index] = Double(bitPattern: key ^ mask)
            index &+= 1
        }
    }
}
