/// A run of bytes of a statement's text: where a token or a node of the tree stands.
///
/// Offsets count bytes from the start of the text given to the parser, not characters, and fit
/// 32 bits because a statement is at most `Limits.statementBytesMax` long.
public struct SourceSpan: Hashable, Sendable {
    /// Bytes before the first one of the span.
    public var start: Int32
    /// Bytes before the first one behind the span; `start` for an empty span.
    public var end: Int32

    /// A span from one offset up to, not including, another.
    @inlinable
    public init(start: Int32, end: Int32) {
        self.start = start
        self.end = end
    }

    /// The span of nodes that no text stands for.
    public static let none = SourceSpan(start: 0, end: 0)

    /// The offsets as a range for indexing an array of bytes.
    @inlinable
    public var range: Range<Int> { Int(start)..<Int(end) }

    /// From the start of this span to the end of another that stands behind it.
    @inlinable
    public func through(_ other: SourceSpan) -> SourceSpan {
        SourceSpan(start: start, end: max(end, other.end))
    }
}

/// Keeps a node's span out of comparisons: two trees are equal when they say the same, wherever
/// their words stand. This is what lets a printed statement be compared with its original.
@propertyWrapper
public struct Place: Equatable, Sendable {
    /// The span itself.
    public var wrappedValue: SourceSpan

    /// Wraps a span.
    @inlinable
    public init(wrappedValue: SourceSpan) {
        self.wrappedValue = wrappedValue
    }

    /// Always true.
    public static func == (left: Place, right: Place) -> Bool { true }
}
