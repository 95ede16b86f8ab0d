import BorealBase
import BorealEngine
import BorealNet
import BorealWire

/// Which commands of a client go to a source.
extension ClientConnection {
    /// Hands an action on to a source, if it is a source's.
    ///
    /// - Returns: false for what happens here.
    func relays(_ action: ServerConversation.Action) -> Bool {
        switch action {
        case .query(let text), .prepareStatement(_, let text):
            guard relay != nil || !core.engine.sources.isEmpty else { return false }
            return route(text, action)
        case .relay(let payload, let isAnswered):
            relayStatement(payload, isAnswered: isAnswered)
            return true
        case .executeStatement:
            named.noteOther()
            return false
        case .localInfileData(let bytes):
            guard let active = activeRelay, active.isReceivingFile else { return false }
            active.fileReceived(bytes)
            return true
        case .localInfileEnd:
            guard let active = activeRelay, active.isReceivingFile else { return false }
            active.fileEnded()
            return true
        case .resetConnection:
            named.close()
            guard let relay, relay.isConnected else { return false }
            resetBoth(relay)
            return true
        default:
            guard let relay else { return false }
            return relays(action, relay)
        }
    }

    /// The rest, for the source that the server was started with.
    private func relays(_ action: ServerConversation.Action, _ relay: UpstreamRelay) -> Bool {
        switch action {
        case .initDatabase(let name):
            relay.run(Self.payload(0x02, encoded(name)), "Init DB", Array(name.utf8))
        case .fieldList(let command):
            let body = encoded(command.table) + [0] + encoded(command.wildcard)
            relay.run(Self.payload(0x04, body), "Field List", Array(command.table.utf8))
        case .setOption(let isMultiStatements) where relay.isConnected:
            session?.allowsSeveralStatements = isMultiStatements
            relay.run(Self.payload(0x1b, [isMultiStatements ? 0 : 1, 0]), "Set option")
        case .processKill(let id) where id < WireLimits.ownStatementIDsStart:
            let bytes = (0..<4).map { UInt8(truncatingIfNeeded: id >> UInt32(8 * $0)) }
            relay.run(Self.payload(0x0c, bytes), "Kill")
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
        guard let session else { return false }
        let context = PassageContext(
            hasSource: relay != nil,
            lastWasOurs: relay?.lastWasOurs ?? true,
            lastSource: named.lastSource,
            escapes: !conversation.statusFlags.contains(.noBackslashEscapes),
            isInTransaction: isInTransaction
        )
        if text.count <= Limits.routedHereBytesMax {
            return take(session.passage(of: text, context), text, action)
        }
        let handle = SessionHandle(session)
        onWorker {
            let passage = handle.session.passage(of: text, context)
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
        var isPreparation = false
        if case .prepareStatement = action { isPreparation = true }
        switch passage {
        case .named(let statement):
            relay?.lastWasOurs = false
            run(statement, text, isPreparation: isPreparation)
            return true
        case .execution(let execution):
            guard let relay else { return false }
            guard !isPreparation else {
                return take(.refused(.notInPreparedProtocol), text, action)
            }
            named.noteOther()
            relay.lastWasOurs = false
            ask(execution, relay, text)
        case .ours:
            relay?.lastWasOurs = true
            named.noteOther()
            return false
        case .refused(let error):
            relay?.lastWasOurs = true
            named.noteOther()
            session?.noteError(error)
            conversation.complete(.error(error))
        case .theirs:
            guard let relay else { return false }
            named.noteOther()
            if isPreparation {
                conversation.noteForeignStatement()
                named.lastPrepared = nil
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
