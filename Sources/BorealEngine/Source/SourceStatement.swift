import BorealBase
import BorealTables
package import BorealUpstream
import BorealWire

/// Opens queries in a session's own connection to the source. Used from workers.
package protocol SourceGate: AnyObject, Sendable {
    /// Has the source prepare a query; its rows come when they are asked for.
    func open(_ text: String) -> UpstreamRows

    /// The same for a question about the session there: no columns and no rows when there is none.
    func ask(_ text: String) -> UpstreamRows
}

/// The queries that one statement reads at the source.
///
/// What a statement must know of them to begin takes a way to the source and back, in which no
/// worker waits: the statement is given up at that point (`awaited` says for what) and begun again
/// from its text when the answer is there. So everything in front of an inner query may happen more
/// than once; statements look before they change anything anyhow.
final class SourceReading {
    private let session: ClientSession
    /// The way to the source that the server was started with; nil without one.
    private let gate: (any SourceGate)?
    /// In the order the statement asks for them, which is the same each time it is begun.
    private var opened: [UpstreamRows] = []
    private var position = 0
    /// The statement began anew because a table changed between the look at its columns and its
    /// rows.
    private var isAgain = false
    /// What the client's session at the source has set; known once a job's query was opened there,
    /// nil when there is no such session.
    private(set) var settings: SourceSettings?
    private var hasSettings = false
    /// The question for them, while it is not answered.
    private var question: UpstreamRows?
    /// What the statement cannot go on without.
    var awaited: UpstreamRows?

    init(_ session: ClientSession, _ gate: (any SourceGate)?) {
        self.session = session
        self.gate = gate
    }

    /// The statement begins, or begins again.
    func begin() { position = 0 }

    /// The next inner query of the statement.
    ///
    /// - Parameter job: of the job that will read the rows, over a connection of its own; only the
    ///   columns are asked for now, over another such connection.
    /// - Throws: what the source says; any error, with `awaited` set, while it has not spoken.
    func query(_ query: ForeignQuery, _ job: JobPayload?) throws(ServerError) -> SourceQuery {
        if position == opened.count { opened.append(try open(query, job)) }
        let rows = opened[position]
        position += 1
        switch rows.head {
        case .failed(let error): throw ServerError(upstream: error, server: rows.server)
        case .pending:
            try wait(rows)
            throw .interrupted
        case .columns(let columns):
            if job != nil { rows.close() }
            return SourceQuery(columns, rows) { [unowned self] rows throws(ServerError) in
                try wait(rows)
            }
        }
    }

    /// What runs in the session reads in the client's own session at the source of the start; a
    /// source by name has none.
    private func open(
        _ query: ForeignQuery,
        _ job: JobPayload?
    ) throws(ServerError) -> UpstreamRows {
        if var job {
            if job.isOfSession, query.source == nil {
                try learnSettings()
                job.source = settings
            }
            return try session.engine.openAtSource(query, job)
        }
        if query.source != nil { return try session.engine.openAtSource(query, nil) }
        guard let gate else { throw .sourceOutOfReach }
        return gate.open(query.text)
    }

    /// Asks the client's session at the source, if there is one, what it has set.
    private func learnSettings() throws(ServerError) {
        guard !hasSettings, let gate else { return }
        let rows = question ?? gate.ask(SourceSettings.question)
        question = rows
        switch rows.head {
        case .failed(let error): throw ServerError(upstream: error, server: rows.server)
        case .pending: try wait(rows)
        case .columns:
            rows.start()
            switch rows.take() {
            case .pending: try wait(rows)
            case .failed(let error): throw ServerError(upstream: error, server: rows.server)
            case .end: break
            case .batch(let batch):
                let cells = batch.columns.map { TableValue($0, 0).text ?? "" }
                guard cells.count == 2, cells.allSatisfy({ $0.utf8.count <= 1_024 }) else {
                    throw ServerError(.unknownError, "The source does not tell its settings")
                }
                settings = SourceSettings(timeZone: cells[0], sqlMode: cells[1])
            }
        }
        rows.close()
        question = nil
        hasSettings = true
    }

    /// Whether the statement may begin anew though it had all answers: a table was changed before
    /// its first row. Then it is prepared again, as a server does for its own; once.
    func beginsAnew() -> Bool {
        guard !isAgain, opened.contains(where: \.hasChanged) else { return false }
        isAgain = true
        close()
        return true
    }

    private func wait(_ rows: UpstreamRows) throws(ServerError) {
        awaited = rows
        throw .interrupted
    }

    /// The statement is over.
    func close() {
        question?.close()
        for rows in opened { rows.close() }
        opened = []
    }
}

/// A statement on models beside a source: waits for what it reads there without a worker.
///
/// Whoever asks a `QuerySource` for rows in such a statement may be thrown out of it while none are
/// there, and is stepped again.
final class SourceStatement: RunningStatement {
    private let session: ClientSession
    private let reading: SourceReading
    private let cancellation: CancellationFlag
    private let begin: () throws(ServerError) -> any RunningStatement
    /// The client has got a part of the answer.
    private var hasAnswered = false
    private var inner: (any RunningStatement)?

    /// Nothing takes as long as that; what is waited for ends by `source_read_timeout`.
    private static let longest: UInt64 = 365 * 86_400_000

    init(
        _ session: ClientSession,
        _ gate: (any SourceGate)?,
        _ cancellation: CancellationFlag,
        begin: @escaping () throws(ServerError) -> any RunningStatement
    ) {
        self.session = session
        reading = SourceReading(session, gate)
        self.cancellation = cancellation
        self.begin = begin
    }

    func step(_ response: inout Response, budgetBytes: Int) throws(ServerError) -> StepOutcome {
        if cancellation.isCancelled { throw .interrupted }
        session.reading = reading
        defer { session.reading = nil }
        reading.awaited = nil
        do throws(ServerError) {
            let running: any RunningStatement
            if let inner {
                running = inner
            } else {
                reading.begin()
                running = try begin()
                inner = running
            }
            let outcome = try running.step(&response, budgetBytes: budgetBytes)
            hasAnswered = hasAnswered || !response.output.isEmpty
            if case .finished = outcome { reading.close() }
            return outcome
        } catch {
            if !hasAnswered, response.output.isEmpty, reading.beginsAnew() {
                inner?.abandon()
                inner = nil
                return .more
            }
            guard let awaited = reading.awaited, !cancellation.isCancelled else { throw error }
            return .waiting(
                deadlineMilliseconds: MonotonicClock.milliseconds + Self.longest,
                register: { awaited.onChange($0) }
            )
        }
    }

    func abandon() {
        inner?.abandon()
        reading.close()
    }

    func receive(file bytes: [UInt8]?) throws(ServerError) { try inner?.receive(file: bytes) }
}
