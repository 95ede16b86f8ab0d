/// Bounds that only the registry needs.
public enum CatalogLimits {
    /// Bytes of a COMMENT.
    public static let commentBytesMax = 1_024
    /// Bytes of the name of a token.
    public static let tokenNameBytesMax = 64
    /// Tokens of one account.
    public static let tokensPerAccountMax = 1_000
    /// Versions of one model.
    public static let versionsMax = 10_000
    /// Bytes of the name of an upload.
    public static let uploadNameBytesMax = 200
    /// Writers whose changes share one commit.
    public static let groupCommitMax = 64
    /// Seconds after which an upload that nobody used is swept.
    public static let uploadIdleSeconds: Int64 = 86_400
    /// Connectors, or model groups, of the REST contract.
    public static let documentsPerKindMax = 10_000
    /// Tasks of the REST contract that are kept; the oldest go.
    public static let documentTasksMax = 10_000
    /// Problems that one check lists before it only counts.
    public static let problemsMax = 1_000
}
