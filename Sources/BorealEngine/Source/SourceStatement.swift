package import BorealBase
package import BorealUpstream
import BorealWire

/// Opens queries in a session's own connection to the source. Used from workers.
package protocol SourceGate: AnyObject, Sendable {
    /// Has the source prepare a query; its rows come when they are asked for.
    func open(_ text: String) -> UpstreamRows
}

/// The queries that one statement reads at the source.
///
/// What a statement must know of them to begin takes a way to the source and back, in which no
/// worker waits: the statement is given up at that point (`awaited` says for what) and begun again
/// from its text when the answer is there. So everything in front of an inner query may happen more
/// than once; statements look before they change anything anyhow.
final class SourceReading {
    private let session: ClientSession
    private let gate: any SourceGate
    /// In the order the statement asks for them, which is the same each time it is begun.
    private var opened: [UpstreamRows] = []
    private var position = 0
    /// What the statement cannot go on without.
    var awaited: UpstreamRows?

    init(_ session: ClientSession, _ gate: any SourceGate) {
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
    func query(_ text: String, _ job: JobPayload?) throws(ServerError) -> SourceQuery {
        if position == opened.count {
            if let job {
                opened.append(try session.engine.openAtSource(text, database: job.database))
            } else {
                opened.append(gate.open(text))
            }
        }
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

    private func wait(_ rows: UpstreamRows) throws(ServerError) {
        awaited = rows
        throw .interrupted
    }

    /// The statement is over.
    func close() {
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
    private var inner: (any RunningStatement)?

    /// Nothing takes as long as that; what is waited for ends by `source_read_timeout`.
    private static let longest: UInt64 = 365 * 86_400_000

    init(
        _ session: ClientSession,
        _ gate: any SourceGate,
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
            if case .finished = outcome { reading.close() }
            return outcome
        } catch {
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
