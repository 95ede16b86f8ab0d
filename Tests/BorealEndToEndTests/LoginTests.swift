import Foundation
import Glibc
import TestPrograms
import Testing

/// Who gets in, by which door, and what is written down of it.
@Suite("Log-in and audit", .serialized)
struct LoginTests {
    private static func header(_ user: String, _ password: String) -> String {
        "Authorization: Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
    }

    /// Runs the mariadb client; its output, or its error's number.
    private func mariadb(
        _ server: ServerProcess,
        _ user: String,
        _ password: String,
        _ more: [String] = []
    ) throws -> String {
        let program = try #require(ProgramRun.find("mariadb"))
        let run = try ProgramRun(
            program,
            [
                "--no-defaults", "-h127.0.0.1", "-P\(server.mysqlPort)", "-u\(user)",
                "-p\(password)", "-N", "-e", "SELECT CURRENT_USER()",
            ] + more
        )
        let words = run.errors.split(separator: " ")
        let number = words.firstIndex(of: "ERROR").map { String(words[$0 + 1]) }
        return number ?? run.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static let program = ProgramRun.find("mariadb")

    @Test(
        "an account logs in by either plugin, or by its own only",
        .enabled(if: program != nil, "the mariadb client is not installed")
    )
    func plugins() throws {
        let socket = TestRun.folder + "login.sock"
        let server = try ServerProcess.ephemeral(["--socket", socket])
        let root = try server.connect()
        try root.query(
            "CREATE USER pair IDENTIFIED BY 'it''s', "
                + "old IDENTIFIED WITH mysql_native_password BY 'p'"
        )
        try root.query("CREATE USER new IDENTIFIED WITH caching_sha2_password BY 'p'")
        try root.query(
            "CREATE USER near@localhost IDENTIFIED BY 'p', far@'10.1.2.3' IDENTIFIED BY 'p'"
        )
        let native = ["--default-auth=mysql_native_password"]
        let local = ["--protocol=socket", "--socket=\(socket)"]
        #expect(try mariadb(server, "pair", "it's", native) == "pair@%")
        #expect(try mariadb(server, "pair", "it's", local) == "pair@%")
        #expect(try mariadb(server, "pair", "its", native) == "1045")
        #expect(try mariadb(server, "old", "p") == "old@%")
        #expect(try mariadb(server, "new", "p", local) == "new@%")
        #expect(try mariadb(server, "new", "q", local) == "1045")
        #expect(try mariadb(server, "near", "p", native) == "near@localhost")
        #expect(try mariadb(server, "far", "p", native) == "1045")
        try root.query("SET GLOBAL native_password_enabled = OFF")
        #expect(try mariadb(server, "old", "p") == "1045")
        try root.query("ALTER USER near@localhost ACCOUNT LOCK")
        #expect(try mariadb(server, "near", "p", local) == "3118")
        try root.query("ALTER USER near@localhost ACCOUNT UNLOCK REQUIRE SSL")
        #expect(try mariadb(server, "near", "p", local + ["--skip-ssl"]) == "1045")
        #expect(try mariadb(server, "near", "p", ["--ssl"]) == "near@localhost")
        try root.query("ALTER USER near@localhost REQUIRE X509")
        #expect(try mariadb(server, "near", "p", ["--ssl"]) == "1045")
        unlink(socket)
    }

    @Test(
        "PyMySQL logs in with a password of both plugins, changes it and loses the old one",
        .enabled(
            if: (try? ProgramRun("/usr/bin/env", ["python3", "-c", "import pymysql"]).status) == 0,
            "PyMySQL is not installed"
        )
    )
    func pyMySQL() throws {
        let server = try ServerProcess.ephemeral()
        let root = try server.connect()
        try root.query("CREATE USER py IDENTIFIED WITH mysql_native_password BY 'first'")
        let script = """
            import pymysql
            def connect(password):
                place = {'host': '127.0.0.1', 'port': \(server.mysqlPort)}
                return pymysql.connect(user='py', password=password, **place)
            c = connect('first').cursor()
            change = "ALTER USER USER() IDENTIFIED WITH mysql_native_password BY %s"
            c.execute(change, ("se'c\\\\ond",))
            c.execute("SELECT USER(), CURRENT_USER()")
            print(c.fetchone())
            print(connect("se'c\\\\ond").get_server_info() != '')
            try:
                connect('first')
            except pymysql.err.OperationalError as error:
                print(error.args[0])
            """
        let run = try ProgramRun("/usr/bin/env", ["python3", "-c", script])
        #expect(run.output == "('py@localhost', 'py@%')\nTrue\n1045\n", "\(run.errors)")
    }

    @Test("limits of connections, and passwords that must change")
    func limits() throws {
        let server = try ServerProcess.ephemeral()
        let root = try server.connect()
        try root.query("CREATE USER few WITH MAX_USER_CONNECTIONS 2")
        try root.query("CREATE USER many, stale PASSWORD EXPIRE")
        try root.query("ALTER USER many PASSWORD EXPIRE NEVER")
        func number(_ user: String) throws -> Int {
            do {
                _ = try RawClient(port: server.mysqlPort, user: user)
                return 0
            } catch let error as RawClient.ServerFailure {
                return error.number
            }
        }
        do {
            let first = try RawClient(port: server.mysqlPort, user: "few")
            let second = try RawClient(port: server.mysqlPort, user: "few")
            #expect(try number("few") == 1226)
            try root.query("SET GLOBAL max_user_connections = 1")
            #expect(try number("few") == 1226)
            try root.query("ALTER USER few WITH MAX_USER_CONNECTIONS 0")
            #expect(try number("few") == 1203)
            try root.query("SET GLOBAL max_user_connections = 0")
            #expect(try number("few") == 0)
            _ = (first.connectionID, second.connectionID)
        }
        let client = try RawClient(port: server.mysqlPort, user: "stale")
        #expect(try client.failure(of: "SELECT 1").number == 1820)
        #expect(try client.failure(of: "SHOW MODELS").number == 1820)
        try client.query("SET NAMES utf8mb4")
        try client.query("ALTER USER USER() IDENTIFIED BY ''")
        #expect(try client.query("SELECT 1").cell == "1")
    }

    @Test("who sends wrong passwords waits, at both doors, and others do not")
    func throttling() throws {
        let server = try ServerProcess.ephemeral()
        let root = try server.connect()
        try root.query("CREATE USER ann IDENTIFIED BY 'right', bea IDENTIFIED BY 'right'")
        let door = "http://127.0.0.1:\(server.httpPort)/metrics"
        // The eighth is the sixth too many: the wait is half a minute, not the second of the first.
        for (limit, count) in [(100, 7), (3, 1)] {
            try root.query("SET GLOBAL login_failures_max = \(limit)")
            for _ in 0..<count {
                #expect(try httpGet(door, headers: [Self.header("ann", "wrong")]).status == 401)
            }
        }
        // Even the right one is not looked at now.
        let blocked = try httpGet(door, headers: [Self.header("ann", "right")])
        #expect(blocked.status == 429)
        #expect(String(decoding: blocked.body, as: UTF8.self).contains("Account is blocked"))
        #expect(try httpGet(door, headers: [Self.header("bea", "right")]).status == 200)
        if Self.program != nil {
            #expect(
                try mariadb(server, "ann", "right", ["--default-auth=mysql_native_password"])
                    == "3955"
            )
        }
        try root.query("FLUSH HOSTS")
        #expect(try httpGet(door, headers: [Self.header("ann", "right")]).status == 200)
        try root.query("SET GLOBAL login_failures_address_max = 4")
        for user in ["a", "b", "c", "d"] {
            #expect(try httpGet(door, headers: [Self.header(user, "x")]).status == 401)
        }
        #expect(try httpGet(door, headers: [Self.header("bea", "right")]).status == 429)
        #expect(throws: RawClient.ServerFailure.self) { try server.connect() }
        #expect(try root.query("SELECT 1").cell == "1")
        try root.query("FLUSH HOSTS")
        #expect(try server.connect().query("SELECT 1").cell == "1")
    }

    @Test("a token opens the HTTP door until it is dropped, or its account is")
    func tokens() throws {
        let server = try ServerProcess.ephemeral()
        let root = try server.connect()
        try root.query("CREATE USER ann IDENTIFIED BY 'p'")
        let door = "http://127.0.0.1:\(server.httpPort)/metrics"
        func status(_ token: String) throws -> Int {
            try httpGet(door, headers: ["Authorization: Bearer \(token)"]).status
        }
        func create(_ sql: String) throws -> String {
            let answer = try root.query(sql)
            #expect(answer.names == ["name", "token", "expires"])
            return try #require(answer.rows[0][1])
        }
        let token = try create("CREATE TOKEN ci FOR ann EXPIRE INTERVAL 1 HOUR")
        let other = try create("CREATE TOKEN FOR ann")
        let short = try create("CREATE TOKEN short FOR ann EXPIRE INTERVAL 0 SECOND")
        #expect(try status(token) == 200)
        #expect(try status(short) == 401)
        #expect(try status(token + "x") == 401)
        #expect(try status("") == 401)
        #expect(
            try root.query("SHOW TOKENS FOR ann").rows.map { $0[0] } == ["ci", "token2", "short"]
        )
        #expect(try root.failure(of: "CREATE TOKEN ci FOR ann").number == 9055)
        try root.query("DROP TOKEN ci FOR ann")
        #expect(try status(token) == 401)
        try root.query("ALTER USER ann ACCOUNT LOCK")
        #expect(try status(other) == 403)
        try root.query("ALTER USER ann ACCOUNT UNLOCK REQUIRE SSL")
        #expect(try status(other) == 403)
        try root.query("ALTER USER ann REQUIRE NONE PASSWORD EXPIRE")
        #expect(try status(other) == 403)
        try root.query("ALTER USER ann IDENTIFIED BY 'p'")
        #expect(try status(other) == 200)
        let upload = "http://127.0.0.1:\(server.httpPort)/uploads/file"
        let headers = ["Authorization: Bearer \(other)", "Content-Length: 0"]
        #expect(try httpGet(upload, headers: headers, method: "PUT").status == 403)
        try root.query("GRANT MODEL_ADMIN ON *.* TO ann")
        #expect(try httpGet(upload, headers: headers, method: "PUT").status == 201)
        try root.query("DROP USER ann")
        #expect(try status(other) == 401)
    }

    @Test("a token opens the door to where its account may log in from")
    func tokenHosts() throws {
        let server = try ServerProcess.ephemeral()
        let root = try server.connect()
        try root.query("CREATE USER far@'10.1.2.3', here@'127.0.0.1', near@localhost, ann")
        for (account, status) in [
            ("far@'10.1.2.3'", 401), ("here@'127.0.0.1'", 200), ("near@localhost", 200),
            ("ann", 200),
        ] {
            let token = try #require(try root.query("CREATE TOKEN FOR \(account)").rows[0][1])
            let door = "http://127.0.0.1:\(server.httpPort)/metrics"
            let headers = ["Authorization: Bearer \(token)"]
            #expect(try httpGet(door, headers: headers).status == status, "\(account)")
        }
    }

    @Test("the HTTP door takes each account's password and nothing else")
    func httpPasswords() throws {
        let server = try ServerProcess.ephemeral()
        let root = try server.connect()
        try root.query("SET GLOBAL login_failures_max = 0")
        try root.query(
            "CREATE USER pair IDENTIFIED BY 'p', none, "
                + "old IDENTIFIED WITH mysql_native_password BY 'p'"
        )
        let door = "http://127.0.0.1:\(server.httpPort)/metrics"
        // The second round is that of passwords that are remembered.
        for _ in 0..<2 {
            for (user, password, status) in [
                ("pair", "p", 200), ("pair", "q", 401), ("pair", "", 401), ("old", "p", 200),
                ("old", "q", 401), ("old", "", 401), ("none", "", 200), ("none", "q", 401),
                ("nobody", "", 401), ("nobody", "q", 401),
            ] {
                let answer = try httpGet(door, headers: [Self.header(user, password)])
                #expect(answer.status == status, "\(user) \(password)")
            }
        }
    }

    @Test("a user's name is cut before it comes into messages and logs")
    func longNames() throws {
        let server = try ServerProcess.ephemeral()
        let root = try server.connect()
        let name = String(repeating: "é", count: 32)
        try root.query("CREATE USER \(name)")
        // As in MySQL, what is too long means the one that it begins with.
        let client = try RawClient(port: server.mysqlPort, user: name + "xyz")
        #expect(try client.query("SELECT CURRENT_USER()").cell == name + "@%")
        do {
            _ = try RawClient(
                port: server.mysqlPort,
                user: String(repeating: "a", count: 100_000)
            )
            Issue.record("there is no such user")
        } catch let error as RawClient.ServerFailure {
            let cut = String(repeating: "a", count: 32)
            #expect(
                error.message == "Access denied for user '\(cut)'@'localhost' (using password: NO)"
            )
        }
    }

    @Test("models belong to who made them; PREDICT is given, and taken in the middle of a session")
    func models() throws {
        let server = try ServerProcess.ephemeral()
        let root = try server.connect()
        try root.loadAirlines("airlines_train", from: "airlines_sample_train.csv")
        try root.query("CREATE USER maker, asker")
        try root.query("GRANT SELECT ON db4ai.* TO maker, asker")
        let maker = try RawClient(port: server.mysqlPort, user: "maker")
        let asker = try RawClient(port: server.mysqlPort, user: "asker")
        #expect(throws: RawClient.ServerFailure.self) {
            try maker.createAirlinesModel("owned", trees: 5)
        }
        try root.query("GRANT MODEL_ADMIN ON *.* TO maker")
        try maker.createAirlinesModel("owned", trees: 5)
        #expect(try maker.statuses(of: "owned", until: ["saved", "failed"]).last == "saved")
        try root.query("REVOKE MODEL_ADMIN ON *.* FROM maker")
        #expect(throws: RawClient.ServerFailure.self) {
            try maker.createAirlinesModel("more", trees: 5)
        }
        let predict = """
            SELECT Airline FROM PREDICT(MODEL owned, SELECT * FROM db4ai.airlines_train LIMIT 3)
            WITH (x_cols='\(airlinesFeatures)')
            """
        let function = """
            SELECT PREDICT_ROW('owned', \(airlinesFeatures)) FROM db4ai.airlines_train LIMIT 3
            """
        let evaluate = """
            SELECT Airline FROM EVALUATE(MODEL owned, SELECT * FROM db4ai.airlines_train LIMIT 99)
            WITH (x_cols='\(airlinesFeatures)', y_cols='Delay', metrics='acc')
            """
        let denied = [
            predict, function, evaluate, "SHOW MODEL owned", "DESCRIBE MODEL owned",
            "DROP MODEL owned", "DEPLOY MODEL owned", "SHOW MODEL nothing",
        ]
        // What another session has translated is no way around.
        for _ in 0..<2 { #expect(try maker.query(function).rows.count == 3) }
        for sql in denied { #expect(try asker.failure(of: sql).number == 1142, "\(sql)") }
        #expect(try asker.query("SHOW MODELS").rows.isEmpty)
        #expect(try asker.query("SELECT * FROM information_schema.boreal_models").rows.isEmpty)
        #expect(try maker.query("GRANT PREDICT ON MODEL owned TO asker").affectedRows == 0)
        for sql in [predict, function] { #expect(try asker.query(sql).rows.count == 3) }
        #expect(try asker.query("SHOW MODELS").rows.map { $0[0] } == ["owned"])
        for sql in ["DROP MODEL owned", "DEPLOY MODEL owned"] {
            #expect(try asker.failure(of: sql).number == 1142)
        }
        let task = try #require(try asker.query(evaluate).cell)
        #expect(try asker.task(task)["taskStatus"] == "finish")
        #expect(try maker.query("SHOW TASKS").rows.isEmpty)
        #expect(try maker.failure(of: "DROP TASK `\(task)`").number == 9058)
        #expect(try root.query("SHOW TASKS").rows.count == 1)
        try root.query("REVOKE SELECT ON db4ai.* FROM asker")
        for sql in [predict, function, evaluate] {
            #expect(try asker.failure(of: sql).message.hasPrefix("SELECT command denied"))
        }
        try root.query("GRANT SELECT ON db4ai.* TO asker")
        try root.query("REVOKE PREDICT ON MODEL owned FROM asker")
        for sql in denied { #expect(try asker.failure(of: sql).number == 1142, "\(sql)") }
        try maker.query("DROP MODEL owned")
    }

    @Test("accounts, rights and tokens that were acknowledged survive kill -9")
    func killed() throws {
        let folder = TestRun.folder + "accounts-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let server = try ServerProcess.onData(folder)
        let token: String?
        do {
            let root = try server.connect()
            try root.query("CREATE DATABASE d")
            try root.query("CREATE USER ann, bea")
            try root.query("GRANT INSERT ON d.* TO ann")
            token = try root.query("CREATE TOKEN FOR ann").rows[0][1]
            try root.query("DROP USER bea")
        }
        server.killNine()
        try server.start()
        let ann = try RawClient(port: server.mysqlPort, user: "ann", database: "d")
        #expect(
            try ann.query("SHOW GRANTS").rows.map { $0[0] }
                == ["GRANT USAGE ON *.* TO `ann`@`%`", "GRANT INSERT ON `d`.* TO `ann`@`%`"]
        )
        #expect(throws: RawClient.ServerFailure.self) {
            try RawClient(port: server.mysqlPort, user: "bea")
        }
        let door = "http://127.0.0.1:\(server.httpPort)/metrics"
        #expect(
            try httpGet(door, headers: ["Authorization: Bearer \(token ?? "")"]).status == 200
        )
        #expect(server.terminate() == 0)
    }

    @Test("reset-password gives root back what it lost")
    func resetPassword() throws {
        let folder = TestRun.folder + "reset-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let server = try ServerProcess.onData(folder)
        do {
            let root = try server.connect()
            try root.query("REVOKE ALL PRIVILEGES, GRANT OPTION FROM CURRENT_USER()")
            #expect(try root.failure(of: "CREATE DATABASE d").number == 1044)
        }
        #expect(server.terminate() == 0)
        let arguments = [
            "BOREAL_ROOT_PASSWORD=", ServerProcess.binary, "reset-password", "--data", folder,
        ]
        for dropsRoot in [true, false] {
            #expect(try ProgramRun("/usr/bin/env", arguments).status == 0)
            try server.start()
            let root = try server.connect()
            try root.query("CREATE DATABASE d\(dropsRoot)")
            if dropsRoot { try root.query("DROP USER root@localhost") }
            #expect(server.terminate() == 0)
        }
    }

    @Test("a stored job reads what its user may read when it runs")
    func jobs() throws {
        let folder = TestRun.folder + "jobs-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let server = try ServerProcess.onData(folder)
        do {
            let root = try server.connect()
            try root.loadAirlines("airlines_train", from: "airlines_sample_train.csv")
            try root.query("CREATE USER maker")
            try root.query("GRANT MODEL_ADMIN ON *.* TO maker")
            try root.query("GRANT SELECT ON db4ai.airlines_train TO maker")
            let maker = try RawClient(port: server.mysqlPort, user: "maker")
            try maker.createAirlinesModel("late", trees: 3_000)
            try root.query("REVOKE SELECT ON db4ai.airlines_train FROM maker")
        }
        server.killNine()
        try server.start()
        let root = try server.connect()
        #expect(try root.statuses(of: "late", until: ["failed", "saved"]).last == "failed")
        let description = try root.query("DESCRIBE MODEL late").rows[0][1]
        #expect(description?.contains("error: 1142 SELECT command denied to user 'maker'") == true)
    }

    @Test("the audit log tells of models, accounts and failed log-ins, and of no secret")
    func audit() throws {
        let folder = TestRun.folder + "audit-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let server = try ServerProcess.onData(folder)
        let path = folder + "/audit.log"
        func events() throws -> [[String: Any]] {
            try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
                try #require(
                    try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
                )
            }
        }
        /// Lines are written in the background, at the latest a second later.
        func wait(_ count: Int) throws -> [[String: Any]] {
            let deadline = Date().addingTimeInterval(20)
            while (try? events().count) ?? 0 < count, Date() < deadline { usleep(10_000) }
            return try events()
        }
        do {
            let root = try server.connect()
            try root.loadAirlines("airlines_train", from: "airlines_sample_train.csv")
            try root.query("CREATE USER ann IDENTIFIED BY 'hush-hush'")
            try root.createAirlinesModel("told", trees: 5)
            _ = try? root.query("/*polar4ai*/SHOW MODEL nothing")
            _ = try? RawClient(port: server.mysqlPort, user: "nobody")
            try root.query("SELECT 1")
        }
        let lines = try wait(4)
        #expect(lines.map { $0["event"] as? String } == ["account", "model", "model", "login"])
        #expect(lines.map { $0["user"] as? String } == ["root", "root", "root", "nobody"])
        #expect(lines.allSatisfy { $0["host"] as? String == "localhost" })
        #expect(lines[0]["statement"] as? String == "CREATE USER ann IDENTIFIED BY '*********'")
        #expect(lines[1]["model"] as? String == "told@v1")
        #expect(lines[1]["outcome"] as? String == "ok")
        #expect((lines[2]["outcome"] as? String)?.hasPrefix("9053 ") == true)
        #expect((lines[3]["outcome"] as? String)?.hasPrefix("1045 ") == true)
        let time = try #require(lines[1]["time"] as? String)
        #expect(time.count == 27 && time.hasSuffix("Z"))
        // Moved away, as log rotation does.
        rename(path, path + ".old")
        kill(server.processID, SIGHUP)
        let deadline = Date().addingTimeInterval(20)
        let root = try server.connect()
        while !FileManager.default.fileExists(atPath: path), Date() < deadline {
            try root.query("SHOW MODELS")
            usleep(20_000)
        }
        let shown = try wait(1)
        #expect(shown.first?["rows"] as? Int == 1)
        #expect(server.terminate() == 0)
        #expect(!server.log(tail: 100_000).contains("hush-hush"))
        var information = stat()
        #expect(stat(path, &information) == 0 && information.st_mode & 0o777 == 0o600)
    }
}
