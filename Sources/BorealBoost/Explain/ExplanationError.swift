/// Why a model or a row cannot be explained.
public enum ExplanationError: Error, Equatable, Sendable {
    /// The tree has linear models in its leaves. LightGBM refuses these too.
    case linearLeaves(tree: Int)
    /// The tree does not say how many training rows its nodes saw, or that its root saw none.
    case coverMissing(tree: Int)
    /// The cover of a node (a leaf as `~leaf`) is negative or no finite number.
    case coverInvalid(tree: Int, node: Int)
    /// A path of the tree is longer than `limit` splits.
    case tooDeep(tree: Int, limit: Int)
    /// A path of the tree asks more than `limit` features.
    case tooManyFeaturesOnPath(tree: Int, limit: Int)
    /// The answer would have more than `limit` numbers.
    case tooLarge(count: Int, limit: Int)
    /// An array has not as many elements as the rows ask for.
    case lengthMismatch(name: String, count: Int, expected: Int)
    /// A number of repeats, grid points or the like is outside of `allowed`.
    case outOfRange(name: String, value: Int, allowed: ClosedRange<Int>)
    /// Somebody set the cancellation flag.
    case cancelled
}
