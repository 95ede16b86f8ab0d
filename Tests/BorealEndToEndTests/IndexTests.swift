import Foundation
import TestPrograms
import Testing

/// Index tables, text to SQL, charts, and the vendor's agent that uses all of them.
@Suite(
    "Index tables and agents",
    .serialized,
    .enabled(if: ModelService.isAvailable, "python3 is not installed")
)
struct IndexTests {
    private static let bench = Result { try RemoteBench() }

    private let bench: RemoteBench
    private let client: RawClient

    init() throws {
        bench = try Self.bench.get()
        client = try bench.begin()
        try client.query("SET GLOBAL polar4ai_route = '', GLOBAL polar4ai_provider = ''")
    }

    private func values(_ sql: String) throws -> [[String?]] { try client.query(sql).rows }

    private func route() throws {
        try bench.make("talker", by: client)
        try bench.make("words", "sentence-embedding", by: client)
        try client.query(
            #"SET GLOBAL polar4ai_route = '{"*": "talker", "_polar4ai_text2vec": "words"}'"#
        )
    }

    @Test("the agent's statements work as it sends them")
    func agent() throws {
        try route()
        let program = ClientProgram("python3", "agent_session.py")
        let run = try program.run(["--port", "\(bench.server.mysqlPort)"])
        #expect(run.status == 0, "\(run.output)\(run.errors)")
    }

    @Test("an index table belongs to its database and is a table of polar4ai")
    func tables() throws {
        for database in ["one", "two"] {
            try client.query("DROP DATABASE IF EXISTS \(database)")
            try client.query("CREATE DATABASE \(database)")
            try client.query("DROP TABLE IF EXISTS polar4ai.`\(database).idx`")
        }
        try client.query("USE one")
        try client.query(
            "/*polar4ai*/CREATE TABLE idx (id INTEGER, n VARCHAR, v VECTOR_4, PRIMARY KEY (id))"
        )
        try client.query("INSERT INTO polar4ai.`one.idx` VALUES (1, 'x', TO_VECTOR('[1,2,3,4]'))")
        #expect(try values("/*polar4ai*/SHOW TABLES") == [["idx"]])
        #expect(try values("/*polar4ai*/ SELECT idx.n FROM idx WHERE id = 1") == [["x"]])
        let shown = try values("/*polar4ai*/SHOW CREATE TABLE idx")[0][1]
        #expect(shown?.contains("`v` vector(4) DEFAULT NULL") == true)
        #expect(try client.failure(of: "SELECT * FROM idx").number == 1146)
        #expect(try client.failure(of: "/*polar4ai*/CREATE TABLE idx (id INT)").number == 1050)
        try client.query("USE two")
        #expect(try values("/*polar4ai*/SHOW TABLES").isEmpty)
        #expect(try client.failure(of: "/*polar4ai*/SELECT * FROM idx").number == 1146)
        #expect(try client.failure(of: "/*polar4ai*/DROP TABLE idx").number == 1051)
        try client.query("USE one")
        try client.query("/*polar4ai*/DROP TABLE idx")
        #expect(try values("/*polar4ai*/SHOW TABLES").isEmpty)
    }

    @Test("what is missing or wrong is told at the statement")
    func refused() throws {
        let vector = "PREDICT(MODEL _polar4ai_text2vec, SELECT '')"
        let sql = "/*polar4ai*/SELECT * FROM PREDICT(MODEL _polar4ai_nl2sql, SELECT 'q') WITH "
        let chart =
            "/*polar4ai*/SELECT * FROM PREDICT(MODEL _polar4ai_nl2chart, SELECT 1 AS a) WITH "
        try client.query("USE d")
        try client.query("DROP TABLE IF EXISTS polar4ai.`d.bare`")
        try client.query("/*polar4ai*/CREATE TABLE bare (id INT PRIMARY KEY)")
        #expect(try client.failure(of: sql + "(basic_index_name='bare')").number == 9056)
        #expect(try client.failure(of: chart + "()").number == 9056)
        try route()
        let fill = "/*polar4ai*/SELECT * FROM \(vector) WITH "
        let cases: [(String, Int)] = [
            (fill + "(mode='async', resource='schema') INTO missing", 1146),
            (fill + "(mode='async', resource='schema') INTO bare", 9055),
            (fill + "(resource='schema') INTO bare", 9055),
            (fill + "(mode='async', resource='schema')", 9055),
            (fill + "(mode='async', resource='other') INTO bare", 9055),
            (fill + "(mode='async', resource='pattern') INTO bare", 9055),
            (fill + "(mode='async', resource='schema', x_cols='a') INTO bare", 9055),
            (sql + "()", 9055), (sql + "(basic_index_name='missing')", 1146),
            (sql + "(basic_index_name='bare')", 9055), (sql + "(metric='x')", 9055),
            (chart + "(result_type='PDF')", 9055), (chart + "(colour='red')", 9055),
        ]
        for (statement, number) in cases {
            let failure = try client.failure(of: statement)
            #expect(failure.number == number, "\(statement): \(failure)")
        }
        try client.query("/*polar4ai*/DROP TABLE bare")
        let change = chart.replacingOccurrences(of: "SELECT 1 AS a", with: "DELETE FROM t") + "()"
        #expect(try client.failure(of: change).number == 1064)
    }

    @Test("an index whose vectors have another length fails the task, and keeps its rows")
    func failedTask() throws {
        try route()
        try client.query("USE d")
        try client.query("CREATE TABLE IF NOT EXISTS something (id INT)")
        try client.query("DROP TABLE IF EXISTS polar4ai.`d.narrow`")
        try client.query("/*polar4ai*/CREATE TABLE narrow (id INT PRIMARY KEY, vecs vector_4)")
        try client.query("INSERT INTO polar4ai.`d.narrow` VALUES (7, NULL)")
        let started = try values(
            "/*polar4ai*/SELECT * FROM PREDICT(MODEL _polar4ai_text2vec, SELECT '') WITH "
                + "(mode='async', resource='schema') INTO narrow"
        )
        let task = try #require(started[0][0])
        var state: [String?] = []
        for _ in 0..<600 {
            state = try values("/*polar4ai*/SHOW TASK `\(task)`")[0]
            if state[0] == "fail" || state[0] == "finish" { break }
            usleep(50_000)
        }
        #expect(state[0] == "fail" && state[2]?.contains("1406") == true, "\(state)")
        #expect(try values("/*polar4ai*/SELECT id FROM narrow") == [["7"]])
        try client.query("/*polar4ai*/DROP TABLE narrow")
    }
}
