/// What the optimizer hints of a statement ask for: the comments `/*+ ... */` that stand right
/// behind `SELECT`, `INSERT`, `REPLACE`, `UPDATE` and `DELETE`.
///
/// One of them means something here, `MAX_EXECUTION_TIME(n)`; all others tell MySQL's optimizer how
/// to plan, and are read over. None ever fails a statement: what is wrong with one is a warning.
public struct OptimizerHints: Equatable, Sendable {
    /// What is wrong with a hint.
    public enum Problem: Equatable, Sendable {
        /// No hint can look like this; the span is empty where the comment ends too early.
        case syntax(SourceSpan)
        /// A number that is too large for a time; the span begins behind it.
        case timeTooLong(SourceSpan)
        /// `MAX_EXECUTION_TIME` somewhere else than in the outermost query of a statement.
        case timeIsNotOfQuery
        /// A second `MAX_EXECUTION_TIME`.
        case timeIsRepeated(UInt32)
    }

    /// `MAX_EXECUTION_TIME(n)`, milliseconds; nil when nothing is said.
    public var executionMilliseconds: UInt32?
    /// What is wrong, in MySQL's order: first what cannot be read.
    public var problems: [Problem] = []

    /// None.
    public init() {}
}

/// A comment with hints, as the parser meets it.
struct HintComment {
    /// Offset of the verb in front of it.
    let verb: Int32
    /// Offsets of what stands between `/*+` and `*/`.
    let content: Range<Int>
}
