import Foundation
import Testing

/// Frameworks and tools against the real program: each is a program of `Tests/Clients` that checks
/// the answers itself and ends with 77 when its client is not installed.
@Suite struct FrameworkTests {
    /// What a program that wants a missing client ends with.
    private static let notInstalled: Int32 = 77

    private static func run(_ interpreter: String, _ arguments: [String]) throws -> ProgramRun? {
        guard let path = ProgramRun.find(interpreter) else { return nil }
        let run = try ProgramRun(path, arguments)
        return run.status == notInstalled ? nil : run
    }

    private static func program(_ name: String) -> String {
        Fixtures.root + "/../Tests/Clients/" + name
    }

    @Test(
        "Django, SQLAlchemy and pandas make, reflect, fill and drop their tables",
        arguments: ["django_session.py", "sqlalchemy_session.py", "pandas_session.py"]
    )
    func python(name: String) throws {
        let server = try ServerProcess.ephemeral()
        let arguments = [Self.program(name), "--port", "\(server.mysqlPort)"]
        guard let run = try Self.run("python3", arguments) else { return }
        #expect(run.status == 0, "\(run.output)\(run.errors)")
    }

    @Test("mysqladmin, mysqlshow, mysqlcheck and mysqlimport find what they ask for")
    func tools() throws {
        let server = try ServerProcess.ephemeral()
        let arguments = [Self.program("mysql_tools.sh"), "127.0.0.1", "\(server.mysqlPort)"]
        guard let run = try Self.run("bash", arguments) else { return }
        #expect(run.status == 0, "\(run.output)\(run.errors)")
    }
}
