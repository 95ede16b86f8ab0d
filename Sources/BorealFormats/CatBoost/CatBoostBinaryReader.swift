import BorealBase

/// Reads CatBoost's own format: `CBM1`, a FlatBuffers document with trees and features, then the
/// tables of statistics, a FlatBuffers document each.
///
///     CBM1
///     length            32 bits; all ones and then 64 bits where that is not enough
///     core
///       0 version       FlabuffersModel_v1, which is how it is spelt
///       1 trees
///         0 dimension   scores of a row
///         1 splits      of all trees, one behind the other
///         2 sizes       splits, or nodes, of each tree
///         4 categories  0 index, 1 position in a row, 2 name
///         5 numbers     1 index, 2 position in a row, 3 borders, 4 name, 5 what NaN is
///         6 values      0 index of a category, 1 hashes that are asked one by one
///         7 statistics  0 what is counted and how, 1 borders
///         8 leaf values, 9 leaf weights
///         10 steps      of trees whose sides differ: the distance to either child, 16 bits each
///         11 leaves     and where each node's own value begins
///         14 scale, 15 bias, 16 one bias a score
///         12, 13, 18    features of text and embeddings, which are refused
///       2 information   names and texts; `params` and `class_params` are JSON
///       3 parts         what follows: `static_provider_v1` for the tables
///     tables            their number
///       length, table   0 what is counted, 1 buckets, 2 rows, 3 denominator, 4 classes
///
/// A bucket is a hash of 64 bits and a row of 32; a hash of all ones is a free one. The file's own
/// order of buckets is not relied on: a table without a free bucket would be searched for ever.
struct CatBoostBinaryReader {
    private let bytes: UnsafeRawBufferPointer
    private var position = 4
    private var model = CatBoostModel(format: .catboostCBM)

    /// - Throws: `FormatError.malformed`, `.tooLarge`, `.unsupportedFormat`, `.unsupportedVersion`.
    static func read(_ bytes: [UInt8]) throws(FormatError) -> CatBoostModel {
        try bytes.withRawBytes { bytes throws(FormatError) in
            var reader = Self(bytes: bytes)
            try reader.read()
            return reader.model
        }
    }

    private init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    private func malformed(_ reason: String) -> FormatError {
        .malformed(.catboostCBM, offset: position, reason: reason)
    }

    /// A length of 32 bits, or of 64 behind the greatest of 32.
    private mutating func length(_ what: String) throws(FormatError) -> Int {
        guard bytes.count - position >= 4 else { throw malformed("\(what): the file ends early") }
        let short = UInt32(
            littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self)
        )
        position += 4
        guard short == .max else { return Int(short) }
        guard bytes.count - position >= 8 else { throw malformed("\(what): the file ends early") }
        let long = UInt64(
            littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)
        )
        position += 8
        guard let length = Int(exactly: long) else { throw malformed("\(what) of \(long) bytes") }
        return length
    }

    /// A document with its length before it.
    private mutating func document(_ what: String) throws(FormatError) -> FlatTable {
        let size = try length(what)
        guard size <= bytes.count - position else {
            throw malformed("\(what) of \(size) bytes, \(bytes.count - position) are left")
        }
        let part = UnsafeRawBufferPointer(rebasing: bytes[position..<position + size])
        defer { position += size }
        return try FlatTable(root: part, start: position)
    }

    private mutating func read() throws(FormatError) {
        guard bytes.count > 8, bytes.starts(with: Array("CBM1".utf8)) else {
            throw .malformed(.catboostCBM, offset: 0, reason: "the mark 'CBM1' is missing")
        }
        let core = try document("a model")
        // The library spells its version like this.
        let version = try core.text(0)
        guard version == "FlabuffersModel_v1" else {
            throw .unsupportedVersion(.catboostCBM, version: String(version.prefix(40)))
        }
        guard let trees = try core.table(1) else { throw malformed("no trees") }
        try readInfo(core)
        try readFeatures(trees)
        try readTrees(trees)
        for part in try core.texts(3) {
            guard part == "static_provider_v1" else {
                throw .unsupportedFormat(.catboostCBM, detail: "part '\(part.prefix(40))'")
            }
            try readTables()
        }
    }

    private mutating func readInfo(_ core: FlatTable) throws(FormatError) {
        var texts: [(name: String, text: [UInt8])] = []
        try core.forEachTable(2) { entry throws(FormatError) in
            texts.append((try entry.text(0), Array(try entry.data(1))))
        }
        for (name, text) in texts { try model.readInfo(name, text) }
    }

    // MARK: - Features

    private mutating func readFeatures(_ trees: FlatTable) throws(FormatError) {
        var numbers: [CatBoostModel.NumberFeature] = []
        try trees.forEachTable(5) { table throws(FormatError) in
            var feature = CatBoostModel.NumberFeature()
            feature.index = try table.int32(1, -1)
            feature.flatIndex = try table.int32(2, -1)
            feature.borders = try table.floats(3)
            feature.name = try table.text(4)
            feature.nanIsAbove = try table.byte(5) == 2
            numbers.append(feature)
        }
        var categories: [CatBoostModel.CategoryFeature] = []
        try trees.forEachTable(4) { table throws(FormatError) in
            var feature = CatBoostModel.CategoryFeature()
            feature.index = try table.int32(0, -1)
            feature.flatIndex = try table.int32(1, -1)
            feature.name = try table.text(2)
            categories.append(feature)
        }
        var values: [(index: Int, hashes: [Int32])] = []
        try trees.forEachTable(6) { table throws(FormatError) in
            values.append((try table.int32(0, -1), try table.int32s(1)))
        }
        model.numbers = numbers
        model.categories = try Self.ordered(categories, values)
        try readStatistics(trees)
        for field in [12, 13, 18] {
            var count = 0
            try trees.forEachTable(field) { _ throws(FormatError) in count += 1 }
            guard count == 0 else {
                throw .unsupportedFormat(.catboostCBM, detail: "features of text and embeddings")
            }
        }
    }

    /// Splits are numbered in the order in which values are listed, not in that of the features.
    private static func ordered(
        _ categories: [CatBoostModel.CategoryFeature],
        _ values: [(index: Int, hashes: [Int32])]
    ) throws(FormatError) -> [CatBoostModel.CategoryFeature] {
        var rest = categories
        var result: [CatBoostModel.CategoryFeature] = []
        for (index, hashes) in values {
            guard let place = rest.firstIndex(where: { $0.index == index }) else {
                throw .malformed(.catboostCBM, offset: 0, reason: "values of category \(index)")
            }
            var feature = rest.remove(at: place)
            feature.values = hashes
            result.append(feature)
        }
        return result + rest
    }

    private mutating func readStatistics(_ trees: FlatTable) throws(FormatError) {
        var statistics: [CatBoostModel.Statistic] = []
        try trees.forEachTable(7) { table throws(FormatError) in
            var statistic = CatBoostModel.Statistic()
            statistic.borders = try table.floats(1)
            guard let ctr = try table.table(0), let base = try ctr.table(0) else {
                throw table.malformed("a statistic of nothing")
            }
            statistic.key = try Self.key(base)
            statistic.targetBorder = try ctr.int32(1, 0)
            statistic.priorNumerator = try ctr.float(2, 0)
            statistic.priorDenominator = try ctr.float(3, 1)
            statistic.shift = try ctr.float(4, 0)
            statistic.scale = try ctr.float(5, 1)
            statistics.append(statistic)
        }
        model.statistics = statistics
    }

    /// What is counted, of which kind.
    private static func key(_ base: FlatTable) throws(FormatError) -> CatBoostModel.TableKey {
        var key = CatBoostModel.TableKey()
        let number = try base.byte(1)
        guard let kind = CatBoostModel.StatisticKind(number: number) else {
            throw base.malformed("a statistic of kind \(number)")
        }
        key.kind = kind
        guard let combination = try base.table(0) else { return key }
        key.combination.categories = try combination.int32s(0).map { Int($0) }
        key.combination.borders = try combination.pairs(1).map {
            .init(feature: Int($0.0), border: Float(bitPattern: UInt32(bitPattern: $0.1)))
        }
        key.combination.values = try combination.pairs(2).map {
            .init(feature: Int($0.0), hash: $0.1)
        }
        return key
    }

    // MARK: - Tables

    private mutating func readTables() throws(FormatError) {
        let count = try length("tables")
        guard count <= (bytes.count - position) / 4 else { throw malformed("\(count) tables") }
        for _ in 0..<count {
            let document = try document("a table")
            guard let base = try document.table(0) else {
                throw document.malformed("a table of nothing")
            }
            let key = try Self.key(base)
            model.tables[key] = try Self.table(document, key.kind)
        }
    }

    /// Buckets of a hash and a row; then the rows.
    private static func table(
        _ document: FlatTable,
        _ kind: CatBoostModel.StatisticKind
    ) throws(FormatError) -> CatBoostModel.Table {
        var table = CatBoostModel.Table()
        let buckets = try document.data(1)
        let blob = try document.data(2)
        table.denominator = Int32(truncatingIfNeeded: try document.int32(3, 0))
        let classes = try document.int32(4, 0)
        func word(_ index: Int) -> Int32 {
            Int32(littleEndian: blob.loadUnaligned(fromByteOffset: 4 * index, as: Int32.self))
        }
        let words = blob.count / 4
        if kind.isMean {
            table.sums = (0..<words / 2).map { Float(bitPattern: UInt32(bitPattern: word(2 * $0))) }
            table.counts = (0..<words / 2).map { word(2 * $0 + 1) }
        } else {
            table.counts = (0..<words).map(word)
            if kind == .borders || kind == .buckets { table.width = classes }
        }
        guard (1...Limits.classesMax).contains(table.width) else {
            throw document.malformed("a table of \(classes) classes")
        }
        let rows = table.counts.count / table.width
        table.index.reserveCapacity(min(rows, buckets.count / 12))
        for bucket in 0..<buckets.count / 12 {
            let hash = UInt64(
                littleEndian: buckets.loadUnaligned(fromByteOffset: 12 * bucket, as: UInt64.self)
            )
            guard hash != .max else { continue }
            let row = UInt32(
                littleEndian: buckets.loadUnaligned(
                    fromByteOffset: 12 * bucket + 8,
                    as: UInt32.self
                )
            )
            guard row < rows else { throw document.malformed("row \(row) of \(rows)") }
            // Of equal hashes the first is found.
            if table.index[hash] == nil { table.index[hash] = Int32(truncatingIfNeeded: row) }
        }
        return table
    }

    // MARK: - Trees

    private mutating func readTrees(_ trees: FlatTable) throws(FormatError) {
        model.dimension = try trees.int32(0, 0)
        guard (1...Limits.classesMax).contains(model.dimension) else {
            throw trees.malformed("\(model.dimension) scores")
        }
        model.scale = try trees.double(14, 1)
        model.bias = try trees.doubles(16)
        if model.bias.isEmpty { model.bias = [try trees.double(15, 0)] }
        let splits = try trees.int32s(1)
        let sizes = try trees.int32s(2)
        guard sizes.count <= Limits.treesMax else {
            throw .tooLarge(.catboostCBM, what: "trees", limit: Limits.treesMax)
        }
        var values = Values(
            values: try trees.doubles(8),
            weights: try trees.doubles(9),
            steps: try trees.int32s(10),
            leafOf: try trees.int32s(11)
        )
        var first = 0
        for (number, size) in sizes.enumerated() {
            guard size >= 0, Int(size) <= splits.count - first else {
                throw trees.malformed("tree \(number) of \(size) splits")
            }
            let own = Array(splits[first..<first + Int(size)])
            if values.steps.isEmpty {
                model.trees.append(try symmetric(own, &values, trees, number))
            } else {
                model.trees.append(try nodes(own, first, &values, trees, number))
            }
            first += Int(size)
        }
    }

    /// The numbers of all trees, and how far they are given out.
    private struct Values {
        let values: [Double]
        let weights: [Double]
        /// Of trees whose sides differ: how far on the children of each node are, 16 bits each.
        let steps: [Int32]
        /// And the first value of each node that is a leaf.
        let leafOf: [Int32]
        var next = 0
        var nextWeight = 0
    }

    private func symmetric(
        _ splits: [Int32],
        _ all: inout Values,
        _ trees: FlatTable,
        _ number: Int
    ) throws(FormatError) -> CatBoostModel.TreeData {
        guard splits.count <= 20 else { throw trees.malformed("tree \(number) is too deep") }
        let leaves = 1 << splits.count
        let (count, overflow) = leaves.multipliedReportingOverflow(by: model.dimension)
        guard !overflow, count <= all.values.count - all.next else {
            throw trees.malformed("tree \(number) has not \(count) values of leaves")
        }
        var tree = CatBoostModel.TreeData(
            shape: .symmetric(splits),
            values: Array(all.values[all.next..<all.next + count]),
            weights: []
        )
        all.next += count
        if leaves <= all.weights.count - all.nextWeight {
            tree.weights = Array(all.weights[all.nextWeight..<all.nextWeight + leaves])
            all.nextWeight += leaves
        }
        return tree
    }

    /// A side of a node that leads nowhere is a leaf of the node's own.
    private func nodes(
        _ splits: [Int32],
        _ first: Int,
        _ all: inout Values,
        _ trees: FlatTable,
        _ number: Int
    ) throws(FormatError) -> CatBoostModel.TreeData {
        let count = splits.count
        guard count > 0, first + count <= all.steps.count, first + count <= all.leafOf.count else {
            throw trees.malformed("tree \(number) of \(count) nodes")
        }
        var nodes = CatBoostModel.Nodes()
        nodes.splits = splits
        nodes.left = [Int32](repeating: -1, count: count)
        nodes.right = nodes.left
        nodes.leaves = nodes.left
        var starts: [Int] = []
        /// Makes a leaf of a node's value; `at` is the node in the result.
        func leaf(_ node: Int, at place: Int) throws(FormatError) {
            let start = Int(UInt32(bitPattern: all.leafOf[first + node]))
            guard start % model.dimension == 0, start + model.dimension <= all.values.count else {
                throw trees.malformed("tree \(number), node \(node): value \(start)")
            }
            nodes.leaves[place] = Int32(truncatingIfNeeded: starts.count)
            starts.append(start)
        }
        for node in 0..<count {
            let step = UInt32(bitPattern: all.steps[first + node])
            let sides = [Int(step & 0xFFFF), Int(step >> 16)]
            guard sides != [0, 0] else {
                try leaf(node, at: node)
                continue
            }
            for (side, distance) in sides.enumerated() {
                var child = node + distance
                guard child < count else {
                    throw trees.malformed("tree \(number), node \(node): child \(child)")
                }
                if distance == 0 {
                    child = nodes.splits.count
                    nodes.splits.append(-1)
                    nodes.left.append(-1)
                    nodes.right.append(-1)
                    nodes.leaves.append(-1)
                    try leaf(node, at: child)
                }
                if side == 0 {
                    nodes.left[node] = Int32(truncatingIfNeeded: child)
                } else {
                    nodes.right[node] = Int32(truncatingIfNeeded: child)
                }
            }
        }
        return tree(nodes, starts, all)
    }

    /// Leaves get the numbers that they have among the values of the tree.
    private func tree(
        _ nodes: CatBoostModel.Nodes,
        _ starts: [Int],
        _ all: Values
    ) -> CatBoostModel.TreeData {
        var nodes = nodes
        let least = starts.min() ?? 0
        let greatest = starts.max() ?? 0
        let isDense = (greatest - least) / model.dimension + 1 == starts.count
        var tree = CatBoostModel.TreeData(shape: .symmetric([]), values: [], weights: [])
        let order = isDense ? starts.sorted() : starts
        for start in order {
            tree.values += all.values[start..<start + model.dimension]
            let leaf = start / model.dimension
            if leaf < all.weights.count { tree.weights.append(all.weights[leaf]) }
        }
        if isDense {
            for node in nodes.leaves.indices where nodes.leaves[node] >= 0 {
                let start = starts[Int(nodes.leaves[node])]
                nodes.leaves[node] = Int32(truncatingIfNeeded: (start - least) / model.dimension)
            }
        }
        tree.shape = .nodes(nodes)
        return tree
    }
}
