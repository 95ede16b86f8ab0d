/// Reads the attributes of a record for the operator that is made of it.
public struct RecordReader: Sendable {
    /// What is read.
    public let record: OperatorRecord
    /// Types of the record's inputs.
    public let types: [TensorType]
    /// The operators before it.
    public let earlier: [any GraphOperator]

    /// Tensors read.
    var inputs: [TensorID] { record.inputs }
    /// Tensors written.
    var outputs: [TensorID] { record.outputs }

    /// An attribute.
    subscript(name: String) -> OperatorRecord.Value? { record[name] }

    /// What is wrong with the record.
    func damaged(_ reason: String) -> GraphError {
        .invalidGraph(reason: "\(record.kind): \(reason)")
    }

    /// The only tensor read.
    func input() throws(GraphError) -> TensorID {
        guard inputs.count == 1 else { throw damaged("\(inputs.count) inputs") }
        return inputs[0]
    }

    /// The only tensor written.
    func output() throws(GraphError) -> TensorID {
        guard outputs.count == 1 else { throw damaged("\(outputs.count) outputs") }
        return outputs[0]
    }

    /// A whole number in a range.
    func integer(_ name: String, in range: ClosedRange<Int>) throws(GraphError) -> Int {
        guard case .integer(let value)? = self[name], let number = Int(exactly: value),
            range.contains(number)
        else { throw damaged("'\(name)' is no number in \(range)") }
        return number
    }

    /// Any number; one that stands as a whole number counts too.
    func number(_ name: String) throws(GraphError) -> Double {
        switch self[name] {
        case .number(let value)?: return value
        case .integer(let value)?: return Double(value)
        default: throw damaged("'\(name)' is no number")
        }
    }

    /// A number, or nil when there is none.
    func optionalNumber(_ name: String) throws(GraphError) -> Double? {
        self[name] == nil ? nil : try number(name)
    }

    /// True or false; false when it is absent.
    func flag(_ name: String) throws(GraphError) -> Bool {
        switch self[name] {
        case .flag(let value)?: return value
        case nil: return false
        default: throw damaged("'\(name)' is neither true nor false")
        }
    }

    /// One of several words.
    func word<Word: RawRepresentable<String>>(_ name: String) throws(GraphError) -> Word {
        guard case .text(let text)? = self[name], let word = Word(rawValue: text) else {
            throw damaged("'\(name)' is no known word")
        }
        return word
    }

    /// Doubles; none when the attribute is absent.
    func doubles(_ name: String) throws(GraphError) -> [Double] {
        switch self[name] {
        case .doubles(let values)?: return values
        case nil: return []
        default: throw damaged("'\(name)' is no list of doubles")
        }
    }

    /// Floats; none when the attribute is absent.
    func floats(_ name: String) throws(GraphError) -> [Float] {
        switch self[name] {
        case .floats(let values)?: return values
        case nil: return []
        default: throw damaged("'\(name)' is no list of floats")
        }
    }

    /// 32-bit integers; none when the attribute is absent.
    func integers(_ name: String) throws(GraphError) -> [Int32] {
        switch self[name] {
        case .integers(let values)?: return values
        case nil: return []
        default: throw damaged("'\(name)' is no list of integers")
        }
    }

    /// 64-bit integers; none when the attribute is absent.
    func longs(_ name: String) throws(GraphError) -> [Int64] {
        switch self[name] {
        case .longs(let values)?: return values
        case nil: return []
        default: throw damaged("'\(name)' is no list of long integers")
        }
    }

    /// Bytes; none when the attribute is absent.
    func bytes(_ name: String) throws(GraphError) -> [UInt8] {
        switch self[name] {
        case .bytes(let values)?: return values
        case nil: return []
        default: throw damaged("'\(name)' is no list of bytes")
        }
    }

    /// The type of the only input.
    func type() throws(GraphError) -> TensorType {
        _ = try input()
        guard let type = types.first else { throw damaged("no input") }
        return type
    }

    /// Elements of a row of the only input, at least one.
    func width() throws(GraphError) -> Int {
        guard let width = try type().width, width > 0 else { throw damaged("an empty input") }
        return width
    }
}
