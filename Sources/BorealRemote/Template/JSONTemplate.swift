package import BorealBase

/// A JSON text with holes, `${name}` or `${name:-default}`, that is compiled once and filled often.
///
/// A hole inside a string of the template takes the value's text, escaped; one outside takes the
/// value as JSON, and nothing else. Values are never read again, so that neither a quote nor a hole
/// in a row's text can change what the request says.
package struct JSONTemplate: Sendable {
    /// A place for a value.
    package struct Hole: Equatable, Sendable {
        /// What stands between the braces, without the default.
        package let name: String
        /// The text behind `:-`.
        package let standIn: String?
        let position: Position
    }

    /// Where a hole stands.
    enum Position: Sendable {
        /// Inside a string, beside other characters.
        case inString
        /// All of a string: its quotes belong to the hole, as `"${x:-null}"` becomes a bare null.
        case wholeString
        /// In the place of a value.
        case bare
    }

    enum Part: Sendable {
        case text([UInt8])
        case hole(Hole)
    }

    let parts: [Part]

    /// Bytes of a template.
    package static let bytesMax = 64 << 10

    /// - Parameter allowsLines: the text may be several lines of JSON, as bulk requests are.
    /// - Throws: `RemoteModelError` CONFIG for a hole without end or name and for what is no JSON
    ///   when its holes are filled.
    package init(_ text: String, allowsLines: Bool = false) throws(RemoteModelError) {
        guard text.utf8.count <= Self.bytesMax else {
            throw RemoteModelError(.config, "the template is longer than \(Self.bytesMax) bytes")
        }
        var compiler = TemplateCompiler(text)
        parts = try compiler.compiled()
        try check(allowsLines: allowsLines)
    }

    /// The names of its holes, each once, in order.
    package var names: [String] {
        var names: [String] = []
        for case .hole(let hole) in parts where !names.contains(hole.name) {
            names.append(hole.name)
        }
        return names
    }

    /// True when the name stands where only JSON may.
    package func isBare(_ name: String) -> Bool {
        parts.contains {
            guard case .hole(let hole) = $0 else { return false }
            return hole.name == name && hole.position == .bare
        }
    }

    /// A template is good when it is JSON with values in its holes.
    private func check(allowsLines: Bool) throws(RemoteModelError) {
        var sample: [UInt8] = []
        for part in parts {
            switch part {
            case .text(let text): sample += text
            case .hole(let hole):
                switch hole.position {
                // Not a letter of any escape, so that no value can finish one.
                case .inString: sample.append(UInt8(ascii: "x"))
                case .wholeString: sample += Array("\"x\"".utf8)
                case .bare:
                    sample += Array("null".utf8)
                    if let standIn = hole.standIn { _ = try Self.json(standIn, of: hole.name) }
                }
            }
        }
        do { _ = try JSON.parse(sample, depthMax: AnswerScanner.depthMax) } catch {
            guard allowsLines, Self.areLines(sample) else {
                throw RemoteModelError(.config, "the template is no JSON: \(error.reason)")
            }
        }
    }

    private static func areLines(_ sample: [UInt8]) -> Bool {
        sample.split(separator: UInt8(ascii: "\n")).allSatisfy { line in
            let isBlank = line.allSatisfy { $0 <= 0x20 }
            // What is wrong with a line was said of the whole text.
            return isBlank || (try? JSON.parse(line, depthMax: AnswerScanner.depthMax)) != nil
        }
    }

    /// The text with every hole filled.
    ///
    /// - Parameter value: the value of a name, nil when there is none.
    /// - Throws: `RemoteModelError` CONFIG for holes without value and default, all of them named,
    ///   and for a text in the place of a value that is no JSON.
    package func filled(_ value: (String) -> JSON?) throws(RemoteModelError) -> [UInt8] {
        var body: [UInt8] = []
        var missing: [String] = []
        for part in parts {
            switch part {
            case .text(let text): body += text
            case .hole(let hole):
                if let found = value(hole.name) {
                    try Self.fill(hole, found, into: &body)
                } else if let standIn = hole.standIn {
                    try Self.fill(hole, standIn: standIn, into: &body)
                } else if !missing.contains(hole.name) {
                    missing.append(hole.name)
                }
            }
        }
        guard missing.isEmpty else {
            let names = missing.joined(separator: ", ")
            throw RemoteModelError(
                .config,
                "Some parameter placeholder not filled in payload: \(names)"
            )
        }
        return body
    }

    private static func fill(
        _ hole: Hole,
        _ value: JSON,
        into body: inout [UInt8]
    ) throws(RemoteModelError) {
        switch hole.position {
        case .bare:
            // A text must itself be JSON: it goes in as the value that it spells.
            let whole = try value.string.map { (text) throws(RemoteModelError) in
                try json(text, of: hole.name)
            }
            (whole ?? value).append(to: &body, .compact)
        case .inString: JSON.escape(text(value), into: &body)
        case .wholeString: JSON.quote(text(value), into: &body)
        }
    }

    private static func fill(
        _ hole: Hole,
        standIn: String,
        into body: inout [UInt8]
    ) throws(RemoteModelError) {
        if hole.position == .wholeString, standIn == "null" {
            body += Array("null".utf8)
        } else {
            try fill(hole, .string(standIn), into: &body)
        }
    }

    private static func text(_ value: JSON) -> String {
        if let text = value.string { return text }
        var bytes: [UInt8] = []
        value.append(to: &bytes, .compact)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func json(_ text: String, of name: String) throws(RemoteModelError) -> JSON {
        do { return try JSON.parse(text.utf8, depthMax: AnswerScanner.depthMax) } catch {
            throw RemoteModelError(
                .config,
                "Invalid payload: the value of ${\(name)} stands without quotes and is no JSON"
            )
        }
    }
}

/// Cuts the text of a template into what stays and what is filled.
private struct TemplateCompiler {
    private let bytes: [UInt8]
    private var position = 0
    private var text: [UInt8] = []
    private var parts: [JSONTemplate.Part] = []
    private var isInString = false

    init(_ text: String) { bytes = Array(text.utf8) }

    mutating func compiled() throws(RemoteModelError) -> [JSONTemplate.Part] {
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "$"), follows(UInt8(ascii: "{"), at: position + 1) {
                try takeHole()
                continue
            }
            text.append(byte)
            position += 1
            if byte == UInt8(ascii: "\"") { isInString.toggle() }
            if byte == UInt8(ascii: "\\"), isInString, position < bytes.count {
                text.append(bytes[position])
                position += 1
            }
        }
        endText()
        return parts
    }

    private func follows(_ byte: UInt8, at place: Int) -> Bool {
        place < bytes.count && bytes[place] == byte
    }

    private mutating func endText() {
        if !text.isEmpty { parts.append(.text(text)) }
        text = []
    }

    private mutating func takeHole() throws(RemoteModelError) {
        let start = position + 2
        guard let end = bytes[start...].firstIndex(of: UInt8(ascii: "}")) else {
            throw RemoteModelError(.config, "a placeholder of the template does not end")
        }
        let inside = String(decoding: bytes[start..<end], as: UTF8.self)
        let (name, standIn) = Self.cut(inside)
        guard Self.isName(name) else {
            let shown = UpstreamText.clean(name.utf8)
            throw RemoteModelError(.config, "'\(shown)' is no name of a placeholder")
        }
        position = end + 1
        let isWhole =
            isInString && text.last == UInt8(ascii: "\"")
            && follows(UInt8(ascii: "\""), at: position)
            && text.count > 0 && !isEscaped
        if isWhole {
            text.removeLast()
            position += 1
            isInString = false
        }
        endText()
        let place: JSONTemplate.Position = isWhole ? .wholeString : isInString ? .inString : .bare
        parts.append(.hole(.init(name: name, standIn: standIn, position: place)))
    }

    /// True when the quote that ends the text so far belongs to the string's characters.
    private var isEscaped: Bool {
        text.dropLast().reversed().prefix { $0 == UInt8(ascii: "\\") }.count % 2 == 1
    }

    /// A name, and the text behind `:-`. Where a hole stands says by itself whether its value is a
    /// text, so `.toString()` behind a name adds nothing.
    private static func cut(_ inside: String) -> (name: String, standIn: String?) {
        guard let place = inside.firstRange(of: ":-") else { return (bare(inside[...]), nil) }
        return (bare(inside[..<place.lowerBound]), String(inside[place.upperBound...]))
    }

    private static func bare(_ name: Substring) -> String {
        let suffix = ".toString()"
        return String(name.hasSuffix(suffix) ? name.dropLast(suffix.count) : name)
    }

    private static func isName(_ name: String) -> Bool {
        guard !name.isEmpty, name.utf8.count <= 128 else { return false }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
    }
}
