import BorealBase
import BorealSQLite

/// String functions that cut, join and fill. Positions count characters (bytes, of a binary
/// string) from 1.
extension FunctionRegistry {
    /// Registers all of them.
    func addText() throws(SQLiteError) {
        for (name, isUpper) in [("b_upper", true), ("b_lower", false)] {
            try add(name, 1) { call in
                // Bytes have no case.
                if call.isBinary(0) { return call.result(argument: 0) }
                call.result(TextUnits.changed(call.text(0), isUpper: isUpper))
            }
        }
        try add("b_length", 1) { $0.result(Int64($0.bytes(0).count)) }
        try add("b_bit_length", 1) { $0.result(Int64($0.bytes(0).count) * 8) }
        try add("b_char_length", 1) { call in
            let bytes = call.bytes(0)
            call.result(
                Int64(call.isBinary(0) ? bytes.count : TextFolding.characterCount(bytes))
            )
        }
        try add("b_concat") { call in
            var bytes: [UInt8] = []
            var isBinary = false
            for index in 0..<call.count {
                bytes.append(contentsOf: call.bytes(index))
                isBinary = isBinary || call.isBinary(index)
            }
            call.result(bytes: bytes, isBinary)
        }
        try addRaw("b_concat_ws") { call in
            guard !call.isNull(0) else { return call.resultNull() }
            let separator = Array(call.bytes(0))
            var bytes: [UInt8] = []
            var isBinary = call.isBinary(0)
            var isFirst = true
            for index in 1..<call.count where !call.isNull(index) {
                if !isFirst { bytes.append(contentsOf: separator) }
                bytes.append(contentsOf: call.bytes(index))
                isBinary = isBinary || call.isBinary(index)
                isFirst = false
            }
            call.result(bytes: bytes, isBinary)
        }
        try addParts()
        try addTrims()
        try addPadding()
        try addSets()
    }

    /// Parts of a string, and strings with parts exchanged.
    private func addParts() throws(SQLiteError) {
        try add("b_substring") { call in
            let isBinary = call.isBinary(0)
            let text = call.units(0, isBinary)
            let start = call.int(1)
            let first = start > 0 ? start - 1 : start < 0 ? text.count + start : text.count
            guard first >= 0, first < text.count else { return call.result([], isBinary) }
            let length = call.count > 2 ? max(call.int(2), 0) : text.count
            call.result(text[first..<first + min(length, text.count - first)], isBinary)
        }
        try add("b_left", 2) { call in
            let isBinary = call.isBinary(0)
            call.result(call.units(0, isBinary).prefix(max(call.int(1), 0)), isBinary)
        }
        try add("b_right", 2) { call in
            let isBinary = call.isBinary(0)
            call.result(call.units(0, isBinary).suffix(max(call.int(1), 0)), isBinary)
        }
        try add("b_reverse", 1) { call in
            let isBinary = call.isBinary(0)
            call.result(call.units(0, isBinary).reversed(), isBinary)
        }
        try add("b_replace", 3) { call in
            let old = Array(call.bytes(1))
            guard !old.isEmpty else { return call.result(argument: 0) }
            let new = Array(call.bytes(2))
            let isBinary = call.isBinary(0, 1, 2)
            let replaced = Self.replace(Array(call.bytes(0)), old, new)
            guard let replaced else { return call.resultNull() }
            call.result(bytes: replaced, isBinary)
        }
        try add("b_insert", 4) { call in
            let isBinary = call.isBinary(0, 3)
            let text = call.units(0, isBinary)
            let start = call.int(1)
            guard start >= 1, start <= text.count else { return call.result(argument: 0) }
            let wanted = call.int(2)
            let left = text.count - start + 1
            let length = wanted < 0 || wanted > left ? left : wanted
            let tail = text[(start - 1 + length)...]
            call.result(text[..<(start - 1)] + call.units(3, isBinary) + tail, isBinary)
        }
        try add("b_substring_index", 3) { call in
            let separator = Array(call.bytes(1))
            let count = call.int(2)
            let isBinary = call.isBinary(0, 1)
            guard !separator.isEmpty, count != 0 else { return call.result([], isBinary) }
            let parts = Self.split(Array(call.bytes(0)), separator)
            let kept = count > 0 ? parts.prefix(count) : parts.suffix(count == .min ? .max : -count)
            call.result(bytes: Array(kept.joined(separator: separator)), isBinary)
        }
    }

    /// Copies of a text by doubling: a few large moves, however short the text.
    private static func repeated(_ text: [UInt8], _ count: Int) -> [UInt8] {
        guard count > 0, !text.isEmpty else { return [] }
        let size = text.count * count
        var result = text
        result.reserveCapacity(size)
        while result.count < size { result += result.prefix(size - result.count) }
        return result
    }

    /// Byte by byte: in UTF-8 that never cuts a character. Nil when the answer is too long.
    private static func replace(_ text: [UInt8], _ old: [UInt8], _ new: [UInt8]) -> [UInt8]? {
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
            if result.count > TableLimits.textBytesMax { return nil }
        }
        return result
    }

    /// The parts between marks, empty ones too.
    private static func split(_ bytes: [UInt8], _ mark: [UInt8]) -> [ArraySlice<UInt8>] {
        var parts: [ArraySlice<UInt8>] = []
        var start = 0
        var position = 0
        while position + mark.count <= bytes.count {
            if bytes[position] == mark[0], bytes[position...].starts(with: mark) {
                parts.append(bytes[start..<position])
                position += mark.count
                start = position
            } else {
                position += 1
            }
        }
        parts.append(bytes[start...])
        return parts
    }

    /// Blanks only: tabs and line ends stay, as in MySQL.
    private func addTrims() throws(SQLiteError) {
        try add("b_ltrim", 1) { call in
            let isBinary = call.isBinary(0)
            call.result(call.units(0, isBinary).drop { $0 == 0x20 }, isBinary)
        }
        try add("b_rtrim", 1) { call in
            let isBinary = call.isBinary(0)
            var text = call.units(0, isBinary)
            while text.last == 0x20 { text.removeLast() }
            call.result(text, isBinary)
        }
        try add("b_trim", 3) { call in
            let removed = Array(call.bytes(2))
            guard !removed.isEmpty else { return call.result(argument: 0) }
            var text = Array(call.bytes(0))[...]
            let side = call.text(1)
            if side != "TRAILING" {
                while text.starts(with: removed) { text = text.dropFirst(removed.count) }
            }
            if side != "LEADING" {
                while text.suffix(removed.count).elementsEqual(removed) {
                    text = text.dropLast(removed.count)
                }
            }
            call.result(bytes: Array(text), call.isBinary(0, 2))
        }
    }

    /// Strings that grow: what would be longer than the limit is NULL.
    private func addPadding() throws(SQLiteError) {
        try add("b_repeat", 2) { call in
            let count = max(call.int(1), 0)
            let text = Array(call.bytes(0))
            let (bytes, overflow) = count.multipliedReportingOverflow(by: max(text.count, 1))
            guard !overflow, bytes <= TableLimits.textBytesMax else { return call.resultNull() }
            let isBinary = call.isBinary(0)
            call.result(bytes: Self.repeated(text, count), isBinary)
        }
        try add("b_space", 1) { call in
            let count = max(call.int(0), 0)
            guard count <= TableLimits.textBytesMax else { return call.resultNull() }
            call.result(String(repeating: " ", count: count))
        }
        for (name, isLeft) in [("b_lpad", true), ("b_rpad", false)] {
            try add(name, 3) { call in
                let isBinary = call.isBinary(0, 2)
                let text = call.units(0, isBinary)
                let pad = call.units(2, isBinary)
                let length = call.int(1)
                guard length >= 0, length <= TableLimits.textBytesMax / 4 else {
                    return call.resultNull()
                }
                if text.count >= length { return call.result(text.prefix(length), isBinary) }
                guard !pad.isEmpty else { return call.resultNull() }
                let filler = (0..<length - text.count).map { pad[$0 % pad.count] }
                call.result(isLeft ? filler + text : text + filler, isBinary)
            }
        }
    }

    /// Strings chosen by number or by the bits of a number.
    private func addSets() throws(SQLiteError) {
        try addRaw("b_elt") { call in
            let index = call.isNull(0) ? 0 : call.int(0)
            guard index >= 1, index < call.count, !call.isNull(index) else {
                return call.resultNull()
            }
            call.result(argument: index)
        }
        try addRaw("b_make_set") { call in
            guard !call.isNull(0) else { return call.resultNull() }
            let bits = call.bitPattern(0)
            let chosen = (1..<call.count).filter {
                $0 <= 64 && bits >> UInt64($0 - 1) & 1 == 1 && !call.isNull($0)
            }
            call.result(chosen.map { call.text($0) }.joined(separator: ","))
        }
        try add("b_export_set") { call in
            let bits = call.bitPattern(0)
            let separator = call.count > 3 ? call.text(3) : ","
            let asked = call.count > 4 ? call.int(4) : 64
            let count = (0...64).contains(asked) ? asked : 64
            let words = (0..<count).map { call.text(bits >> UInt64($0) & 1 == 1 ? 1 : 2) }
            call.result(words.joined(separator: separator))
        }
    }
}
