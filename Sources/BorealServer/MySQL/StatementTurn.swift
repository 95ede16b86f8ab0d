import BorealBase
import BorealEngine
import BorealWire

/// A command on its way between loop and workers: the statement, its writer, and the part of a
/// local file that the client just sent.
// Unchecked: `ClientConnection` gives it to one thread at a time.
final class StatementTurn: @unchecked Sendable {
    /// What the client asked for.
    enum Command {
        case query([UInt8])
        case prepare(id: UInt32, text: [UInt8])
        case execute(id: UInt32, parameters: [ParameterValue], opensCursor: Bool)
        case fetch(id: UInt32, count: UInt32)
        case fieldList(COMFieldList)
    }

    /// How a step ended.
    enum Outcome: @unchecked Sendable {
        // Unchecked: `register` is called once, by the loop that got it.
        case finished(StatusFlags, nextSequenceID: UInt8)
        case more
        case waiting(
            deadlineMilliseconds: UInt64,
            register: (@escaping @Sendable () -> Void) -> Void
        )
        case localFile(name: String, nextSequenceID: UInt8)
        /// The part of the file is used up.
        case needsFile
    }

    let cancellation = CancellationFlag()
    var response: Response
    /// Outer nil: nothing came. Inner nil: the file is over.
    var file: [UInt8]??
    /// True when it was not begun, or its last step was neither its end nor for a file.
    private(set) var wantsStep = true
    private let command: Command
    private let session: ClientSession?
    /// What makes frames of the output.
    private let compression: WireCompression?
    private var statement: (any RunningStatement)?
    /// What went wrong while the file was still coming; told at its end.
    private var fileError: ServerError?
    private let started = MonotonicClock.nanoseconds
    /// True while the client sends a file.
    private(set) var isReceivingFile = false

    init(_ command: Command, _ conversation: ServerConversation, _ session: ClientSession?) {
        self.command = command
        self.session = session
        compression = conversation.compression
        response = Response(
            writer: conversation.responseWriter(),
            status: session?.status ?? conversation.statusFlags
        )
    }

    /// Begins the statement if its steps are sure to take microseconds, so that they may be taken
    /// on the loop.
    func beginsShort() -> Bool {
        switch command {
        case .query(let text):
            statement = session?.beginShort(text, cancellation: cancellation)
        case .execute(let id, let parameters, opensCursor: false):
            statement = session?.beginShortExecute(
                id: id,
                parameters: parameters,
                cancellation: cancellation
            )
        default: return false
        }
        return statement != nil
    }

    /// The next step is the last, and so short that it may be taken on the loop.
    var endsSoon: Bool {
        guard let statement, compression == nil, !isReceivingFile else { return false }
        return statement.endsSoon
    }

    /// True for statements that free others: they never wait for a worker behind those.
    var isControl: Bool {
        guard case .query(let text) = command else { return false }
        let word = text.drop { $0 <= 0x20 }.prefix { $0 > 0x20 && $0 != 0x3B }
        return ["kill", "commit", "rollback", "shutdown"].contains(
            String(decoding: word.prefix(16), as: UTF8.self).asciiLowercased
        )
    }

    private var kind: WorkMeter.StatementKind {
        switch command {
        case .query(let text): WorkMeter.StatementKind(text)
        case .execute: .prepared
        case .prepare, .fetch, .fieldList: .other
        }
    }

    /// Ends a statement that was killed while its file is coming. On a worker.
    func interruptFile() {
        guard isReceivingFile, fileError == nil else { return }
        statement?.abandon()
        fileError = ServerError(.queryInterrupted, "Query execution was interrupted")
    }

    /// Goes on with the statement. On a worker, where compressing what it answers holds nobody up.
    func step() -> Outcome {
        let outcome = advance()
        compression?.seal(&response.output, from: 0)
        return outcome
    }

    private func advance() -> Outcome {
        wantsStep = false
        do throws(ServerError) {
            if isReceivingFile, let outcome = try takeFile() { return outcome }
            let running: any RunningStatement
            if let statement { running = statement } else { running = try begin() }
            statement = running
            switch try running.step(&response, budgetBytes: Limits.stepBytes) {
            case .more:
                wantsStep = true
                return .more
            case .finished: return end()
            case .waiting(let deadline, let register):
                wantsStep = true
                return .waiting(deadlineMilliseconds: deadline, register: register)
            case .localFile(let name):
                isReceivingFile = true
                return .localFile(name: name, nextSequenceID: response.writer.sequenceID)
            }
        } catch {
            session?.noteError(error)
            statement?.abandon()
            response.fail(error)
            return end(failed: true)
        }
    }

    private func begin() throws(ServerError) -> any RunningStatement {
        guard let session else { throw ServerError(.unknownError, "There is no session") }
        switch command {
        case .query(let text): return try session.begin(text, cancellation: cancellation)
        case .prepare(let id, let text):
            return session.beginPrepare(id: id, text: text, cancellation: cancellation)
        case .execute(let id, let parameters, let opensCursor):
            return try session.beginExecute(
                id: id,
                parameters: parameters,
                opensCursor: opensCursor,
                cancellation: cancellation
            )
        case .fetch(let id, let count):
            return try session.beginFetch(id: id, count: count, cancellation: cancellation)
        case .fieldList(let command):
            return try session.beginFieldList(command, cancellation: cancellation)
        }
    }

    /// Feeds the part of the file that came.
    ///
    /// - Returns: nil when the file is over and the statement goes on.
    private func takeFile() throws(ServerError) -> Outcome? {
        guard let part = file else { return .needsFile }
        file = nil
        if fileError == nil {
            do throws(ServerError) {
                try statement?.receive(file: part)
            } catch {
                fileError = error
            }
        }
        guard part == nil else { return .needsFile }
        isReceivingFile = false
        if let fileError { throw fileError }
        return nil
    }

    /// The statement that was prepared, once that has succeeded.
    var preparedStatement: (id: UInt32, parameterCount: Int)? {
        guard case .prepare(let id, _) = command, let session,
            let count = session.parameterCount(of: id)
        else { return nil }
        return (id, count)
    }

    private func end(failed: Bool = false) -> Outcome {
        statement = nil
        session?.engine.meter.count(
            kind,
            failed: failed,
            microseconds: (MonotonicClock.nanoseconds - started) / 1_000
        )
        session?.statementEnded()
        return .finished(session?.status ?? [], nextSequenceID: response.writer.sequenceID)
    }

    /// Hands the bytes of the last step over. On the loop.
    func takeOutput(_ send: (inout ByteBuffer) -> Void) {
        guard !response.output.isEmpty else { return }
        send(&response.output)
        response.output = ByteBuffer()
    }

    /// The client is gone. On a worker.
    func abandon() {
        statement?.abandon()
        statement = nil
        session?.statementEnded()
    }
}
