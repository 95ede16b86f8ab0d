import BorealBase
import BorealSQL
import BorealSQLite
import BorealTables
import BorealWire
import Dispatch
import Glibc
import Synchronization

/// Runs a statement on a few small tables. It may answer rows or one of MySQL's errors; what SQLite
/// refuses because of our translation is a bug, and so is an error that speaks of SQLite.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzTranslator(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let text = Array(UnsafeBufferPointer(start: start, count: count))
    guard !text.isEmpty else { return 0 }
    tables.run(text)
    return 0
}

/// The tables, made anew when a statement has dropped them.
private nonisolated(unsafe) let tables = FuzzTables()  // libFuzzer calls from one thread

/// Cancels a statement that takes too long.
private final class Watchdog: Sendable {
    private let watched = Mutex<(flag: CancellationFlag, deadline: UInt64)?>(nil)

    init() {
        DispatchQueue(label: "watchdog").async { [self] in
            while true {
                usleep(20_000)
                watched.withLock { watched in
                    guard let now = watched, MonotonicClock.milliseconds > now.deadline else {
                        return
                    }
                    now.flag.cancel()
                }
            }
        }
    }

    func watch(_ flag: CancellationFlag, milliseconds: UInt64) {
        watched.withLock { $0 = (flag, MonotonicClock.milliseconds + milliseconds) }
    }

    func rest() { watched.withLock { $0 = nil } }
}

private final class FuzzTables {
    private var session: TableSession?
    private var runs = 0
    private let path = "/tmp/boreal-fuzz-\(getpid()).db"
    private let watchdog = Watchdog()

    private static let setUp = [
        "CREATE DATABASE d", "USE d",
        "CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, a INT, b VARCHAR(20), c DECIMAL(10,2), "
            + "d DATE, e DATETIME(3), f DOUBLE, g BIGINT UNSIGNED, h TIME, i JSON, UNIQUE KEY (b))",
        "CREATE TABLE u (id INT, k ENUM('x','y'), s SET('p','q'), v VARBINARY(10), y YEAR, "
            + "z TIMESTAMP NULL, w BIT(4), KEY (id))",
        "INSERT INTO t (a,b,c,d,e,f,g,h,i) VALUES "
            + "(1,'a',1.5,'2020-01-02','2020-01-02 03:04:05.678',"
            + "2.5,18446744073709551615,'-12:30:00','{\"a\": [1, 2]}'), "
            + "(NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL), (2,'B',-0.25,'1999-12-31',NULL,0,0,"
            + "'00:00:00','[]')",
        "INSERT INTO u VALUES (1,'x','p,q',X'00FF',2024,'2024-05-06 07:08:09',b'101'), "
            + "(2,'y','',X'',1999,NULL,0)",
        "CREATE VIEW w AS SELECT t.id, t.b, u.k FROM t LEFT JOIN u ON t.id = u.id",
    ]

    private func fresh() -> TableSession {
        runs += 1
        if let session, runs % 400 != 0, (try? session.use("d")) != nil { return session }
        session?.close()
        session = nil
        for end in ["", "-wal", "-shm"] { unlink(path + end) }
        var options = TableStore.Options()
        options.synchronous = .off
        let who = SessionIdentity(
            connectionID: 1,
            user: "root@localhost",
            account: "root@localhost"
        )
        guard let store = try? TableStore(path: path, options: options) else {
            fatalError("no store")
        }
        let made = TableSession(store, identity: who)
        session = made
        for sql in Self.setUp { execute(Array(sql.utf8), made) }
        return made
    }

    func run(_ text: [UInt8]) {
        let session = fresh()
        execute(text, session)
        session.rollBack()
    }

    private func execute(_ text: [UInt8], _ session: TableSession) {
        let options = ParserOptions(mode: session.parserMode)
        guard let parsed = try? StatementParser.parse(text, options: options),
            case .ordinary(let statement) = parsed.kind, parsed.placeholderCount == 0
        else { return }
        let flag = CancellationFlag()
        watchdog.watch(flag, milliseconds: 300)
        defer { watchdog.rest() }
        do {
            try step(session.prepare(statement, text: text, cancellation: flag))
        } catch let error as TableError {
            if case .internalError(let reason) = error {
                fatalError("\(reason)\n\(String(decoding: text, as: UTF8.self))")
            }
            let speaks = error.message.lowercased().contains("sqlite")
            guard !speaks || String(decoding: text, as: UTF8.self).lowercased().contains("sqlite")
            else { fatalError(error.message) }
        } catch {
            fatalError("\(error)")
        }
    }

    private func step(_ statement: any TableStatement) throws {
        defer { statement.close() }
        var writer = RowWriter(sequenceID: 0, capabilities: [.deprecateEOF])
        var head = ByteBuffer()
        if !statement.columns.isEmpty {
            writer.columns(statement.columns.map(\.definition), status: [], into: &head)
        }
        var steps = 0
        while steps < 50 {
            var buffer = ByteBuffer()
            guard
                case .more = try statement.step(
                    into: &writer,
                    buffer: &buffer,
                    budgetBytes: 1 << 16
                )
            else { return }
            steps += 1
        }
    }
}
