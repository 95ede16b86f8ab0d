/// A condition as a document has it, its field found.
enum PMMLTest {
    /// Always true.
    case yes
    /// Never true.
    case no
    /// A comparison of a field with a value.
    case simple(slot: Int32, kind: RowPredicates.Kind, value: Double)
    /// Members in ascending order.
    case set(slot: Int32, values: [Double], isIn: Bool)
    /// Several conditions, put together.
    case compound(kind: RowPredicates.Kind, parts: [PMMLTest])
}

extension PMMLCompiler {
    /// Elements that are conditions.
    private static let predicateNames: Set<String> = [
        "SimplePredicate", "CompoundPredicate", "SimpleSetPredicate", "True", "False",
    ]

    /// Comparisons by their names in the standard.
    private static let operators: [String: RowPredicates.Kind] = [
        "equal": .equal, "notEqual": .notEqual, "lessThan": .less, "lessOrEqual": .lessOrEqual,
        "greaterThan": .greater, "greaterOrEqual": .greaterOrEqual, "isMissing": .isMissing,
        "isNotMissing": .isNotMissing,
    ]

    /// What puts conditions together, by its name in the standard.
    private static let connectives: [String: RowPredicates.Kind] = [
        "and": .and, "or": .or, "xor": .xor, "surrogate": .surrogate,
    ]

    /// The child of an element that is a condition.
    func testChild(of element: XMLElement, _ scope: PMMLScope) throws(FormatError) -> PMMLTest {
        for child in element.children where Self.predicateNames.contains(child.name) {
            return try test(child, scope)
        }
        throw element.fail("no predicate")
    }

    /// A condition of any kind.
    func test(_ element: XMLElement, _ scope: PMMLScope) throws(FormatError) -> PMMLTest {
        switch element.name {
        case "True": return .yes
        case "False": return .no
        case "SimplePredicate": return try simpleTest(element, scope)
        case "SimpleSetPredicate": return try setTest(element, scope)
        default:
            let name = try element.require(string: "booleanOperator")
            guard let kind = Self.connectives[name] else {
                throw element.fail("booleanOperator=\"\(name)\"")
            }
            return try nested(element) { () throws(FormatError) in
                var parts: [PMMLTest] = []
                for child in element.children where Self.predicateNames.contains(child.name) {
                    parts.append(try test(child, scope))
                }
                guard !parts.isEmpty else { throw element.fail("no predicate") }
                return .compound(kind: kind, parts: parts)
            }
        }
    }

    /// A comparison; less and greater of text become a set.
    private func simpleTest(
        _ element: XMLElement,
        _ scope: PMMLScope
    ) throws(FormatError) -> PMMLTest {
        let name = try element.require(string: "field")
        let field = try resolve(name, scope, at: element)
        let operation = try element.require(string: "operator")
        guard let kind = Self.operators[operation] else {
            throw element.fail("operator=\"\(operation)\"")
        }
        if kind == .isMissing || kind == .isNotMissing {
            return .simple(slot: field.slot, kind: kind, value: 0)
        }
        let text = try element.require(string: "value")
        if field.type == .string, kind != .equal, kind != .notEqual {
            return try orderTest(field, kind, text, name, element)
        }
        let value = try literal(text, field.type, at: element)
        return .simple(slot: field.slot, kind: kind, value: value)
    }

    /// Text that is less or greater: by the order of the listed values, else by letters.
    private func orderTest(
        _ field: PMMLValue,
        _ kind: RowPredicates.Kind,
        _ text: String,
        _ name: String,
        _ element: XMLElement
    ) throws(FormatError) -> PMMLTest {
        guard let domain = field.domain else { throw element.unsupported("an order of any text") }
        var ranks: [String: Int] = [:]
        for (rank, value) in (dataFields[name]?.validValues ?? []).enumerated() {
            ranks[value.text] = rank
        }
        let members = domain.values.filter { code in
            let other = strings.texts[Int(code)]
            let isLess: Bool
            if let left = ranks[other], let right = ranks[text] {
                isLess = left < right
            } else {
                isLess = other < text
            }
            switch kind {
            case .less: return isLess
            case .lessOrEqual: return isLess || other == text
            case .greater: return !isLess && other != text
            default: return !isLess
            }
        }
        return .set(slot: field.slot, values: members, isIn: true)
    }

    /// Membership in a list of values.
    private func setTest(
        _ element: XMLElement,
        _ scope: PMMLScope
    ) throws(FormatError) -> PMMLTest {
        let field = try resolve(try element.require(string: "field"), scope, at: element)
        let operation = try element.require(string: "booleanOperator")
        guard operation == "isIn" || operation == "isNotIn" else {
            throw element.fail("booleanOperator=\"\(operation)\"")
        }
        var values = Set<Double>()
        for text in try array(try element.require("Array")) {
            values.insert(try literal(text, field.type, at: element))
        }
        return .set(slot: field.slot, values: values.sorted(), isIn: operation == "isIn")
    }

    /// The items of an <Array>, as many as it says.
    func array(_ element: XMLElement) throws(FormatError) -> [String] {
        let items = element.strings()
        if let count = try element.integer("n"), count != items.count {
            throw element.fail("\(items.count) items, not \(count)")
        }
        return items
    }

    /// The numbers of an <Array> or a sparse one, as many as it says.
    func numbers(_ element: XMLElement) throws(FormatError) -> [Double] {
        guard element.name.hasSuffix("SparseArray") else {
            let items = try element.numbers()
            if let count = try element.integer("n"), count != items.count {
                throw element.fail("\(items.count) items, not \(count)")
            }
            return items
        }
        let places = try element.child("Indices")?.numbers() ?? []
        let entries = element.child("REAL-Entries") ?? element.child("INT-Entries")
        let values = try entries?.numbers() ?? []
        guard let count = try element.integer("n") ?? places.last.flatMap(Int.init(exactly:)),
            count >= 0, count <= FormatLimits.programSlotsMax, places.count == values.count
        else { throw element.fail("entries that do not fit its size") }
        let standard = try element.number("defaultValue") ?? 0
        try charge(count)
        var items = [Double](repeating: standard, count: count)
        for (place, value) in zip(places, values) {
            guard let index = Int(exactly: place), (1...max(1, count)).contains(index), count > 0
            else { throw element.fail("an index outside the array") }
            items[index - 1] = value
        }
        return items
    }

    /// A condition that the program can ask.
    func predicate(_ test: PMMLTest) throws(FormatError) -> Int32 {
        var node = RowPredicates.Node(kind: .yes)
        switch test {
        case .yes: break
        case .no: node.kind = .no
        case .simple(let slot, let kind, let value):
            node = .init(kind: kind, slot: slot, value: value)
        case .set(let slot, let values, let isIn):
            node = .init(kind: isIn ? .isIn : .isNotIn, slot: slot)
            node.first = Int32(truncatingIfNeeded: program.predicates.values.count)
            node.count = Int32(truncatingIfNeeded: values.count)
            program.predicates.values += values
        case .compound(let kind, let parts):
            var children: [Int32] = []
            for part in parts { children.append(try predicate(part)) }
            node.kind = kind
            node.first = Int32(truncatingIfNeeded: program.predicates.children.count)
            node.count = Int32(truncatingIfNeeded: children.count)
            program.predicates.children += children
        }
        guard program.predicates.nodes.count < FormatLimits.programCellsMax else {
            throw .tooLarge(.pmml, what: "predicates", limit: FormatLimits.programCellsMax)
        }
        program.predicates.nodes.append(node)
        return Int32(truncatingIfNeeded: program.predicates.nodes.count - 1)
    }

    /// The condition of a child element, as the program asks it.
    func predicateChild(of element: XMLElement, _ scope: PMMLScope) throws(FormatError) -> Int32 {
        try predicate(try testChild(of: element, scope))
    }
}
