/// Sequences of ids: `[183, 238, 153]`, oldest first.
public struct SequenceForm: Equatable, Sendable {
    /// Ids are below.
    public var ids: Int
    /// Events that are kept of a sequence: the latest ones.
    public var length: Int
    /// Whether an event that repeats the one before it is dropped.
    public var dropsRepeats: Bool

    /// Ids at most: all of them are exact in 32-bit floats.
    public static let idsMax = 1 << 20
    /// Events at most.
    public static let lengthMax = 1 << 16

    /// - Parameters: see the stored properties.
    public init(ids: Int, length: Int, dropsRepeats: Bool = false) {
        self.ids = ids
        self.length = length
        self.dropsRepeats = dropsRepeats
    }
}

/// How a cell becomes a list of numbers.
public enum ListForm: Equatable, Sendable {
    /// Ids; a NULL is an empty sequence.
    case sequence(SequenceForm)
    /// As many numbers in each row: a list, or the values of a JSON object in the order of its
    /// keys. Nil takes the number of the first row.
    case numbers(count: Int?)
}

/// What is wrong with a cell that should be a list.
public enum ListDefect: Error, Equatable, Sendable {
    /// A member of a sequence that is no whole number from 0 on.
    case noID(String)
    /// An id that is not below `ids`.
    case idBeyond(String, ids: Int)
    /// A member of a list of numbers that is none.
    case noNumber(String)
    /// More or fewer numbers than the other rows have.
    case length(Int, expected: Int)
    /// A bracket that is not closed, or JSON that is none.
    case malformed(String)
    /// NULL, where there is no list without numbers.
    case missing
}

extension ListDefect: CustomStringConvertible {
    /// What is wrong, and what to do.
    public var description: String {
        switch self {
        case .noID(let word):
            "'\(word)' is no behaviour id; a sequence holds whole numbers from 0 on, as in "
                + "[183, 238, 153]"
        case .idBeyond(let word, let ids):
            "behaviour id \(word) is not below window_size=\(ids); train with a greater "
                + "window_size or leave the id out"
        case .noNumber(let word):
            "'\(word)' is no number; map texts to numbers first"
        case .length(let count, let expected):
            "it has \(count) numbers, where \(expected) are expected; every row must have as many"
        case .malformed(let text):
            "'\(text)' is neither a list such as [1, 2] nor a JSON object"
        case .missing: "the value is NULL; every row must have a list of numbers"
        }
    }
}
