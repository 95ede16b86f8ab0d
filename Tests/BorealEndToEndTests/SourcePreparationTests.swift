import Foundation
import Testing

/// PREPARE and EXECUTE in SQL of statements for a source by name, beside `--source`.
@Suite(
    .serialized,
    .enabled(if: MariaDBServer.isInstalled, "mariadbd is not installed")
)
struct SourcePreparationTests {
    private final class Place: Sendable {
        let source: MariaDBServer
        let proxy: ByteProxy
        let server: ServerProcess

        /// `--source` by way of the proxy, and the same server under the name `other`.
        init() throws {
            source = try MariaDBServer()
            proxy = try ByteProxy(to: source.port)
            server = try ServerProcess.ephemeral(["--source", source.url(port: proxy.port)])
            let client = try server.connect(database: "shop")
            _ = try client.query("CREATE SOURCE other OPTIONS (URL '\(source.url())')")
            _ = try client.query("CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(20))")
            _ = try client.query("INSERT INTO t VALUES (1, 'one'), (2, 'two'), (3, NULL)")
        }
    }

    private static let shared = Result { try Place() }

    private let place: Place
    private let client: RawClient

    init() throws {
        place = try Self.shared.get()
        place.proxy.heal()
        client = try place.server.connect(database: "shop")
        _ = try client.query("SET NAMES utf8mb4")
    }

    @Test("the values are those of the client's variables at --source")
    func variables() throws {
        _ = try client.query("PREPARE p FROM 'SELECT b, ?, ''?'' FROM other.shop.t WHERE a = ?'")
        for value in ["'it''s'", "'a\\\\b'", "1.25", "NULL", "'å😀'", "-7", "2e0", "''"] {
            _ = try client.query("SET @`v w` = \(value), @a = 2")
            let expected = try client.query("SELECT 'two', \(value), '?'").rows
            #expect(try client.query("EXECUTE p USING @`v w`, @a").rows == expected, "\(value)")
            // What runs here and what runs there may follow one another.
            #expect(try client.query("SELECT @a").cell == "2")
        }
        #expect(try client.query("EXECUTE p USING @never, @never").rows.isEmpty)
        #expect(try client.failure(of: "EXECUTE p USING @a").number == 1_210)
        #expect(try client.failure(of: "EXECUTE p").number == 1_210)
        _ = try client.query("PREPARE n FROM 'SELECT COUNT(*) FROM other.shop.t'")
        #expect(try client.query("EXECUTE n").cell == "3")
    }

    @Test("names are one list: the last PREPARE of a name counts, and DEALLOCATE ends it")
    func names() throws {
        _ = try client.query("PREPARE p FROM 'SELECT 1 FROM other.shop.t LIMIT 1'")
        #expect(try client.query("EXECUTE P").cell == "1")
        _ = try client.query("PREPARE p FROM 'SELECT 5'")
        #expect(try client.query("EXECUTE p").cell == "5")
        _ = try client.query("DEALLOCATE PREPARE p")
        #expect(try client.failure(of: "EXECUTE p").number == 1_243)
        _ = try client.query("PREPARE q FROM 'SELECT 1 FROM other.shop.t LIMIT 1'")
        _ = try client.query("DROP PREPARE q")
        #expect(try client.failure(of: "EXECUTE q").number == 1_243)
        let mixed = "PREPARE p FROM 'SELECT * FROM other.shop.t JOIN t'"
        #expect(try client.failure(of: mixed).number == 1_235)
        #expect(try client.failure(of: "EXECUTE p").number == 1_243)
    }

    @Test("a change is refused while --source has a transaction of the client's")
    func transaction() throws {
        _ = try client.query("PREPARE d FROM 'DELETE FROM other.shop.t WHERE a > ?'")
        _ = try client.query("SET @most = 100")
        _ = try client.query("BEGIN")
        #expect(try client.failure(of: "EXECUTE d USING @most").number == 1_235)
        // What runs here does not end what was begun there.
        #expect(try client.query("/*polar4ai*/SELECT 1").status & 1 == 1)
        #expect(try client.failure(of: "EXECUTE d USING @most").number == 1_235)
        _ = try client.query("ROLLBACK")
        #expect(try client.query("EXECUTE d USING @most").affectedRows == 0)
    }

    @Test("a --source that is gone when it is asked for the values is 2013")
    func death() throws {
        _ = try client.query("PREPARE p FROM 'SELECT b FROM other.shop.t WHERE a = ?'")
        _ = try client.query("SET @a = 2")
        place.proxy.breakAfter(answerBytes: 0)
        #expect(try client.failure(of: "EXECUTE p USING @a").number == 2_013)
        #expect(throws: (any Error).self) { try client.query("EXECUTE p USING @a") }
        place.proxy.heal()
        let again = try place.server.connect(database: "shop")
        _ = try again.query("PREPARE p FROM 'SELECT b FROM other.shop.t WHERE a = ?'")
        _ = try again.query("SET @a = 2")
        #expect(try again.query("EXECUTE p USING @a").cell == "two")
    }

    @Test("an EXECUTE is nothing that the protocol prepares")
    func protocolPreparation() throws {
        _ = try client.query("PREPARE p FROM 'SELECT b FROM other.shop.t WHERE a = ?'")
        let failure = #expect(throws: RawClient.ServerFailure.self) {
            try client.command([0x16] + Array("EXECUTE p USING @a".utf8))
        }
        #expect(failure?.number == 1_295)
        #expect(try client.query("SELECT 1").cell == "1")
    }
}
