/// An immutable file by its content: the row of a version or task holds one.
public struct ArtifactReference: Hashable, Sendable {
    /// SHA-256 of the bytes, 64 hexadecimal digits, lower-case.
    public let hash: String
    /// Size of the file.
    public let bytes: Int64
    /// The ending a download gets, without the point.
    public let fileExtension: String

    /// - Parameters: see the stored properties.
    public init(hash: String, bytes: Int64, fileExtension: String) {
        self.hash = hash
        self.bytes = bytes
        self.fileExtension = fileExtension
    }

    /// True for 64 lower-case hexadecimal digits: the only form that ever becomes a path.
    public static func isHash(_ text: some StringProtocol) -> Bool {
        text.utf8.count == 64
            && text.utf8.allSatisfy { ($0 >= 0x30 && $0 <= 0x39) || ($0 >= 0x61 && $0 <= 0x66) }
    }
}
