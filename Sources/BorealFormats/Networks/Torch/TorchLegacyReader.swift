import BorealBase

/// Reads what `torch.save` wrote before version 1.6: five pickles (a number, a version, facts about
/// the machine, the object, the keys of storages), then the storages.
enum TorchLegacyReader {
    /// What errors call the file.
    private static let format = ModelFormat.torchLegacy

    /// The tensors of the state dictionary, in its order.
    ///
    /// - Throws: `FormatError`.
    static func read(
        _ bytes: [UInt8]
    ) throws(FormatError) -> [(name: String, tensor: NetworkTensor)] {
        var position = 0
        func next() throws(FormatError) -> PickleDocument {
            var machine = PickleMachine(source: bytes, position: position, dialect: .torch)
            let document = try machine.run()
            position = machine.position
            return document
        }
        _ = try next()
        let version = try next()
        guard version.integer(version.root) == 1_001 else {
            throw .unsupportedVersion(format, version: version.kind(version.root))
        }
        let machine = try next()
        let isLittle = machine.member(machine.root, "little_endian")
        guard isLittle == nil || machine.integer(isLittle) == 1 else {
            throw .unsupportedFormat(format, detail: "numbers with the greatest byte first")
        }
        let document = try next()
        let keys = try next()
        guard let list = keys.elements(keys.root) else {
            throw .malformed(format, offset: position, reason: "no list of storages")
        }
        let names = list.compactMap { keys.string($0) }
        guard names.count == list.count else {
            throw .malformed(format, offset: position, reason: "keys that are no text")
        }
        let storages = try storages(of: document, names, bytes, position)
        let tensors = TorchTensors(document: document, format: format) {
            (key, byteCount) throws(FormatError) in
            guard let range = storages[key], range.count == byteCount else {
                throw .malformed(format, offset: position, reason: "storage '\(key)' is missing")
            }
            return TorchTensors.Storage(bytes: bytes, range: range)
        }
        return try tensors.stateDictionary()
    }

    /// Where each storage lies: eight bytes of count, then the numbers, in the order of the keys.
    private static func storages(
        of document: PickleDocument,
        _ names: [String],
        _ bytes: [UInt8],
        _ start: Int
    ) throws(FormatError) -> [String: Range<Int>] {
        let widths = widths(document)
        var storages: [String: Range<Int>] = [:]
        var position = start
        for name in names {
            guard let width = widths[name], bytes.count - position >= 8 else {
                throw .malformed(format, offset: position, reason: "storage '\(name)' is cut")
            }
            let count: Int64 = bytes.littleEndian(at: position)
            position += 8
            guard count >= 0, count <= (bytes.count - position) / width else {
                throw .malformed(
                    format,
                    offset: position - 8,
                    reason: "storage '\(name)' of \(count) numbers"
                )
            }
            let end = position + Int(count) * width
            guard storages.updateValue(position..<end, forKey: name) == nil else {
                throw .malformed(format, offset: position, reason: "storage '\(name)' twice")
            }
            position = end
        }
        return storages
    }

    /// Bytes of an element of each storage, by the class that its persistent id names.
    private static func widths(_ document: PickleDocument) -> [String: Int] {
        var widths: [String: Int] = [:]
        for object in document.objects where object.type == .persistent {
            guard let parts = object.arguments.flatMap({ document.elements($0) }),
                parts.count >= 5, let key = document.string(parts[2]),
                case .member(let type) = document[parts[1]],
                let number = TorchTensors.number(type.fullName)
            else { continue }
            widths[key] = number.byteCount
        }
        return widths
    }
}
