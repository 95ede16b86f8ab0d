import BorealBase
import BorealBoost

/// Grows the trees of a forest, one after the other, on one thread.
///
/// Nodes are split in depth, so that what a node needs is still in the cache, unless the number of
/// leaves has a limit: then the node whose split takes off most comes first.
final class ForestGrower<Splitter: NodeSplitter> {
    private let table: ForestTable
    private let rules: ForestRules
    private let entries: UnsafeMutablePointer<ForestEntry>
    private let scratch: UnsafeMutablePointer<ForestEntry>
    private let splitter: Splitter
    private let cancellation: CancellationFlag
    private var random: RandomNumbers
    /// `[featureCount]`, a permutation: those drawn for a node come first.
    private let features: AlignedBuffer<Int32>
    private var tree = Tree()
    private var open: [OpenNode] = []
    private var isBestFirst = false
    private var totalWeight = 0.0
    /// Rows looked at since the flag was.
    private var work = 0

    /// A node that has a split.
    private struct OpenNode {
        var range: Range<Int>
        var depth: Int
        var split: ForestSplit
        /// What the split takes off the impurity, as a share of all rows' weights.
        var decrease: Double
        /// The inner node above it and its side; -1 for the root.
        var parent: Int
        var isLeft: Bool
    }

    /// Rows after which the flag is looked at again: well under 10 ms.
    private static var workMax: Int { 200_000 }

    /// - Parameter memory: holds the tree's rows from the start on.
    init(
        _ table: ForestTable,
        _ rules: ForestRules,
        _ splitter: Splitter,
        memory: ForestMemory,
        random: RandomNumbers,
        cancellation: CancellationFlag
    ) {
        self.table = table
        self.rules = rules
        self.splitter = splitter
        self.random = random
        self.cancellation = cancellation
        entries = memory.entries.pointer
        scratch = memory.scratch.pointer
        features = AlignedBuffer(count: table.featureCount)
        for feature in 0..<table.featureCount {
            features.pointer[feature] = Int32(truncatingIfNeeded: feature)
        }
    }

    /// Grows a tree from the first `count` entries.
    ///
    /// - Returns: nil when cancelled.
    func grow(count: Int) -> Tree? {
        tree = Tree()
        tree.leafValue = []
        for index in 0..<count { totalWeight += Double(entries[index].weight) }
        let limit = rules.leavesMax ?? (count > Limits.leavesMax ? Limits.leavesMax : nil)
        isBestFirst = limit != nil
        visit(0..<count, depth: 0, parent: -1, isLeft: true)
        // What waits will be leaves, as many as nodes that wait.
        while !open.isEmpty, limit.map({ tree.leafCount.count + open.count < $0 }) ?? true {
            split(limit == nil ? open.removeLast() : takeBest())
            guard work >= Self.workMax else { continue }
            if cancellation.isCancelled { return nil }
            work = 0
        }
        for node in open {
            _ = splitter.begin(node.range)
            appendLeaf(node.range.count, parent: node.parent, isLeft: node.isLeft)
        }
        open = []
        return tree
    }

    // MARK: The order of nodes

    /// Takes the node out whose split takes off most; the nodes are a heap.
    private func takeBest() -> OpenNode {
        let best = open[0]
        let last = open.removeLast()
        guard !open.isEmpty else { return best }
        var place = 0
        while true {
            var child = 2 * place + 1
            guard child < open.count else { break }
            if child + 1 < open.count, open[child + 1].decrease > open[child].decrease {
                child += 1
            }
            guard open[child].decrease > last.decrease else { break }
            open[place] = open[child]
            place = child
        }
        open[place] = last
        return best
    }

    /// Puts a node behind the others: also what a heap wants, once it has risen.
    private func add(_ node: OpenNode) {
        open.append(node)
        guard isBestFirst else { return }
        var place = open.count - 1
        while place > 0, open[(place - 1) / 2].decrease < node.decrease {
            open[place] = open[(place - 1) / 2]
            place = (place - 1) / 2
        }
        open[place] = node
    }

    // MARK: Nodes

    /// Looks at a new node: it becomes a leaf, or waits for its split.
    private func visit(_ range: Range<Int>, depth: Int, parent: Int, isLeft: Bool) {
        work &+= range.count
        var split = ForestSplit()
        var decrease = 0.0
        if splitter.begin(range), range.count >= rules.splitRows, depth < rules.maxDepth {
            search(range, &split)
            if split.feature >= 0 {
                decrease = splitter.decrease(split.score) / totalWeight
            }
        }
        guard split.feature >= 0, decrease + 2.3e-16 >= rules.minDecrease else {
            appendLeaf(range.count, parent: parent, isLeft: isLeft)
            return
        }
        add(
            OpenNode(
                range: range,
                depth: depth,
                split: split,
                decrease: decrease,
                parent: parent,
                isLeft: isLeft
            )
        )
    }

    /// Draws features until so many were looked at as `max_features` says, and further until one of
    /// them is not constant: scikit-learn's rule.
    private func search(_ range: Range<Int>, _ split: inout ForestSplit) {
        let (count, features) = (table.featureCount, features.pointer)
        var hasCandidate = false
        for place in 0..<count {
            if place >= rules.featuresPerSplit && hasCandidate { return }
            let other = place &+ random.next(below: count &- place)
            let feature = Int(features[other])
            features[other] = features[place]
            features[place] = Int32(truncatingIfNeeded: feature)
            work &+= range.count
            let codes = table.codes.column(feature)
            if range.count == 2 {
                guard separates(range.lowerBound, codes, feature, &split) else { continue }
                return
            }
            if splitter.search(codes, feature: feature, best: &split) { hasCandidate = true }
        }
    }

    /// Two rows are parted by the first feature in which they differ: all such splits are the same.
    private func separates(
        _ first: Int,
        _ codes: UnsafePointer<UInt16>,
        _ feature: Int,
        _ split: inout ForestSplit
    ) -> Bool {
        let a = Int(codes[Int(entries[first].row)])
        let b = Int(codes[Int(entries[first + 1].row)])
        guard a != b else { return false }
        return splitter.search(codes, feature: feature, best: &split)
    }

    // MARK: The tree

    private func split(_ node: OpenNode) {
        let split = node.split
        let bounds = table.codes.bounds[split.feature]
        let cut = Self.cut(split, bounds)
        let codes = table.codes.column(split.feature)
        let lefts = partition(node.range, codes, cut: cut, missingGoesLeft: split.missingGoesLeft)
        let middle = node.range.lowerBound + lefts
        // What was never missing here goes with most rows.
        let direction = split.hasMissing ? split.missingGoesLeft : 2 * lefts > node.range.count
        let place = tree.innerCount
        attach(Int32(place), parent: node.parent, isLeft: node.isLeft)
        tree.splitFeature.append(Int32(split.feature))
        tree.threshold.append(min(max(bounds[cut], -1e300), 1e300))
        tree.decisionType.append(Tree.Missing.nan.rawValue << 2 | (direction ? 2 : 0))
        tree.leftChild.append(0)
        tree.rightChild.append(0)
        tree.splitGain.append(node.decrease)
        tree.internalCount.append(Int64(node.range.count))
        let depth = node.depth + 1
        visit(middle..<node.range.upperBound, depth: depth, parent: place, isLeft: false)
        visit(node.range.lowerBound..<middle, depth: depth, parent: place, isLeft: true)
    }

    /// The last code that goes left: of all that lie between the two sides, the one in the middle
    /// of their values.
    private static func cut(_ split: ForestSplit, _ bounds: [Double]) -> Int {
        guard split.high > split.low else { return bounds.count - 1 }
        let middle = 0.5 * bounds[split.low] + 0.5 * bounds[split.high - 1]
        var (low, high) = (split.low, split.high - 1)
        while low < high {
            let code = (low + high) / 2
            if bounds[code] >= middle { high = code } else { low = code + 1 }
        }
        return low
    }

    /// Moves the rows of the left side to the front; both sides keep their order.
    @inline(never)
    private func partition(
        _ range: Range<Int>,
        _ codes: UnsafePointer<UInt16>,
        cut: Int,
        missingGoesLeft: Bool
    ) -> Int {
        let (source, scratch) = (entries + range.lowerBound, scratch)
        let missing = UInt16(ColumnCodes.missing)
        let last = UInt16(truncatingIfNeeded: cut)
        var (left, right) = (0, 0)
        for index in 0..<range.count {
            let entry = source[index]
            let code = codes[Int(entry.row)]
            let isLeft = code == missing ? missingGoesLeft : code <= last
            source[left] = entry
            scratch[right] = entry
            left &+= isLeft ? 1 : 0
            right &+= isLeft ? 0 : 1
        }
        (source + left).update(from: scratch, count: right)
        return left
    }

    private func appendLeaf(_ count: Int, parent: Int, isLeft: Bool) {
        attach(~Int32(tree.leafCount.count), parent: parent, isLeft: isLeft)
        tree.leafCount.append(Int64(count))
        splitter.appendLeaf(to: &tree.leafValue)
    }

    private func attach(_ child: Int32, parent: Int, isLeft: Bool) {
        guard parent >= 0 else { return }
        if isLeft { tree.leftChild[parent] = child } else { tree.rightChild[parent] = child }
    }
}

/// Memory that trees use one after the other.
struct ForestMemory {
    /// `[rowCount]`: the rows of the tree, node by node.
    let entries: AlignedBuffer<ForestEntry>
    let scratch: AlignedBuffer<ForestEntry>

    init(rows: Int) {
        entries = AlignedBuffer(count: rows, isZeroed: false)
        scratch = AlignedBuffer(count: rows, isZeroed: false)
    }
}
