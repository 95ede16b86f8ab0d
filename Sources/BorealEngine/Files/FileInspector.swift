package import BorealBase
import BorealFormats

/// `boreal inspect`: what a model file holds.
package enum FileInspector {
    /// A few lines of text.
    ///
    /// - Throws: `malformedModel`.
    package static func describe(_ path: String) throws(ServerError) -> String {
        do {
            return try ModelReader.read(path: path).inspection.lines.joined(separator: "\n")
        } catch {
            throw ServerError(format: error)
        }
    }
}
