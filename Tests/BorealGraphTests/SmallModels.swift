import BorealBase
import BorealBoost

@testable import BorealGraph

/// Ensembles small enough to answer by hand.
enum SmallModels {
    /// `x[feature] <= threshold ? left : right`; NaN goes left.
    static func stump(_ feature: Int32, _ threshold: Double, _ left: Double, _ right: Double)
        -> Tree
    {
        var tree = Tree()
        tree.splitFeature = [feature]
        tree.threshold = [threshold]
        tree.decisionType = [2 | 8]
        tree.leftChild = [~0]
        tree.rightChild = [~1]
        tree.leafValue = [left, right]
        tree.splitGain = [Double(feature) + 1]
        return tree
    }

    /// Two features, one score: 1 or 2 for x0, plus 10 or 20 for x1.
    static func regression(link: ScoreLink = .identity, isAveraged: Bool = false) throws
        -> ModelGraph
    {
        try ModelGraph(
            BoostedModel(
                ensemble: TreeEnsemble(
                    trees: [stump(0, 0, 1, 2), stump(1, 0.5, 10, 20)],
                    scoresPerRow: 1,
                    featureCount: 2,
                    isAveraged: isAveraged
                ),
                inputs: [GraphInput(name: "x0"), GraphInput(name: "x1")],
                link: link,
                task: .regression
            )
        )
    }

    /// One feature, three classes: the class is 0 at or below 0, else 2.
    static func classifier(labels: Labels?, answersLabel: Bool = true) throws -> ModelGraph {
        try ModelGraph(
            BoostedModel(
                ensemble: TreeEnsemble(
                    trees: [stump(0, 0, 3, 1), stump(0, 0, 2, 2), stump(0, 0, 1, 3)],
                    scoresPerRow: 3,
                    featureCount: 1
                ),
                inputs: [GraphInput(name: "x")],
                link: .softmax,
                task: .multiclass,
                labels: labels,
                answersLabel: answersLabel
            )
        )
    }

    /// A column of text, nil for NULL.
    static func text(_ name: String, _ values: [String?], _ kind: ColumnType.Kind = .varchar)
        -> Column
    {
        var bytes = ByteColumn()
        var validity = Validity()
        for value in values {
            bytes.append(value ?? "")
            validity.append(isNull: value == nil)
        }
        return Column(
            name: name,
            type: ColumnType(kind),
            storage: .bytes(bytes),
            validity: validity
        )
    }

    /// A column without NULL.
    static func column(_ name: String, _ storage: Column.Storage, count: Int) -> Column {
        Column(name: name, type: .double, storage: storage, validity: Validity(allValid: count))
    }
}
