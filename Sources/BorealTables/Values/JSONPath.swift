import BorealBase

/// A path into a document: `$.a.b[0]`, `$.*`, `$[*]`, `$[last-1]`, `$[0 to 2]`, `$**.a`.
struct JSONPath {
    /// One step of a place in a document.
    enum Step: Hashable {
        case key(String)
        case index(Int)
    }

    /// A place, and what is there.
    typealias Match = (path: [Step], value: JSON)

    /// The number of an element, from the front or from the back.
    struct Place: Equatable {
        var offset: Int
        var isFromLast = false

        /// Among so many; may lie outside.
        func resolved(_ count: Int) -> Int { isFromLast ? count - 1 - offset : offset }
    }

    enum Leg {
        case member(String)
        case element(Place)
        case range(Place, Place)
        case anyMember
        case anyElement
        case anywhere
    }

    private(set) var legs: [Leg] = []
    private static let legsMax = 100
    private static let matchesMax = 100_000

    /// True when it may lead to several values.
    var hasWildcard: Bool {
        legs.contains { leg in
            switch leg {
            case .anyMember, .anyElement, .anywhere, .range: true
            default: false
            }
        }
    }

    /// Why a text is no path.
    struct Malformed: Error {
        /// Characters before the offending one.
        let position: Int
    }

    init(_ text: String) throws(Malformed) {
        var scanner = PathScanner(text)
        legs = try scanner.legs(max: Self.legsMax)
    }

    /// A path of these legs.
    init(legs: [Leg]) { self.legs = legs }

    // MARK: - Following

    /// All values it leads to, in order.
    func values(in document: JSON) -> [JSON] { matches(in: document).map(\.value) }

    /// All places it leads to, in order, none of them twice.
    func matches(in document: JSON) -> [Match] {
        var current: [Match] = [([], document)]
        for leg in legs {
            current = current.flatMap { Self.follow(leg, $0) }
            if current.count > Self.matchesMax { return [] }
        }
        guard hasWildcard else { return current }
        var seen: Set<[Step]> = []
        return current.filter { seen.insert($0.path).inserted }
    }

    private static func follow(_ leg: Leg, _ match: Match) -> [Match] {
        let (path, value) = match
        switch leg {
        case .member(let name): return value[name].map { [(path + [.key(name)], $0)] } ?? []
        case .anyMember:
            return value.object?.map { (path + [.key($0.key)], $0.value) } ?? []
        case .anyElement:
            return value.array?.enumerated().map { (path + [.index($0)], $1) } ?? []
        case .element(let place):
            // What is no array counts as one of itself alone.
            guard let elements = value.array else { return place.offset == 0 ? [match] : [] }
            let index = place.resolved(elements.count)
            return elements.indices.contains(index)
                ? [(path + [.index(index)], elements[index])] : []
        case .range(let from, let to):
            guard let elements = value.array else {
                return from.resolved(1) <= 0 && to.resolved(1) >= 0 ? [match] : []
            }
            let low = max(from.resolved(elements.count), 0)
            let high = min(to.resolved(elements.count), elements.count - 1)
            guard low <= high else { return [] }
            return (low...high).map { (path + [.index($0)], elements[$0]) }
        case .anywhere:
            let inner = follow(.anyMember, match) + follow(.anyElement, match)
            return [match] + inner.flatMap { follow(.anywhere, $0) }
        }
    }

    /// A place as the text of a path.
    static func text(_ path: [Step]) -> String {
        path.reduce(into: "$") { text, step in
            switch step {
            case .index(let index): text += "[\(index)]"
            case .key(let key):
                let isPlain =
                    !key.isEmpty && !(key.first?.isNumber ?? false)
                    && key.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "$" }
                text += "." + (isPlain ? key : JSON.quoted(key))
            }
        }
    }
}

/// Reads the text of a path.
private struct PathScanner {
    private let text: [Character]
    private var position = 0

    init(_ text: String) { self.text = Array(text) }

    private var next: Character? { position < text.count ? text[position] : nil }
    private var malformed: JSONPath.Malformed { JSONPath.Malformed(position: position) }

    private mutating func skipBlanks() {
        while let character = next, character.isWhitespace { position += 1 }
    }

    private mutating func take(_ wanted: Character) -> Bool {
        guard next == wanted else { return false }
        position += 1
        return true
    }

    mutating func legs(max: Int) throws(JSONPath.Malformed) -> [JSONPath.Leg] {
        skipBlanks()
        guard take("$") else { throw malformed }
        var legs: [JSONPath.Leg] = []
        skipBlanks()
        while let first = next {
            position += 1
            switch first {
            case ".": legs.append(try member())
            case "[": legs.append(try cell())
            case "*":
                guard take("*"), next != nil, next != "*" else { throw malformed }
                legs.append(.anywhere)
            default:
                position -= 1
                throw malformed
            }
            guard legs.count <= max else { throw malformed }
            skipBlanks()
        }
        if case .anywhere? = legs.last { throw malformed }
        return legs
    }

    private mutating func member() throws(JSONPath.Malformed) -> JSONPath.Leg {
        skipBlanks()
        if take("*") { return .anyMember }
        if next == "\"" {
            let start = position
            position += 1
            while let character = next, character != "\"" {
                position += character == "\\" ? 2 : 1
            }
            guard take("\"") else { throw malformed }
            let quoted = String(text[start..<position])
            // A name that is no JSON string is reported by its place, not by its own error.
            guard let name = (try? JSON.parse(quoted))?.string else { throw malformed }
            return .member(name)
        }
        let start = position
        while let character = next,
            character.isLetter || character.isNumber || "_$".contains(character)
        {
            position += 1
        }
        guard position > start, !text[start].isNumber else { throw malformed }
        return .member(String(text[start..<position]))
    }

    private mutating func cell() throws(JSONPath.Malformed) -> JSONPath.Leg {
        skipBlanks()
        if take("*") {
            skipBlanks()
            guard take("]") else { throw malformed }
            return .anyElement
        }
        let first = try place()
        skipBlanks()
        if take("]") { return .element(first) }
        guard take("t"), take("o"), next?.isWhitespace == true else { throw malformed }
        let last = try place()
        skipBlanks()
        guard take("]") else { throw malformed }
        if first.isFromLast == last.isFromLast {
            let isRising =
                first.isFromLast ? first.offset >= last.offset : first.offset <= last.offset
            guard isRising else { throw malformed }
        }
        return .range(first, last)
    }

    private mutating func place() throws(JSONPath.Malformed) -> JSONPath.Place {
        skipBlanks()
        if text[position...].starts(with: "last") {
            position += 4
            let end = position
            skipBlanks()
            guard take("-") else {
                position = end
                return JSONPath.Place(offset: 0, isFromLast: true)
            }
            skipBlanks()
            return JSONPath.Place(offset: try number(), isFromLast: true)
        }
        return JSONPath.Place(offset: try number())
    }

    private mutating func number() throws(JSONPath.Malformed) -> Int {
        let start = position
        while let character = next, character.isASCII, character.isNumber { position += 1 }
        guard let number = Int(String(text[start..<position])), number <= 1 << 32 else {
            throw malformed
        }
        return number
    }
}
