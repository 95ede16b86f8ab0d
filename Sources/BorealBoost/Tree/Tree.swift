/// One decision tree as parallel arrays, in the order and with the meaning of LightGBM's text
/// format.
///
/// It is the exchange form: trainers end in it, importers fill it, exporters read it. It is *not*
/// what predictions walk: an ensemble is compiled into a kernel first.
///
/// An inner node `i` sends a row to `leftChild[i]` or `rightChild[i]`; a child `c >= 0` is an inner
/// node, a child `c < 0` is leaf `~c`. A tree with one leaf has no inner node at all.
public struct Tree: Equatable, Sendable {
    /// How an inner node treats a missing value.
    public enum Missing: UInt8, Sendable {
        /// NaN is read as zero.
        case none = 0
        /// Zero (|x| <= 1e-35) and NaN are missing.
        case zero = 1
        /// NaN is missing.
        case nan = 2
    }

    /// `[innerCount]`: the feature asked, counted from 0.
    public var splitFeature: [Int32] = []
    /// `[innerCount]`: numeric nodes go left when `value <= threshold`; categorical nodes hold the
    /// index of their category set.
    public var threshold: [Double] = []
    /// `[innerCount]`: bit 0 categorical, bit 1 missing goes left, bits 2-3 `Missing`. A
    /// categorical node sends NaN to the left only with bit 1.
    public var decisionType: [UInt8] = []
    /// `[innerCount]`
    public var leftChild: [Int32] = []
    /// `[innerCount]`
    public var rightChild: [Int32] = []
    /// `[leafCount * leafWidth]`: what a row in the leaf adds to the raw score, or to each of them,
    /// shrinkage included.
    public var leafValue: [Double] = [0]
    /// `[innerCount]`: the gain of the split, for importances.
    public var splitGain: [Double] = []
    /// `[innerCount]`: output the node would have as a leaf.
    public var internalValue: [Double] = []
    /// `[innerCount]`: sum of hessians of the node's rows.
    public var internalWeight: [Double] = []
    /// `[innerCount]`: rows of the node.
    public var internalCount: [Int64] = []
    /// `[leafCount]`: sum of hessians of the leaf's rows.
    public var leafWeight: [Double] = []
    /// `[leafCount]`: rows of the leaf.
    public var leafCount: [Int64] = []
    /// `[categorySetCount + 1]`: where each category set begins in `categoryBits`.
    public var categoryBoundaries: [Int32] = []
    /// Bit `c % 32` of word `c / 32` of a set is set when category `c` goes left.
    public var categoryBits: [UInt32] = []
    /// The learning rate that is already part of the leaf values.
    public var shrinkage = 1.0
    /// Linear models in the leaves; nil for constant leaves.
    public var linear: LinearLeaves?

    /// A tree of one leaf that answers 0.
    public init() {}

    /// Leaves of the tree, at least 1.
    public var leafTotal: Int { innerCount + 1 }
    /// Splits of the tree.
    public var innerCount: Int { splitFeature.count }

    /// A linear model per leaf: `constant + sum(coefficient * feature)`, or the leaf's value when
    /// one of its features is missing.
    public struct LinearLeaves: Equatable, Sendable {
        /// `[leafCount]`
        public var constants: [Double]
        /// `[leafCount]`, each as long as the leaf's features.
        public var coefficients: [[Double]]
        /// `[leafCount]`: features of the leaf's model, counted from 0.
        public var features: [[Int32]]

        /// - Parameters: see the stored properties; all of the same length.
        public init(constants: [Double], coefficients: [[Double]], features: [[Int32]]) {
            self.constants = constants
            self.coefficients = coefficients
            self.features = features
        }
    }
}
