import BorealBase
import BorealGraph

/// Reads an XGBoost model out of JSON or UBJSON, which hold the same members.
///
///     learner
///       attributes            what training and wrappers left, texts
///       feature_names         may be empty, and so may
///       feature_types
///       gradient_booster      name, and
///         model               trees, tree_info, iteration_indptr, cats; or weights of a linear one
///         gbtree              the model again, of DART, beside
///         weight_drop
///       learner_model_param   base_score, num_class, num_feature, num_target: texts
///       objective             name, and parameters that training alone needs
///     version
///
/// A pickled booster has the same below `Model`, and `Config` beside it. Members come in any order;
/// those that are not named here are skipped.
struct XGBoostReader<Source: PullReader> {
    private var source: Source
    private var model: XGBoostModel

    private init(_ source: Source) {
        self.source = source
        model = XGBoostModel(format: source.format)
    }

    /// The model that is the whole document.
    ///
    /// - Throws: `FormatError.malformed`, `.tooLarge`, `.notAModel`.
    static func read(_ source: Source) throws(FormatError) -> XGBoostModel {
        var reader = Self(source)
        try reader.readRoot(isOuter: true)
        try reader.source.finish()
        guard !reader.model.booster.isEmpty else {
            throw .notAModel(source.format, found: "a document without a booster")
        }
        if reader.model.isBefore(1, 7) {
            for index in reader.model.trees.indices {
                reader.model.trees[index].sendUnknownCategoriesByDefault()
            }
        }
        return reader.model
    }

    /// The model, or what a pickled booster holds: `Config` beside `Model`.
    private mutating func readRoot(isOuter: Bool) throws(FormatError) {
        try source.beginObject()
        while let key = try source.nextKey() {
            switch key {
            case "learner": try readLearner()
            case "version": model.version = try source.integers().map { Int($0) }
            case "Model" where isOuter: try readRoot(isOuter: false)
            default: try source.skip()
            }
        }
    }

    private mutating func readLearner() throws(FormatError) {
        try source.beginObject()
        while let key = try source.nextKey() {
            switch key {
            case "attributes": model.attributes = try source.texts()
            case "feature_names":
                model.featureNames = try source.strings(max: Limits.modelFeaturesMax, "features")
            case "feature_types":
                model.featureTypes = try source.strings(max: Limits.modelFeaturesMax, "features")
            case "gradient_booster": try readBooster(isOuter: true)
            case "learner_model_param": try readParameters()
            case "objective": try readObjective()
            default: try source.skip()
            }
        }
    }

    private mutating func readObjective() throws(FormatError) {
        try source.beginObject()
        while let key = try source.nextKey() {
            if key == "name" {
                model.objective = try source.string()
            } else {
                try source.skip()
            }
        }
    }

    private mutating func readParameters() throws(FormatError) {
        let texts = try source.texts()
        if let text = texts["base_score"] { model.baseScores = try baseScores(text) }
        model.featureCount = try count(texts, "num_feature") ?? 0
        model.classCount = try count(texts, "num_class") ?? 0
        model.targetCount = try count(texts, "num_target") ?? 1
        guard model.featureCount <= Limits.modelFeaturesMax else {
            throw .tooLarge(source.format, what: "features", limit: Limits.modelFeaturesMax)
        }
        guard model.scoreCount <= Limits.classesMax else {
            throw .tooLarge(source.format, what: "classes", limit: Limits.classesMax)
        }
    }

    private func count(_ texts: [String: String], _ key: String) throws(FormatError) -> Int? {
        guard let text = texts[key] else { return nil }
        guard let value = Int(text), value >= 0 else {
            throw source.malformed("'\(key)' is '\(text.prefix(40))'")
        }
        return value
    }

    /// `5E-1`, or since 3.1 `[5E-1,2E0]`.
    private func baseScores(_ text: String) throws(FormatError) -> [Float] {
        let list = text.hasPrefix("[") ? text.dropFirst().dropLast() : text[...]
        let words = list.split(separator: ",")
        let values = words.compactMap { Float($0) }
        guard !values.isEmpty, values.count == words.count,
            values.count <= Limits.classesMax
        else { throw source.malformed("'base_score' is '\(text.prefix(40))'") }
        return values
    }

    // MARK: - Booster

    /// - Parameter isOuter: false for the `gbtree` within `dart`.
    private mutating func readBooster(isOuter: Bool) throws(FormatError) {
        try source.beginObject()
        while let key = try source.nextKey() {
            switch key {
            case "name":
                let name = try source.string()
                if isOuter { model.booster = name }
            case "model": try readModel()
            case "gbtree" where isOuter: try readBooster(isOuter: false)
            case "weight_drop": model.treeWeights = try source.floats()
            default: try source.skip()
            }
        }
    }

    private mutating func readModel() throws(FormatError) {
        try source.beginObject()
        while let key = try source.nextKey() {
            switch key {
            case "weights": model.linearWeights = try source.floats()
            case "gbtree_model_param":
                let texts = try source.texts()
                model.parallelTrees = try count(texts, "num_parallel_tree") ?? 1
            case "iteration_indptr": model.roundStarts = try source.integers()
            case "tree_info": model.treeGroups = try source.integers()
            case "trees": try readTrees()
            case "cats": try readCategories()
            default: try source.skip()
            }
        }
    }

    private mutating func readTrees() throws(FormatError) {
        try source.beginArray()
        while try source.hasElement() {
            guard model.trees.count < Limits.treesMax else {
                throw .tooLarge(source.format, what: "trees", limit: Limits.treesMax)
            }
            let start = source.position
            let nodes = try readNodes()
            do throws(XGBoostNodes.Defect) {
                model.trees.append(try nodes.tree())
            } catch {
                let number = model.trees.count
                throw .malformed(
                    source.format,
                    offset: start,
                    reason: "tree \(number): \(error.reason)"
                )
            }
        }
    }

    private mutating func readNodes() throws(FormatError) -> XGBoostNodes {
        var nodes = XGBoostNodes()
        try source.beginObject()
        while let key = try source.nextKey() {
            switch key {
            case "left_children": nodes.leftChildren = try source.integers()
            case "right_children": nodes.rightChildren = try source.integers()
            case "split_indices": nodes.splitIndices = try source.integers()
            case "split_conditions": nodes.splitConditions = try source.floats()
            case "default_left": nodes.defaultLeft = try source.flags()
            case "split_type": nodes.splitTypes = try source.flags()
            case "loss_changes": nodes.lossChanges = try source.floats()
            case "sum_hessian": nodes.sumHessian = try source.floats()
            case "base_weights": nodes.baseWeights = try source.floats()
            case "leaf_weights": nodes.leafWeights = try source.floats()
            case "categories": nodes.categories = try source.integers()
            case "categories_nodes": nodes.categoryNodes = try source.integers()
            case "categories_segments": nodes.categoryStarts = try source.integers()
            case "categories_sizes": nodes.categoryCounts = try source.integers()
            case "tree_param":
                let texts = try source.texts()
                nodes.nodeCount = try count(texts, "num_nodes") ?? -1
                nodes.leafWidth = max(1, try count(texts, "size_leaf_vector") ?? 1)
            default: try source.skip()
            }
        }
        return nodes
    }

    // MARK: - Categories

    /// Since 3.1: the categories that a data frame had, one entry a feature, in code order.
    private mutating func readCategories() throws(FormatError) {
        try source.beginObject()
        while let key = try source.nextKey() {
            guard key == "enc" else {
                try source.skip()
                continue
            }
            try source.beginArray()
            while try source.hasElement() {
                guard model.categories.count < Limits.modelFeaturesMax else {
                    throw .tooLarge(source.format, what: "features", limit: Limits.modelFeaturesMax)
                }
                model.categories.append(try readEncoding())
            }
        }
    }

    /// `offsets` and the bytes of texts, or numbers; nil for features without categories.
    private mutating func readEncoding() throws(FormatError) -> CategoryDictionary.Categories? {
        var offsets: [Int32]?
        var values: [Double] = []
        try source.beginObject()
        while let key = try source.nextKey() {
            switch key {
            case "offsets": offsets = try source.integers()
            case "values": values = try source.doubles()
            default: try source.skip()
            }
        }
        guard let offsets else { return values.isEmpty ? nil : .number(values) }
        guard offsets.count > 1 else { return nil }
        var names: [String] = []
        names.reserveCapacity(offsets.count - 1)
        for (start, end) in zip(offsets, offsets.dropFirst()) {
            guard start >= 0, start <= end, Int(end) <= values.count else {
                throw source.malformed("offsets of categories beyond their text")
            }
            // Bytes are signed in some versions.
            let bytes = values[Int(start)..<Int(end)].map {
                UInt8(truncatingIfNeeded: Int(exactly: $0) ?? 0x3F)
            }
            names.append(String(decoding: bytes, as: UTF8.self))
        }
        return .text(names)
    }
}
