import Foundation
import Testing

/// Boreal in front of a real MariaDB, over a network that can break: what suites on a source begin
/// with. One is made for a suite, because MariaDB takes seconds to start.
final class SourceFixture: Sendable {
    let source: MariaDBServer
    let proxy: ByteProxy
    let server: ServerProcess

    /// - Parameters:
    ///   - arguments: of `boreal serve`, beside the source.
    ///   - prepare: what the suite's tests find at the source and here.
    init(
        _ arguments: [String] = ["--ephemeral"],
        environment: [String: String] = [:],
        _ prepare: (SourceFixture) throws -> Void = { _ in }
    ) throws {
        source = try MariaDBServer()
        proxy = try ByteProxy(to: source.port)
        server = try ServerProcess(
            arguments: arguments + ["--source", source.url(port: proxy.port)],
            environment: environment
        )
        try prepare(self)
    }

    /// Makes `shop.orders` at the source, with 900 rows.
    func makeOrders() throws {
        let client = try source.connect(database: "shop")
        _ = try client.query(
            "CREATE TABLE orders (id INT PRIMARY KEY, amount DOUBLE, late INT, c VARCHAR(9))"
        )
        _ = try client.query(
            "INSERT INTO orders SELECT seq, seq * 1.25, seq DIV 7 % 2, CONCAT('c', seq % 3) "
                + "FROM seq_1_to_900"
        )
    }

    /// CREATE MODEL over a query with the columns of `orders`.
    ///
    /// - Parameter more: options, each with a comma in front.
    static func create(_ name: String, _ query: String, _ more: String = "") -> String {
        "CREATE MODEL \(name) WITH (model_class='lightgbm', x_cols='amount,c', y_cols='late', "
            + "model_parameter=(n_estimators=10)\(more)) AS (\(query))"
    }
}

/// Two real MariaDBs that Boreal knows by the names `west` and `east`, a network to the second that
/// can break, and the database `here` of Boreal's own. Each has a table `t (a INT, b VARCHAR(20))`.
final class NamedSourceFixture: Sendable {
    let west: MariaDBServer
    let east: MariaDBServer
    let proxy: ByteProxy
    let server: ServerProcess

    init() throws {
        west = try MariaDBServer()
        east = try MariaDBServer()
        proxy = try ByteProxy(to: east.port)
        server = try ServerProcess.ephemeral()
        let root = try server.connect()
        _ = try root.query("CREATE SOURCE west OPTIONS (URL '\(west.url())')")
        _ = try root.query("CREATE SOURCE East OPTIONS (URL '\(east.url(port: proxy.port))')")
        _ = try root.query("CREATE DATABASE here")
        _ = try root.query("CREATE TABLE here.t (a INT, b VARCHAR(20))")
        for (source, text) in [(west, "west"), (east, "east")] {
            let client = try source.connect(database: "shop")
            _ = try client.query("CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(20))")
            _ = try client.query("INSERT INTO t VALUES (1, '\(text)'), (2, NULL)")
        }
    }
}

/// A suite whose tests share what stands in front of one source.
protocol SourceSuite {
    var fixture: SourceFixture { get }
}

extension SourceSuite {
    var source: MariaDBServer { fixture.source }
    var proxy: ByteProxy { fixture.proxy }
    var server: ServerProcess { fixture.server }
}

extension Trait where Self == ConditionTrait {
    /// Runs only where a real MariaDB can be started.
    static var wantsMariaDB: Self {
        .enabled(if: MariaDBServer.isInstalled, "mariadbd is not installed")
    }
}

extension RawClient {
    /// What a client sees of an answer, in a form that can be compared.
    func seen(_ text: String) throws -> String {
        do {
            let answer = try query(text)
            return "\(answer.columns) \(answer.rows) \(answer.affectedRows) \(answer.lastInsertID) "
                + "\(answer.warnings) \(answer.isResultSet)"
        } catch let failure as RawClient.ServerFailure {
            return failure.description
        }
    }

    /// The error of a statement whose answer breaks off, and that the connection then ends.
    func lossNumber(of text: String) throws -> Int {
        let number = try failure(of: text).number
        #expect(throws: RawClient.ClientFailure.self) { try query("SELECT 1") }
        return number
    }
}

extension MariaDBServer {
    /// Waits until a statement with these words is under way here, or is not any more.
    func wait(for words: String, isRunning: Bool = true) throws {
        let probe = try connect()
        let deadline = Date().addingTimeInterval(60)
        while Date() < deadline {
            let rows = try probe.query("SHOW FULL PROCESSLIST").rows
            // The last but one of the columns is the text; the probe's own has no such words.
            let isSeen = rows.contains { $0.contains { $0?.contains(words) == true } }
            if isSeen == isRunning { return }
            usleep(5_000)
        }
        throw StartFailure(output: "'\(words)' \(isRunning ? "does not run" : "runs on")")
    }
}

extension ServerProcess {
    /// Begins a statement with 60 MB of rows, whose answer nobody reads: the source is held back,
    /// and this server keeps little of it.
    ///
    /// - Parameter others: what other clients do meanwhile, again and again.
    /// - Returns: the client that has not read.
    func unread(
        _ text: String,
        of source: MariaDBServer,
        others: () throws -> Void
    ) throws -> RawClient {
        let reader = try connect()
        let before = residentMebibytes
        try reader.start(text)
        // The source has sent what it could and waits for someone to take more.
        try source.wait(for: "Writing to net")
        for _ in 0..<20 { try others() }
        try source.wait(for: "Writing to net")
        #expect(residentMebibytes - before < 24)
        return reader
    }
}
