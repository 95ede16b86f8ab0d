import BorealBase
import BorealSQLite
import BorealWire

/// String functions that look for something, and those about single characters.
extension FunctionRegistry {
    /// Registers them.
    func addSearch() throws(SQLiteError) {
        try add("b_locate", 4) { call in
            let isFolding = call.int64(3) == 0
            let needle = TextFolding.scalars(call.bytes(0), isFolding: isFolding)
            let text = TextFolding.scalars(call.bytes(1), isFolding: isFolding)
            let start = call.int(2)
            // An empty needle is found in front of a character, and in an empty text.
            guard start >= 1, start <= max(text.count, 1) else { return call.result(Int64(0)) }
            var position = start - 1
            while position + needle.count <= text.count {
                if text[position..<position + needle.count].elementsEqual(needle) {
                    return call.result(Int64(position + 1))
                }
                position += 1
            }
            call.result(Int64(0))
        }
        try add("b_find_in_set", 3) { call in
            let wanted = call.text(0)
            let isBinary = call.int64(2) != 0
            guard !call.bytes(1).isEmpty else { return call.result(Int64(0)) }
            let members = call.text(1).split(separator: ",", omittingEmptySubsequences: false)
            let place = members.firstIndex {
                isBinary ? String($0) == wanted : TextFolding.equal(String($0), wanted)
            }
            call.result(Int64(place.map { $0 + 1 } ?? 0))
        }
        try addCharacters()
        try addText("b_soundex") { Soundex.code($0) }
        try addRaw("b_quote", 1) { call in
            guard !call.isNull(0) else { return call.result("NULL") }
            var quoted = "'"
            for scalar in call.text(0).unicodeScalars {
                switch scalar {
                case "'": quoted += "\\'"
                case "\\": quoted += "\\\\"
                case "\u{0}": quoted += "\\0"
                case "\u{1A}": quoted += "\\Z"
                default: quoted.unicodeScalars.append(scalar)
                }
            }
            call.result(quoted + "'")
        }
    }

    /// Characters as numbers and bytes.
    private func addCharacters() throws(SQLiteError) {
        try add("b_ascii", 1) { $0.result(Int64($0.bytes(0).first ?? 0)) }
        try add("b_ord", 1) { call in
            if call.isBinary(0) { return call.result(Int64(call.bytes(0).first ?? 0)) }
            let first = call.text(0).unicodeScalars.first.map { Array(String($0).utf8) } ?? []
            call.result(first.reduce(Int64(0)) { $0 << 8 | Int64($1) })
        }
        try addRaw("b_char") { call in
            var bytes: [UInt8] = []
            for index in 0..<call.count where !call.isNull(index) {
                let value = UInt32(truncatingIfNeeded: call.whole(index))
                let parts = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> UInt32($0)) }
                let shown = parts.drop { $0 == 0 }
                bytes.append(contentsOf: shown.isEmpty ? [0] : Array(shown))
            }
            call.result(bytes)
        }
        try add("b_encode", 2) { call in
            call.result(CharacterSetCode.encode(call.text(0), call.text(1)))
        }
        try add("b_decode", 2) { call in
            let bytes = call.bytes(0)
            let text = SingleByteSet.named(call.text(1))?.decoded(bytes) ?? Array(bytes)
            call.result(String(decoding: text, as: UTF8.self))
        }
    }
}

/// Texts in other character sets than ours, as bytes.
enum CharacterSetCode {
    /// The bytes of a text in a character set; `?` for what it does not hold.
    static func encode(_ text: String, _ charset: String) -> [UInt8] {
        switch charset {
        case "ucs2", "utf16": return text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
        case "utf16le": return text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        case "utf32":
            return text.unicodeScalars.flatMap { scalar in
                [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: scalar.value >> UInt32($0)) }
            }
        default: return SingleByteSet.named(charset)?.encoded(text) ?? Array(text.utf8)
        }
    }

    /// Those whose bytes differ from UTF-8's and that `encode` knows.
    static let known = SingleByteSet.names.union(["ucs2", "utf16", "utf16le", "utf32"])
}

/// The code of a word by its sound (Knuth, The Art of Computer Programming, volume 3, chapter 6),
/// without the limit to four characters, and as MySQL has it: vowels do not part equal sounds.
private enum Soundex {
    /// The class of each letter from A on; 0 is silent.
    private static let classes = Array("01230120022455012623010202".utf8)

    /// The class of a letter as a digit.
    private static func code(_ scalar: Unicode.Scalar) -> UInt8 {
        guard (0x41...0x5A).contains(scalar.value) else { return 0x30 }
        return classes[Int(scalar.value - 0x41)]
    }

    /// Upper case of ASCII letters alone.
    private static func upper(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        guard (0x61...0x7A).contains(scalar.value) else { return scalar }
        return Unicode.Scalar(UInt8(scalar.value - 32))
    }

    /// The first letter, then a digit a sound, filled up with zeros to four characters.
    static func code(_ text: String) -> String {
        // Everything behind Latin-1's signs counts as a letter, without a sound.
        let letters = text.unicodeScalars.map(upper).filter {
            (0x41...0x5A).contains($0.value) || $0.value >= 0xC0
        }
        guard let first = letters.first else { return "" }
        var result = String(first)
        var last = code(first)
        var count = 1
        for letter in letters.dropFirst() {
            let sound = code(letter)
            guard sound != 0x30, sound != last else { continue }
            result.unicodeScalars.append(Unicode.Scalar(sound))
            count += 1
            last = sound
        }
        return result + String(repeating: "0", count: max(0, 4 - count))
    }
}
