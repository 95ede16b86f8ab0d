import BorealBase

/// Fits a linear model in each leaf of a grown tree: the Newton step in the numbers that the splits
/// above the leaf ask for (Shi, Li, Li 2019; LightGBM's `LinearTreeLearner`).
///
/// With x the leaf's numbers and a 1, the coefficients are -(sum h x x' + lambda I)^-1 sum g x over
/// the rows that have all numbers; the 1 is not held back by lambda. A leaf with fewer such rows
/// than coefficients keeps its constant, and so do directions in which its rows do not differ.
struct LinearLeafFitter {
    let columns: [FeatureColumn]
    let layout: BinLayout
    let lambda: Double
    let pool: WorkerPool
    let cancellation: CancellationFlag

    /// The leaves' models, before the learning rate.
    ///
    /// - Parameters:
    ///   - entries: the tree's rows, leaf by leaf.
    ///   - gradients, hessians: by row.
    func fit(
        _ tree: GrownTree,
        _ entries: UnsafePointer<RowEntry>,
        _ gradients: UnsafePointer<Float>,
        _ hessians: UnsafePointer<Float>
    ) -> Tree.LinearLeaves {
        let paths = paths(tree)
        let found = LeafModels(tree.leaves.map { LeafModel(constant: $0.output) })
        pool.run(tree.leaves.count) { leaf in
            if cancellation.isCancelled || paths[leaf].isEmpty { return }
            let start = tree.leaves[leaf].start
            let rows = UnsafeBufferPointer(start: entries + start, count: tree.leaves[leaf].count)
            if let model = fit(rows, paths[leaf], gradients, hessians) {
                found.models[leaf] = model
            }
        }
        return Tree.LinearLeaves(
            constants: found.models.map(\.constant),
            coefficients: found.models.map(\.coefficients),
            features: found.models.map(\.features)
        )
    }

    fileprivate struct LeafModel: Sendable {
        var constant: Double
        var coefficients: [Double] = []
        var features: [Int32] = []
    }

    /// `[leafCount]`: the numeric columns of the splits above each leaf, ascending.
    private func paths(_ tree: GrownTree) -> [[Int]] {
        var paths = [[Int]](repeating: [], count: tree.leaves.count)
        var open: [(child: Int32, columns: Set<Int>)] = [(tree.nodes.isEmpty ? ~0 : 0, [])]
        while let (child, columns) = open.popLast() {
            guard child >= 0 else {
                paths[Int(~child)] = columns.sorted()
                continue
            }
            let node = tree.nodes[Int(child)]
            let feature = layout.features[node.split.feature]
            let below =
                feature.mapper.isCategorical ? columns : columns.union([feature.column])
            open.append((node.left, below))
            open.append((node.right, below))
        }
        return paths
    }

    private func fit(
        _ rows: UnsafeBufferPointer<RowEntry>,
        _ features: [Int],
        _ gradients: UnsafePointer<Float>,
        _ hessians: UnsafePointer<Float>
    ) -> LeafModel? {
        var system = NormalEquations(size: features.count + 1)
        var x = [Double](repeating: 1, count: features.count + 1)
        var count = 0
        for entry in rows {
            let row = Int(UInt32(truncatingIfNeeded: entry))
            var isWhole = true
            for (index, feature) in features.enumerated() {
                x[index] = columns[feature].number(row)
                isWhole = isWhole && x[index].isFinite
            }
            guard isWhole else { continue }
            count += 1
            system.add(x, Double(gradients[row]), Double(hessians[row]))
        }
        guard count > features.count, !cancellation.isCancelled else { return nil }
        let solution = system.solve(lambda: lambda)
        guard solution.allSatisfy(\.isFinite) else { return nil }
        var model = LeafModel(constant: solution[features.count])
        for (index, feature) in features.enumerated()
        where abs(solution[index]) > Tree.zeroThreshold {
            model.coefficients.append(solution[index])
            model.features.append(Int32(feature))
        }
        return model
    }
}

/// sum h x x' and sum g x of some rows.
private struct NormalEquations {
    private let size: Int
    /// `[size * size]`, the lower half.
    private var matrix: [Double]
    private var right: [Double]

    init(size: Int) {
        self.size = size
        matrix = [Double](repeating: 0, count: size * size)
        right = [Double](repeating: 0, count: size)
    }

    mutating func add(_ x: [Double], _ gradient: Double, _ hessian: Double) {
        for i in 0..<size {
            let scaled = x[i] * hessian
            for j in 0...i { matrix[i * size + j] += scaled * x[j] }
            right[i] += x[i] * gradient
        }
    }

    /// The coefficients by an LDL' decomposition. A direction whose pivot is nothing beside what it
    /// was before elimination is the others' combination: its coefficient is 0.
    ///
    /// - Parameter lambda: added to the diagonal, but for the last row.
    func solve(lambda: Double) -> [Double] {
        var l = matrix
        for i in 0..<size - 1 { l[i * size + i] += lambda }
        var isDead = [Bool](repeating: false, count: size)
        // The constant is eliminated first: it is never the combination that goes.
        let order = [size - 1] + Array(0..<size - 1)
        var a = [Double](repeating: 0, count: size * size)
        for (i, from) in order.enumerated() {
            for (j, to) in order.enumerated() where j <= i {
                a[i * size + j] = l[max(from, to) * size + min(from, to)]
            }
        }
        l = a
        var d = [Double](repeating: 0, count: size)
        for j in 0..<size {
            var pivot = l[j * size + j]
            for k in 0..<j { pivot -= l[j * size + k] * l[j * size + k] * d[k] }
            isDead[j] = !(pivot > 1e-10 * a[j * size + j])
            d[j] = isDead[j] ? 0 : pivot
            for i in j + 1..<max(size, j + 1) {
                var value = l[i * size + j]
                for k in 0..<j { value -= l[i * size + k] * l[j * size + k] * d[k] }
                l[i * size + j] = isDead[j] ? 0 : value / pivot
            }
        }
        var y = order.map { -right[$0] }
        for i in 0..<size {
            for k in 0..<i { y[i] -= l[i * size + k] * y[k] }
        }
        for i in 0..<size { y[i] = isDead[i] ? 0 : y[i] / d[i] }
        for i in stride(from: size - 1, through: 0, by: -1) {
            for k in i + 1..<max(size, i + 1) { y[i] -= l[k * size + i] * y[k] }
            if isDead[i] { y[i] = 0 }
        }
        var solution = [Double](repeating: 0, count: size)
        for (i, from) in order.enumerated() { solution[from] = y[i] }
        return solution
    }
}

/// Where the workers put the models they fit.
// Unchecked: each worker writes its own leaf's, and the end of the region publishes them.
private final class LeafModels: @unchecked Sendable {
    var models: UnsafeMutableBufferPointer<LinearLeafFitter.LeafModel>

    init(_ start: [LinearLeafFitter.LeafModel]) {
        models = .allocate(capacity: start.count)
        _ = models.initialize(from: start)
    }

    deinit {
        models.deinitialize()
        models.deallocate()
    }
}

extension FeatureColumn {
    /// The number of a row; of a category, its code.
    func number(_ row: Int) -> Double {
        switch self {
        case .doubles(let values): return values[row]
        case .floats(let values): return Double(values[row])
        case .categories(let codes, _): return codes[row] < 0 ? .nan : Double(codes[row])
        case .sparse(let numbers): return numbers[row]
        }
    }
}
