/// Gives elements another type; numbers out of range of a whole type become its nearest, NaN 0.
public struct CastOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "Cast"
    /// Double, Float or Int64, any inner shape.
    public let input: TensorID
    /// Same shape, elements of type `element`.
    public let output: TensorID
    private let type: TensorType
    let element: TensorElement

    /// - Parameters:
    ///   - type: of the input.
    ///   - element: Double, Float or Int64.
    public init(input: TensorID, output: TensorID, type: TensorType, to element: TensorElement) {
        self.input = input
        self.output = output
        self.type = type
        self.element = element
    }

    /// What it reads.
    public var inputs: [TensorID] { [input] }
    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// Checks the input and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        guard inputTypes == [type], element != .code else {
            throw .invalidGraph(reason: "cast of \(inputTypes) to \(element)")
        }
        return [TensorType(element, type.innerShape)]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        let count = rowCount * (type.width ?? 0)
        switch (type.element, element) {
        case (.double, .float):
            convert(count, memory, Double.self, Float.self) { Float($0) }
        case (.float, .double):
            convert(count, memory, Float.self, Double.self) { Double($0) }
        case (.int64, .double):
            convert(count, memory, Int64.self, Double.self) { Double($0) }
        case (.int64, .float):
            convert(count, memory, Int64.self, Float.self) { Float($0) }
        case (.double, .int64):
            convert(count, memory, Double.self, Int64.self) { Int64(clamping: $0) }
        case (.float, .int64):
            convert(count, memory, Float.self, Int64.self) { Int64(clamping: Double($0)) }
        case (.code, .int64):
            convert(count, memory, Int32.self, Int64.self) { Int64($0) }
        case (.code, .double):
            convert(count, memory, Int32.self, Double.self) { Double($0) }
        case (.code, .float):
            convert(count, memory, Int32.self, Float.self) { Float($0) }
        case (.double, _): convert(count, memory, Double.self, Double.self) { $0 }
        case (.float, _): convert(count, memory, Float.self, Float.self) { $0 }
        case (.int64, _): convert(count, memory, Int64.self, Int64.self) { $0 }
        case (.code, _): break
        }
    }

    @inline(__always)
    private func convert<Source, Target>(
        _ count: Int,
        _ memory: TensorMemory,
        _: Source.Type,
        _: Target.Type,
        _ body: (Source) -> Target
    ) {
        let source = memory.elements(input, as: Source.self)
        let target = memory.elements(output, as: Target.self)
        for index in 0..<count { target[index] = body(source[index]) }
    }
}

extension Int64 {
    /// The whole part of a number, the nearest whole number of 64 bits when it is out of range, 0
    /// of NaN.
    fileprivate init(clamping value: Double) {
        if value >= 0x1p63 {
            self = .max
        } else if value <= -0x1p63 {
            self = .min
        } else {
            self = value.isNaN ? 0 : Int64(value)
        }
    }
}
