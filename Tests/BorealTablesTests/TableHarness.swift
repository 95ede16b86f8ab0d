import BorealBase
import BorealSQL
import BorealSQLite
import BorealWire
import Foundation
import Testing

@testable import BorealTables

/// A store in a temporary folder, with one session in database `d`.
final class TableHarness {
    let store: TableStore
    let session: TableSession
    private let folder: URL

    init(version: String = "8.0.36-boreal") throws {
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("boreal-tables-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var options = TableStore.Options()
        options.synchronous = .off
        options.serverVersion = version
        store = try TableStore(
            path: folder.appendingPathComponent("tables.db").path,
            options: options
        )
        session = Self.open(store, 1)
        _ = try run("CREATE DATABASE d")
        try session.use("d")
    }

    deinit {
        session.close()
        // The folder is in the temporary directory: what is left there is the system's to clean.
        try? FileManager.default.removeItem(at: folder)
    }

    static func open(_ store: TableStore, _ id: UInt64) -> TableSession {
        let who = SessionIdentity(
            connectionID: id,
            user: "root@localhost",
            account: "root@localhost"
        )
        return TableSession(store, identity: who)
    }

    /// Another client of the same store, in database `d`.
    func other(_ id: UInt64 = 2) throws -> TableSession {
        let session = Self.open(store, id)
        try session.use("d")
        return session
    }

    func prepare(
        _ sql: String,
        _ parameters: [TableValue] = [],
        in session: TableSession? = nil,
        cancellation: CancellationFlag = CancellationFlag()
    ) throws -> any TableStatement {
        let session = session ?? self.session
        let text = Array(sql.utf8)
        let parsed = try StatementParser.parse(
            text,
            options: ParserOptions(mode: session.parserMode)
        )
        guard case .ordinary(let statement) = parsed.kind else {
            throw TableError.notSupported("a model statement")
        }
        return try session.prepare(
            statement,
            text: text,
            parameters: parameters,
            hints: parsed.hints,
            cancellation: cancellation
        )
    }

    /// Rows as texts, NULL as nil; for a change one row with the count.
    @discardableResult
    func run(
        _ sql: String,
        _ parameters: [TableValue] = [],
        in session: TableSession? = nil
    ) throws -> [[String?]] {
        let statement = try prepare(sql, parameters, in: session)
        return try Self.finish(statement).rows
    }

    /// Steps to the end; a wait fails the test.
    static func finish(
        _ statement: any TableStatement
    ) throws -> (rows: [[String?]], summary: StatementSummary) {
        var writer = RowWriter(sequenceID: 0, capabilities: [.deprecateEOF])
        var buffer = ByteBuffer()
        if !statement.columns.isEmpty {
            writer.columns(statement.columns.map(\.definition), status: [], into: &buffer)
            buffer = ByteBuffer()
        }
        while true {
            switch try statement.step(into: &writer, buffer: &buffer, budgetBytes: 1 << 16) {
            case .more: continue
            case .waiting: throw TableError.lockWaitTimeout
            case .finished(let summary):
                return (rows(buffer.bytes, statement.columns.count), summary)
            }
        }
    }

    /// Takes packets of text rows apart.
    private static func rows(_ bytes: [UInt8], _ columns: Int) -> [[String?]] {
        var rows: [[String?]] = []
        var position = 0
        while position + 4 <= bytes.count {
            position += 4
            var row: [String?] = []
            for _ in 0..<columns {
                var length = Int(bytes[position])
                position += 1
                if length == 0xFB {
                    row.append(nil)
                    continue
                }
                if length == 0xFC {
                    length = Int(bytes[position]) | Int(bytes[position + 1]) << 8
                    position += 2
                } else if length == 0xFD {
                    length = (0..<3).reduce(0) { $0 | Int(bytes[position + $1]) << ($1 * 8) }
                    position += 3
                }
                row.append(String(decoding: bytes[position..<position + length], as: UTF8.self))
                position += length
            }
            rows.append(row)
        }
        return rows
    }

    /// The number of the error that a statement gives, or its rows when it gives none.
    func outcome(_ sql: String) -> String {
        do {
            return Self.show(try run(sql))
        } catch let error as TableError {
            return "!\(error.serverErrorCode.rawValue)"
        } catch {
            return "!\(error)"
        }
    }

    /// Runs a column of statements, one a line, and compares what each answers: `;` between rows,
    /// `!number` for an error, nothing for a change. `=>` stands in front of what is expected.
    func check(_ script: String, sourceLocation: SourceLocation = #_sourceLocation) {
        for line in script.split(separator: "\n") where !line.hasPrefix("--") {
            let halves = line.split(separator: "=>", maxSplits: 1, omittingEmptySubsequences: false)
            let sql = halves[0].trimmingCharacters(in: .whitespaces)
            let expected =
                halves.count > 1 ? halves[1].trimmingCharacters(in: .whitespaces) : ""
            #expect(outcome(sql) == expected, "\(sql)", sourceLocation: sourceLocation)
        }
    }

    /// The whole sentence of the error that a statement gives.
    func message(_ sql: String) -> String {
        do {
            return Self.show(try run(sql))
        } catch let error as TableError {
            return error.message
        } catch {
            return "!\(error)"
        }
    }

    /// `1,a;2,NULL`
    static func show(_ rows: [[String?]]) -> String {
        rows.map { $0.map { $0 ?? "NULL" }.joined(separator: ",") }.joined(separator: ";")
    }
}
