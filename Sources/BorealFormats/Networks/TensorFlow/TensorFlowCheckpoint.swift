import BorealBase

/// The variables of a TensorFlow checkpoint: an index, and files of numbers beside it.
struct TensorFlowCheckpoint {
    /// What the index says of a variable.
    private struct Entry {
        var type: Int64 = 0
        var shape: [Int] = []
        var shard = 0
        var offset = 0
        var size = 0
        var hasSlices = false
    }

    /// Names in the order of the index.
    let names: [String]
    /// By their names.
    private let entries: [String: Entry]
    /// What lies beside the index.
    private let files: ModelFiles
    /// What files are called before `.data-00000-of-00001`.
    private let stem: String
    /// Files of numbers.
    private let shardCount: Int
    /// What errors call the file.
    private let format: ModelFormat
    /// What was read of them.
    private let read = Shards()

    /// Files of numbers that were read, and how many numbers were taken from them.
    private final class Shards {
        var bytes: [Int: [UInt8]] = [:]
        let budget = NetworkBudget()
    }

    /// Files of numbers of one checkpoint.
    private static let shardsMax = 1_000
    /// The graph of the objects that were saved, as one text.
    private static let graphName = "_CHECKPOINTABLE_OBJECT_GRAPH"
    /// What names of variables end with.
    private static let suffix = "/.ATTRIBUTES/VARIABLE_VALUE"

    /// - Parameters:
    ///   - stem: the index's name without `.index`.
    ///   - files: what lies beside the index.
    /// - Throws: `FormatError`.
    init(
        _ index: [UInt8],
        stem: String,
        _ files: ModelFiles,
        format: ModelFormat
    ) throws(FormatError) {
        var names: [String] = []
        var entries: [String: Entry] = [:]
        var shards = 0
        do throws(FormatError) {
            for (key, value) in try CheckpointTable(index).entries() {
                if key.isEmpty {
                    shards = try Self.shardCount(index, value)
                } else {
                    let entry = try Self.entry(index, value)
                    guard entries.updateValue(entry, forKey: key) == nil else {
                        throw .malformed(format, offset: value.lowerBound, reason: "'\(key)' twice")
                    }
                    names.append(key)
                }
            }
        } catch { throw error.told(of: format) }
        guard shards > 0, shards <= Self.shardsMax else {
            throw .malformed(format, offset: 0, reason: "\(shards) files of numbers")
        }
        self.names = names
        self.entries = entries
        self.files = files
        self.stem = stem
        self.format = format
        shardCount = shards
    }

    /// `BundleHeaderProto`: numbers of 32 bits with the least significant byte first.
    private static func shardCount(
        _ bytes: [UInt8],
        _ range: Range<Int>
    ) throws(FormatError) -> Int {
        var count: Int64 = 0
        var reader = ProtobufReader(bytes, range)
        while let field = try reader.next() {
            if field.number == 1 { count = try field.integer() }
            if field.number == 2, try field.integer() != 0 {
                throw .unsupportedFormat(.onnx, detail: "numbers with the greatest byte first")
            }
        }
        return Int(clamping: count)
    }

    /// `BundleEntryProto`
    private static func entry(_ bytes: [UInt8], _ range: Range<Int>) throws(FormatError) -> Entry {
        var entry = Entry()
        var reader = ProtobufReader(bytes, range)
        while let field = try reader.next() {
            switch field.number {
            case 1: entry.type = try field.integer()
            case 2: entry.shape = try TensorFlowProto.shape(bytes, try field.range()) ?? [-1]
            case 3: entry.shard = Int(clamping: try field.integer())
            case 4: entry.offset = Int(clamping: try field.integer())
            case 5: entry.size = Int(clamping: try field.integer())
            case 7: entry.hasSlices = true
            default: break
            }
        }
        return entry
    }

    /// The entry `name` does not fit.
    private func malformed(_ name: String, _ reason: String) -> FormatError {
        .malformed(format, offset: 0, reason: "'\(name)': \(reason)")
    }

    /// Whether there is a variable of that name.
    func contains(_ name: String) -> Bool { entries[name] != nil }

    /// The bytes of an entry and where in them they are.
    private func data(
        _ name: String,
        _ entry: Entry
    ) throws(FormatError) -> (bytes: [UInt8], range: Range<Int>) {
        guard entry.shard >= 0, entry.shard < shardCount, !entry.hasSlices else {
            throw malformed(name, "in file \(entry.shard) of \(shardCount)")
        }
        func padded(_ number: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, 5 - text.utf8.count)) + text
        }
        let file = "\(stem).data-\(padded(entry.shard))-of-\(padded(shardCount))"
        if read.bytes[entry.shard] == nil {
            guard let bytes = try files.read(file) else {
                throw .unsupportedFormat(
                    format,
                    detail: "'\(file)' is not beside it; put both into one archive "
                        + "(.tar.gz or .zip)"
                )
            }
            read.bytes[entry.shard] = bytes
        }
        let bytes = read.bytes[entry.shard] ?? []
        guard entry.offset >= 0, entry.size >= 0, entry.size <= bytes.count,
            entry.offset <= bytes.count - entry.size
        else { throw malformed(name, "it reaches beyond '\(file)'") }
        return (bytes, entry.offset..<entry.offset + entry.size)
    }

    /// Variables by their names.
    ///
    /// - Throws: `FormatError`.
    func tensors(_ wanted: [String]) throws(FormatError) -> [String: NetworkTensor] {
        var tensors: [String: NetworkTensor] = [:]
        for name in wanted {
            guard let entry = entries[name] else { throw malformed(name, "there is no such name") }
            guard let number = TensorFlowProto.number(entry.type) else {
                throw .unsupportedFormat(format, detail: "'\(name)' of type \(entry.type)")
            }
            let data = try data(name, entry)
            try read.budget.spend(data.range.count / number.byteCount, format)
            guard let tensor = number.tensor(data.bytes, data.range, shape: entry.shape) else {
                throw malformed(name, "\(entry.size) bytes for the shape \(entry.shape)")
            }
            tensors[name] = tensor
        }
        return tensors
    }

    // MARK: - Names

    /// Names of variables in the graph by the names that the index has for them.
    ///
    /// - Throws: `FormatError`.
    func keysByVariable() throws(FormatError) -> [String: String] {
        guard let entry = entries[Self.graphName] else { return [:] }
        let data = try data(Self.graphName, entry)
        do throws(FormatError) {
            // One text: its length, four bytes of checksum, its bytes.
            var reader = ProtobufReader(data.bytes, data.range)
            let length = try reader.varint()
            let start = reader.position + 4
            guard start <= data.range.upperBound,
                length == UInt64(data.range.upperBound - start)
            else { throw malformed(Self.graphName, "its length is wrong") }
            return try Self.attributes(data.bytes, start..<data.range.upperBound)
        } catch { throw error.told(of: format) }
    }

    /// `TrackableObjectGraph`: of each node's attributes the full name and the key.
    private static func attributes(
        _ bytes: [UInt8],
        _ range: Range<Int>
    ) throws(FormatError) -> [String: String] {
        var keys: [String: String] = [:]
        var graph = ProtobufReader(bytes, range)
        while let node = try graph.next() {
            guard node.number == 1 else { continue }
            var parts = ProtobufReader(bytes, try node.range())
            while let part = try parts.next() {
                guard part.number == 2 else { continue }
                var (name, key) = ("", "")
                var attribute = ProtobufReader(bytes, try part.range())
                while let field = try attribute.next() {
                    if field.number == 2 { name = try field.string(bytes) }
                    if field.number == 3 { key = try field.string(bytes) }
                }
                if !name.isEmpty, !key.isEmpty { keys[name] = key }
            }
        }
        return keys
    }

    /// The weights of a model's layers, without what training kept beside them.
    ///
    /// - Throws: `FormatError`.
    func weights() throws(FormatError) -> NetworkWeights {
        let wanted = names.filter { name in
            name != Self.graphName && !name.contains(".OPTIMIZER_SLOT")
                && !name.contains("optimizer/") && !name.contains("keras_api/")
                && !name.contains("save_counter") && !name.contains("global_step")
        }
        let tensors = try tensors(wanted)
        let layers = wanted.map { name in
            let plain =
                name.hasSuffix(Self.suffix) ? String(name.dropLast(Self.suffix.count)) : name
            return (name: plain, tensor: tensors[name] ?? NetworkTensor(shape: [], values: []))
        }
        return NetworkWeights(layers, layout: .keras, separator: "/", isSorted: true)
    }
}
