import CKernels

/// `x * scale + shift`, with one of each for every channel: batch normalization after training.
public struct ChannelScaleOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "ChannelScale"
    /// Float or Double: `[channels][inner]`.
    public let input: TensorID
    /// Same type.
    public let output: TensorID
    /// `[channels]`
    public let scale: [Double]
    /// `[channels]`
    public let shift: [Double]
    private let type: TensorType
    private let inner: Int
    private let floatScale: [Float]
    private let floatShift: [Float]

    /// - Parameters:
    ///   - type: of the input.
    ///   - scale: one for each channel.
    ///   - shift: one for each channel.
    /// - Throws: `GraphError.invalidGraph` when the row is no whole number of channels.
    public init(
        input: TensorID,
        output: TensorID,
        type: TensorType,
        scale: [Double],
        shift: [Double]
    ) throws(GraphError) {
        guard let width = type.width, !scale.isEmpty, scale.count == shift.count,
            width % scale.count == 0, type.element == .float || type.element == .double
        else { throw .invalidGraph(reason: "\(scale.count) channels of \(type)") }
        self.input = input
        self.output = output
        self.type = type
        self.scale = scale
        self.shift = shift
        inner = width / scale.count
        floatScale = scale.map { Float($0) }
        floatShift = shift.map { Float($0) }
    }

    /// What it reads.
    public var inputs: [TensorID] { [input] }
    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// Checks the input and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        guard inputTypes == [type] else {
            throw .invalidGraph(reason: "scaling of channels of \(inputTypes)")
        }
        return [type]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        if type.element == .float {
            boreal_scale_channels(
                memory.elements(input, as: Float.self),
                memory.elements(output, as: Float.self),
                floatScale,
                floatShift,
                Int64(rowCount),
                Int64(scale.count),
                Int64(inner)
            )
            return
        }
        let source = memory.elements(input, as: Double.self)
        let target = memory.elements(output, as: Double.self)
        for index in 0..<rowCount * scale.count * inner {
            let channel = index / inner % scale.count
            target[index] = source[index] * scale[channel] + shift[channel]
        }
    }
}
