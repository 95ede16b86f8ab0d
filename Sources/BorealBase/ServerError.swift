/// An error as a client reads it: a number from the one table, and a sentence.
///
/// Only the engine makes them from the typed errors of the layers below; the wire prints them.
public struct ServerError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Number and SQLSTATE.
    public let code: ServerErrorCode
    /// The sentence for the person at the prompt. UTF-8, never a secret.
    public let message: String

    /// - Parameter message: what was wrong, the offending word in quotes, what to do.
    public init(_ code: ServerErrorCode, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The form the command line client prints.
    public var description: String { "ERROR \(code.rawValue) (\(code.sqlState)): \(message)" }
}
