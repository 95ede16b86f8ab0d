import BorealBase

/// The sentences of the dialect's own errors, one factory each.
extension ServerError {
    /// Online PREDICT over more rows than it answers. The text is the documented one, to the
    /// letter.
    static var tooManyRowsOnline: ServerError {
        ServerError(
            .tooManyRowsOnline,
            "Please limit the SQL selected data length to less than '1000' or convert to offline "
                + "prediction"
        )
    }

    static func unsupportedModelClass(_ value: String) -> ServerError {
        ServerError(
            .unsupportedModelClass,
            "Unsupported model_class '\(value)'; valid values: "
                + ModelClass.allCases.map(\.rawValue).joined(separator: ", ")
        )
    }

    static func modelExists(_ name: String) -> ServerError {
        ServerError(.modelExists, "Model '\(name)' already exists")
    }

    static func modelMissing(_ name: String) -> ServerError {
        ServerError(.modelMissing, "Model '\(name)' does not exist")
    }

    static func modelNotReady(_ name: String, status: String) -> ServerError {
        ServerError(.modelNotReady, "Model '\(name)' is not ready: status is '\(status)'")
    }

    static func invalidOption(_ option: String, _ reason: String) -> ServerError {
        ServerError(.invalidOption, "Invalid option '\(option)': \(reason)")
    }

    static func noEndpoint(_ model: String) -> ServerError {
        ServerError(.noEndpoint, "No endpoint is configured for built-in model '\(model)'")
    }

    static func unsupported(_ feature: String) -> ServerError {
        ServerError(.featureUnsupported, "'\(feature)' is not supported")
    }

    static func taskMissing(_ id: String) -> ServerError {
        ServerError(.taskMissing, "Task '\(id)' does not exist")
    }

    static func metricDoesNotApply(_ metric: String, model: String, task: String) -> ServerError {
        ServerError(
            .metricDoesNotApply,
            "Metric '\(metric)' does not apply to model '\(model)' (\(task))"
        )
    }

    /// - Parameter url: its query string is never printed.
    static func cannotFetch(_ url: String, _ reason: String) -> ServerError {
        let shown = url.prefix { $0 != "?" && $0 != "#" }
        return ServerError(.cannotFetch, "Cannot fetch '\(shown)': \(reason)")
    }

    static func malformedModel(_ reason: String) -> ServerError {
        ServerError(.malformedModel, "Unsupported or malformed model file: \(reason)")
    }

    /// - Parameter row: counted from 1, as people count rows.
    static func badRowValue(row: Int, column: String, _ reason: String) -> ServerError {
        ServerError(.badRowValue, "Row \(row), column '\(column)': \(reason)")
    }

    /// A warning: the columns with categories that training never saw, and how many cells.
    static func unseenCategories(_ counts: [(column: String, count: Int)]) -> ServerError {
        let shown = counts.prefix(20).map { "\($0.column) (\($0.count))" }
        return ServerError(
            .unseenCategories,
            "Categories that training never saw count as missing: "
                + shown.joined(separator: ", ") + (counts.count > shown.count ? ", ..." : "")
        )
    }

    static func unknownColumn(_ column: String, in place: String) -> ServerError {
        ServerError(.unknownColumn, "Unknown column '\(column)' in '\(place)'")
    }

    static var interrupted: ServerError {
        ServerError(.queryInterrupted, "Query execution was interrupted")
    }

    /// An error that should not be possible: a debug build stops, a release server says so and
    /// lives.
    static func internalError(_ what: String) -> ServerError {
        assertionFailure(what)
        return ServerError(.unknownError, "Internal error: \(what)")
    }

    /// The form that a failed model's description and a failed task's result carry.
    var numberAndSentence: String { "\(number) \(message)" }
}
