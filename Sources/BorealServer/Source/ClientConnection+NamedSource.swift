import BorealBase
import BorealEngine
import BorealNet
import BorealUpstream
import BorealWire

/// Statements for sources by name, each over the client's own connection there.
extension ClientConnection {
    /// Where a statement is with a source.
    var activeRelay: UpstreamRelay? { relay?.isBusy == true ? relay : named.running }

    /// Whether what the client does is part of a transaction, here or at the server's source.
    var isInTransaction: Bool {
        var status = conversation.statusFlags
        if relay == nil, let session { status = session.status }
        return status.contains(.inTransaction) || !status.contains(.autocommit)
    }

    /// Runs or prepares a statement at a source by name.
    ///
    /// - Parameter original: the text as the client sent it, for the process list.
    func run(_ statement: NamedStatement, _ original: [UInt8], isPreparation: Bool) {
        let target: UpstreamRelay
        do throws(ServerError) {
            let server = try core.engine.sources.server(statement.source)
            target = named.relay(to: statement.source, server) {
                UpstreamRelay(self, server, name: statement.source)
            }
        } catch {
            session?.noteError(error)
            return conversation.complete(.error(error))
        }
        named.noteUse(of: target)
        target.follow(login, collation: session?.sourceCollation)
        guard isPreparation else {
            return target.run([0x03] + statement.text, "Query", original)
        }
        conversation.noteForeignStatement()
        target.preparesReading = statement.isReading
        target.run([0x16] + statement.text, "Prepare", original)
    }

    // MARK: - Variables of another source

    /// Asks the client's session at the source of the start for the variables of an EXECUTE, and
    /// then runs it.
    func ask(_ execution: NamedExecution, _ relay: UpstreamRelay, _ original: [UInt8]) {
        let rows = UpstreamRows(server: relay.address)
        isAsking = true
        rows.start()
        relay.read(execution.question, rows, usesCursor: false)
        wait(for: rows, execution, original)
    }

    private func wait(
        for rows: UpstreamRows,
        _ execution: NamedExecution,
        _ original: [UInt8]
    ) {
        rows.onChange { [self] in
            connection.loop.execute { self.told(rows, execution, original) }
        }
    }

    private func told(
        _ rows: UpstreamRows,
        _ execution: NamedExecution,
        _ original: [UInt8]
    ) {
        guard !connection.isClosed, let session else { return rows.close() }
        let passage: StatementPassage
        switch rows.take() {
        case .pending: return wait(for: rows, execution, original)
        case .failed(let error):
            passage = .refused(ServerError(upstream: error, server: rows.server))
        case .end: passage = .refused(ServerError(.unknownError, "The source answered no row"))
        case .batch(let batch): passage = session.bound(execution, batch)
        }
        isAsking = false
        rows.close()
        switch passage {
        case .named(let statement):
            run(statement, original, isPreparation: false)
            pump()
        case .refused(let error):
            session.noteError(error)
            finish(.error(error))
        case .ours, .theirs, .execution: assertionFailure("it was looked at before")
        }
    }

    // MARK: - Prepared statements

    /// A command about a statement that another server prepared.
    func relayStatement(_ payload: [UInt8], isAnswered: Bool) {
        let id = ForeignStatement.id(payload)
        guard let known = named.statement(id) else {
            return relayToSource(payload, id, isAnswered: isAnswered)
        }
        let hasNames = conversation.capabilities.contains(.queryAttributes)
        guard isAnswered else {
            if payload.first == Self.closing { named.remove(id) }
            // Only executions have names, and they are answered.
            return known.relay.pass(ForeignStatement.renumbered(payload, known.statement.id))
        }
        let command: [UInt8]
        do throws(WireError) {
            command = try known.statement.command(payload, isNamed: hasNames)
        } catch {
            return conversation.complete(.error(error.serverError))
        }
        if let refusal = refusal(known.statement, known.relay) {
            return conversation.complete(.error(refusal))
        }
        named.noteUse(of: known.relay)
        known.relay.run(command, "Execute")
    }

    /// COM_STMT_CLOSE.
    private static let closing: UInt8 = 0x19

    private func refusal(_ statement: ForeignStatement, _ relay: UpstreamRelay) -> ServerError? {
        if let refusal = session?.sourceRefusal { return refusal }
        guard isInTransaction, !statement.isReading else { return nil }
        return .changeAtSourceInTransaction(relay.name ?? "")
    }

    /// The same for the source that the server was started with, which numbers as it likes.
    private func relayToSource(_ payload: [UInt8], _ id: UInt32, isAnswered: Bool) {
        guard let relay, id < WireLimits.ownStatementIDsStart || id == .max else {
            guard isAnswered else { return }
            let error = WireError.unknownStatement(id: id, command: "mysqld_stmt_execute")
            return conversation.complete(.error(error.serverError))
        }
        guard isAnswered else { return relay.pass(payload) }
        guard relay.isConnected else {
            let error = WireError.unknownStatement(id: 0, command: "mysqld_stmt_execute")
            return conversation.complete(.error(error.serverError))
        }
        named.noteOther()
        relay.run(payload, "Execute")
    }

    /// A source by name was changed or dropped, from any thread.
    func requestSourceCheck() {
        connection.loop.execute { [self] in
            named.prune { name in
                // What cannot be used any more is no source.
                try? core.engine.sources.server(name)
            }
        }
    }
}
