import BorealBase
import BorealBoost

/// A LightGBM text model as the file says it, before it becomes a graph.
struct LightGBMText {
    /// `v2`, `v3` or `v4`.
    var version = ""
    /// Classes, 1 for everything but multiclass.
    var classCount = 1
    /// Features of a row.
    var featureCount = 0
    /// `[featureCount]`
    var featureNames: [String] = []
    /// `[featureCount]`: a range `[a:b]`, a list of categories `1:2:3`, or `none`.
    var featureInfos: [Substring] = []
    /// The objective line, absent for custom objectives.
    var objective: String?
    /// True when `average_output` stands in the header.
    var isAveraged = false
    /// In boosting order.
    var trees: [Tree] = []
    /// The `[name: value]` lines of the parameters section.
    var parameters: [(name: String, value: String)] = []
    /// Lists of categories, one for each pandas category column.
    var pandasCategorical: JSON?
    /// What Boreal wrote about the model.
    var meta: JSON?

    /// A parameter's value, when it is there and not empty.
    func parameter(_ name: String) -> String? {
        parameters.last { $0.name == name }.flatMap { $0.value.isEmpty ? nil : $0.value }
    }

    /// The trees as an ensemble.
    var ensemble: TreeEnsemble {
        TreeEnsemble(
            trees: trees,
            scoresPerRow: classCount,
            featureCount: featureCount,
            isAveraged: isAveraged
        )
    }
}
