/// Memory for histograms, handed out by number; a tree with many leaves and features would
/// otherwise take gigabytes.
final class HistogramPool {
    private let slots: Int
    private let features: Int
    private let limit: Int
    private var buffers: [AlignedBuffer<Int64>] = []
    private var flagBuffers: [AlignedBuffer<UInt8>] = []
    private var free: [Int] = []

    /// - Parameters:
    ///   - slots: bins of a histogram.
    ///   - features: flags that go with it: whether a feature can split the leaf.
    ///   - bytesMax: what all histograms may take; at least three are made.
    init(slots: Int, features: Int, bytesMax: Int) {
        self.slots = slots
        self.features = features
        limit = max(3, bytesMax / max(1, slots * 8 + features))
    }

    /// All histograms are free again.
    func reset() {
        free = Array(buffers.indices.reversed())
    }

    /// Histograms that can still be taken.
    var available: Int { free.count + max(0, limit - buffers.count) }

    /// A free histogram; nil at the limit.
    func take() -> Int? {
        if let slot = free.popLast() { return slot }
        return buffers.count < limit ? takeBeyondLimit() : nil
    }

    /// One more histogram.
    func takeBeyondLimit() -> Int {
        buffers.append(AlignedBuffer(count: slots, isZeroed: false))
        flagBuffers.append(AlignedBuffer(count: features))
        return buffers.count - 1
    }

    /// Gives a histogram back.
    func give(_ slot: Int) { free.append(slot) }

    /// The bins of a histogram.
    func histogram(_ slot: Int) -> UnsafeMutablePointer<Int64> { buffers[slot].pointer }

    /// Whether each feature can split the leaf.
    func flags(_ slot: Int) -> UnsafeMutablePointer<UInt8> { flagBuffers[slot].pointer }
}
