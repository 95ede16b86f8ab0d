/// Bounds of reading model files that concern this target alone; shared ones stand in `Limits`.
public enum FormatLimits {
    /// Values on a pickle's stack at once.
    public static let pickleStackMax = 1 << 20
    /// Open MARKs of a pickle.
    public static let pickleMarksMax = 10_000
    /// Values a pickle may make.
    public static let pickleValuesMax = 1 << 25
    /// Slots of a pickle's memo.
    public static let pickleMemoMax = 1 << 24
    /// Pickles within a pickle (arrays of objects in joblib files).
    public static let pickleNestingMax = 4
    /// Dimensions of a NumPy array.
    public static let arrayDimensionsMax = 32
    /// Parts of a record in a NumPy array.
    public static let recordFieldsMax = 64
    /// Elements of a sparse matrix that is read as a full one.
    public static let denseElementsMax = 1 << 26
    /// Estimators within estimators.
    public static let estimatorNestingMax = 24
    /// Estimators of one model, each counted as often as it is used.
    public static let estimatorsMax = 100_000
    /// Bytes of one line of a LightGBM text.
    public static let textLineBytesMax = 256 << 20
    /// Header lines before the first tree.
    public static let headerLinesMax = 10_000
    /// Wrappings of compression around one model.
    public static let compressionLayersMax = 2
    /// Unpacked bytes for each packed one, above `ratioFreeBytes`.
    public static let compressionRatioMax = 100
    /// Unpacked bytes up to which the ratio does not count.
    public static let ratioFreeBytes = 64 << 20
    /// Bytes looked through for a format's signature.
    public static let signatureBytesMax = 64 << 10
}
