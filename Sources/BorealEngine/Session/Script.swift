import BorealBase
import BorealSQL
import BorealTables
import BorealWire

/// The statements of one COM_QUERY, one after the other; the first error ends them.
final class Script: RunningStatement {
    private let session: ClientSession
    private let text: [UInt8]
    private let cancellation: CancellationFlag
    private var splitter: StatementSplitter
    private var next: Range<Int>?
    private var current: (any RunningStatement)?

    /// - Throws: a syntax error when the text's first statement does not end.
    init(
        _ session: ClientSession,
        _ text: [UInt8],
        _ cancellation: CancellationFlag
    ) throws(ServerError) {
        self.session = session
        self.text = text
        self.cancellation = cancellation
        splitter = StatementSplitter(text, mode: session.tables.parserMode)
        next = try Self.advance(&splitter, text)
    }

    private static func advance(
        _ splitter: inout StatementSplitter,
        _ text: [UInt8]
    ) throws(ServerError) -> Range<Int>? {
        do {
            return try splitter.next()
        } catch {
            throw ServerError(syntax: error, text: text)
        }
    }

    func step(_ response: inout Response, budgetBytes: Int) throws(ServerError) -> StepOutcome {
        while true {
            if current == nil {
                guard let range = next else {
                    guard ClientSession.holdsComment(text) else {
                        throw ServerError(.emptyQuery, "Query was empty")
                    }
                    return try ClientSession.nothing.step(&response, budgetBytes: budgetBytes)
                }
                next = try Self.advance(&splitter, text)
                // An earlier one may have changed what the client writes and reads.
                response.writer.results = session.texts.results
                let statement = session.readable(Array(text[range]))
                current = try session.statement(statement, cancellation)
            }
            guard let current else { return .finished }
            response.hasMoreResults = next != nil
            let outcome = try current.step(&response, budgetBytes: budgetBytes)
            guard case .finished = outcome, next != nil else { return outcome }
            self.current = nil
            if response.output.count >= budgetBytes { return .more }
        }
    }

    func abandon() { current?.abandon() }

    func receive(file bytes: [UInt8]?) throws(ServerError) { try current?.receive(file: bytes) }
}
