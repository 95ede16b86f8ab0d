import BorealBoost

/// How often each id occurs in a sequence, as the logarithm of one more than that: a network bears
/// numbers of any size badly, and trees split both alike.
package enum IDCounts {
    /// Fills in the counts of a list's ids among the events that are looked at.
    ///
    /// - Parameter result: `[ids]`
    package static func fill(
        _ list: UnsafeBufferPointer<Float>,
        ids: Int,
        length: Int,
        into result: UnsafeMutablePointer<Float>
    ) {
        result.update(repeating: 0, count: ids)
        // Whoever made the list has checked it; memory must be safe all the same.
        func id(_ number: Float) -> Int { number >= 0 && number < Float(ids) ? Int(number) : 0 }
        let events = list.suffix(length)
        // Below zero while they are counted.
        for number in events { result[id(number)] -= 1 }
        for number in events where result[id(number)] < 0 {
            result[id(number)] = Float(ExactMath.log1p(Double(-result[id(number)])))
        }
    }
}
