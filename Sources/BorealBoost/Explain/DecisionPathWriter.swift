public import BorealBase

/// Writes the way of a row through the trees of an ensemble as text or JSON, tree after tree, and
/// stops at a number of bytes.
public struct DecisionPathWriter {
    /// How it is written.
    public enum Format: Sendable {
        /// A line for each tree, and an indented line for each condition.
        case text
        /// `{"trees": [{"tree", "score", "leaf", "value", "path": [...]}], "omitted_trees"}`.
        case json
    }

    /// The text of a category of a feature; nil where it has none but its number.
    public typealias CategoryText = (_ feature: Int, _ category: Int) -> String?

    /// What makes of a row given the row that the trees ask.
    public typealias Preparation = (_ row: UnsafePointer<Double>) -> [Double]

    private let ensemble: TreeEnsemble
    private let names: [String]
    private let format: Format
    private let bytesMax: Int
    private let prepare: Preparation?
    private let categoryText: CategoryText

    /// - Parameters:
    ///   - ensemble: one that passes `validate()`.
    ///   - names: of the features; `Column_<n>` stands for those that are not there.
    ///   - bytesMax: trees that do not fit any more are left out, and their number is told.
    ///   - prepare: nil where the trees ask the row itself.
    public init(
        _ ensemble: TreeEnsemble,
        names: [String],
        format: Format,
        bytesMax: Int = 1 << 20,
        categoryText: @escaping CategoryText = { _, _ in nil },
        prepare: Preparation? = nil
    ) {
        self.ensemble = ensemble
        self.names = names
        self.format = format
        self.bytesMax = bytesMax
        self.prepare = prepare
        self.categoryText = categoryText
    }

    /// Writes the way of one row.
    ///
    /// - Parameters:
    ///   - row: `[featureCount]`
    ///   - sink: gets the text piece by piece, a tree at a time.
    /// - Throws: `ExplanationError.cancelled`, and what the sink throws.
    public func write(
        _ row: UnsafePointer<Double>,
        cancellation: CancellationFlag? = nil,
        to sink: (String) throws -> Void
    ) throws {
        guard let prepare else { return try writePrepared(row, cancellation, sink) }
        try prepare(row).withUnsafeBufferPointer { prepared in
            guard let base = prepared.baseAddress else { return }
            try writePrepared(base, cancellation, sink)
        }
    }

    private func writePrepared(
        _ row: UnsafePointer<Double>,
        _ cancellation: CancellationFlag?,
        _ sink: (String) throws -> Void
    ) throws {
        var bytes = 0
        var written = 0
        if format == .json { try sink("{\"trees\": [") }
        for number in ensemble.trees.indices {
            if cancellation?.isCancelled == true { throw ExplanationError.cancelled }
            let path = ensemble.decisionPath(of: row, tree: number)
            let text = format == .json ? (number > 0 ? ", " : "") + json(path) : lines(path)
            bytes += text.utf8.count
            guard bytes <= bytesMax else { break }
            try sink(text)
            written += 1
        }
        let omitted = ensemble.trees.count - written
        switch format {
        case .json: try sink("], \"omitted_trees\": \(omitted)}")
        case .text where omitted > 0: try sink("... and \(omitted) more trees\n")
        case .text: break
        }
    }

    private func name(_ feature: Int) -> String {
        names.indices.contains(feature) ? names[feature] : "Column_\(feature)"
    }

    private func category(_ feature: Int, _ value: Double) -> String {
        guard let number = Int(exactly: value.rounded(.towardZero)) else { return "\(value)" }
        return categoryText(feature, number).map { "'\($0)'" } ?? String(number)
    }

    // MARK: - Text

    private func lines(_ path: DecisionPath) -> String {
        var text = "tree \(path.tree)"
        if path.values.count == 1, ensemble.scoresPerRow > 1 { text += ", score \(path.score)" }
        let values = path.values.map { "\($0)" }.joined(separator: ", ")
        text += ": leaf \(path.leaf), value \(values)\n"
        for step in path.steps { text += "  \(Self.printable(line(step)))\n" }
        if path.omittedSteps > 0 { text += "  ... and \(path.omittedSteps) more splits\n" }
        return text
    }

    private func line(_ step: DecisionPath.Step) -> String {
        let condition: String
        let value: String
        switch step.question {
        case .atMost(let bound):
            condition = "\(step.isYes ? "<=" : ">") \(bound)"
            value = step.value.isNaN ? "NULL" : "\(step.value)"
        case .oneOf(let members, let total):
            let list = members.map { category(step.feature, Double($0)) }.joined(separator: ", ")
            let rest = total > members.count ? ", ... \(total - members.count) more" : ""
            condition = "\(step.isYes ? "in" : "not in") (\(list)\(rest))"
            value = step.value.isNaN ? "NULL" : category(step.feature, step.value)
        }
        let note = step.isMissing ? ", where missing values go" : ""
        return "\(name(step.feature)) = \(value): \(condition)\(note)"
    }

    /// Names and categories come from files and tables: none may break a line or a terminal.
    private static func printable(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            result.append(isControl ? "\u{FFFD}" : scalar)
        }
        return String(result)
    }

    // MARK: - JSON

    private func json(_ path: DecisionPath) -> String {
        var members: [(key: String, value: JSON)] = [
            ("tree", .integer(Int64(path.tree))), ("score", .integer(Int64(path.score))),
            ("leaf", .integer(Int64(path.leaf))),
            path.values.count == 1
                ? ("value", .number(path.values[0]))
                : ("values", .array(path.values.map { .number($0) })),
            ("path", .array(path.steps.map { json($0) })),
        ]
        if path.omittedSteps > 0 {
            members.append(("omitted_splits", .integer(Int64(path.omittedSteps))))
        }
        return JSON.object(members).description
    }

    private func json(_ step: DecisionPath.Step) -> JSON {
        var members: [(key: String, value: JSON)] = [("feature", .string(name(step.feature)))]
        switch step.question {
        case .atMost(let bound):
            members.append(("value", Self.json(step.value)))
            members.append(("operator", .string(step.isYes ? "<=" : ">")))
            members.append(("threshold", Self.json(bound)))
        case .oneOf(let categories, let total):
            members.append(("value", json(step.feature, step.value)))
            members.append(("operator", .string(step.isYes ? "in" : "not in")))
            let list = categories.map { json(step.feature, Double($0)) }
            members.append(("categories", .array(list)))
            if total > list.count {
                members.append(("omitted_categories", .integer(Int64(total - list.count))))
            }
        }
        members.append(("is_missing", .bool(step.isMissing)))
        let isHere = step.missingIsYes == step.isYes
        members.append(("missing_goes_here", .bool(isHere)))
        return .object(members)
    }

    /// Infinities have no form in JSON: they are written as text.
    private static func json(_ value: Double) -> JSON {
        value.isInfinite ? .string(value > 0 ? "inf" : "-inf") : .number(value)
    }

    private func json(_ feature: Int, _ value: Double) -> JSON {
        guard let number = Int(exactly: value.rounded(.towardZero)) else { return Self.json(value) }
        return categoryText(feature, number).map { .string($0) } ?? .integer(Int64(number))
    }
}
