import BorealBase
import CZlib

/// The files of a zip archive, as PKWARE's APPNOTE describes it: stored or deflated, with the
/// 64-bit forms. The directory at its end says what there is; nothing else is believed.
struct ZipArchive {
    /// One file of the archive.
    struct Member: Equatable {
        /// Its path within the archive.
        let name: String
        /// Where its packed bytes are.
        let packed: Range<Int>
        /// Bytes once it is unpacked.
        let size: Int
        let isDeflated: Bool
        let checksum: UInt32
    }

    /// In the order of the directory.
    let members: [Member]
    /// The whole archive.
    private let bytes: [UInt8]
    /// What errors call the file.
    private let format: ModelFormat
    /// Positions in `members` by name.
    private let places: [String: Int]

    /// Files of an archive.
    private static let membersMax = 10_000
    /// Bytes of a name.
    private static let nameBytesMax = 4_096
    /// The record at the end, and the longest comment behind it.
    private static let endBytes = 22
    /// The longest comment that a length of two bytes can tell.
    private static let commentBytesMax = 65_535

    /// Reads the directory.
    ///
    /// - Parameter format: what errors call the file.
    /// - Throws: `FormatError.malformed`, `.tooLarge`, `.unsupportedFormat`.
    init(_ bytes: [UInt8], format: ModelFormat) throws(FormatError) {
        self.bytes = bytes
        self.format = format
        var reader = ZipDirectoryReader(bytes: bytes, format: format)
        let directory = try reader.directory()
        guard directory.count <= Self.membersMax else {
            throw .tooLarge(format, what: "files in an archive", limit: Self.membersMax)
        }
        var members: [Member] = []
        var places: [String: Int] = [:]
        var total = 0
        reader.position = directory.start
        for _ in 0..<directory.count {
            let member = try reader.member()
            guard places.updateValue(members.count, forKey: member.name) == nil else {
                throw reader.malformed("'\(member.name)' stands twice")
            }
            total += member.size
            guard total <= Limits.modelBytesMax else {
                throw .tooLarge(format, what: "unpacked bytes", limit: Limits.modelBytesMax)
            }
            members.append(member)
        }
        self.members = members
        self.places = places
    }

    /// The file of that exact name.
    subscript(name: String) -> Member? { places[name].map { members[$0] } }

    /// The unpacked bytes of a file.
    ///
    /// - Throws: `FormatError.malformed` when they are not what the directory says.
    func data(of member: Member) throws(FormatError) -> [UInt8] {
        var data = Array(bytes[member.packed])
        if member.isDeflated {
            do throws(FormatError) {
                data = try Decompressor(bytesMax: member.size).unpackDeflated(data)
            } catch { throw malformed(member, "\(error)") }
        }
        guard data.count == member.size else {
            throw malformed(member, "\(data.count) bytes, not \(member.size)")
        }
        let sum = data.withUnsafeBufferPointer {
            CZlib.crc32(0, $0.baseAddress, UInt32(truncatingIfNeeded: $0.count))
        }
        guard data.isEmpty || UInt32(truncatingIfNeeded: sum) == member.checksum else {
            throw malformed(member, "its checksum is wrong")
        }
        return data
    }

    /// A file whose bytes are not what the directory says.
    private func malformed(_ member: Member, _ reason: String) -> FormatError {
        .malformed(format, offset: member.packed.lowerBound, reason: "'\(member.name)': \(reason)")
    }
}

/// Reads the records of a zip archive's directory.
private struct ZipDirectoryReader {
    /// The whole archive.
    let bytes: [UInt8]
    /// What errors call the file.
    let format: ModelFormat
    /// Where the next record begins.
    var position = 0

    /// The directory breaks off or makes no sense here.
    func malformed(_ reason: String) -> FormatError {
        .malformed(format, offset: position, reason: reason)
    }

    /// A number of so many bytes at `offset` behind `position`.
    private func number(_ offset: Int, _ count: Int) throws(FormatError) -> Int {
        guard position >= 0, position <= bytes.count, offset + count <= bytes.count - position
        else { throw malformed("the archive's directory lies outside of the file") }
        var value: UInt64 = 0
        for index in (0..<count).reversed() {
            value = value << 8 | UInt64(bytes[position + offset + index])
        }
        guard let number = Int(exactly: value) else { throw malformed("a size of \(value)") }
        return number
    }

    /// The record at the end of the file: how many files there are, and where their list begins.
    mutating func directory() throws(FormatError) -> (count: Int, start: Int) {
        let last = bytes.count - 22
        var place = last
        while place >= max(0, last - 65_535) {
            position = place
            if try number(0, 4) == 0x0605_4B50, try number(20, 2) == last - place { break }
            place -= 1
        }
        guard place >= max(0, last - 65_535), last >= 0 else {
            position = bytes.count
            throw malformed("the archive has no directory")
        }
        var (count, start) = (try number(10, 2), try number(16, 4))
        let disk = try number(4, 2)
        guard disk == 0 || disk == 0xFFFF else { throw malformed("an archive in several files") }
        if count == 0xFFFF || start == 0xFFFF_FFFF {
            position = place - 20
            guard position >= 0, try number(0, 4) == 0x0706_4B50 else {
                throw malformed("no 64-bit directory")
            }
            position = try number(8, 8)
            guard try number(0, 4) == 0x0606_4B50 else { throw malformed("no 64-bit directory") }
            (count, start) = (try number(32, 8), try number(48, 8))
        }
        return (count, start)
    }

    /// The next entry of the directory.
    mutating func member() throws(FormatError) -> ZipArchive.Member {
        guard try number(0, 4) == 0x0201_4B50 else { throw malformed("no entry of a directory") }
        guard try number(8, 2) & 1 == 0 else {
            throw .unsupportedFormat(format, detail: "an encrypted archive")
        }
        let method = try number(10, 2)
        let checksum = UInt32(truncatingIfNeeded: try number(16, 4))
        var sizes = [try number(24, 4), try number(20, 4), try number(42, 4)]
        let (nameBytes, extraBytes) = (try number(28, 2), try number(30, 2))
        let entryBytes = 46 + nameBytes + extraBytes + (try number(32, 2))
        _ = try number(entryBytes - 1, 1)
        let first = position + 46
        guard let name = String(validating: bytes[first..<first + nameBytes], as: UTF8.self),
            nameBytes <= 4_096
        else { throw malformed("a name that is no text") }
        guard method == 0 || method == 8 else {
            throw .unsupportedFormat(format, detail: "'\(name)' in compression \(method)")
        }
        try widen(&sizes, extra: first + nameBytes..<first + nameBytes + extraBytes)
        let end = position + entryBytes
        // The file's own header stands before its bytes; only its length matters.
        position = sizes[2]
        guard try number(0, 4) == 0x0403_4B50 else { throw malformed("'\(name)' has no header") }
        let start = position + 30 + (try number(26, 2)) + (try number(28, 2))
        guard start <= bytes.count, sizes[1] <= bytes.count - start,
            method == 8 || sizes[0] == sizes[1]
        else { throw malformed("'\(name)' lies outside of the file") }
        let (scaled, overflow) = sizes[1].multipliedReportingOverflow(
            by: FormatLimits.compressionRatioMax
        )
        guard overflow || sizes[0] <= max(scaled, FormatLimits.ratioFreeBytes) else {
            throw .tooLarge(format, what: "unpacked bytes in '\(name)'", limit: scaled)
        }
        position = end
        return ZipArchive.Member(
            name: name,
            packed: start..<start + sizes[1],
            size: sizes[0],
            isDeflated: method == 8,
            checksum: checksum
        )
    }

    /// Replaces sizes that say they are too great by those of the 64-bit field.
    private func widen(_ sizes: inout [Int], extra: Range<Int>) throws(FormatError) {
        guard sizes.contains(0xFFFF_FFFF) else { return }
        var reader = self
        reader.position = extra.lowerBound
        while extra.upperBound - reader.position >= 4 {
            let (kind, length) = (try reader.number(0, 2), try reader.number(2, 2))
            if kind == 1 {
                var offset = 4
                for index in sizes.indices where sizes[index] == 0xFFFF_FFFF {
                    sizes[index] = try reader.number(offset, 8)
                    offset += 8
                }
                return
            }
            reader.position += 4 + length
        }
        throw malformed("no 64-bit sizes")
    }
}
