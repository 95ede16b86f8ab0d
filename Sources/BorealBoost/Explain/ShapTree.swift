/// A split of a tree made ready for explanation.
///
/// *Cover* is the share of training rows: the *local* cover of an edge is the share of its parent's
/// rows; the cover of an edge for its feature is the product of the local covers of all edges of
/// that feature from the root down to it.
struct ShapNode: Sendable {
    /// How a row's direction is found.
    enum Question: UInt8, Sendable {
        /// `value <= threshold`.
        case number
        /// The same, but zero goes where NaN goes.
        case numberOrZero
        /// Membership in a set.
        case category
    }

    var question: Question
    /// Whether NaN goes left; for `numberOrZero` zero too.
    var nanGoesLeft: Bool
    var leftIsLeaf: Bool
    var rightIsLeaf: Bool
    /// Position of the feature among those that the ensemble asks.
    var column: Int32
    /// The feature that it contributes to, as rows count them.
    var feature: Int32
    /// Splits above this one.
    var level: Int32
    /// Level of the nearest split above that asks the same feature, or -1.
    var ancestorLevel: Int32 = -1
    /// 0 when the path leaves that split to the left, 1 to the right.
    var ancestorSide: UInt8 = 0
    var threshold: Double
    /// Words of the category set in the tree's `categoryBits`.
    var firstWord: Int32 = 0
    var wordCount: Int32 = 0
    /// Cover, for the feature, of the ancestor's edge; 1 without one.
    var ancestorCover = 1.0
    var leftCover = 0.0
    var rightCover = 0.0
    /// Local covers of the edges.
    var leftLocal = 0.0
    var rightLocal = 0.0
    /// What the children add, where they are leaves.
    var leftValue = 0.0
    var rightValue = 0.0
}

/// One step of the walk through a tree, depth first.
enum ShapStep: UInt32 {
    /// Comes to a split for the first time.
    case enter
    /// Goes to a child that is a split.
    case descendLeft
    case descendRight
    /// Comes back from it.
    case ascendLeft
    case ascendRight
}

/// A tree made ready for explanation: its splits in preorder, and the walk through them as a list
/// of steps, so that the walk needs no stack of its own.
struct ShapTree: Sendable {
    /// In preorder.
    var nodes: [ShapNode] = []
    /// `[steps]`: the split in the upper 29 bits, a `ShapStep` in the lower three.
    var program: [UInt32] = []
    /// The original's sets.
    var categoryBits: [UInt32] = []
    /// Longest path, in splits.
    var depth = 0
    /// Most different features on a path.
    var pathFeatures = 0
    /// The answer of the tree for a row of which nothing is known.
    var expectedValue = 0.0
}
