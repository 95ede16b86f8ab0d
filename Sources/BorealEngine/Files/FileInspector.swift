package import BorealBase
import BorealFormats

/// `boreal inspect`: what a model file holds.
package enum FileInspector {
    /// A few lines of text.
    ///
    /// - Parameter architecture: what the network is whose weights the file holds.
    /// - Throws: `malformedModel`, `invalidOption`.
    package static func describe(
        _ path: String,
        architecture: String? = nil
    ) throws(ServerError) -> String {
        let told = try ArchitectureOption.read(fileOrText: architecture)
        do throws(FormatError) {
            return try ModelReader.read(path: path, architecture: told).inspection.lines.joined(
                separator: "\n"
            )
        } catch {
            throw ServerError(format: error)
        }
    }
}
