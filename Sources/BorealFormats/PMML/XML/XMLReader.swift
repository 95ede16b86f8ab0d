import BorealBase
import Glibc

/// Reads the XML that models are written in: elements, attributes, text.
///
/// There is no document type here, so there are no entities beyond the five of XML itself and
/// nothing outside the file is ever asked for. It does not recurse: depth costs an integer.
struct XMLReader {
    /// UTF-8, checked.
    private let bytes: [UInt8]
    /// Whose errors are thrown.
    private let format: ModelFormat
    /// Where the next byte is.
    private var position = 0
    /// Texts and values in which a reference was replaced.
    private var decoded: [UInt8] = []
    /// Interned: each name once.
    private var names: [String] = []
    /// The position of a name among them.
    private var nameIDs: [String: Int32] = [:]
    /// Elements in the order of their start tags.
    private var nodes: [XMLDocument.Node] = []
    /// Those of an element stand together.
    private var attributes: [XMLDocument.Attribute] = []
    /// Elements that are open, outermost first, each with its last child.
    private var open: [(node: Int, lastChild: Int)] = []
    /// The prefix of the root with its colon; names lose it.
    private var prefix: [UInt8] = []

    /// The document in `bytes`.
    ///
    /// - Throws: `FormatError.malformed`, `.tooLarge`, `.unsupportedFormat`.
    static func read(_ bytes: [UInt8], format: ModelFormat) throws(FormatError) -> XMLDocument {
        let bytes = try XMLEncoding.utf8(bytes, format: format)
        var reader = XMLReader(bytes: bytes, format: format)
        try reader.run()
        return XMLDocument(
            source: reader.bytes,
            decoded: reader.decoded,
            names: reader.names,
            nodes: reader.nodes,
            attributes: reader.attributes
        )
    }

    /// Stands at the first byte behind a byte order mark.
    private init(bytes: [UInt8], format: ModelFormat) {
        self.bytes = bytes
        self.format = format
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    /// An error at a position; at the next byte when none is given.
    private func fail(_ reason: String, at offset: Int? = nil) -> FormatError {
        .malformed(format, offset: offset ?? position, reason: reason)
    }

    /// Runs for one row; see `RowKernel`.
    private mutating func run() throws(FormatError) {
        while true {
            if open.isEmpty { skipBlanks() } else { try readText() }
            guard position < bytes.count else { break }
            guard bytes[position] == UInt8(ascii: "<") else {
                throw fail("text outside the root element")
            }
            try readMarkup()
        }
        guard open.isEmpty else {
            throw fail("the file ends within '\(names[Int(nodes[open.last?.node ?? 0].name)])'")
        }
        guard !nodes.isEmpty else { throw fail("no element") }
    }

    /// A byte ahead; 0 behind the end.
    private func byte(_ ahead: Int) -> UInt8 {
        position + ahead < bytes.count ? bytes[position + ahead] : 0
    }

    /// Whether the next bytes are these.
    private func has(_ text: StaticString) -> Bool {
        text.withUTF8Buffer {
            bytes.count - position >= $0.count && bytes[position...].starts(with: $0)
        }
    }

    /// Reads what a '<' begins: a tag, a comment or an instruction. Declarations of document types
    /// are refused: they are what entity bombs and external entities are made of.
    private mutating func readMarkup() throws(FormatError) {
        switch byte(1) {
        case UInt8(ascii: "/"): try closeElement()
        case UInt8(ascii: "?"): try skip(past: "?>", what: "processing instruction")
        case UInt8(ascii: "!"):
            if has("<!--") {
                position += 4
                try skip(past: "-->", what: "comment")
            } else if has("<!DOCTYPE") {
                throw fail("a document type declaration, which no model needs")
            } else {
                throw fail("markup that is no element")
            }
        default: try openElement()
        }
    }

    /// Passes over everything up to an end mark, which must come.
    private mutating func skip(past end: StaticString, what: String) throws(FormatError) {
        let start = position
        while let found = find(end.utf8Start[0]) {
            position = found
            if has(end) {
                position += end.utf8CodeUnitCount
                return
            }
            position += 1
        }
        throw fail("a \(what) without an end", at: start)
    }

    /// Where the next such byte is.
    private func find(_ byte: UInt8) -> Int? {
        bytes.withUnsafeBytes { all in
            guard let base = all.baseAddress, position < all.count,
                let found = memchr(base + position, Int32(byte), all.count - position)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }

    /// Passes over white space.
    private mutating func skipBlanks() {
        while position < bytes.count, Self.isBlank(bytes[position]) { position += 1 }
    }

    /// White space, as XML has it.
    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x09 || byte == 0x0D
    }

    // MARK: - Elements

    /// Reads a start tag. The element becomes the last child of the one that is open; depth and
    /// number of elements are bounded before memory is taken.
    private mutating func openElement() throws(FormatError) {
        let start = position
        guard open.count < Limits.modelNestingMax else {
            throw .tooLarge(format, what: "nested elements", limit: Limits.modelNestingMax)
        }
        guard nodes.count < FormatLimits.xmlNodesMax else {
            throw .tooLarge(format, what: "elements", limit: FormatLimits.xmlNodesMax)
        }
        guard !open.isEmpty || nodes.isEmpty else { throw fail("a second root element") }
        position += 1
        let name = try readName(isRoot: nodes.isEmpty)
        let index = nodes.count
        var node = XMLDocument.Node(name: name, offset: Int32(truncatingIfNeeded: start))
        node.firstAttribute = Int32(truncatingIfNeeded: attributes.count)
        try readAttributes()
        node.attributeCount = Int32(truncatingIfNeeded: attributes.count) - node.firstAttribute
        nodes.append(node)
        if let parent = open.last {
            let place = Int32(truncatingIfNeeded: index)
            if parent.lastChild < 0 {
                nodes[parent.node].firstChild = place
            } else {
                nodes[parent.lastChild].next = place
            }
            open[open.count - 1].lastChild = index
        }
        if byte(0) == UInt8(ascii: "/"), byte(1) == UInt8(ascii: ">") {
            position += 2
        } else if byte(0) == UInt8(ascii: ">") {
            position += 1
            open.append((index, -1))
        } else {
            throw fail("a start tag without an end", at: start)
        }
    }

    /// Reads an end tag, which must name the element that is open.
    private mutating func closeElement() throws(FormatError) {
        let start = position
        position += 2
        let name = try readName()
        skipBlanks()
        guard let last = open.popLast(), nodes[last.node].name == name,
            byte(0) == UInt8(ascii: ">")
        else { throw fail("an end tag that closes nothing", at: start) }
        position += 1
    }

    /// A name, interned.
    private mutating func readName(isRoot: Bool = false) throws(FormatError) -> Int32 {
        let start = position
        while position < bytes.count, Self.isNameByte(bytes[position]) { position += 1 }
        guard position > start, position - start <= FormatLimits.xmlNameBytesMax else {
            throw fail("no name, or one beyond \(FormatLimits.xmlNameBytesMax) bytes", at: start)
        }
        var slice = bytes[start..<position]
        if isRoot, let colon = slice.firstIndex(of: UInt8(ascii: ":")) {
            prefix = Array(slice[...colon])
        }
        if !prefix.isEmpty, slice.starts(with: prefix) { slice = slice.dropFirst(prefix.count) }
        let text = String(decoding: slice, as: UTF8.self)
        if let known = nameIDs[text] { return known }
        let id = Int32(truncatingIfNeeded: names.count)
        names.append(text)
        nameIDs[text] = id
        return id
    }

    /// Bytes that names are made of; all characters beyond ASCII are taken.
    private static func isNameByte(_ byte: UInt8) -> Bool {
        byte >= 0x80 || byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z")
            || byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: ":") || byte == UInt8(ascii: "_")
            || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
    }

    /// Reads attributes up to the end of the start tag; each may stand there once.
    private mutating func readAttributes() throws(FormatError) {
        let first = attributes.count
        while true {
            let blank = position
            skipBlanks()
            let next = byte(0)
            if next == UInt8(ascii: ">") || next == UInt8(ascii: "/") { return }
            guard position > blank, position < bytes.count else {
                throw fail("a start tag that is no list of attributes")
            }
            let start = position
            let name = try readName()
            skipBlanks()
            guard byte(0) == UInt8(ascii: "=") else { throw fail("an attribute without a value") }
            position += 1
            skipBlanks()
            let quote = byte(0)
            guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else {
                throw fail("a value without quotes")
            }
            position += 1
            guard let end = find(quote) else { throw fail("a value without an end") }
            let value = try span(position..<end, isAttribute: true)
            position = end + 1
            guard attributes.count - first < FormatLimits.xmlAttributesMax else {
                throw .tooLarge(
                    format,
                    what: "attributes of an element",
                    limit: FormatLimits.xmlAttributesMax
                )
            }
            guard !attributes[first...].contains(where: { $0.name == name }) else {
                throw fail("an attribute that is there twice", at: start)
            }
            attributes.append(XMLDocument.Attribute(name: name, value: value))
        }
    }

    // MARK: - Text

    /// Reads up to the next markup. The text is kept for elements without child elements; several
    /// pieces of it, around comments and CDATA, are joined.
    private mutating func readText() throws(FormatError) {
        let start = position
        position = find(UInt8(ascii: "<")) ?? bytes.count
        guard let last = open.last else { return }
        if position > start { try add(try span(start..<position, isAttribute: false), to: last) }
        while has("<![CDATA[") {
            position += 9
            let inner = position
            try skip(past: "]]>", what: "CDATA section")
            let count = Int32(truncatingIfNeeded: position - 3 - inner)
            try add(.init(start: Int32(truncatingIfNeeded: inner), count: count), to: last)
            let next = position
            position = find(UInt8(ascii: "<")) ?? bytes.count
            try add(try span(next..<position, isAttribute: false), to: last)
        }
    }

    /// Appends a piece of text to that of an element without child elements.
    private mutating func add(
        _ piece: XMLDocument.Span,
        to element: (node: Int, lastChild: Int)
    ) throws(FormatError) {
        guard element.lastChild < 0, piece.count > 0 else { return }
        let old = nodes[element.node].text
        guard old.count > 0 else {
            nodes[element.node].text = piece
            return
        }
        let start = decoded.count
        copy(old)
        copy(piece)
        nodes[element.node].text = try decodedSpan(from: start)
    }

    /// Appends the bytes of a span to the decoded ones.
    private mutating func copy(_ span: XMLDocument.Span) {
        if span.start >= 0 {
            decoded += bytes[Int(span.start)..<Int(span.start) + Int(span.count)]
        } else {
            let start = Int(~span.start)
            for index in start..<start + Int(span.count) { decoded.append(decoded[index]) }
        }
    }

    /// What was decoded since `start`, as a span.
    private func decodedSpan(from start: Int) throws(FormatError) -> XMLDocument.Span {
        guard decoded.count <= Limits.modelBytesMax else {
            throw .tooLarge(format, what: "bytes", limit: Limits.modelBytesMax)
        }
        return .init(
            start: ~Int32(truncatingIfNeeded: start),
            count: Int32(truncatingIfNeeded: decoded.count - start)
        )
    }

    /// The span of a raw value, its references replaced.
    private mutating func span(
        _ range: Range<Int>,
        isAttribute: Bool
    ) throws(FormatError) -> XMLDocument.Span {
        let isPlain = !bytes[range].contains {
            $0 == UInt8(ascii: "&") || isAttribute && ($0 == UInt8(ascii: "<") || $0 < 0x20)
        }
        if isPlain {
            return .init(
                start: Int32(truncatingIfNeeded: range.lowerBound),
                count: Int32(truncatingIfNeeded: range.count)
            )
        }
        let start = decoded.count
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = bytes[index]
            if byte == UInt8(ascii: "&") {
                index = try replaceReference(at: index, before: range.upperBound)
                continue
            }
            guard !isAttribute || byte != UInt8(ascii: "<") else {
                throw fail("'<' within a value", at: index)
            }
            decoded.append(isAttribute && Self.isBlank(byte) ? 0x20 : byte)
            index += 1
        }
        return try decodedSpan(from: start)
    }

    /// Appends what the reference at `index` stands for.
    ///
    /// - Returns: the position behind its semicolon.
    private mutating func replaceReference(
        at index: Int,
        before end: Int
    ) throws(FormatError) -> Int {
        let limit = min(end, index + 12)
        guard let semicolon = bytes[index..<limit].firstIndex(of: UInt8(ascii: ";")) else {
            throw fail("'&' without a reference", at: index)
        }
        let name = String(decoding: bytes[index + 1..<semicolon], as: UTF8.self)
        switch name {
        case "lt": decoded.append(UInt8(ascii: "<"))
        case "gt": decoded.append(UInt8(ascii: ">"))
        case "amp": decoded.append(UInt8(ascii: "&"))
        case "quot": decoded.append(UInt8(ascii: "\""))
        case "apos": decoded.append(UInt8(ascii: "'"))
        default:
            guard name.hasPrefix("#"), let scalar = Self.scalar(name.dropFirst()) else {
                throw fail("the entity '\(name)', which XML itself does not have", at: index)
            }
            decoded += Array(String(Character(scalar)).utf8)
        }
        return semicolon + 1
    }

    /// The character of a numeric reference, `65` or `x41`; nil when it is none.
    private static func scalar(_ digits: Substring) -> Unicode.Scalar? {
        let isHexadecimal = digits.hasPrefix("x")
        let value = UInt32(
            isHexadecimal ? digits.dropFirst() : digits,
            radix: isHexadecimal ? 16 : 10
        )
        guard let value, value >= 0x20 || [9, 10, 13].contains(value) else { return nil }
        return Unicode.Scalar(value)
    }
}
