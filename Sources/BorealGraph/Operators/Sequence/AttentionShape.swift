/// The extents of a block of attention and feed-forward layers over the tokens of a sequence.
package struct AttentionShape: Equatable, Sendable {
    /// Numbers of a token; a multiple of `heads`.
    package let width: Int
    /// Heads that attend side by side, each over its share of the numbers.
    package let heads: Int
    /// Units between the two feed-forward layers.
    package let hidden: Int

    /// - Parameters: see the stored properties; all positive.
    package init(width: Int, heads: Int, hidden: Int) {
        precondition(
            width > 0 && heads > 0 && hidden > 0 && width % heads == 0,
            "\(heads) heads over \(width) numbers"
        )
        self.width = width
        self.heads = heads
        self.hidden = hidden
    }

    /// From token to token.
    package var stride: Int { PackedMatrix.padded(width) }
    /// Numbers of a token that one head reads.
    package var headWidth: Int { width / heads }
    /// The same filled up: from head to head.
    package var headStride: Int { PackedMatrix.padded(headWidth) }
    /// All heads one behind the other.
    package var joinedStride: Int { heads * headStride }
    /// Queries, keys and values one behind the other.
    package var queryStride: Int { 3 * joinedStride }
    /// From token to token between the feed-forward layers.
    package var hiddenStride: Int { PackedMatrix.padded(hidden) }

    /// Where the numbers of all heads stand.
    private var joinedPlaces: [Int] {
        (0..<heads).flatMap { head in (0..<headWidth).map { head * headStride + $0 } }
    }

    /// Token to queries, keys and values.
    package var queryForm: DenseForm {
        let places = (0..<3).flatMap { part in joinedPlaces.map { part * joinedStride + $0 } }
        return DenseForm(inputPlaces: Array(0..<width), outputPlaces: places)
    }
    /// What the heads found to a token.
    package var joinedForm: DenseForm {
        DenseForm(inputPlaces: joinedPlaces, outputPlaces: Array(0..<width))
    }
    /// Token to hidden units.
    package var expandedForm: DenseForm { DenseForm(inputWidth: width, outputWidth: hidden) }
    /// Hidden units to token.
    package var contractedForm: DenseForm { DenseForm(inputWidth: hidden, outputWidth: width) }

    /// What scores are multiplied by before their softmax.
    package var scoreScale: Float { 1 / Float(headWidth).squareRoot() }

    /// Weights that are no filling: of the four layers with their biases and the two norms.
    package var weightCount: Int {
        4 * width * width + 4 * width + 2 * width * hidden + hidden + width + 4 * width
    }
}
