import BorealBase

/// A walk of a block of rows through one tree, for a few quadrature nodes.
///
/// What is computed. A leaf with value `v` has a path with features 1...d. For feature j let `z`
/// be the product of the covers of its edges on the path, and `o` be 1 when the row follows all of
/// them, else 0. The path-dependent Shapley value of feature i (Lundberg, Erion, Lee 2018,
/// "Consistent individualized feature attribution for tree ensembles", algorithm 2) is the sum over
/// leaves, and over sets S of the path's other features, of
///
///     v (o_i - z_i) * |S|! (d-1-|S|)! / d! * prod_{j in S} o_j * prod_{j not in S} z_j
///
/// and since `|S|! (d-1-|S|)! / d!` is the integral over [0, 1] of `t^|S| (1-t)^(d-1-|S|)`, the sum
/// over S is the integral of `prod_{j != i} f_j(t)` with `f_j(t) = o_j t + z_j (1 - t)`: a
/// polynomial of degree d - 1, which Gauss-Legendre quadrature with ceil(d/2) nodes integrates
/// exactly. (Yu et al. 2022, "Linear TreeShap", evaluate such polynomials at points too; the
/// quadrature has positive terms only, so nothing cancels.)
///
/// So a walk carries `P(t) = w(t) * prod f_j(t)` of the path down, at a few nodes t. Back on the
/// way up it has `G_e(t)`, the sum over the leaves below edge e of `v P(t)`, and adds the sum over
/// t of `G_e(t) * b_e(t)` to the feature of e. The *bracket* `b_e = (o_e - z_e)/f_e - (o_a -
/// z_a)/f_a` puts the feature's factor at e in place of that of its ancestor edge a, so that each
/// leaf counts once for each feature.
///
/// A row that has left the path at a feature (o_a = 0) has no say at later splits of it: brackets
/// there are 0, since `(0 - z) / (z (1 - t))` is `-1 / (1 - t)` whatever z is, and the factor
/// changes by the local cover alone. That also keeps zero covers from being divided by: with
/// `o = 1` a factor is at least t, and with `o = z = 0` P is 0 and so is the true contribution.
struct ShapWalk<Vector: QuadratureVector> {
    let tree: ShapTree
    let block: ShapBlock
    let memory: ShapMemory<Vector>
    /// The nodes, what they lack to 1, and the reciprocals of that.
    private let t: Vector
    private let rest: Vector
    private let restReciprocal: Vector
    private let weights: Vector
    let cancellation: CancellationFlag?

    /// - Parameters:
    ///   - nodes: `[Vector.width]`, strictly between 0 and 1.
    ///   - weights: `[Vector.width]`; 0 for nodes that only fill up.
    init(
        tree: ShapTree,
        block: ShapBlock,
        memory: ShapMemory<Vector>,
        nodes: UnsafePointer<Double>,
        weights: UnsafePointer<Double>,
        cancellation: CancellationFlag?
    ) {
        self.tree = tree
        self.block = block
        self.memory = memory
        self.cancellation = cancellation
        assert(tree.depth > 0, "a tree without splits has no walk")
        t = Vector(nodes)
        rest = Vector(repeating: 1) - t
        restReciprocal = Vector(repeating: 1) / rest
        self.weights = Vector(weights)
    }

    /// Steps between two looks at the cancellation flag: a few ms at most.
    static var stepsPerLook: Int { 512 }

    /// Puts the weights at the root: they are part of P, and so of all that is made of it.
    @inline(__always)
    func begin() {
        for row in 0..<block.count { memory.products[row] = weights }
    }

    /// The first stop at a split: which way each row goes, and the factors of its edges.
    @inline(__always)
    func enter(_ node: ShapNode, _ bits: UnsafePointer<UInt32>?) {
        let level = Int(node.level)
        let ancestor =
            node.ancestorLevel < 0
            ? nil : UnsafePointer(memory.ways + Int(node.ancestorLevel) &* block.capacity)
        block.choose(node, bits, ancestor: ancestor, into: memory.ways + level &* block.capacity)
        fill(node, memory.tables + level &* ShapMemory<Vector>.tableLength)
    }

    /// Writes the factor (relative to the ancestor's) and the bracket of both edges of a split, for
    /// each of the three ways of a row: `[way][side][factor, bracket]`.
    @inline(__always)
    private func fill(_ node: ShapNode, _ table: UnsafeMutablePointer<Vector>) {
        let zero = Vector(repeating: 0)
        let (left, right) = (
            Vector(repeating: node.leftCover) * rest, Vector(repeating: node.rightCover) * rest
        )
        let one = Vector(repeating: 1)
        var aboveReciprocal = one
        var aboveTerm = zero
        if node.ancestorLevel >= 0 {
            let above = Vector(repeating: node.ancestorCover)
            aboveReciprocal = one / (t + above * rest)
            aboveTerm = (one - above) * aboveReciprocal
        }
        let offBracket = zero - restReciprocal - aboveTerm
        table[0] = (t + left) * aboveReciprocal
        table[1] = (one - Vector(repeating: node.leftCover)) / (t + left) - aboveTerm
        table[2] = right * aboveReciprocal
        table[3] = offBracket
        table[4] = left * aboveReciprocal
        table[5] = offBracket
        table[6] = (t + right) * aboveReciprocal
        table[7] = (one - Vector(repeating: node.rightCover)) / (t + right) - aboveTerm
        table[8] = Vector(repeating: node.leftLocal)
        table[9] = zero
        table[10] = Vector(repeating: node.rightLocal)
        table[11] = zero
    }

    /// P of the child's rows.
    @inline(__always)
    func descend(level: Int, factor: Int) {
        let from = memory.products + level &* block.capacity
        let to = from + block.capacity
        let ways = UnsafePointer(memory.ways + level &* block.capacity)
        let table = UnsafePointer(memory.tables + level &* ShapMemory<Vector>.tableLength) + factor
        for row in 0..<block.count { to[row] = from[row] * table[Int(ways[row]) &* 4] }
    }
}

/// The stacks of a walk: one storey for each level of the tree.
struct ShapMemory<Vector: QuadratureVector> {
    /// `[(levels + 1) * blockRows]`: P at each split of the path.
    let products: UnsafeMutablePointer<Vector>
    /// `[(levels + 1) * blockRows]`: G of the leaves seen so far below each split.
    let sums: UnsafeMutablePointer<Vector>
    /// `[levels * tableLength]`
    let tables: UnsafeMutablePointer<Vector>
    /// `[levels * blockRows]`: the way of each row at each split of the path.
    let ways: UnsafeMutablePointer<UInt8>

    static var tableLength: Int { 12 }

    /// Bytes for trees of `levels` levels.
    static func byteCount(levels: Int, rows: Int) -> Int {
        let vectors = 2 * (levels + 1) * rows + levels * tableLength
        return vectors * MemoryLayout<Vector>.stride + levels * rows
    }

    /// - Parameter memory: `byteCount(levels:rows:)` bytes, 64-byte aligned.
    init(_ memory: UnsafeMutableRawPointer, levels: Int, rows: Int) {
        let vectors = memory.bindMemory(
            to: Vector.self,
            capacity: 2 * (levels + 1) * rows + levels * Self.tableLength
        )
        tables = vectors
        products = tables + levels * Self.tableLength
        sums = products + (levels + 1) * rows
        ways = UnsafeMutableRawPointer(sums + (levels + 1) * rows)
            .bindMemory(to: UInt8.self, capacity: levels * rows)
    }
}
