import BorealBase

/// Where a text names tables of sources by name, as `s.db.t`, and what else it names.
///
/// The statement is another server's, whose grammar is not ours: it is not parsed. Of its tokens
/// those are followed that tell where the name of a table stands. There three names with dots
/// between are a source, a database and a table; in an expression they are a database, a table and
/// a column, as everywhere in MySQL, and four begin with a source.
public struct SourceNames: Equatable, Sendable {
    /// The sources that are named, in lower case and in order, each once.
    public internal(set) var sources: [String] = []
    /// What is left out for the source: its name and the dot behind it, each time.
    public internal(set) var prefixes: [Range<Int>] = []
    /// The first table that is no source's.
    public internal(set) var otherTable: Range<Int>?
    /// What a statement for a source may not have, in words.
    public internal(set) var obstacle: String?
    /// True when the statement changes nothing.
    public internal(set) var isReading = false

    /// Levels of parentheses that are followed.
    static let depthMax = 1_000

    /// Looks through one statement.
    ///
    /// - Parameter names: those of the sources, in lower case.
    /// - Returns: nil for a text that names none, or cannot be read.
    public static func find(
        _ text: [UInt8],
        _ names: Set<String>,
        mode: SQLMode = []
    ) -> SourceNames? {
        guard mayName(text, names) else { return nil }
        return text.withUnsafeBufferPointer { bytes in
            var scanner = SourceNameScanner(Lexer(bytes, mode: mode), names)
            // What cannot be cut into words names nothing.
            guard (try? scanner.run()) != nil else { return nil }
            return scanner.found.sources.isEmpty ? nil : scanner.found
        }
    }

    /// The statement as the source is to get it.
    public func cut(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var place = 0
        for prefix in prefixes {
            result += text[place..<prefix.lowerBound]
            place = prefix.upperBound
        }
        return result + text[place...]
    }

    /// A table's name as it stands in the text.
    public func shown(_ range: Range<Int>, in text: [UInt8]) -> String {
        String(decoding: text[range].prefix(128), as: UTF8.self)
    }

    // MARK: - A first look

    /// False when no source's name stands before a dot: so it is with most statements, and then a
    /// look at each dot is all that is done.
    public static func mayName(_ text: [UInt8], _ names: Set<String>) -> Bool {
        guard !names.isEmpty else { return false }
        let folded = names.map { Array($0.utf8) }
        return text.withUnsafeBufferPointer { bytes in
            for place in bytes.indices where bytes[place] == UInt8(ascii: ".") {
                if let name = name(before: place, bytes), isOne(of: folded, bytes, name) {
                    return true
                }
            }
            return showsDatabases(bytes)
        }
    }

    /// The word that ends before a dot, without its quotes.
    private static func name(
        before dot: Int,
        _ bytes: UnsafeBufferPointer<UInt8>
    ) -> Range<Int>? {
        var end = dot
        while end > 0, bytes[end - 1] <= 0x20 { end -= 1 }
        if end > 0, bytes[end - 1] == UInt8(ascii: "`") { end -= 1 }
        var start = end
        while start > 0, end - start <= Limits.sourceNameBytesMax, isWordByte(bytes[start - 1]) {
            start -= 1
        }
        return start < end ? start..<end : nil
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        let lower = byte | 0x20
        return lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z")
            || byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") || byte == UInt8(ascii: "_")
    }

    private static func isOne(
        of names: [[UInt8]],
        _ bytes: UnsafeBufferPointer<UInt8>,
        _ range: Range<Int>
    ) -> Bool {
        names.contains { name in
            name.count == range.count
                && name.indices.allSatisfy { index in
                    let byte = bytes[range.lowerBound + index]
                    let isUpper = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
                    return name[index] == (isUpper ? byte | 0x20 : byte)
                }
        }
    }

    /// `SHOW DATABASES FROM s` has no dot.
    private static func showsDatabases(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard bytes.count <= 512, let start = bytes.firstIndex(where: { $0 > 0x20 }) else {
            return false
        }
        return bytes.count - start > 4
            && zip(bytes[start...], "show".utf8).allSatisfy { $0 | 0x20 == $1 }
    }
}
