/// Finds the keyword that a word spells: open addressing over the folded bytes.
struct KeywordTable: Sendable {
    /// One keyword of the table; `length` 0 marks a free slot.
    private struct Slot: Sendable {
        var hash: UInt32 = 0
        var offset: UInt16 = 0
        var length: UInt8 = 0
        var keyword: Keyword = .notKeyword
    }

    /// `[2048]`: more than twice the number of keywords.
    private let slots: [Slot]
    /// The lower-case spellings one behind the other.
    private let spellings: [UInt8]

    /// The one table.
    static let shared = KeywordTable()

    /// The start value of the hash, FNV-1a with 32 bits.
    static let hashStart: UInt32 = 2_166_136_261

    /// The hash with one more byte, upper-case ASCII folded.
    @inline(__always)
    static func hash(_ hash: UInt32, adding byte: UInt8) -> UInt32 {
        // Setting bit 5 folds letters; other bytes of keywords (digits, the underscore mapped to
        // 0x7F) stay distinct, and the bytes are compared afterwards.
        (hash ^ UInt32(byte | 0x20)) &* 16_777_619
    }

    private init() {
        var slots = [Slot](repeating: Slot(), count: 2_048)
        var spellings: [UInt8] = []
        for keyword in Keyword.allCases where keyword != .notKeyword {
            let spelling = Array(keyword.text.lowercased().utf8)
            let hash = spelling.reduce(Self.hashStart) { Self.hash($0, adding: $1) }
            var index = Int(hash & 2_047)
            while slots[index].length != 0 { index = (index + 1) & 2_047 }
            slots[index] = Slot(
                hash: hash,
                offset: UInt16(spellings.count),
                length: UInt8(spelling.count),
                keyword: keyword
            )
            spellings += spelling
        }
        self.slots = slots
        self.spellings = spellings
    }

    /// The keyword spelt by `word`, in any case.
    func keyword(of word: UnsafeBufferPointer<UInt8>, hash: UInt32) -> Keyword {
        var index = Int(hash & 2_047)
        while slots[index].length != 0 {
            let slot = slots[index]
            if slot.hash == hash, Int(slot.length) == word.count, matches(slot, word) {
                return slot.keyword
            }
            index = (index + 1) & 2_047
        }
        return .notKeyword
    }

    private func matches(_ slot: Slot, _ word: UnsafeBufferPointer<UInt8>) -> Bool {
        let offset = Int(slot.offset)
        for i in 0..<word.count {
            let byte = word[i]
            let folded = byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
            if folded != spellings[offset + i] { return false }
        }
        return true
    }
}
