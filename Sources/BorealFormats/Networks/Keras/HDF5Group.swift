import BorealBase

extension HDF5Object {
    /// Members of a group, and nodes of its tree.
    private static let membersMax = 100_000
    /// Levels of the tree of a group.
    private static let depthMax = 32

    /// The members of a group by their names, in the order of the file.
    ///
    /// - Throws: `FormatError`.
    func members() throws(FormatError) -> [(name: String, address: Int)] {
        var members: [(name: String, address: Int)] = []
        for message in messages where message.kind == 6 {
            if let member = try link(message.range) { members.append(member) }
        }
        if let table = message(17) {
            let tree = try file.requiredAddress(table.range.lowerBound)
            let heap = try file.requiredAddress(table.range.lowerBound + file.addressBytes)
            try file.expect("HEAP", at: heap)
            let names = try file.requiredAddress(heap + 8 + 2 * file.lengthBytes)
            var nodes = 0
            try collect(tree, names: names, depth: 0, &nodes, &members)
        }
        if let info = message(2) {
            let flags = try file.number(info.range.lowerBound + 1, 1)
            let place = info.range.lowerBound + 2 + (flags & 1 != 0 ? 8 : 0)
            guard try file.address(place) == nil else {
                throw .unsupportedFormat(file.format, detail: "groups with dense links")
            }
        }
        return members
    }

    /// A link message: a hard link of this file.
    private func link(_ range: Range<Int>) throws(FormatError) -> (name: String, address: Int)? {
        let flags = try file.number(range.lowerBound + 1, 1)
        var place = range.lowerBound + 2
        var kind = 0
        if flags & 8 != 0 {
            kind = try file.number(place, 1)
            place += 1
        }
        if flags & 4 != 0 { place += 8 }
        if flags & 0x10 != 0 { place += 1 }
        let width = 1 << (flags & 3)
        let count = try file.number(place, width)
        let name = try file.range(place + width, count)
        guard name.upperBound <= range.upperBound,
            let text = String(validating: file.bytes[name], as: UTF8.self)
        else { throw file.malformed(place, "the name of a link") }
        // Links by path and to other files lead out of what is read.
        guard kind == 0 else { return nil }
        return (text, try file.requiredAddress(name.upperBound))
    }

    /// A node of the tree of a symbol table, and what is below it.
    private func collect(
        _ address: Int,
        names: Int,
        depth: Int,
        _ nodes: inout Int,
        _ members: inout [(name: String, address: Int)]
    ) throws(FormatError) {
        nodes += 1
        guard depth < Self.depthMax, nodes < Self.membersMax else {
            throw file.malformed(address, "a tree without end")
        }
        try file.expect("TREE", at: address)
        let (level, count) = (try file.number(address + 5, 1), try file.number(address + 6, 2))
        let first = address + 8 + 2 * file.addressBytes
        for index in 0..<count {
            let key = first + index * (file.lengthBytes + file.addressBytes)
            let child = try file.requiredAddress(key + file.lengthBytes)
            if level > 0 {
                try collect(child, names: names, depth: depth + 1, &nodes, &members)
            } else {
                try symbols(child, names: names, &members)
            }
        }
    }

    /// A node of symbols: names and headers.
    private func symbols(
        _ address: Int,
        names: Int,
        _ members: inout [(name: String, address: Int)]
    ) throws(FormatError) {
        try file.expect("SNOD", at: address)
        let count = try file.number(address + 6, 2)
        let width = 2 * file.addressBytes + 24
        for index in 0..<count {
            guard members.count < Self.membersMax else {
                throw .tooLarge(file.format, what: "members of a group", limit: Self.membersMax)
            }
            let entry = address + 8 + index * width
            let offset = try file.number(entry, file.addressBytes)
            let (place, overflow) = names.addingReportingOverflow(offset)
            guard !overflow else { throw file.malformed(entry, "a name outside of the file") }
            // A link by path has no header.
            guard let header = try file.address(entry + file.addressBytes) else { continue }
            members.append((try file.text(place), header))
        }
    }

    /// The member of that name.
    func member(_ name: String) throws(FormatError) -> HDF5Object? {
        for member in try members() where member.name == name {
            return try HDF5Object(file, at: member.address)
        }
        return nil
    }

    // MARK: - Attributes

    /// The texts of an attribute; nil when there is none of that name.
    ///
    /// - Throws: `FormatError`.
    func texts(_ name: String) throws(FormatError) -> [String]? {
        for message in messages where message.kind == 12 {
            let parts = try attribute(message.range)
            guard parts.name == name else { continue }
            return try texts(parts)
        }
        return nil
    }

    /// Where the parts of an attribute are.
    private struct Attribute {
        var name: String
        var type: Range<Int>
        var space: Range<Int>
        var data: Range<Int>
    }

    /// The parts of an attribute message, each within it.
    private func attribute(_ range: Range<Int>) throws(FormatError) -> Attribute {
        let start = range.lowerBound
        let version = try file.number(start, 1)
        guard (1...3).contains(version) else {
            throw .unsupportedVersion(file.format, version: "HDF5 attribute \(version)")
        }
        let sizes = [
            try file.number(start + 2, 2), try file.number(start + 4, 2),
            try file.number(start + 6, 2),
        ]
        var place = start + (version == 3 ? 9 : 8)
        func part(_ size: Int) throws(FormatError) -> Range<Int> {
            let part = try file.range(place, size)
            // Version 1 fills parts up to multiples of eight.
            place += version == 1 ? (size + 7) / 8 * 8 : size
            guard part.upperBound <= range.upperBound else {
                throw file.malformed(start, "an attribute beyond its message")
            }
            return part
        }
        let (name, type, space) = (try part(sizes[0]), try part(sizes[1]), try part(sizes[2]))
        guard place <= range.upperBound else {
            throw file.malformed(start, "an attribute beyond its message")
        }
        let text = file.bytes[name].prefix { $0 != 0 }
        return Attribute(
            name: String(decoding: text, as: UTF8.self),
            type: type,
            space: space,
            data: place..<range.upperBound
        )
    }

    /// Texts of fixed width, or from the heap, one for each element.
    private func texts(_ parts: Attribute) throws(FormatError) -> [String] {
        let type = try HDF5Type(file, parts.type)
        let shape = try HDF5Dataset.extents(file, parts.space)
        guard let count = NetworkNumber.count(shape), type.size > 0,
            count <= parts.data.count / type.size
        else { throw file.malformed(parts.data.lowerBound, "an attribute is too short") }
        var texts: [String] = []
        for index in 0..<count {
            let place = parts.data.lowerBound + index * type.size
            switch type.kind {
            case .text:
                let text = file.bytes[place..<place + type.size].prefix { $0 != 0 }
                texts.append(String(decoding: text, as: UTF8.self))
            case .longText: texts.append(try heapText(place))
            case .number, .other:
                throw .unsupportedFormat(file.format, detail: "the attribute '\(parts.name)'")
            }
        }
        return texts
    }

    /// Text of any length: a count, then the collection and the number of an object in it.
    private func heapText(_ place: Int) throws(FormatError) -> String {
        let count = try file.number(place, 4)
        guard count > 0 else { return "" }
        let heap = try file.requiredAddress(place + 4)
        let wanted = try file.number(place + 4 + file.addressBytes, 4)
        try file.expect("GCOL", at: heap)
        let end = try file.range(heap, try file.length(heap + 8)).upperBound
        var object = heap + 8 + file.lengthBytes
        while end - object >= 8 + file.lengthBytes {
            let (index, size) = (try file.number(object, 2), try file.length(object + 8))
            let data = try file.range(object + 8 + file.lengthBytes, size)
            guard index != 0 else { break }
            if index == wanted {
                guard count <= size else { throw file.malformed(object, "a text is cut") }
                let text = file.bytes[data.lowerBound..<data.lowerBound + count]
                return String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
            }
            object = data.lowerBound + (size + 7) / 8 * 8
        }
        throw file.malformed(heap, "there is no object \(wanted)")
    }
}
