/// Functions of text. Every text that a row can hold is known when a document is read, so a
/// function becomes a table, and rows work with codes; text that is in no table leaves the row
/// without an answer.
extension PMMLCompiler {
    /// A table of what a function has for each code of a domain.
    func tabulated(
        _ value: PMMLValue,
        _ type: PMMLType,
        _ function: (Double) throws(FormatError) -> Double
    ) throws(FormatError) -> PMMLValue {
        guard let domain = value.domain, value.type == .string else {
            throw root.unsupported("a function of any text")
        }
        var table = RowTable(values: [])
        table.unknown = RowProgram.invalid
        var answers = Set<Double>()
        for code in domain.values where code >= 0 {
            while table.values.count <= Int(code) { table.values.append(RowProgram.invalid) }
            let answer = try function(code)
            table.values[Int(code)] = answer
            if !answer.isNaN { answers.insert(answer) }
        }
        let to = try newSlot()
        try emit(.table(try add(table), value.slot, to: to))
        if domain.isOpen { try emit(.failIfInvalid(to)) }
        return PMMLValue(slot: to, type: type, domain: PMMLDomain(answers.sorted(), isOpen: false))
    }

    func text(
        _ name: String,
        _ arguments: [PMMLValue],
        _ element: XMLElement
    ) throws(FormatError) -> PMMLValue {
        var values: [PMMLValue] = []
        for (place, argument) in arguments.enumerated() {
            let isText = place == 0 || name != "substring"
            values.append(isText ? try cast(argument, to: .string, at: element) : argument)
        }
        let counts = ["substring": 3, "replace": 3, "matches": 2]
        guard name == "concat" ? values.count >= 2 : values.count == counts[name] ?? 1 else {
            throw element.fail("\(values.count) arguments")
        }
        switch name {
        case "uppercase": return try map(values[0]) { $0.uppercased() }
        case "lowercase": return try map(values[0]) { $0.lowercased() }
        case "trimBlanks": return try map(values[0], Self.trimmed)
        case "stringLength":
            let texts = strings.texts
            return try tabulated(values[0], .integer) { Double(texts[Int($0)].utf16.count) }
        case "substring": return try substring(values, element)
        case "concat":
            var joined = values[0]
            for value in values.dropFirst() { joined = try concatenation(joined, value, element) }
            return joined
        default: return try pattern(name, values, element)
        }
    }

    private func map(
        _ value: PMMLValue,
        _ function: (String) -> String
    ) throws(FormatError) -> PMMLValue {
        try tabulated(value, .string) { code in
            strings.code(function(strings.texts[Int(code)]))
        }
    }

    private static func trimmed(_ text: String) -> String {
        var rest = text[...]
        while let first = rest.first, first.isWhitespace { rest.removeFirst() }
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        return String(rest)
    }

    private func substring(
        _ values: [PMMLValue],
        _ element: XMLElement
    ) throws(FormatError) -> PMMLValue {
        guard let start = values[1].constant.flatMap(Int.init(exactly:)),
            let length = values[2].constant.flatMap(Int.init(exactly:)), start >= 1, length >= 0
        else { throw element.unsupported("a substring between places that rows choose") }
        return try map(values[0]) { text in
            String(
                String.UnicodeScalarView(text.unicodeScalars.dropFirst(start - 1).prefix(length))
            )
        }
    }

    /// A table over pairs of codes.
    private func concatenation(
        _ left: PMMLValue,
        _ right: PMMLValue,
        _ element: XMLElement
    ) throws(FormatError) -> PMMLValue {
        guard let first = left.domain, let second = right.domain else {
            throw element.unsupported("a function of any text")
        }
        let (count, overflow) = first.values.count.multipliedReportingOverflow(
            by: second.values.count
        )
        guard !overflow, count <= FormatLimits.programCellsMax - cells else {
            throw .tooLarge(.pmml, what: "cells of tables", limit: FormatLimits.programCellsMax)
        }
        let length = { (domain: PMMLDomain) in
            domain.values.reduce(0) { $0 + self.strings.texts[Int($1)].utf8.count }
        }
        let bytes = length(first) * second.values.count + length(second) * first.values.count
        guard bytes <= FormatLimits.programTextBytesMax else {
            throw .tooLarge(.pmml, what: "bytes of text", limit: FormatLimits.programTextBytesMax)
        }
        var table = RowTable(values: [], unknown: .nan)
        for a in first.values {
            for b in second.values {
                table.values.append(strings.code(strings.texts[Int(a)] + strings.texts[Int(b)]))
            }
        }
        let domain = PMMLDomain(Array(Set(table.values)).sorted(), isOpen: false)
        let a = try place(left, first)
        let b = try place(right, second)
        let to = try newSlot()
        let width = Int32(truncatingIfNeeded: second.values.count)
        try emit(.pair(try add(table), a, b, width: width, to: to))
        return PMMLValue(slot: to, type: .string, domain: domain)
    }

    /// The place of a code in its domain.
    private func place(_ value: PMMLValue, _ domain: PMMLDomain) throws(FormatError) -> Int32 {
        var places: [Double: Double] = [:]
        for (place, code) in domain.values.enumerated() { places[code] = Double(place) }
        return try tabulated(value, .integer) { places[$0] ?? .nan }.slot
    }

    private func pattern(
        _ name: String,
        _ values: [PMMLValue],
        _ element: XMLElement
    ) throws(FormatError) -> PMMLValue {
        guard let code = values[1].constant, code >= 0 else {
            throw element.unsupported("a pattern that rows choose")
        }
        let pattern: TextPattern
        do throws(TextPattern.Defect) {
            pattern = try TextPattern(strings.texts[Int(code)])
        } catch {
            switch error {
            case .unsupported(let what): throw element.unsupported("\(what) in a pattern")
            case .malformed(let what): throw element.fail("a pattern with \(what)")
            }
        }
        let length = (values[0].domain?.values ?? []).reduce(0) {
            $0 + ($1 >= 0 ? strings.texts[Int($1)].utf8.count + 1 : 0)
        }
        let (work, overflow) = length.multipliedReportingOverflow(by: pattern.code.count)
        guard !overflow, work <= FormatLimits.patternWorkMax else {
            throw .tooLarge(.pmml, what: "steps of a pattern", limit: FormatLimits.patternWorkMax)
        }
        guard name == "replace" else {
            let texts = strings.texts
            return try tabulated(values[0], .boolean) {
                pattern.isFound(in: texts[Int($0)]) ? 1 : 0
            }
        }
        guard let code = values[2].constant, code >= 0 else {
            throw element.unsupported("a replacement that rows choose")
        }
        let replacement = strings.texts[Int(code)]
        guard !replacement.contains("$"), !replacement.contains("\\") else {
            throw element.unsupported("a replacement with groups")
        }
        return try map(values[0]) { pattern.replacing(in: $0, with: replacement) }
    }
}
