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
    /// Estimators looked through for the names and number of features.
    public static let estimatorsSearchedMax = 1_000
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
    /// Elements of an XML file.
    public static let xmlNodesMax = 1 << 24
    /// Attributes of one XML element.
    public static let xmlAttributesMax = 256
    /// Bytes of the name of an XML element or attribute.
    public static let xmlNameBytesMax = 1_000
    /// Steps and numbers of the program that a PMML file becomes.
    public static let programStepsMax = 1 << 21
    /// Numbers that one row of such a program may need.
    public static let programSlotsMax = 1 << 18
    /// Cells of all tables of such a program.
    public static let programCellsMax = 1 << 25
    /// Nested expressions, predicates or models of a PMML file.
    public static let programNestingMax = 128
    /// Outputs that the models of a PMML file declare.
    public static let programOutputsMax = 10_000
    /// Bytes of text that functions of text may make of the strings of a PMML file.
    public static let programTextBytesMax = 64 << 20
    /// States of a regular expression times characters that it is tried on.
    public static let patternWorkMax = 1 << 27
    /// States of a regular expression.
    public static let patternStatesMax = 10_000
    /// Rows of a model's own verification that are looked at.
    public static let verificationRowsMax = 1_000
    /// Elements of all tensors of an ONNX graph together, one row of each.
    public static let onnxElementsMax = 1 << 25
    /// Numbers of all weights of a network.
    public static let networkElementsMax = 1 << 26
    /// Lines of TorchScript that are followed from `forward` on.
    public static let scriptLinesMax = 100_000
    /// Nodes of an ONNX graph.
    public static let onnxNodesMax = 1 << 17
}
