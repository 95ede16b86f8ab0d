/// Walks over the bytes of a Swift file once and marks comments and string literals.
///
/// Knows nested block comments, raw and multi-line strings and interpolation with anything inside.
/// It does not know bare-slash regular expressions; the house does not use them.
struct SwiftScanner {
    let bytes: [UInt8]
    private(set) var kinds: [SwiftSource.Kind]
    private(set) var strings: [Range<Int>] = []
    private var position = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
        kinds = [SwiftSource.Kind](repeating: .code, count: bytes.count)
    }

    /// Marks the whole file.
    mutating func scan() { scanCode(untilClosing: false) }

    private func byte(_ offset: Int) -> UInt8 { offset < bytes.count ? bytes[offset] : 0 }

    /// Code up to the end, or up to the parenthesis that closes an interpolation.
    private mutating func scanCode(untilClosing: Bool) {
        var depth = 0
        while position < bytes.count {
            let here = bytes[position]
            switch here {
            case UInt8(ascii: "/") where byte(position + 1) == UInt8(ascii: "/"):
                scanLineComment()
            case UInt8(ascii: "/") where byte(position + 1) == UInt8(ascii: "*"):
                scanBlockComment()
            case UInt8(ascii: "\""):
                scanString(hashes: 0)
            case UInt8(ascii: "#"):
                scanHash()
            case UInt8(ascii: "("):
                depth += 1
                position += 1
            case UInt8(ascii: ")"):
                if untilClosing, depth == 0 { return }
                depth -= 1
                position += 1
            default:
                position += 1
            }
        }
    }

    private mutating func mark(_ count: Int, _ kind: SwiftSource.Kind) {
        let end = min(position + count, bytes.count)
        while position < end {
            if bytes[position] != 0x0A { kinds[position] = kind }
            position += 1
        }
    }

    private mutating func scanLineComment() {
        var end = position
        while end < bytes.count, bytes[end] != 0x0A { end += 1 }
        mark(end - position, .comment)
    }

    private mutating func scanBlockComment() {
        var depth = 0
        repeat {
            if byte(position) == UInt8(ascii: "/"), byte(position + 1) == UInt8(ascii: "*") {
                depth += 1
                mark(2, .comment)
            } else if byte(position) == UInt8(ascii: "*"), byte(position + 1) == UInt8(ascii: "/") {
                depth -= 1
                mark(2, .comment)
            } else {
                mark(1, .comment)
            }
        } while depth > 0 && position < bytes.count
    }

    /// `#"` and `##"` open raw strings; every other `#` is code.
    private mutating func scanHash() {
        var hashes = 0
        while byte(position + hashes) == UInt8(ascii: "#") { hashes += 1 }
        if byte(position + hashes) == UInt8(ascii: "\"") {
            position += hashes
            scanString(hashes: hashes)
        } else {
            position += hashes
        }
    }

    /// One string literal; `position` is at its first quote.
    private mutating func scanString(hashes: Int) {
        let isMultiline =
            byte(position + 1) == UInt8(ascii: "\"") && byte(position + 2) == UInt8(ascii: "\"")
        let quotes = isMultiline ? 3 : 1
        mark(quotes, .string)
        var start = position
        while position < bytes.count {
            let here = bytes[position]
            if here == 0x0A, !isMultiline { break }
            if here == UInt8(ascii: "\\"), hasHashes(hashes, at: position + 1) {
                let escaped = position + 1 + hashes
                guard byte(escaped) == UInt8(ascii: "(") else {
                    mark(2 + hashes, .string)
                    continue
                }
                strings.append(start..<position)
                mark(2 + hashes, .string)
                scanCode(untilClosing: true)
                mark(1, .string)
                start = position
                continue
            }
            if here == UInt8(ascii: "\""), closes(quotes: quotes, hashes: hashes) {
                strings.append(start..<position)
                mark(quotes + hashes, .string)
                return
            }
            mark(1, .string)
        }
    }

    private func hasHashes(_ count: Int, at offset: Int) -> Bool {
        (0..<count).allSatisfy { byte(offset + $0) == UInt8(ascii: "#") }
    }

    private func closes(quotes: Int, hashes: Int) -> Bool {
        (0..<quotes).allSatisfy { byte(position + $0) == UInt8(ascii: "\"") }
            && hasHashes(hashes, at: position + quotes)
    }
}
