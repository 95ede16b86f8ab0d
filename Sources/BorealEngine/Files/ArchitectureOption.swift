import BorealBase
import BorealFormats

/// The option `architecture`, of UPLOAD MODEL and of the command line: what a network is whose
/// weights a file holds.
enum ArchitectureOption {
    /// Bytes of a description.
    private static let bytesMax = 1 << 20

    /// Reads a description in JSON; nil without one.
    ///
    /// - Throws: `invalidOption` with the offending word.
    static func read(_ text: String?) throws(ServerError) -> NetworkArchitecture? {
        guard let text else { return nil }
        guard text.utf8.count <= bytesMax else {
            throw .invalidOption("architecture", "more than \(bytesMax) bytes")
        }
        do throws(NetworkArchitecture.Refusal) {
            return try NetworkArchitecture(text)
        } catch { throw .invalidOption("architecture", error.reason) }
    }

    /// The same on the command line, where it may stand in a file.
    ///
    /// - Throws: `invalidOption`, or what reading the file says.
    static func read(fileOrText text: String?) throws(ServerError) -> NetworkArchitecture? {
        guard let text else { return nil }
        if let first = text.first(where: { !$0.isWhitespace }), "{[".contains(first) {
            return try read(text)
        }
        let bytes: [UInt8]
        do throws(FormatError) {
            bytes = try ModelFile.read(path: text, bytesMax: bytesMax)
        } catch { throw .invalidOption("architecture", error.description) }
        return try read(String(decoding: bytes, as: UTF8.self))
    }
}
