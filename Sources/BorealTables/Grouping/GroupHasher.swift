import BorealBase
import BorealSQLite

/// Texts of one key by the collation that decides which of them are one.
///
/// A text seen before is found by its bytes. A new one is compared with those that are one text
/// already: by its folded form while all is ASCII, by the collation itself otherwise.
struct TextInterner {
    /// Of SQLite; `BINARY` for keys that compare by bytes.
    private let collation: String
    private let order: StorageName.Order
    /// Every text seen so far.
    private var codes: [[UInt8]: UInt64] = [:]
    /// Texts of ASCII in a form that is equal when the collation takes them for one.
    private var folded: [[UInt8]: UInt64] = [:]
    /// One text of each code, for those with characters beyond ASCII.
    private var others: [(text: [UInt8], code: UInt64)] = []
    /// The first text of each code, for those of ASCII.
    private var first: [(text: [UInt8], code: UInt64)] = []
    private var next: UInt64 = 0
    /// Bytes kept, roughly.
    private(set) var bytes = 0
    /// The text looked up last, which rows in a run share.
    private var lastText: [UInt8] = []
    private var lastCode: UInt64?

    init(collation: String) {
        self.collation = collation
        order = StorageName.order(collation)
    }

    /// The code of a text; nil when there are too many texts to go on.
    mutating func code(_ text: UnsafeRawBufferPointer) -> UInt64? {
        if let lastCode, lastText.elementsEqual(text) { return lastCode }
        let key = Array(text)
        let found = codes[key] ?? intern(key)
        lastText = key
        lastCode = found
        return found
    }

    private mutating func intern(_ text: [UInt8]) -> UInt64? {
        guard let code = classOf(text) else { return nil }
        codes[text] = code
        bytes += text.count + 48
        return code
    }

    private mutating func classOf(_ text: [UInt8]) -> UInt64? {
        guard collation != "BINARY" else { return fresh() }
        let isPlain = text.allSatisfy { $0 < 0x80 }
        let fold = isPlain ? foldedASCII(text) : []
        if isPlain, let known = folded[fold] { return known }
        // Texts beyond ASCII may equal any other.
        let rivals = isPlain ? others : others + first
        guard rivals.count < TableLimits.groupTextsMax else { return nil }
        if let same = rivals.first(where: { isSame($0.text, text) }) {
            if isPlain { folded[fold] = same.code }
            return same.code
        }
        let code = fresh()
        if isPlain {
            folded[fold] = code
            first.append((text, code))
        } else {
            others.append((text, code))
        }
        return code
    }

    private mutating func fresh() -> UInt64 {
        next += 1
        return next
    }

    private func foldedASCII(_ text: [UInt8]) -> [UInt8] {
        var result = text
        if collation != StorageName.foldingCollation, collation != StorageName.accentCollation {
            while result.last == 0x20 { result.removeLast() }
        }
        guard collation != StorageName.binaryPadCollation else { return result }
        for index in result.indices where (0x41...0x5A).contains(result[index]) {
            result[index] |= 0x20
        }
        return result
    }

    private func isSame(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.withUnsafeBytes { a in right.withUnsafeBytes { b in order(a, b) == 0 } }
    }
}

/// Finds the group of a row by its keys.
struct GroupTable {
    /// `[count * width]`: the codes of each group's keys.
    private var codes: [UInt64] = []
    /// Open addressing: a group plus one, 0 for free; a power of two of places, at most half full.
    private var places = [UInt32](repeating: 0, count: 1_024)
    /// Words of a group's codes.
    private let width: Int
    /// Groups so far.
    private(set) var count = 0

    init(keyCount: Int) { width = keyCount * 2 }

    /// The group of these codes, two words a key; a new one when there is none.
    mutating func group(_ key: UnsafeBufferPointer<UInt64>) -> (index: Int, isNew: Bool) {
        let mask = places.count - 1
        var place = Int(truncatingIfNeeded: Self.hash(key)) & mask
        while places[place] != 0 {
            let group = Int(places[place]) - 1
            if matches(group, key) { return (group, false) }
            place = (place + 1) & mask
        }
        count += 1
        places[place] = UInt32(count)
        codes.append(contentsOf: key)
        if count * 2 > places.count { grow() }
        return (count - 1, true)
    }

    private func matches(_ group: Int, _ key: UnsafeBufferPointer<UInt64>) -> Bool {
        let start = group * width
        for index in 0..<width where codes[start + index] != key[index] { return false }
        return true
    }

    private mutating func grow() {
        places = [UInt32](repeating: 0, count: places.count * 4)
        let mask = places.count - 1
        codes.withUnsafeBufferPointer { codes in
            for group in 0..<count {
                let key = UnsafeBufferPointer(rebasing: codes[group * width..<(group + 1) * width])
                var place = Int(truncatingIfNeeded: Self.hash(key)) & mask
                while places[place] != 0 { place = (place + 1) & mask }
                places[place] = UInt32(group + 1)
            }
        }
    }

    private static func hash(_ key: UnsafeBufferPointer<UInt64>) -> UInt64 {
        var state: UInt64 = 0x243F_6A88_85A3_08D3
        for word in key {
            let product = (state ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
            state = product.high ^ product.low
        }
        return state
    }
}
