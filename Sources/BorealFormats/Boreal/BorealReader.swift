import BorealBase
import BorealGraph

/// Reads a `.boreal` file. Counts are checked against the bytes that are there before anything is
/// allocated, and what an operator was made with against all that its kind demands.
struct BorealReader {
    private let bytes: [UInt8]
    private let head: JSON
    /// Where the arrays begin.
    private let arrayStart: Int

    /// Reads the head.
    ///
    /// - Throws: `FormatError.malformed`, `.unsupportedVersion`.
    init(_ bytes: [UInt8]) throws(FormatError) {
        self.bytes = bytes
        guard bytes.count >= BorealFile.headStart else {
            throw Self.malformed(bytes.count, "the file ends within its first bytes")
        }
        let version = bytes.withUnsafeBytes {
            UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
        }
        guard version == BorealFile.version else {
            throw .unsupportedVersion(.boreal, version: String(version))
        }
        let length = bytes.withUnsafeBytes {
            UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
        }
        guard length <= UInt64(bytes.count - BorealFile.headStart) else {
            throw Self.malformed(16, "a head of \(length) bytes")
        }
        arrayStart = BorealFile.headStart + Int(length)
        do {
            head = try JSON.parse(bytes[BorealFile.headStart..<arrayStart])
        } catch {
            throw Self.malformed(BorealFile.headStart, "the head is no JSON: \(error)")
        }
    }

    private static func malformed(_ offset: Int, _ reason: String) -> FormatError {
        .malformed(.boreal, offset: offset, reason: reason)
    }

    private func malformed(_ reason: String) -> FormatError {
        Self.malformed(BorealFile.headStart, reason)
    }

    /// The model.
    ///
    /// - Throws: `FormatError.malformed`; `.invalidModel` for parts that do not fit together.
    func model() throws(FormatError) -> ImportedModel {
        guard let task = head["task"]?.string.flatMap(GraphTask.init(rawValue:)) else {
            throw malformed("no task")
        }
        let inputs = try list("inputs", Limits.modelFeaturesMax, input)
        try checkArrays()
        let records = try list("operators", Limits.treesMax, record)
        let outputs = try list("outputs", Limits.treesMax, output)
        var metadata = ModelMetadata()
        metadata.featureColumns = head["x_cols"]?.array?.compactMap(\.string) ?? []
        metadata.labelColumns = head["y_cols"]?.array?.compactMap(\.string) ?? []
        metadata.objective = head["objective"]?.string
        metadata.trainingParameters = head["parameters"]
        metadata.trainingDistribution = head["distribution"]
        let labels = try head["labels"].map { (json) throws(FormatError) in try self.labels(json) }
        do throws(GraphError) {
            let graph = try ModelGraph(
                inputs: inputs,
                operators: StoredOperators.restore(records, featureCount: inputs.count),
                outputs: outputs,
                task: task,
                labels: labels,
                metadata: metadata
            )
            return ImportedModel(
                graph: graph,
                inspection: ModelInspection(
                    format: .boreal,
                    library: "Boreal",
                    formatVersion: String(BorealFile.version),
                    estimator: "Boreal",
                    objective: metadata.objective,
                    graph: graph
                )
            )
        } catch {
            throw .invalidModel(error)
        }
    }

    private func list<Item>(
        _ name: String,
        _ limit: Int,
        _ read: (JSON) throws(FormatError) -> Item
    ) throws(FormatError) -> [Item] {
        guard let members = head[name]?.array else { throw malformed("no \(name)") }
        guard members.count <= limit else { throw .tooLarge(.boreal, what: name, limit: limit) }
        var items: [Item] = []
        for member in members { items.append(try read(member)) }
        return items
    }

    /// Refuses arrays that together are more than the bytes behind the head: many names for the
    /// same bytes would make a small file a large model.
    private func checkArrays() throws(FormatError) {
        var room = bytes.count - arrayStart
        for step in head["operators"]?.array ?? [] {
            for (_, value) in step["with"]?.object ?? [] {
                guard let parts = value.array, parts.count == 3,
                    let element = parts[0].string.flatMap(BorealFile.Element.init(rawValue:)),
                    let count = parts[1].integer, count >= 0
                else { continue }
                guard count <= room / element.byteCount else {
                    throw Self.malformed(arrayStart, "arrays of more bytes than there are")
                }
                room -= Int(count) * element.byteCount
            }
        }
    }

    private func labels(_ json: JSON) throws(FormatError) -> Labels {
        guard let labels = BorealMeta.labels(json) else { throw malformed("labels") }
        return labels
    }

    private func input(_ json: JSON) throws(FormatError) -> GraphInput {
        guard let name = json["name"]?.string, let word = json["kind"]?.string else {
            throw malformed("a feature without name or kind")
        }
        let lists = json["categories"].map { [$0] } ?? []
        let listKind = Self.listKind(word, json)
        guard var kind = listKind == nil ? try BorealMeta.kind(word, lists) : listKind else {
            throw malformed("feature '\(name.prefix(64))': kind '\(word.prefix(32))'")
        }
        if case .category(var dictionary) = kind, json["takes_codes"]?.bool == true {
            dictionary.takesCodes = true
            kind = .category(dictionary)
        }
        let isMarked = json["marks_unseen"]?.bool == true
        return GraphInput(
            name: name,
            kind: kind,
            unseen: isMarked ? .marked : .missing,
            takesMissing: json["refuses_missing"]?.bool != true
        )
    }

    /// The kind of a feature whose cells are lists; nil for other words, and for extents that no
    /// model has.
    private static func listKind(_ word: String, _ json: JSON) -> FeatureKind? {
        func number(_ name: String, _ most: Int) -> Int? {
            guard let value = json[name]?.integer, value > 0, value <= Int64(most) else {
                return nil
            }
            return Int(value)
        }
        switch word {
        case "sequence":
            guard let ids = number("ids", SequenceForm.idsMax),
                let length = number("length", SequenceForm.lengthMax)
            else { return nil }
            let drops = json["drops_repeats"]?.bool == true
            return .list(.sequence(SequenceForm(ids: ids, length: length, dropsRepeats: drops)))
        case "numbers":
            return number("count", SequenceForm.idsMax).map { .list(.numbers(count: $0)) }
        default: return nil
        }
    }

    private func output(_ json: JSON) throws(FormatError) -> GraphOutput {
        guard let name = json["name"]?.string,
            let role = json["role"]?.string.flatMap(GraphOutput.Role.init(rawValue:)),
            let tensor = json["tensor"]?.integer.flatMap({ Int32(exactly: $0) }),
            let columns = json["columns"]?.array
        else { throw malformed("an output without name, role, tensor or columns") }
        let names = columns.compactMap(\.string)
        guard names.count == columns.count else { throw malformed("output '\(name.prefix(64))'") }
        return GraphOutput(
            name: name,
            role: role,
            tensor: TensorID(Int(tensor)),
            columnNames: names,
            isNative: json["native"]?.bool ?? false,
            dictionary: try json["dictionary"].map { (json) throws(FormatError) in
                try labels(json)
            }
        )
    }

    private func record(_ json: JSON) throws(FormatError) -> OperatorRecord {
        guard let kind = json["kind"]?.string, let attributes = json["with"]?.object else {
            throw malformed("an operator without kind or attributes")
        }
        var record = OperatorRecord(
            kind: kind,
            inputs: try tensors(json["in"], kind),
            outputs: try tensors(json["out"], kind)
        )
        for (name, value) in attributes {
            guard record[name] == nil else {
                throw malformed("operator \(kind.prefix(64)): '\(name.prefix(64))' stands twice")
            }
            record[name] = try self.value(value, "\(kind.prefix(64)), '\(name.prefix(64))'")
        }
        return record
    }

    private func tensors(_ json: JSON?, _ kind: String) throws(FormatError) -> [TensorID] {
        var tensors: [TensorID] = []
        for member in json?.array ?? [] {
            guard let index = member.integer.flatMap({ Int32(exactly: $0) }), index >= 0 else {
                throw malformed("operator \(kind.prefix(64)): a tensor that is no number")
            }
            tensors.append(TensorID(Int(index)))
        }
        return tensors
    }

    private func value(
        _ json: JSON,
        _ place: @autoclosure () -> String
    ) throws(FormatError) -> OperatorRecord.Value {
        switch json {
        case .integer(let number): return .integer(number)
        case .number(let number): return .number(number)
        case .bool(let flag): return .flag(flag)
        case .string(let text): return .text(text)
        case .array(let parts):
            guard parts.count == 3,
                let element = parts[0].string.flatMap(BorealFile.Element.init(rawValue:)),
                let count = parts[1].integer.flatMap({ Int(exactly: $0) }),
                let offset = parts[2].integer.flatMap({ Int(exactly: $0) })
            else { throw malformed("\(place()): no array") }
            return try array(element, count, offset, place())
        case .null, .object, .literal: throw malformed("\(place()): neither number, text nor array")
        }
    }

    private func array(
        _ element: BorealFile.Element,
        _ count: Int,
        _ offset: Int,
        _ place: String
    ) throws(FormatError) -> OperatorRecord.Value {
        let room = bytes.count - arrayStart
        guard offset >= 0, offset <= room, offset % 8 == 0, count >= 0,
            count <= (room - offset) / element.byteCount
        else { throw Self.malformed(arrayStart, "\(place): \(count) elements at \(offset)") }
        let start = arrayStart + offset
        return bytes[start..<start + count * element.byteCount].withUnsafeBytes { bytes in
            switch element {
            case .float64: .doubles(Self.elements(bytes, count))
            case .float32: .floats(Self.elements(bytes, count))
            case .int32: .integers(Self.elements(bytes, count))
            case .int64: .longs(Self.elements(bytes, count))
            case .byte: .bytes(Array(bytes))
            }
        }
    }

    /// Copies elements as they lie there; files and machines are little endian.
    private static func elements<Element: BitwiseCopyable>(
        _ bytes: UnsafeRawBufferPointer,
        _ count: Int
    ) -> [Element] {
        [Element](unsafeUninitializedCapacity: count) { target, initialized in
            UnsafeMutableRawBufferPointer(target).copyMemory(from: bytes)
            initialized = count
        }
    }
}
