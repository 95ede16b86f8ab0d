import BorealBase
import BorealBoost
import BorealGraph

/// An XGBoost model as the file says it, before it becomes a graph.
struct XGBoostModel {
    /// The container.
    var format: ModelFormat
    /// Major, minor, patch; empty in files before 1.0.
    var version: [Int] = []
    /// `gbtree`, `dart` or `gblinear`.
    var booster = ""
    /// The objective's name.
    var objective = ""
    /// As users give it: in the space of the answers; one for each score, or one for all.
    var baseScores: [Float] = [0.5]
    /// True for files before 1.0, whose base score is a raw score.
    var baseScoreIsRaw = false
    var featureCount = 0
    /// 0 but for several classes.
    var classCount = 0
    /// Targets, or quantiles of one.
    var targetCount = 1
    /// Empty when the file names none.
    var featureNames: [String] = []
    /// `float`, `int`, `c`, ...; empty when the file tells none.
    var featureTypes: [String] = []
    /// `[featureCount]`, or empty: the categories of the data frame it was trained on.
    var categories: [CategoryDictionary.Categories?] = []
    var trees: [XGBoostTree] = []
    /// `[trees.count]`: the score each tree adds to.
    var treeGroups: [Int32] = []
    /// `[rounds + 1]`: where the trees of each round begin; empty in files before 2.0.
    var roundStarts: [Int32] = []
    /// Trees of a forest that a round adds for each score.
    var parallelTrees = 1
    /// `[trees.count]`: what DART multiplies trees with; empty without it.
    var treeWeights: [Float] = []
    /// `[featureCount + 1][scores]`, the bias last: a linear model.
    var linearWeights: [Float] = []
    /// Names and values that training and wrappers left.
    var attributes: [String: String] = [:]

    /// Whether the file was written by a version before this one.
    func isBefore(_ major: Int, _ minor: Int = 0) -> Bool {
        (version.first ?? 0, version.count > 1 ? version[1] : 0) < (major, minor)
    }

    /// Raw scores of a row.
    var scoreCount: Int { max(1, classCount > 1 ? classCount : targetCount) }

    /// Numbers of a leaf: 1, or one for each score.
    var leafWidth: Int { trees.first?.leafWidth ?? 1 }

    /// Keeps the first rounds, which is what a wrapper with a best iteration predicts with.
    mutating func keepRounds(_ count: Int) {
        guard count > 0, booster != "gblinear" else { return }
        var kept = Int.max
        if roundStarts.count > 1 {
            kept = count < roundStarts.count ? Int(roundStarts[count]) : .max
        } else {
            let perRound = max(1, parallelTrees).multipliedReportingOverflow(
                by: leafWidth > 1 ? 1 : scoreCount
            )
            let product = count.multipliedReportingOverflow(by: perRound.partialValue)
            if !perRound.overflow, !product.overflow { kept = product.partialValue }
        }
        keepTrees((kept, false))
    }

    /// Keeps the first trees.
    ///
    /// - Parameter count: and whether that is more than can be counted.
    mutating func keepTrees(_ count: (partialValue: Int, overflow: Bool)) {
        let kept = count.partialValue
        guard !count.overflow, kept >= 0, kept < trees.count else { return }
        trees.removeSubrange(kept...)
        treeGroups.removeSubrange(min(kept, treeGroups.count)...)
        if !treeWeights.isEmpty { treeWeights.removeSubrange(min(kept, treeWeights.count)...) }
    }

    /// What is wrong with the file as a whole.
    func malformed(_ reason: String) -> FormatError {
        .malformed(format, offset: 0, reason: reason)
    }
}

/// One tree as the file lists it: a node an entry, its children by their positions.
struct XGBoostTree {
    /// The tree in the form that graphs take.
    var tree: Tree
    /// `[leaves]`: the nodes of the file that are the tree's leaves; what the library calls them.
    var leafNodes: [Int32]
    /// Numbers of a leaf.
    var leafWidth: Int
}

extension XGBoostModel {
    /// Reads a model in one of the library's own formats.
    ///
    /// - Throws: as the reader of the format.
    init(reading bytes: [UInt8], format: ModelFormat) throws(FormatError) {
        switch format {
        case .xgboostBinary: self = try XGBoostBinaryReader.read(bytes)
        case .xgboostUBJSON:
            self = try bytes.withRawBytes { bytes throws(FormatError) in
                try XGBoostReader.read(UBJSONPullReader(bytes, format: format))
            }
        default:
            self = try bytes.withRawBytes { bytes throws(FormatError) in
                try XGBoostReader.read(JSONPullReader(bytes, format: format))
            }
        }
    }
}
