import BorealBase

/// Reads a pickle of protocol 0 to 5 as data.
///
/// It is the stack machine of Python's `pickletools` with one difference: where Python would import
/// and call, it looks the name up in `PickleClass`, refuses what is not there, and otherwise writes
/// down an inert record. Time and memory are proportional to the bytes read: values are shared by
/// reference and never walked here.
struct PickleMachine {
    var document: PickleDocument
    /// Next byte to read.
    var position: Int
    var stack: [PickleRef] = []
    /// Stack heights at the open MARKs.
    var marks: [Int] = []
    /// Memo slots in order, and those that came out of order.
    var memo: [PickleRef] = []
    var sparseMemo: [Int: PickleRef] = [:]
    /// `[nodes.count]`: how deep the containers of a value are nested.
    var depths: [UInt16] = []
    /// Bytes that the values made so far take.
    private var allocated = 0
    /// Pickles around this one.
    let nesting: Int
    let dialect: Dialect

    /// What pickles of some libraries may hold beside what all do.
    enum Dialect {
        case plain
        /// Persistent ids: the numbers of tensors lie elsewhere in the file.
        case torch
        /// Those, and classes of the archive's own.
        case torchScript
    }

    /// A machine over `source`, which begins reading at `position`.
    init(source: [UInt8], position: Int = 0, dialect: Dialect = .plain) {
        document = PickleDocument(source: source)
        self.position = position
        nesting = 0
        self.dialect = dialect
    }

    /// A machine for a pickle within another one; it goes on with the same document.
    init(inside outer: PickleMachine) {
        document = outer.document
        position = outer.position
        depths = outer.depths
        allocated = outer.allocated
        nesting = outer.nesting + 1
        dialect = outer.dialect
    }

    /// Reads up to STOP.
    ///
    /// - Throws: `FormatError.malformed`, `.classRefused`, `.callRefused`, `.tooLarge`,
    ///   `.unsupportedVersion`.
    mutating func run() throws(FormatError) -> PickleDocument {
        while true {
            let opcode = try byte()
            if opcode == UInt8(ascii: ".") { break }
            if try pushScalar(opcode) { continue }
            if try pushText(opcode) { continue }
            if try container(opcode) { continue }
            if try memory(opcode) { continue }
            if try objects(opcode) { continue }
            position -= 1
            throw malformed("opcode \(opcode)")
        }
        guard stack.count == 1, marks.isEmpty, let root = stack.last else {
            throw malformed("STOP with \(stack.count) values")
        }
        document.root = root
        return document
    }

    /// Takes over what an inner machine accounted for.
    mutating func adopt(_ inner: PickleMachine) {
        depths = inner.depths
        allocated = inner.allocated
    }

    // MARK: - Reading

    func malformed(_ reason: String) -> FormatError {
        .malformed(.pickle, offset: position, reason: reason)
    }

    var source: [UInt8] { document.source }

    mutating func byte() throws(FormatError) -> UInt8 {
        guard position < document.source.count else { throw malformed("the file ends early") }
        defer { position += 1 }
        return document.source[position]
    }

    /// Moves over `count` bytes and answers where they start.
    mutating func skip(_ count: Int) throws(FormatError) -> Int {
        guard count >= 0, count <= document.source.count - position else {
            throw malformed("a length of \(count) bytes")
        }
        defer { position += count }
        return position
    }

    /// An unsigned little-endian number of up to 8 bytes, as a length.
    mutating func length(_ bytes: Int) throws(FormatError) -> Int {
        let start = try skip(bytes)
        var value: UInt64 = 0
        for i in (0..<bytes).reversed() { value = value << 8 | UInt64(document.source[start + i]) }
        guard let length = Int(exactly: value) else {
            throw malformed("a length of \(value) bytes")
        }
        return length
    }

    /// The bytes up to the next line feed, which is consumed.
    mutating func line() throws(FormatError) -> Range<Int> {
        let start = position
        while position < document.source.count {
            position += 1
            if document.source[position - 1] == 0x0A { return start..<position - 1 }
        }
        throw malformed("the file ends early")
    }

    mutating func lineText() throws(FormatError) -> String {
        let range = try line()
        guard range.count < 1_024,
            let text = String(validating: document.source[range], as: UTF8.self)
        else { throw malformed("a line that is no text") }
        return text
    }

    // MARK: - Values

    /// Accounts for `bytes` of memory.
    mutating func charge(_ bytes: Int) throws(FormatError) {
        guard bytes <= Limits.modelBytesMax - allocated else {
            throw .tooLarge(.pickle, what: "bytes of values", limit: Limits.modelBytesMax)
        }
        allocated += bytes
    }

    /// Makes a value.
    mutating func make(_ node: PickleNode, depth: UInt16 = 0) throws(FormatError) -> PickleRef {
        guard document.nodes.count < FormatLimits.pickleValuesMax else {
            throw .tooLarge(.pickle, what: "values", limit: FormatLimits.pickleValuesMax)
        }
        try charge(MemoryLayout<PickleNode>.stride + 2)
        document.nodes.append(node)
        depths.append(depth)
        return PickleRef(index: Int32(truncatingIfNeeded: document.nodes.count - 1))
    }

    mutating func push(_ node: PickleNode) throws(FormatError) { try push(try make(node)) }

    mutating func push(_ ref: PickleRef) throws(FormatError) {
        guard stack.count < FormatLimits.pickleStackMax else {
            throw .tooLarge(
                .pickle,
                what: "values on the stack",
                limit: FormatLimits.pickleStackMax
            )
        }
        stack.append(ref)
    }

    /// Makes a container of values that exist, one level deeper than the deepest of them.
    mutating func makeContainer(
        _ elements: [PickleRef],
        _ node: (Int) -> PickleNode
    ) throws(FormatError) -> PickleRef {
        try charge(elements.count * 4 + 32)
        document.containers.append(elements)
        return try make(node(document.containers.count - 1), depth: try depth(above: elements[...]))
    }

    /// One more than the greatest depth among `elements`.
    func depth(above elements: ArraySlice<PickleRef>) throws(FormatError) -> UInt16 {
        var depth: UInt16 = 0
        for element in elements { depth = max(depth, depths[Int(element.index)]) }
        guard depth < Limits.modelNestingMax else {
            throw .tooLarge(.pickle, what: "nested containers", limit: Limits.modelNestingMax)
        }
        return depth + 1
    }

    /// Takes the top of the stack; never beyond the last MARK.
    mutating func pop() throws(FormatError) -> PickleRef {
        guard stack.count > (marks.last ?? 0), let top = stack.popLast() else {
            throw malformed("a value is missing on the stack")
        }
        return top
    }

    func top() throws(FormatError) -> PickleRef {
        guard stack.count > (marks.last ?? 0), let top = stack.last else {
            throw malformed("a value is missing on the stack")
        }
        return top
    }

    /// Takes everything above the last MARK.
    mutating func popMark() throws(FormatError) -> [PickleRef] {
        guard let mark = marks.popLast() else { throw malformed("a MARK is missing") }
        let elements = Array(stack[mark...])
        stack.removeSubrange(mark...)
        return elements
    }
}
