import BorealBase

/// The types of values that programs know.
enum PMMLType: String, Equatable, Sendable {
    /// A code in the program; `strings` has the text.
    case string
    /// A whole number of 32 bits.
    case integer
    /// A number of 32 bits: rounded when it is read and after every operation.
    case float
    /// A number of 64 bits.
    case double
    /// 1 or 0.
    case boolean

    /// Whether arithmetic makes sense of it.
    var isNumber: Bool { self != .string && self != .boolean }

    /// The type that arithmetic of both ends in.
    func joined(_ other: PMMLType) -> PMMLType {
        if self == other { return self }
        if self == .double || other == .double { return .double }
        if self == .float || other == .float { return .float }
        return self == .boolean ? other : self
    }
}

extension XMLElement {
    /// The attribute `dataType`.
    ///
    /// - Throws: `FormatError.unsupportedFormat` for dates and times.
    func type() throws(FormatError) -> PMMLType { try choice("dataType") }

    /// The attribute `dataType`, or the type of elements without one.
    func type(default value: PMMLType) throws(FormatError) -> PMMLType {
        try choice("dataType", default: value)
    }
}

/// What is between two margins.
struct PMMLInterval: Sendable {
    /// The least that it may be; minus infinity for no bound.
    var low: Double
    /// The greatest that it may be; infinity for no bound.
    var high: Double
    /// Whether the lower margin itself is within.
    var includesLow: Bool
    /// Whether the upper margin itself is within.
    var includesHigh: Bool

    /// Of an <Interval>.
    init(_ element: XMLElement) throws(FormatError) {
        low = try element.number("leftMargin") ?? -.infinity
        high = try element.number("rightMargin") ?? .infinity
        let closure = element.string("closure") ?? "closedClosed"
        guard ["openOpen", "openClosed", "closedOpen", "closedClosed"].contains(closure) else {
            throw element.fail("closure=\"\(closure)\"")
        }
        includesLow = closure.hasPrefix("closed")
        includesHigh = closure.hasSuffix("Closed")
        guard low <= high else { throw element.fail("the left margin is above the right one") }
    }

    @inline(__always)
    func holds(_ x: Double) -> Bool {
        (includesLow ? x >= low : x > low) && (includesHigh ? x <= high : x < high)
    }
}

/// A field of the data dictionary.
struct PMMLDataField {
    /// What a listed value is: one to take, one to refuse, or another spelling of a missing one.
    enum Property: String {
        case valid, invalid, missing
    }

    /// Whether values are measured, named, or named in an order.
    enum Operation: String {
        case continuous, categorical, ordinal
    }

    /// A listed value.
    struct Value {
        /// As the document writes it.
        var text: String
        /// As people should see it.
        var display: String?
        /// What it counts as.
        var property: Property
    }

    /// As the document calls it.
    var name: String
    /// Of its values.
    var type: PMMLType
    /// How its values are to be taken.
    var operation: Operation
    /// Listed values, in order.
    var values: [Value] = []
    /// Where numbers are valid; empty for everywhere.
    var intervals: [PMMLInterval] = []
    /// The element of the document that says so.
    var element: XMLElement

    /// Reads the element.
    init(_ element: XMLElement) throws(FormatError) {
        self.element = element
        name = try element.require(string: "name")
        type = try element.type(default: .double)
        operation = try element.choice(
            "optype",
            default: type == .string ? .categorical : .continuous
        )
        for child in element.children {
            switch child.name {
            case "Value":
                values.append(
                    Value(
                        text: try child.require(string: "value"),
                        display: child.string("displayValue"),
                        property: try child.choice("property", default: .valid)
                    )
                )
            case "Interval": intervals.append(try PMMLInterval(child))
            default: break
            }
        }
    }

    /// The values that are listed as valid.
    var validValues: [Value] { values.filter { $0.property == .valid } }
}

/// How a model takes one field.
struct PMMLMiningField {
    /// What a field is to a model.
    enum Usage: String {
        case active, predicted, target, supplementary, group, order, frequencyWeight, analysisWeight
    }

    /// What becomes of values that the data dictionary does not allow.
    enum Invalid: String {
        case returnInvalid, asIs, asMissing, asValue
    }

    /// What becomes of numbers beyond `lowValue` and `highValue`.
    enum Outliers: String {
        case asIs, asMissingValues, asExtremeValues
    }

    /// How the replacement came to be, which changes nothing; or that there is no answer without
    /// the field.
    enum Missing: String {
        case asIs, asMean, asMode, asMedian, asValue, returnInvalid
    }

    /// As the document calls it.
    var name: String
    /// What it is to the model.
    var usage: Usage
    /// What a missing value becomes.
    var replacement: String?
    /// Whether rows without the field are refused.
    var missing: Missing
    /// What an invalid value becomes.
    var invalid: Invalid
    /// The value that stands in for invalid ones.
    var invalidReplacement: String?
    /// What becomes of numbers beyond the bounds.
    var outliers: Outliers
    /// The least that it may be; minus infinity for no bound.
    var low: Double
    /// The greatest that it may be; infinity for no bound.
    var high: Double
    /// The element of the document that says so.
    var element: XMLElement

    /// Reads the element.
    init(_ element: XMLElement) throws(FormatError) {
        self.element = element
        name = try element.require(string: "name")
        usage = try element.choice("usageType", default: .active)
        replacement = element.string("missingValueReplacement")
        missing = try element.choice("missingValueTreatment", default: .asIs)
        invalid = try element.choice("invalidValueTreatment", default: .returnInvalid)
        invalidReplacement = element.string("invalidValueReplacement")
        outliers = try element.choice("outliers", default: .asIs)
        low = try element.number("lowValue") ?? -.infinity
        high = try element.number("highValue") ?? .infinity
        if invalid == .asValue, invalidReplacement == nil {
            throw element.fail("no attribute 'invalidValueReplacement'")
        }
    }

    /// Whether the model predicts it.
    var isTarget: Bool { usage == .target || usage == .predicted }
    /// Whether the model reads it.
    var isActive: Bool { usage == .active || usage == .group || usage == .order }
}

/// What is done to a prediction before it is given out.
struct PMMLTarget {
    /// A listed value.
    struct Value {
        /// As the document writes it.
        var text: String?
        /// As people should see it.
        var display: String?
        /// The probability of the class before anything is known.
        var prior: Double?
        /// The number where a model has no answer.
        var standard: Double?
    }

    /// How a number becomes a whole one.
    enum Cast: String {
        case round, ceiling, floor
    }

    /// The field that is meant; nil for the only one.
    var field: String?
    /// The least that it may be; minus infinity for no bound.
    var low: Double
    /// The greatest that it may be; infinity for no bound.
    var high: Double
    /// What a prediction is multiplied with.
    var factor: Double
    /// What is added behind that.
    var constant: Double
    /// How it is made a whole number, last of all.
    var cast: Cast?
    /// Listed values, in order.
    var values: [Value] = []

    /// Reads the element.
    init(_ element: XMLElement) throws(FormatError) {
        field = element.string("field")
        low = try element.number("min") ?? -.infinity
        high = try element.number("max") ?? .infinity
        factor = try element.number("rescaleFactor") ?? 1
        constant = try element.number("rescaleConstant") ?? 0
        if element.string("castInteger") != nil { cast = try element.choice("castInteger") }
        for child in element.children("TargetValue") {
            values.append(
                Value(
                    text: child.string("value"),
                    display: child.string("displayValue"),
                    prior: try child.number("priorProbability"),
                    standard: try child.number("defaultValue")
                )
            )
        }
    }
}

/// All strings of a document that values may be, each with its code.
struct PMMLStrings {
    /// By code.
    private(set) var texts: [String] = []
    /// The code of a text.
    private var codes: [String: Int32] = [:]

    /// The code of a string, given out when it is new.
    mutating func code(_ text: String) -> Double {
        if let code = codes[text] { return Double(code) }
        let code = Int32(truncatingIfNeeded: texts.count)
        texts.append(text)
        codes[text] = code
        return Double(code)
    }

    /// The code of a string that was met before.
    func known(_ text: String) -> Double? { codes[text].map(Double.init) }
}
