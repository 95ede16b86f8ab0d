/// The thresholds of a decision tree on one feature, grown best first on the Gini impurity:
/// scikit-learn's `DecisionTreeClassifier(max_leaf_nodes=n, min_samples_leaf=0.05)`.
///
/// A leaf keeps a twentieth of the rows at least, so that no bin says much of a handful of rows.
struct TreeCuts {
    /// A part of the values, and the best way to split it.
    private struct Node {
        let values: Range<Int>
        /// Index of the last value of the left part; nil for a part that stays whole.
        var cut: Int?
        /// How much the split lowers the impurity of all rows.
        var improvement = 0.0
    }

    /// Least share of the rows in a leaf.
    private static let leafShare = 0.05

    /// Ascending.
    let bounds: [Double]

    init(_ counts: ValueCounts, leavesMax: Int) {
        let leafRows = max(1, (Self.leafShare * Double(counts.rowCount)).rounded(.up))
        var open = [Self.split(0..<counts.count, counts, leafRows)]
        var cuts: [Int] = []
        while cuts.count + 1 < leavesMax, let best = Self.best(open) {
            let node = open.remove(at: best)
            guard let cut = node.cut else { break }
            cuts.append(cut)
            let lower = node.values.lowerBound..<cut + 1
            let upper = cut + 1..<node.values.upperBound
            open.append(Self.split(lower, counts, leafRows))
            open.append(Self.split(upper, counts, leafRows))
        }
        bounds = cuts.sorted().map { counts.bound(after: $0) }
    }

    /// The node that gains most; of equal ones that of the lowest values.
    private static func best(_ nodes: [Node]) -> Int? {
        var found: Int?
        for (index, node) in nodes.enumerated() where node.cut != nil {
            guard let before = found else {
                found = index
                continue
            }
            let other = nodes[before]
            if node.improvement > other.improvement
                || (node.improvement == other.improvement
                    && node.values.lowerBound < other.values.lowerBound)
            {
                found = index
            }
        }
        return found
    }

    /// Finds the cut after which the squared shares of the groups are greatest, which is where the
    /// Gini impurity is least (Breiman et al., "Classification and Regression Trees", 1984, 4.3).
    private static func split(
        _ values: Range<Int>,
        _ counts: ValueCounts,
        _ leafRows: Double
    ) -> Node {
        var (first, second) = (0.0, 0.0)
        for index in values {
            first += Double(counts.first[index])
            second += Double(counts.second[index])
        }
        var node = Node(values: values)
        let rows = first + second
        // A pure part has nothing to tell apart.
        guard first > 0, second > 0 else { return node }
        let whole = (first * first + second * second) / rows
        var most = -Double.infinity
        var (leftFirst, leftSecond) = (0.0, 0.0)
        for index in values.dropLast() {
            leftFirst += Double(counts.first[index])
            leftSecond += Double(counts.second[index])
            let left = leftFirst + leftSecond
            let right = rows - left
            guard left >= leafRows, right >= leafRows else { continue }
            let (rightFirst, rightSecond) = (first - leftFirst, second - leftSecond)
            let purity =
                (leftFirst * leftFirst + leftSecond * leftSecond) / left
                + (rightFirst * rightFirst + rightSecond * rightSecond) / right
            guard purity > most else { continue }
            most = purity
            node.cut = index
            node.improvement = (purity - whole) / Double(counts.rowCount)
        }
        return node
    }
}
