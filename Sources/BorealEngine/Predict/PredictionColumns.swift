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

        fileprivate var role: GraphOutput.Role {
            switch self {
            case .label: .prediction
            case .proba: .probabilities
            case .raw: .raw
            case .leaf: .leaf
            }
        }
    }

    /// Where the cells of a column come from.
    private enum Source {
        /// A column of one of the graph's answers.
        case output(Int, column: Int)
        /// The label by the probability of the later of two classes.
        case label(output: Int, atLeast: Double)
        /// `ok`, or what is wrong with the row.
        case status
    }

    /// What the graph must compute.
    private(set) var roles: [GraphOutput.Role] = [.prediction]
    /// What the client is told of the columns, `predicted_results` first.
    private(set) var definitions: [ColumnDefinition41] = []
    /// True when a row that the model cannot read is answered all the same.
    let keepsBadRows: Bool
    /// For each column where its cells come from.
    private var sources: [Source] = []
    private let labels: Labels?

    /// `predicted_results` alone.
    init(_ graph: ModelGraph) {
        labels = graph.labels
        keepsBadRows = false
        add("predicted_results", .output(0, column: 0))
    }

    /// - Throws: `invalidOption` for what the model does not have.
    init(_ graph: ModelGraph, _ options: PredictionOptions) throws(ServerError) {
        labels = graph.labels
        keepsBadRows = options.keepsBadRows
        if let threshold = options.threshold {
            guard let output = graph.output(.probabilities), output.columnNames.count == 2 else {
                let classes = graph.output(.probabilities)?.columnNames.count
                throw .invalidOption(
                    "threshold",
                    "it is for two classes, the model has \(classes.map(String.init) ?? "none")"
                )
            }
            roles.append(.probabilities)
            add("predicted_results", .label(output: 1, atLeast: threshold))
        } else {
            add("predicted_results", .output(0, column: 0))
        }
        for kind in options.outputs {
            guard let output = graph.output(kind.role) else {
                throw .invalidOption("output", "the model has no '\(kind.rawValue)'")
            }
            let place = index(of: kind.role)
            for (column, name) in output.columnNames.enumerated() {
                add(name, .output(place, column: column))
            }
        }
        if keepsBadRows { add("status", .status) }
    }

    /// Names of the columns.
    var names: [String] { definitions.map(\.name) }

    private mutating func add(_ name: String, _ source: Source, _ type: ColumnType = .varchar()) {
        definitions.append(ColumnDefinition41(name: name, type: type))
        sources.append(source)
    }

    /// The place of a role among those to compute; a new one when it is not there yet.
    private mutating func index(of role: GraphOutput.Role) -> Int {
        if let place = roles.firstIndex(of: role) { return place }
        roles.append(role)
        return roles.count - 1
    }

    /// Appends the text of an added column.
    ///
    /// - Returns: false for NULL.
    func append(_ answer: ScoredBatch, row: Int, column: Int, to text: inout [UInt8]) -> Bool {
        let rejection = answer.rejections[row]
        switch sources[column] {
        case .status:
            text.append(contentsOf: (rejection ?? "ok").utf8)
            return true
        case _ where rejection != nil: return false
        case .output(let output, let place):
            answer.results.appendText(output, row: row, column: place, to: &text)
        case .label(let output, let threshold):
            let isLater = answer.results.double(output, row: row, column: 1) >= threshold
            text.append(contentsOf: label(isLater ? 1 : 0).utf8)
        }
        return true
    }

    /// A class as `predicted_results` shows it; its number for files that do not name classes.
    private func label(_ index: Int) -> String { labels?.text(at: index) ?? String(index) }
}

/// What a model answered to the rows of a batch.
struct ScoredBatch {
    /// Its answers, in the order of the roles asked for.
    let results: GraphResults
    /// Rows whose values it could not read, and why.
    let rejections: [Int: String]
    /// One a feature: cells with a category that training never saw.
    let unseen: [Int]
}
