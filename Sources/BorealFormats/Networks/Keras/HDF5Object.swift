import BorealBase

/// One message of an object's header.
struct HDF5Message {
    /// What it is: 1 extents, 3 type, 6 link, 8 layout, 11 filters, 12 attribute, 17 symbol table.
    var kind: Int
    /// Its content.
    var range: Range<Int>
}

/// A group or a dataset: the messages of its header.
struct HDF5Object {
    /// The file that it lies in.
    let file: HDF5File
    private(set) var messages: [HDF5Message] = []

    /// Messages of a header.
    private static let messagesMax = 10_000
    /// Blocks that a header goes on in.
    private static let blocksMax = 1_000

    /// Reads a header of version 1 or 2 and the blocks that go on with it.
    ///
    /// - Throws: `FormatError.malformed`, `.unsupportedVersion`, `.tooLarge`.
    init(_ file: HDF5File, at address: Int) throws(FormatError) {
        self.file = file
        if (try? file.expect("OHDR", at: address)) != nil {
            try readNew(address)
        } else {
            try readOld(address)
        }
    }

    /// Notes a message.
    private mutating func add(_ kind: Int, _ range: Range<Int>) throws(FormatError) {
        guard messages.count < Self.messagesMax else {
            throw .tooLarge(file.format, what: "messages of an object", limit: Self.messagesMax)
        }
        messages.append(HDF5Message(kind: kind, range: range))
    }

    /// Version 1: a prefix of 16 bytes, messages at multiples of eight.
    private mutating func readOld(_ address: Int) throws(FormatError) {
        guard try file.number(address, 1) == 1 else {
            throw file.malformed(address, "no header of an object")
        }
        var blocks = [try file.range(address + 16, try file.number(address + 8, 4))]
        var next = 0
        while next < blocks.count {
            guard blocks.count <= Self.blocksMax else {
                throw file.malformed(address, "a header without end")
            }
            var place = blocks[next].lowerBound
            while blocks[next].upperBound - place >= 8 {
                let (kind, size) = (try file.number(place, 2), try file.number(place + 2, 2))
                let flags = try file.number(place + 4, 1)
                guard size <= blocks[next].upperBound - place - 8 else {
                    throw file.malformed(place, "a message of \(size) bytes")
                }
                let content = place + 8..<place + 8 + size
                if kind == 0x10 {
                    let start = try file.requiredAddress(content.lowerBound)
                    let count = try file.length(content.lowerBound + file.addressBytes)
                    blocks.append(try file.range(start, count))
                } else if kind != 0 {
                    try check(flags, place)
                    try add(kind, content)
                }
                place = content.upperBound
            }
            next += 1
        }
    }

    /// Messages that lie elsewhere are not followed.
    private func check(_ flags: Int, _ place: Int) throws(FormatError) {
        guard flags & 2 == 0 else {
            throw .unsupportedFormat(file.format, detail: "shared messages at byte \(place)")
        }
    }

    /// Version 2: blocks with marks and checksums.
    private mutating func readNew(_ address: Int) throws(FormatError) {
        guard try file.number(address + 4, 1) == 2 else {
            throw .unsupportedVersion(file.format, version: "HDF5 object header")
        }
        let flags = try file.number(address + 5, 1)
        var place = address + 6
        if flags & 0x20 != 0 { place += 16 }
        if flags & 0x10 != 0 { place += 4 }
        let width = 1 << (flags & 3)
        let size = try file.number(place, width)
        var blocks = [try file.range(place + width, size)]
        let hasOrder = flags & 4 != 0
        var next = 0
        while next < blocks.count {
            guard blocks.count <= Self.blocksMax else {
                throw file.malformed(address, "a header without end")
            }
            var place = blocks[next].lowerBound
            let head = hasOrder ? 6 : 4
            while blocks[next].upperBound - place >= head {
                let (kind, size) = (try file.number(place, 1), try file.number(place + 1, 2))
                let flags = try file.number(place + 3, 1)
                guard size <= blocks[next].upperBound - place - head else {
                    throw file.malformed(place, "a message of \(size) bytes")
                }
                let content = place + head..<place + head + size
                if kind == 0x10 {
                    let start = try file.requiredAddress(content.lowerBound)
                    let count = try file.length(content.lowerBound + file.addressBytes)
                    try file.expect("OCHK", at: start)
                    guard count >= 8 else { throw file.malformed(start, "a block of \(count)") }
                    blocks.append(try file.range(start + 4, count - 8))
                } else if kind != 0 {
                    try check(flags, place)
                    try add(kind, content)
                }
                place = content.upperBound
            }
            next += 1
        }
    }

    /// The first message of a kind.
    func message(_ kind: Int) -> HDF5Message? { messages.first { $0.kind == kind } }
}
