import BorealBase

/// Reads the index of a TensorFlow checkpoint: a table of sorted keys as LevelDB writes them, in
/// blocks whose keys leave out what the key before them begins with.
struct CheckpointTable {
    /// The whole index.
    private let bytes: [UInt8]
    /// What errors call the file.
    private static let format = ModelFormat.tensorflowCheckpoint
    /// Entries of an index.
    private static let entriesMax = 1 << 20
    /// Bytes of a key.
    private static let keyBytesMax = 4_096
    /// The last eight bytes of every table.
    private static let magic: UInt64 = 0xDB47_7524_8B80_FB57

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The bytes at `offset` break the rules.
    private func malformed(_ offset: Int, _ reason: String) -> FormatError {
        .malformed(Self.format, offset: offset, reason: reason)
    }

    /// Keys and where their values are, in the order of the table.
    ///
    /// - Throws: `FormatError.malformed`, `.tooLarge`, `.unsupportedFormat` for compressed blocks.
    func entries() throws(FormatError) -> [(key: String, value: Range<Int>)] {
        guard bytes.count >= 48, bytes.littleEndian(at: bytes.count - 8) == Self.magic else {
            throw malformed(max(0, bytes.count - 8), "no table's footer")
        }
        var footer = ProtobufReader(bytes, bytes.count - 48..<bytes.count - 8)
        _ = try block(&footer)
        let index = try block(&footer)
        var entries: [(key: String, value: Range<Int>)] = []
        for handle in try list(index) {
            var reader = ProtobufReader(bytes, handle.value)
            entries += try list(try block(&reader))
            guard entries.count <= Self.entriesMax else {
                throw .tooLarge(Self.format, what: "entries", limit: Self.entriesMax)
            }
        }
        return entries
    }

    /// The block that two numbers point at; behind it stand its compression and a checksum.
    private func block(_ reader: inout ProtobufReader) throws(FormatError) -> Range<Int> {
        let offset = try number(&reader)
        let size = try number(&reader)
        guard size > 0, size <= bytes.count, offset <= bytes.count - size - 5 else {
            throw malformed(reader.position, "a block of \(size) bytes at \(offset)")
        }
        guard bytes[offset + size] == 0 else {
            throw .unsupportedFormat(Self.format, detail: "compressed blocks")
        }
        return offset..<offset + size
    }

    /// A number no greater than the file.
    private func number(_ reader: inout ProtobufReader) throws(FormatError) -> Int {
        let value: UInt64
        do throws(FormatError) { value = try reader.varint() } catch {
            throw error.told(of: Self.format)
        }
        guard value <= UInt64(bytes.count) else {
            throw malformed(reader.position, "the number \(value)")
        }
        return Int(value)
    }

    /// The entries of a block: shared bytes, own bytes, bytes of the value, then these.
    private func list(
        _ block: Range<Int>
    ) throws(FormatError) -> [(key: String, value: Range<Int>)] {
        guard block.count >= 4 else { throw malformed(block.lowerBound, "a block is cut") }
        let restarts: UInt32 = bytes.littleEndian(at: block.upperBound - 4)
        guard Int(restarts) <= (block.count - 4) / 4 else {
            throw malformed(block.upperBound - 4, "\(restarts) restarts")
        }
        let end = block.upperBound - 4 - 4 * Int(restarts)
        var entries: [(key: String, value: Range<Int>)] = []
        var key: [UInt8] = []
        var position = block.lowerBound
        while position < end {
            var reader = ProtobufReader(bytes, position..<end)
            let shared = try number(&reader)
            let own = try number(&reader)
            let size = try number(&reader)
            let start = reader.position
            guard shared <= key.count, own <= end - start, size <= end - start - own,
                shared + own <= Self.keyBytesMax
            else { throw malformed(position, "an entry beyond its block") }
            key = Array(key[..<shared] + bytes[start..<start + own])
            guard let text = String(validating: key, as: UTF8.self) else {
                // Keys of blocks of the index need only be between those of blocks.
                throw malformed(start, "a key that is no text")
            }
            entries.append((text, start + own..<start + own + size))
            position = start + own + size
        }
        return entries
    }
}
