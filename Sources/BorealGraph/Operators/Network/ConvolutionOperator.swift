import CKernels

/// Convolutions of pictures and sequences with the filters of a model, in 32 bits.
///
/// A row is `[groups * channels][height][width]`, a sequence a picture of one line. The products of
/// an answer are added one after the other onto the bias, by channel, line and column.
public struct ConvolutionOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "Convolution"
    /// Float: a picture of `groups * channels` channels a row.
    public let input: TensorID
    /// Float: `groups * filters` channels of the places of both axes.
    public let output: TensorID
    /// Float: memory for one group of a picture, in the order in which its numbers are read.
    public let workspace: TensorID
    /// Groups that see channels of their own.
    public let groups: Int
    /// Channels that one group sees.
    public let channels: Int
    /// Filters that one group has.
    public let filters: Int
    /// Along the lines of a picture.
    public let vertical: WindowAxis
    /// Along its columns.
    public let horizontal: WindowAxis
    /// Whether answers below 0 become 0.
    public let rectifies: Bool
    private let weights: [Float]
    private let bias: [Float]
    // Its addresses are all null: each run sets them in a copy of its own.
    /// What the kernel is told, without addresses.
    private nonisolated(unsafe) let plan: boreal_convolution
    private let offsets: [Int32]
    private let workspaceWidth: Int

    /// - Parameters:
    ///   - weights: `[groups * filters][channels][window][window]`
    ///   - bias: `[groups * filters]` or empty.
    /// - Throws: `GraphError.invalidGraph` when the lengths do not fit or there is no place for the
    ///   window.
    public init(
        input: TensorID,
        output: TensorID,
        workspace: TensorID,
        groups: Int,
        channels: Int,
        filters: Int,
        vertical: WindowAxis,
        horizontal: WindowAxis,
        weights: [Float],
        bias: [Float],
        rectifies: Bool = false
    ) throws(GraphError) {
        let layout = try ConvolutionLayout(
            groups: groups,
            channels: channels,
            filters: filters,
            vertical: vertical,
            horizontal: horizontal
        )
        guard weights.count == groups * filters * layout.offsets.count,
            bias.isEmpty || bias.count == groups * filters
        else {
            throw .invalidGraph(reason: "\(weights.count) weights of a convolution")
        }
        self.input = input
        self.output = output
        self.workspace = workspace
        self.groups = groups
        self.channels = channels
        self.filters = filters
        self.vertical = vertical
        self.horizontal = horizontal
        self.weights = weights
        self.bias = bias
        self.rectifies = rectifies
        offsets = layout.offsets
        workspaceWidth = layout.workspaceWidth
        var plan = layout.plan
        plan.rectifies = rectifies ? 1 : 0
        self.plan = plan
    }

    /// The same, followed by the function that makes negative numbers 0.
    ///
    /// - Throws: never for an operator that exists; see `init`.
    public func rectified() throws(GraphError) -> ConvolutionOperator {
        try with(weights, bias, rectifies: true)
    }

    /// The same, each answer then times the `scale` of its filter, plus its `shift`.
    ///
    /// - Parameters:
    ///   - scale: `[groups * filters]`
    ///   - shift: `[groups * filters]`
    /// - Returns: nil behind a rectifier, and where a number would leave what 32 bits hold.
    package func scaled(by scale: [Double], shift: [Double]) -> ConvolutionOperator? {
        let count = groups * filters
        guard !rectifies, scale.count == count, shift.count == count else { return nil }
        let depth = weights.count / count
        let factors = weights.indices.map { Float(Double(weights[$0]) * scale[$0 / depth]) }
        let terms = (0..<count).map { filter in
            Float((bias.isEmpty ? 0 : Double(bias[filter]) * scale[filter]) + shift[filter])
        }
        guard (factors + terms).allSatisfy(\.isFinite) else { return nil }
        // The extents are those of an operator that exists.
        return try? with(factors, terms, rectifies: false)
    }

    private func with(
        _ weights: [Float],
        _ bias: [Float],
        rectifies: Bool
    ) throws(GraphError) -> ConvolutionOperator {
        try ConvolutionOperator(
            input: input,
            output: output,
            workspace: workspace,
            groups: groups,
            channels: channels,
            filters: filters,
            vertical: vertical,
            horizontal: horizontal,
            weights: weights,
            bias: bias,
            rectifies: rectifies
        )
    }

    /// What it reads.
    public var inputs: [TensorID] { [input] }
    /// What it writes.
    public var outputs: [TensorID] { [output, workspace] }

    /// Checks the input and answers the types of the outputs.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        guard let type = inputTypes.first, type.element == .float,
            type.width == groups * channels * vertical.extent * horizontal.extent
        else { throw .invalidGraph(reason: "convolution of \(inputTypes)") }
        let answers = Int(plan.out_height) * Int(plan.out_width)
        return [
            TensorType(.float, [groups * filters * answers]),
            TensorType(.float, [workspaceWidth]),
        ]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        var plan = plan
        plan.rows = Int64(rowCount)
        plan.source = UnsafePointer(memory.elements(input, as: Float.self))
        plan.target = memory.elements(output, as: Float.self)
        plan.planes = memory.elements(workspace, as: Float.self)
        weights.withUnsafeBufferPointer { weights in
            bias.withUnsafeBufferPointer { bias in
                offsets.withUnsafeBufferPointer { offsets in
                    plan.weights = weights.baseAddress
                    plan.bias = bias.isEmpty ? nil : bias.baseAddress
                    plan.offsets = offsets.baseAddress
                    boreal_convolve(&plan)
                }
            }
        }
    }
}

/// Where the numbers of a convolution lie in its workspace.
private struct ConvolutionLayout {
    /// Without addresses and rows.
    var plan = boreal_convolution()
    /// `[channels * window * window]`: where the first output finds its numbers.
    var offsets: [Int32] = []
    /// Floats that the kernel needs.
    var workspaceWidth = 0

    /// Numbers of a workspace, weights or answers of a row.
    private static let elementsMax = 1 << 28

    init(
        groups: Int,
        channels: Int,
        filters: Int,
        vertical: WindowAxis,
        horizontal: WindowAxis
    ) throws(GraphError) {
        guard let height = vertical.count, let width = horizontal.count,
            let planeHeight = Self.planeExtent(vertical, height),
            let planeWidth = Self.planeExtent(horizontal, width),
            let planes = Self.product([
                channels, vertical.stride, horizontal.stride, planeHeight, planeWidth,
            ]),
            let depth = Self.product([channels, vertical.window, horizontal.window]),
            Self.product([groups, filters, depth]) != nil,
            Self.product([groups, filters, height, width]) != nil,
            Self.product([groups, channels, vertical.extent, horizontal.extent]) != nil
        else { throw .invalidGraph(reason: "a convolution of these extents") }
        workspaceWidth = planes + Int(boreal_convolution_slack)
        plan.depth = Int64(depth)
        plan.groups = Int32(groups)
        plan.channels = Int32(channels)
        plan.filters = Int32(filters)
        plan.height = Int32(vertical.extent)
        plan.width = Int32(horizontal.extent)
        plan.out_height = Int32(height)
        plan.out_width = Int32(width)
        plan.plane_height = Int32(planeHeight)
        plan.plane_width = Int32(planeWidth)
        plan.stride_y = Int32(vertical.stride)
        plan.stride_x = Int32(horizontal.stride)
        plan.pad_y = Int32(vertical.padding.before)
        plan.pad_x = Int32(horizontal.padding.before)
        offsets.reserveCapacity(depth)
        for channel in 0..<channels {
            for line in 0..<vertical.window {
                for column in 0..<horizontal.window {
                    let (y, x) = (line * vertical.dilation, column * horizontal.dilation)
                    var place = channel * vertical.stride + y % vertical.stride
                    place = place * horizontal.stride + x % horizontal.stride
                    place = place * planeHeight + y / vertical.stride
                    offsets.append(Int32(place * planeWidth + x / horizontal.stride))
                }
            }
        }
    }

    /// Numbers of a plane along an axis; nil beyond reason.
    private static func planeExtent(_ axis: WindowAxis, _ places: Int) -> Int? {
        let extent = places + (axis.reach - 1) / axis.stride
        return extent <= elementsMax ? extent : nil
    }

    /// A product of counts; nil beyond reason, and when one is none.
    private static func product(_ counts: [Int]) -> Int? {
        var product = 1
        for count in counts {
            let (next, overflow) = product.multipliedReportingOverflow(by: count)
            guard count > 0, !overflow, next <= elementsMax else { return nil }
            product = next
        }
        return product
    }
}
