import BorealBase
import BorealTables

/// The table that PREDICT ... INTO writes.
struct TableTarget: Equatable {
    /// What `into_type` says.
    enum Kind: String, CaseIterable {
        /// A table like any other.
        case regular
        /// What the vendor keeps in its object storage; here it is a table like any other, whose
        /// column of predictions is called `result`.
        case external = "db"
    }

    /// The database that all such tables are in.
    static let database = "polar4ai"

    /// Its name.
    var name: String
    var kind: Kind
    /// `primary_key`; empty for none.
    var primaryKey: [String]

    /// Reads the options that belong to INTO.
    ///
    /// - Parameters:
    ///   - name: the table; nil without INTO, which the options then contradict.
    ///   - keyStandsAlone: `primary_key` says something without a table too.
    /// - Throws: `invalidOption`.
    static func read(
        _ name: String?,
        isOffline: Bool,
        _ reader: OptionReader,
        keyStandsAlone: Bool = false
    ) throws(ServerError) -> TableTarget? {
        let word = try reader.text("into_type")
        let key = try reader.columns("primary_key")
        guard let name else {
            if word != nil { throw .invalidOption("into_type", "it needs INTO and a table") }
            if key != nil, !keyStandsAlone {
                throw .invalidOption("primary_key", "it needs INTO and a table")
            }
            return nil
        }
        guard isOffline else {
            throw .invalidOption("mode", "INTO is written in the background: give mode='async'")
        }
        var kind = Kind.regular
        if let word {
            guard let known = Kind(rawValue: word.asciiLowercased) else {
                let valid = Kind.allCases.map(\.rawValue).joined(separator: ", ")
                throw .invalidOption("into_type", "'\(word)' is none of \(valid)")
            }
            kind = known
        }
        return TableTarget(name: name, kind: kind, primaryKey: key ?? [])
    }

    /// The table as it will be made.
    ///
    /// - Parameters:
    ///   - inputs: the inner query's columns.
    ///   - added: types of the columns that the model adds.
    ///   - writer: the task that writes it.
    /// - Throws: `invalidOption` for a key that is not among the columns.
    func table(
        _ projection: Projection,
        inputs: [ResultColumn],
        added: [ColumnType],
        writer: String
    ) throws(ServerError) -> ResultTable {
        let columns = projection.columns.map { column in
            switch column.source {
            case .input(let index):
                var input = inputs[index]
                input.name = column.name
                return input
            case .added(let index):
                return ResultColumn(
                    index == 0 && !column.isRenamed ? predictionName(column.name) : column.name,
                    added[index]
                )
            }
        }
        let known = columns.map(\.name.asciiLowercased)
        if let unknown = primaryKey.first(where: { !known.contains($0.asciiLowercased) }) {
            throw .invalidOption(
                "primary_key",
                "column '\(unknown)' is not among those that are written: "
                    + columns.prefix(20).map(\.name).joined(separator: ", ")
            )
        }
        return ResultTable(
            database: Self.database,
            name: name,
            columns: columns,
            primaryKey: primaryKey,
            writer: writer
        )
    }

    private func predictionName(_ name: String) -> String {
        let known = [PredictionColumns.predictionName, RemoteColumns.predictionName]
        return kind == .external && known.contains(name) ? "result" : name
    }
}
