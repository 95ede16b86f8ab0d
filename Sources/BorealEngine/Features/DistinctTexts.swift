import BorealBase
import Glibc

/// Gives each distinct text a number while a column is read, without an allocation per row.
///
/// Numbers are in order of appearance until `sorted()` replaces them by the order of the bytes, so
/// that the order of the rows cannot change a model.
struct DistinctTexts {
    /// `[count]`: the distinct texts.
    private var texts = ByteColumn()
    /// Open addressing: -1 is free, anything else an index into `texts`. A power of two.
    private var slots = [Int32](repeating: -1, count: 64)
    /// `[count]`: the hash of each text, so that growing does not read the texts again.
    private var hashes: [UInt64] = []
    /// Another one each time, so that nobody can choose texts that all hash alike.
    private let seed = UInt64.random(in: .min ... .max)

    /// Distinct texts so far.
    var count: Int { texts.count }

    /// Bytes that the texts and their index take.
    var bytes: Int { texts.bytes.count + texts.count * 16 + slots.count * 4 }

    /// The number of a text, a new one when it was not seen before.
    mutating func code(of text: UnsafeRawBufferPointer) -> Int32 {
        let hash = folded(text)
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[slot] >= 0 {
            let index = Int(slots[slot])
            if hashes[index] == hash, equals(index, text) { return slots[slot] }
            slot = (slot + 1) & (slots.count - 1)
        }
        let code = Int32(texts.count)
        slots[slot] = code
        texts.append(text)
        hashes.append(hash)
        if texts.count * 2 > slots.count { grow() }
        return code
    }

    /// The texts in the order of their bytes, and for each code its place there.
    func sorted() -> (texts: [String], places: [Int32]) {
        let order = (0..<count).sorted { texts[$0].lexicographicallyPrecedes(texts[$1]) }
        var places = [Int32](repeating: 0, count: count)
        for (place, code) in order.enumerated() { places[code] = Int32(place) }
        return (order.map { texts.string($0) }, places)
    }

    private func equals(_ index: Int, _ text: UnsafeRawBufferPointer) -> Bool {
        let start = texts.offsets[index]
        guard texts.offsets[index + 1] - start == text.count else { return false }
        guard let address = text.baseAddress else { return true }
        return texts.bytes.withUnsafeBytes { bytes in
            bytes.baseAddress.map { memcmp($0 + start, address, text.count) == 0 } ?? true
        }
    }

    private mutating func grow() {
        slots = [Int32](repeating: -1, count: slots.count * 2)
        for (code, hash) in hashes.enumerated() {
            var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
            while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = Int32(code)
        }
    }

    /// Folds eight bytes at a time with the two halves of a product, as wyhash does.
    private func folded(_ text: UnsafeRawBufferPointer) -> UInt64 {
        var hash = seed ^ UInt64(text.count)
        var position = 0
        while text.count - position >= 8 {
            hash = Self.mixed(hash, text.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            position += 8
        }
        var rest: UInt64 = 0
        while position < text.count {
            rest = rest << 8 | UInt64(text[position])
            position += 1
        }
        return Self.mixed(hash, rest)
    }

    @inline(__always)
    private static func mixed(_ hash: UInt64, _ word: UInt64) -> UInt64 {
        let product = (hash ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return product.high ^ product.low
    }
}
