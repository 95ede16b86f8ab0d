import BorealBase

extension PMMLCompiler {
    /// Elements that have a value.
    private static let expressionNames: Set<String> = [
        "Constant", "FieldRef", "NormContinuous", "NormDiscrete", "Discretize", "MapValues",
        "Apply", "TextIndex", "Aggregate", "Lag",
    ]

    /// The child of an element that is an expression.
    func expressionChild(of element: XMLElement) throws(FormatError) -> XMLElement {
        for child in element.children where Self.expressionNames.contains(child.name) {
            return child
        }
        throw element.fail("no expression")
    }

    /// The value of an element with an expression, as the type that the element names.
    func derived(_ element: XMLElement, _ scope: PMMLScope) throws(FormatError) -> PMMLValue {
        let value = try expression(try expressionChild(of: element), scope)
        guard element.string("dataType") != nil else { return value }
        return try cast(value, to: try element.type(), at: element)
    }

    /// The value of an expression, computed where steps go at the moment.
    func expression(_ element: XMLElement, _ scope: PMMLScope) throws(FormatError) -> PMMLValue {
        try nested(element) { () throws(FormatError) in
            switch element.name {
            case "Constant": return try constantExpression(element, as: nil)
            case "FieldRef": return try fieldReference(element, scope)
            case "NormContinuous": return try normContinuous(element, scope)
            case "NormDiscrete": return try normDiscrete(element, scope)
            case "Discretize": return try discretize(element, scope)
            case "MapValues": return try mapValues(element, scope)
            case "Apply": return try apply(element, scope)
            default: throw element.unsupported("the expression '\(element.name)'")
            }
        }
    }

    /// A constant, as the given type when it does not name one itself.
    func constantExpression(
        _ element: XMLElement,
        as wanted: PMMLType?
    ) throws(FormatError) -> PMMLValue {
        if try element.flag("missing", default: false) {
            return try constantValue(.nan, wanted ?? .double)
        }
        var text = element.text
        let number = text.withUTF8 { XMLElement.number(UnsafeRawBufferPointer($0)) }
        let type: PMMLType
        if element.string("dataType") != nil {
            type = try element.type()
        } else if let wanted, wanted == .string || wanted == .boolean || number != nil {
            type = wanted
        } else if number != nil {
            type =
                text.utf8.allSatisfy { $0 != UInt8(ascii: ".") && $0 | 0x20 != UInt8(ascii: "e") }
                ? .integer : .double
        } else {
            type = .string
        }
        return try constantValue(try literal(text, type, at: element), type)
    }

    /// The value of a field, with another for missing ones.
    private func fieldReference(
        _ element: XMLElement,
        _ scope: PMMLScope
    ) throws(FormatError) -> PMMLValue {
        let value = try resolve(try element.require(string: "field"), scope, at: element)
        return try replacingMissing(value, by: element.string("mapMissingTo"), at: element)
    }

    /// The value, or a constant where it is missing.
    func replacingMissing(
        _ value: PMMLValue,
        by text: String?,
        at element: XMLElement
    ) throws(FormatError) -> PMMLValue {
        guard let text else { return value }
        let other = try literal(text, value.type, at: element)
        try charge(value.domain?.values.count ?? 0)
        var result = value
        result.slot = try binary(.orElse, value.slot, try constant(other))
        result.constant = nil
        result.domain = value.domain.map {
            PMMLDomain(Array(Set($0.values + [other])).sorted(), isOpen: $0.isOpen)
        }
        return result
    }

    // MARK: - Casts

    /// The value as another type. What a row cannot be cast from leaves it without an answer: a
    /// fraction as a whole number, a word as a number.
    func cast(
        _ value: PMMLValue,
        to type: PMMLType,
        at element: XMLElement
    ) throws(FormatError) -> PMMLValue {
        if value.type == type { return value }
        if let constant = value.constant, constant.isNaN { return try constantValue(.nan, type) }
        var result = value
        result.type = type
        switch (value.type, type) {
        case (.string, _): return try parsing(value, type, at: element)
        case (_, .string): return try formatting(value, at: element)
        case (_, .float):
            result.slot = try unary(.toFloat, value.slot)
            result.constant = value.constant.map { Double(Float($0)) }
            result.domain = value.domain.map {
                PMMLDomain($0.values.map { Double(Float($0)) }, isOpen: false)
            }
        case (.double, .integer), (.float, .integer):
            result.slot = try unary(.toInteger, value.slot)
        case (_, .boolean): result.slot = try unary(.toBoolean, value.slot)
        default: break
        }
        return result
    }

    /// Text as a number: what each string of the domain spells.
    private func parsing(
        _ value: PMMLValue,
        _ type: PMMLType,
        at element: XMLElement
    ) throws(FormatError) -> PMMLValue {
        guard let domain = value.domain else {
            throw element.unsupported("a number out of any text")
        }
        try charge(domain.values.count)
        var table = RowTable(values: [])
        var failures = RowTable(values: [], missing: 0, unknown: .nan)
        var found = Set<Double>()
        for code in domain.values {
            // What is no number leaves the row without an answer, when a row has it.
            let number = try? literal(strings.texts[Int(code)], type, at: element)
            while table.values.count <= Int(code) {
                table.values.append(.nan)
                failures.values.append(.nan)
            }
            table.values[Int(code)] = number ?? .nan
            failures.values[Int(code)] = number == nil ? .nan : 0
            if let number { found.insert(number) }
        }
        table.unknown = .nan
        let to = try newSlot()
        if domain.isOpen || found.count < domain.values.count {
            let check = try newSlot()
            try emit(.table(try add(failures), value.slot, to: check))
            try emit(.failIfMissing(check))
        }
        try emit(.table(try add(table), value.slot, to: to))
        return PMMLValue(slot: to, type: type, domain: PMMLDomain(found.sorted(), isOpen: false))
    }

    /// A number out of a list as text.
    private func formatting(
        _ value: PMMLValue,
        at element: XMLElement
    ) throws(FormatError) -> PMMLValue {
        let domain = value.type == .boolean ? PMMLDomain([0, 1], isOpen: false) : value.domain
        guard let domain else { throw element.unsupported("text out of any number") }
        try charge(domain.values.count)
        let keys = Array(Set(domain.values)).sorted()
        var rows: [Int: Double] = [:]
        for (place, key) in keys.enumerated() {
            rows[place] = strings.code(Self.text(key, value.type))
        }
        let to = try newSlot()
        try emit(
            kernel: RowLookup(
                columns: [.init(slot: value.slot, keys: keys)],
                to: to,
                rows: rows,
                standard: -1,
                missing: .nan
            )
        )
        return PMMLValue(
            slot: to,
            type: .string,
            domain: PMMLDomain(rows.values.sorted(), isOpen: false),
            constant: value.constant.map { strings.code(Self.text($0, value.type)) }
        )
    }

    /// A number as the evaluators of PMML print it.
    static func text(_ value: Double, _ type: PMMLType) -> String {
        switch type {
        case .boolean: value != 0 ? "true" : "false"
        case .integer where abs(value) < 9e15: String(Int64(value))
        case .float: Float(value).description
        default: value.description
        }
    }

    // MARK: - Norms and tables

    /// A piecewise linear function of a field.
    private func normContinuous(
        _ element: XMLElement,
        _ scope: PMMLScope
    ) throws(FormatError) -> PMMLValue {
        let name = try element.require(string: "field")
        let to = try newSlot()
        let (origins, norms) = try linearNorms(element)
        try emit(
            kernel: RowNormContinuous(
                from: try number(name, scope, at: element),
                to: to,
                origins: origins,
                norms: norms,
                outliers: try element.choice("outliers", default: .asIs),
                missing: try element.number("mapMissingTo") ?? .nan
            )
        )
        return PMMLValue(slot: to, type: .double)
    }

    /// The points of a <NormContinuous>.
    func linearNorms(_ element: XMLElement) throws(FormatError) -> ([Double], [Double]) {
        var origins: [Double] = []
        var norms: [Double] = []
        for point in element.children("LinearNorm") {
            origins.append(try point.require(number: "orig"))
            norms.append(try point.require(number: "norm"))
        }
        guard origins.count >= 2, zip(origins, origins.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw element.fail("fewer than two points, or points out of order")
        }
        return (origins, norms)
    }

    /// 1 where a field has a value, else 0.
    private func normDiscrete(
        _ element: XMLElement,
        _ scope: PMMLScope
    ) throws(FormatError) -> PMMLValue {
        let field = try resolve(try element.require(string: "field"), scope, at: element)
        let wanted = try literal(try element.require(string: "value"), field.type, at: element)
        var to = try binary(.equal, field.slot, try constant(wanted))
        if let missing = try element.number("mapMissingTo") {
            to = try binary(.orElse, to, try constant(missing))
        }
        return PMMLValue(slot: to, type: .double, domain: PMMLDomain([0, 1], isOpen: false))
    }

    /// The bin that a field is in.
    private func discretize(
        _ element: XMLElement,
        _ scope: PMMLScope
    ) throws(FormatError) -> PMMLValue {
        let name = try element.require(string: "field")
        return try discretize(element, from: try number(name, scope, at: element))
    }

    /// The bin of the number in a slot.
    func discretize(_ element: XMLElement, from: Int32) throws(FormatError) -> PMMLValue {
        let type = try element.type(default: .string)
        var bins: [(interval: PMMLInterval, value: Double)] = []
        var domain = Set<Double>()
        for bin in element.children("DiscretizeBin") {
            let value = try literal(try bin.require(string: "binValue"), type, at: bin)
            bins.append((try PMMLInterval(try bin.require("Interval")), value))
            domain.insert(value)
        }
        let standard = try optional(element, "defaultValue", type)
        let missing = try optional(element, "mapMissingTo", type)
        for value in [standard, missing] where !value.isNaN { domain.insert(value) }
        let to = try newSlot()
        try emit(
            kernel: RowDiscretize(
                from: from,
                to: to,
                bins: bins,
                standard: standard,
                missing: missing
            )
        )
        return PMMLValue(slot: to, type: type, domain: PMMLDomain(domain.sorted(), isOpen: false))
    }

    /// An attribute as a value of a type, NaN when it is not there.
    private func optional(
        _ element: XMLElement,
        _ attribute: String,
        _ type: PMMLType
    ) throws(FormatError) -> Double {
        guard let text = element.string(attribute) else { return .nan }
        return try literal(text, type, at: element)
    }

    /// What a table of the document has for the values of some fields.
    private func mapValues(
        _ element: XMLElement,
        _ scope: PMMLScope
    ) throws(FormatError) -> PMMLValue {
        guard let table = element.child("InlineTable") else {
            throw element.unsupported("a table that is not in the file")
        }
        let type = try element.type(default: .string)
        let answer = try element.require(string: "outputColumn")
        var fields: [(value: PMMLValue, column: String)] = []
        for pair in element.children("FieldColumnPair") {
            let value = try resolve(try pair.require(string: "field"), scope, at: pair)
            fields.append((value, try pair.require(string: "column")))
        }
        guard !fields.isEmpty else { throw element.fail("no <FieldColumnPair>") }
        var entries: [(keys: [Double], answer: Double)] = []
        rows: for row in table.children("row") {
            let cells = inlineCells(row)
            var keys: [Double] = []
            for (value, column) in fields {
                guard let cell = cells[column] else { continue rows }
                keys.append(try literal(cell, value.type, at: row))
            }
            guard let cell = cells[answer] else { throw row.fail("no column '\(answer)'") }
            entries.append((keys, try literal(cell, type, at: row)))
        }
        let standard = try optional(element, "defaultValue", type)
        let missing = try optional(element, "mapMissingTo", type)
        let columns = try fields.indices.map { place throws(FormatError) in
            let keys = Array(Set(entries.map { $0.keys[place] })).sorted()
            return RowLookup.Column(slot: fields[place].value.slot, keys: keys)
        }
        let to = try newSlot()
        let rows = try positions(of: entries, in: columns, at: element)
        try emit(
            kernel: RowLookup(
                columns: columns,
                to: to,
                rows: rows,
                standard: standard,
                missing: missing
            )
        )
        let all = Set(entries.map(\.answer) + [standard, missing].filter { !$0.isNaN })
        return PMMLValue(slot: to, type: type, domain: PMMLDomain(all.sorted(), isOpen: false))
    }

    /// The rows of a table by the positions of their keys; of equal keys the first row counts.
    private func positions(
        of entries: [(keys: [Double], answer: Double)],
        in columns: [RowLookup.Column],
        at element: XMLElement
    ) throws(FormatError) -> [Int: Double] {
        var rows: [Int: Double] = [:]
        for entry in entries {
            var position = 0
            for (column, key) in zip(columns, entry.keys) {
                let (product, overflow) = position.multipliedReportingOverflow(
                    by: column.keys.count
                )
                guard !overflow, let place = RowLookup.position(of: key, in: column.keys) else {
                    throw element.fail("too many columns")
                }
                position = product + place
            }
            if rows[position] == nil { rows[position] = entry.answer }
        }
        return rows
    }

    /// The cells of a <row> by column, with and without prefix.
    func inlineCells(_ row: XMLElement) -> [String: String] {
        var cells: [String: String] = [:]
        for cell in row.children {
            let name = cell.name
            cells[name] = cell.text
            if let colon = name.firstIndex(of: ":") {
                cells[String(name[name.index(after: colon)...])] = cell.text
            }
        }
        return cells
    }
}
