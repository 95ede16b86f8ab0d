import Foundation
import Testing

/// Log-ins with a database, beside a real MariaDB as `--source`.
@Suite(
    .serialized,
    .enabled(if: MariaDBServer.isInstalled, "mariadbd is not installed")
)
struct SourceLoginTests {
    @Test("a database that the source does not have is 1049; one that is gone keeps nobody out")
    func databases() throws {
        let source = try MariaDBServer()
        let proxy = try ByteProxy(to: source.port)
        let server = try ServerProcess.ephemeral(["--source", source.url(port: proxy.port)])
        for name in ["nosuch", "no such `one`"] {
            let failure = #expect(throws: RawClient.ServerFailure.self) {
                try server.connect(database: name)
            }
            #expect(failure?.number == 1_049)
            #expect(failure?.description.contains(name) == true)
        }
        let client = try server.connect(database: "shop")
        #expect(try client.query("SELECT DATABASE()").cell == "shop")
        _ = try client.query("CREATE DATABASE nosuch")
        #expect(try server.connect(database: "nosuch").query("SELECT DATABASE()").cell == "nosuch")
        // Known for a while, so the source is not asked again, and knows for itself.
        let connections = proxy.connections
        let again = try server.connect(database: "shop")
        #expect(proxy.connections == connections)
        _ = try again.query("CREATE TABLE t (a INT)")
        // Who may not use the source learns nothing of it.
        _ = try client.query("/*polar4ai*/CREATE USER guest@localhost IDENTIFIED BY ''")
        let guest = try RawClient(port: server.mysqlPort, user: "guest", database: "hidden")
        #expect(try guest.query("SHOW MODELS").rows.isEmpty)
        for bytes in [0, 10] {
            proxy.breakAfter(answerBytes: bytes)
            let offline = try server.connect(database: "other\(bytes)")
            #expect(try offline.query("SHOW MODELS").rows.isEmpty)
            proxy.heal()
        }
        proxy.breakAfter(answerBytes: 0, closes: false)
        let silent = try server.connect(database: "silent")
        #expect(try silent.query("SHOW MODELS").rows.isEmpty)
        proxy.heal()
    }
}
