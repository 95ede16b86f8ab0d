import BorealBase
import BorealGraph

/// Writes a graph as a `.boreal` file.
///
/// The head says where each array begins, which is known from their counts; the arrays themselves,
/// one copy of the model's numbers, go to the file one behind the other.
struct BorealWriter: ModelWriter {
    private let graph: ModelGraph
    private let records: [OperatorRecord]

    /// - Throws: `FormatError.notExportable` that names an operator which files cannot hold.
    init(_ graph: ModelGraph) throws(FormatError) {
        self.graph = graph
        do {
            records = try StoredOperators.records(of: graph)
        } catch {
            throw .notExportable(.boreal, reason: error.description)
        }
    }

    func write(to sink: ExportSink) throws(ExportError) {
        var shelf = ArrayShelf()
        let head = Array(head(&shelf).utf8)
        let length = BorealFile.padded(head.count)
        sink.append(bytes: BorealFile.signature)
        Self.append(BorealFile.version, to: sink)
        Self.append(UInt32(0), to: sink)
        Self.append(UInt64(length), to: sink)
        sink.append(bytes: head)
        sink.append(bytes: repeatElement(0x20, count: length - head.count))
        for array in shelf.arrays {
            let start = sink.bytes
            Self.append(array, to: sink)
            let count = sink.bytes - start
            sink.append(bytes: repeatElement(0, count: BorealFile.padded(count) - count))
            try sink.check()
        }
    }

    /// The JSON before the arrays, which it puts on the shelf.
    private func head(_ shelf: inout ArrayShelf) -> String {
        var members: [(key: String, value: JSON)] = [
            ("task", .string(graph.task.rawValue)),
            ("inputs", .array(graph.inputs.map(Self.json))),
            ("operators", .array(records.map { shelf.json($0) })),
            ("outputs", .array(graph.outputs.map(Self.json))),
            ("x_cols", .array(graph.metadata.featureColumns.map { .string($0) })),
            ("y_cols", .array(graph.metadata.labelColumns.map { .string($0) })),
        ]
        if let labels = graph.labels { members.append(("labels", BorealMeta.json(labels))) }
        if let objective = graph.metadata.objective {
            members.append(("objective", .string(objective)))
        }
        if let parameters = graph.metadata.trainingParameters {
            members.append(("parameters", parameters))
        }
        if let distribution = graph.metadata.trainingDistribution {
            members.append(("distribution", distribution))
        }
        return JSON.object(members).description
    }

    private static func append<Number: FixedWidthInteger>(_ number: Number, to sink: ExportSink) {
        sink.append(memoryOf: [number.littleEndian])
    }

    private static func append(_ array: OperatorRecord.Value, to sink: ExportSink) {
        switch array {
        case .doubles(let values): sink.append(memoryOf: values)
        case .floats(let values): sink.append(memoryOf: values)
        case .integers(let values): sink.append(memoryOf: values)
        case .longs(let values): sink.append(memoryOf: values)
        case .bytes(let values): sink.append(memoryOf: values)
        case .integer, .number, .flag, .text: assertionFailure("no array")
        }
    }

    /// `{"name": "x", "kind": "text", "categories": ["a", "b"]}`
    private static func json(_ input: GraphInput) -> JSON {
        var members: [(key: String, value: JSON)] = [
            ("name", .string(input.name)), ("kind", .string(BorealMeta.word(input.kind))),
        ]
        if case .category(let dictionary) = input.kind {
            switch dictionary.categories {
            case .text(let names): members.append(("categories", .array(names.map(JSON.string))))
            case .number(let values):
                members.append(("categories", .array(values.map(JSON.number))))
            }
            if dictionary.takesCodes { members.append(("takes_codes", .bool(true))) }
        }
        if case .list(let form) = input.kind { members += Self.members(form) }
        if !input.takesMissing { members.append(("refuses_missing", .bool(true))) }
        if input.unseen == .marked { members.append(("marks_unseen", .bool(true))) }
        return .object(members)
    }

    /// `"ids": 900, "length": 100` of a sequence, `"count": 4` of a list of numbers.
    private static func members(_ form: ListForm) -> [(key: String, value: JSON)] {
        switch form {
        case .sequence(let form):
            [
                ("ids", .integer(Int64(form.ids))), ("length", .integer(Int64(form.length))),
                ("drops_repeats", .bool(form.dropsRepeats)),
            ]
        case .numbers(let count): [("count", .integer(Int64(count ?? 0)))]
        }
    }

    private static func json(_ output: GraphOutput) -> JSON {
        var members: [(key: String, value: JSON)] = [
            ("name", .string(output.name)), ("role", .string(output.role.rawValue)),
            ("tensor", .integer(Int64(output.tensor.index))),
            ("columns", .array(output.columnNames.map { .string($0) })),
        ]
        if output.isNative { members.append(("native", .bool(true))) }
        if let dictionary = output.dictionary {
            members.append(("dictionary", BorealMeta.json(dictionary)))
        }
        return .object(members)
    }
}

/// The arrays of a file in the order in which the head names them.
private struct ArrayShelf {
    private(set) var arrays: [OperatorRecord.Value] = []
    /// Bytes of the arrays so far, each padded.
    private var bytes = 0

    /// `{"kind": "Scale", "in": [0], "out": [1], "with": {"form": "multiplyAdd", ...}}`
    mutating func json(_ record: OperatorRecord) -> JSON {
        var attributes: [(key: String, value: JSON)] = []
        for (name, value) in record.attributes { attributes.append((name, json(value))) }
        return .object([
            ("kind", .string(record.kind)),
            ("in", .array(record.inputs.map { .integer(Int64($0.index)) })),
            ("out", .array(record.outputs.map { .integer(Int64($0.index)) })),
            ("with", .object(attributes)),
        ])
    }

    private mutating func json(_ value: OperatorRecord.Value) -> JSON {
        switch value {
        case .integer(let number): .integer(number)
        // What JSON cannot say becomes an array of one.
        case .number(let number):
            number.isFinite ? .number(number) : place(.doubles([number]), .float64, 1)
        case .flag(let flag): .bool(flag)
        case .text(let text): .string(text)
        case .doubles(let values): place(value, .float64, values.count)
        case .floats(let values): place(value, .float32, values.count)
        case .integers(let values): place(value, .int32, values.count)
        case .longs(let values): place(value, .int64, values.count)
        case .bytes(let values): place(value, .byte, values.count)
        }
    }

    /// Puts an array behind the others: `["f64", count, offset]`, counted from the first array.
    private mutating func place(
        _ array: OperatorRecord.Value,
        _ element: BorealFile.Element,
        _ count: Int
    ) -> JSON {
        arrays.append(array)
        let offset = bytes
        bytes += BorealFile.padded(count * element.byteCount)
        return .array([
            .string(element.rawValue), .integer(Int64(count)), .integer(Int64(offset)),
        ])
    }
}
