import BorealBase

/// A SELECT over tables of another server whose list calls functions that ask models here, taken
/// apart: what that server is asked, and what is then answered here for each of its rows.
///
/// The statement is in the other server's SQL, which is not ours: it is not parsed. Its tokens tell
/// where the list ends and where each call begins and ends, which is enough when a call is a whole
/// item of the list and nothing else in the text depends on its answer.
public struct CallSelect: Equatable, Sendable {
    /// An argument of a call.
    public struct Argument: Equatable, Sendable {
        /// As it is written.
        public var text: String
        /// Which of the columns behind the visible ones has its values; nil for a text in single
        /// quotes and for the name of a model, which stay here.
        public var column: Int?

        /// - Parameters: see the stored properties.
        public init(_ text: String, column: Int? = nil) {
            self.text = text
            self.column = column
        }
    }

    /// A call in the list.
    public struct Call: Equatable, Sendable {
        /// The function's name as it is written.
        public var function: String
        /// All of it as it is written.
        public var text: String
        /// The name given to it, as it is written; nil for none.
        public var alias: String?
        /// In order.
        public var arguments: [Argument]

        /// - Parameters: see the stored properties.
        public init(
            _ function: String,
            _ text: String,
            alias: String? = nil,
            _ arguments: [Argument]
        ) {
            self.function = function
            self.text = text
            self.alias = alias
            self.arguments = arguments
        }
    }

    /// What the other server is asked: NULL in place of each call, and their arguments as columns
    /// behind all others.
    public internal(set) var inner: [UInt8] = []
    /// In the order of the list.
    public internal(set) var calls: [Call] = []
    /// Columns of `inner` that hold arguments: the last ones.
    public internal(set) var hiddenCount = 0
    /// The numbers that GROUP BY and ORDER BY give for columns.
    public internal(set) var places: Set<Int> = []

    /// A `?` stands in it.
    public internal(set) var hasPlaceholders = false

    /// The name of the column of `inner` that stands in place of a call.
    public static func placeholder(_ call: Int) -> String { "_boreal_call_\(call)" }

    /// The name of the column of `inner` that holds an argument.
    public static func hidden(_ column: Int) -> String { "_boreal_argument_\(column)" }

    /// Takes a statement apart that calls such a function somewhere.
    ///
    /// - Parameter nameCount: how many of the first arguments of a function's call are names, which
    ///   may be bare words, by its name and the number of its arguments.
    public init(
        _ text: [UInt8],
        mode: SQLMode = [],
        nameCount: (_ function: String, _ count: Int) -> Int = { _, _ in 0 }
    ) throws(CallSelectError) {
        self = try text.withUnsafeBufferPointer { bytes throws(CallSelectError) in
            try withoutActuallyEscaping(nameCount) { nameCount throws(CallSelectError) in
                var scanner = CallSelectScanner(Lexer(bytes, mode: mode), nameCount)
                return try scanner.run()
            }
        }
    }

    init() {}
}

/// Why a statement cannot be taken apart.
public enum CallSelectError: Error, Equatable, Sendable {
    /// It cannot be cut into words.
    case syntax(SyntaxError)
    /// What it has that it may not, in words: `PREDICT_ROW in WHERE`.
    case refused(String)
}
