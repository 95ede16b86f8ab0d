import BorealBase
import BorealGraph

/// The columns that a model adds to the rows it answers, by the option `output`.
struct PredictionColumns {
    /// What `output` asks for.
    enum Kind: String, CaseIterable {
        /// `predicted_results` alone.
        case label
        case proba
        case raw
        case leaf
    }

    /// What the graph must compute.
    let roles: [GraphOutput.Role]
    /// Names of the columns, `predicted_results` first.
    let names: [String]
    /// For each column which of `roles` it comes from, and its place there.
    private let places: [(output: Int, column: Int)]

    /// - Throws: `invalidOption` for an output that the model does not have.
    init(_ graph: ModelGraph, _ kind: Kind) throws(ServerError) {
        var roles: [GraphOutput.Role] = [.prediction]
        var names = ["predicted_results"]
        var places = [(output: 0, column: 0)]
        let extra: GraphOutput.Role? =
            switch kind {
            case .label: nil
            case .proba: .probabilities
            case .raw: .raw
            case .leaf: .leaf
            }
        if let extra {
            guard let output = graph.output(extra) else {
                throw .invalidOption("output", "the model has no '\(kind.rawValue)'")
            }
            roles.append(extra)
            for (column, name) in output.columnNames.enumerated() {
                names.append(name)
                places.append((1, column))
            }
        }
        self.roles = roles
        self.names = names
        self.places = places
    }

    /// Appends the text of an added column.
    func append(_ results: GraphResults, row: Int, column: Int, to text: inout [UInt8]) {
        let place = places[column]
        results.appendText(place.output, row: row, column: place.column, to: &text)
    }
}
