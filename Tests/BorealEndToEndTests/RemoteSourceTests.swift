import Foundation
import Testing

/// Remote models asked about rows of a real MariaDB, and their answers in a table there.
@Suite(
    .serialized,
    .enabled(
        if: MariaDBServer.isInstalled && ModelService.isAvailable,
        "mariadbd or python3 is not installed"
    )
)
struct RemoteSourceTests {
    @Test("rows of a source are asked about, and the answers go into a table of the source")
    func rows() throws {
        let bench = try RemoteBench()
        let source = try MariaDBServer()
        let client = try bench.begin()
        let direct = try source.connect(database: "shop")
        _ = try direct.query("CREATE TABLE texts (id INT PRIMARY KEY, a VARCHAR(40))")
        _ = try direct.query("INSERT INTO texts VALUES (1, 'one'), (2, NULL), (3, 'it''s')")
        _ = try client.query("CREATE SOURCE west OPTIONS (URL '\(source.url())')")
        try bench.make("chat", by: client)
        let asked = "SELECT * FROM PREDICT(MODEL chat, SELECT * FROM west.shop.texts ORDER BY id) "
        let online = try client.query(asked + "WITH (x_cols='a', s_cols='id')")
        let names = online.names
        let answer = try #require(names.firstIndex(of: "prediction"))
        #expect(online.rows.map { $0[answer] } == ["echo:one", nil, "echo:it's"])
        let id = try client.query(
            asked + "WITH (x_cols='a', s_cols='id', mode='async', primary_key='id') "
                + "INTO west.shop.answers"
        ).cell
        let task = try client.task(id ?? "")
        #expect(task["taskStatus"] == "finish", "\(task)")
        #expect(
            try direct.query("SELECT id, prediction FROM answers ORDER BY id").rows
                == [["1", "echo:one"], ["2", nil], ["3", "echo:it's"]]
        )
        let plan = try client.query(
            "EXPLAIN " + asked
                + "WITH (x_cols='a', mode='async') INTO west.shop.more"
        )
        #expect(plan.rows.contains { $0[0] == "into" && $0[1] == "west.shop.more" })
        #expect(try direct.query("SHOW TABLES LIKE 'more'").rows.isEmpty)
    }
}
