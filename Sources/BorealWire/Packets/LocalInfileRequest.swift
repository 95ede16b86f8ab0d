public import BorealBase

/// Asks the client for the content of a file on its side (the manual's `LOCAL INFILE Request`).
public struct LocalInfileRequest: Equatable, Sendable {
    /// `filename` (string<EOF>), as the statement wrote it.
    public var fileName: String

    /// - Parameter fileName: as the statement wrote it.
    public init(fileName: String) { self.fileName = fileName }

    /// Appends the payload.
    ///
    /// - Parameter client: the set that the statement was written in; nil for UTF-8.
    public func encode(into output: inout ByteBuffer, client: SingleByteSet? = nil) {
        output.append(0xfb)
        if let client { return output.append(contentsOf: client.encoded(fileName)) }
        output.append(utf8: fileName)
    }
}
