import BorealBoost

extension TreeEnsembleOperator: StoredOperator {
    /// Trees, one behind the other, array by array.
    public func store(in record: inout OperatorRecord) {
        record["scores"] = .integer(Int64(ensemble.scoresPerRow))
        record["leaf_width"] = .integer(Int64(ensemble.leafWidth))
        record["features"] = .integer(Int64(ensemble.featureCount))
        record["averaged"] = .flag(ensemble.isAveraged)
        record["float_sums"] = .flag(ensemble.arithmetic == .float)
        record["cover_weights"] = .flag(ensemble.cover == .weight)
        record["scores_last"] = .flag(addsInitialScoresLast)
        record["initial"] = .doubles(ensemble.initialScores)
        record["groups"] = .integers(ensemble.featureGroups)
        TreeArrays(ensemble.trees).store(in: &record)
    }

    /// Checks all that an ensemble must be.
    public static func restored(from record: RecordReader) throws(GraphError) -> Self {
        var ensemble = TreeEnsemble(
            trees: try TreeArrays(record).trees(),
            scoresPerRow: try record.integer("scores", in: 1...Int(Int32.max)),
            leafWidth: try record.integer("leaf_width", in: 1...Int(Int32.max)),
            featureCount: try record.integer("features", in: 0...Int(Int32.max)),
            isAveraged: try record.flag("averaged"),
            cover: try record.flag("cover_weights") ? .weight : .rowCount
        )
        ensemble.arithmetic = try record.flag("float_sums") ? .float : .double
        ensemble.initialScores = try record.doubles("initial")
        ensemble.featureGroups = try record.integers("groups")
        return try TreeEnsembleOperator(
            ensemble,
            input: record.input(),
            output: record.output(),
            addsInitialScoresLast: record.flag("scores_last")
        )
    }
}

extension TreeLeafOperator: StoredOperator {
    /// Which ensemble it is of, and what its leaves are called.
    public func store(in record: inout OperatorRecord) {
        record["ensemble"] = .integer(Int64(sums.index))
        guard let names else { return }
        record["trees"] = .integers(names.trees.map { Int32($0) })
        record["numbers"] = .integers(names.numbers.flatMap(\.self))
    }

    /// Finds the ensemble among the operators before.
    public static func restored(from record: RecordReader) throws(GraphError) -> Self {
        let tensor = TensorID(try record.integer("ensemble", in: 0...Int(Int32.max)))
        let ensembles = record.earlier.lazy.compactMap { $0 as? TreeEnsembleOperator }
        guard let ensemble = ensembles.first(where: { $0.output == tensor }) else {
            throw record.damaged("tensor \(tensor.index) is of no ensemble")
        }
        var names: LeafNames?
        if record["trees"] != nil {
            let all = ensemble.ensemble.trees
            let shown = try record.integers("trees").map { Int($0) }
            var numbers = try record.integers("numbers")[...]
            guard shown.allSatisfy(all.indices.contains) else {
                throw record.damaged("a tree that is not there")
            }
            var lists: [[Int32]] = []
            if !numbers.isEmpty {
                for tree in shown {
                    let count = all[tree].leafTotal
                    guard numbers.count >= count else { throw record.damaged("too few leaves") }
                    lists.append(Array(numbers.prefix(count)))
                    numbers = numbers.dropFirst(count)
                }
            }
            names = LeafNames(trees: shown, numbers: lists)
        }
        return try TreeLeafOperator(ensemble, output: record.output(), names: names)
    }
}

/// The arrays of many trees, each behind the one of the tree before.
private struct TreeArrays {
    /// Bits of `present`: arrays that a tree may lack.
    private enum Part: UInt8 {
        case gain = 1
        case value = 2
        case weight = 4
        case count = 8
        case leafWeight = 16
        case leafCount = 32
        case linear = 64
    }

    /// `[treeCount]`: splits, numbers in leaves, category sets and words of their bits.
    var innerCounts: [Int32] = []
    var leafNumbers: [Int32] = []
    var boundaryCounts: [Int32] = []
    var wordCounts: [Int32] = []
    /// `[treeCount]`: parts that the tree has.
    var present: [UInt8] = []
    var shrinkage: [Double] = []
    // One element a split.
    var splitFeature: [Int32] = []
    var threshold: [Double] = []
    var decisionType: [UInt8] = []
    var leftChild: [Int32] = []
    var rightChild: [Int32] = []
    var splitGain: [Double] = []
    var internalValue: [Double] = []
    var internalWeight: [Double] = []
    var internalCount: [Int64] = []
    // Of leaves and categories.
    var leafValue: [Double] = []
    var leafWeight: [Double] = []
    var leafCount: [Int64] = []
    var boundaries: [Int32] = []
    var words: [Int32] = []
    // Of linear leaves.
    var constants: [Double] = []
    var termCounts: [Int32] = []
    var coefficients: [Double] = []
    var termFeatures: [Int32] = []

    init(_ trees: [Tree]) {
        for tree in trees {
            innerCounts.append(Int32(tree.innerCount))
            leafNumbers.append(Int32(tree.leafValue.count))
            boundaryCounts.append(Int32(tree.categoryBoundaries.count))
            wordCounts.append(Int32(tree.categoryBits.count))
            shrinkage.append(tree.shrinkage)
            splitFeature += tree.splitFeature
            threshold += tree.threshold
            decisionType += tree.decisionType
            leftChild += tree.leftChild
            rightChild += tree.rightChild
            leafValue += tree.leafValue
            boundaries += tree.categoryBoundaries
            words += tree.categoryBits.map { Int32(bitPattern: $0) }
            var parts: UInt8 = 0
            func add<Element>(_ part: Part, _ array: [Element], to all: inout [Element]) {
                guard !array.isEmpty else { return }
                parts |= part.rawValue
                all += array
            }
            add(.gain, tree.splitGain, to: &splitGain)
            add(.value, tree.internalValue, to: &internalValue)
            add(.weight, tree.internalWeight, to: &internalWeight)
            add(.count, tree.internalCount, to: &internalCount)
            add(.leafWeight, tree.leafWeight, to: &leafWeight)
            add(.leafCount, tree.leafCount, to: &leafCount)
            if let linear = tree.linear {
                parts |= Part.linear.rawValue
                constants += linear.constants
                termCounts += linear.coefficients.map { Int32($0.count) }
                coefficients += linear.coefficients.flatMap(\.self)
                termFeatures += linear.features.flatMap(\.self)
            }
            present.append(parts)
        }
    }

    func store(in record: inout OperatorRecord) {
        record["inner_counts"] = .integers(innerCounts)
        record["leaf_numbers"] = .integers(leafNumbers)
        record["boundary_counts"] = .integers(boundaryCounts)
        record["word_counts"] = .integers(wordCounts)
        record["present"] = .bytes(present)
        record["shrinkage"] = .doubles(shrinkage)
        record["split_feature"] = .integers(splitFeature)
        record["threshold"] = .doubles(threshold)
        record["decision_type"] = .bytes(decisionType)
        record["left_child"] = .integers(leftChild)
        record["right_child"] = .integers(rightChild)
        record["split_gain"] = .doubles(splitGain)
        record["internal_value"] = .doubles(internalValue)
        record["internal_weight"] = .doubles(internalWeight)
        record["internal_count"] = .longs(internalCount)
        record["leaf_value"] = .doubles(leafValue)
        record["leaf_weight"] = .doubles(leafWeight)
        record["leaf_count"] = .longs(leafCount)
        record["category_boundaries"] = .integers(boundaries)
        record["category_bits"] = .integers(words)
        record["constants"] = .doubles(constants)
        record["term_counts"] = .integers(termCounts)
        record["coefficients"] = .doubles(coefficients)
        record["term_features"] = .integers(termFeatures)
    }

    init(_ record: RecordReader) throws(GraphError) {
        innerCounts = try record.integers("inner_counts")
        leafNumbers = try record.integers("leaf_numbers")
        boundaryCounts = try record.integers("boundary_counts")
        wordCounts = try record.integers("word_counts")
        present = try record.bytes("present")
        shrinkage = try record.doubles("shrinkage")
        splitFeature = try record.integers("split_feature")
        threshold = try record.doubles("threshold")
        decisionType = try record.bytes("decision_type")
        leftChild = try record.integers("left_child")
        rightChild = try record.integers("right_child")
        splitGain = try record.doubles("split_gain")
        internalValue = try record.doubles("internal_value")
        internalWeight = try record.doubles("internal_weight")
        internalCount = try record.longs("internal_count")
        leafValue = try record.doubles("leaf_value")
        leafWeight = try record.doubles("leaf_weight")
        leafCount = try record.longs("leaf_count")
        boundaries = try record.integers("category_boundaries")
        words = try record.integers("category_bits")
        constants = try record.doubles("constants")
        termCounts = try record.integers("term_counts")
        coefficients = try record.doubles("coefficients")
        termFeatures = try record.integers("term_features")
        let lengths = [
            leafNumbers.count, boundaryCounts.count, wordCounts.count, present.count,
            shrinkage.count,
        ]
        guard lengths.allSatisfy({ $0 == innerCounts.count }) else {
            throw record.damaged("arrays of trees of different lengths")
        }
    }

    /// Cuts the arrays into trees. What the trees hold is checked by the ensemble.
    func trees() throws(GraphError) -> [Tree] {
        var reader = TreeArrayReader(arrays: self)
        var trees: [Tree] = []
        for index in innerCounts.indices { trees.append(try reader.tree(index)) }
        return trees
    }

    /// Takes one tree after the other.
    private struct TreeArrayReader {
        let arrays: TreeArrays
        private var inner = 0
        private var gain = 0
        private var value = 0
        private var weight = 0
        private var count = 0
        private var leaf = 0
        private var leafWeight = 0
        private var leafCount = 0
        private var boundary = 0
        private var word = 0
        private var constant = 0
        private var term = 0

        init(arrays: TreeArrays) { self.arrays = arrays }

        private func take<Element>(
            _ count: Int,
            of array: [Element],
            from place: inout Int
        ) throws(GraphError) -> [Element] {
            guard count >= 0, count <= array.count - place else {
                throw .invalidGraph(reason: "TreeEnsemble: an array of trees ends early")
            }
            defer { place += count }
            return Array(array[place..<place + count])
        }

        mutating func tree(_ index: Int) throws(GraphError) -> Tree {
            let splits = Int(arrays.innerCounts[index])
            let leaves = splits + 1
            var tree = Tree()
            let first = inner
            tree.splitFeature = try take(splits, of: arrays.splitFeature, from: &inner)
            func next<Element>(_ array: [Element]) throws(GraphError) -> [Element] {
                var place = first
                return try take(splits, of: array, from: &place)
            }
            tree.threshold = try next(arrays.threshold)
            tree.decisionType = try next(arrays.decisionType)
            tree.leftChild = try next(arrays.leftChild)
            tree.rightChild = try next(arrays.rightChild)
            let numbers = Int(arrays.leafNumbers[index])
            tree.leafValue = try take(numbers, of: arrays.leafValue, from: &leaf)
            let bounds = Int(arrays.boundaryCounts[index])
            tree.categoryBoundaries = try take(bounds, of: arrays.boundaries, from: &boundary)
            let words = Int(arrays.wordCounts[index])
            tree.categoryBits = try take(words, of: arrays.words, from: &word)
                .map { UInt32(bitPattern: $0) }
            tree.shrinkage = arrays.shrinkage[index]
            func has(_ part: Part) -> Bool { arrays.present[index] & part.rawValue != 0 }
            if has(.gain) { tree.splitGain = try take(splits, of: arrays.splitGain, from: &gain) }
            if has(.value) {
                tree.internalValue = try take(splits, of: arrays.internalValue, from: &value)
            }
            if has(.weight) {
                tree.internalWeight = try take(splits, of: arrays.internalWeight, from: &weight)
            }
            if has(.count) {
                tree.internalCount = try take(splits, of: arrays.internalCount, from: &count)
            }
            if has(.leafWeight) {
                tree.leafWeight = try take(leaves, of: arrays.leafWeight, from: &leafWeight)
            }
            if has(.leafCount) {
                tree.leafCount = try take(leaves, of: arrays.leafCount, from: &leafCount)
            }
            if has(.linear) { tree.linear = try linear(leaves) }
            return tree
        }

        private mutating func linear(_ leaves: Int) throws(GraphError) -> Tree.LinearLeaves {
            var counts = constant
            let constants = try take(leaves, of: arrays.constants, from: &constant)
            var coefficients: [[Double]] = []
            var features: [[Int32]] = []
            for terms in try take(leaves, of: arrays.termCounts, from: &counts) {
                var place = term
                features.append(try take(Int(terms), of: arrays.termFeatures, from: &place))
                coefficients.append(try take(Int(terms), of: arrays.coefficients, from: &term))
            }
            return Tree.LinearLeaves(
                constants: constants,
                coefficients: coefficients,
                features: features
            )
        }
    }
}
