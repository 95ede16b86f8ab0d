import Foundation
import Testing

/// Tables of a source that change while a statement on models is about to read them.
@Suite(
    .serialized,
    .enabled(if: MariaDBServer.isInstalled, "mariadbd is not installed")
)
struct SourceChangeTests {
    private final class Pair: Sendable {
        let source: MariaDBServer
        let server: ServerProcess

        /// `hold()` waits while somebody has the lock `first`, and the second time in a session
        /// while somebody has `second`.
        init() throws {
            source = try MariaDBServer()
            server = try ServerProcess.ephemeral(["--source", source.url()])
            _ = try server.connect().query("CREATE SOURCE named OPTIONS (URL '\(source.url())')")
            let client = try source.connect(database: "shop")
            for text in [
                "CREATE TABLE t (a INT)", "INSERT INTO t SELECT seq FROM seq_1_to_50",
                """
                CREATE FUNCTION hold() RETURNS INT NO SQL
                BEGIN
                    DECLARE n INT;
                    SET @calls = COALESCE(@calls, 0) + 1;
                    SET @lock = IF(@calls = 1, 'first', 'second');
                    SET n = GET_LOCK(CONCAT('waits ', @lock), 60);
                    WHILE IS_USED_LOCK(@lock) IS NOT NULL DO SET n = SLEEP(0.002); END WHILE;
                    SET n = RELEASE_LOCK(CONCAT('waits ', @lock));
                    RETURN @calls;
                END
                """,
            ] {
                _ = try client.query(text)
            }
        }
    }

    private static let shared = Result { try Pair() }

    private let source: MariaDBServer
    private let server: ServerProcess
    private let direct: RawClient

    init() throws {
        let pair = try Self.shared.get()
        source = pair.source
        server = pair.server
        direct = try source.connect(database: "shop")
        _ = try direct.query("CREATE OR REPLACE TABLE u AS SELECT a + 1 AS a FROM t")
        _ = try direct.query("SELECT GET_LOCK('first', 0), GET_LOCK('second', 0)")
    }

    /// Both queries are prepared before the first of them runs, which then waits.
    private static let statement =
        "SELECT * FROM PSI(SELECT a FROM t JOIN (SELECT hold() h) x, SELECT a FROM u) "
        + "WITH (x_cols='a')"

    /// Returns when `hold()` waits for a lock.
    private func waitUntilHeld(_ lock: String) throws {
        let deadline = Date().addingTimeInterval(60)
        let query = "SELECT IS_USED_LOCK('waits \(lock)')"
        while Date() < deadline, try direct.query(query).cell == nil { usleep(2_000) }
        #expect(Date() < deadline, "\(lock)")
    }

    @Test("a statement whose tables change before its first row is prepared anew, unseen")
    func preparedAnew() throws {
        let client = try server.connect(database: "shop")
        _ = try direct.query("DO RELEASE_LOCK('second')")
        try client.start(Self.statement)
        try waitUntilHeld("first")
        _ = try direct.query("ALTER TABLE u MODIFY a DECIMAL(9,2)")
        _ = try direct.query("DO RELEASE_LOCK('first')")
        let answer = try client.readAnswer()
        #expect(answer.rows.count == 1)
        #expect(try client.query("SELECT COUNT(*) FROM u").cell == "50")
        #expect(try direct.query("SHOW GLOBAL STATUS LIKE 'Prepared_stmt_count'").rows[0][1] == "0")
    }

    @Test("when they change again, it is MySQL's 1615, and the session goes on")
    func changedTwice() throws {
        let client = try server.connect(database: "shop")
        try client.start(Self.statement)
        try waitUntilHeld("first")
        _ = try direct.query("ALTER TABLE u MODIFY a DECIMAL(9,2)")
        _ = try direct.query("DO RELEASE_LOCK('first')")
        try waitUntilHeld("second")
        _ = try direct.query("ALTER TABLE u MODIFY a VARCHAR(20)")
        _ = try direct.query("DO RELEASE_LOCK('second')")
        let answer = Result { try client.readAnswer() }
        let failure = #expect(throws: RawClient.ServerFailure.self) { try answer.get() }
        #expect(failure?.number == 1_615, "\(String(describing: failure))")
        #expect(try client.query("SELECT COUNT(*) FROM t").cell == "50")
    }
}
