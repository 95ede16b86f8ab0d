import BorealBase
import BorealBoost
import BorealGraph

/// The values that a slot may hold, besides missing ones: codes of strings, or numbers.
final class PMMLDomain {
    /// In ascending order, each once.
    let values: [Double]
    /// True when text that the document never names may be there too, as -1.
    let isOpen: Bool

    /// What is known at the start.
    init(_ values: [Double], isOpen: Bool) {
        self.values = values
        self.isOpen = isOpen
    }
}

/// Where a value is, and what is known of it before any row is.
struct PMMLValue {
    /// Where it stands.
    var slot: Int32
    /// Of the value.
    var type: PMMLType
    /// Nil for numbers out of no list.
    var domain: PMMLDomain?
    /// The value, when it is the same for all rows.
    var constant: Double?
}

/// The names that expressions of a model may use.
final class PMMLScope {
    /// The model around this one; nil for the outermost, and for functions.
    let parent: PMMLScope?
    /// What is known by name so far.
    var fields: [String: PMMLValue] = [:]
    /// Derived fields that nobody asked for yet.
    var pending: [String: XMLElement] = [:]
    /// Derived fields that are being compiled.
    var building: Set<String> = []
    /// Fields of a model within a model, and how it takes them.
    var miningFields: [String: PMMLMiningField] = [:]
    /// Outputs of segments that ran before, for the segments behind them.
    var chained: [String: PMMLValue] = [:]
    /// Steps that run before all else of the model.
    var prelude: [RowStep] = []
    /// True when the model computes in 32 bits.
    var isFloat = false

    /// What is known at the start.
    init(parent: PMMLScope?) { self.parent = parent }
}

/// Compiles a PMML document into a program.
final class PMMLCompiler {
    /// The element <PMML>.
    let root: XMLElement
    /// What is made.
    var program = RowProgram()
    /// Where steps go.
    var steps: [RowStep] = []
    /// All text that values may be.
    var strings = PMMLStrings()
    /// The data dictionary.
    var dataFields: [String: PMMLDataField] = [:]
    /// Why fields cannot be used.
    var refusedFields: [String: FormatError] = [:]
    /// Positions of the classes that were asked for last.
    private var classIndex: (classes: [String], places: [String: Int]) = ([], [:])
    /// Functions that the document defines.
    var functions: [String: XMLElement] = [:]
    /// Functions that are being put in place of their calls.
    var openFunctions: Set<String> = []
    /// How deep expressions, conditions and models are nested at the moment.
    var depth = 0
    /// Numbers of tables and distributions so far.
    var cells = 0
    /// The features of the graph.
    var inputs: [GraphInput] = []
    /// The slot of the first feature; the others follow.
    var firstInput = 0
    /// Slots of constants, by their bits.
    private var constants: [UInt64: Int32] = [:]
    /// Steps so far, also of parts that are kept apart.
    private var stepCount = 0
    /// All strings that the document names, for fields that may hold any text.
    private(set) lazy var documentDomain = PMMLDomain(documentStrings(), isOpen: true)

    /// What is known at the start.
    init(_ root: XMLElement) throws(FormatError) {
        self.root = root
        for element in try root.require("DataDictionary").children("DataField") {
            let field: PMMLDataField
            do throws(FormatError) { field = try PMMLDataField(element) } catch {
                // A field of an unknown type does no harm while no model asks for it.
                guard case .unsupportedFormat = error, let name = element.string("name") else {
                    throw error
                }
                refusedFields[name] = error
                continue
            }
            guard dataFields.updateValue(field, forKey: field.name) == nil else {
                throw element.fail("the field '\(field.name)' is declared twice")
            }
        }
        for element in root.child("TransformationDictionary")?.children("DefineFunction") ?? [] {
            functions[try element.require(string: "name")] = element
        }
    }

    // MARK: - Slots and steps

    /// The first of some new slots, which rows begin with.
    func newSlot(_ count: Int = 1, of value: Double = .nan) throws(FormatError) -> Int32 {
        assert(count >= 0, "a run of less than no slots")
        guard count <= FormatLimits.programSlotsMax - program.initial.count else {
            throw .tooLarge(.pmml, what: "values of a row", limit: FormatLimits.programSlotsMax)
        }
        let slot = Int32(truncatingIfNeeded: program.initial.count)
        program.initial += [Double](repeating: value, count: count)
        return slot
    }

    /// A slot that holds this number in every row.
    func constant(_ value: Double) throws(FormatError) -> Int32 {
        if let slot = constants[value.bitPattern] { return slot }
        let slot = try newSlot(of: value)
        constants[value.bitPattern] = slot
        return slot
    }

    /// Adds a step, or a kernel, where steps go at the moment.
    func emit(_ step: RowStep) throws(FormatError) {
        stepCount += 1
        guard stepCount <= FormatLimits.programStepsMax else {
            throw .tooLarge(.pmml, what: "steps", limit: FormatLimits.programStepsMax)
        }
        steps.append(step)
    }

    /// Adds a step, or a kernel, where steps go at the moment.
    func emit(kernel: any RowKernel) throws(FormatError) {
        try emit(.kernel(Int32(truncatingIfNeeded: program.kernels.count)))
        program.kernels.append(kernel)
    }

    /// Counts numbers that a small piece of a document makes many of, before they are made.
    func charge(_ count: Int) throws(FormatError) {
        assert(count >= 0, "a count of numbers is negative")
        guard count <= FormatLimits.programCellsMax - cells else {
            throw .tooLarge(.pmml, what: "cells of tables", limit: FormatLimits.programCellsMax)
        }
        cells += count
    }

    /// Adds a table.
    func add(_ table: RowTable) throws(FormatError) -> Int32 {
        try charge(table.values.count)
        program.tables.append(table)
        return Int32(truncatingIfNeeded: program.tables.count - 1)
    }

    /// The slot of a function of one slot.
    func unary(_ function: RowFunction, _ slot: Int32) throws(FormatError) -> Int32 {
        let to = try newSlot()
        try emit(.unary(function, slot, to: to))
        return to
    }

    /// The slot of a function of two slots.
    func binary(_ function: RowOperator, _ a: Int32, _ b: Int32) throws(FormatError) -> Int32 {
        let to = try newSlot()
        try emit(.binary(function, a, b, to: to))
        return to
    }

    /// Goes one level deeper; documents nest expressions, predicates and models.
    func nested<Result>(
        _ element: XMLElement,
        _ body: () throws(FormatError) -> Result
    ) throws(FormatError) -> Result {
        guard depth < FormatLimits.programNestingMax else {
            throw .tooLarge(
                .pmml,
                what: "nested expressions, predicates or models",
                limit: FormatLimits.programNestingMax
            )
        }
        depth += 1
        defer { depth -= 1 }
        return try body()
    }

    /// The steps that `body` emits, kept apart.
    func collect(_ body: () throws(FormatError) -> Void) throws(FormatError) -> [RowStep] {
        let saved = steps
        steps = []
        do throws(FormatError) { try body() } catch {
            steps = saved
            throw error
        }
        defer { steps = saved }
        return steps
    }

    // MARK: - Names

    /// The value of a field.
    ///
    /// - Throws: `FormatError.malformed` for names that nobody declares, and for derived fields
    ///   that rest on themselves.
    func resolve(
        _ name: String,
        _ scope: PMMLScope,
        at element: XMLElement
    ) throws(FormatError) -> PMMLValue {
        if let value = scope.fields[name] { return value }
        if let derived = scope.pending[name] { return try derive(derived, name, scope) }
        guard let parent = scope.parent else { throw element.fail("unknown field '\(name)'") }
        let outer: PMMLValue
        if let chained = parent.chained[name] {
            outer = chained
        } else {
            outer = try resolve(name, parent, at: element)
        }
        guard let field = scope.miningFields[name] else { return outer }
        var treated = outer
        let made = try collect { () throws(FormatError) in treated = try treat(outer, field) }
        scope.prelude += made
        scope.fields[name] = treated
        return treated
    }

    /// Compiles a derived field. Its steps go to the prelude of its scope, so that they run before
    /// whatever asked for it, also where that runs for some rows only.
    private func derive(
        _ element: XMLElement,
        _ name: String,
        _ scope: PMMLScope
    ) throws(FormatError) -> PMMLValue {
        guard scope.building.insert(name).inserted else {
            throw element.fail("the derived field '\(name)' rests on itself")
        }
        defer { scope.building.remove(name) }
        let value = try nested(element) { () throws(FormatError) in
            var value: PMMLValue?
            let made = try collect { () throws(FormatError) in
                value = try derived(element, scope)
            }
            scope.prelude += made
            guard let value else { throw element.fail("no expression") }
            return value
        }
        scope.fields[name] = value
        scope.pending[name] = nil
        return value
    }

    /// The value of a field, which must be a number (or true and false as 1 and 0).
    func number(
        _ name: String,
        _ scope: PMMLScope,
        at element: XMLElement
    ) throws(FormatError) -> Int32 {
        let value = try resolve(name, scope, at: element)
        guard value.type != .string else { throw element.fail("the field '\(name)' is no number") }
        return value.slot
    }

    /// A text as a value of a type: a code for strings.
    func literal(
        _ text: String,
        _ type: PMMLType,
        at element: XMLElement
    ) throws(FormatError) -> Double {
        var text = text
        switch type {
        case .string: return strings.code(text)
        case .boolean:
            switch text.asciiLowercased {
            case "true", "1", "1.0": return 1
            case "false", "0", "0.0": return 0
            default: throw element.fail("'\(text.prefix(40))' is neither true nor false")
            }
        case .integer, .double, .float:
            guard let value = text.withUTF8({ XMLElement.number(UnsafeRawBufferPointer($0)) })
            else { throw element.fail("'\(text.prefix(40))' is no number") }
            return type == .float ? Double(Float(value)) : value
        }
    }

    /// The position of a class by its name.
    func place(of name: String, in classes: [String]) -> Int? {
        // Equal arrays are mostly the same memory, which is seen at once.
        if classIndex.classes != classes {
            classIndex.classes = classes
            classIndex.places = [:]
            for (place, other) in classes.enumerated().reversed() {
                classIndex.places[other] = place
            }
        }
        return classIndex.places[name]
    }

    /// A constant as a value.
    func constantValue(_ value: Double, _ type: PMMLType) throws(FormatError) -> PMMLValue {
        PMMLValue(
            slot: try constant(value),
            type: type,
            domain: value.isNaN ? nil : PMMLDomain([value], isOpen: false),
            constant: value
        )
    }

    // MARK: - All strings

    /// Codes of all strings that the document may compare values with.
    private func documentStrings() -> [Double] {
        var found = Set<Double>()
        var changesCase = false
        for index in root.document.nodes.indices {
            let element = XMLElement(document: root.document, index: index, format: .pmml)
            switch element.name {
            case "Node", "ScoreDistribution", "MiningField", "NumericPredictor": continue
            case "Array" where element.string("type") == "string":
                for text in element.strings() { found.insert(strings.code(text)) }
            case "Constant": found.insert(strings.code(element.text))
            case "row":
                for cell in element.children { found.insert(strings.code(cell.text)) }
            case "Apply":
                let function = element.string("function")
                if function == "lowercase" || function == "uppercase" { changesCase = true }
            default:
                guard let text = element.string("value"), !asksNumber(element) else { continue }
                found.insert(strings.code(text))
            }
        }
        if changesCase {
            for text in found.map({ strings.texts[Int($0)] }) {
                found.insert(strings.code(text.lowercased()))
                found.insert(strings.code(text.uppercased()))
            }
        }
        return found.sorted()
    }

    /// Whether the value of an element is compared with a number of the data dictionary.
    private func asksNumber(_ element: XMLElement) -> Bool {
        for attribute in ["field", "name", "fieldName", "predictorName"] {
            if let name = element.string(attribute), let field = dataFields[name] {
                return field.type != .string
            }
        }
        return false
    }
}
