/// Compiles an ensemble's trees into segments.
struct KernelCompiler {
    private let ensemble: TreeEnsemble
    private let form: Form

    /// Which nodes an ensemble needs.
    private enum Form {
        case oblivious
        case narrow
        case wide
        case mixed
    }

    /// Most 32-bit words of category sets in one segment: 64 MiB.
    private static let bitWordsMax = 1 << 24
    /// Most members of the category sets of one segment.
    private static let categoryMembersMax = 1 << 22
    /// Most nodes of one segment.
    private static let nodesMax = 1 << 28

    init(_ ensemble: TreeEnsemble) {
        self.ensemble = ensemble
        var vocabulary = Vocabulary()
        var widest = 0
        for tree in ensemble.trees where tree.linear == nil {
            vocabulary.add(tree)
            widest = max(widest, 2 * tree.innerCount + 1)
        }
        let isOblivious = ensemble.trees.allSatisfy { ObliviousSegment.levels($0) != nil }
        if isOblivious && vocabulary.fits(thresholds: 255, columns: 65_535) {
            form = .oblivious
        } else if !vocabulary.categories.isEmpty {
            form = .mixed
        } else if vocabulary.fits(thresholds: 255, columns: 256) && widest <= 65_535 {
            form = .narrow
        } else {
            form = .wide
        }
    }

    /// What the nodes of some trees ask.
    private struct Vocabulary {
        var thresholds: [Int32: Set<Double>] = [:]
        var categories: [Int32: Set<Int32>] = [:]
        /// The columns, one bit a treatment for each feature.
        private var treatments: [Int32: UInt8] = [:]
        private(set) var columnCount = 0
        var categoryNodes = 0
        /// Members of all category sets; beyond the limit they are only counted.
        var categoryMembers = 0
        var nodes = 0
        /// Questions that were met, one in each place; empty for small ensembles.
        private var met: [Question] = []

        /// What a node asks.
        private struct Question: Equatable, BitwiseCopyable {
            var threshold: UInt64 = 0
            var feature: Int32 = -1
            var treatment: UInt32 = 0
        }

        /// Nodes from which on an ensemble is worth the 4 MiB: a forest of 100 trees asks some
        /// hundred thousand questions, each of them a hundred times.
        private static let manyNodes = 200_000

        /// Whether a question was asked before, as far as is remembered; remembers it.
        private mutating func isKnown(
            _ feature: Int32,
            _ treatment: RowEncoder.Treatment,
            _ threshold: Double
        ) -> Bool {
            guard !met.isEmpty, treatment != .category else { return false }
            let question = Question(
                threshold: threshold.bitPattern,
                feature: feature,
                treatment: UInt32(treatment.rawValue)
            )
            let key = question.threshold &+ UInt64(UInt32(bitPattern: feature)) &<< 3
            // The product's upper 18 bits; a shift binds tighter than a product.
            let place = ((key ^ UInt64(question.treatment)) &* 0x9E37_79B9_7F4A_7C15) &>> 46
            if met[Int(place)] == question { return true }
            met[Int(place)] = question
            return false
        }

        mutating func add(_ tree: Tree) {
            nodes += 2 * tree.innerCount + 1
            if nodes >= Self.manyNodes && met.isEmpty {
                met = [Question](repeating: Question(), count: 1 << 18)
            }
            categoryMembers += tree.categoryBits.reduce(0) { $0 + $1.nonzeroBitCount }
            for node in 0..<tree.innerCount {
                let treatment = RowEncoder.Treatment(decisionType: tree.decisionType[node])
                let feature = tree.splitFeature[node]
                if isKnown(feature, treatment, tree.threshold[node]) { continue }
                let bit: UInt8 = 1 << treatment.rawValue
                let known = treatments[feature, default: 0]
                if known & bit == 0 {
                    treatments[feature] = known | bit
                    columnCount += 1
                }
                if treatment == .category {
                    let isBounded = categoryMembers <= KernelCompiler.categoryMembersMax
                    let members = isBounded ? tree.categories(of: node) : []
                    categories[feature, default: []].formUnion(members)
                    categoryNodes += 1
                } else {
                    thresholds[feature, default: []].insert(tree.threshold[node])
                }
            }
        }

        /// Numbers of the code columns, by feature.
        var numberedColumns: [RowEncoder.Column: Int] {
            var numbers: [RowEncoder.Column: Int] = [:]
            for (feature, bits) in treatments.sorted(by: { $0.key < $1.key }) {
                for bit in 0..<8 where bits >> UInt8(bit) & 1 == 1 {
                    guard let treatment = RowEncoder.Treatment(rawValue: UInt8(bit)) else {
                        continue
                    }
                    let column = RowEncoder.Column(feature: feature, treatment: treatment)
                    numbers[column] = numbers.count
                }
            }
            return numbers
        }

        func fits(thresholds most: Int, columns mostColumns: Int) -> Bool {
            let widest = categories.values.map(\.count).max() ?? 0
            return columnCount <= mostColumns && widest < 65_534
                && categoryMembers <= KernelCompiler.categoryMembersMax
                && thresholds.values.allSatisfy { $0.count <= most }
                && categoryNodes * ((widest + 1) / 32 + 1) < KernelCompiler.bitWordsMax
                && nodes < KernelCompiler.nodesMax
        }
    }

    /// The segments, in tree order.
    func segments() -> [KernelSegment] {
        var segments: [KernelSegment] = []
        var start = 0
        while start < ensemble.trees.count {
            if let linear = LinearSegment(ensemble, from: start) {
                segments.append(.linear(linear))
                start = linear.trees.upperBound
                continue
            }
            let (end, vocabulary) = run(from: start)
            if let vocabulary {
                segments.append(compile(start..<end, vocabulary))
            } else {
                segments.append(.walked(WalkedSegment(trees: start..<end, ensemble: ensemble)))
            }
            start = end
        }
        return segments
    }

    /// The longest run of trees that fits one segment; without vocabulary they are to be walked.
    private func run(from start: Int) -> (end: Int, Vocabulary?) {
        let limit =
            switch form {
            case .narrow: (255, 256)
            case .oblivious: (255, 65_535)
            case .wide, .mixed: (65_534, 65_535)
            }
        var vocabulary = Vocabulary()
        var end = start
        while end < ensemble.trees.count, ensemble.trees[end].linear == nil {
            vocabulary.add(ensemble.trees[end])
            guard vocabulary.fits(thresholds: limit.0, columns: limit.1) else {
                // One tree too many: the sets are made again without it.
                vocabulary = Vocabulary()
                for tree in ensemble.trees[start..<end] { vocabulary.add(tree) }
                break
            }
            end += 1
        }
        return end > start ? (end, vocabulary) : (start + 1, nil)
    }

    private func compile(_ trees: Range<Int>, _ vocabulary: Vocabulary) -> KernelSegment {
        switch form {
        case .oblivious: .oblivious(buildOblivious(trees, vocabulary))
        case .narrow: .narrow(NarrowSegment(build(trees, vocabulary)))
        case .wide: .wide(build(trees, vocabulary))
        case .mixed: .mixed(build(trees, vocabulary))
        }
    }

    private func buildOblivious(
        _ range: Range<Int>,
        _ vocabulary: Vocabulary
    ) -> ObliviousSegment {
        let columns = vocabulary.numberedColumns
        let thresholds = vocabulary.thresholds.mapValues { $0.sorted() }
        return ObliviousSegment(
            trees: range,
            ensemble: ensemble,
            encoder: RowEncoder(columns: columns, thresholds: thresholds, categories: [:]),
            rank: { tree, node in
                let list = thresholds[tree.splitFeature[node]] ?? []
                return list.place(of: tree.threshold[node])
            },
            column: { tree, node in
                let treatment = RowEncoder.Treatment(decisionType: tree.decisionType[node])
                let feature = tree.splitFeature[node]
                return columns[RowEncoder.Column(feature: feature, treatment: treatment)] ?? 0
            }
        )
    }

    private func build<Node: KernelNode>(
        _ range: Range<Int>,
        _ vocabulary: Vocabulary
    ) -> CompiledSegment<Node> {
        let columns = vocabulary.numberedColumns
        let thresholds = vocabulary.thresholds.mapValues { $0.sorted() }
        let categories = vocabulary.categories.mapValues { $0.sorted() }
        let encoder = RowEncoder(columns: columns, thresholds: thresholds, categories: categories)
        let nodes = AlignedBuffer<Node>(count: vocabulary.nodes)
        let leaves = LeafTable(ensemble, trees: range, nodes: vocabulary.nodes)
        let starts = AlignedBuffer<Int32>(count: range.count)
        var bits: [UInt32] = [.max]
        var start = 0
        for (index, tree) in ensemble.trees[range].enumerated() {
            starts.pointer[index] = Int32(start)
            var layout = TreeLayout<Node>(
                tree: tree,
                columns: columns,
                thresholds: thresholds,
                categories: categories,
                nodes: nodes.pointer + start,
                start: start,
                leaves: leaves
            )
            layout.write(&bits)
            start += 2 * tree.innerCount + 1
        }
        let sets = AlignedBuffer<UInt32>(count: bits.count)
        for index in bits.indices { sets.pointer[index] = bits[index] }
        return CompiledSegment(
            trees: range,
            encoder: encoder,
            nodes: nodes,
            leaves: leaves,
            bits: sets,
            starts: starts
        )
    }
}

/// Writes one tree's nodes, siblings next to each other, upper levels first.
private struct TreeLayout<Node: KernelNode> {
    let tree: Tree
    let columns: [RowEncoder.Column: Int]
    let thresholds: [Int32: [Double]]
    let categories: [Int32: [Int32]]
    let nodes: UnsafeMutablePointer<Node>
    /// Of the tree's first node among those of all trees.
    let start: Int
    let leaves: LeafTable

    mutating func write(_ bits: inout [UInt32]) {
        var queue: [Int32] = [tree.innerCount > 0 ? 0 : ~0]
        var next = 0
        while next < queue.count {
            let child = queue[next]
            if child >= 0 {
                let node = Int(child)
                nodes[next] = inner(node, left: queue.count, &bits)
                queue.append(tree.leftChild[node])
                queue.append(tree.rightChild[node])
            } else {
                let rank = Int(Node.leafRank)
                nodes[next] = Node(rank: rank, column: 0, left: next, bits: 0, mask: 0)
                leaves.put(Int(~child), of: tree, at: start + next)
            }
            next += 1
        }
    }

    private func inner(_ node: Int, left: Int, _ bits: inout [UInt32]) -> Node {
        let feature = tree.splitFeature[node]
        let treatment = RowEncoder.Treatment(decisionType: tree.decisionType[node])
        let column = columns[RowEncoder.Column(feature: feature, treatment: treatment)] ?? 0
        guard treatment == .category else {
            let rank = (thresholds[feature] ?? []).place(of: tree.threshold[node])
            return Node(rank: rank, column: column, left: left, bits: 0, mask: 0)
        }
        let list = categories[feature] ?? []
        let start = bits.count
        // Behind the categories stand what is none of them, and what is missing.
        bits += [UInt32](repeating: 0, count: (list.count + 1) / 32 + 1)
        func set(_ code: Int) { bits[start + code / 32] |= 1 << UInt32(code % 32) }
        for category in tree.categories(of: node) { set(list.place(of: category)) }
        if tree.decisionType[node] & 2 != 0 { set(list.count + 1) }
        let rank = Int(Node.leafRank)
        return Node(rank: rank, column: column, left: left, bits: start, mask: .max)
    }
}

extension Array where Element: Comparable {
    /// Where a value stands in a sorted list.
    fileprivate func place(of value: Element) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension Tree {
    /// The categories that a categorical node sends left.
    public func categories(of node: Int) -> [Int32] {
        let set = Int(threshold[node])
        let first = Int(categoryBoundaries[set])
        var result: [Int32] = []
        for word in first..<Int(categoryBoundaries[set + 1]) {
            var rest = categoryBits[word]
            while rest != 0 {
                let bit = rest.trailingZeroBitCount
                let (category, overflow) = (word - first).multipliedReportingOverflow(by: 32)
                if !overflow, let value = Int32(exactly: category + bit) { result.append(value) }
                rest &= rest &- 1
            }
        }
        return result
    }
}
