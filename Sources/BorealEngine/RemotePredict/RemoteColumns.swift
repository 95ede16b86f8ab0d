import BorealBase
import BorealRemote
import BorealWire

/// The columns of PREDICT on a remote model: those of the inner query that are asked for, then
/// `prediction`, then `status`; of `WITH ()` the one column `predicted_results`.
struct RemoteColumns {
    static let predictionName = "prediction"
    static let statusName = "status"

    /// Where the cells of the columns come from.
    let projection: Projection
    /// What the client is told of the columns that the model adds.
    let definitions: [ColumnDefinition41]
    /// The types of those in a table.
    let storedTypes: [ColumnType]

    /// - Parameter inputs: names of the inner query's columns.
    /// - Throws: `unknownColumn` for a name in the select list or `s_cols` that is none.
    init(
        _ request: RemotePredictRequest,
        inputs: [String],
        kind: RemoteModelKind
    ) throws(ServerError) {
        let type = kind == .rerank ? ColumnType.double : Self.textType
        var added = [(PredictionColumns.predictionName, type)]
        if request.hasOptions {
            added = [(Self.predictionName, type), (Self.statusName, ColumnType(.text))]
        }
        let projection = try Projection(
            try Self.items(request, inputs),
            carried: request.carried,
            inputs: inputs,
            added: added.map(\.0)
        )
        self.projection = request.hasOptions ? projection : projection.withoutInputs
        definitions = added.map { ColumnDefinition41(name: $0.0, type: $0.1) }
        storedTypes = added.map(\.1)
    }

    private static let textType = ColumnType(.text, length: Int(UInt32.max))

    /// `s_cols` stands in place of the columns that `*` means.
    private static func items(
        _ request: RemotePredictRequest,
        _ inputs: [String]
    ) throws(ServerError) -> [Projection.Item] {
        guard !request.carried.isEmpty else { return request.items }
        try JobStarter.check(request.carried, among: inputs, "s_cols")
        return request.items.flatMap { item in
            item == .all ? request.carried.map { .column($0, alias: nil) } : [item]
        }
    }

    /// Appends the text of an added column.
    ///
    /// - Returns: false for NULL.
    func append(_ cell: RemoteCell, column: Int, to text: inout [UInt8]) -> Bool {
        if column == 0 { return cell.appendPrediction(to: &text) }
        cell.appendStatus(to: &text)
        return true
    }
}

/// Which columns of an inner query a remote model is asked with, and what it is asked.
struct RemoteFeatures {
    private let places: [Int]
    private let rows: RemoteRows

    /// - Parameters:
    ///   - names: `x_cols`; nil for all columns.
    ///   - columns: names of the inner query's columns.
    /// - Throws: `unknownColumn`; 9055 for columns that are not those which the model reads.
    init(
        _ names: [String]?,
        columns: [String],
        _ target: RemoteTarget
    ) throws(ServerError) {
        let folded = columns.map(\.asciiLowercased)
        var places = Array(columns.indices)
        if let names {
            try JobStarter.check(names, among: columns, "x_cols")
            places = names.compactMap { folded.firstIndex(of: $0.asciiLowercased) }
        }
        self.places = places
        do throws(RemoteModelError) {
            rows = try target.rows(places.map { columns[$0] })
        } catch {
            let hint = names == nil ? "; x_cols names the columns that are read" : ""
            throw target.error(RemoteModelError(error.code, error.text + hint))
        }
    }

    /// The columns' names among those of the query.
    func names(in columns: [String]) -> [String] { places.map { columns[$0] } }

    /// What the rows ask; nil for NULL.
    func inputs(_ batch: RowBatch) -> [RemoteInput?] {
        rows.inputs(
            RowBatch(columns: places.map { batch.columns[$0] }, rowCount: batch.rowCount)
        )
    }
}
