import BorealBase
import BorealSQL

/// A text with its quoted texts taken out, read without a parser.
struct QuotedText {
    /// The text with `?` for what was taken out.
    let key: [UInt8]
    /// The texts taken out, in order.
    let values: [TableValue]
    /// Where they stood, with their quotes.
    let places: [Range<Int>]

    /// Longer texts go to a parser on another thread.
    static let bytesMax = 16 << 10

    /// - Returns: nil for what is no SELECT, for a text without any, and for one with variables,
    ///   escapes, other quotes, or comments elsewhere than at its beginning, whose meaning it takes
    ///   a parser to know.
    init?(_ text: [UInt8]) {
        let start = NumberedText.endOfComment(atStartOf: text) ?? 0
        guard text.count <= Self.bytesMax,
            text[start...].drop(while: { $0 <= 0x20 }).prefix(6).elementsEqual(
                "select".utf8,
                by: { $0 | 0x20 == $1 }
            )
        else { return nil }
        var key = Array(text[..<start])
        key.reserveCapacity(text.count)
        var values: [TableValue] = []
        var places: [Range<Int>] = []
        // The last byte that was no blank.
        var last: UInt8 = 0
        var index = start
        while index < text.count {
            let byte = text[index]
            switch byte {
            case UInt8(ascii: "'"):
                guard let end = text[(index + 1)...].firstIndex(of: byte), !last.mayPrefixQuote,
                    let value = Self.plain(text[(index + 1)..<end])
                else { return nil }
                key.append(UInt8(ascii: "?"))
                values.append(.text(value))
                places.append(index..<end + 1)
                index = end
            case UInt8(ascii: "\""), UInt8(ascii: "`"), UInt8(ascii: "/"), UInt8(ascii: "-"),
                UInt8(ascii: "#"), UInt8(ascii: "@"), UInt8(ascii: ";"), UInt8(ascii: "?"):
                return nil
            default: key.append(byte)
            }
            if byte > 0x20 { last = byte }
            index += 1
        }
        guard !values.isEmpty else { return nil }
        self.key = key
        self.values = values
        self.places = places
    }

    /// What stands between quotes, when it means itself.
    private static func plain(_ bytes: ArraySlice<UInt8>) -> String? {
        bytes.contains(UInt8(ascii: "\\")) ? nil : String(ifUTF8: bytes)
    }

    /// An offset of the text in the key. None inside what was taken out.
    func offset(inKey offset: Int) -> Int {
        offset - places.prefix { $0.upperBound <= offset }.reduce(0) { $0 + $1.count - 1 }
    }

    /// An offset of the key in the text.
    func offset(ofKey offset: Int) -> Int {
        var result = offset
        for place in places where place.lowerBound < result { result += place.count - 1 }
        return result
    }
}

extension UInt8 {
    /// Before a quote it makes another kind of text, as in `N'a'` and `_utf8mb4'a'`, or another
    /// part of the same, as in `'a' 'b'`.
    fileprivate var mayPrefixQuote: Bool {
        self == UInt8(ascii: "'") || isWordByte
    }
}

/// A query of one row that asks batched functions about texts, as the prepared statement that it
/// could have been.
struct BoundCall {
    /// The tree with `?` in place of the texts.
    let query: Query
    let text: QuotedText
    /// The columns that are called as they are written, in the key.
    let names: [WrittenName]

    /// - Parameter isQuick: whether a call may be made on a loop.
    /// - Returns: nil for a query of another form.
    init?(_ query: Query, text: [UInt8], isQuick: (FunctionCall) -> Bool) {
        guard query.asksOnly(isQuick), case .select(var block) = query.body,
            let quoted = QuotedText(text)
        else { return nil }
        var names: [WrittenName] = []
        var bound = 0
        for (column, item) in block.items.enumerated() {
            guard case .expression(let node, let alias) = item.kind,
                case .function(var call) = node.kind
            else { return nil }
            for (index, argument) in call.arguments.enumerated() {
                guard case .literal(.string) = argument.kind, bound < quoted.places.count,
                    quoted.places[bound] == argument.span.range
                else { continue }
                call.arguments[index] = Expression(
                    kind: .placeholder(bound),
                    span: argument.span
                )
                bound += 1
            }
            block.items[column].kind = .expression(
                Expression(kind: .function(call), span: node.span),
                alias: alias
            )
            if alias == nil { names.append(WrittenName(column, item.span.range, quoted)) }
        }
        // Of one that is no argument, such as an alias, the text would be lost.
        guard bound == quoted.places.count else { return nil }
        var copy = query
        copy.body = .select(block)
        self.query = copy
        self.text = quoted
        self.names = names
    }
}

/// A column that is called as it is written, with texts that differ from one run to the next.
struct WrittenName: Sendable {
    let column: Int
    /// In the key.
    private let range: Range<Int>

    init(_ column: Int, _ range: Range<Int>, _ text: QuotedText) {
        self.column = column
        let start = text.offset(inKey: range.lowerBound)
        self.range = start..<max(start, text.offset(inKey: range.upperBound))
    }

    /// The name in a text with this key.
    func text(in text: [UInt8], _ quoted: QuotedText) -> String {
        let start = quoted.offset(ofKey: range.lowerBound)
        return String(decoding: text[start..<quoted.offset(ofKey: range.upperBound)], as: UTF8.self)
    }
}

extension Query {
    /// Calls that are made in a fraction of a millisecond each.
    private static let quickCallsMax = 4

    /// True for one row of nothing but a few such calls.
    func asksOnly(_ isQuick: (FunctionCall) -> Bool) -> Bool {
        guard let block = rowWithoutTables, block.items.count <= Self.quickCallsMax else {
            return false
        }
        return block.items.allSatisfy { item in
            guard case .expression(let node, _) = item.kind, case .function(let call) = node.kind
            else { return false }
            return isQuick(call)
        }
    }
}

extension TableSession {
    /// Whether a call may be bound and asked on a loop: of such a function, about names, literals
    /// and `?`.
    func isQuick(_ call: FunctionCall) -> Bool {
        guard call.database == nil, let function = store.batchFunction(call.name.name),
            function.isQuick
        else { return false }
        let names = function.nameCount(of: call.arguments.count)
        return call.arguments.enumerated().allSatisfy { place, argument in
            switch argument.kind {
            case .literal(.string(let text)): text.utf8.count <= QuotedText.bytesMax
            case .literal, .placeholder: true
            case .column: place < names
            default: false
            }
        }
    }

    /// Whoever calls batched functions in this session.
    var caller: BatchCaller {
        BatchCaller(rights) { [unowned self] in try systemValue($0) }
    }
}
