import Glibc

/// Memory for the numbers of a network: aligned for vectors, zero at first.
// Unchecked: the pointer never changes, and concurrent writers keep to disjoint ranges.
package final class FloatBuffer: @unchecked Sendable {
    /// `[count]`, owned by this object.
    package let pointer: UnsafeMutablePointer<Float>
    /// Numbers.
    package let count: Int

    /// - Parameter count: numbers.
    package init(count: Int) {
        assert(count >= 0, "a buffer of \(count) numbers")
        self.count = count
        let bytes = max(64, count * MemoryLayout<Float>.stride)
        let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
        memset(raw, 0, bytes)
        pointer = raw.bindMemory(to: Float.self, capacity: count)
    }

    deinit { pointer.deallocate() }

    /// Takes over all numbers of a buffer as long as this one.
    package func copy(_ other: FloatBuffer) {
        precondition(other.count == count, "a buffer of another length")
        memcpy(pointer, other.pointer, count * MemoryLayout<Float>.stride)
    }

    /// The numbers, copied.
    package var values: [Float] { Array(UnsafeBufferPointer(start: pointer, count: count)) }
}
