/// How a window slides along one axis of a picture or a sequence.
public struct WindowAxis: Equatable, Sendable {
    /// Numbers along the axis.
    public var extent: Int
    /// Numbers that the window sees, `dilation` apart.
    public var window: Int
    /// From one place of the window to the next.
    public var stride: Int
    /// From one number that the window sees to the next.
    public var dilation: Int
    /// Numbers thought to lie before the first and behind the last.
    public var padding: (before: Int, after: Int)
    /// Whether a last window that hangs over the end counts.
    public var roundsUp: Bool

    /// - Parameters: see the stored properties.
    public init(
        extent: Int,
        window: Int,
        stride: Int = 1,
        dilation: Int = 1,
        padding: (before: Int, after: Int) = (0, 0),
        roundsUp: Bool = false
    ) {
        self.extent = extent
        self.window = window
        self.stride = stride
        self.dilation = dilation
        self.padding = padding
        self.roundsUp = roundsUp
    }

    /// An axis of one number, which a picture of one line has.
    public static let single = WindowAxis(extent: 1, window: 1)

    /// Equal in all parts.
    public static func == (left: WindowAxis, right: WindowAxis) -> Bool {
        left.extent == right.extent && left.window == right.window
            && left.stride == right.stride && left.dilation == right.dilation
            && left.padding == right.padding && left.roundsUp == right.roundsUp
    }

    /// The greatest number that any part may be: sums and products of two stay far within `Int`.
    private static let partMax = 1 << 24

    /// Whether every part is a count within reason.
    private var isSound: Bool {
        let counts = [extent, window, stride, dilation]
        return counts.allSatisfy { $0 > 0 && $0 <= Self.partMax }
            && padding.before >= 0 && padding.before <= Self.partMax
            && padding.after >= 0 && padding.after <= Self.partMax
    }

    /// Numbers from the first to the last that the window sees.
    public var reach: Int { (window - 1) * dilation + 1 }

    /// Places of the window; nil when it has none, or a part of it is out of reason.
    public var count: Int? {
        guard isSound else { return nil }
        let room = extent + padding.before + padding.after - reach
        guard room >= 0 else { return nil }
        var places = (room + (roundsUp ? stride - 1 : 0)) / stride + 1
        // A window that begins behind the last number sees nothing.
        if roundsUp, (places - 1) * stride >= extent + padding.before { places -= 1 }
        return places
    }
}
