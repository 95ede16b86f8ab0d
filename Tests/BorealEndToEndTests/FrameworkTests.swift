import Foundation
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
}
