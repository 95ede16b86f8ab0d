/// A Swift file with the answer to "code, comment or string?" for each byte.
///
/// This is a scanner, no parser: enough to count braces and to look for words without being fooled
/// by text in quotes. It never fails; on code that does not compile it says something plausible.
struct SwiftSource {
    /// What a byte belongs to.
    enum Kind: UInt8 {
        case code
        case comment
        case string
    }

    /// The file.
    let file: RepositoryFile
    /// The UTF-8 of the file.
    let bytes: [UInt8]
    /// `[bytes.count]`.
    let kinds: [Kind]
    /// `[lines]`: offset of the first byte of each line.
    let lineStarts: [Int]
    /// String literals, delimiters excluded; an interpolation ends one and begins another.
    let strings: [Range<Int>]
    /// Lines with a comment, with or without code before it. Counted from 1.
    let commentLines: Set<Int>
    /// Lines with code or a string. Counted from 1.
    let codeLines: Set<Int>
    /// Functions with a body, in order of their first line.
    let functions: [SwiftFunction]

    init(_ file: RepositoryFile) {
        self.file = file
        bytes = Array((file.text ?? "").utf8)
        var scanner = SwiftScanner(bytes: bytes)
        scanner.scan()
        kinds = scanner.kinds
        strings = scanner.strings
        var starts = [0]
        for (offset, byte) in bytes.enumerated() where byte == 0x0A { starts.append(offset + 1) }
        lineStarts = starts
        var commented: Set<Int> = []
        var coded: Set<Int> = []
        var line = 1
        for (offset, byte) in bytes.enumerated() {
            if byte == 0x0A {
                line += 1
            } else if byte != 0x20 {
                if kinds[offset] == .comment { commented.insert(line) } else { coded.insert(line) }
            }
        }
        commentLines = commented
        codeLines = coded
        functions = SwiftFunction.find(in: bytes, kinds: kinds, lineStarts: starts)
    }

    /// Line of a byte, counted from 1.
    func line(at offset: Int) -> Int { SwiftSource.line(at: offset, lineStarts) }

    static func line(at offset: Int, _ starts: [Int]) -> Int {
        var low = 0
        var high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= offset { low = middle } else { high = middle }
        }
        return low + 1
    }

    /// The code of a line with comments and strings blanked, for searches.
    func code(ofLine line: Int) -> String {
        let start = lineStarts[line - 1]
        let end = line < lineStarts.count ? lineStarts[line] - 1 : bytes.count
        var visible: [UInt8] = []
        visible.reserveCapacity(end - start)
        for offset in start..<max(start, end) {
            visible.append(kinds[offset] == .code ? bytes[offset] : 0x20)
        }
        return String(decoding: visible, as: UTF8.self)
    }

    /// Offsets of `word` in code, where no letter, digit or `_` touches it.
    func occurrences(of word: String, in kind: Kind = .code) -> [Int] {
        let wanted = Array(word.utf8)
        guard let first = wanted.first, bytes.count >= wanted.count else { return [] }
        let guardsStart = isWordByte(first)
        let guardsEnd = isWordByte(wanted[wanted.count - 1])
        var found: [Int] = []
        for offset in 0...(bytes.count - wanted.count)
        where bytes[offset] == first && kinds[offset] == kind {
            let end = offset + wanted.count
            guard bytes[offset..<end].elementsEqual(wanted) else { continue }
            if guardsStart, offset > 0, isWordByte(bytes[offset - 1]) { continue }
            if guardsEnd, end < bytes.count, isWordByte(bytes[end]) { continue }
            found.append(offset)
        }
        return found
    }

    /// The comment that speaks for a line: at its end, or in the comment lines just above it.
    ///
    /// Attribute lines between the two are stepped over.
    func reason(forLine line: Int) -> String? {
        if commentLines.contains(line) { return comment(ofLine: line) }
        var above = line - 1
        while above >= 1, codeLines.contains(above), code(ofLine: above).isAttributeLine {
            above -= 1
        }
        var text = ""
        while above >= 1, commentLines.contains(above), !codeLines.contains(above) {
            text = comment(ofLine: above) + " " + text
            above -= 1
        }
        return text.isEmpty ? nil : text
    }

    private func comment(ofLine line: Int) -> String {
        let start = lineStarts[line - 1]
        let end = line < lineStarts.count ? lineStarts[line] - 1 : bytes.count
        let text = (start..<max(start, end)).filter { kinds[$0] == .comment }.map { bytes[$0] }
        return String(decoding: text, as: UTF8.self)
    }
}

/// Letters, digits, `_` and everything that is not ASCII.
func isWordByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x80...0xFF: true
    default: false
    }
}

extension String {
    /// True for a line that holds attributes only, as `@inline(__always)`.
    fileprivate var isAttributeLine: Bool {
        let text = trimmedBlanks
        return text.hasPrefix("@") && !text.contains("{") && !text.contains("func ")
            && !text.contains("var ") && !text.contains("class ") && !text.contains("struct ")
    }

    /// Without blanks at both ends.
    var trimmedBlanks: Substring {
        var text = self[...]
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}
