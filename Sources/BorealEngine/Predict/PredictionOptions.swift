import BorealBase

/// What the options of PREDICT say about the columns that the model adds.
struct PredictionOptions: Equatable {
    /// `output`: what is added to `predicted_results`, in the order of the columns.
    var outputs: [PredictionColumns.Kind] = []
    /// `threshold`: the least probability of the later of two classes that makes it the label.
    var threshold: Double?
    /// `on_error='null'`: a row that the model cannot read is answered with NULL and a status.
    var keepsBadRows = false

    /// The options that are read here.
    static let names: Set<String> = ["output", "threshold", "on_error"]

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
        let onError = try reader.text("on_error") ?? ""
        switch onError.asciiLowercased {
        case "", "fail": break
        case "null": keepsBadRows = true
        default: throw .invalidOption("on_error", "'\(onError)' is none of fail, null")
        }
    }
}
