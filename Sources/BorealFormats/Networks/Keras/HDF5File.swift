import BorealBase

/// Reads the part of HDF5 that Keras writes through h5py: groups of old and new form, attributes of
/// text, datasets of plain numbers that lie together, in the header, or in chunks that may be
/// deflated. Version 3 of the file format specification has the layouts.
///
/// Nothing is trusted: every address is checked against the file, and the whole of it may be
/// followed for so many objects only, so that circles end.
struct HDF5File {
    /// The whole file.
    let bytes: [UInt8]
    /// What errors call the file.
    let format: ModelFormat
    /// Counts the numbers that are read.
    let budget = NetworkBudget()
    /// Bytes of an address and of a length.
    private(set) var addressBytes = 8
    private(set) var lengthBytes = 8
    /// Where the header of the root group is.
    private(set) var root = 0

    /// The first bytes of every file.
    private static let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]

    /// Reads the superblock.
    ///
    /// - Throws: `FormatError.malformed`, `.unsupportedVersion`.
    init(_ bytes: [UInt8], format: ModelFormat) throws(FormatError) {
        self.bytes = bytes
        self.format = format
        guard bytes.starts(with: Self.signature) else {
            throw malformed(0, "no HDF5 signature")
        }
        let version = try number(8, 1)
        switch version {
        case 0, 1:
            addressBytes = try number(13, 1)
            lengthBytes = try number(14, 1)
            try checkSizes()
            let first = version == 0 ? 24 : 28
            guard try address(first) == 0 else { throw malformed(first, "a file within a file") }
            // Four addresses, then the entry of the root group: its name, its header.
            root = try requiredAddress(first + 5 * addressBytes)
        case 2, 3:
            addressBytes = try number(9, 1)
            lengthBytes = try number(10, 1)
            try checkSizes()
            guard try address(12) == 0 else { throw malformed(12, "a file within a file") }
            root = try requiredAddress(12 + 3 * addressBytes)
        default: throw .unsupportedVersion(format, version: "HDF5 superblock \(version)")
        }
    }

    /// Other widths than 32 and 64 bits are legal and in no file that was seen.
    private func checkSizes() throws(FormatError) {
        guard [4, 8].contains(addressBytes), [4, 8].contains(lengthBytes) else {
            throw malformed(13, "addresses of \(addressBytes) and lengths of \(lengthBytes) bytes")
        }
    }

    // MARK: - Bytes

    /// The bytes at `offset` break the rules.
    func malformed(_ offset: Int, _ reason: String) -> FormatError {
        .malformed(format, offset: max(0, min(offset, bytes.count)), reason: reason)
    }

    /// A number of so many bytes, least significant first.
    func number(_ place: Int, _ count: Int) throws(FormatError) -> Int {
        guard place >= 0, count >= 0, count <= 8, place <= bytes.count - count else {
            throw malformed(place, "it reads beyond the end")
        }
        var value: UInt64 = 0
        for index in (0..<count).reversed() { value = value << 8 | UInt64(bytes[place + index]) }
        guard let number = Int(exactly: value) else { throw malformed(place, "a size of \(value)") }
        return number
    }

    /// An address; nil for the one that means none.
    func address(_ place: Int) throws(FormatError) -> Int? {
        guard place >= 0, place <= bytes.count - addressBytes else {
            throw malformed(place, "it reads beyond the end")
        }
        if bytes[place..<place + addressBytes].allSatisfy({ $0 == 0xFF }) { return nil }
        return try number(place, addressBytes)
    }

    /// An address that has to be within the file.
    func requiredAddress(_ place: Int) throws(FormatError) -> Int {
        guard let address = try address(place), address < bytes.count else {
            throw malformed(place, "an address outside of the file")
        }
        return address
    }

    /// A length.
    func length(_ place: Int) throws(FormatError) -> Int { try number(place, lengthBytes) }

    /// Checks that four letters stand at a place.
    func expect(_ mark: StaticString, at place: Int) throws(FormatError) {
        let wanted = mark.withUTF8Buffer { Array($0) }
        guard place >= 0, place <= bytes.count - 4, bytes[place..<place + 4].elementsEqual(wanted)
        else { throw malformed(place, "no '\(mark)'") }
    }

    /// Bytes that lie within the file.
    func range(_ start: Int, _ count: Int) throws(FormatError) -> Range<Int> {
        guard start >= 0, count >= 0, count <= bytes.count, start <= bytes.count - count else {
            throw malformed(start, "\(count) bytes reach beyond the end")
        }
        return start..<start + count
    }

    /// Text that ends with a zero byte, of at most 64 KiB.
    func text(_ place: Int) throws(FormatError) -> String {
        guard place >= 0, place < bytes.count,
            let end = bytes[place...].prefix(65_536).firstIndex(of: 0),
            let text = String(validating: bytes[place..<end], as: UTF8.self)
        else { throw malformed(place, "a name that is no text") }
        return text
    }
}
