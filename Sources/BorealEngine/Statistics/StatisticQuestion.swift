import BorealBase
import BorealSQL
import BorealStatistics
import BorealWire

/// What DRIFT asks.
struct DriftQuestion: Equatable {
    /// The model's name as written.
    var model: String
    /// Nil for the default version.
    var version: String?
    /// `x_cols`
    var features: [String]?
    /// Bins of a stability index at most.
    var binCount: Int
}

/// What a `SELECT ... FROM IV(...)` and its like asks, its options read and checked.
struct StatisticQuestion {
    /// What is computed.
    enum Subject {
        /// A statistic over the rows of one query or two.
        case sample(StatisticRequest)
        /// How far rows are from those that a model was trained on.
        case drift(DriftQuestion)
    }

    let subject: Subject
    /// `detail='bins'`: a row for each bin.
    let showsBins: Bool
    /// The queries, the expected one of two first.
    let queries: [String]
    /// Names and types of all columns, before the select list chooses.
    let columns: [(name: String, type: ColumnType)]
    private let projection: Projection

    /// - Throws: `invalidOption`, `unknownColumn` for the select list.
    init(_ statement: SelectFromStatistic) throws(ServerError) {
        queries = statement.queries.map(\.text)
        if let kind = StatisticKind(statement.function) {
            let names = kind.parameters.union(["x_cols", "y_cols"])
            let reader = try OptionReader(
                statement.options,
                known: kind.hasBins ? names.union(["detail"]) : names
            )
            subject = .sample(try StatisticRequest(kind, reader, parameters: reader))
            showsBins = kind.hasBins ? try Self.showsBins(reader) : false
            columns =
                showsBins
                ? StatisticWork.detailColumns(kind) : StatisticWork.summaryColumns(kind)
        } else {
            let reader = try OptionReader(statement.options, known: ["x_cols", "bins_num"])
            subject = .drift(
                DriftQuestion(
                    model: statement.model?.name ?? "",
                    version: try statement.version?.name,
                    features: try reader.columns("x_cols"),
                    binCount: try reader.integer("bins_num", in: 2...FeatureDistribution.binsMax)
                        ?? 10
                )
            )
            showsBins = false
            columns = DriftRun.columns
        }
        projection = try Projection(
            RequestReader.items(statement.items),
            inputs: columns.map(\.name),
            added: []
        )
    }

    private static func showsBins(_ reader: OptionReader) throws(ServerError) -> Bool {
        let word = try reader.text("detail") ?? ""
        switch word.asciiLowercased {
        case "": return false
        case "bins": return true
        default: throw .invalidOption("detail", "'\(word)' is none of bins")
        }
    }

    /// The answer's columns.
    var definitions: [ColumnDefinition41] {
        projection.definitions(
            inputs: columns.map { ColumnDefinition41(name: $0.name, type: $0.type) },
            added: []
        )
    }

    /// Writes the columns.
    func begin(_ response: inout Response) {
        response.writer.columns(definitions, status: response.status, into: &response.output)
    }

    /// Writes the cells of a row that the select list names.
    func write(_ row: [FixedTable.Cell], to response: inout Response) {
        response.writer.beginRow(into: &response.output)
        for column in projection.columns {
            guard case .input(let index) = column.source else { continue }
            switch row[index] {
            case .null: response.writer.null(into: &response.output)
            case .text(let text): response.writer.text(text, into: &response.output)
            case .integer(let number): response.writer.int64(number, into: &response.output)
            }
        }
        response.writer.endRow(into: &response.output)
    }
}
