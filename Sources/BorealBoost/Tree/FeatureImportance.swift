extension TreeEnsemble {
    /// How features are ranked.
    public enum Importance: Sendable {
        /// The number of splits that ask the feature.
        case split
        /// The sum of the gains of those splits.
        case gain
    }

    /// The importance of every feature, `[featureCount]`. Splits whose gain is not known count 0
    /// for `gain`.
    public func featureImportance(_ kind: Importance) -> [Double] {
        var importance = [Double](repeating: 0, count: featureCount)
        for tree in trees {
            for node in 0..<tree.innerCount {
                let gain = node < tree.splitGain.count ? tree.splitGain[node] : 0
                let share = kind == .split ? 1 : max(0, gain)
                importance[Int(tree.splitFeature[node])] += share
            }
        }
        return importance
    }
}
