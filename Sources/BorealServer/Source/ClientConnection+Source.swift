import BorealBase
import BorealEngine
import BorealNet
import BorealWire

/// Which commands of a client go to the source.
extension ClientConnection {
    /// Hands an action on to the source, if it is the source's.
    ///
    /// - Returns: false for what happens here.
    func relays(_ action: ServerConversation.Action) -> Bool {
        guard let relay else { return false }
        switch action {
        case .query(let text): return route(text, action)
        case .prepareStatement(_, let text): return route(text, action)
        case .relay(let payload, isAnswered: true):
            if relay.isConnected {
                relay.run(payload, "Execute")
            } else {
                let error = WireError.unknownStatement(id: 0, command: "mysqld_stmt_execute")
                conversation.complete(.error(error.serverError))
            }
        case .relay(let payload, isAnswered: false): relay.pass(payload)
        case .initDatabase(let name):
            relay.run(Self.payload(0x02, encoded(name)), "Init DB", Array(name.utf8))
        case .fieldList(let command):
            let body = encoded(command.table) + [0] + encoded(command.wildcard)
            relay.run(Self.payload(0x04, body), "Field List", Array(command.table.utf8))
        case .resetConnection where relay.isConnected: resetBoth(relay)
        case .setOption(let isMultiStatements) where relay.isConnected:
            session?.allowsSeveralStatements = isMultiStatements
            relay.run(Self.payload(0x1b, [isMultiStatements ? 0 : 1, 0]), "Set option")
        case .processKill(let id) where id < WireLimits.ownStatementIDsStart:
            let bytes = (0..<4).map { UInt8(truncatingIfNeeded: id >> UInt32(8 * $0)) }
            relay.run(Self.payload(0x0c, bytes), "Kill")
        case .localInfileData(let bytes) where relay.isReceivingFile: relay.fileReceived(bytes)
        case .localInfileEnd where relay.isReceivingFile: relay.fileEnded()
        default: return false
        }
        return true
    }

    private static func payload(_ command: UInt8, _ body: [UInt8]) -> [UInt8] { [command] + body }

    /// A name in the client's character set, as it came.
    private func encoded(_ name: String) -> [UInt8] {
        conversation.texts.client.map { $0.encoded(name) } ?? Array(name.utf8)
    }

    /// Sends a statement where it belongs; a long one is looked at by a worker.
    private func route(_ text: [UInt8], _ action: ServerConversation.Action) -> Bool {
        guard let relay, let session else { return false }
        let (lastWasOurs, escapes) = (relay.lastWasOurs, relay.escapes)
        if text.count <= Limits.routedHereBytesMax {
            let passage = session.passage(of: text, lastWasOurs: lastWasOurs, escapes: escapes)
            return take(passage, text, action)
        }
        let handle = SessionHandle(session)
        onWorker {
            let passage = handle.session.passage(
                of: text,
                lastWasOurs: lastWasOurs,
                escapes: escapes
            )
            return { [self] in
                if !take(passage, text, action) { perform(action) }
                pump()
            }
        }
        return true
    }

    private func take(
        _ passage: StatementPassage,
        _ text: [UInt8],
        _ action: ServerConversation.Action
    ) -> Bool {
        guard let relay else { return false }
        switch passage {
        case .ours:
            relay.lastWasOurs = true
            return false
        case .refused(let error):
            relay.lastWasOurs = true
            session?.noteError(error)
            conversation.complete(.error(error))
        case .theirs:
            if case .prepareStatement = action {
                conversation.noteForeignStatement()
                relay.run(Self.payload(0x16, text), "Prepare", text)
            } else {
                relay.run(Self.payload(0x03, text), "Query", text)
            }
        }
        return true
    }

    /// COM_RESET_CONNECTION: what the session has here goes first.
    private func resetBoth(_ relay: UpstreamRelay) {
        guard let session else { return }
        let handle = SessionHandle(session)
        onWorker {
            handle.session.reset()
            return { [self] in
                noteTexts()
                relay.run(Self.payload(0x1f, []), "Reset")
                pump()
            }
        }
    }

    /// The source's session is gone while the client says nothing: it learns it with whatever it
    /// says next, and has to log in again, as with the source itself.
    func endIdle(with error: ServerError) {
        connection.withOutput { conversation.end(with: error, into: &$0) }
        connection.closeAfterFlush()
    }
}
