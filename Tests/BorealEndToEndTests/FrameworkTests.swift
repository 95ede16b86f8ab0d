import Foundation
import TestPrograms
import Testing

/// Frameworks, tools and drivers against the real program, in programs that check every answer.
@Suite struct FrameworkTests {
    static let programs: [ClientProgram] = [
        ClientProgram("python3", "pymysql_session.py"),
        ClientProgram("python3", "connector_prepared.py"),
        ClientProgram("python3", "django_session.py"),
        ClientProgram("python3", "django_session.py", "--driver", "mysqldb"),
        ClientProgram("python3", "sqlalchemy_session.py"),
        ClientProgram("python3", "sqlalchemy_session.py", "--driver", "mysqldb"),
        ClientProgram("python3", "sqlalchemy_session.py", "--driver", "mysqlconnector"),
        ClientProgram("python3", "pandas_session.py"),
        ClientProgram("python3", "pandas_session.py", "--driver", "mysqldb"),
        ClientProgram("python3", "pandas_session.py", "--driver", "mysqlconnector"),
    ]

    static let toolPrograms: [ClientProgram] = [
        ClientProgram("bash", "mariadb_session.sh"),
        ClientProgram("bash", "mysql_tools.sh"),
        ClientProgram("bash", "load_tools.sh"),
        ClientProgram("bash", "mycli_session.sh"),
    ]

    @Test("the client's own program finds what it expects", arguments: programs)
    func python(program: ClientProgram) throws {
        let server = try ServerProcess.ephemeral()
        let run = try program.run(["--port", "\(server.mysqlPort)"])
        #expect(run.status == 0, "\(run.output)\(run.errors)")
    }

    @Test("the command line tools find what they ask for", arguments: toolPrograms)
    func tools(program: ClientProgram) throws {
        let server = try ServerProcess.ephemeral()
        let run = try program.run(["127.0.0.1", "\(server.mysqlPort)"])
        #expect(run.status == 0, "\(run.output)\(run.errors)")
    }

    @Test("a dump of MariaDB loads, and dumps, loads and dumps again without a difference")
    func dumpRoundTrip() throws {
        let server = try ServerProcess.ephemeral()
        let program = ClientProgram("bash", "mysqldump_roundtrip.sh")
        let dump = Fixtures.root + "/sql/mariadb_dump.sql"
        let run = try program.run(["127.0.0.1", "\(server.mysqlPort)", dump])
        #expect(run.status == 0, "\(run.output)\(run.errors)")
    }

    @Test("vectors come back from a dump bit by bit", arguments: ["--hex-blob", "--skip-hex-blob"])
    func vectorDump(_ option: String) throws {
        guard let dumper = ProgramRun.find("mariadb-dump") ?? ProgramRun.find("mysqldump"),
            let loader = ProgramRun.find("mariadb") ?? ProgramRun.find("mysql")
        else { return print("skipped: no mysqldump") }
        let server = try ServerProcess.ephemeral()
        let client = try RawClient(port: server.mysqlPort)
        for text in [
            "CREATE DATABASE a", "CREATE DATABASE b",
            "CREATE TABLE a.v (id INT PRIMARY KEY, e VECTOR(3) NOT NULL, n VECTOR(2))",
            "INSERT INTO a.v VALUES (1, STRING_TO_VECTOR('[1,0.1,-3e-8]'), NULL), "
                + "(2, STRING_TO_VECTOR('[0,0,1e38]'), STRING_TO_VECTOR('[39,92]'))",
        ] { try client.query(text) }
        let host =
            "--no-defaults -h127.0.0.1 -uroot -P\(server.mysqlPort) --loose-skip-ssl "
            + "--default-character-set=utf8mb4"
        let run = try ProgramRun(
            "/bin/bash",
            ["-o", "pipefail", "-c", "\(dumper) \(host) \(option) a | \(loader) \(host) b"]
        )
        #expect(run.status == 0, "\(run.errors)")
        let equal = "SELECT COUNT(*) FROM a.v x JOIN b.v y ON x.id = y.id AND HEX(x.e) = HEX(y.e)"
        #expect(try client.query(equal + " AND HEX(x.n) <=> HEX(y.n)").cell == "2")
    }
}
