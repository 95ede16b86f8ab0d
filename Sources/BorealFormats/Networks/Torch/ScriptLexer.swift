import BorealBase

/// A word of TorchScript's text.
enum ScriptToken: Equatable {
    /// A name or a word of the language.
    case name(String)
    /// A whole number.
    case integer(Int)
    /// A number with a fraction or an exponent.
    case number(Double)
    /// What stood in quotes.
    case text(String)
    /// One or two characters that are nothing else: `(`, `=`, `->`, ...
    case mark(String)
}

/// A line with all that its brackets hold.
struct ScriptLine: Equatable {
    /// Spaces before it.
    var indent: Int
    /// Its words.
    var tokens: [ScriptToken]
    /// Counted from 1.
    var number: Int

    /// True when it begins with that word.
    func begins(_ word: String) -> Bool { tokens.first == .name(word) }
}

/// Cuts TorchScript's text, which is a small part of Python, into lines of words.
struct ScriptLexer {
    /// The text.
    private let bytes: [UInt8]
    /// What errors call it.
    private let fileName: String
    /// The next byte.
    private var position = 0
    /// The line, counted from 1.
    private var number = 1

    /// Bytes of one file of text.
    static let bytesMax = 4 << 20

    /// - Throws: `FormatError.tooLarge`.
    init(_ bytes: [UInt8], fileName: String) throws(FormatError) {
        guard bytes.count <= Self.bytesMax else {
            throw .tooLarge(.torchScript, what: "bytes of code", limit: Self.bytesMax)
        }
        self.bytes = bytes
        self.fileName = fileName
    }

    /// The text breaks off or makes no sense here.
    private func malformed(_ reason: String) -> FormatError {
        .malformed(.torchScript, offset: position, reason: "\(fileName), line \(number): \(reason)")
    }

    /// All lines that hold words.
    ///
    /// - Throws: `FormatError.malformed` with the file and the line.
    mutating func lines() throws(FormatError) -> [ScriptLine] {
        var lines: [ScriptLine] = []
        while position < bytes.count {
            var indent = 0
            while position < bytes.count, bytes[position] == 0x20 {
                indent += 1
                position += 1
            }
            let start = number
            let tokens = try line()
            if !tokens.isEmpty {
                lines.append(ScriptLine(indent: indent, tokens: tokens, number: start))
            }
        }
        return lines
    }

    /// Words up to the end of the line, or beyond it within brackets.
    private mutating func line() throws(FormatError) -> [ScriptToken] {
        var tokens: [ScriptToken] = []
        var depth = 0
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case 0x0A:
                position += 1
                number += 1
                if depth == 0 { return tokens }
            case 0x20, 0x09, 0x0D: position += 1
            case UInt8(ascii: "#"):
                while position < bytes.count, bytes[position] != 0x0A { position += 1 }
            case UInt8(ascii: "\""), UInt8(ascii: "'"): tokens.append(.text(try text(byte)))
            case _ where Self.isWord(byte): tokens.append(try word())
            default:
                let mark = mark()
                if "([{".contains(mark) { depth += 1 }
                if ")]}".contains(mark) { depth -= 1 }
                guard depth >= 0 else { throw malformed("a bracket closes nothing") }
                tokens.append(.mark(mark))
            }
        }
        guard depth == 0 else { throw malformed("a bracket is not closed") }
        return tokens
    }

    /// Letters, digits, `_`, and what is beyond ASCII.
    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: byte >= 0x80
        }
    }

    /// 0 to 9.
    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    /// A name or a number; `1.5`, `1.`, `1e-05` and `.5` are numbers.
    private mutating func word() throws(FormatError) -> ScriptToken {
        let start = position
        let isNumber = Self.isDigit(bytes[position])
        while position < bytes.count {
            let byte = bytes[position]
            let last = position > start ? bytes[position - 1] : 0
            let isExponent = last == UInt8(ascii: "e") || last == UInt8(ascii: "E")
            let isSign = byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")
            guard
                Self.isWord(byte) || isNumber && byte == UInt8(ascii: ".")
                    || isNumber && isExponent && isSign
            else { break }
            position += 1
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        guard isNumber else { return .name(text) }
        if let value = Int(text) { return .integer(value) }
        guard let value = Double(text.hasSuffix(".") ? text + "0" : text) else {
            throw malformed("'\(text.prefix(40))' is no number")
        }
        return .number(value)
    }

    /// What stands in quotes, on one line.
    private mutating func text(_ quote: UInt8) throws(FormatError) -> String {
        position += 1
        var text: [UInt8] = []
        while position < bytes.count, bytes[position] != quote, bytes[position] != 0x0A {
            if bytes[position] == UInt8(ascii: "\\"), position + 1 < bytes.count { position += 1 }
            text.append(bytes[position])
            position += 1
        }
        guard position < bytes.count, bytes[position] == quote else {
            throw malformed("a text is not closed")
        }
        position += 1
        return String(decoding: text, as: UTF8.self)
    }

    /// One character, or the arrow before a type.
    private mutating func mark() -> String {
        let first = Character(Unicode.Scalar(bytes[position]))
        position += 1
        if first == "-", position < bytes.count, bytes[position] == UInt8(ascii: ">") {
            position += 1
            return "->"
        }
        return String(first)
    }
}
