/// Bounds of a graph that concern this target alone; shared ones stand in `Limits`.
public enum GraphLimits {
    /// Categories of one feature.
    public static let categoriesMax = 1 << 24
    /// Rows that operators see at once.
    public static let chunkRowsMax = 1_024
    /// Bytes of intermediate tensors that one thread aims to stay below.
    public static let chunkBytesAim = 4 << 20
    /// Bytes of all results of one `run`.
    public static let resultBytesMax = 8 << 30
    /// Numbers of one explanation of a batch: 1 GiB of them.
    public static let explanationValuesMax = 1 << 27
    /// Bytes of the ways of one row through all trees.
    public static let decisionPathBytesMax = 1 << 20
    /// Bytes of a cell that an error repeats.
    public static let shownValueBytesMax = 64
}
