@testable import BorealBoost

/// Shapley values and interactions of one row by their definition: every subset of the features is
/// tried. What the quick ways must agree with.
struct BruteForceShapley {
    let ensemble: TreeEnsemble
    /// `[scoresPerRow][1 << featureCount]`: the expected score when the features of the subset are
    /// known.
    private let values: [[Double]]

    /// - Parameter row: at most 8 features.
    init(_ ensemble: TreeEnsemble, row: [Double]) {
        self.ensemble = ensemble
        let subsets = 1 << ensemble.featureCount
        let rounds = Double(ensemble.trees.count / ensemble.scoresPerRow)
        values = (0..<ensemble.scoresPerRow).map { score in
            (0..<subsets).map { subset in
                var sum = 0.0
                for index in stride(
                    from: score,
                    to: ensemble.trees.count,
                    by: ensemble.scoresPerRow
                ) {
                    sum += Self.expected(ensemble, index, subset, row)
                }
                return ensemble.isAveraged ? sum / rounds : sum
            }
        }
    }

    private static func expected(
        _ ensemble: TreeEnsemble,
        _ index: Int,
        _ subset: Int,
        _ row: [Double]
    ) -> Double {
        let tree = ensemble.trees[index]
        func cover(_ child: Int32) -> Double {
            switch ensemble.cover {
            case .rowCount:
                Double(child < 0 ? tree.leafCount[Int(~child)] : tree.internalCount[Int(child)])
            case .weight: child < 0 ? tree.leafWeight[Int(~child)] : tree.internalWeight[Int(child)]
            }
        }
        func answer(_ child: Int32) -> Double {
            guard child >= 0 else { return tree.leafValue[Int(~child)] }
            let node = Int(child)
            let (left, right) = (tree.leftChild[node], tree.rightChild[node])
            if subset >> Int(tree.splitFeature[node]) & 1 == 1 {
                return answer(tree.goesLeft(node, row) ? left : right)
            }
            let share = cover(child) > 0 ? cover(left) / cover(child) : 0.5
            let other = cover(child) > 0 ? cover(right) / cover(child) : 0.5
            return share * answer(left) + other * answer(right)
        }
        return tree.innerCount == 0 ? tree.leafValue[0] : answer(0)
    }

    private static func factorial(_ n: Int) -> Double { (0..<n).reduce(1) { $0 * Double($1 + 1) } }

    /// `[scoresPerRow * (featureCount + 1)]`
    var contributions: [Double] {
        let count = ensemble.featureCount
        return values.flatMap { value in
            (0..<count).map { feature in
                var sum = 0.0
                for subset in 0..<(1 << count) where subset >> feature & 1 == 0 {
                    let size = subset.nonzeroBitCount
                    let weight =
                        Self.factorial(size) * Self.factorial(count - 1 - size)
                        / Self.factorial(count)
                    sum += weight * (value[subset | 1 << feature] - value[subset])
                }
                return sum
            } + [value[0]]
        }
    }

    /// `[scoresPerRow][(featureCount + 1) * (featureCount + 1)]`
    var interactions: [[Double]] {
        let count = ensemble.featureCount
        let width = count + 1
        let contributions = contributions
        return values.enumerated().map { score, value in
            var matrix = [Double](repeating: 0, count: width * width)
            for i in 0..<count {
                for j in 0..<count where i != j {
                    matrix[i * width + j] = pair(value, 1 << i, 1 << j) / 2
                }
                let others = matrix[i * width..<i * width + count].reduce(0, +)
                matrix[i * width + i] = contributions[score * width + i] - others
            }
            matrix[count * width + count] = value[0]
            return matrix
        }
    }

    private func pair(_ value: [Double], _ i: Int, _ j: Int) -> Double {
        let count = ensemble.featureCount
        var sum = 0.0
        for subset in 0..<(1 << count) where subset & (i | j) == 0 {
            let size = subset.nonzeroBitCount
            let weight =
                Self.factorial(size) * Self.factorial(count - 2 - size) / Self.factorial(count - 1)
            let both = value[subset | i | j] - value[subset | i] - value[subset | j]
            sum += weight * (both + value[subset])
        }
        return sum
    }
}

extension Tree {
    /// Whether the reference walk sends the row left at one node.
    fileprivate func goesLeft(_ node: Int, _ row: [Double]) -> Bool {
        var stump = Tree()
        stump.splitFeature = [splitFeature[node]]
        stump.threshold = [threshold[node]]
        stump.decisionType = [decisionType[node]]
        stump.categoryBits = categoryBits
        stump.categoryBoundaries = categoryBoundaries
        stump.leftChild = [~0]
        stump.rightChild = [~1]
        stump.leafValue = [0, 1]
        return stump.leafIndex(row) == 0
    }
}
