/// Bounds of explanations, checked before memory is taken.
public enum ExplanationLimits {
    /// Splits on a path.
    public static let depthMax = 4_096
    /// Different features on a path; the work of a split grows with half their number.
    public static let pathFeaturesMax = 1_024
    /// Numbers in one answer that is made here: 1 GiB of them.
    public static let valuesMax = 1 << 27
    /// Repeats of a permutation.
    public static let repeatsMax = 1_000
    /// Points of one feature in a partial dependence.
    public static let gridPointsMax = 10_000
}
