import Foundation
import Testing

/// What a client has set in its session at the source holds where its jobs read there.
@Suite(
    .serialized,
    .enabled(if: MariaDBServer.isInstalled, "mariadbd is not installed")
)
struct SourceSettingsTests {
    private func servers() throws -> (MariaDBServer, ServerProcess) {
        let source = try MariaDBServer()
        let server = try ServerProcess.ephemeral(["--source", source.url()])
        let client = try server.connect(database: "shop")
        _ = try client.query("CREATE TABLE t (id INT, amount DOUBLE, late INT, at TIMESTAMP NULL)")
        _ = try client.query(
            "INSERT INTO t SELECT seq, seq, seq % 2, FROM_UNIXTIME(seq * 3600) FROM seq_1_to_100"
        )
        return (source, server)
    }

    private func status(_ client: RawClient, _ feature: String) throws -> String {
        let deadline = Date().addingTimeInterval(60)
        var status = ""
        while status != "saved", status != "failed", Date() < deadline {
            status = try client.query("SHOW FEATURE \(feature)").rows[0][0] ?? ""
            usleep(5_000)
        }
        return status
    }

    @Test("time_zone and sql_mode of the session hold in its jobs, and when they run again")
    func settings() throws {
        let (source, server) = try servers()
        let client = try server.connect(database: "shop")
        _ = try client.query("SELECT 1")
        let create =
            "CREATE MODEL m WITH (model_class='lightgbm', x_cols='amount', "
            + "y_cols='late', model_parameter=(n_estimators=5)) AS (SELECT * FROM t)"
        _ = try client.query(create)
        #expect(try client.statuses(of: "m", until: ["saved", "failed"]).last == "saved")
        // Quoted names in double quotes, and texts of a time that depend on where one is.
        let query =
            "SELECT \"id\", amount, late, CAST(at AS CHAR(19)) AS at FROM t "
            + "WHERE at = '1970-01-02 10:00:00'"
        var rows: [String: [[String?]]] = [:]
        for (zone, expected) in [("+00:00", "34"), ("+05:30", nil), ("+09:00", "25")] {
            _ = try client.query("SET time_zone = '\(zone)', sql_mode = 'ANSI_QUOTES'")
            let table = "at\(zone.dropFirst().prefix(2))"
            let id = try client.query(
                "SELECT id, at FROM PREDICT(MODEL m, \(query)) WITH (x_cols='amount', "
                    + "mode='async') INTO polar4ai.\(table)"
            ).cell
            let task = try client.task(id ?? "")
            #expect(task["taskStatus"] == "finish", "\(task)")
            rows[zone] = try client.query("SELECT id, at FROM polar4ai.\(table)").rows
            #expect(rows[zone] == (expected.map { [[$0, "1970-01-02 10:00:00"]] } ?? []))
        }
        // Without a session at the source its defaults hold.
        let fresh = try server.connect()
        let failure = try fresh.failure(
            of: "SELECT id FROM PREDICT(MODEL m, SELECT \"id\", amount FROM shop.\"t\") "
                + "WITH (x_cols='amount', mode='async')"
        )
        #expect(failure.number == 1_064)
        // A model and a feature keep them.
        _ = try client.query(
            "CREATE MODEL kept WITH (model_class='lightgbm', x_cols='amount', y_cols='late', "
                + "model_parameter=(n_estimators=5)) AS (SELECT \"amount\", \"late\" FROM \"t\")"
        )
        #expect(try client.statuses(of: "kept", until: ["saved", "failed"]).last == "saved")
        _ = try client.query(
            "CREATE FEATURE f WITH (feature_class='iv', x_cols='amount', y_cols='late') "
                + "AS (SELECT \"amount\", \"late\" FROM shop.\"t\")"
        )
        #expect(try status(client, "f") == "saved")
        _ = try fresh.query("SET sql_mode = ''")
        _ = try fresh.query("USE shop")
        _ = try fresh.query("ALTER MODEL kept RETRAIN")
        #expect(try fresh.statuses(of: "kept", until: ["saved", "failed"]).last == "saved")
        _ = try fresh.query("UPDATE FEATURE f SET bins_num = 4")
        #expect(try status(fresh, "f") == "saved")
        _ = source
    }
}
