/// An operator as a file keeps it: its kind, its tensors, and what it was made with.
///
/// Records hold no memory layout and no derived values: an operator that is restored from one is
/// made by the same initialiser as any other, with the same checks.
public struct OperatorRecord: Equatable, Sendable {
    /// What an attribute may be.
    public enum Value: Equatable, Sendable {
        case integer(Int64)
        case number(Double)
        case flag(Bool)
        case text(String)
        case doubles([Double])
        case floats([Float])
        case integers([Int32])
        case longs([Int64])
        case bytes([UInt8])
    }

    /// `GraphOperator.kind`
    public let kind: String
    /// Tensors read.
    public let inputs: [TensorID]
    /// Tensors written.
    public let outputs: [TensorID]
    /// What it was made with, in the order in which it was put there.
    public private(set) var attributes: [(name: String, value: Value)] = []

    /// A record without attributes.
    public init(kind: String, inputs: [TensorID], outputs: [TensorID]) {
        self.kind = kind
        self.inputs = inputs
        self.outputs = outputs
    }

    /// The same operator over other tensors.
    func moved(inputs: [TensorID], outputs: [TensorID]) -> OperatorRecord {
        var record = OperatorRecord(kind: kind, inputs: inputs, outputs: outputs)
        record.attributes = attributes
        return record
    }

    /// Equal in all parts.
    public static func == (left: OperatorRecord, right: OperatorRecord) -> Bool {
        left.kind == right.kind && left.inputs == right.inputs && left.outputs == right.outputs
            && left.attributes.count == right.attributes.count
            && zip(left.attributes, right.attributes).allSatisfy { $0 == $1 }
    }

    /// An attribute; setting one that is there replaces it.
    public subscript(name: String) -> Value? {
        get { attributes.first { $0.name == name }?.value }
        set {
            let place = attributes.firstIndex { $0.name == name }
            switch (place, newValue) {
            case (let place?, let value?): attributes[place].value = value
            case (let place?, nil): attributes.remove(at: place)
            case (nil, let value?): attributes.append((name, value))
            case (nil, nil): break
            }
        }
    }
}
