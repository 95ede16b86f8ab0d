import BorealBase
import BorealRemote
import BorealSQL

/// What a PREDICT statement asks of a remote model, its options read and checked.
struct RemotePredictRequest {
    /// `mode`
    enum Mode: String, CaseIterable {
        /// Absent: in the session, up to a number of rows.
        case unset = ""
        /// In the session, any number of rows.
        case sync
        /// In the background.
        case async
    }

    /// The select list.
    var items: [Projection.Item]
    /// The inner query's text.
    var query: String
    /// `x_cols`: what the model is asked with; nil for what it says itself, or all there is.
    var features: [String]?
    /// `s_cols`: in place of the columns of a `*`.
    var carried: [String]
    /// `primary_key`: what tells rows apart; empty when their content does.
    var key: [String]
    var mode: Mode
    /// `on_error`; nil for what the model says.
    var onError: RemoteModelOptions.OnError?
    /// False for `WITH ()`, which answers with one column.
    var hasOptions: Bool
    /// `INTO`: the table that is written too.
    var target: TableTarget?
}

extension RequestReader {
    /// PREDICT on a model that runs elsewhere.
    ///
    /// - Throws: `invalidOption` for an option that is unknown or takes no such value.
    static func remotePredict(
        _ statement: SelectFromPredict
    ) throws(ServerError) -> RemotePredictRequest {
        let reader = try OptionReader(
            statement.options,
            known: [
                "x_cols", "y_cols", "mode", "s_cols", "into_type", "primary_key", "on_error",
            ]
        )
        _ = try reader.text("y_cols")
        let mode = try remoteMode(reader)
        return RemotePredictRequest(
            items: try items(statement.items),
            query: statement.query.text,
            features: try reader.columns("x_cols"),
            carried: try reader.columns("s_cols") ?? [],
            key: try reader.columns("primary_key") ?? [],
            mode: mode,
            onError: try onError(reader),
            hasOptions: !statement.options.options.isEmpty,
            target: try TableTarget.read(
                statement.into,
                isOffline: mode == .async,
                reader,
                keyStandsAlone: true
            )
        )
    }

    private static func remoteMode(
        _ reader: OptionReader
    ) throws(ServerError) -> RemotePredictRequest.Mode {
        let word = try reader.text("mode") ?? ""
        guard let mode = RemotePredictRequest.Mode(rawValue: word.asciiLowercased) else {
            throw .invalidOption("mode", "'\(word)' is none of async, sync")
        }
        return mode
    }

    private static func onError(
        _ reader: OptionReader
    ) throws(ServerError) -> RemoteModelOptions.OnError? {
        let word = try reader.text("on_error") ?? ""
        if word.isEmpty { return nil }
        guard let known = RemoteModelOptions.OnError(rawValue: word.asciiLowercased) else {
            throw .invalidOption("on_error", "'\(word)' is none of fail, null")
        }
        return known
    }
}
