/// What a feature is to the model, and so what a cell must become.
public enum FeatureKind: Equatable, Sendable {
    /// Any number.
    case number
    /// A category that is named by a whole number, as LightGBM's integer categories are.
    case integerCategory
    /// Any text; CatBoost's hash of it is the number that the model knows it by.
    case hashedCategory
    /// A category out of a list; its code is its position there.
    case category(CategoryDictionary)
    /// A list of numbers; what stands among the features is the number of the list.
    case list(ListForm)

    /// The kind without its dictionary, for errors and listings.
    public enum Name: String, Equatable, Sendable {
        case number
        case integerCategory = "integer category"
        case textCategory = "text category"
        case numberCategory = "number category"
        case hashedCategory = "hashed category"
        case sequence
        case numberList = "list of numbers"
    }

    /// The kind's name.
    public var name: Name {
        switch self {
        case .number: .number
        case .integerCategory: .integerCategory
        case .hashedCategory: .hashedCategory
        case .category(let dictionary): dictionary.isText ? .textCategory : .numberCategory
        case .list(.sequence): .sequence
        case .list(.numbers): .numberList
        }
    }

    /// True for each kind of category.
    public var isCategorical: Bool { self != .number && !isList }

    /// True for lists.
    public var isList: Bool {
        if case .list = self { true } else { false }
    }
}

/// One named feature of a model, in the order the model wants them.
public struct GraphInput: Equatable, Sendable {
    /// The name the model was trained with.
    public var name: String
    /// What its cells become.
    public var kind: FeatureKind
    /// What a category becomes that the dictionary does not have.
    public var unseen: Unseen
    /// Whether a cell may be NULL.
    public var takesMissing: Bool

    /// What an unseen category becomes.
    public enum Unseen: Equatable, Sendable {
        /// NaN, as a missing one.
        case missing
        /// -1.
        case marked
    }

    /// - Parameters: see the stored properties.
    public init(
        name: String,
        kind: FeatureKind = .number,
        unseen: Unseen = .missing,
        takesMissing: Bool = true
    ) {
        self.name = name
        self.kind = kind
        self.unseen = unseen
        self.takesMissing = takesMissing
    }
}
