import BorealBase
import BorealGraph

/// What is done to a number from outside before a model sees it.
struct RowNumberInput: RowKernel {
    /// Slot that is read.
    let from: Int32
    /// Slot of the answer.
    let to: Int32
    /// Whether every step is rounded to 32 bits, as the model asks for.
    var isFloat = false
    /// Fractions are invalid.
    var isWhole = false
    /// In ascending order; empty when every number is valid.
    var valid: [Double] = []
    /// Listed as invalid.
    var invalid: [Double] = []
    /// Listed as other spellings of a missing value.
    var missing: [Double] = []
    /// Where numbers are valid; empty for everywhere.
    var intervals: [PMMLInterval] = []
    /// What becomes of invalid numbers.
    var treatment = PMMLMiningField.Invalid.returnInvalid
    /// The number that stands in for invalid ones.
    var invalidReplacement = Double.nan
    /// What a missing value becomes.
    var replacement = Double.nan
    /// Rows without the number have no answer.
    var failsWhenMissing = false
    /// What becomes of valid numbers beyond the bounds.
    var outliers = PMMLMiningField.Outliers.asIs
    /// The lower bound for outliers.
    var low = -Double.infinity
    /// The upper bound for outliers.
    var high = Double.infinity

    /// Runs for one row; see `RowKernel`.
    func run(_ slots: Slots, _ predicates: RowPredicates) {
        var x = slots[Int(from)]
        if isFloat { x = Double(Float(x)) }
        if x.isNaN || missing.contains(x) {
            if failsWhenMissing { slots[0] = 1 }
            slots[Int(to)] = replacement
            return
        }
        if !isValid(x) {
            switch treatment {
            case .returnInvalid: slots[0] = 1
            case .asIs: break
            case .asMissing: x = replacement
            case .asValue: x = invalidReplacement
            }
            slots[Int(to)] = x
            return
        }
        slots[Int(to)] = withoutOutlier(x)
    }

    /// Whether the data dictionary allows a number.
    private func isValid(_ x: Double) -> Bool {
        if isWhole, x != x.rounded(.towardZero) { return false }
        if invalid.contains(x) { return false }
        if Self.holds(valid, x) { return true }
        if !intervals.isEmpty { return intervals.contains { $0.holds(x) } }
        return valid.isEmpty
    }

    /// Whether sorted numbers hold one.
    private static func holds(_ sorted: [Double], _ x: Double) -> Bool {
        var low = 0
        var high = sorted.count
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] == x { return true }
            if sorted[middle] < x { low = middle + 1 } else { high = middle }
        }
        return false
    }

    /// A valid number, brought within the bounds or taken for missing.
    func withoutOutlier(_ x: Double) -> Double {
        switch outliers {
        case .asIs: x
        case .asMissingValues: x < low || x > high ? replacement : x
        case .asExtremeValues: min(max(x, low), high)
        }
    }

    /// True when the kernel does nothing but copy.
    var isIdle: Bool {
        !isFloat && !isWhole && valid.isEmpty && invalid.isEmpty && missing.isEmpty
            && intervals.isEmpty && replacement.isNaN && !failsWhenMissing && outliers == .asIs
    }
}

/// What a model within a model does to a number.
private struct RowTreatment: RowKernel {
    /// Of which only the treatment of missing values and outliers counts here.
    let input: RowNumberInput

    /// Runs for one row; see `RowKernel`.
    func run(_ slots: Slots, _ predicates: RowPredicates) {
        let x = slots[Int(input.from)]
        if x.isNaN {
            if input.failsWhenMissing { slots[0] = 1 }
            slots[Int(input.to)] = input.replacement
        } else {
            slots[Int(input.to)] = input.withoutOutlier(x)
        }
    }
}

extension PMMLCompiler {
    /// Declares the features of the outermost model, in the order of its mining schema.
    func declareInputs(_ model: XMLElement, _ scope: PMMLScope) throws(FormatError) {
        var fields: [(PMMLMiningField, PMMLDataField)] = []
        var seen = Set<String>()
        for element in try model.require("MiningSchema").children("MiningField") {
            let field = try PMMLMiningField(element)
            guard field.isActive else { continue }
            if let refusal = refusedFields[field.name] { throw refusal }
            guard let declared = dataFields[field.name] else {
                throw element.fail("unknown field '\(field.name)'")
            }
            guard seen.insert(field.name).inserted else {
                throw element.fail("the field '\(field.name)' is there twice")
            }
            fields.append((field, declared))
        }
        firstInput = Int(try newSlot(fields.count))
        for (place, (field, declared)) in fields.enumerated() {
            let slot = Int32(truncatingIfNeeded: firstInput + place)
            let made = try collect { () throws(FormatError) in
                scope.fields[field.name] = try declareInput(field, declared, slot)
            }
            scope.prelude += made
        }
    }

    /// A feature, and what the model sees of it.
    private func declareInput(
        _ field: PMMLMiningField,
        _ declared: PMMLDataField,
        _ slot: Int32
    ) throws(FormatError) -> PMMLValue {
        switch declared.type {
        case .string: return try textInput(field, declared, slot)
        case .boolean: return try truthInput(field, slot)
        case .integer, .float, .double: return try numberInput(field, declared, slot)
        }
    }

    // MARK: - Numbers

    /// A feature that is a number.
    private func numberInput(
        _ field: PMMLMiningField,
        _ declared: PMMLDataField,
        _ slot: Int32
    ) throws(FormatError) -> PMMLValue {
        inputs.append(GraphInput(name: field.name))
        var input = RowNumberInput(from: slot, to: slot)
        input.isFloat = declared.type == .float
        input.isWhole = declared.type == .integer
        for value in declared.values {
            // "NaN" is listed as missing by writers whose library has no other missing value.
            guard let number = try? literal(value.text, declared.type, at: declared.element) else {
                guard value.property != .valid else {
                    throw declared.element.fail("'\(value.text)' is no number")
                }
                continue
            }
            switch value.property {
            case .valid: input.valid.append(number)
            case .invalid: input.invalid.append(number)
            case .missing: input.missing.append(number)
            }
        }
        input.valid.sort()
        input.intervals = declared.intervals
        try fill(&input, field, declared.type)
        var domain: PMMLDomain?
        if !input.valid.isEmpty, field.invalid != .asIs, field.outliers == .asIs {
            let more = [input.replacement, input.invalidReplacement].filter { !$0.isNaN }
            domain = PMMLDomain(Array(Set(input.valid + more)).sorted(), isOpen: false)
        }
        if !input.isIdle { try emit(kernel: input) }
        return PMMLValue(slot: slot, type: declared.type, domain: domain)
    }

    /// Takes over what the mining schema says.
    private func fill(
        _ input: inout RowNumberInput,
        _ field: PMMLMiningField,
        _ type: PMMLType
    ) throws(FormatError) {
        input.treatment = field.invalid
        if let text = field.replacement {
            input.replacement = try literal(text, type, at: field.element)
        }
        if let text = field.invalidReplacement {
            input.invalidReplacement = try literal(text, type, at: field.element)
            // Written by producers of 4.3 for what 4.4 calls asValue.
            if field.invalid == .asIs { input.treatment = .asValue }
        }
        input.failsWhenMissing = field.missing == .returnInvalid
        input.outliers = field.outliers
        input.low = field.low
        input.high = field.high
    }

    /// A field as a model within a model takes it: values that the outer model let pass are valid.
    func treat(_ value: PMMLValue, _ field: PMMLMiningField) throws(FormatError) -> PMMLValue {
        guard field.replacement != nil || field.outliers != .asIs || field.missing == .returnInvalid
        else { return value }
        var treated = value
        treated.slot = try newSlot()
        treated.constant = nil
        var input = RowNumberInput(from: value.slot, to: treated.slot)
        try fill(&input, field, value.type)
        if value.type == .string { input.outliers = .asIs }
        if let domain = value.domain, !input.replacement.isNaN {
            treated.domain = PMMLDomain(
                Array(Set(domain.values + [input.replacement])).sorted(),
                isOpen: domain.isOpen
            )
        }
        if field.outliers == .asExtremeValues { treated.domain = nil }
        try emit(kernel: RowTreatment(input: input))
        return treated
    }

    // MARK: - Truth values and text

    /// The spellings of false and true, in turns.
    private static let truthWords = [
        "false", "true", "0", "1", "False", "True", "FALSE", "TRUE", "0.0", "1.0",
    ]

    /// A feature that is true or false, in any spelling: as text, so that SQL's 0 and 1 are taken
    /// too.
    private func truthInput(
        _ field: PMMLMiningField,
        _ slot: Int32
    ) throws(FormatError) -> PMMLValue {
        let words = Self.truthWords
        try declareText(field.name, words)
        var table = RowTable(values: words.indices.map { Double($0 % 2) })
        try treat(&table, field, .boolean, outsider: RowProgram.invalid)
        try load(table, slot, field)
        return PMMLValue(slot: slot, type: .boolean, domain: PMMLDomain([0, 1], isOpen: false))
    }

    /// A feature that is text: its dictionary holds what the data dictionary lists and, when
    /// anything else may pass, every string that the document could compare it with.
    private func textInput(
        _ field: PMMLMiningField,
        _ declared: PMMLDataField,
        _ slot: Int32
    ) throws(FormatError) -> PMMLValue {
        let hasValid = !declared.validValues.isEmpty
        let letsPass = !hasValid || field.invalid == .asIs
        var properties: [Double: PMMLDataField.Property] = [:]
        var order: [Double] = []
        for value in declared.values {
            let code = strings.code(value.text)
            if properties.updateValue(value.property, forKey: code) == nil { order.append(code) }
        }
        if letsPass { try charge(documentDomain.values.count) }
        if letsPass { order += documentDomain.values.filter { properties[$0] == nil } }
        try declareText(field.name, order.map { strings.texts[Int($0)] })
        var table = RowTable(values: [])
        var domain = Set<Double>()
        for code in order {
            switch properties[code] {
            case .missing?: table.values.append(.nan)
            case .invalid? where field.invalid != .asIs: table.values.append(RowProgram.invalid)
            case nil where hasValid && field.invalid != .asIs:
                table.values.append(RowProgram.invalid)
            default:
                table.values.append(code)
                domain.insert(code)
            }
        }
        try treat(&table, field, .string, outsider: letsPass ? -1 : RowProgram.invalid)
        for code in table.values + [table.missing] where code >= 0 { domain.insert(code) }
        if table.unknown >= 0 { domain.insert(table.unknown) }
        try load(table, slot, field)
        return PMMLValue(
            slot: slot,
            type: .string,
            domain: PMMLDomain(domain.sorted(), isOpen: table.unknown == -1)
        )
    }

    /// A feature with a dictionary; what it does not hold is marked, not missing.
    private func declareText(_ name: String, _ texts: [String]) throws(FormatError) {
        do throws(GraphError) {
            let dictionary = try CategoryDictionary(.text(texts))
            inputs.append(GraphInput(name: name, kind: .category(dictionary), unseen: .marked))
        } catch { throw .invalidModel(error) }
    }

    /// Puts into a table what becomes of missing and invalid values.
    private func treat(
        _ table: inout RowTable,
        _ field: PMMLMiningField,
        _ type: PMMLType,
        outsider: Double
    ) throws(FormatError) {
        var replacement = Double.nan
        if let text = field.replacement { replacement = try literal(text, type, at: field.element) }
        var invalid = RowProgram.invalid
        switch field.invalid {
        case .returnInvalid: break
        case .asMissing: invalid = replacement
        case .asIs, .asValue:
            if let text = field.invalidReplacement {
                invalid = try literal(text, type, at: field.element)
            } else {
                invalid = -1
            }
        }
        let missing = field.missing == .returnInvalid ? RowProgram.invalid : replacement
        table.values = table.values.map {
            $0.isNaN ? missing : ($0 == RowProgram.invalid ? invalid : $0)
        }
        table.missing = missing
        table.unknown = outsider == RowProgram.invalid ? invalid : outsider
    }

    /// Turns the code of a cell into that of the document's strings.
    private func load(
        _ table: RowTable,
        _ slot: Int32,
        _ field: PMMLMiningField
    ) throws(FormatError) {
        try emit(.table(try add(table), slot, to: slot))
        if field.invalid == .returnInvalid || field.missing == .returnInvalid {
            try emit(.failIfInvalid(slot))
        }
    }
}
