/// What the leaves of compiled trees add to scores, and how it is added.
struct LeafTable: Sendable {
    /// Numbers of a leaf: 1, or as many as a row has scores.
    let width: Int
    /// Whether sums are rounded to `Float` after each addition.
    let isFloat: Bool
    /// Beside each node of all trees: the leaf's number.
    let numbers: AlignedBuffer<Int32>
    /// Beside each node: what its leaf adds; empty when leaves hold several numbers.
    let values: AlignedBuffer<Double>
    /// `[leaf][width]` of each tree; empty when leaves hold one number.
    private let vectors: AlignedBuffer<Double>
    /// `[trees]`: where each tree's vectors begin.
    private let vectorStarts: AlignedBuffer<Int>

    /// Empty tables for the trees of a segment.
    ///
    /// - Parameter nodes: of all trees.
    init(_ ensemble: TreeEnsemble, trees: Range<Int>, nodes: Int) {
        width = ensemble.leafWidth
        isFloat = ensemble.arithmetic == .float
        numbers = AlignedBuffer(count: nodes)
        values = AlignedBuffer(count: width == 1 ? nodes : 0)
        let list = ensemble.trees[trees]
        let total = width == 1 ? 0 : list.reduce(0) { $0 + $1.leafValue.count }
        vectors = AlignedBuffer(count: total)
        vectorStarts = AlignedBuffer(count: width == 1 ? 0 : list.count)
        guard width > 1 else { return }
        var start = 0
        for (index, tree) in list.enumerated() {
            vectorStarts.pointer[index] = start
            for value in tree.leafValue {
                vectors.pointer[start] = value
                start += 1
            }
        }
    }

    /// Notes a leaf of a tree.
    ///
    /// - Parameter position: of its node among those of all trees.
    func put(_ leaf: Int, of tree: Tree, at position: Int) {
        numbers.pointer[position] = Int32(leaf)
        if width == 1 { values.pointer[position] = tree.leafValue[leaf] }
    }

    /// Adds the vector of a leaf of the tree at `index` of the segment to the scores of a row.
    @inline(__always)
    func addVector(_ index: Int, position: Int, to scores: UnsafeMutablePointer<Double>) {
        let start = vectorStarts.pointer[index] &+ Int(numbers.pointer[position]) &* width
        Self.add(UnsafePointer(vectors.pointer) + start, width, to: scores, isFloat: isFloat)
    }

    /// Adds some numbers to as many scores.
    @inline(__always)
    static func add(
        _ values: UnsafePointer<Double>,
        _ width: Int,
        to scores: UnsafeMutablePointer<Double>,
        isFloat: Bool
    ) {
        if isFloat {
            for k in 0..<width { scores[k] = floatSum(scores[k], values[k]) }
        } else {
            for k in 0..<width { scores[k] += values[k] }
        }
    }

    /// The sum of two numbers that are `Float`s, as `Float` has it: Double has more than twice the
    /// digits and two to spare, so that rounding twice is rounding once.
    @inline(__always)
    static func floatSum(_ a: Double, _ b: Double) -> Double { Double(Float(a + b)) }
}

/// The scores of one row while the trees of a segment are added, in their order.
struct RowSum {
    private let leaves: LeafTable
    private let scores: UnsafeMutablePointer<Double>
    private let scoresPerRow: Int
    private var score: Int

    init(
        _ leaves: LeafTable,
        _ scores: UnsafeMutablePointer<Double>,
        _ scoresPerRow: Int,
        firstTree: Int
    ) {
        self.leaves = leaves
        self.scores = scores
        self.scoresPerRow = scoresPerRow
        score = firstTree % scoresPerRow
    }

    /// Adds what the tree at `index` of the segment has in the leaf at `position`.
    @inline(__always)
    mutating func add(_ index: Int, _ position: Int) {
        guard leaves.width == 1 else {
            leaves.addVector(index, position: position, to: scores)
            return
        }
        let value = leaves.values.pointer[position]
        scores[score] =
            leaves.isFloat ? LeafTable.floatSum(scores[score], value) : scores[score] + value
        score &+= 1
        if score == scoresPerRow { score = 0 }
    }
}
