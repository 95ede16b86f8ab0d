import BorealBase

/// Reads the JSON that CatBoost exports.
///
///     features_info
///       float_features        borders, names, positions, what NaN is
///       categorical_features  hashes that are asked one by one, names, positions
///       ctrs                  statistics: what is counted, priors, scale, borders
///     oblivious_trees         leaf_values, leaf_weights, splits by their number
///     trees                   or nodes within nodes: split, left, right; value, weight
///     ctr_data                tables by the JSON of what is counted in them
///     scale_and_bias          [scale, [bias, ...]]
///     model_info              params, class_params
///
/// A table lists each hash, as text because it has 64 bits, and behind it the numbers of its row.
/// Free buckets of the library's own table are listed too, with a hash of all ones: they are left
/// out, for no combination has that hash there.
struct CatBoostJSONReader {
    private var source: JSONPullReader
    private var model: CatBoostModel

    /// - Throws: `FormatError.malformed`, `.tooLarge`, `.unsupportedFormat`.
    static func read(_ bytes: [UInt8]) throws(FormatError) -> CatBoostModel {
        try bytes.withRawBytes { bytes throws(FormatError) in
            var reader = Self(
                source: JSONPullReader(bytes, format: .catboostJSON),
                model: CatBoostModel(format: .catboostJSON)
            )
            try reader.readRoot()
            try reader.source.finish()
            return reader.model
        }
    }

    private init(source: JSONPullReader, model: CatBoostModel) {
        self.source = source
        self.model = model
    }

    private mutating func readRoot() throws(FormatError) {
        try source.beginObject()
        while let key = try source.nextKey() {
            switch key {
            case "features_info": try readFeatures()
            case "oblivious_trees": try readTrees(isSymmetric: true)
            case "trees": try readTrees(isSymmetric: false)
            case "ctr_data" where source.isAtObject(): try readTables()
            case "model_info": try readInfo()
            case "scale_and_bias": try readScale()
            default: try source.skip()
            }
        }
    }

    private mutating func readInfo() throws(FormatError) {
        try source.beginObject()
        while let key = try source.nextKey() {
            switch key {
            case "params" where source.isAtObject(): try model.readParameters(&source)
            case "class_params" where source.isAtObject(),
                "multiclass_params" where source.isAtObject():
                try model.readClasses(&source)
            default: try source.skip()
            }
        }
    }

    /// `[scale, [bias, ...]]`
    private mutating func readScale() throws(FormatError) {
        try source.beginArray()
        var position = 0
        while try source.hasElement() {
            switch position {
            case 0: model.scale = try source.double()
            case 1: model.bias = try source.doubles()
            default: try source.skip()
            }
            position += 1
        }
    }

    // MARK: - Features

    private mutating func readFeatures() throws(FormatError) {
        try source.beginObject()
        while let key = try source.nextKey() {
            switch key {
            case "float_features":
                try list { reader throws(FormatError) in try reader.readNumberFeature() }
            case "categorical_features":
                try list { reader throws(FormatError) in try reader.readCategoryFeature() }
            case "ctrs": try list { reader throws(FormatError) in try reader.readStatistic() }
            case "text_features", "embedding_features", "estimated_features":
                try source.beginArray()
                guard try !source.hasElement() else {
                    throw .unsupportedFormat(.catboostJSON, detail: "features of text")
                }
            default: try source.skip()
            }
        }
    }

    /// Elements of an array, each taken by `body`.
    private mutating func list(
        _ body: (inout Self) throws(FormatError) -> Void
    ) throws(FormatError) {
        var count = 0
        try source.beginArray()
        while try source.hasElement() {
            guard count < Limits.modelFeaturesMax else {
                throw .tooLarge(.catboostJSON, what: "features", limit: Limits.modelFeaturesMax)
            }
            count += 1
            try body(&self)
        }
    }

    private mutating func readNumberFeature() throws(FormatError) {
        var feature = CatBoostModel.NumberFeature()
        try source.beginObject()
        while let key = try source.nextKey() {
            switch key {
            case "borders": feature.borders = try source.floats()
            case "feature_index": feature.index = try source.integer()
            case "flat_feature_index": feature.flatIndex = try source.integer()
            case "feature_id", "feature_name":
                let name = try source.scalarText()
                if !name.isEmpty { feature.name = name }
            case "nan_value_treatment": feature.nanIsAbove = try source.string() == "AsTrue"
            default: try source.skip()
            }
        }
        model.numbers.append(feature)
    }

    private mutating func readCategoryFeature() throws(FormatError) {
        var feature = CatBoostModel.CategoryFeature()
        try source.beginObject()
        while let key = try source.nextKey() {
            switch key {
            case "values": feature.values = try source.integers()
            case "feature_index": feature.index = try source.integer()
            case "flat_feature_index": feature.flatIndex = try source.integer()
            case "feature_id", "feature_name":
                let name = try source.scalarText()
                if !name.isEmpty { feature.name = name }
            default: try source.skip()
            }
        }
        model.categories.append(feature)
    }

    private mutating func readStatistic() throws(FormatError) {
        var statistic = CatBoostModel.Statistic()
        try source.beginObject()
        while let key = try source.nextKey() {
            switch key {
            case "borders": statistic.borders = try source.floats()
            case "ctr_type": statistic.key.kind = try kind(try source.string())
            case "elements":
                statistic.key.combination = try Self.readCombination(&source)
            case "prior_numerator": statistic.priorNumerator = Float(try source.double())
            case "prior_denomerator": statistic.priorDenominator = Float(try source.double())
            case "shift": statistic.shift = Float(try source.double())
            case "scale": statistic.scale = Float(try source.double())
            case "target_border_idx": statistic.targetBorder = try source.integer()
            default: try source.skip()
            }
        }
        model.statistics.append(statistic)
    }

    private func kind(_ name: String) throws(FormatError) -> CatBoostModel.StatisticKind {
        guard let kind = CatBoostModel.StatisticKind(rawValue: name) else {
            throw .unsupportedFormat(.catboostJSON, detail: "statistic '\(name.prefix(40))'")
        }
        return kind
    }

    private static func readCombination(
        _ source: inout JSONPullReader
    ) throws(FormatError) -> CatBoostModel.Combination {
        var combination = CatBoostModel.Combination()
        try source.beginArray()
        while try source.hasElement() {
            var element = ""
            var category = -1
            var feature = -1
            var border: Float = 0
            var value = 0
            try source.beginObject()
            while let key = try source.nextKey() {
                switch key {
                case "combination_element": element = try source.string()
                case "cat_feature_index": category = try source.integer()
                case "float_feature_index": feature = try source.integer()
                case "border": border = Float(try source.double())
                case "value": value = try source.integer()
                default: try source.skip()
                }
            }
            switch element {
            case "cat_feature_value": combination.categories.append(category)
            case "float_feature":
                combination.borders.append(.init(feature: feature, border: border))
            case "cat_feature_exact_value":
                combination.values.append(
                    .init(feature: category, hash: Int32(truncatingIfNeeded: value))
                )
            default: throw source.malformed("combination element '\(element.prefix(40))'")
            }
        }
        return combination
    }

    // MARK: - Tables

    private mutating func readTables() throws(FormatError) {
        try source.beginObject()
        while let name = try source.nextKey() {
            let key = try tableKey(name)
            model.tables[key] = try readTable(key.kind)
        }
    }

    /// The name of a table is JSON itself.
    private func tableKey(_ name: String) throws(FormatError) -> CatBoostModel.TableKey {
        try Array(name.utf8).withRawBytes { bytes throws(FormatError) in
            var reader = JSONPullReader(bytes, format: .catboostJSON)
            var key = CatBoostModel.TableKey()
            try reader.beginObject()
            while let member = try reader.nextKey() {
                switch member {
                case "identifier": key.combination = try Self.readCombination(&reader)
                case "type": key.kind = try kind(try reader.string())
                default: try reader.skip()
                }
            }
            return key
        }
    }

    private mutating func readTable(
        _ kind: CatBoostModel.StatisticKind
    ) throws(FormatError) -> CatBoostModel.Table {
        var table = CatBoostModel.Table()
        var cells: [Double] = []
        var hashes: [UInt64] = []
        var stride = 0
        try source.beginObject()
        while let key = try source.nextKey() {
            switch key {
            case "counter_denominator":
                table.denominator = Int32(truncatingIfNeeded: try source.integer())
            case "hash_stride": stride = try source.integer()
            case "hash_map" where source.isAtArray():
                try source.beginArray()
                while try source.hasElement() {
                    guard source.isAtString() else {
                        cells.append(try source.double())
                        continue
                    }
                    let text = try source.string()
                    guard let hash = UInt64(text) else {
                        throw source.malformed("hash '\(text.prefix(40))'")
                    }
                    hashes.append(hash)
                }
            default: try source.skip()
            }
        }
        guard stride >= 1, cells.count == hashes.count * (stride - 1), !kind.isMean || stride == 3
        else { throw source.malformed("a table of \(hashes.count) hashes, \(cells.count) numbers") }
        table.width = kind.isMean ? 1 : stride - 1
        for (row, hash) in hashes.enumerated() where hash != .max {
            table.index[hash] = Int32(truncatingIfNeeded: row)
        }
        if kind.isMean {
            for row in hashes.indices { table.sums.append(Float(cells[2 * row])) }
            table.counts = hashes.indices.map { Int32(clamping: cells[2 * $0 + 1]) }
        } else {
            table.counts = cells.map { Int32(clamping: $0) }
        }
        return table
    }

    // MARK: - Trees

    private mutating func readTrees(isSymmetric: Bool) throws(FormatError) {
        try source.beginArray()
        while try source.hasElement() {
            guard model.trees.count < Limits.treesMax else {
                throw .tooLarge(.catboostJSON, what: "trees", limit: Limits.treesMax)
            }
            if isSymmetric {
                try readSymmetricTree()
            } else {
                var nodes = CatBoostModel.Nodes()
                var tree = CatBoostModel.TreeData(shape: .symmetric([]), values: [], weights: [])
                _ = try readNode(&nodes, &tree, depth: 0)
                try number(&nodes, &tree)
                tree.shape = .nodes(nodes)
                model.trees.append(tree)
            }
        }
    }

    /// Gives leaves the numbers that the library has for them: from left to right, but a leaf
    /// beside a split comes before what is below that split.
    private func number(
        _ nodes: inout CatBoostModel.Nodes,
        _ tree: inout CatBoostModel.TreeData
    ) throws(FormatError) {
        var order: [Int] = []
        var stack = [0]
        while let node = stack.popLast() {
            if nodes.leaves[node] >= 0 {
                order.append(node)
                continue
            }
            let (left, right) = (Int(nodes.left[node]), Int(nodes.right[node]))
            guard left > node, right > node else {
                throw source.malformed("a node without a side")
            }
            let isRightFirst = nodes.leaves[left] < 0 && nodes.leaves[right] >= 0
            stack += isRightFirst ? [left, right] : [right, left]
        }
        let old = tree
        tree.values = []
        tree.weights = []
        let hasWeights = old.weights.count == order.count
        for (leaf, node) in order.enumerated() {
            let start = Int(nodes.leaves[node]) * model.dimension
            guard start + model.dimension <= old.values.count else {
                throw source.malformed("leaves of different numbers of values")
            }
            tree.values += old.values[start..<start + model.dimension]
            if hasWeights { tree.weights.append(old.weights[Int(nodes.leaves[node])]) }
            nodes.leaves[node] = Int32(truncatingIfNeeded: leaf)
        }
    }

    private mutating func readSymmetricTree() throws(FormatError) {
        var tree = CatBoostModel.TreeData(shape: .symmetric([]), values: [], weights: [])
        var splits: [Int32] = []
        try source.beginObject()
        while let key = try source.nextKey() {
            switch key {
            case "leaf_values": tree.values = try source.doubles()
            case "leaf_weights": tree.weights = try source.doubles()
            case "splits" where source.isAtArray():
                try source.beginArray()
                while try source.hasElement() {
                    guard splits.count < 31 else { throw source.malformed("a tree too deep") }
                    splits.append(try readSplit())
                }
            default: try source.skip()
            }
        }
        tree.shape = .symmetric(splits)
        guard tree.values.count >> splits.count > 0 else {
            throw source.malformed("\(tree.values.count) values of 2^\(splits.count) leaves")
        }
        model.dimension = tree.values.count >> splits.count
        model.trees.append(tree)
    }

    /// The split's position among all of the model.
    private mutating func readSplit() throws(FormatError) -> Int32 {
        var index = -1
        try source.beginObject()
        while let key = try source.nextKey() {
            if key == "split_index" {
                index = try source.integer()
            } else {
                try source.skip()
            }
        }
        guard let split = Int32(exactly: index), split >= 0 else {
            throw source.malformed("split \(index)")
        }
        return split
    }

    /// A node and all below it; its position.
    private mutating func readNode(
        _ nodes: inout CatBoostModel.Nodes,
        _ tree: inout CatBoostModel.TreeData,
        depth: Int
    ) throws(FormatError) -> Int32 {
        guard depth <= Limits.modelNestingMax, nodes.splits.count < 2 * Limits.leavesMax else {
            throw .tooLarge(.catboostJSON, what: "levels", limit: Limits.modelNestingMax)
        }
        let node = nodes.splits.count
        nodes.splits.append(-1)
        nodes.left.append(-1)
        nodes.right.append(-1)
        nodes.leaves.append(-1)
        try source.beginObject()
        while let key = try source.nextKey() {
            switch key {
            case "left": nodes.left[node] = try readNode(&nodes, &tree, depth: depth + 1)
            case "right": nodes.right[node] = try readNode(&nodes, &tree, depth: depth + 1)
            case "split": nodes.splits[node] = try readSplit()
            case "weight": tree.weights.append(try source.double())
            case "value":
                let values = source.isAtArray() ? try source.doubles() : [try source.double()]
                guard !values.isEmpty else { throw source.malformed("a leaf without a value") }
                model.dimension = values.count
                nodes.leaves[node] = Int32(truncatingIfNeeded: tree.values.count / values.count)
                tree.values += values
            default: try source.skip()
            }
        }
        return Int32(truncatingIfNeeded: node)
    }
}

extension Int32 {
    /// The nearest whole number of 32 bits, 0 for NaN.
    init(clamping value: Double) {
        self = value.isNaN ? 0 : Int32(Swift.max(-2_147_483_648, Swift.min(2_147_483_647, value)))
    }
}
