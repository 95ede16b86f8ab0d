import BorealBase
import BorealCatalog

/// Writes a task's result: UTF-8, a header line, quoted where RFC 4180 wants it, lines ended by CR
/// LF.
struct ResultFile {
    private let writer: ArtifactWriter
    private var buffer: [UInt8] = []
    private var isFirstCell = true

    /// Bytes that are written at once.
    private static let chunkBytes = 256 << 10

    init(_ writer: ArtifactWriter) { self.writer = writer }

    /// The header line.
    mutating func header(_ names: [String]) {
        for name in names { cell(Array(name.utf8)) }
        endRow()
    }

    /// One cell of a batch; NULL is nothing between two commas.
    mutating func cell(_ column: Column, _ row: Int, _ scratch: inout [UInt8]) {
        scratch.removeAll(keepingCapacity: true)
        CellText.append(column, row, to: &scratch)
        cell(scratch)
    }

    /// One cell of text.
    mutating func cell(_ text: [UInt8]) {
        if !isFirstCell { buffer.append(UInt8(ascii: ",")) }
        isFirstCell = false
        let needsQuotes = text.contains {
            $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") || $0 == 0x0A || $0 == 0x0D
        }
        guard needsQuotes else {
            buffer.append(contentsOf: text)
            return
        }
        buffer.append(UInt8(ascii: "\""))
        for byte in text {
            if byte == UInt8(ascii: "\"") { buffer.append(byte) }
            buffer.append(byte)
        }
        buffer.append(UInt8(ascii: "\""))
    }

    /// Ends a line.
    mutating func endRow() {
        buffer += [0x0D, 0x0A]
        isFirstCell = true
    }

    /// Hands on what has gathered, when it is enough.
    mutating func flush(force: Bool = false) throws(CatalogError) {
        guard force || buffer.count >= Self.chunkBytes, !buffer.isEmpty else { return }
        try writer.write(buffer)
        buffer.removeAll(keepingCapacity: true)
    }

    /// Stores the file.
    mutating func finish() throws(CatalogError) -> PublishedArtifact {
        try flush(force: true)
        return try writer.finish()
    }
}
