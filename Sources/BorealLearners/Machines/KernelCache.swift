import BorealBoost

/// Rows of kernel values, the least recently used of which makes room for the next.
///
/// A row belongs to one of the rows of the table, by its number, and holds the values with the rows
/// at the first `length` positions.
final class KernelCache {
    /// Floats of a row of values.
    private(set) var slotLength: Int
    private var slotCount: Int
    private let memory: AlignedBuffer<Float>
    /// `[rows]`: where a row's values are; -1 when nowhere.
    private var slots: [Int]
    /// `[slots]`: whose values they are; -1 when nobody's.
    private var owners: [Int]
    /// `[slots]`: positions that are filled in.
    private var lengths: [Int]
    /// `[slots + 1]`: a ring from the most to the least recently used; the last stands for both
    /// ends.
    private var next: [Int] = []
    private var previous: [Int] = []

    /// - Parameters:
    ///   - rows: of the table.
    ///   - bytes: of values at most, but room for two rows at least.
    init(rows: Int, bytes: Int) {
        slotLength = (rows + 7) / 8 * 8
        slotCount = max(2, min(rows, bytes / (4 * slotLength)))
        memory = AlignedBuffer(count: slotCount * slotLength, isZeroed: false)
        slots = [Int](repeating: -1, count: rows)
        owners = []
        lengths = []
        makeRing(slotCount)
    }

    private func makeRing(_ count: Int) {
        slotCount = count
        owners = [Int](repeating: -1, count: count)
        lengths = [Int](repeating: 0, count: count)
        next = (0...count).map { $0 == count ? 0 : $0 + 1 }
        previous = (0...count).map { $0 == 0 ? count : $0 - 1 }
    }

    /// The values of a row, and how many of them are there already. The most recent two rows asked
    /// for stay where they are.
    func row(_ owner: Int) -> (values: UnsafeMutablePointer<Float>, length: Int) {
        var slot = slots[owner]
        if slot < 0 {
            slot = previous[slotCount]
            if owners[slot] >= 0 { slots[owners[slot]] = -1 }
            owners[slot] = owner
            slots[owner] = slot
            lengths[slot] = 0
        }
        next[previous[slot]] = next[slot]
        previous[next[slot]] = previous[slot]
        let first = next[slotCount]
        next[slot] = first
        previous[slot] = slotCount
        previous[first] = slot
        next[slotCount] = slot
        return (memory.pointer + slot * slotLength, lengths[slot])
    }

    /// Notes that a row's values are filled in so far.
    func fill(_ owner: Int, to length: Int) {
        assert(length <= slotLength && slots[owner] >= 0, "a row that is not here")
        lengths[slots[owner]] = length
    }

    /// Exchanges positions in all rows, pair by pair; the first of a pair is before the second.
    func exchange(_ pairs: [(first: Int, second: Int)]) {
        for slot in 0..<slotCount where owners[slot] >= 0 {
            let values = memory.pointer + slot * slotLength
            var length = lengths[slot]
            for (first, second) in pairs {
                if second < length {
                    let kept = values[first]
                    values[first] = values[second]
                    values[second] = kept
                } else if first < length {
                    length = first
                }
            }
            lengths[slot] = length
        }
    }

    /// Keeps only the first positions of all rows, so that more rows find room.
    func narrow(to length: Int) {
        let short = (length + 7) / 8 * 8
        guard short < slotLength, short > 0 else { return }
        let kept = (0..<slotCount).filter { owners[$0] >= 0 && lengths[$0] >= length }
        let old = kept.map { (owner: owners[$0], slot: $0) }
        let oldLength = slotLength
        for index in slots.indices { slots[index] = -1 }
        slotLength = short
        makeRing(min(slots.count, memory.count / short))
        // Ascending, and each to a place that is not behind its own.
        for (slot, row) in old.enumerated() {
            (memory.pointer + slot * short)
                .update(from: memory.pointer + row.slot * oldLength, count: short)
            owners[slot] = row.owner
            slots[row.owner] = slot
            lengths[slot] = length
        }
    }

    /// Makes room for whole rows again; those that were narrowed are gone.
    func widen() {
        let full = (slots.count + 7) / 8 * 8
        guard full > slotLength else { return }
        for index in slots.indices { slots[index] = -1 }
        slotLength = full
        makeRing(max(2, min(slots.count, memory.count / full)))
    }
}
