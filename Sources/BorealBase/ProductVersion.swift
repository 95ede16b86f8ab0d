/// What this build calls itself.
public enum ProductVersion {
    /// Major, minor and patch.
    public static let text = "0.1.0"
}
