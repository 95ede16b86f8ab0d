import BorealBase
import BorealSQLite

/// String functions. Positions count characters from 1.
extension FunctionRegistry {
    func addText() throws(SQLiteError) {
        try addText("b_upper") { $0.uppercased() }
        try addText("b_lower") { $0.lowercased() }
        try add("b_length", 1) { $0.result(Int64($0.bytes(0).count)) }
        try add("b_bit_length", 1) { $0.result(Int64($0.bytes(0).count) * 8) }
        try add("b_char_length", 1) {
            $0.result(Int64(TextFolding.characterCount($0.bytes(0))))
        }
        try add("b_concat") { call in
            var bytes: [UInt8] = []
            for index in 0..<call.count { bytes.append(contentsOf: call.bytes(index)) }
            bytes.withUnsafeBytes { call.resultText($0) }
        }
        try addRaw("b_concat_ws") { call in
            guard !call.isNull(0) else { return call.resultNull() }
            let parts = (1..<call.count).filter { !call.isNull($0) }.map { call.text($0) }
            call.result(parts.joined(separator: call.text(0)))
        }
        try add("b_substring") { call in
            let text = Array(call.text(0).unicodeScalars)
            let start = call.int(1)
            let first = start > 0 ? start - 1 : start < 0 ? text.count + start : text.count
            guard first >= 0, first < text.count else { return call.result("") }
            let length = call.count > 2 ? max(call.int(2), 0) : text.count
            call.result(
                Self.string(text[first..<min(text.count, first &+ min(length, text.count - first))])
            )
        }
        try add("b_left", 2) { call in
            call.result(Self.string(call.text(0).unicodeScalars.prefix(max(call.int(1), 0))))
        }
        try add("b_right", 2) { call in
            call.result(Self.string(call.text(0).unicodeScalars.suffix(max(call.int(1), 0))))
        }
        try addText("b_ltrim") { Self.string($0.unicodeScalars.drop { $0 == " " }) }
        try addText("b_rtrim") { Self.trimmedEnd($0, " ") }
        try add("b_trim", 3) { call in
            let removed = call.text(2)
            guard !removed.isEmpty else { return call.result(argument: 0) }
            var text = call.text(0)[...]
            let side = call.text(1)
            if side != "TRAILING" {
                while text.hasPrefix(removed) { text = text.dropFirst(removed.count) }
            }
            if side != "LEADING" {
                while text.hasSuffix(removed) { text = text.dropLast(removed.count) }
            }
            call.result(String(text))
        }
        try add("b_replace", 3) { call in
            let old = Array(call.bytes(1))
            guard !old.isEmpty else { return call.result(argument: 0) }
            let new = Array(call.bytes(2))
            Self.replace(Array(call.bytes(0)), old, new).withUnsafeBytes { call.resultText($0) }
        }
        try addText("b_reverse") { Self.string($0.unicodeScalars.reversed()) }
        try addPadding()
        try addSearch()
    }

    private static func string(_ scalars: some Sequence<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    private static func trimmedEnd(_ text: String, _ scalar: Unicode.Scalar) -> String {
        var view = text.unicodeScalars
        while view.last == scalar { view.removeLast() }
        return String(view)
    }

    private static func replace(_ text: [UInt8], _ old: [UInt8], _ new: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var position = 0
        while position < text.count {
            if text[position] == old[0], text[position...].starts(with: old) {
                result.append(contentsOf: new)
                position += old.count
            } else {
                result.append(text[position])
                position += 1
            }
            if result.count > TableLimits.textBytesMax { break }
        }
        return result
    }

    private func addPadding() throws(SQLiteError) {
        try add("b_repeat", 2) { call in
            let count = max(call.int(1), 0)
            let text = call.text(0)
            let (bytes, overflow) = count.multipliedReportingOverflow(by: max(text.utf8.count, 1))
            guard !overflow, bytes <= TableLimits.textBytesMax else { return call.resultNull() }
            call.result(String(repeating: text, count: count))
        }
        try add("b_space", 1) { call in
            let count = max(call.int(0), 0)
            guard count <= TableLimits.textBytesMax else { return call.resultNull() }
            call.result(String(repeating: " ", count: count))
        }
        for (name, isLeft) in [("b_lpad", true), ("b_rpad", false)] {
            try add(name, 3) { call in
                let text = Array(call.text(0).unicodeScalars)
                let pad = Array(call.text(2).unicodeScalars)
                let length = call.int(1)
                guard length >= 0, length <= TableLimits.textBytesMax / 4 else {
                    return call.resultNull()
                }
                if text.count >= length { return call.result(Self.string(text.prefix(length))) }
                guard !pad.isEmpty else { return call.resultNull() }
                let filler = (0..<length - text.count).map { pad[$0 % pad.count] }
                call.result(Self.string(isLeft ? filler + text : text + filler))
            }
        }
        try add("b_insert", 4) { call in
            let text = Array(call.text(0).unicodeScalars)
            let start = call.int(1)
            guard start >= 1, start <= text.count else { return call.result(argument: 0) }
            let wanted = call.int(2)
            let left = text.count - start + 1
            let length = wanted < 0 || wanted > left ? left : wanted
            let tail = text[(start - 1 + length)...]
            call.result(Self.string(text[..<(start - 1)]) + call.text(3) + Self.string(tail))
        }
        try addRaw("b_elt") { call in
            let index = call.isNull(0) ? 0 : call.int(0)
            guard index >= 1, index < call.count, !call.isNull(index) else {
                return call.resultNull()
            }
            call.result(call.text(index))
        }
        try add("b_substring_index", 3) { call in
            let separator = call.text(1)
            let count = call.int(2)
            guard !separator.isEmpty, count != 0 else { return call.result("") }
            let parts = Self.split(call.text(0), separator)
            let kept = count > 0 ? parts.prefix(count) : parts.suffix(count == .min ? .max : -count)
            call.result(kept.joined(separator: separator))
        }
    }

    private static func split(_ text: String, _ separator: String) -> [String] {
        var parts: [String] = []
        let bytes = Array(text.utf8)
        let mark = Array(separator.utf8)
        var start = 0
        var position = 0
        while position + mark.count <= bytes.count {
            if bytes[position] == mark[0], bytes[position...].starts(with: mark) {
                parts.append(String(decoding: bytes[start..<position], as: UTF8.self))
                position += mark.count
                start = position
            } else {
                position += 1
            }
        }
        parts.append(String(decoding: bytes[start...], as: UTF8.self))
        return parts
    }

    private func addSearch() throws(SQLiteError) {
        try add("b_locate", 4) { call in
            let isFolding = call.int64(3) == 0
            let needle = TextFolding.scalars(call.bytes(0), isFolding: isFolding)
            let text = TextFolding.scalars(call.bytes(1), isFolding: isFolding)
            let start = call.int(2)
            guard start >= 1, start <= text.count + 1 else {
                return call.result(Int64(0))
            }
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
        try add("b_ascii", 1) { $0.result(Int64($0.bytes(0).first ?? 0)) }
        try add("b_ord", 1) { call in
            let first = call.text(0).unicodeScalars.first.map { Array(String($0).utf8) } ?? []
            call.result(first.reduce(Int64(0)) { $0 << 8 | Int64($1) })
        }
        try addRaw("b_char") { call in
            var bytes: [UInt8] = []
            for index in 0..<call.count where !call.isNull(index) {
                let value = UInt32(truncatingIfNeeded: call.int64(index))
                let parts = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> UInt32($0)) }
                bytes.append(
                    contentsOf: parts.drop { $0 == 0 }.isEmpty ? [0] : Array(parts.drop { $0 == 0 })
                )
            }
            call.result(bytes)
        }
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
}

/// The code of a word by its sound (Knuth, The Art of Computer Programming, volume 3, chapter 6),
/// without MySQL's limit of four characters.
private enum Soundex {
    private static let classes: [Character: Character] = [
        "B": "1", "F": "1", "P": "1", "V": "1", "C": "2", "G": "2", "J": "2", "K": "2", "Q": "2",
        "S": "2", "X": "2", "Z": "2", "D": "3", "T": "3", "L": "4", "M": "5", "N": "5", "R": "6",
    ]

    static func code(_ text: String) -> String {
        let letters = text.uppercased().filter { $0.isASCII && $0.isLetter }
        guard let first = letters.first else { return "" }
        var result = String(first)
        var last = classes[first]
        for letter in letters.dropFirst() {
            let code = classes[letter]
            if let code, code != last { result.append(code) }
            if letter != "H" && letter != "W" { last = code }
        }
        return result.padded(to: 4)
    }
}

extension String {
    fileprivate func padded(to length: Int) -> String {
        self + String(repeating: "0", count: max(0, length - count))
    }
}
