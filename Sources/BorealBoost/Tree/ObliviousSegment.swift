import CKernels

/// Trees that ask the same question in all nodes of a level (CatBoost's symmetric trees, and every
/// stump): the answers are the bits of the leaf's number.
///
/// Codes lie column by column, so that 32 rows are asked at a time: a compare and two logical
/// operations a level, then one table look-up a row. Trees behind each other that ask the same
/// questions, as the classes of a CatBoost model do, share the number.
struct ObliviousSegment: Sendable {
    let trees: Range<Int>
    let encoder: RowEncoder
    /// Questions, tree after tree, the root's first.
    private let levels: AlignedBuffer<boreal_tree_level>
    private let groups: [Group]
    /// Numbers of a leaf: 1, or as many as a row has scores.
    private let width: Int
    /// Whether sums are rounded to `Float` after each addition.
    private let isFloat: Bool
    /// Whether each group is one tree whose leaves hold one number, added as it is.
    private let isPlain: Bool
    /// `[2^depth][width]` for each tree: what a leaf adds; `[2^depth]`: its number in the tree.
    private let values: AlignedBuffer<Double>
    private let leafNumbers: AlignedBuffer<Int32>

    /// Deepest tree: its tables have 2^16 leaves.
    static let depthMax = 16

    /// Neighbouring trees with the same questions.
    private struct Group: Sendable {
        var firstTree: Int
        var treeCount: Int
        var firstLevel: Int
        var depth: Int
        /// Where the first tree's table begins.
        var table: Int
    }

    /// The questions of a tree by level as nodes that ask them; nil when nodes of one level differ.
    static func levels(_ tree: Tree) -> [Int]? {
        guard tree.linear == nil, tree.innerCount > 0 else { return nil }
        let depth = (tree.innerCount + 1).trailingZeroBitCount
        guard tree.innerCount + 1 == 1 << depth, depth <= depthMax else { return nil }
        var level: [Int32] = [0]
        var askers: [Int] = []
        for _ in 0..<depth {
            guard let first = level.first, first >= 0 else { return nil }
            let node = Int(first)
            guard tree.decisionType[node] & 1 == 0 else { return nil }
            var next: [Int32] = []
            for other in level {
                guard other >= 0, asksTheSame(tree, node, Int(other)) else { return nil }
                next.append(tree.leftChild[Int(other)])
                next.append(tree.rightChild[Int(other)])
            }
            askers.append(node)
            level = next
        }
        return level.allSatisfy { $0 < 0 } ? askers : nil
    }

    private static func asksTheSame(_ tree: Tree, _ a: Int, _ b: Int) -> Bool {
        tree.splitFeature[a] == tree.splitFeature[b] && tree.threshold[a] == tree.threshold[b]
            && tree.decisionType[a] == tree.decisionType[b]
    }

    /// - Parameters:
    ///   - trees: all with `levels`.
    ///   - rank: of a node's threshold among those of its feature.
    ///   - column: of a node's code.
    init(
        trees: Range<Int>,
        ensemble: TreeEnsemble,
        encoder: RowEncoder,
        rank: (Tree, Int) -> Int,
        column: (Tree, Int) -> Int
    ) {
        self.trees = trees
        self.encoder = encoder
        width = ensemble.leafWidth
        isFloat = ensemble.arithmetic == .float
        let list = ensemble.trees[trees]
        let asked = list.map { Self.levels($0) ?? [] }
        let levels = AlignedBuffer<boreal_tree_level>(count: asked.reduce(0) { $0 + $1.count })
        self.levels = levels
        let leafTotal = list.reduce(0) { $0 + $1.leafTotal }
        values = AlignedBuffer(count: leafTotal * width)
        leafNumbers = AlignedBuffer(count: leafTotal)
        var groups: [Group] = []
        var (nextLevel, table) = (0, 0)
        for (index, tree) in list.enumerated() {
            let questions = asked[index].map { node in
                boreal_tree_level(
                    column: Int32(column(tree, node)),
                    rank: UInt8(truncatingIfNeeded: rank(tree, node))
                )
            }
            let last = groups.last
            let isSame =
                last.map { last in
                    last.depth == questions.count
                        && questions.indices.allSatisfy {
                            let level = levels.pointer[last.firstLevel + $0]
                            return level.column == questions[$0].column
                                && level.rank == questions[$0].rank
                        }
                } ?? false
            if isSame {
                groups[groups.count - 1].treeCount += 1
            } else {
                groups.append(
                    Group(
                        firstTree: index,
                        treeCount: 1,
                        firstLevel: nextLevel,
                        depth: questions.count,
                        table: table
                    )
                )
                for question in questions {
                    levels.pointer[nextLevel] = question
                    nextLevel += 1
                }
            }
            Self.fill(
                tree,
                ensemble.leafWidth,
                values.pointer + table * ensemble.leafWidth,
                leafNumbers.pointer + table
            )
            table += tree.leafTotal
        }
        self.groups = groups
        isPlain = width == 1 && !isFloat && groups.allSatisfy { $0.treeCount == 1 }
    }

    /// Writes a tree's tables: bit `k` of a place is the answer of level `k`.
    private static func fill(
        _ tree: Tree,
        _ width: Int,
        _ values: UnsafeMutablePointer<Double>,
        _ numbers: UnsafeMutablePointer<Int32>
    ) {
        var open: [(child: Int32, place: Int, level: Int)] = [(0, 0, 0)]
        while let (child, place, level) = open.popLast() {
            if child < 0 {
                let leaf = Int(~child)
                for k in 0..<width {
                    values[place * width + k] = tree.leafValue[leaf * width + k]
                }
                numbers[place] = ~child
            } else {
                open.append((tree.leftChild[Int(child)], place, level + 1))
                open.append((tree.rightChild[Int(child)], place | 1 << level, level + 1))
            }
        }
    }

    // MARK: Scoring

    /// Rows to a column of codes, so that the last 32 may be read whole.
    private static func columnStride(_ count: Int) -> Int { (count + 31) / 32 * 32 }

    /// Bytes of scratch memory for so many rows: their codes, and their places in four trees.
    func scratchBytes(rows: Int) -> Int {
        Self.columnStride(rows) * (encoder.columnCount + 4 * MemoryLayout<UInt16>.size)
    }

    func add(_ block: KernelBlock, scoresPerRow: Int, to scores: UnsafeMutablePointer<Double>) {
        let fours = isPlain && scoresPerRow == 1 && block.count > 1 ? groups.count / 4 : 0
        let codes = encode(block)
        for four in 0..<fours { addFour(4 * four, codes, block.count, to: scores) }
        forEachGroup(from: 4 * fours, codes, block.count) { group, places in
            let score = (trees.lowerBound &+ group.firstTree) % scoresPerRow
            let table = UnsafePointer(values.pointer) + group.table &* width
            if width == 1, group.treeCount == 1, !isFloat {
                let own = scores + score
                for row in 0..<block.count {
                    own[row &* scoresPerRow] += table[Int(places[row])]
                }
                return
            }
            for row in 0..<block.count {
                let own = scores + row &* scoresPerRow
                add(group, table, Int(places[row]), from: score, of: scoresPerRow, to: own)
            }
        }
    }

    /// Adds what the leaves add in four trees, in their order. A score is loaded and stored once
    /// for all of them.
    private func addFour(
        _ first: Int,
        _ codes: Codes,
        _ count: Int,
        to scores: UnsafeMutablePointer<Double>
    ) {
        for number in 0..<4 {
            ask(groups[first + number], codes, into: codes.places + number * codes.stride)
        }
        let (a, b, c, d) = (groups[first], groups[first + 1], groups[first + 2], groups[first + 3])
        let tables = UnsafePointer(values.pointer)
        let (ta, tb) = (tables + a.table, tables + b.table)
        let (tc, td) = (tables + c.table, tables + d.table)
        let pa = UnsafePointer(codes.places)
        let (pb, pc, pd) = (pa + codes.stride, pa + 2 * codes.stride, pa + 3 * codes.stride)
        for row in 0..<count {
            var score = scores[row]
            score += ta[Int(pa[row])]
            score += tb[Int(pb[row])]
            score += tc[Int(pc[row])]
            score += td[Int(pd[row])]
            scores[row] = score
        }
    }

    /// Adds what the leaves of one row add in the trees of a group.
    ///
    /// - Parameters:
    ///   - table: of the group's first tree.
    ///   - score: of its first tree, among `scoresPerRow`.
    @inline(__always)
    private func add(
        _ group: Group,
        _ table: UnsafePointer<Double>,
        _ place: Int,
        from score: Int,
        of scoresPerRow: Int,
        to own: UnsafeMutablePointer<Double>
    ) {
        let size = 1 << group.depth
        var (at, score) = (place, score)
        for _ in 0..<group.treeCount {
            if width > 1 {
                LeafTable.add(table + at &* width, width, to: own, isFloat: isFloat)
            } else {
                own[score] =
                    isFloat ? LeafTable.floatSum(own[score], table[at]) : own[score] + table[at]
            }
            at &+= size
            score = score &+ 1 == scoresPerRow ? 0 : score &+ 1
        }
    }

    func leaves(_ block: KernelBlock, treeCount: Int, into leaves: UnsafeMutablePointer<Int32>) {
        let numbers = UnsafePointer(leafNumbers.pointer)
        forEachGroup(from: 0, encode(block), block.count) { group, places in
            for row in 0..<block.count {
                let first = leaves + (row &* treeCount &+ trees.lowerBound &+ group.firstTree)
                let place = group.table &+ Int(places[row])
                for tree in 0..<group.treeCount {
                    first[tree] = numbers[place &+ tree << group.depth]
                }
            }
        }
    }

    /// The codes of a block's rows, and room for places.
    private struct Codes {
        let codes: UnsafeMutablePointer<UInt8>
        /// From column to column.
        let stride: Int
        /// `[4][stride]`
        let places: UnsafeMutablePointer<UInt16>
    }

    private func encode(_ block: KernelBlock) -> Codes {
        let stride = block.count == 1 ? 1 : Self.columnStride(block.count)
        let size = stride * encoder.columnCount
        let codes = block.scratch.bindMemory(to: UInt8.self, capacity: size)
        encoder.encodeColumns(
            block.rows,
            count: block.count,
            stride: block.stride,
            into: codes,
            columnStride: stride
        )
        let room = block.scratch + (size + 1) / 2 * 2
        let places = room.bindMemory(to: UInt16.self, capacity: 4 * stride)
        return Codes(codes: codes, stride: stride, places: places)
    }

    private func ask(_ group: Group, _ codes: Codes, into places: UnsafeMutablePointer<UInt16>) {
        boreal_ask_levels(
            codes.codes,
            codes.stride,
            Int32(codes.stride),
            levels.pointer + group.firstLevel,
            Int32(group.depth),
            places
        )
    }

    /// Groups in order, each with the rows' places in its tables.
    @inline(__always)
    private func forEachGroup(
        from first: Int,
        _ codes: Codes,
        _ count: Int,
        _ body: (_ group: Group, _ places: UnsafePointer<UInt16>) -> Void
    ) {
        for group in groups[first...] {
            if count == 1 {
                var place = place(group, codes.codes)
                body(group, &place)
            } else {
                ask(group, codes, into: codes.places)
                body(group, codes.places)
            }
        }
    }

    @inline(__always)
    private func place(_ group: Group, _ codes: UnsafePointer<UInt8>) -> UInt16 {
        var place: UInt16 = 0
        for level in 0..<group.depth {
            let question = levels.pointer[group.firstLevel &+ level]
            place |= (codes[Int(question.column)] > question.rank ? 1 : 0) &<< UInt16(level)
        }
        return place
    }
}
