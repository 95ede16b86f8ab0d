/// A parsed XML document as flat arrays, elements in document order.
///
/// Values of attributes and texts are spans of the bytes it was read from, or of `decoded` where a
/// reference had to be replaced; nothing is copied otherwise.
final class XMLDocument: Sendable {
    /// A run of bytes: in the source, or, when `start` is negative, in `decoded` from `~start` on.
    struct Span {
        /// In the source, or `~` of the position in `decoded`.
        var start: Int32
        /// Bytes.
        var count: Int32

        static let empty = Span(start: 0, count: 0)
    }

    /// An attribute of an element.
    struct Attribute {
        /// Position in `names`.
        var name: Int32
        /// Its value, references replaced.
        var value: Span
    }

    /// An element.
    struct Node {
        /// Position in `names`.
        var name: Int32
        /// Where the start tag begins in the source.
        var offset: Int32
        /// The first element within; -1 for none.
        var firstChild: Int32 = -1
        /// The next element with the same parent; -1 for none.
        var next: Int32 = -1
        /// Where its attributes begin in `attributes`.
        var firstAttribute: Int32 = 0
        /// How many there are.
        var attributeCount: Int32 = 0
        /// The text of an element without child elements.
        var text = Span.empty
    }

    /// The bytes that were read, in UTF-8.
    let source: [UInt8]
    /// Bytes of spans in which a reference was replaced.
    let decoded: [UInt8]
    /// Names of elements and attributes, each once, without the prefix of the root.
    let names: [String]
    /// The root is the first.
    let nodes: [Node]
    /// By element, in the order in which they were written.
    let attributes: [Attribute]

    /// What a reader found.
    init(
        source: [UInt8],
        decoded: [UInt8],
        names: [String],
        nodes: [Node],
        attributes: [Attribute]
    ) {
        self.source = source
        self.decoded = decoded
        self.names = names
        self.nodes = nodes
        self.attributes = attributes
    }

    /// Lends the bytes of a span.
    func withBytes<Result>(of span: Span, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        assert(span.count >= 0, "a span of less than nothing")
        let isDecoded = span.start < 0
        let start = Int(isDecoded ? ~span.start : span.start)
        return (isDecoded ? decoded : source).withUnsafeBytes {
            body(UnsafeRawBufferPointer(rebasing: $0[start..<start + Int(span.count)]))
        }
    }

    /// The text of a span; the source was found to be UTF-8 when it was read.
    func string(_ span: Span) -> String {
        withBytes(of: span) { String(decoding: $0, as: UTF8.self) }
    }
}
