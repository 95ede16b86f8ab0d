import BorealBoost

/// Writes one `Tree=` block, its lines in LightGBM's order.
struct LightGBMTreeWriter {
    let tree: Tree

    func write(_ index: Int, into text: ExportSink) {
        let sets = max(0, tree.categoryBoundaries.count - 1)
        text.line("Tree", [index])
        text.line("num_leaves", [tree.leafTotal])
        text.line("num_cat", [sets])
        text.line("split_feature", tree.splitFeature)
        text.optionalLine("split_gain", tree.splitGain)
        text.line("threshold", thresholds)
        text.line("decision_type", tree.decisionType)
        text.line("left_child", tree.leftChild)
        text.line("right_child", tree.rightChild)
        text.line("leaf_value", tree.leafValue)
        text.optionalLine("leaf_weight", tree.leafWeight)
        text.optionalLine("leaf_count", tree.leafCount)
        text.optionalLine("internal_value", tree.internalValue)
        text.optionalLine("internal_weight", tree.internalWeight)
        text.optionalLine("internal_count", tree.internalCount)
        if sets > 0 {
            text.line("cat_boundaries", tree.categoryBoundaries)
            text.line("cat_threshold", tree.categoryBits)
        }
        text.line("is_linear", [tree.linear == nil ? 0 : 1])
        if let linear = tree.linear { write(linear, into: text) }
        text.line("shrinkage", [tree.shrinkage])
        text.append("\n\n")
    }

    /// Positions of category sets are printed as the whole numbers they are.
    private var thresholds: [String] {
        tree.threshold.indices.map { node in
            let value = tree.threshold[node]
            return tree.decisionType[node] & 1 == 1 ? String(Int(value)) : value.description
        }
    }

    private func write(_ linear: Tree.LinearLeaves, into text: ExportSink) {
        text.line("leaf_const", linear.constants)
        text.line("num_features", linear.features.map(\.count))
        text.line("leaf_features", linear.features.map { Self.joined($0) })
        text.line("leaf_coeff", linear.coefficients.map { Self.joined($0) })
    }

    /// LightGBM's form: the numbers of a leaf with a blank behind each.
    private static func joined<Number: CustomStringConvertible>(_ values: [Number]) -> String {
        values.map { $0.description + " " }.joined()
    }
}
