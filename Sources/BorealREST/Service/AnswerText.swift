package import BorealBase
import BorealRemote

/// How an answer is printed: without blanks, or over lines with `?pretty`, and what `?filter_path`
/// leaves of it.
package enum AnswerText {
    /// The text of an answer.
    package static func bytes(_ json: JSON, isPretty: Bool) -> [UInt8] {
        var bytes: [UInt8] = []
        if isPretty {
            write(json, indent: 0, into: &bytes)
            bytes.append(UInt8(ascii: "\n"))
        } else {
            json.append(to: &bytes, .compact)
        }
        return bytes
    }

    private static func write(_ json: JSON, indent: Int, into bytes: inout [UInt8]) {
        let children: Int
        switch json {
        case .array(let elements) where !elements.isEmpty:
            bytes.append(UInt8(ascii: "["))
            for (place, element) in elements.enumerated() {
                newLine(indent + 1, isFirst: place == 0, into: &bytes)
                write(element, indent: indent + 1, into: &bytes)
            }
            children = elements.count
        case .object(let members) where !members.isEmpty:
            bytes.append(UInt8(ascii: "{"))
            for (place, member) in members.enumerated() {
                newLine(indent + 1, isFirst: place == 0, into: &bytes)
                JSON.quote(member.key, into: &bytes)
                bytes += " : ".utf8
                write(member.value, indent: indent + 1, into: &bytes)
            }
            children = members.count
        default:
            json.append(to: &bytes, .compact)
            return
        }
        if children > 0 { newLine(indent, isFirst: true, into: &bytes) }
        bytes.append(json.array == nil ? UInt8(ascii: "}") : UInt8(ascii: "]"))
    }

    private static func newLine(_ indent: Int, isFirst: Bool, into bytes: inout [UInt8]) {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        bytes.append(UInt8(ascii: "\n"))
        bytes += [UInt8](repeating: UInt8(ascii: " "), count: indent * 2)
    }
}

/// `?filter_path=a.b,c.*,-d`: which members of an answer stay. `*` stands for letters of a name,
/// `**` for any number of names; arrays are looked through.
package struct FilterPath: Sendable {
    private let kept: [[String]]
    private let dropped: [[String]]

    /// Paths of one filter.
    private static let pathsMax = 64

    /// - Throws: `RESTError` for too many paths.
    package init(_ text: String) throws(RESTError) {
        let paths = text.split(separator: ",")
        guard paths.count <= Self.pathsMax else {
            throw .illegalArgument("filter_path has more than \(Self.pathsMax) paths")
        }
        kept = paths.filter { $0.first != "-" }.map(Self.names)
        dropped = paths.filter { $0.first == "-" }.map { Self.names($0.dropFirst()) }
    }

    private static func names(_ path: Substring) -> [String] {
        path.split(separator: ".").prefix(32).map(String.init)
    }

    /// What is left; an empty object when nothing is.
    package func filtered(_ json: JSON) -> JSON {
        var result = json
        if !kept.isEmpty { result = Self.keep(result, kept) ?? .object([]) }
        if !dropped.isEmpty { result = Self.drop(result, dropped) ?? .object([]) }
        return result
    }

    /// What the paths say below a member; nil where one of them ends here.
    private static func below(_ name: String, _ paths: [[String]]) -> [[String]]? {
        var further: [[String]] = []
        for path in paths {
            guard let first = path.first else { continue }
            if first == "**" {
                let rest = Array(path.dropFirst())
                if rest.isEmpty { return nil }
                further.append(path)
                guard let under = below(name, [rest]) else { return nil }
                further += under
            } else if Wildcard.matches(first, name) {
                if path.count == 1 { return nil }
                further.append(Array(path.dropFirst()))
            }
        }
        return further
    }

    private static func keep(_ json: JSON, _ paths: [[String]]) -> JSON? {
        switch json {
        case .object(let members):
            let left = members.compactMap { member -> (key: String, value: JSON)? in
                guard let further = below(member.key, paths) else { return member }
                guard !further.isEmpty, let value = keep(member.value, further) else { return nil }
                return (member.key, value)
            }
            return left.isEmpty ? nil : .object(left)
        case .array(let elements):
            let left = elements.compactMap { keep($0, paths) }
            return left.isEmpty ? nil : .array(left)
        default: return nil
        }
    }

    private static func drop(_ json: JSON, _ paths: [[String]]) -> JSON? {
        switch json {
        case .object(let members):
            return .object(
                members.compactMap { member in
                    guard let further = below(member.key, paths) else { return nil }
                    guard !further.isEmpty else { return member }
                    return drop(member.value, further).map { (member.key, $0) }
                }
            )
        case .array(let elements): return .array(elements.compactMap { drop($0, paths) })
        default: return json
        }
    }
}

/// `*` for any letters, `?` for one.
enum Wildcard {
    /// Time is at most the product of both lengths.
    static func matches(_ pattern: String, _ text: String) -> Bool {
        let (pattern, text) = (Array(pattern.utf8), Array(text.utf8))
        var (place, star, mark) = (0, -1, 0)
        var position = 0
        while position < text.count {
            let isStar = place < pattern.count && pattern[place] == UInt8(ascii: "*")
            if isStar {
                star = place
                mark = position
                place += 1
            } else if place < pattern.count,
                pattern[place] == text[position] || pattern[place] == UInt8(ascii: "?")
            {
                place += 1
                position += 1
            } else if star >= 0 {
                place = star + 1
                mark += 1
                position = mark
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
