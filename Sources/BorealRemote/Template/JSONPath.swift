/// A path into an answer: the part of JSONPath (RFC 9535) that names members, elements and all
/// children, such as `$.data[0].embedding`, `$['a'][-1]`, `$.results[*].score`.
///
/// Filters, slices, unions and descent are refused by name.
package struct JSONPath: Equatable, Sendable {
    enum Step: Equatable, Sendable {
        case member(String)
        /// From 0; from -1 backwards.
        case element(Int)
        case all
    }

    let steps: [Step]
    /// As it was written.
    package let text: String

    /// Whether it can find more than one value.
    package var findsMany: Bool { steps.contains(.all) }

    /// - Throws: `RemoteModelError` CONFIG for everything else than the steps above.
    package init(_ text: String) throws(RemoteModelError) {
        var reader = PathReader(text)
        self.text = text
        steps = try reader.steps()
    }

    /// Where the values stand that the path finds, in the order of the text.
    func spans(_ scanner: inout AnswerScanner) throws(RemoteModelError) -> [Range<Int>] {
        var found: [Range<Int>] = []
        try walk(&scanner, steps[...], &found)
        return found
    }

    private func walk(
        _ scanner: inout AnswerScanner,
        _ steps: ArraySlice<Step>,
        _ found: inout [Range<Int>]
    ) throws(RemoteModelError) {
        guard let step = steps.first else {
            found.append(try scanner.span())
            return
        }
        let rest = steps.dropFirst()
        switch (step, try scanner.peek()) {
        case (.member(let wanted), UInt8(ascii: "{")):
            try scanner.members { (name, scanner) throws(RemoteModelError) in
                guard name == wanted else { return try scanner.skip() }
                try walk(&scanner, rest, &found)
            }
        case (.all, UInt8(ascii: "{")):
            try scanner.members { (_, scanner) throws(RemoteModelError) in
                try walk(&scanner, rest, &found)
            }
        case (.all, UInt8(ascii: "[")):
            try scanner.elements { (scanner) throws(RemoteModelError) in
                try walk(&scanner, rest, &found)
            }
        case (.element(let index), UInt8(ascii: "[")):
            try walk(&scanner, index: index, rest, &found)
        default: try scanner.skip()
        }
    }

    private func walk(
        _ scanner: inout AnswerScanner,
        index: Int,
        _ rest: ArraySlice<Step>,
        _ found: inout [Range<Int>]
    ) throws(RemoteModelError) {
        guard index < 0 else {
            var place = 0
            return try scanner.elements { (scanner) throws(RemoteModelError) in
                defer { place += 1 }
                guard place == index else { return try scanner.skip() }
                try walk(&scanner, rest, &found)
            }
        }
        var spans: [Range<Int>] = []
        try scanner.elements { (scanner) throws(RemoteModelError) in
            spans.append(try scanner.span())
        }
        guard spans.count + index >= 0 else { return }
        var inner = scanner.moved(to: spans[spans.count + index].lowerBound)
        try walk(&inner, rest, &found)
    }
}

/// Reads the text of a path.
private struct PathReader {
    private let text: String
    private var rest: Substring

    init(_ text: String) {
        self.text = text
        rest = text[...]
    }

    private func refused(_ reason: String) -> RemoteModelError {
        RemoteModelError(.config, "path '\(UpstreamText.clean(text.utf8))': \(reason)")
    }

    mutating func steps() throws(RemoteModelError) -> [JSONPath.Step] {
        guard text.utf8.count <= 1_024 else { throw refused("is longer than 1024 bytes") }
        guard rest.popFirst() == "$" else { throw refused("must begin with $") }
        var steps: [JSONPath.Step] = []
        while let mark = rest.popFirst() {
            switch mark {
            case ".": steps.append(try dotted())
            case "[": steps.append(try bracketed())
            default: throw refused("'.' or '[' is missing")
            }
        }
        guard steps.count <= AnswerScanner.depthMax else { throw refused("is too deep") }
        return steps
    }

    private mutating func dotted() throws(RemoteModelError) -> JSONPath.Step {
        if rest.first == "." { throw refused("'..' is not supported") }
        if rest.first == "*" {
            rest.removeFirst()
            return .all
        }
        let name = rest.prefix { $0 != "." && $0 != "[" }
        guard !name.isEmpty, name.unicodeScalars.allSatisfy(Self.isNameScalar) else {
            throw refused("a name is missing behind '.'; other characters stand in ['...']")
        }
        rest = rest[name.endIndex...]
        return .member(String(name))
    }

    private static func isNameScalar(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_", "-": true
        default: scalar.value >= 0x80
        }
    }

    private mutating func bracketed() throws(RemoteModelError) -> JSONPath.Step {
        switch rest.first {
        case "'", "\"": return .member(try quoted())
        case "?": throw refused("filters are not supported")
        case "(": throw refused("scripts are not supported")
        default: break
        }
        guard let end = rest.firstIndex(of: "]") else { throw refused("']' is missing") }
        let inside = rest[..<end]
        rest = rest[rest.index(after: end)...]
        if inside == "*" { return .all }
        if inside.contains(":") { throw refused("slices are not supported") }
        if inside.contains(",") { throw refused("lists are not supported") }
        guard let index = Int(inside), inside.first != "+", abs(index) < 1 << 31 else {
            throw refused("'\(UpstreamText.clean(inside.utf8))' is no index")
        }
        return .element(index)
    }

    /// A name in quotes with its closing bracket.
    private mutating func quoted() throws(RemoteModelError) -> String {
        let quote = rest.removeFirst()
        var name = ""
        while let character = rest.popFirst() {
            switch character {
            case quote:
                if rest.first == "," { throw refused("lists are not supported") }
                guard rest.popFirst() == "]" else { throw refused("']' is missing") }
                return name
            case "\\":
                guard let escaped = rest.popFirst(), "\\'\"".contains(escaped) else {
                    throw refused("'\\' stands before quotes and itself only")
                }
                name.append(escaped)
            default: name.append(character)
            }
        }
        throw refused("a name does not end")
    }
}
