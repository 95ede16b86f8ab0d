import BorealBase
import BorealSQL
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

    /// Whose table it is.
    enum Place: Equatable {
        /// An embedded one.
        case here
        /// One of the source that the server was started with.
        case theirs
        /// One of a source by name.
        case named(String)
    }

    /// The database of those that are named alone.
    static let database = "polar4ai"

    /// Whose it is.
    var place = Place.here
    /// Its database.
    var database = Self.database
    /// Its name.
    var name: String
    var kind: Kind
    /// `primary_key`; empty for none.
    var primaryKey: [String]

    /// Reads the options that belong to INTO.
    ///
    /// - Parameters:
    ///   - names: of the table; empty without INTO, which the options then contradict.
    ///   - keyStandsAlone: `primary_key` says something without a table too.
    /// - Throws: `invalidOption`.
    static func read(
        _ names: [Identifier],
        isOffline: Bool,
        _ reader: OptionReader,
        keyStandsAlone: Bool = false
    ) throws(ServerError) -> TableTarget? {
        let word = try reader.text("into_type")
        let key = try reader.columns("primary_key")
        guard let name = names.last?.name else {
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
        var target = TableTarget(name: name, kind: kind, primaryKey: key ?? [])
        if names.count > 1 {
            target.database = names[names.count - 2].name
            target.place = names.count == 3 ? .named(names[0].name.asciiLowercased) : .theirs
            if names.count == 2, target.database.asciiLowercased == Self.database {
                target = TableTarget(name: name, kind: kind, primaryKey: key ?? [])
            }
        }
        return target
    }

    /// As statements write it.
    var shown: String {
        let table = "\(database).\(name)"
        return source.map { "\($0).\(table)" } ?? table
    }

    /// How nobody sees part of it, for EXPLAIN.
    var manner: String { place == .here ? "in one transaction" : "by one RENAME TABLE at its end" }

    /// The source by name; nil for any other place.
    var source: String? { if case .named(let source) = place { source } else { nil } }

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
            database: database,
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
