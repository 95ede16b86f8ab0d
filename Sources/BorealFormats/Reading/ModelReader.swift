/// x
public enum ModelReader {
    static func formatHint(fileName: String) -> ModelFormat { .pickle }
}
