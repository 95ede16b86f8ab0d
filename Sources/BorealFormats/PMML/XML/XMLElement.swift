import BorealBase
import BorealGraph

/// An element of a document, with typed access to what it holds. Extensions are passed over.
struct XMLElement {
    /// Where it stands.
    let document: XMLDocument
    /// Its position among the elements of the document.
    let index: Int
    /// Whose errors are thrown.
    let format: ModelFormat

    /// What the document knows of it.
    private var node: XMLDocument.Node { document.nodes[index] }

    /// The name, without the root's prefix.
    var name: String { document.names[Int(node.name)] }
    /// Where the start tag begins in the file.
    var offset: Int { Int(node.offset) }

    /// The error of this element.
    func fail(_ reason: String) -> FormatError {
        .malformed(format, offset: offset, reason: "<\(name)>: \(reason)")
    }

    /// The error for a part of the format that cannot be read.
    func unsupported(_ what: String) -> FormatError {
        .unsupportedFormat(format, detail: "\(what) (<\(name)> at byte \(offset))")
    }

    // MARK: - Children

    /// Child elements but for extensions.
    var children: Children { Children(element: self, place: Int(node.firstChild)) }

    /// The child elements of an element, extensions passed over.
    struct Children: Sequence, IteratorProtocol {
        /// The element of the document that says so.
        let element: XMLElement
        /// The next child, extension or not; -1 behind the last.
        var place: Int

        mutating func next() -> XMLElement? {
            while place >= 0 {
                let child = XMLElement(
                    document: element.document,
                    index: place,
                    format: element.format
                )
                place = Int(element.document.nodes[place].next)
                if child.name != "Extension" { return child }
            }
            return nil
        }
    }

    /// The first child of that name.
    func child(_ name: String) -> XMLElement? { children.first { $0.name == name } }

    /// All children of that name.
    func children(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }

    /// The first child of that name, which must be there.
    func require(_ name: String) throws(FormatError) -> XMLElement {
        guard let child = child(name) else { throw fail("no <\(name)>") }
        return child
    }

    // MARK: - Attributes

    /// Where the value of an attribute is.
    private func span(_ attribute: String) -> XMLDocument.Span? {
        let first = Int(node.firstAttribute)
        for place in first..<first + Int(node.attributeCount)
        where document.names[Int(document.attributes[place].name)] == attribute {
            return document.attributes[place].value
        }
        return nil
    }

    /// An attribute as text.
    func string(_ attribute: String) -> String? { span(attribute).map(document.string) }

    /// An attribute as text, which must be there.
    func require(string attribute: String) throws(FormatError) -> String {
        guard let value = string(attribute) else { throw fail("no attribute '\(attribute)'") }
        return value
    }

    /// The first of two attributes that is there: versions of the format call things differently.
    func require(string attribute: String, or other: String) throws(FormatError) -> String {
        if let value = string(attribute) ?? string(other) { return value }
        throw fail("no attribute '\(attribute)'")
    }

    /// An attribute as a number.
    ///
    /// - Throws: `FormatError.malformed` when it is there and no number.
    func number(_ attribute: String) throws(FormatError) -> Double? {
        guard let span = span(attribute) else { return nil }
        guard let value = document.withBytes(of: span, Self.number) else {
            throw fail("\(attribute)=\"\(document.string(span).prefix(40))\" is no number")
        }
        return value
    }

    /// An attribute as a number, of this element or else of another.
    func number(_ attribute: String, or other: XMLElement) throws(FormatError) -> Double? {
        if let value = try number(attribute) { return value }
        return try other.number(attribute)
    }

    /// An attribute as a number, which must be there.
    func require(number attribute: String) throws(FormatError) -> Double {
        guard let value = try number(attribute) else { throw fail("no attribute '\(attribute)'") }
        return value
    }

    /// An attribute as a whole number.
    func integer(_ attribute: String) throws(FormatError) -> Int? {
        guard let value = try number(attribute) else { return nil }
        guard let whole = Int(exactly: value) else {
            throw fail("\(attribute)=\"\(value)\" is no whole number")
        }
        return whole
    }

    /// An attribute as a truth value.
    func flag(_ attribute: String, default value: Bool) throws(FormatError) -> Bool {
        switch string(attribute) {
        case nil: return value
        case "true", "1", "yes": return true
        case "false", "0", "no": return false
        case let other?: throw fail("\(attribute)=\"\(other)\" is neither true nor false")
        }
    }

    /// An attribute out of a closed list.
    func choice<Choice: RawRepresentable>(
        _ attribute: String,
        default value: Choice
    ) throws(FormatError) -> Choice where Choice.RawValue == String {
        string(attribute) == nil ? value : try choice(attribute)
    }

    /// An attribute out of a closed list, which must be there.
    func choice<Choice: RawRepresentable>(
        _ attribute: String
    ) throws(FormatError) -> Choice where Choice.RawValue == String {
        let text = try require(string: attribute)
        guard let choice = Choice(rawValue: text) else {
            throw unsupported("\(attribute)=\"\(text.prefix(40))\"")
        }
        return choice
    }

    // MARK: - Text

    /// The text of an element without child elements.
    var text: String { document.string(node.text) }

    /// A number out of bytes with blanks around.
    static func number(_ bytes: UnsafeRawBufferPointer) -> Double? {
        var first = 0
        var end = bytes.count
        while first < end, bytes[first] <= 0x20 { first += 1 }
        while end > first, bytes[end - 1] <= 0x20 { end -= 1 }
        let trimmed = UnsafeRawBufferPointer(rebasing: bytes[first..<end])
        if let value = NumberText.parse(trimmed) { return value }
        switch String(decoding: trimmed, as: UTF8.self) {
        case "INF", "Infinity": return .infinity
        case "-INF", "-Infinity": return -.infinity
        default: return nil
        }
    }

    /// The numbers of a text, blanks between.
    func numbers() throws(FormatError) -> [Double] {
        var bad: String?
        let values = document.withBytes(of: node.text) { bytes -> [Double] in
            var values: [Double] = []
            for word in bytes.split(whereSeparator: { $0 <= 0x20 }) {
                guard let value = Self.number(UnsafeRawBufferPointer(rebasing: word)) else {
                    bad = String(decoding: word.prefix(40), as: UTF8.self)
                    break
                }
                values.append(value)
            }
            return values
        }
        if let bad { throw fail("'\(bad)' is no number") }
        return values
    }

    /// The strings of a text: blanks between, in quotes where they hold some.
    func strings() -> [String] {
        document.withBytes(of: node.text) { bytes in
            var values: [String] = []
            var word: [UInt8] = []
            var isQuoted = false
            var isOpen = false
            var index = 0
            while index < bytes.count {
                let byte = bytes[index]
                if byte == UInt8(ascii: "\\"), index + 1 < bytes.count,
                    bytes[index + 1] == UInt8(ascii: "\"")
                {
                    word.append(UInt8(ascii: "\""))
                    isOpen = true
                    index += 1
                } else if byte == UInt8(ascii: "\"") {
                    isQuoted.toggle()
                    isOpen = true
                } else if byte <= 0x20, !isQuoted {
                    if isOpen { values.append(String(decoding: word, as: UTF8.self)) }
                    word = []
                    isOpen = false
                } else {
                    word.append(byte)
                    isOpen = true
                }
                index += 1
            }
            if isOpen { values.append(String(decoding: word, as: UTF8.self)) }
            return values
        }
    }
}
