/// A tensor that the outside may ask for, by role or by name.
public struct GraphOutput: Equatable, Sendable {
    /// What an output is to the user.
    public enum Role: String, Equatable, Sendable {
        /// What the original library's own `predict` returns.
        case value
        /// The class, as a position in the labels.
        case label
        /// One probability a class, in class order.
        case probabilities = "proba"
        /// Sums before any transform.
        case raw
        /// The leaf of every tree.
        case leaf
        /// SHAP values, bias last.
        case contribution = "contrib"
        /// What `predicted_results` shows.
        case prediction
        /// Known by its name only.
        case other
    }

    /// The name, unique among those of the file and among all others.
    public var name: String
    /// What it is.
    public var role: Role
    /// Where its values are.
    public var tensor: TensorID
    /// One name for each element of a row.
    public var columnNames: [String]
    /// True when the model's file declares the output, by this name.
    public var isNative: Bool
    /// What the codes of a code tensor stand for; nil for the graph's labels.
    public var dictionary: Labels?

    /// - Parameters: see the stored properties.
    public init(
        name: String,
        role: Role,
        tensor: TensorID,
        columnNames: [String],
        isNative: Bool = false,
        dictionary: Labels? = nil
    ) {
        self.name = name
        self.role = role
        self.tensor = tensor
        self.columnNames = columnNames
        self.isNative = isNative
        self.dictionary = dictionary
    }

    /// An output that is known by its role alone and has that for a name.
    package init(_ role: Role, _ tensor: TensorID, _ columnNames: [String]) {
        self.init(name: role.rawValue, role: role, tensor: tensor, columnNames: columnNames)
    }
}
