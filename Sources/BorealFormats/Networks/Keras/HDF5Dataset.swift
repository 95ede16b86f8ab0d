import BorealBase

/// What an element of a dataset or an attribute is.
struct HDF5Type {
    enum Kind {
        case number(NetworkNumber)
        /// So many bytes of text, filled up with zeros.
        case text
        /// A place in a heap of texts.
        case longText
        case other
    }

    /// What it stands for.
    let kind: Kind
    /// Bytes of an element.
    let size: Int

    /// - Throws: `FormatError`.
    init(_ file: HDF5File, _ range: Range<Int>) throws(FormatError) {
        guard range.count >= 8 else { throw file.malformed(range.lowerBound, "no type") }
        let place = range.lowerBound
        let bits = try file.number(place + 1, 3)
        size = try file.number(place + 4, 4)
        let isLittle = bits & 1 == 0
        switch (try file.number(place, 1) & 15, size, isLittle) {
        case (0, 1, _), (0, 2, true), (0, 4, true), (0, 8, true):
            kind = .number(bits & 8 != 0 ? .signed(size) : .unsigned(size))
        case (1, 2, true): kind = .number(.float16)
        case (1, 4, true): kind = .number(.float32)
        case (1, 8, true): kind = .number(.float64)
        case (3, _, _): kind = .text
        case (9, _, _) where bits & 15 == 1: kind = .longText
        default: kind = .other
        }
    }
}

/// Numbers of a dataset.
enum HDF5Dataset {
    /// Extents of a dataspace message.
    ///
    /// - Throws: `FormatError`.
    static func extents(_ file: HDF5File, _ range: Range<Int>) throws(FormatError) -> [Int] {
        let place = range.lowerBound
        let version = try file.number(place, 1)
        let rank = try file.number(place + 1, 1)
        guard version == 1 || version == 2, rank <= FormatLimits.arrayDimensionsMax else {
            throw file.malformed(place, "extents of version \(version)")
        }
        let first = place + (version == 1 ? 8 : 4)
        guard first + rank * file.lengthBytes <= range.upperBound else {
            throw file.malformed(place, "extents are cut")
        }
        var extents: [Int] = []
        for axis in 0..<rank { extents.append(try file.length(first + axis * file.lengthBytes)) }
        return extents
    }

    /// The tensor of an object that is a dataset.
    ///
    /// - Throws: `FormatError.malformed` when type, extents and bytes do not fit,
    ///   `.unsupportedFormat` for layouts and filters that are not read.
    static func tensor(_ object: HDF5Object, _ name: String) throws(FormatError) -> NetworkTensor {
        let file = object.file
        guard let space = object.message(1), let type = object.message(3),
            let layout = object.message(8)
        else { throw file.malformed(0, "'\(name)' is no dataset") }
        let shape = try extents(file, space.range)
        let element = try HDF5Type(file, type.range)
        guard case .number(let number) = element.kind else {
            throw .unsupportedFormat(file.format, detail: "'\(name)' is no list of plain numbers")
        }
        guard let count = NetworkNumber.count(shape),
            count <= Limits.modelBytesMax / number.byteCount
        else { throw file.malformed(space.range.lowerBound, "'\(name)' of \(shape)") }
        try file.budget.spend(count, file.format)
        let place = layout.range.lowerBound
        let version = try file.number(place, 1)
        guard version == 3 || version == 4 else {
            throw .unsupportedVersion(file.format, version: "HDF5 layout \(version)")
        }
        let wanted = count * number.byteCount
        var data: [UInt8]
        switch try file.number(place + 1, 1) {
        case 0:
            let size = try file.number(place + 2, 2)
            data = Array(file.bytes[try file.range(place + 4, size)])
        case 1:
            guard let start = try file.address(place + 2) else {
                // Nothing was ever written: zeros.
                data = []
                guard count <= 1 << 20 else { throw file.malformed(place, "'\(name)' is empty") }
                return NetworkTensor(shape: shape, values: Array(repeating: 0, count: count))
            }
            data = Array(file.bytes[try file.range(start, wanted)])
        case 2 where version == 3:
            let chunks = try HDF5Chunks(object, shape, number.byteCount)
            data = try chunks.data()
        default: throw .unsupportedFormat(file.format, detail: "the layout of '\(name)'")
        }
        guard let tensor = number.tensor(data, 0..<data.count, shape: shape) else {
            throw file.malformed(place, "'\(name)': \(data.count) bytes for \(shape)")
        }
        return tensor
    }
}

/// A dataset in chunks, each a box of all axes, which a tree finds.
struct HDF5Chunks {
    /// Where chunks lie.
    private let file: HDF5File
    /// Extents of the dataset.
    private let shape: [Int]
    /// Bytes of an element.
    private let width: Int
    /// Extents of a chunk.
    private let chunk: [Int]
    /// The root of the tree; nil when no chunk was ever written.
    private let tree: Int?
    /// In the order in which they were applied.
    private let filters: [Int]

    /// Nodes and chunks that are looked at.
    private static let chunksMax = 1 << 20

    /// - Parameters:
    ///   - shape: extents of the dataset.
    ///   - width: bytes of an element.
    /// - Throws: `FormatError` for filters that are not read, and extents that overflow.
    init(_ object: HDF5Object, _ shape: [Int], _ width: Int) throws(FormatError) {
        file = object.file
        self.shape = shape
        self.width = width
        guard let layout = object.message(8) else { throw object.file.malformed(0, "no layout") }
        let place = layout.range.lowerBound
        let rank = try object.file.number(place + 2, 1)
        guard rank == shape.count + 1 else {
            throw object.file.malformed(place, "chunks of \(rank) axes")
        }
        tree = try object.file.address(place + 3)
        var extents: [Int] = []
        for axis in 0..<shape.count {
            let extent = try object.file.number(place + 3 + object.file.addressBytes + 4 * axis, 4)
            extents.append(extent)
        }
        chunk = extents
        guard let count = NetworkNumber.count(extents), count > 0,
            count <= Limits.modelBytesMax / width
        else { throw object.file.malformed(place, "chunks of \(extents)") }
        filters = try Self.filters(object)
    }

    /// The filters in the order in which they were applied.
    private static func filters(_ object: HDF5Object) throws(FormatError) -> [Int] {
        guard let message = object.message(11) else { return [] }
        let file = object.file
        let place = message.range.lowerBound
        let (version, count) = (try file.number(place, 1), try file.number(place + 1, 1))
        guard version == 1 || version == 2, count <= 8 else {
            throw .unsupportedVersion(file.format, version: "HDF5 filters \(version)")
        }
        var filters: [Int] = []
        var next = place + (version == 1 ? 8 : 2)
        for _ in 0..<count {
            let kind = try file.number(next, 2)
            guard [1, 2, 3].contains(kind) else {
                throw .unsupportedFormat(file.format, detail: "the HDF5 filter \(kind)")
            }
            let hasName = version == 1 || kind >= 256
            let nameBytes = hasName ? try file.number(next + 2, 2) : 0
            let values = try file.number(next + (hasName ? 6 : 4), 2)
            next += (hasName ? 8 : 6) + (nameBytes + 7) / 8 * 8 + 4 * values
            if version == 1, values % 2 == 1 { next += 4 }
            filters.append(kind)
        }
        return filters
    }

    /// All bytes, row-major; chunks that were never written are zeros.
    func data() throws(FormatError) -> [UInt8] {
        let count = NetworkNumber.count(shape) ?? 0
        var data = [UInt8](repeating: 0, count: count * width)
        var seen = 0
        if let tree { try collect(tree, depth: 0, &seen, &data) }
        return data
    }

    /// A node of the tree, and what is below it: sixteen levels at most.
    private func collect(
        _ address: Int,
        depth: Int,
        _ seen: inout Int,
        _ data: inout [UInt8]
    ) throws(FormatError) {
        try file.expect("TREE", at: address)
        guard depth < 16, try file.number(address + 4, 1) == 1 else {
            throw file.malformed(address, "no tree of chunks")
        }
        let (level, count) = (try file.number(address + 5, 1), try file.number(address + 6, 2))
        let keyBytes = 8 + 8 * (shape.count + 1)
        for index in 0..<count {
            seen += 1
            guard seen < Self.chunksMax else {
                throw .tooLarge(file.format, what: "chunks of a dataset", limit: Self.chunksMax)
            }
            let key = address + 8 + 2 * file.addressBytes + index * (keyBytes + file.addressBytes)
            let child = try file.requiredAddress(key + keyBytes)
            if level > 0 {
                try collect(child, depth: depth + 1, &seen, &data)
                continue
            }
            var origin: [Int] = []
            for axis in 0..<shape.count { origin.append(try file.number(key + 8 + 8 * axis, 8)) }
            let packed = try file.range(child, try file.number(key, 4))
            let skipped = try file.number(key + 4, 4)
            try place(try unpacked(packed, skipped), origin, &data)
        }
    }

    /// The bytes of a chunk without its filters; bit `k` of `skipped` leaves filter `k` out.
    private func unpacked(_ packed: Range<Int>, _ skipped: Int) throws(FormatError) -> [UInt8] {
        let wanted = (NetworkNumber.count(chunk) ?? 0) * width
        var bytes = Array(file.bytes[packed])
        for (place, filter) in filters.enumerated().reversed() where skipped >> place & 1 == 0 {
            switch filter {
            case 1:
                do throws(FormatError) {
                    bytes = try Decompressor(bytesMax: wanted + 4).unpack(bytes, .zlib)
                } catch { throw file.malformed(packed.lowerBound, "a chunk: \(error)") }
            case 2:
                // Byte 0 of all elements, then byte 1 of all, ...
                let count = bytes.count / width
                var turned = bytes
                for index in 0..<count {
                    for byte in 0..<width {
                        turned[index * width + byte] = bytes[byte * count + index]
                    }
                }
                bytes = turned
            default: bytes = Array(bytes.dropLast(4))
            }
        }
        guard bytes.count == wanted else {
            throw file.malformed(packed.lowerBound, "a chunk of \(bytes.count) bytes")
        }
        return bytes
    }

    /// Copies a chunk line by line to where it belongs, cut at the dataset's ends.
    private func place(
        _ bytes: [UInt8],
        _ origin: [Int],
        _ data: inout [UInt8]
    ) throws(FormatError) {
        guard !shape.isEmpty, zip(origin, shape).allSatisfy({ $0 >= 0 && $0 < $1 }) else {
            throw file.malformed(0, "a chunk outside of its dataset")
        }
        let strides = ONNXBuilder.strides(of: shape)
        let last = shape.count - 1
        let line = min(chunk[last], shape[last] - origin[last])
        let lines = chunk.dropLast().reduce(1, *)
        for index in 0..<lines {
            var rest = index
            var target = origin[last]
            var isInside = true
            for axis in (0..<last).reversed() {
                let place = origin[axis] + rest % chunk[axis]
                rest /= chunk[axis]
                isInside = isInside && place < shape[axis]
                target += place * strides[axis]
            }
            guard isInside else { continue }
            let from = index * chunk[last] * width
            data.replaceSubrange(
                target * width..<(target + line) * width,
                with: bytes[from..<from + line * width]
            )
        }
    }
}
