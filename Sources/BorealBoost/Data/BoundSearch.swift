/// Searches in tables padded to a power of two: every search takes the same number of steps.
enum BoundSearch {
    /// How many bounds lie below each of eight values; 0 for NaN.
    ///
    /// One search alone waits for each of its loads (33 ns among 255 bounds); eight side by side do
    /// not. The comparison is done in vector registers because compilers turn selects inside loops
    /// into branches, which the processor cannot guess.
    ///
    /// - Parameters:
    ///   - bounds: ascending, padded with infinity to `2 * half` (at least one).
    ///   - half: a power of two, or 0 for a table of one.
    @inline(__always)
    static func count(
        below values: SIMD8<Double>,
        _ bounds: UnsafePointer<Double>,
        half: Int
    ) -> SIMD8<Int64> {
        var found = SIMD8<Int64>(repeating: 0)
        var width = half
        while width > 0 {
            let probe = bounds + (width &- 1)
            let bound = SIMD8<Double>(
                probe[Int(truncatingIfNeeded: found[0])],
                probe[Int(truncatingIfNeeded: found[1])],
                probe[Int(truncatingIfNeeded: found[2])],
                probe[Int(truncatingIfNeeded: found[3])],
                probe[Int(truncatingIfNeeded: found[4])],
                probe[Int(truncatingIfNeeded: found[5])],
                probe[Int(truncatingIfNeeded: found[6])],
                probe[Int(truncatingIfNeeded: found[7])]
            )
            // A mask of 64-bit lanes is 64-bit lanes of all ones or zeros.
            let isBelow = unsafeBitCast(bound .< values, to: SIMD8<Int64>.self)
            found &+= isBelow & SIMD8(repeating: Int64(width))
            width &>>= 1
        }
        return found
    }
}
