import CKernels

/// The greatest number or the mean of windows that slide over pictures, in 32 bits.
public struct PoolOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "Pool"

    /// What a window becomes.
    public enum Form: String, Sendable {
        /// The greatest number; NaN before all others.
        case maximum
        /// The mean of the numbers that are there.
        case mean
        /// The mean with the padding counted as zeros.
        case paddedMean
    }

    /// Float: `[channels][height][width]`.
    public let input: TensorID
    /// Float: `[channels]` of the places of both axes.
    public let output: TensorID
    /// What a window becomes.
    public let form: Form
    /// Pictures of a row.
    public let channels: Int
    /// Along the lines of a picture.
    public let vertical: WindowAxis
    /// Along its columns.
    public let horizontal: WindowAxis
    private let places: (height: Int, width: Int)

    /// - Parameters: see the stored properties.
    /// - Throws: `GraphError.invalidGraph` when there is no place for the window, or one that sees
    ///   padding only.
    public init(
        _ form: Form,
        input: TensorID,
        output: TensorID,
        channels: Int,
        vertical: WindowAxis,
        horizontal: WindowAxis
    ) throws(GraphError) {
        guard let height = vertical.count, let width = horizontal.count, channels > 0,
            [vertical, horizontal].allSatisfy({ axis in
                axis.padding.before < axis.reach && axis.padding.after < axis.reach
            })
        else { throw .invalidGraph(reason: "windows of these extents") }
        self.form = form
        self.input = input
        self.output = output
        self.channels = channels
        self.vertical = vertical
        self.horizontal = horizontal
        places = (height, width)
    }

    /// What it reads.
    public var inputs: [TensorID] { [input] }
    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// Checks the input and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        let shape = TensorType(.float, [channels, vertical.extent, horizontal.extent])
        guard let type = inputTypes.first, type.element == .float, let width = shape.width,
            type.width == width
        else { throw .invalidGraph(reason: "windows over \(inputTypes)") }
        return [TensorType(.float, [channels * places.height * places.width])]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        var window = boreal_window()
        window.source = UnsafePointer(memory.elements(input, as: Float.self))
        window.target = memory.elements(output, as: Float.self)
        window.pictures = Int64(rowCount * channels)
        window.height = Int32(vertical.extent)
        window.width = Int32(horizontal.extent)
        window.out_height = Int32(places.height)
        window.out_width = Int32(places.width)
        window.window_height = Int32(vertical.window)
        window.window_width = Int32(horizontal.window)
        window.stride_y = Int32(vertical.stride)
        window.stride_x = Int32(horizontal.stride)
        window.dilation_y = Int32(vertical.dilation)
        window.dilation_x = Int32(horizontal.dilation)
        window.pad_y = Int32(vertical.padding.before)
        window.pad_x = Int32(horizontal.padding.before)
        window.end_y = Int32(vertical.padding.after)
        window.end_x = Int32(horizontal.padding.after)
        window.counts_padding = form == .paddedMean ? 1 : 0
        window.takes_mean = form == .maximum ? 0 : 1
        boreal_pool(&window)
    }
}
