import Foundation
import Glibc

/// Asks again until it is so, for longer than any machine takes whose tests are to pass.
///
/// - Returns: whether it came to be so.
func eventually(within seconds: Double = 60, _ isSo: () throws -> Bool) rethrows -> Bool {
    let deadline = ContinuousClock.now + .seconds(seconds)
    var pause: UInt32 = 2_000
    while true {
        if try isSo() { return true }
        guard ContinuousClock.now < deadline else { return false }
        usleep(pause)
        pause = min(pause * 2, 20_000)
    }
}

/// What most end-to-end tests do first: tables, models, waiting.
extension RawClient {
    /// Waits until a statement of another client is under way: a KILL QUERY that comes before it
    /// ends nothing.
    ///
    /// - Returns: whether it came to be under way.
    func seesStatement(of other: RawClient) throws -> Bool {
        let text =
            "SELECT COUNT(*) FROM information_schema.processlist "
            + "WHERE id = \(other.connectionID) AND info IS NOT NULL"
        return try eventually { try query(text).cell == "1" }
    }

    /// Makes `db4ai.<table>` and fills it from a fixture of the airlines data.
    func loadAirlines(_ table: String, from fixture: String) throws {
        try query("CREATE DATABASE IF NOT EXISTS db4ai")
        try query(
            """
            CREATE TABLE db4ai.\(table) (Airline VARCHAR(8), Flight INT, AirportFrom VARCHAR(8),
            AirportTo VARCHAR(8), DayOfWeek INT, Time INT, Length INT, Delay INT)
            """
        )
        localFile = try Fixtures.bytes("data/" + fixture)
        let lines = localFile.count { $0 == 0x0A } - 1
        let answer = try query(
            """
            LOAD DATA LOCAL INFILE '\(fixture)' INTO TABLE db4ai.\(table)
            FIELDS TERMINATED BY ',' LINES TERMINATED BY '\\n' IGNORE 1 LINES
            """
        )
        precondition(Int(answer.affectedRows) == lines, "loaded \(answer.affectedRows) of \(lines)")
    }

    /// Makes `db4ai.regression_test` (label `Y`, features `x1` to `x28`) from the rows of the
    /// workflow document's own example.
    func loadRegressionRows() throws {
        let lines = try Fixtures.text("models/seed000-lgb-pkl/rows.csv").split(separator: "\n")
        let columns = (1...28).map { "x\($0) DOUBLE" }.joined(separator: ", ")
        try query("CREATE DATABASE IF NOT EXISTS db4ai")
        try query("CREATE TABLE db4ai.regression_test (id INT PRIMARY KEY, Y DOUBLE, \(columns))")
        let rows = lines.dropFirst().enumerated().map { index, line in
            let cells = line.split(separator: ",", omittingEmptySubsequences: false)
                .map { $0.isEmpty ? "NULL" : String($0) }
            return "(\(index + 1), \(index % 2).0, \(cells.joined(separator: ", ")))"
        }
        try query("INSERT INTO db4ai.regression_test VALUES " + rows.joined(separator: ", "))
    }

    /// Polls SHOW MODEL until the status is one of `ends`; every status seen on the way.
    func statuses(of model: String, until ends: Set<String>) throws -> [String] {
        var seen: [String] = []
        let deadline = Date().addingTimeInterval(120)
        while Date() < deadline {
            let status = try query("/*polar4ai*/SHOW MODEL \(model)").rows[0][0] ?? ""
            if seen.last != status { seen.append(status) }
            if ends.contains(status) { return seen }
            usleep(5_000)
        }
        return seen + ["never ended"]
    }

    /// Polls SHOW VERSIONS until the newest version is saved or failed; its status.
    func newestStatus(of model: String) throws -> String {
        let deadline = Date().addingTimeInterval(120)
        while Date() < deadline {
            let status = try query("SHOW VERSIONS FOR MODEL \(model)").rows.last?[2] ?? ""
            if ["saved", "failed"].contains(status) { return status }
            usleep(5_000)
        }
        return "never ended"
    }

    /// Polls SHOW TASK until it ends; the last row.
    func task(_ id: String) throws -> [String: String] {
        let deadline = Date().addingTimeInterval(120)
        while true {
            let answer = try query("/*polar4ai*/SHOW TASK `\(id)`")
            let row = Dictionary(
                uniqueKeysWithValues: zip(answer.names, answer.rows[0].map { $0 ?? "NULL" })
            )
            if ["finish", "fail"].contains(row["taskStatus"] ?? "") || Date() > deadline {
                return row
            }
            usleep(5_000)
        }
    }

    /// Trains the model of the workflow document on the airlines sample.
    func createAirlinesModel(_ name: String = "airlines_gbm", trees: Int = 40) throws {
        try query(
            """
            /*polar4ai*/CREATE MODEL \(name) WITH (model_class='lightgbm',
            x_cols='\(airlinesFeatures)', y_cols='Delay', model_parameter=(boosting_type='gbdt',
            n_estimators=\(trees), max_depth=8, num_leaves=256))
            AS (SELECT * FROM db4ai.airlines_train)
            """
        )
    }
}

/// `x_cols` of the workflow document.
let airlinesFeatures = "Airline,Flight,AirportFrom,AirportTo,DayOfWeek,Time,Length"

/// A plain HTTP GET with curl-like honesty: status, headers and body.
func httpGet(_ url: String, headers: [String] = [], method: String = "GET") throws -> (
    status: Int, headers: String, body: [UInt8]
) {
    let rest = url.dropFirst("http://".count)
    guard let slash = rest.firstIndex(of: "/"),
        let port = Int(rest[..<slash].split(separator: ":").last ?? "")
    else { throw RawClient.ClientFailure.cannotConnect(EINVAL) }
    let descriptor = try Loopback.connect(to: port)
    defer { close(descriptor) }
    let request =
        ["\(method) \(rest[slash...]) HTTP/1.1", "Host: test", "Connection: close"] + headers
    let bytes = Array((request.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    _ = bytes.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    var answer: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = recv(descriptor, &chunk, chunk.count, 0)
        guard count > 0 else { break }
        answer += chunk[0..<count]
    }
    let text = String(decoding: answer, as: UTF8.self)
    let head = text.components(separatedBy: "\r\n\r\n")[0]
    let status = Int(head.split(separator: " ").dropFirst().first ?? "") ?? 0
    return (status, head, Array(answer.dropFirst(head.utf8.count + 4)))
}
