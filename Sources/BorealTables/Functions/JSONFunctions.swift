import BorealBase
import BorealSQLite

/// JSON in MySQL's sense: documents are texts in its normal form.
extension FunctionRegistry {
    /// The document of an argument, or an error raised.
    private static func document(
        _ call: SQLiteCall,
        _ index: Int,
        _ name: String,
        _ context: FunctionContext
    ) -> JSON? {
        do {
            return try JSON.parse(call.bytes(index))
        } catch {
            let failure = TableError.invalidArgumentJSON(
                reason: error.reason,
                position: error.offset,
                argument: index + 1,
                function: name
            )
            context.fail(call, failure)
            return nil
        }
    }

    func addJSON() throws(SQLiteError) {
        let context = context
        try add("b_json_parse", 1) { call in
            guard let value = Self.document(call, 0, "cast_as_json", context) else { return }
            call.result(value.normalised.description)
        }
        try add("b_json_number", 1) { $0.result($0.text(0)) }
        try add("b_json_valid", 1) { call in
            // Only whether it parses is asked.
            call.result((try? JSON.parse(call.bytes(0))) != nil)
        }
        try add("b_json_quote", 1) { $0.result(JSON.string($0.text(0)).description) }
        try add("b_json_unquote", 1) { call in
            let bytes = call.bytes(0)
            guard bytes.count >= 2, bytes.first == 0x22, bytes.last == 0x22 else {
                return call.result(argument: 0)
            }
            guard let value = Self.document(call, 0, "json_unquote", context) else { return }
            call.result(value.string ?? value.description)
        }
        try add("b_json_extract") { call in
            guard let value = Self.document(call, 0, "json_extract", context) else { return }
            var found: [JSON] = []
            var isMany = call.count > 2
            for index in 1..<call.count {
                guard let path = JSONPath(call.text(index)) else {
                    return context.fail(call, .wrongArguments("json_extract"))
                }
                isMany = isMany || path.hasWildcard
                found += path.values(in: value)
            }
            guard let first = found.first else { return call.resultNull() }
            call.result((isMany ? JSON.array(found) : first).description)
        }
        try addJSONQuestions()
    }

    private func addJSONQuestions() throws(SQLiteError) {
        let context = context
        try add("b_json_length") { call in
            guard let value = Self.part(call, "json_length", context) else { return }
            call.result(Int64(value.array?.count ?? value.object?.count ?? 1))
        }
        try add("b_json_type", 1) { call in
            guard let value = Self.document(call, 0, "json_type", context) else { return }
            call.result(value.typeName)
        }
        try add("b_json_keys") { call in
            guard let value = Self.part(call, "json_keys", context) else { return }
            guard let members = value.object else { return call.resultNull() }
            call.result(JSON.array(members.map { .string($0.key) }).description)
        }
        try add("b_json_contains") { call in
            guard let target = Self.document(call, 0, "json_contains", context),
                let wanted = Self.document(call, 1, "json_contains", context)
            else { return }
            var place = target
            if call.count > 2 {
                guard let path = JSONPath(call.text(2)), let found = path.values(in: target).first
                else {
                    return call.resultNull()
                }
                place = found
            }
            call.result(place.contains(wanted))
        }
        try addRaw("b_json_array") { call in
            var text = "["
            for index in 0..<call.count { text += (index > 0 ? ", " : "") + call.text(index) }
            call.result(text + "]")
        }
        try addRaw("b_json_object") { call in
            var members: [(key: String, value: JSON)] = []
            for index in stride(from: 0, to: call.count - 1, by: 2) {
                guard let key = Self.document(call, index, "json_object", context),
                    let value = Self.document(call, index + 1, "json_object", context)
                else { return }
                members.append((key.string ?? key.description, value))
            }
            call.result(JSON.object(members).normalised.description)
        }
    }

    /// The document, or the part of it that the second argument's path leads to.
    private static func part(
        _ call: SQLiteCall,
        _ name: String,
        _ context: FunctionContext
    ) -> JSON? {
        guard let value = document(call, 0, name, context) else { return nil }
        guard call.count > 1 else { return value }
        guard let path = JSONPath(call.text(1)) else {
            context.fail(call, .wrongArguments(name))
            return nil
        }
        guard let found = path.values(in: value).first else {
            call.resultNull()
            return nil
        }
        return found
    }
}

extension JSON {
    /// MySQL's order of members: by length of the name, then by bytes; the last of equal names
    /// stays.
    var normalised: JSON {
        switch self {
        case .array(let elements): return .array(elements.map(\.normalised))
        case .object(let members):
            var last: [String: JSON] = [:]
            for member in members { last[member.key] = member.value.normalised }
            let sorted = last.sorted { left, right in
                let (a, b) = (left.key.utf8, right.key.utf8)
                return a.count != b.count ? a.count < b.count : a.lexicographicallyPrecedes(b)
            }
            return .object(sorted.map { ($0.key, $0.value) })
        default: return self
        }
    }

    fileprivate var typeName: String {
        switch self {
        case .null: "NULL"
        case .bool: "BOOLEAN"
        case .integer: "INTEGER"
        case .number: "DOUBLE"
        case .string: "STRING"
        case .array: "ARRAY"
        case .object: "OBJECT"
        }
    }

    /// True when every part of `wanted` is somewhere in here, as JSON_CONTAINS has it.
    fileprivate func contains(_ wanted: JSON) -> Bool {
        switch (self, wanted) {
        case (.object(let members), .object(let others)):
            return others.allSatisfy { other in
                members.contains { $0.key == other.key && $0.value.contains(other.value) }
            }
        case (.array(let elements), .array(let others)):
            return others.allSatisfy { other in elements.contains { $0.contains(other) } }
        case (.array(let elements), _): return elements.contains { $0.contains(wanted) }
        default:
            if let a = double, let b = wanted.double { return a == b }
            return description == wanted.description
        }
    }
}

/// `$.a.b[0]`, `$.*`, `$[*]`, `$**.a`.
struct JSONPath {
    private enum Leg {
        case member(String)
        case element(Int)
        case anyMember
        case anyElement
        case anywhere
    }

    private var legs: [Leg] = []

    /// True when it may lead to several values.
    var hasWildcard: Bool {
        legs.contains { leg in
            switch leg {
            case .anyMember, .anyElement, .anywhere: true
            default: false
            }
        }
    }

    /// Nil for a text that is no path.
    init?(_ text: String) {
        var rest = text[...]
        guard rest.popFirst() == "$" else { return nil }
        while let first = rest.popFirst() {
            switch first {
            case ".":
                guard let leg = Self.member(&rest) else { return nil }
                legs.append(leg)
            case "[":
                guard let end = rest.firstIndex(of: "]") else { return nil }
                let inner = rest[..<end]
                rest = rest[rest.index(after: end)...]
                if inner == "*" {
                    legs.append(.anyElement)
                } else {
                    guard let index = Int(inner), index >= 0 else { return nil }
                    legs.append(.element(index))
                }
            case "*":
                guard rest.popFirst() == "*", !rest.isEmpty else { return nil }
                legs.append(.anywhere)
            case " ": continue
            default: return nil
            }
            guard legs.count <= 100 else { return nil }
        }
    }

    private static func member(_ rest: inout Substring) -> Leg? {
        if rest.first == "*" {
            rest.removeFirst()
            return .anyMember
        }
        if rest.first == "\"" {
            rest.removeFirst()
            guard let end = rest.firstIndex(of: "\"") else { return nil }
            let name = String(rest[..<end])
            rest = rest[rest.index(after: end)...]
            return .member(name)
        }
        let name = rest.prefix { $0 != "." && $0 != "[" && $0 != "*" && $0 != " " }
        guard !name.isEmpty else { return nil }
        rest = rest.dropFirst(name.count)
        return .member(String(name))
    }

    /// All values it leads to, in order.
    func values(in document: JSON) -> [JSON] {
        var current = [document]
        for leg in legs {
            current = current.flatMap { Self.follow(leg, $0) }
            if current.count > 100_000 { return [] }
        }
        return current
    }

    private static func follow(_ leg: Leg, _ value: JSON) -> [JSON] {
        switch leg {
        case .member(let name): return value[name].map { [$0] } ?? []
        case .anyMember: return value.object?.map(\.value) ?? []
        case .anyElement: return value.array ?? []
        case .element(let index):
            guard let elements = value.array else { return index == 0 ? [value] : [] }
            return index < elements.count ? [elements[index]] : []
        case .anywhere:
            let inner = (value.array ?? []) + (value.object?.map(\.value) ?? [])
            return [value] + inner.flatMap { follow(.anywhere, $0) }
        }
    }
}
