import BorealBase

/// What the options of PREDICT say about the columns that the model adds.
struct PredictionOptions: Equatable {
    /// `output`: what is added to `predicted_results`, in the order of the columns.
    var outputs: [PredictionColumns.Kind] = []
    /// `threshold`: the least probability of the later of two classes that makes it the label.
    var threshold: Double?
    /// `on_error='null'`: a row that the model cannot read is answered with NULL and a status.
    var keepsBadRows = false

    /// `explain='shap'` with its `top`: so many contributions of each row are told.
    var contributionsMax: Int?
    /// SELECT ... FROM EXPLAIN: all contributions, a column each, in place of predictions.
    var isExplanation = false

    /// The options that are read here.
    static let names: Set<String> = ["output", "threshold", "on_error", "explain", "top"]

    /// `predicted_results` alone.
    init() {}

    /// - Throws: `invalidOption` for a value that is none of the option's.
    init(_ reader: OptionReader) throws(ServerError) {
        for word in try reader.words("output") {
            guard let kind = PredictionColumns.Kind(rawValue: word) else {
                let valid = PredictionColumns.Kind.allCases.map(\.rawValue).joined(separator: ", ")
                throw .invalidOption("output", "'\(word)' is none of \(valid)")
            }
            if kind != .label { outputs.append(kind) }
        }
        threshold = try reader.number("threshold")
        if let threshold, !(0...1).contains(threshold) {
            throw .invalidOption("threshold", "\(threshold) is no probability")
        }
        contributionsMax = try Self.contributions(reader)
        keepsBadRows = try Self.keepsBadRows(reader)
    }

    /// What SELECT ... FROM EXPLAIN answers.
    init(explanation reader: OptionReader) throws(ServerError) {
        isExplanation = true
        keepsBadRows = try Self.keepsBadRows(reader)
    }

    private static func contributions(_ reader: OptionReader) throws(ServerError) -> Int? {
        let top = try reader.integer("top", in: 1...Limits.modelFeaturesMax)
        let method = try reader.text("explain") ?? ""
        switch method.asciiLowercased {
        case "shap": return top ?? Limits.contributionsShown
        case "":
            if top != nil { throw .invalidOption("top", "it needs explain='shap'") }
            return nil
        default: throw .invalidOption("explain", "'\(method)' is none of shap")
        }
    }

    private static func keepsBadRows(_ reader: OptionReader) throws(ServerError) -> Bool {
        let onError = try reader.text("on_error") ?? ""
        switch onError.asciiLowercased {
        case "", "fail": return false
        case "null": return true
        default: throw .invalidOption("on_error", "'\(onError)' is none of fail, null")
        }
    }
}
