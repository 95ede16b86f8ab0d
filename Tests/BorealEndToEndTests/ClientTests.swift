import Foundation
import TestPrograms
import Testing

/// The README's session in the `mariadb` command line.
@Suite("Real clients", .serialized)
struct ClientTests {
    /// The README's first block of a language, with the paths of its files made absolute.
    private static func readmeBlock(_ language: String) throws -> String {
        let readme = try String(contentsOfFile: Fixtures.root + "/../README.md", encoding: .utf8)
        let parts = readme.components(separatedBy: "```\(language)\n")
        let block = try #require(parts.dropFirst().first?.components(separatedBy: "```").first)
        return block.replacingOccurrences(of: "'Fixtures/", with: "'\(Fixtures.root)/")
    }

    /// The statements that the README shows with their answers, without prompts.
    private static func shownStatements() throws -> [String] {
        var statements: [String] = []
        for line in try readmeBlock("text").components(separatedBy: "\n") {
            if line.hasPrefix("MariaDB [") {
                statements.append(line.components(separatedBy: "> ").dropFirst().joined())
            } else if line.hasPrefix("    -> ") {
                statements[statements.count - 1] += " " + line.dropFirst(7)
            }
        }
        return statements
    }

    private func mariadb(_ server: ServerProcess, _ arguments: [String], _ input: String) throws
        -> ProgramRun?
    {
        guard let program = ProgramRun.find("mariadb") ?? ProgramRun.find("mysql") else {
            return nil
        }
        return try ProgramRun(
            program,
            [
                "--no-defaults", "-h127.0.0.1", "-P\(server.mysqlPort)", "-uroot",
                "--local-infile=1",
                "-t",
            ] + arguments,
            input: input
        )
    }

    @Test(
        "the session runs in the mariadb client, with and without -c",
        .enabled(if: ProgramRun.find("mariadb") != nil, "the mariadb client is not installed"),
        arguments: [[], ["-c"]]
    )
    func commandLine(_ flags: [String]) throws {
        let server = try ServerProcess.ephemeral()
        let first = try #require(try mariadb(server, flags, try Self.readmeBlock("sql")))
        #expect(first.status == 0, "\(first.errors)")
        let client = try server.connect()
        #expect(
            try client.statuses(of: "airlines_gbm", until: ["saved", "failed"]).last == "saved"
        )
        let shown = try Self.shownStatements()
        try #require(shown.count == 4, "\(shown)")
        func run(_ statement: String) throws -> String {
            let run = try #require(try mariadb(server, flags, "USE db4ai;\n" + statement + "\n"))
            #expect(run.status == 0, "\(run.errors)")
            return run.output
        }
        #expect(try run(shown[0]).contains("modelStatus: saved\n  modelPath: http://127.0.0.1:"))
        let evaluated = try run(shown[1])
        #expect(evaluated.contains("| task_id                              |"))
        let id = try #require(
            evaluated.split(whereSeparator: { "| \n".contains($0) }).last {
                $0.count == 36 && !$0.hasPrefix("+")
            }
        )
        #expect(try client.task(String(id))["taskStatus"] == "finish")
        let quoted = shown[2].components(separatedBy: "`")
        let task = try run("\(quoted[0])`\(id)`\(quoted[2])")
        let block = try Self.readmeBlock("text")
        let results = try #require(task.split(separator: "\n").first { $0.contains("results: ") })
        #expect(block.contains(results), "\(results)")
        let table = try run(shown[3])
        #expect(block.contains(table), "\(table)")
    }

    @Test("client.cnf of a data directory is all the mariadb client needs")
    func optionFile() throws {
        guard let program = ProgramRun.find("mariadb") else { return }
        let folder = TestRun.folder + "cnf-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let server = try ServerProcess(
            arguments: ["--data", folder],
            environment: ["BOREAL_ROOT_PASSWORD": "pass 'word\" #1"]
        )
        let file = folder + "/client.cnf"
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions]
        #expect(mode as? Int == 0o600)
        let run = try ProgramRun(
            program,
            ["--defaults-file=" + file, "-N"],
            input: "SELECT CURRENT_USER(); /*polar4ai*/SHOW MODELS;"
        )
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output == "root@localhost\n")
        let wrong = try ProgramRun(
            program,
            ["--no-defaults", "-h127.0.0.1", "-P\(server.mysqlPort)", "-uroot", "-pwrong"]
        )
        #expect(wrong.status != 0)
        #expect(wrong.errors.contains("ERROR 1045 (28000): Access denied for user 'root'@"))
        let again = try ProgramRun(
            ServerProcess.binary,
            ["serve", "--data", folder, "--port", "0"]
        )
        #expect(again.status == 1)
        #expect(again.errors.contains("\(server.processID)"))
        #expect(server.terminate() == 0)
    }
}
