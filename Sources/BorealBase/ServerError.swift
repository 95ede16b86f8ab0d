/// An error as a client reads it: a number from the one table, and a sentence.
///
/// Only the engine makes them from the typed errors of the layers below; the wire prints them.
public struct ServerError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Number and SQLSTATE of another server's error, which need not be in our table.
    private struct Foreign: Equatable, Sendable {
        let number: UInt16
        let sqlState: String
    }

    /// Number and SQLSTATE; `unknownError` for another server's number that our table does not
    /// have.
    public let code: ServerErrorCode
    /// The sentence for the person at the prompt. UTF-8, never a secret.
    public let message: String
    /// Nil for an error of our own.
    private let foreign: Foreign?

    /// - Parameter message: what was wrong, the offending word in quotes, what to do.
    public init(_ code: ServerErrorCode, _ message: String) {
        self.code = code
        self.message = message
        foreign = nil
    }

    /// An error as another server sent it, which is passed on unchanged.
    public init(foreign number: UInt16, sqlState: String, _ message: String) {
        code = ServerErrorCode(rawValue: number) ?? .unknownError
        self.message = message
        foreign = Foreign(number: number, sqlState: sqlState)
    }

    /// The number that the client gets.
    public var number: UInt16 { foreign?.number ?? code.rawValue }

    /// Whether the number is of the range that MySQL keeps for errors of a client's library.
    public var isOfClients: Bool { (2_000..<3_000).contains(number) }

    /// The five characters a client classifies the error by.
    public var sqlState: String { foreign?.sqlState ?? code.sqlState }

    /// The form the command line client prints.
    public var description: String { "ERROR \(number) (\(sqlState)): \(message)" }
}
