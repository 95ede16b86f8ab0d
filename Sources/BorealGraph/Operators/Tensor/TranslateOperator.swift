/// Replaces each element by what a table has for it.
///
/// Keys match by value; NaN matches NaN. The answer may be of another kind: codes become numbers,
/// numbers codes.
public struct TranslateOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "Translate"
    /// Any element, any shape.
    public let input: TensorID
    /// `values.element`, as many.
    public let output: TensorID
    /// One for each key.
    public let values: TensorConstant
    /// One for what is no key.
    public let fallback: TensorConstant
    private let element: TensorElement
    private let width: Int
    /// Position in `values` by key: the number's bits, or the whole number.
    private let places: [UInt64: Int32]

    /// - Parameters:
    ///   - width: elements of a row.
    ///   - keys: of the input's element; of equal ones the first counts.
    /// - Throws: `GraphError.invalidGraph` when counts or kinds do not fit.
    public init(
        input: TensorID,
        output: TensorID,
        width: Int,
        keys: TensorConstant,
        values: TensorConstant,
        fallback: TensorConstant
    ) throws(GraphError) {
        guard keys.count == values.count, fallback.count == 1, fallback.element == values.element,
            keys.count <= GraphLimits.categoriesMax
        else { throw .invalidGraph(reason: "\(keys.count) keys for \(values.count) values") }
        self.input = input
        self.output = output
        self.width = width
        self.values = values
        self.fallback = fallback
        element = keys.element
        let all =
            keys.element == .double || keys.element == .float
            ? keys.doubles.map { Self.key($0) }
            : keys.integers.map { UInt64(bitPattern: $0) }
        var places: [UInt64: Int32] = [:]
        for (place, key) in all.enumerated() where places[key] == nil {
            places[key] = Int32(truncatingIfNeeded: place)
        }
        self.places = places
    }

    /// What it reads.
    public var inputs: [TensorID] { [input] }
    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// Checks the input and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        guard let type = inputTypes.first, type.element == element, type.width == width else {
            throw .invalidGraph(reason: "translation of \(inputTypes)")
        }
        return [TensorType(values.element, [width])]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        let count = rowCount * width
        switch element {
        case .double:
            let source = memory.elements(input, as: Double.self)
            write(count, memory) { Self.key(source[$0]) }
        case .float:
            let source = memory.elements(input, as: Float.self)
            write(count, memory) { Self.key(Double(source[$0])) }
        case .int64:
            let source = memory.elements(input, as: Int64.self)
            write(count, memory) { UInt64(bitPattern: source[$0]) }
        case .code:
            let source = memory.elements(input, as: Int32.self)
            write(count, memory) { UInt64(bitPattern: Int64(source[$0])) }
        }
    }

    /// One key for all NaNs, one for both zeros.
    private static func key(_ value: Double) -> UInt64 {
        value == 0 ? 0 : (value.isNaN ? Double.nan.bitPattern : value.bitPattern)
    }

    /// Chooses the kind of the answer once for all elements.
    @inline(__always)
    private func write(_ count: Int, _ memory: TensorMemory, _ key: (Int) -> UInt64) {
        switch values.element {
        case .double: write(count, memory, Double.self, key)
        case .float: write(count, memory, Float.self, key)
        case .int64: write(count, memory, Int64.self, key)
        case .code: write(count, memory, Int32.self, key)
        }
    }

    /// Looks up each element; the table is read only.
    @inline(__always)
    private func write<Element>(
        _ count: Int,
        _ memory: TensorMemory,
        _ type: Element.Type,
        _ key: (Int) -> UInt64
    ) {
        let table = values.memory.assumingMemoryBound(to: type)
        let absent = fallback.memory.assumingMemoryBound(to: type)[0]
        let target = memory.elements(output, as: type)
        for index in 0..<count {
            target[index] = places[key(index)].map { table[Int($0)] } ?? absent
        }
    }
}
