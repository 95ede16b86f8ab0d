import Glibc

/// The statements of the tour, each printed with its result.
struct DemoTour {
    let client: DemoClient
    let httpPort: UInt16
    let fixtures: String

    private static let features = "Airline,Flight,AirportFrom,AirportTo,DayOfWeek,Time,Length"

    /// Runs the whole tour.
    ///
    /// - Throws: `CommandFailure` with the first statement's error.
    mutating func run() throws {
        try loadTables()
        try train()
        try evaluateAndPredict()
        try upload()
    }

    private func loadTables() throws {
        say("A real table: delays of US flights, 26,969 of them.")
        try show("CREATE DATABASE db4ai")
        try show("USE db4ai")
        try show(
            """
            CREATE TABLE airlines_train (Airline VARCHAR(8), Flight INT, AirportFrom VARCHAR(8),
                AirportTo VARCHAR(8), DayOfWeek INT, Time INT, Length INT, Delay INT)
            """
        )
        try show("CREATE TABLE airlines_test LIKE airlines_train")
        for part in ["train", "test"] {
            let path = "\(fixtures)/data/airlines_sample_\(part).csv"
            try show(
                """
                LOAD DATA LOCAL INFILE '\(path)' INTO TABLE airlines_\(part)
                    FIELDS TERMINATED BY ',' IGNORE 1 LINES
                """,
                file: try Self.readFile(path)
            )
        }
    }

    private func train() throws {
        say("Train a model on it, in SQL.")
        try show(
            """
            /*polar4ai*/CREATE MODEL airlines_gbm WITH (model_class='lightgbm',
                x_cols='\(Self.features)', y_cols='Delay',
                model_parameter=(boosting_type='gbdt', n_estimators=100, max_depth=8,
                num_leaves=256)) AS (SELECT * FROM db4ai.airlines_train)
            """
        )
        try waitForModel("airlines_gbm", until: "saved")
        try show("/*polar4ai*/SHOW MODELS")
        try show("/*polar4ai*/DESCRIBE MODEL airlines_gbm")
    }

    private func evaluateAndPredict() throws {
        say("How good is it on flights it has not seen?")
        let answer = try show(
            """
            /*polar4ai*/SELECT Delay FROM EVALUATE(MODEL airlines_gbm,
                SELECT * FROM db4ai.airlines_test)
                WITH (x_cols='\(Self.features)', y_cols='Delay', metrics='acc,auc')
            """
        )
        let task = answer.rows.first?.first.flatMap { $0 } ?? ""
        while let status = try client.query("SHOW TASK `\(task)`").rows.first?.first,
            status != "finish", status != "fail"
        {
            usleep(20_000)
        }
        try show("/*polar4ai*/SHOW TASK `\(task)`")
        say("Predict.")
        try show(
            """
            /*polar4ai*/SELECT Airline, AirportFrom, AirportTo, Delay FROM PREDICT(
                MODEL airlines_gbm, SELECT * FROM db4ai.airlines_test LIMIT 10)
                WITH (x_cols='\(Self.features)')
            """
        )
    }

    private func upload() throws {
        say("Bring a model that LightGBM wrote in Python: a pickle, read as data, never run.")
        let path = "\(fixtures)/models/seed000-lgb-pkl/lgb.pkl"
        print("$ curl -u root: -T \(path) http://127.0.0.1:\(httpPort)/uploads/lgb.pkl")
        try put(Self.readFile(path), "/uploads/lgb.pkl")
        print("")
        try show("/*polar4ai*/UPLOAD MODEL my_model WITH (model_location='upload:lgb.pkl')")
        try waitForModel("my_model", until: "saved")
        try show("/*polar4ai*/DEPLOY MODEL my_model")
        try waitForModel("my_model", until: "serving")
        try loadRegressionRows()
        let columns = (1...28).map { "x\($0)" }.joined(separator: ",")
        try show(
            """
            /*polar4ai*/SELECT Y FROM PREDICT(MODEL my_model,
                SELECT * FROM db4ai.regression_test LIMIT 10)
                WITH (x_cols='\(columns)', y_cols='')
            """
        )
        say("The same digits that LightGBM itself prints for these rows.")
    }

    /// The ten rows of the workflow document, without printing 28 columns of them.
    private func loadRegressionRows() throws {
        let text = String(
            decoding: try Self.readFile("\(fixtures)/models/seed000-lgb-pkl/rows.csv"),
            as: UTF8.self
        )
        let columns = (1...28).map { "x\($0) DOUBLE" }.joined(separator: ", ")
        print("mysql> CREATE TABLE regression_test (Y DOUBLE, x1 DOUBLE, ...); INSERT ...\n")
        _ = try client.query("CREATE TABLE regression_test (Y DOUBLE, \(columns))")
        let rows = text.split(separator: "\n").dropFirst().prefix(10)
            .map { "(1, " + $0.split(separator: ",").joined(separator: ", ") + ")" }
        _ = try client.query("INSERT INTO regression_test VALUES " + rows.joined(separator: ", "))
    }

    // MARK: - Showing

    private func say(_ text: String) { print("-- \(text)\n") }

    /// Runs a statement and prints it with its result, as the `mysql` command line would.
    @discardableResult
    private func show(_ statement: String, file: [UInt8] = []) throws -> DemoClient.Answer {
        print("mysql> \(statement);")
        let answer = try client.query(statement, file: file)
        if answer.isResultSet {
            print(ResultTable.text(answer))
        } else {
            print("Query OK, \(answer.affectedRows) rows affected")
            if !answer.info.isEmpty { print(answer.info) }
        }
        print("")
        fflush(nil)
        return answer
    }

    /// Polls SHOW MODEL and tells what SHOW PROCESSLIST says meanwhile.
    private func waitForModel(_ name: String, until end: String) throws {
        let isTerminal = isatty(STDOUT_FILENO) == 1
        var last = ""
        while true {
            let status = try client.query("SHOW MODEL \(name)").rows[0][0] ?? ""
            if status == end || status == "failed" { break }
            let list = try client.query("SHOW PROCESSLIST")
            if let state = list.columns.firstIndex(of: "State"),
                let command = list.columns.firstIndex(of: "Command"),
                let row = list.rows.first(where: { $0[command] == "Daemon" }),
                let text = row[state], !text.isEmpty, text != last
            {
                last = text
                if isTerminal { print("\r\u{1B}[K  \(name): \(text)", terminator: "") }
                fflush(nil)
            }
            usleep(30_000)
        }
        if isTerminal {
            print("\r\u{1B}[K", terminator: "")
        } else if !last.isEmpty {
            print("  \(last)")
        }
        let shown = try show("/*polar4ai*/SHOW MODEL \(name)")
        guard shown.rows.first?.first == end else {
            throw CommandFailure.failed("the model '\(name)' did not become '\(end)'")
        }
    }

    // MARK: - Files

    private func put(_ bytes: [UInt8], _ target: String) throws {
        let socket = try DemoSocket(port: httpPort)
        // "root:" in base64.
        let head = """
            PUT \(target) HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic cm9vdDo=\r
            Content-Length: \(bytes.count)\r\nConnection: close\r\n\r\n
            """
        try socket.write(Array(head.utf8) + bytes)
        let answer = String(decoding: try socket.readToEnd(), as: UTF8.self)
        guard answer.hasPrefix("HTTP/1.1 2") else {
            throw CommandFailure.failed("PUT \(target): \(answer.prefix { $0 != "\r" })")
        }
    }

    private static func readFile(_ path: String) throws -> [UInt8] {
        guard let file = fopen(path, "re") else {
            throw CommandFailure.failed("cannot read '\(path)'")
        }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            if count == 0 { return bytes }
            bytes += chunk[0..<count]
        }
    }
}
