/// Trees of one leaf with a linear model of one feature, one behind the other: what a linear model
/// is made of.
///
/// Terms are added in the order of the trees and each with the arithmetic of the reference walk, so
/// that scores are the same bits. Rows are the inner loop: a term's numbers are read once for all
/// rows of a block, `stride` apart.
struct LinearSegment: Sendable {
    let trees: Range<Int>
    /// `[trees.count]`
    private let terms: [Term]

    private struct Term {
        let feature: Int
        let coefficient: Double
        let constant: Double
        /// What a row adds that has no number there.
        let missing: Double
    }

    /// The longest run of such trees; nil when the first is another.
    init?(_ ensemble: TreeEnsemble, from start: Int) {
        guard ensemble.arithmetic == .double, ensemble.leafWidth == 1 else { return nil }
        var terms: [Term] = []
        for tree in ensemble.trees[start...] {
            guard tree.innerCount == 0, let linear = tree.linear, linear.features[0].count == 1
            else { break }
            terms.append(
                Term(
                    feature: Int(linear.features[0][0]),
                    coefficient: linear.coefficients[0][0],
                    constant: linear.constants[0],
                    missing: tree.leafValue[0]
                )
            )
        }
        guard !terms.isEmpty else { return nil }
        trees = start..<start + terms.count
        self.terms = terms
    }

    func add(_ block: KernelBlock, scoresPerRow: Int, to scores: UnsafeMutablePointer<Double>) {
        for (tree, term) in zip(trees, terms) {
            let target = scores + tree % scoresPerRow
            let values = block.rows + term.feature
            for row in 0..<block.count {
                let value = values[row &* block.stride]
                target[row &* scoresPerRow] +=
                    value.isNaN ? term.missing : term.constant + term.coefficient * value
            }
        }
    }

    func leaves(_ block: KernelBlock, treeCount: Int, into leaves: UnsafeMutablePointer<Int32>) {
        for row in 0..<block.count {
            for tree in trees { leaves[row * treeCount + tree] = 0 }
        }
    }
}
