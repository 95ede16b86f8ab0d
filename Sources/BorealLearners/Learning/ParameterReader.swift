public import BorealBoost

/// Reads `model_parameter=( ... )` of one class: each parameter is asked for by its documented name
/// with its default and range; whatever nobody asked for is an error in the end.
///
///     var reader = ParameterReader(pairs)
///     clusters = try reader.integer("n_clusters", default: 4, in: 1...1_000_000)
///     try reader.finish()
///
/// `None` means the default, and text is read as the number or boolean that it spells.
public struct ParameterReader: Sendable {
    private var given: [(name: String, value: ParameterValue)]
    private var asked: [String] = []
    /// What was asked for, in that order, with the values that hold.
    public private(set) var values: [(name: String, value: ParameterValue)] = []

    /// - Throws: `TrainingError.parameterTwice`.
    public init(_ pairs: [(name: String, value: ParameterValue)]) throws(TrainingError) {
        given = pairs
        var seen: Set<String> = []
        for (name, _) in pairs where !seen.insert(name.lowercased()).inserted {
            throw .parameterTwice(name: name, first: name, second: name)
        }
    }

    /// The value of a parameter under its name or one of its aliases; nil when it is absent.
    private mutating func take(
        _ name: String,
        _ aliases: [String]
    ) throws(TrainingError) -> (written: String, value: ParameterValue)? {
        asked += [name] + aliases
        let names = Set(([name] + aliases).map { $0.lowercased() })
        let matches = given.filter { names.contains($0.name.lowercased()) }
        given.removeAll { names.contains($0.name.lowercased()) }
        if matches.count > 1 {
            throw .parameterTwice(name: name, first: matches[0].name, second: matches[1].name)
        }
        guard let match = matches.first, match.value != .none else { return nil }
        return (match.name, match.value)
    }

    /// A whole number.
    ///
    /// - Throws: `TrainingError.wrongType`, `.outOfRange`, `.parameterTwice`.
    public mutating func integer(
        _ name: String,
        aliases: [String] = [],
        default initial: Int,
        in range: ClosedRange<Int>
    ) throws(TrainingError) -> Int {
        var number = initial
        if let (written, value) = try take(name, aliases) {
            guard let whole = value.asInteger else { throw .wrongType(written, "integer", value) }
            guard let fitting = Int(exactly: whole), range.contains(fitting) else {
                let allowed = "[\(range.lowerBound), \(range.upperBound)]"
                throw .outOfRange(parameter: written, allowed: allowed, value: value.description)
            }
            number = fitting
        }
        values.append((name, .integer(Int64(number))))
        return number
    }

    /// A finite number.
    ///
    /// - Parameter excludesLower: whether the lower bound itself is not allowed.
    /// - Throws: `TrainingError.wrongType`, `.outOfRange`, `.parameterTwice`.
    public mutating func real(
        _ name: String,
        aliases: [String] = [],
        default initial: Double,
        from lower: Double,
        to upper: Double = .infinity,
        excludesLower: Bool = false
    ) throws(TrainingError) -> Double {
        var number = initial
        if let (written, value) = try take(name, aliases) {
            guard let real = value.asReal else { throw .wrongType(written, "number", value) }
            guard real <= upper, excludesLower ? real > lower : real >= lower else {
                let end = upper.isFinite ? "\(upper)]" : "infinity)"
                let allowed = "\(excludesLower ? "(" : "[")\(lower), \(end)"
                throw .outOfRange(parameter: written, allowed: allowed, value: value.description)
            }
            number = real
        }
        values.append((name, .real(number)))
        return number
    }

    /// `True` or `False`.
    ///
    /// - Throws: `TrainingError.wrongType`, `.parameterTwice`.
    public mutating func flag(
        _ name: String,
        aliases: [String] = [],
        default initial: Bool
    ) throws(TrainingError) -> Bool {
        var isOn = initial
        if let (written, value) = try take(name, aliases) {
            guard let boolean = value.asBoolean else {
                throw .wrongType(written, "boolean", value)
            }
            isOn = boolean
        }
        values.append((name, .boolean(isOn)))
        return isOn
    }

    /// One of several words, compared without case. Raw values are the documented spellings.
    ///
    /// - Parameter synonyms: other spellings, in lower case, and what they mean.
    /// - Throws: `TrainingError.unknownChoice`, `.parameterTwice`.
    public mutating func word<Choice>(
        _ name: String,
        aliases: [String] = [],
        default initial: Choice,
        synonyms: [String: Choice] = [:]
    ) throws(TrainingError) -> Choice
    where Choice: CaseIterable & RawRepresentable, Choice.RawValue == String {
        var choice = initial
        if let (written, value) = try take(name, aliases) {
            let folded = value.description.lowercased()
            let known = Choice.allCases.first { $0.rawValue.lowercased() == folded }
            guard let match = known ?? synonyms[folded] else {
                throw .unknownChoice(
                    parameter: written,
                    allowed: Choice.allCases.map(\.rawValue),
                    value: value.description
                )
            }
            choice = match
        }
        values.append((name, .text(choice.rawValue)))
        return choice
    }

    /// A parameter whose form its class reads; nil when it is absent.
    ///
    /// - Parameter initial: what is shown when it is absent.
    /// - Throws: `TrainingError.parameterTwice`; whatever `read` throws.
    public mutating func value<Value>(
        _ name: String,
        aliases: [String] = [],
        default initial: ParameterValue,
        _ read: (_ written: String, ParameterValue) throws(TrainingError) -> Value
    ) throws(TrainingError) -> Value? {
        guard let (written, value) = try take(name, aliases) else {
            values.append((name, initial))
            return nil
        }
        let result = try read(written, value)
        values.append((name, value))
        return result
    }

    /// Ends the reading.
    ///
    /// - Throws: `TrainingError.unknownParameter` with the nearest name that was asked for.
    public func finish() throws(TrainingError) {
        guard let unknown = given.first else { return }
        throw .unknownParameter(
            name: unknown.name,
            nearest: ParameterTable.nearest(to: unknown.name, among: asked) ?? ""
        )
    }
}
