import BorealBase
import BorealRemote

/// A JSON Schema (draft 2020-12), as far as interfaces of models use it: types, members, elements,
/// counts, bounds and combinations.
///
/// Keywords that nobody knows are notes, as the specification says. Those that would have to be
/// held and are not known here are refused when a schema is given.
struct JSONSchema: Sendable {
    private let root: JSON

    /// Schemas within schemas.
    private static let depthMax = 32
    /// Schemas in all.
    private static let countMax = 10_000

    private static let unsupported: Set<String> = [
        "$ref", "$dynamicRef", "pattern", "patternProperties", "if", "then", "else", "contains",
        "dependentSchemas", "dependentRequired", "dependencies", "propertyNames",
        "unevaluatedItems", "unevaluatedProperties",
    ]
    private static let types: Set<String> = [
        "null", "boolean", "integer", "number", "string", "array", "object",
    ]
    private static let counts: Set<String> = [
        "minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties",
    ]
    private static let bounds: Set<String> = [
        "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
    ]

    /// - Parameters:
    ///   - json: the schema, or its text.
    ///   - name: where it stands, for messages.
    /// - Throws: `ContractError` for what is no schema, or one that cannot be held.
    init(_ json: JSON, name: String) throws(ContractError) {
        var root = json
        if let text = json.string {
            // Whatever is wrong with the text, it is no schema.
            guard let read = try? JSON.parse(text) else {
                throw .illegalArgument("\(name) is no JSON")
            }
            root = read
        }
        var count = 0
        try Self.check(root, name, depth: 0, &count)
        self.root = root
    }

    /// Looks at values and members that one check may take: a second or so.
    private static let stepsMax = 8_000_000

    /// What a check ends in.
    enum Verdict {
        case accepted, refused
        /// The value is too large for the schema, or the schema for it.
        case tooLong
    }

    /// Whether a value is as the schema says.
    ///
    /// - Parameter stepsMax: after so many looks at values and members it gives up.
    func verdict(on value: JSON, stepsMax: Int = JSONSchema.stepsMax) -> Verdict {
        let walk = Walk(stepsMax)
        let accepts = walk.accepts(value, root)
        if walk.stepsLeft < 0 { return .tooLong }
        return accepts ? .accepted : .refused
    }

    // MARK: - The schema itself

    private static func check(
        _ schema: JSON,
        _ name: String,
        depth: Int,
        _ count: inout Int
    ) throws(ContractError) {
        count += 1
        guard depth <= depthMax, count <= countMax else {
            throw .illegalArgument("\(name) holds too many schemas")
        }
        if schema.bool != nil { return }
        guard let members = schema.object else {
            throw .illegalArgument("\(name) is no JSON Schema")
        }
        for (key, rule) in members {
            guard !unsupported.contains(key) else {
                throw .illegalArgument("'\(key)' is not supported in \(name)")
            }
            guard isWellFormed(key, rule) else {
                throw .illegalArgument("'\(key)' of \(name) is not what JSON Schema says")
            }
            for part in parts(key, rule) { try check(part, name, depth: depth + 1, &count) }
        }
    }

    private static func isWellFormed(_ key: String, _ rule: JSON) -> Bool {
        switch key {
        case "type":
            let names = rule.array?.map(\.string) ?? [rule.string]
            return names.allSatisfy { $0.map(types.contains) ?? false }
        case "properties": return rule.object != nil
        case "required": return rule.array?.allSatisfy { $0.string != nil } ?? false
        case "enum", "prefixItems", "allOf", "anyOf", "oneOf": return rule.array != nil
        case _ where counts.contains(key): return (rule.integer ?? -1) >= 0
        case _ where bounds.contains(key): return rule.double != nil
        case "multipleOf": return (rule.double ?? 0) > 0
        case "uniqueItems": return rule.bool != nil
        default: return true
        }
    }

    /// The schemas within a keyword.
    private static func parts(_ key: String, _ rule: JSON) -> [JSON] {
        switch key {
        case "properties": rule.object?.map(\.value) ?? []
        case "prefixItems", "allOf", "anyOf", "oneOf": rule.array ?? []
        case "items", "additionalProperties", "not": [rule]
        default: []
        }
    }
}

/// One check of a value.
private final class Walk {
    /// Below zero the check has given up, and what it says means nothing.
    private(set) var stepsLeft: Int

    init(_ steps: Int) { stepsLeft = steps }

    private func spend(_ steps: Int) -> Bool {
        stepsLeft -= steps
        return stepsLeft >= 0
    }

    func accepts(_ value: JSON, _ schema: JSON) -> Bool {
        guard let members = schema.object else { return schema.bool ?? true }
        return members.allSatisfy { key, rule in
            guard spend(1) else { return false }
            if let numbers = value.double { return holds(key, rule, numbers, value) }
            if let text = value.string { return holds(key, rule, text, value) }
            if let elements = value.array { return holds(key, rule, elements, schema, value) }
            if let object = value.object { return holds(key, rule, object, schema, value) }
            return holdsAlways(key, rule, value)
        }
    }

    /// What is said of values of every type.
    private func holdsAlways(_ key: String, _ rule: JSON, _ value: JSON) -> Bool {
        switch key {
        case "type":
            let names = rule.array?.compactMap(\.string) ?? [rule.string ?? ""]
            return names.contains { isOf($0, value) }
        case "enum":
            guard spend(rule.array?.count ?? 0) else { return false }
            return rule.array?.contains { isSame($0, value) } ?? true
        case "const": return isSame(rule, value)
        case "allOf": return rule.array?.allSatisfy { accepts(value, $0) } ?? true
        case "anyOf": return rule.array?.contains { accepts(value, $0) } ?? true
        case "oneOf": return rule.array?.count { accepts(value, $0) } == 1
        case "not": return !accepts(value, rule)
        default: return true
        }
    }

    private func holds(
        _ key: String,
        _ rule: JSON,
        _ number: Double,
        _ value: JSON
    ) -> Bool {
        let bound = rule.double ?? 0
        switch key {
        case "minimum": return number >= bound
        case "maximum": return number <= bound
        case "exclusiveMinimum": return number > bound
        case "exclusiveMaximum": return number < bound
        case "multipleOf": return number.truncatingRemainder(dividingBy: bound) == 0
        default: return holdsAlways(key, rule, value)
        }
    }

    private func holds(_ key: String, _ rule: JSON, _ text: String, _ value: JSON) -> Bool {
        switch key {
        case "minLength": text.unicodeScalars.count >= rule.integer ?? 0
        case "maxLength": text.unicodeScalars.count <= rule.integer ?? .max
        default: holdsAlways(key, rule, value)
        }
    }

    private func holds(
        _ key: String,
        _ rule: JSON,
        _ elements: [JSON],
        _ schema: JSON,
        _ value: JSON
    ) -> Bool {
        switch key {
        case "minItems": return elements.count >= rule.integer ?? 0
        case "maxItems": return elements.count <= rule.integer ?? .max
        case "uniqueItems":
            return rule.bool != true || Set(elements.map(\.description)).count == elements.count
        case "prefixItems":
            return zip(elements, rule.array ?? []).allSatisfy { accepts($0, $1) }
        case "items":
            let rest = elements.dropFirst(schema["prefixItems"]?.array?.count ?? 0)
            return rest.allSatisfy { accepts($0, rule) }
        default: return holdsAlways(key, rule, value)
        }
    }

    private func holds(
        _ key: String,
        _ rule: JSON,
        _ members: [(key: String, value: JSON)],
        _ schema: JSON,
        _ value: JSON
    ) -> Bool {
        guard spend(members.count) else { return false }
        switch key {
        case "minProperties": return members.count >= rule.integer ?? 0
        case "maxProperties": return members.count <= rule.integer ?? .max
        case "required":
            let names = Set(members.map(\.key))
            return rule.array?.allSatisfy { names.contains($0.string ?? "") } ?? true
        case "properties":
            let given = Dictionary(members.map { ($0.key, $0.value) }) { first, _ in first }
            return rule.object?.allSatisfy { name, part in
                given[name].map { accepts($0, part) } ?? true
            } ?? true
        case "additionalProperties":
            let named = Set(schema["properties"]?.object?.map(\.key) ?? [])
            return members.allSatisfy { named.contains($0.key) || accepts($0.value, rule) }
        default: return holdsAlways(key, rule, value)
        }
    }

    private func isOf(_ type: String, _ value: JSON) -> Bool {
        switch type {
        case "null": value == .null
        case "boolean": value.bool != nil
        case "integer": value.integer != nil
        case "number": value.double != nil
        case "string": value.string != nil
        case "array": value.array != nil
        case "object": value.object != nil
        default: false
        }
    }

    /// Numbers are the same when their values are.
    private func isSame(_ one: JSON, _ other: JSON) -> Bool {
        if let first = one.double, let second = other.double { return first == second }
        return one == other
    }
}

/// What a model's `interface` says of the bodies of its calls and of its answers.
struct CallInterface: Sendable {
    /// The two sides of a call.
    enum Side: String, CaseIterable {
        case input, output
    }

    private let schemas: [Side: JSONSchema]
    /// The model's id, for messages.
    private let model: String

    /// - Parameter json: `{"input": schema, "output": schema}`, each of them if wanted; nil for
    ///   none.
    /// - Throws: `ContractError` for what is no schema.
    init(_ json: JSON?, of model: String) throws(ContractError) {
        self.model = model
        var schemas: [Side: JSONSchema] = [:]
        for side in Side.allCases {
            guard let schema = json?[side.rawValue], schema != .null else { continue }
            schemas[side] = try JSONSchema(schema, name: "interface.\(side.rawValue)")
        }
        self.schemas = schemas
    }

    /// - Throws: 400 for a body or an answer that is not as the schema of its side says.
    func check(_ json: JSON, _ side: Side) throws(RESTError) {
        guard let schema = schemas[side] else { return }
        let problem: String
        switch schema.verdict(on: json) {
        case .accepted: return
        case .refused: problem = "if you think this is expected"
        case .tooLong: problem = "which takes too long"
        }
        throw .status(
            400,
            "Error validating \(side.rawValue) schema, \(problem), please "
                + "update your '\(side.rawValue)' field in the 'interface' field for this "
                + "model: \(model)"
        )
    }
}
