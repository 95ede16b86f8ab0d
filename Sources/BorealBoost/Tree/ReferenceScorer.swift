/// Walks the trees of an ensemble one node at a time: what the compiled kernel must agree with, bit
/// for bit, and the way for shapes that the kernel does not cover.
public struct ReferenceScorer: Sendable {
    /// The trees walked; validated by whoever made them.
    public let ensemble: TreeEnsemble

    /// - Parameter ensemble: one that passes `validate()`.
    public init(_ ensemble: TreeEnsemble) {
        self.ensemble = ensemble
    }

    /// Raw scores of one row.
    ///
    /// - Parameters:
    ///   - row: `[featureCount]`, NaN for a missing value.
    ///   - scores: `[scoresPerRow]`, overwritten.
    public func scoreRaw(
        row: UnsafePointer<Double>,
        into scores: UnsafeMutablePointer<Double>
    ) {
        let width = ensemble.scoresPerRow
        ensemble.begin(scores, rowCount: 1)
        for (index, tree) in ensemble.trees.enumerated() {
            ensemble.add(tree, at: index, row, to: scores)
        }
        if ensemble.isAveraged {
            let rounds = Double(max(1, ensemble.roundCount))
            for score in 0..<width { scores[score] /= rounds }
        }
    }

    /// Raw scores of rows that lie `stride` numbers apart, written one row after the other.
    public func scoreRaw(
        rows: UnsafePointer<Double>,
        count: Int,
        stride: Int,
        into scores: UnsafeMutablePointer<Double>
    ) {
        for row in 0..<count {
            scoreRaw(row: rows + row * stride, into: scores + row * ensemble.scoresPerRow)
        }
    }

    /// The leaf each tree sends the row to.
    ///
    /// - Parameter leaves: `[trees.count]`, overwritten.
    public func leafIndices(
        row: UnsafePointer<Double>,
        into leaves: UnsafeMutablePointer<Int32>
    ) {
        for (index, tree) in ensemble.trees.enumerated() {
            leaves[index] = Int32(tree.leafIndex(row))
        }
    }
}

extension TreeEnsemble {
    /// Sets the scores of rows to what sums begin with.
    @inline(__always)
    func begin(_ scores: UnsafeMutablePointer<Double>, rowCount: Int) {
        if initialScores.isEmpty {
            scores.update(repeating: 0, count: rowCount * scoresPerRow)
            return
        }
        for row in 0..<rowCount {
            for score in 0..<scoresPerRow {
                scores[row * scoresPerRow + score] = initialScores[score]
            }
        }
    }

    /// Adds what one of the trees has for a row to the row's scores.
    func add(
        _ tree: Tree,
        at index: Int,
        _ row: UnsafePointer<Double>,
        to scores: UnsafeMutablePointer<Double>
    ) {
        let isFloat = arithmetic == .float
        if leafWidth > 1 {
            let first = tree.leafIndex(row) * leafWidth
            tree.leafValue.withUnsafeBufferPointer { values in
                guard let base = values.baseAddress else { return }
                LeafTable.add(base + first, leafWidth, to: scores, isFloat: isFloat)
            }
            return
        }
        var value = tree.output(row)
        LeafTable.add(&value, 1, to: scores + index % scoresPerRow, isFloat: isFloat)
    }
}

extension Tree {
    /// LightGBM's `kZeroThreshold`: numbers up to this far from zero are zero.
    static let zeroThreshold = 1e-35

    /// What the tree adds to the score of a row `[featureCount]`.
    public func output(_ row: UnsafePointer<Double>) -> Double {
        let leaf = leafIndex(row)
        guard let linear else { return leafValue[leaf] }
        var sum = linear.constants[leaf]
        let features = linear.features[leaf]
        let coefficients = linear.coefficients[leaf]
        for index in features.indices {
            let value = row[Int(features[index])]
            if value.isNaN { return leafValue[leaf] }
            sum += coefficients[index] * value
        }
        return sum
    }

    /// The leaf a row `[featureCount]` ends in.
    public func leafIndex(_ row: UnsafePointer<Double>) -> Int {
        guard innerCount > 0 else { return 0 }
        var node = 0
        while true {
            let value = row[Int(splitFeature[node])]
            let isCategorical = decisionType[node] & 1 == 1
            let goesLeft =
                isCategorical ? categoryGoesLeft(node, value) : numericGoesLeft(node, value)
            let child = Int(goesLeft ? leftChild[node] : rightChild[node])
            if child < 0 { return ~child }
            node = child
        }
    }

    private func numericGoesLeft(_ node: Int, _ original: Double) -> Bool {
        let type = decisionType[node]
        let missing = type >> 2
        var value = original
        if value.isNaN && missing != Missing.nan.rawValue { value = 0 }
        let isMissing =
            missing == Missing.zero.rawValue && abs(value) <= Self.zeroThreshold
            || missing == Missing.nan.rawValue && value.isNaN
        return isMissing ? type & 2 != 0 : value <= threshold[node]
    }

    /// The direction of a value at a categorical node.
    func categoryGoesLeft(_ node: Int, _ value: Double) -> Bool {
        value.isNaN ? decisionType[node] & 2 != 0 : categorySetHolds(node, value)
    }

    /// Whether a categorical node's set holds the whole part of a value. NaN, negative and unseen
    /// values are in no set.
    func categorySetHolds(_ node: Int, _ value: Double) -> Bool {
        guard value > -1, value < 2_147_483_648 else { return false }
        let category = Int(value)
        let set = Int(threshold[node])
        let first = Int(categoryBoundaries[set])
        let words = Int(categoryBoundaries[set + 1]) - first
        guard category / 32 < words else { return false }
        return categoryBits[first + category / 32] >> UInt32(category % 32) & 1 == 1
    }
}
