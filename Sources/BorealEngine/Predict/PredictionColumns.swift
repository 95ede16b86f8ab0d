import BorealBase
import BorealGraph
import BorealWire

/// The columns that a model adds to the rows it answers, by the options of the statement.
struct PredictionColumns {
    /// What `output` asks for.
    enum Kind: String, CaseIterable {
        /// `predicted_results` alone.
        case label
        case proba
        case raw
        case leaf
        /// Everything that the model answers, under its own names.
        case all

        fileprivate var role: GraphOutput.Role {
            switch self {
            case .label, .all: .prediction
            case .proba: .probabilities
            case .raw: .raw
            case .leaf: .leaf
            }
        }
    }

    /// Where the cells of a column come from.
    private enum Source {
        /// The first answer: what the model predicts.
        case prediction
        /// A column of one of the graph's answers.
        case output(Int, column: Int)
        /// A column of one of the outputs beside those of roles.
        case other(Int, column: Int)
        /// The label by the probability of the later of two classes.
        case label(output: Int, atLeast: Double)
        /// `ok`, or what is wrong with the row.
        case status
        /// The greatest contributions to the score of the predicted class, as JSON.
        case contributions(Int)
        /// What is expected of a row of which nothing is known, of the same score.
        case bias
        /// A feature's contribution to the score of the line, or the bias behind them all.
        case contribution(Int)
        /// The score of the line.
        case score(Int)
        /// The class of the line.
        case lineClass
    }

    /// What the first column is called, unless contributions stand in place of predictions.
    static let predictionName = "predicted_results"

    /// What the model must compute.
    private(set) var question: ModelQuestion
    /// Lines that answer a row: one, or one for each class.
    private(set) var linesPerRow = 1
    /// What the client is told of the columns, `predicted_results` first.
    private(set) var definitions: [ColumnDefinition41] = []
    /// The types of the columns where they are stored in a table: clients get text.
    private(set) var storedTypes: [ColumnType] = []
    /// For each column where its cells come from.
    private var sources: [Source] = []
    private let labels: Labels?

    /// `predicted_results` alone.
    init(_ graph: ModelGraph) {
        labels = graph.labels
        question = ModelQuestion(roles: [.prediction])
        add(Self.predictionName, .prediction, stored: graph.predictionType)
    }

    /// - Throws: `invalidOption` for what the model does not have.
    init(_ graph: ModelGraph, _ options: PredictionOptions) throws(ServerError) {
        labels = graph.labels
        question = ModelQuestion(roles: [.prediction], keepsBadRows: options.keepsBadRows)
        if options.isExplanation || options.contributionsMax != nil {
            do {
                question.explainer = try GraphExplainer(graph)
            } catch {
                throw ServerError(graph: error)
            }
        }
        if options.isExplanation {
            addContributions(graph)
        } else {
            try addAnswers(graph, options)
        }
        if options.keepsBadRows { add("status", .status, stored: ColumnType(.text)) }
    }

    /// `predicted_results`, the outputs asked for, and the explanation of each row.
    private mutating func addAnswers(
        _ graph: ModelGraph,
        _ options: PredictionOptions
    ) throws(ServerError) {
        if let threshold = options.threshold {
            guard let output = graph.output(.probabilities), output.columnNames.count == 2 else {
                let classes = graph.output(.probabilities)?.columnNames.count
                throw .invalidOption(
                    "threshold",
                    "it is for two classes, the model has \(classes.map(String.init) ?? "none")"
                )
            }
            question.roles.append(.probabilities)
            let type = labels?.columnType ?? .longLong
            add(Self.predictionName, .label(output: 1, atLeast: threshold), stored: type)
        } else {
            add(Self.predictionName, .prediction, stored: graph.predictionType)
        }
        for kind in options.outputs {
            if kind == .all {
                addAll(graph)
                continue
            }
            guard let output = graph.output(kind.role) else {
                throw .invalidOption("output", "the model has no '\(kind.rawValue)'")
            }
            let place = index(of: kind.role)
            let type = graph.columnType(of: output)
            for (column, name) in output.columnNames.enumerated() {
                add(name, .output(place, column: column), stored: type)
            }
        }
        if let most = options.contributionsMax {
            add("shap", .contributions(most), ColumnType(.json))
            add("shap_bias", .bias, .double)
        }
    }

    private mutating func addAll(_ graph: ModelGraph) {
        for output in graph.allOutputs {
            question.others.append(output)
            let type = graph.columnType(of: output)
            for (column, name) in output.columnNames.enumerated() {
                add(name, .other(question.others.count - 1, column: column), stored: type)
            }
        }
    }

    /// The class where there are several scores, a column for each feature, the bias, the score.
    private mutating func addContributions(_ graph: ModelGraph) {
        linesPerRow = question.explainer?.scoresPerRow ?? 1
        question.roles = [.raw]
        if linesPerRow > 1 {
            add("class", .lineClass, stored: labels?.columnType ?? .longLong)
        }
        for (index, input) in graph.inputs.enumerated() {
            add("shap_\(input.name)", .contribution(index), .double)
        }
        add("shap_bias", .contribution(graph.inputs.count), .double)
        add("raw", .score(0), .double)
    }

    /// True when they are `predicted_results` and nothing else, and a row that the model cannot
    /// read is an error.
    var arePredictionAlone: Bool {
        guard sources.count == 1, case .prediction = sources[0] else { return false }
        return question.roles == [.prediction] && question.others.isEmpty
            && question.explainer == nil && !question.keepsBadRows
    }

    /// Names of the columns.
    var names: [String] { definitions.map(\.name) }

    /// - Parameter stored: the type in a table, where that is another one.
    private mutating func add(
        _ name: String,
        _ source: Source,
        _ type: ColumnType = .varchar(),
        stored: ColumnType? = nil
    ) {
        definitions.append(ColumnDefinition41(name: name, type: type))
        storedTypes.append(stored ?? type)
        sources.append(source)
    }

    /// The place of a role among those to compute; a new one when it is not there yet.
    private mutating func index(of role: GraphOutput.Role) -> Int {
        if let place = question.roles.firstIndex(of: role) { return place }
        question.roles.append(role)
        return question.roles.count - 1
    }

    /// Appends the text of an added column.
    ///
    /// - Parameter line: which of the lines that answer the row.
    /// - Returns: false for NULL.
    func append(
        _ answer: ScoredBatch,
        row: Int,
        line: Int,
        column: Int,
        to text: inout [UInt8]
    ) -> Bool {
        let source = sources[column]
        if let rejection = answer.rejections[row] {
            guard case .status = source else { return false }
            text.append(contentsOf: rejection.utf8)
            return true
        }
        switch source {
        case .status: text.append(contentsOf: "ok".utf8)
        case .prediction:
            if answer.results.width(of: 0) == 1 {
                return append(answer.results, 0, row, 0, to: &text)
            }
            answer.results.appendRow(0, row: row, to: &text)
        case .output(let output, let place):
            return append(answer.results, output, row, place, to: &text)
        case .other(let index, let place):
            return append(answer.results, answer.firstOther + index, row, place, to: &text)
        case .label(let output, let threshold):
            let isLater = answer.results.double(output, row: row, column: 1) >= threshold
            text.append(contentsOf: label(isLater ? 1 : 0).utf8)
        case .score(let output):
            text.append(contentsOf: "\(answer.results.double(output, row: row, column: line))".utf8)
        case .lineClass: text.append(contentsOf: label(line).utf8)
        case .contributions, .bias, .contribution:
            return appendExplanation(answer, row, line, source, to: &text)
        }
        return true
    }

    /// A value; false for one that is missing.
    private func append(
        _ results: GraphResults,
        _ output: Int,
        _ row: Int,
        _ column: Int,
        to text: inout [UInt8]
    ) -> Bool {
        if results.isMissing(output, row: row, column: column) { return false }
        results.appendText(output, row: row, column: column, to: &text)
        return true
    }

    private func appendExplanation(
        _ answer: ScoredBatch,
        _ row: Int,
        _ line: Int,
        _ source: Source,
        to text: inout [UInt8]
    ) -> Bool {
        guard let explanation = answer.explanation else { return false }
        switch source {
        case .contribution(let index):
            let values = explanation[row: row, score: line]
            text.append(contentsOf: "\(values[values.startIndex + index])".utf8)
        case .contributions(let most):
            answer.appendContributions(most, row: row, score: shownScore(answer, row), to: &text)
        default:
            let score = shownScore(answer, row)
            text.append(contentsOf: "\(explanation.bias(row: row, score: score))".utf8)
        }
        return true
    }

    /// The score that explains `predicted_results`: the only one, or that of the class.
    private func shownScore(_ answer: ScoredBatch, _ row: Int) -> Int {
        guard let scores = answer.explanation?.scoresPerRow, scores > 1 else { return 0 }
        if case .label(let output, let threshold) = sources[0] {
            return answer.results.double(output, row: row, column: 1) >= threshold ? 1 : 0
        }
        return answer.shownScore(row)
    }

    /// A class as `predicted_results` shows it; its number for files that do not name classes.
    private func label(_ index: Int) -> String { labels?.text(at: index) ?? String(index) }
}
