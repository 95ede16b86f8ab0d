import BorealBase
import BorealWire

/// Stands in for sockets, workers and engine: performs every action at once, from a small script.
struct ScriptedDriver {
    var conversation: ServerConversation
    /// Everything the server wrote and nobody took.
    var output = ByteBuffer()
    var accounts: [String: AccountCredentials] = [:]
    var key: RSAKeyPair?
    /// `quit` or `closed` once the connection has ended.
    var end = ""
    /// Actions in the order they came.
    var actions: [ServerConversation.Action] = []
    private var infileBytes: [UInt8] = []

    init(
        _ configuration: ServerConversation.Configuration,
        accounts: [String: AccountCredentials] = [:],
        key: RSAKeyPair? = nil
    ) {
        conversation = ServerConversation(configuration)
        self.accounts = accounts
        self.key = key
        conversation.start(into: &output)
    }

    /// What the server wrote since the last call.
    mutating func written() -> [UInt8] {
        let bytes = output.bytes
        output.consume(bytes.count)
        return bytes
    }

    mutating func receive(_ bytes: [UInt8]) throws {
        bytes.withUnsafeBytes { conversation.receive($0) }
        while let action = conversation.poll(into: &output) {
            actions.append(action)
            if case .startTLS(let rest) = action {
                // A TLS that changes no byte: transcripts show what is inside.
                conversation.complete(.tlsStarted)
                rest.withUnsafeBytes { conversation.receive($0) }
                continue
            }
            let start = output.end
            let completion = try perform(action)
            conversation.seal(&output, from: start)
            if let completion { conversation.complete(completion) }
        }
    }

    private mutating func perform(
        _ action: ServerConversation.Action
    ) throws -> ServerConversation.Completion? {
        switch action {
        case .startTLS: return nil
        case .unpack(let frame):
            do throws(WireError) {
                return .unpacked(.success(try frame.unpacked()))
            } catch {
                return .unpacked(.failure(error))
            }
        case .lookUpAccount(let login): return .account(accounts[login.userName])
        case .rsaKeyNeeded: return .rsaKey(key)
        case .checkPassword(let check): return .passwordChecked(try check.run())
        case .authenticated(let login):
            return login.database == "nodb" ? .error(Self.noDatabase) : .ok(OKPacket())
        case .query(let text): return query(String(decoding: text, as: UTF8.self))
        case .prepareStatement(let id, let text):
            return prepare(id, String(decoding: text, as: UTF8.self))
        case .executeStatement(_, let parameters, _): return echo(parameters)
        case .closeStatement, .resetStatement: return nil
        case .relay(let payload, true):
            return .ok(OKPacket(info: "relayed \(payload[0])"))
        case .relay: return nil
        case .initDatabase("nodb"): return .error(Self.noDatabase)
        case .initDatabase(let name): return .ok(OKPacket(sessionChanges: [.schema(name)]))
        case .fieldList(let command): return fieldList(command)
        case .fetchRows(let id, _):
            return .error(ServerError(.noOpenCursor, "The statement (\(id)) has no open cursor."))
        case .shutdown, .debug: return .eof(EOFPacket())
        case .statistics: return .statistics("Uptime: 1  Threads: 1")
        case .processKill(99):
            return .error(ServerError(.noSuchThread, "Unknown thread id: 99"))
        case .processKill, .resetConnection: return .ok(OKPacket())
        case .setOption: return .eof(EOFPacket())
        case .localInfileData(let bytes):
            infileBytes += bytes
            return bytes.starts(with: Array("bad".utf8))
                ? .error(ServerError(.wrongValueForField, "Incorrect value"))
                : .localInfileConsumed
        case .localInfileEnd:
            let rows = UInt64(infileBytes.count { $0 == UInt8(ascii: "\n") })
            let info = "Records: \(rows)  Deleted: 0  Skipped: 0  Warnings: 0"
            return .ok(OKPacket(affectedRows: rows, info: info))
        case .quit:
            end = "quit"
            return nil
        case .close:
            end = "closed"
            return nil
        }
    }

    private static let noDatabase = ServerError(.unknownDatabase, "Unknown database 'nodb'")

    private static let one = ColumnDefinition41(
        name: "1",
        type: ColumnType(.longLong, length: 2),
        flags: .notNull
    )

    private mutating func query(_ text: String) -> ServerConversation.Completion {
        switch text.trimmingTrailingBlanks() {
        case "SELECT 1": return selectOne(afterOK: false)
        case "DO 1; SELECT 1": return selectOne(afterOK: true)
        case "SELECT types": return selectTypes()
        case "DO 1": return .ok(OKPacket())
        case "BEGIN": return .ok(OKPacket(status: [.autocommit, .inTransaction]))
        case "LOAD a.csv": return .requestLocalInfile(fileName: "a.csv")
        default: return .error(ServerError(.syntax, "You have an error in your SQL syntax"))
        }
    }

    private mutating func selectOne(afterOK: Bool) -> ServerConversation.Completion {
        var writer = conversation.responseWriter()
        if afterOK {
            writer.ok(OKPacket(status: [.autocommit, .moreResultsExist]), into: &output)
        }
        writer.columns([Self.one], status: .autocommit, into: &output)
        writer.beginRow(into: &output)
        writer.int64(1, into: &output)
        writer.endRow(into: &output)
        writer.endResult(status: .autocommit, into: &output)
        return .commandDone(nextSequenceID: writer.sequenceID)
    }

    private mutating func selectTypes() -> ServerConversation.Completion {
        var writer = conversation.responseWriter()
        let columns = [
            ColumnDefinition41(name: "n", type: ColumnType(.null)),
            ColumnDefinition41(name: "i", type: .longLong),
            ColumnDefinition41(name: "u", type: ColumnType(.longLong, isUnsigned: true)),
            ColumnDefinition41(name: "d", type: .double),
            ColumnDefinition41(name: "t", type: .varchar(10)),
        ]
        writer.columns(columns, status: .autocommit, into: &output)
        writer.beginRow(into: &output)
        writer.null(into: &output)
        writer.int64(.min, into: &output)
        writer.uint64(.max, into: &output)
        writer.double(0.1, into: &output)
        writer.text("å", into: &output)
        writer.endRow(into: &output)
        writer.endResult(status: .autocommit, into: &output)
        return .commandDone(nextSequenceID: writer.sequenceID)
    }

    /// `ECHO ?` for each `?` in the text.
    private mutating func prepare(_ id: UInt32, _ text: String) -> ServerConversation.Completion {
        guard text.hasPrefix("ECHO") else {
            return .error(ServerError(.syntax, "You have an error in your SQL syntax"))
        }
        let count = text.count { $0 == "?" }
        var writer = conversation.responseWriter()
        writer.prepared(
            statementID: id,
            parameterCount: count,
            columns: (0..<max(count, 1)).map { Self.echoed($0) },
            status: .autocommit,
            into: &output
        )
        return .statementPrepared(
            id: id,
            parameterCount: count,
            nextSequenceID: writer.sequenceID
        )
    }

    private static func echoed(_ number: Int) -> ColumnDefinition41 {
        ColumnDefinition41(name: "c\(number)", type: .varchar(10))
    }

    /// One row: each value's description; `0` for a statement without values.
    private mutating func echo(_ values: [ParameterValue]) -> ServerConversation.Completion {
        var writer = conversation.responseWriter()
        writer.columns(
            (0..<max(values.count, 1)).map { Self.echoed($0) },
            status: .autocommit,
            into: &output
        )
        writer.beginRow(into: &output)
        if values.isEmpty { writer.int64(0, into: &output) }
        for value in values {
            if value == .null {
                writer.null(into: &output)
            } else {
                writer.text("\(value)", into: &output)
            }
        }
        writer.endRow(into: &output)
        writer.endResult(status: .autocommit, into: &output)
        return .commandDone(nextSequenceID: writer.sequenceID)
    }

    private mutating func fieldList(_ command: COMFieldList) -> ServerConversation.Completion {
        guard command.table == "t" else {
            return .error(ServerError(.noSuchTable, "Table 'shop.none' doesn't exist"))
        }
        var writer = conversation.responseWriter()
        let key = ColumnDefinition41(
            name: "id",
            type: ColumnType(.long),
            schema: "shop",
            table: "t",
            originalTable: "t",
            originalName: "id",
            flags: [.notNull, .primaryKey]
        )
        let name = ColumnDefinition41(
            name: "name",
            type: .varchar(20),
            schema: "shop",
            table: "t",
            originalTable: "t",
            originalName: "name"
        )
        writer.fieldListColumn(key, defaultValue: nil, into: &output)
        writer.fieldListColumn(name, defaultValue: "x", into: &output)
        writer.endFieldList(status: .autocommit, into: &output)
        return .commandDone(nextSequenceID: writer.sequenceID)
    }
}

extension String {
    fileprivate func trimmingTrailingBlanks() -> String {
        String(reversed().drop { $0 == " " }.reversed())
    }
}
