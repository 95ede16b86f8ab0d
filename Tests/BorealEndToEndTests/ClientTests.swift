import Foundation
import Testing

/// The README's session in the clients people have.
@Suite("Real clients", .serialized)
struct ClientTests {
    /// The statements of the README session with the shape of each answer's first line.
    private static let session = """
        CREATE DATABASE db4ai;
        USE db4ai;
        CREATE TABLE airlines_train (Airline VARCHAR(8), Flight INT, AirportFrom VARCHAR(8),
          AirportTo VARCHAR(8), DayOfWeek INT, Time INT, Length INT, Delay INT);
        CREATE TABLE airlines_test LIKE airlines_train;
        LOAD DATA LOCAL INFILE '\(Fixtures.root)/data/airlines_sample_train.csv' INTO TABLE
          airlines_train FIELDS TERMINATED BY ',' IGNORE 1 LINES;
        LOAD DATA LOCAL INFILE '\(Fixtures.root)/data/airlines_sample_test.csv' INTO TABLE
          airlines_test FIELDS TERMINATED BY ',' IGNORE 1 LINES;
        SELECT COUNT(*) AS n FROM airlines_test;
        /*polar4ai*/CREATE MODEL airlines_gbm WITH (model_class='lightgbm',
          x_cols='\(airlinesFeatures)', y_cols='Delay',
          model_parameter=(boosting_type='gbdt', n_estimators=10, max_depth=8, num_leaves=256))
          AS (SELECT * FROM db4ai.airlines_train);
        """

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
        let first = try #require(try mariadb(server, flags, Self.session))
        #expect(first.status == 0, "\(first.errors)")
        #expect(first.output.contains("| 5337 |"))
        let client = try server.connect()
        #expect(
            try client.statuses(of: "airlines_gbm", until: ["saved", "failed"]).last == "saved"
        )
        let second = try #require(
            try mariadb(
                server,
                flags,
                """
                /*polar4ai*/SHOW MODEL airlines_gbm;
                /*polar4ai*/SHOW MODELS;
                /*polar4ai*/SELECT Delay FROM PREDICT(MODEL airlines_gbm,
                  SELECT * FROM db4ai.airlines_test LIMIT 10) WITH (x_cols='\(airlinesFeatures)');
                """
            )
        )
        #expect(second.status == 0, "\(second.errors)")
        #expect(second.output.contains("| modelStatus | modelPath"))
        #expect(second.output.contains("| model_name   | model_class | model_status |"))
        #expect(second.output.contains("| airlines_gbm | lightgbm    | saved        |"))
        #expect(second.output.contains("| Delay | predicted_results |"))
        let rows = second.output.split(separator: "\n").filter {
            $0.hasPrefix("|     0 |") || $0.hasPrefix("|     1 |")
        }
        #expect(rows.count == 10)
    }

    @Test(
        "the session runs through PyMySQL",
        .enabled(if: ClientTests.hasPyMySQL, "python3 with PyMySQL is not installed")
    )
    func pyMySQL() throws {
        let server = try ServerProcess.ephemeral()
        let python = try #require(ProgramRun.find("python3"))
        let program = Fixtures.root + "/../Tests/Clients/pymysql_session.py"
        let run = try ProgramRun(
            python,
            [
                program, "--host", "127.0.0.1", "--port", "\(server.mysqlPort)", "--user", "root",
                "--password", "",
            ]
        )
        #expect(run.status == 0, "\(run.output)\(run.errors)")
    }

    static let hasPyMySQL: Bool = {
        guard let python = ProgramRun.find("python3"),
            let run = try? ProgramRun(python, ["-c", "import pymysql"])
        else { return false }
        return run.status == 0
    }()

    @Test("client.cnf of a data directory is all the mariadb client needs")
    func optionFile() throws {
        guard let program = ProgramRun.find("mariadb") else { return }
        let folder = NSTemporaryDirectory() + "boreal-cnf-\(UUID().uuidString)"
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
