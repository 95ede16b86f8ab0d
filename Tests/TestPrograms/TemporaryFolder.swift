import Foundation

/// A folder that goes away with whoever holds it.
public final class TemporaryFolder: Sendable {
    /// Where it lies.
    public let path: String

    /// Makes an empty one among the files of the run.
    public init() throws {
        path = TestRun.folder + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        // One that stays goes away with the run.
        try? FileManager.default.removeItem(atPath: path)
    }
}
