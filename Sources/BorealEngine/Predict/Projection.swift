import BorealBase
import BorealWire

/// Which columns PREDICT answers with, in order: columns of the inner query, and the prediction.
struct Projection {
    /// What the select list names.
    enum Item: Equatable {
        /// `*`
        case all
        /// A column of the inner query, or one that the model adds.
        case column(String, alias: String?)
    }

    /// Where a column's cells come from.
    enum Source: Equatable {
        /// Position in the inner query's result.
        case input(Int)
        /// Position among the columns that the model adds.
        case added(Int)
    }

    /// Name and source of each column, in order; and whether an alias gave the name.
    let columns: [(name: String, source: Source, isRenamed: Bool)]

    /// Binds the select list.
    ///
    /// - Parameters:
    ///   - carried: columns of the inner query that follow unless they are there already.
    ///   - inputs: names of the inner query's columns.
    ///   - added: names of the columns that the model adds; those that the list does not name are
    ///     appended.
    /// - Throws: `unknownColumn` for a name that is neither.
    init(
        _ items: [Item],
        carried: [String] = [],
        inputs: [String],
        added: [String]
    ) throws(ServerError) {
        let foldedInputs = inputs.map(\.asciiLowercased)
        let foldedAdded = added.map(\.asciiLowercased)
        var columns: [(name: String, source: Source, isRenamed: Bool)] = []
        for item in items {
            switch item {
            case .all:
                for (index, name) in inputs.enumerated() {
                    columns.append((name, .input(index), false))
                }
            case .column(let name, let alias):
                let folded = name.asciiLowercased
                if let index = foldedInputs.firstIndex(of: folded) {
                    columns.append((alias ?? name, .input(index), alias != nil))
                } else if let index = foldedAdded.firstIndex(of: folded) {
                    columns.append((alias ?? added[index], .added(index), alias != nil))
                } else {
                    throw .unknownColumn(name, in: "field list")
                }
            }
        }
        for name in carried {
            guard let index = foldedInputs.firstIndex(of: name.asciiLowercased) else {
                throw .unknownColumn(name, in: "s_cols")
            }
            if !columns.contains(where: { $0.source == .input(index) }) {
                columns.append((inputs[index], .input(index), false))
            }
        }
        for index in added.indices where !columns.contains(where: { $0.source == .added(index) }) {
            columns.append((added[index], .added(index), false))
        }
        self.columns = columns
    }

    private init(columns: [(name: String, source: Source, isRenamed: Bool)]) {
        self.columns = columns
    }

    /// The columns that the model adds, alone.
    var withoutInputs: Projection {
        Projection(
            columns: columns.filter { column in
                if case .added = column.source { true } else { false }
            }
        )
    }

    /// What the client is told of the columns, which keep their types.
    func definitions(
        inputs: [ColumnDefinition41],
        added: [ColumnDefinition41]
    ) -> [ColumnDefinition41] {
        columns.map { column in
            var definition =
                switch column.source {
                case .input(let index): inputs[index]
                case .added(let index): added[index]
                }
            definition.name = column.name
            return definition
        }
    }
}
