import BorealBase

/// The algorithms of the dialect (1.4) that this server trains.
enum ModelClass: String, CaseIterable, Sendable {
    case lightgbm

    /// The class of an uploaded model, which is not trained here.
    static let external = "external"

    /// The value of `model_class`, compared without case.
    init?(option: String) {
        let folded = option.asciiLowercased
        guard let match = Self.allCases.first(where: { $0.rawValue == folded }) else { return nil }
        self = match
    }
}
