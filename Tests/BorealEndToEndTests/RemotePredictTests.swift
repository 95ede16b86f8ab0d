import Foundation
import Testing

/// PREDICT over models that run elsewhere, in the session.
@Suite(
    "PREDICT on remote models",
    .serialized,
    .enabled(if: ModelService.isAvailable, "python3 is not installed")
)
struct RemotePredictTests {
    private static let bench = Result { try RemoteBench() }

    private let bench: RemoteBench
    private let client: RawClient

    init() throws {
        bench = try Self.bench.get()
        client = try bench.begin()
    }

    private func values(_ sql: String) throws -> [[String?]] { try client.query(sql).rows }

    /// Makes a table of texts anew.
    private func fill(_ table: String, _ texts: [String?]) throws {
        try client.query("DROP TABLE IF EXISTS \(table)")
        try client.query("CREATE TABLE \(table) (id INT PRIMARY KEY, a MEDIUMTEXT)")
        let rows = texts.enumerated().map { index, text in
            "(\(index + 1), \(text.map { "'\($0)'" } ?? "NULL"))"
        }
        for start in stride(from: 0, to: rows.count, by: 2_000) {
            let part = rows[start..<min(rows.count, start + 2_000)]
            try client.query("INSERT INTO \(table) VALUES \(part.joined(separator: ", "))")
        }
    }

    @Test("without options the answers are the only column, with any they have rows around them")
    func forms() throws {
        try bench.make("chat", by: client)
        try fill("t", ["one", nil, "say \"hi\"", ""])
        let from = "FROM PREDICT(MODEL chat, SELECT"
        let bare = try client.query("SELECT * \(from) a FROM t ORDER BY id) WITH ()")
        #expect(bare.names == ["predicted_results"])
        #expect(bare.rows == [["echo:one"], [nil], ["echo:say \"hi\""], ["echo:"]])
        #expect(
            try client.query("SELECT predicted_results AS r \(from) 'x' AS a) WITH ()").names
                == ["r"]
        )
        let whole = try client.query(
            "SELECT * \(from) id, a FROM t ORDER BY id DESC LIMIT 3) WITH (x_cols='a')"
        )
        #expect(whole.names == ["id", "a", "prediction", "status"])
        #expect(
            whole.rows == [
                ["4", "", "echo:", ""], ["3", "say \"hi\"", "echo:say \"hi\"", ""],
                ["2", nil, nil, ""],
            ]
        )
        let chosen = try client.query(
            "SELECT id, prediction AS p \(from) * FROM t WHERE id = 1) WITH (x_cols='a')"
        )
        #expect(chosen.names == ["id", "p", "status"])
        #expect(chosen.rows == [["1", "echo:one", ""]])
        let carried = try client.query(
            "SELECT * \(from) * FROM t WHERE id = 1) WITH (x_cols='A', s_cols='id', mode='sync', "
                + "primary_key='id')"
        )
        #expect(carried.names == ["id", "prediction", "status"])
        #expect(
            try values("SELECT * \(from) a FROM t WHERE id > 9) WITH (x_cols='a')").isEmpty
        )
    }

    @Test("each kind of model answers in its own type")
    func kinds() throws {
        try bench.make("words", "sentence-embedding", by: client)
        try bench.make("rank", path: "/v1/rerank", by: client)
        let vector = try values("SELECT * FROM PREDICT(MODEL words, SELECT 'a') WITH ()")[0][0]
        let numbers = try JSONDecoder().decode([Double].self, from: Data((vector ?? "").utf8))
        #expect(numbers.count == 8)
        let ranks = try client.query(
            """
            SELECT d FROM PREDICT(MODEL rank, SELECT 'red car' AS q, 'a red' AS d UNION ALL
            SELECT 'red car', 'a red car' UNION ALL SELECT NULL, 'x') WITH (x_cols='q,d')
            """
        )
        #expect(ranks.rows == [["a red", "0.5", ""], ["a red car", "1.0", ""], ["x", nil, ""]])
        #expect(ranks.columns[1].type == 5, "DOUBLE")
    }

    @Test(
        "what a statement may not say is refused by name, before anything is sent",
        arguments: [
            ("chat", "SELECT 1 AS a, 2 AS b", "*", "", 9055, "x_cols"),
            ("chat", "SELECT 1 AS a", "*", "x_cols='b'", 1054, "'b' in 'x_cols'"),
            ("chat", "SELECT 1 AS a", "*", "x_cols='a', s_cols='c'", 1054, "'c' in 's_cols'"),
            ("chat", "SELECT 1 AS a", "c", "x_cols='a'", 1054, "'c' in 'field list'"),
            ("chat", "SELECT 1 AS a", "c", "", 1054, "'c' in 'field list'"),
            ("chat", "SELECT 1 AS a", "*", "primary_key='c'", 1054, "'c' in 'primary_key'"),
            ("chat", "SELECT 1 AS a, 2 AS b", "*", "x_cols='a,b'", 9055, "2 columns are given"),
            ("rank", "SELECT 1 AS a", "*", "x_cols='a'", 9055, "query, document"),
            ("chat", "SELECT 1 AS a", "*", "mode='later'", 9055, "async, sync"),
            ("chat", "SELECT 1 AS a", "*", "on_error='skip'", 9055, "fail, null"),
            ("chat", "SELECT 1 AS a", "*", "into_type='db'", 9055, "INTO"),
            ("chat", "SELECT 1 AS a", "*", "output='proba'", 9055, "unknown option"),
            ("chat", "SELECT 1 AS a", "a + 1", "x_cols='a'", 9057, "expression"),
            ("chat", "SELECT nothing FROM nowhere", "*", "", 1146, "nowhere"),
            ("chat VERSION v9", "SELECT 1 AS a", "*", "", 9053, "v9"),
        ]
    )
    func refusals(
        _ model: String,
        _ query: String,
        _ items: String,
        _ options: String,
        _ number: Int,
        _ word: String
    ) throws {
        try bench.make("chat", by: client)
        try bench.make("rank", path: "/v1/rerank", by: client)
        let sql = "SELECT \(items) FROM PREDICT(MODEL \(model), \(query)) WITH (\(options))"
        let failure = try client.failure(of: sql)
        #expect(failure.number == number, "\(failure)")
        #expect(failure.message.contains(word), "\(failure)")
        #expect(try bench.service.requests() == 0)
    }

    @Test("more rows than are sent by themselves are counted first; 'sync' sends any number")
    func manyRows() throws {
        try bench.make("words", "sentence-embedding", by: client)
        try fill("many", (1...10_001).map { "text \($0)" })
        let from = "FROM PREDICT(MODEL words, SELECT * FROM many ORDER BY id"
        let failure = try client.failure(of: "SELECT id \(from)) WITH (x_cols='a')")
        #expect(failure.number == 9050)
        #expect(failure.message.contains("'10000'"), "\(failure)")
        #expect(try client.failure(of: "SELECT * \(from)) WITH ()").number == 9055)
        #expect(try bench.service.requests() == 0)
        let sent = try values("SELECT id \(from) LIMIT 10000) WITH (x_cols='a')")
        #expect(sent.count == 10_000)
        let all = try values("SELECT id \(from)) WITH (x_cols='a', mode='sync')")
        #expect(all.map { $0[0] } == (1...10_001).map { String($0) })
        #expect(all.allSatisfy { $0[1]?.hasPrefix("[") == true && $0[2] == "" })
        // The prediction of a row is that of its own text.
        let first = try values("SELECT AI_EmbedText('words', 'text 7777')")
        #expect(all[7_776][1] == first[0][0])
    }

    @Test("a failed row has a status, a statement fails as its options say")
    func failures() throws {
        try bench.make("chat", "chat", ", RETRIES='0'", by: client)
        try fill("f", ["x", "[[fault:500]]", "[[fault:400:no such thing]]", "z"])
        func predict(_ rows: String, _ options: String) -> String {
            "SELECT id FROM PREDICT(MODEL chat, SELECT * FROM f WHERE id IN (\(rows)) ORDER BY id) "
                + "WITH (x_cols='a'\(options))"
        }
        let mixed = try values(predict("1,2,3,4", ""))
        #expect(mixed.map { $0[1] } == ["echo:x", nil, nil, "echo:z"])
        #expect(mixed[0][2] == "" && mixed[3][2] == "")
        #expect(mixed[1][2]?.hasPrefix("UPSTREAM_5xx: ") == true)
        #expect(mixed[2][2]?.hasPrefix("UPSTREAM_4xx: ") == true)
        #expect(mixed[2][2]?.contains("no such thing") == true)
        // Every row for one reason, and every row for a reason of its own.
        let failure = try client.failure(of: predict("2", ""))
        #expect(failure.number == 9064 && failure.message.contains("UPSTREAM_5xx"))
        #expect(try values(predict("2,3", "")).count == 2)
        let kept = try values(predict("2", ", on_error='null'"))
        #expect(kept.count == 1 && kept[0][1] == nil)
        #expect(try client.failure(of: predict("1,2", ", on_error='fail'")).number == 9064)
        // Without a status a failed row is a warning.
        let bare = "SELECT * FROM PREDICT(MODEL chat, SELECT a FROM f ORDER BY id) WITH ()"
        let answer = try client.query(bare)
        #expect(answer.rows == [["echo:x"], [nil], [nil], ["echo:z"]])
        #expect(answer.warnings == 2)
        #expect(try values("SHOW WARNINGS").map { $0[1] } == ["9064", "9064"])
    }

    @Test("what the model says of failed rows holds where the statement says nothing")
    func modelRule() throws {
        try bench.make("strict", "chat", ", RETRIES='0', ON_ERROR='fail'", by: client)
        try fill("f", ["x", "[[fault:500]]"])
        let sql = "SELECT id FROM PREDICT(MODEL strict, SELECT * FROM f) WITH (x_cols='a'"
        #expect(try client.failure(of: sql + ")").number == 9064)
        #expect(try values(sql + ", on_error='null')").count == 2)
    }

    @Test("an address that is not trusted fails the statement before any row")
    func policy() throws {
        try bench.make("chat", by: client)
        let list = try values("SELECT @@trusted_connector_endpoints_regex")[0][0] ?? ""
        try client.query("SET GLOBAL trusted_connector_endpoints_regex = '[]'")
        defer {
            let text = list.replacingOccurrences(of: "\\", with: "\\\\")
            _ = try? client.query("SET GLOBAL trusted_connector_endpoints_regex = '\(text)'")
        }
        let failure = try client.failure(
            of: "SELECT * FROM PREDICT(MODEL chat, SELECT 'x') WITH (on_error='null')"
        )
        #expect(failure.number == 1227 && failure.message.contains("POLICY"))
        #expect(try bench.service.requests() == 0)
    }

    @Test("a client that reads nothing is not asked for")
    func slowReader() throws {
        try bench.make("chat", by: client)
        let long = String(repeating: "long ", count: 4_000)
        try fill("wide", (1...2_000).map { "\($0) \(long)" })
        let slow = try bench.server.connect(database: "d")
        try slow.start(
            "SELECT prediction FROM PREDICT(MODEL chat, SELECT * FROM wide) WITH (x_cols='a')"
        )
        // The socket's buffers take some megabytes, then nothing moves.
        var (last, still) = (0, 0)
        let deadline = Date().addingTimeInterval(60)
        while still < 5, Date() < deadline {
            usleep(200_000)
            let now = try bench.service.requests()
            still = now == last && now > 0 ? still + 1 : 0
            last = now
        }
        #expect(last > 0 && last < 1_500, "\(last) of 2,000 rows were sent")
        slow.vanish()
        #expect(try values("SELECT 1") == [["1"]])
    }

    @Test("a statement that is killed, or whose client goes, stops calling")
    func killed() throws {
        try bench.make("chat", "chat", ", PAI_EAS_SYNC_REQUEST_TIMEOUT='60000'", by: client)
        try fill("slow", (1...3_000).map { "[[fault:slow:200]] \($0)" })
        let sql = "SELECT id FROM PREDICT(MODEL chat, SELECT * FROM slow) WITH (x_cols='a')"
        let other = try bench.server.connect(database: "d")
        let id = try other.query("SELECT CONNECTION_ID()").cell ?? "0"
        try other.start(sql)
        let isCalled = try eventually { try bench.service.requests() > 0 }
        #expect(isCalled)
        try client.query("KILL QUERY \(id)")
        let failure = #expect(throws: RawClient.ServerFailure.self) { try other.readAnswer() }
        #expect(failure?.number == 1317)
        #expect(try other.query("SELECT 1").cell == "1")

        let gone = try bench.server.connect(database: "d")
        try gone.start(sql)
        usleep(300_000)
        gone.vanish()
        // What was under way ends; after that nothing more is sent.
        var last = -1
        for _ in 0..<50 {
            usleep(300_000)
            let now = try bench.service.requests()
            if now == last { break }
            last = now
        }
        #expect(last < 2_500, "\(last) requests")
    }

    @Test("statements that wait for a model hold no thread")
    func waiting() throws {
        try bench.make("chat", "chat", ", PAI_EAS_SYNC_REQUEST_TIMEOUT='60000'", by: client)
        let hanging = try (0..<24).map { number in
            let one = try bench.server.connect(database: "d")
            try one.start(
                "SELECT * FROM PREDICT(MODEL chat, SELECT '[[fault:hang]] \(number)') WITH ()"
            )
            return one
        }
        // More are not sent side by side before the first has succeeded.
        let areCalled = try eventually { try bench.service.requests() >= 4 }
        #expect(areCalled)
        #expect(try values("SELECT 1") == [["1"]])
        for one in hanging { one.vanish() }
    }

    @Test("it is prepared, explained and deployed")
    func preparation() throws {
        try bench.make("chat", by: client)
        try client.query(
            "PREPARE p FROM 'SELECT * FROM PREDICT(MODEL chat, SELECT ? AS a) WITH (x_cols=''a'')'"
        )
        try client.query("SET @text = 'bound'")
        let answer = try client.query("EXECUTE p USING @text")
        #expect(answer.rows == [["bound", "echo:bound", ""]])
        let plan = try values(
            "EXPLAIN SELECT id FROM PREDICT(MODEL chat, SELECT 1 AS id, 'x' AS a) WITH (x_cols='a')"
        )
        #expect(plan.first == ["rows", "online", "at most 10000"])
        #expect(plan.contains { $0[0] == "model" && $0[1] == "chat" })
        #expect(plan.contains(["feature", "a", "as text"]))
        #expect(plan.suffix(2).map { $0[1] } == ["prediction", "status"])
        try client.query("DEPLOY MODEL chat")
        #expect(try values("SHOW MODEL chat")[0][0] == "serving")
        for sql in [
            "SELECT a FROM EVALUATE(MODEL chat, SELECT 1 AS a, 2 AS y) "
                + "WITH (x_cols='a', y_cols='y', metrics='acc')",
            "EXPLAIN MODEL chat", "SELECT PREDICT_ROW('chat', 1)",
            "SELECT a FROM EXPLAIN(MODEL chat, SELECT 1 AS a) WITH (x_cols='a')",
        ] {
            let failure = try client.failure(of: sql)
            #expect(
                failure.number == 9057 && failure.message.contains("remote model"),
                "\(failure)"
            )
        }
        #expect(try bench.service.requests() == 1)
    }

    @Test("who may not ask a model may not predict with it")
    func rights() throws {
        try bench.make("chat", by: client)
        try client.query("DROP USER IF EXISTS guest")
        try client.query("CREATE USER guest IDENTIFIED BY ''")
        let guest = try RawClient(port: bench.server.mysqlPort, user: "guest")
        let sql = "SELECT * FROM PREDICT(MODEL chat, SELECT 'x') WITH ()"
        #expect(try guest.failure(of: sql).number == 1142)
        try client.query("GRANT PREDICT ON MODEL chat TO guest")
        #expect(try guest.query(sql).rows == [["echo:x"]])
    }

    @Test("built-in names answer through their routes")
    func builtIn() throws {
        try bench.make("chat", by: client)
        try bench.make("words", "sentence-embedding", by: client)
        let tongyi = "SELECT * FROM PREDICT (MODEL _polar4ai_tongyi, SELECT 'a question') WITH ()"
        try client.query("SET GLOBAL polar4ai_route = ''")
        #expect(try client.failure(of: tongyi).number == 9056)
        try client.query(
            """
            SET GLOBAL polar4ai_route = '{"_polar4ai_text2vec":"words","*":"chat"}'
            """
        )
        #expect(try values(tongyi) == [["echo:a question"]])
        let vector = try values(
            "/*polar4ai*/SELECT * FROM PREDICT(MODEL _polar4ai_text2vec, SELECT 'a') WITH ()"
        )
        #expect(vector[0][0]?.allSatisfy { "[]0123456789., eE+-".contains($0) } == true)
        try fill("s", ["negative", "I say positive!", nil])
        #expect(
            try values(
                """
                SELECT id FROM PREDICT(MODEL _polar4ai_tongyi_sa, SELECT * FROM s ORDER BY id)
                WITH (x_cols='a')
                """
            ) == [["1", "Negative", ""], ["2", "Positive", ""], ["3", nil, ""]]
        )
    }
}
