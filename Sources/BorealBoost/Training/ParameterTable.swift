import BorealBase

/// The names under which parameters can be set: LightGBM's, with all of LightGBM's aliases.
public enum ParameterTable {
    /// One parameter: its names, what it may be, and where it goes.
    struct Entry: Sendable {
        /// LightGBM's name.
        let name: String
        /// Its other names.
        let aliases: [String]
        /// What values it takes, and how they are stored.
        let kind: Kind
    }

    /// What values a parameter takes. Integer and real bounds are inclusive unless `open`.
    enum Kind: Sendable {
        case integer(ClosedRange<Int64>, @Sendable (inout TrainingParameters, Int) -> Void)
        case real(Interval, @Sendable (inout TrainingParameters, Double) -> Void)
        case boolean(@Sendable (inout TrainingParameters, Bool) -> Void)
        case word(
            @Sendable (inout TrainingParameters, String) throws(TrainingError) -> Void
        )
        case words(
            @Sendable (inout TrainingParameters, [String]) throws(TrainingError) -> Void
        )
        case integers(
            ClosedRange<Int64>,
            @Sendable (inout TrainingParameters, [Int]) throws(TrainingError) -> Void
        )
        case reals(
            Interval,
            @Sendable (inout TrainingParameters, [Double]) throws(TrainingError) -> Void
        )
        /// A list of lists of whole numbers.
        case lists(ClosedRange<Int64>, @Sendable (inout TrainingParameters, [[Int]]) -> Void)
        /// Accepted and without effect: it changes logging or speed in LightGBM, not the model.
        case ignored
        /// Known to LightGBM and not supported unless it has this value, which means "off".
        case unsupported(off: [String])
    }

    /// An interval of numbers.
    struct Interval: Sendable, CustomStringConvertible {
        let lower: Double
        let upper: Double
        var lowerIsOpen = false
        var upperIsOpen = false

        func contains(_ value: Double) -> Bool {
            (lowerIsOpen ? value > lower : value >= lower)
                && (upperIsOpen ? value < upper : value <= upper)
        }
        var description: String {
            let right = upper.isFinite && !upperIsOpen ? "]" : ")"
            let top = upper.isFinite ? "\(upper)" : "infinity"
            return "\(lowerIsOpen ? "(" : "[")\(lower), \(top)\(right)"
        }
    }

    /// LightGBM's name for a name or alias, in any case; nil when nobody knows it.
    public static func canonicalName(_ name: String) -> String? {
        index[name.lowercased()].map { entries[$0].name }
    }

    /// The known name that takes the fewest single-letter changes to reach.
    public static func nearestName(to name: String) -> String {
        nearest(to: name, among: entries.flatMap { [$0.name] + $0.aliases }) ?? ""
    }

    /// The one of some names that takes the fewest single-letter changes to reach, the first of
    /// equals; nil when there are none.
    package static func nearest(to name: String, among names: [String]) -> String? {
        NearestName.find(name, among: names)
    }

    /// Every name with its aliases, in the table's order.
    public static var names: [(name: String, aliases: [String])] {
        entries.map { ($0.name, $0.aliases) }
    }

    static let index: [String: Int] = {
        var index: [String: Int] = [:]
        for (position, entry) in entries.enumerated() {
            for name in [entry.name] + entry.aliases { index[name] = position }
        }
        return index
    }()

    static func integer(
        _ name: String,
        _ value: ParameterValue,
        _ range: ClosedRange<Int64>
    ) throws(TrainingError) -> Int {
        guard let number = value.asInteger else { throw .wrongType(name, "integer", value) }
        guard range.contains(number) else {
            let allowed = "[\(range.lowerBound), \(range.upperBound)]"
            throw .outOfRange(parameter: name, allowed: allowed, value: value.description)
        }
        return Int(number)
    }

    static func real(
        _ name: String,
        _ value: ParameterValue,
        _ interval: Interval
    ) throws(TrainingError) -> Double {
        guard let number = value.asReal else { throw .wrongType(name, "number", value) }
        guard interval.contains(number) else {
            throw .outOfRange(
                parameter: name,
                allowed: interval.description,
                value: value.description
            )
        }
        return number
    }
}

extension TrainingError {
    /// `wrongType` of a value as it was given.
    package static func wrongType(
        _ name: String,
        _ expected: String,
        _ value: ParameterValue
    ) -> TrainingError {
        .wrongType(parameter: name, expected: expected, value: value.description)
    }
}

extension TrainingParameters {
    /// Sets one parameter by name or alias.
    ///
    /// - Throws: `unknownParameter`, `wrongType`, `outOfRange`, `unknownChoice` or `unsupported`.
    public mutating func set(_ name: String, to value: ParameterValue) throws(TrainingError) {
        guard let position = ParameterTable.index[name.lowercased()] else {
            throw .unknownParameter(name: name, nearest: ParameterTable.nearestName(to: name))
        }
        if value == .none { return }
        let entry = ParameterTable.entries[position]
        switch entry.kind {
        case .integer(let range, let store):
            store(&self, try ParameterTable.integer(name, value, range))
        case .real(let interval, let store):
            store(&self, try ParameterTable.real(name, value, interval))
        case .boolean(let store):
            guard let flag = value.asBoolean else { throw .wrongType(name, "boolean", value) }
            store(&self, flag)
        case .word(let store):
            guard case .text(let word) = value else { throw .wrongType(name, "text", value) }
            try store(&self, word.lowercased())
        case .words(let store):
            guard let words = value.asWords else { throw .wrongType(name, "list", value) }
            try store(&self, words)
        case .integers(let range, let store):
            guard let members = value.asMembers else { throw .wrongType(name, "list", value) }
            var numbers: [Int] = []
            for member in members {
                numbers.append(try ParameterTable.integer(name, member, range))
            }
            try store(&self, numbers)
        case .reals(let interval, let store):
            guard let members = value.asMembers else { throw .wrongType(name, "list", value) }
            var numbers: [Double] = []
            for member in members {
                numbers.append(try ParameterTable.real(name, member, interval))
            }
            try store(&self, numbers)
        case .lists(let range, let store):
            guard let lists = value.asLists else { throw .wrongType(name, "list", value) }
            var numbers: [[Int]] = []
            for list in lists {
                numbers.append([])
                for member in list {
                    let number = try ParameterTable.integer(name, member, range)
                    numbers[numbers.count - 1].append(number)
                }
            }
            store(&self, numbers)
        case .ignored:
            break
        case .unsupported(let off):
            guard off.contains(value.description.lowercased()) else {
                throw .unsupported(parameter: name, value: value.description)
            }
        }
    }

    /// Sets parameters in the order given.
    ///
    /// - Throws: what `set(_:to:)` throws; `parameterTwice` when a parameter comes twice, be it
    ///   under two names.
    public mutating func set(
        _ pairs: [(name: String, value: ParameterValue)]
    ) throws(TrainingError) {
        var seen: [String: String] = [:]
        for pair in pairs {
            if let canonical = ParameterTable.canonicalName(pair.name) {
                if let first = seen[canonical] {
                    throw .parameterTwice(name: canonical, first: first, second: pair.name)
                }
                seen[canonical] = pair.name
            }
            try set(pair.name, to: pair.value)
        }
    }
}
