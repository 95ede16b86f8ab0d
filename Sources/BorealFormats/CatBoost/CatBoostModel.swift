import BorealBase
import BorealGraph

/// A CatBoost model as the file says it, before it becomes a graph.
///
/// Features have two numbers: their position in a row, and the one among those of their kind, by
/// which combinations call them. Nothing here is checked against anything else; `CatBoostColumns`
/// and the ensemble's own checks do that.
struct CatBoostModel {
    /// A feature with numbers.
    struct NumberFeature {
        var flatIndex = -1
        /// What combinations call it.
        var index = -1
        var name = ""
        /// Ascending; empty when the model does not ask it.
        var borders: [Float] = []
        /// Whether NaN counts as above every border.
        var nanIsAbove = false
    }

    /// A feature with categories.
    struct CategoryFeature {
        var flatIndex = -1
        var index = -1
        var name = ""
        /// Hashes that splits ask one by one; empty when they do not.
        var values: [Int32] = []
    }

    /// Which statistic is taken of the target.
    enum StatisticKind: String {
        case borders = "Borders"
        case buckets = "Buckets"
        case binarizedMean = "BinarizedTargetMeanValue"
        case mean = "FloatTargetMeanValue"
        case counter = "Counter"
        case frequency = "FeatureFreq"

        /// By its number in the binary format.
        init?(number: Int) {
            let all: [StatisticKind] = [
                .borders, .buckets, .binarizedMean, .mean, .counter, .frequency,
            ]
            guard all.indices.contains(number) else { return nil }
            self = all[number]
        }

        /// Whether a row of the table is a sum and a count.
        var isMean: Bool { self == .mean || self == .binarizedMean }
    }

    /// What is counted together, by the features' own numbers.
    struct Combination: Hashable {
        struct Border: Hashable {
            var feature: Int
            var border: Float
        }
        struct Value: Hashable {
            var feature: Int
            var hash: Int32
        }
        var categories: [Int] = []
        var borders: [Border] = []
        var values: [Value] = []
    }

    /// Names a table.
    struct TableKey: Hashable {
        var combination = Combination()
        var kind = StatisticKind.borders
    }

    /// A feature made of a table.
    struct Statistic {
        var key = TableKey()
        var targetBorder = 0
        var priorNumerator: Float = 0
        var priorDenominator: Float = 1
        var shift: Float = 0
        var scale: Float = 1
        var borders: [Float] = []
    }

    /// What was counted for each combination of categories.
    struct Table {
        /// Rows by the hash of the combination.
        var index: [UInt64: Int32] = [:]
        /// `[rows][width]` counts, or empty.
        var counts: [Int32] = []
        /// Numbers of a row of `counts`.
        var width = 1
        /// `[rows]` sums and counts of means, or empty.
        var sums: [Float] = []
        var denominator: Int32 = 0
    }

    /// One tree, its nodes in any order.
    struct Nodes {
        /// Of all splits of the model; -1 for leaves.
        var splits: [Int32] = []
        var left: [Int32] = []
        var right: [Int32] = []
        /// Of nodes that are leaves: the leaf's number.
        var leaves: [Int32] = []
    }

    enum Shape {
        /// The split of each bit of a leaf's number, the lowest first.
        case symmetric([Int32])
        case nodes(Nodes)
    }

    struct TreeData {
        var shape: Shape
        /// `[leaves][dimension]`
        var values: [Double]
        /// `[leaves]`, or empty.
        var weights: [Double]
    }

    var format: ModelFormat
    var dimension = 1
    var numbers: [NumberFeature] = []
    var categories: [CategoryFeature] = []
    var statistics: [Statistic] = []
    var tables: [TableKey: Table] = [:]
    var trees: [TreeData] = []
    var scale = 1.0
    /// `[dimension]`, one for all, or empty.
    var bias: [Double] = []
    /// The loss function's name.
    var loss = ""
    /// The loss function with its parameters, as users write it.
    var objective = ""
    /// Class names, in class order; empty for no classifier.
    var classes: [String] = []
    /// `Integer`, `String`, `Float`, `Boolean`.
    var classType = "Integer"
    /// The class of the Python object, when the file tells.
    var estimator: String?

    func malformed(_ reason: String) -> FormatError {
        .malformed(format, offset: 0, reason: reason)
    }

    /// Features of a row.
    var featureCount: Int {
        let greatest = max(
            numbers.reduce(-1) { max($0, $1.flatIndex) },
            categories.reduce(-1) { max($0, $1.flatIndex) }
        )
        return greatest + 1
    }
}
