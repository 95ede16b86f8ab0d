import BorealBase

/// The command phase: one packet, one action, one answer.
extension ServerConversation {
    /// What COM_PROCESS_INFO asks, as a statement.
    private static let processList = Array("SHOW PROCESSLIST".utf8)

    /// The first packet of a command.
    mutating func commandReceived(_ output: inout ByteBuffer) throws(WireError) -> Step {
        let (capabilities, characterSet) = (capabilities, texts.client)
        commandsLeft -= 1
        answerFormat = .text
        attributes = []
        if let step = try relayedCommand() { return step }
        // Moved out and back: the closure may not touch the machine while its reader is at work.
        var table = PreparedStatementTable(longDataBytesMax: 0)
        swap(&table, &statements)
        let command: ClientCommand
        do throws(WireError) {
            command = try reader.take { payload throws(WireError) in
                try ClientCommand(
                    decoding: payload,
                    capabilities: capabilities,
                    statements: &table,
                    characterSet: characterSet
                )
            }
            swap(&table, &statements)
        } catch {
            swap(&table, &statements)
            // A command that cannot be read is over; the connection is not.
            write(error.serverError, &output)
            expectCommand()
            return .again
        }
        return perform(command, &output)
    }

    /// A command about a statement of another server's.
    ///
    /// - Returns: nil for any other command.
    private mutating func relayedCommand() throws(WireError) -> Step? {
        guard relaysStatements else { return nil }
        let statements = statements
        let payload = try reader.look { payload throws(WireError) -> [UInt8]? in
            guard payload.count >= 5, let code = payload.first.flatMap(ClientCommand.Code.init),
                code.isAboutStatement
            else { return nil }
            let id = payload.loadUnaligned(fromByteOffset: 1, as: UInt32.self).littleEndian
            return statements.owns(id) ? nil : Array(payload)
        }
        guard let payload else { return nil }
        reader.drop()
        let code = payload.first.flatMap(ClientCommand.Code.init)
        if code == .statementClose || code == .statementSendLongData {
            expectCommand()
            return .action(.relay(payload, isAnswered: false))
        }
        return run(.relay(payload, isAnswered: true))
    }

    /// The driver has another server prepare a statement.
    public mutating func noteForeignStatement() {
        statements.noteForeign()
        relaysStatements = true
    }

    private mutating func perform(_ command: ClientCommand, _ output: inout ByteBuffer) -> Step {
        switch command {
        case .quit:
            _ = close(nil)
            return .action(.quit)
        case .initDatabase(let name): return run(.initDatabase(name))
        case .query(let text, let attributes):
            self.attributes = attributes
            return run(.query(text))
        case .fieldList(let command): return run(.fieldList(command))
        case .refresh:
            write(OKPacket(status: statusFlags), &output)
            expectCommand()
            return .again
        case .shutdown: return run(.shutdown)
        case .debug: return run(.debug)
        case .statistics: return run(.statistics)
        case .processInfo: return run(.query(Self.processList))
        case .processKill(let id): return run(.processKill(connectionID: id))
        case .ping:
            write(OKPacket(status: statusFlags), &output)
            expectCommand()
            return .again
        case .changeUser(let command): return userChangeReceived(command)
        case .resetConnection:
            statements.removeAll()
            return run(.resetConnection)
        case .statementPrepare(let text):
            return run(.prepareStatement(id: statements.newID(), text: text))
        case .statementExecute(let command):
            answerFormat = .binary
            attributes = command.attributes
            return run(
                .executeStatement(
                    id: command.statementID,
                    parameters: command.parameters,
                    opensCursor: command.opensCursor
                )
            )
        case .statementFetch(let id, let rows):
            answerFormat = .binary
            return run(.fetchRows(id: id, count: rows))
        case .statementClose(let id):
            expectCommand()
            return .action(.closeStatement(id: id))
        case .statementReset(let id):
            write(OKPacket(status: statusFlags), &output)
            expectCommand()
            return .action(.resetStatement(id: id))
        case .setOption(let isMultiStatements):
            if isMultiStatements {
                capabilities.insert(.multiStatements)
            } else {
                capabilities.remove(.multiStatements)
            }
            return run(.setOption(isMultiStatements: isMultiStatements))
        case .unanswered:
            expectCommand()
            return .again
        }
    }

    private mutating func run(_ action: Action) -> Step {
        phase = .running
        return .action(action)
    }

    /// The driver ended the action of a command.
    mutating func commandCompleted(
        _ completion: Completion,
        _ output: inout ByteBuffer
    ) throws(WireError) -> Step {
        switch completion {
        case .ok(let packet):
            write(packet, &output)
            if packet.status.contains(.moreResultsExist) { return .again }
        case .error(let error): write(error, &output)
        case .eof(let packet):
            let capabilities = capabilities
            writer.packet(&output) { packet.encode(into: &$0, capabilities: capabilities) }
        case .statistics(let line):
            writer.packet(&output) { $0.append(utf8: line) }
        case .commandDone(let nextSequenceID):
            writer.sequenceID = nextSequenceID
        case .statementPrepared(let id, let parameterCount, let nextSequenceID):
            statements.add(id, parameterCount: parameterCount)
            writer.sequenceID = nextSequenceID
        case .requestLocalInfile(let fileName, let nextSequenceID):
            assert(capabilities.contains(.localFiles), "the client cannot send files")
            if let nextSequenceID { writer.sequenceID = nextSequenceID }
            let client = texts.client
            writer.packet(&output) {
                LocalInfileRequest(fileName: fileName).encode(into: &$0, client: client)
            }
            expectAnswer()
            phase = .receivingLocalInfile(isConsumed: true)
            return .again
        case .tlsStarted, .unpacked, .account, .rsaKey, .passwordChecked, .localInfileConsumed:
            throw .unexpectedCompletion(completion.name)
        }
        expectCommand()
        return .again
    }

    /// Writes an OK packet and keeps what it tells about the session.
    mutating func write(_ packet: OKPacket, _ output: inout ByteBuffer) {
        statusFlags = packet.status.subtracting(.ofOneAnswer)
        let capabilities = capabilities
        writer.packet(&output) { packet.encode(into: &$0, capabilities: capabilities) }
    }

    /// Writes an error in the client's character set.
    mutating func write(_ error: ServerError, _ output: inout ByteBuffer) {
        let (results, numbers) = (texts.results, errorNumbers)
        writer.packet(&output) {
            ERRPacket(error).encode(into: &$0, results: results, numbers: numbers)
        }
    }

    // MARK: - LOAD DATA LOCAL

    /// A part of the client's file; an empty packet ends it.
    mutating func localInfileReceived(_ output: inout ByteBuffer) throws(WireError) -> Step {
        if case .drainingLocalInfile(let answer) = phase {
            let isEnd = try reader.take { $0.isEmpty }
            guard isEnd else { return .again }
            phase = .running
            return try commandCompleted(answer, &output)
        }
        var bytes = try reader.take { Array($0) }
        hasFileEnd = bytes.isEmpty
        // Clients send 4 KiB at a time: what came meanwhile goes along, because each part costs the
        // driver two changes of thread.
        while !hasFileEnd, bytes.count < WireLimits.filePartBytes,
            try reader.next(limit: configuration.packetBytesMax)
        {
            let count = bytes.count
            try reader.take { bytes += $0 }
            hasFileEnd = bytes.count == count
        }
        writer.sequenceID = reader.nextSequenceID
        if bytes.isEmpty {
            phase = .running
            return .action(.localInfileEnd)
        }
        phase = .receivingLocalInfile(isConsumed: false)
        return .action(.localInfileData(bytes))
    }

    /// The driver is done with a part of the file, or with the whole command before the file's end.
    mutating func localInfileCompleted(
        _ completion: Completion,
        _ output: inout ByteBuffer
    ) throws(WireError) -> Step {
        switch completion {
        case .localInfileConsumed where hasFileEnd:
            phase = .running
            return .action(.localInfileEnd)
        case .ok where hasFileEnd, .error where hasFileEnd:
            phase = .running
            return try commandCompleted(completion, &output)
        case .localInfileConsumed: phase = .receivingLocalInfile(isConsumed: true)
        case .ok, .error: phase = .drainingLocalInfile(completion)
        default: throw .unexpectedCompletion(completion.name)
        }
        return .again
    }
}
