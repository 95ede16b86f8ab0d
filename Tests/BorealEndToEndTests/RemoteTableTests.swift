import Foundation
import Testing

/// Looking at remote models: system tables, budgets and lists.
@Suite(
    "Remote models: looking and guarding",
    .serialized,
    .enabled(if: ModelService.isAvailable, "python3 is not installed")
)
struct RemoteTableTests {
    private static let shared = Result { try RemoteFixture() }
    private let fixture: RemoteFixture
    private let client: RawClient

    init() throws {
        fixture = try Self.shared.get()
        try fixture.service.reset()
        client = try fixture.connect()
    }

    private func make(
        _ name: String,
        _ task: String = "chat",
        _ further: String = "",
        tail: String = ""
    ) throws {
        try client.query("DROP MODEL IF EXISTS \(name)")
        try client.query(fixture.definition(name, task, further, tail: tail))
    }

    // MARK: - Tables

    @Test("the tables of boreal_ai and polar_ai are there, described and read-only")
    func described() throws {
        let names = try client.rows("SHOW TABLES FROM boreal_ai").map { $0[0] }
        #expect(names == ["budgets", "cache", "providers", "requests_recent", "usage_hourly"])
        #expect(try client.rows("SHOW TABLES FROM polar_ai") == [["_ai_models"]])
        let columns = try client.rows(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'polar_ai' "
                + "ORDER BY ordinal_position"
        ).map { $0[0] }
        #expect(
            columns == [
                "model_seq", "model_id", "model_url", "model_provider", "model_type", "model_name",
                "model_config", "model_headers_fn", "model_in_transform_fn",
                "model_out_transform_fn",
            ]
        )
        try client.query("CALL boreal_ai.set_budget('user', 'root', 'tokens', 1e9, 'month')")
        for sql in [
            "DELETE FROM boreal_ai.budgets", "UPDATE boreal_ai.budgets SET used = 0",
            "INSERT INTO polar_ai._ai_models (model_id) VALUES ('x')", "DROP TABLE boreal_ai.cache",
            "CREATE TABLE boreal_ai.t (a INT)", "CREATE DATABASE boreal_ai",
        ] {
            #expect(throws: (any Error).self) { try client.query(sql) }
        }
        #expect(try client.rows("SELECT used < 1e9 FROM boreal_ai.budgets") == [["1"]])
        try client.query("CALL boreal_ai.set_budget('user', 'root', 'tokens', 0, 'month')")
        #expect(try client.failure(of: "SELECT * FROM boreal_ai.other").number == 1_146)
    }

    @Test("_ai_models shows every remote model, whatever made it, and no key")
    func registry() throws {
        try make("listed", "chat", ", RPM='50'")
        let url = "\(fixture.service.url)/v1/embeddings"
        let config = #"{"author_type":"token","token":"\#(RemoteFixture.key)","max_batch":7}"#
        _ = try client.rows("SELECT AI_DropModel('by/call')")
        _ = try client.rows(
            "SELECT AI_CreateModel('by/call', '\(url)?k=hidden', 'AWS', 'text_embedding', 'titan', "
                + "'\(config)', '{\"Authorization\":\"Bearer ${token}\",\"X-A\":\"b\"}')"
        )
        let rows = try client.rows(
            "SELECT model_id, model_url, model_provider, model_type, model_name, model_config, "
                + "model_headers_fn FROM polar_ai._ai_models WHERE model_id IN ('listed','by/call')"
        )
        #expect(rows.count == 2)
        #expect(rows[0][0] == "listed" && rows[0][3] == "LLM" && rows[0][4] == "qwen")
        #expect(rows[0][5]?.contains(#""token": "***""#) == true, "\(rows)")
        #expect(rows[1][1] == url)
        #expect(rows[1][2] == "AWS" && rows[1][3] == "text_embedding" && rows[1][4] == "titan")
        #expect(rows[1][6]?.contains("***") == true)
        #expect(!rows.description.contains(RemoteFixture.key))
        #expect(!rows.description.contains("hidden"))
        #expect(
            try client.rows(
                "SELECT JSON_UNQUOTE(JSON_EXTRACT(model_config, '$.max_batch')) "
                    + "FROM polar_ai._ai_models WHERE model_id = 'by/call'"
            ) == [["7"]]
        )
    }

    @Test("what was asked is in requests_recent, and adds up in usage_hourly with the service")
    func metering() throws {
        try make("metered", "sentence-embedding", ", MAX_BATCH='4', RETRIES='4'")
        try client.query("CREATE TABLE IF NOT EXISTS m (id INT PRIMARY KEY, a TEXT)")
        try client.query("DELETE FROM m")
        let rows = (0..<20).map { "(\($0), 'metered row \($0 % 16)')" }.joined(separator: ",")
        try client.query("INSERT INTO m VALUES \(rows)")
        try fixture.service.reset()
        try fixture.service.faults(
            #"[{"kind":"500","count":1},{"kind":"429","retry_after":null,"count":1}]"#
        )
        let sql = "SELECT COUNT(AI_EmbedText('metered', a)) FROM m"
        #expect(try client.rows(sql) == [["20"]])
        #expect(try client.rows(sql) == [["20"]], "from memory")
        let told = try fixture.service.admin("GET", "stats")["prompt_tokens"] as? Int ?? -1
        let recent = try client.rows(
            "SELECT status, COUNT(*), SUM(tokens_in), SUM(`rows`), SUM(cached) "
                + "FROM boreal_ai.requests_recent WHERE model = 'metered' GROUP BY status "
                + "ORDER BY status"
        )
        #expect(recent.map { $0[0] } == ["ok", "RATE_LIMIT", "UPSTREAM_5xx"], "\(recent)")
        #expect(recent[0][2] == String(told))
        #expect(recent[0][3] == "32", "16 rows asked, 16 from memory")
        let sums = try client.rows(
            "SELECT SUM(requests), SUM(tokens_in), SUM(cache_hits), MAX(estimated), "
                + "SUM(JSON_EXTRACT(errors, '$.RATE_LIMIT')), user FROM boreal_ai.usage_hourly "
                + "WHERE model = 'metered' GROUP BY user"
        )
        #expect(sums.count == 1)
        #expect(sums[0] == ["6", String(told), "16", "0", "1", "root@localhost"], "\(sums)")
        let provider = try client.rows(
            "SELECT state, concurrency_limit > 0, in_flight, p50_ms >= 0, error_rate > 0 "
                + "FROM boreal_ai.providers WHERE provider LIKE '%/v1/embeddings'"
        )
        #expect(provider.contains(["closed", "1", "0", "1", "1"]), "\(provider)")
        let cache = try client.rows(
            "SELECT entries >= 16, bytes > 0, hits >= 16 FROM boreal_ai.cache"
        )
        #expect(cache == [["1", "1", "1"]])
        try client.query("DROP TABLE m")
    }

    @Test("a service that reports no usage is estimated, and flagged")
    func estimated() throws {
        let body = #"{"model":"${model}","messages":[{"role":"user","content":"${content}"}]}"#
        _ = try client.rows("SELECT AI_DropModel('guessed')")
        let config = #"{"author_type":"token","token":"\#(RemoteFixture.key)"}"#
        let url = "\(fixture.service.url)/v1/chat/completions"
        _ = try client.rows(
            "SELECT AI_CreateModel('guessed', '\(url)', NULL, NULL, 'q', '\(config)', NULL, "
                + "'\(body)', '$.choices[0].message')"
        )
        _ = try client.rows("SELECT AI_CallModel('guessed', '12345678')")
        let sums = try client.rows(
            "SELECT tokens_in > 0, estimated FROM boreal_ai.usage_hourly WHERE model = 'guessed'"
        )
        #expect(sums.first?[0] == "1", "\(sums)")
    }

    @Test("data_policy='dedicated_only' is proved by requests_recent")
    func dedicated() throws {
        let dead = "http://127.0.0.1:9"
        let pool =
            "dedicated=\(dead)/v1/chat/completions, shared=\(fixture.service.url)"
            + "/v1/chat/completions"
        try make("pooled", "chat", ", POOL='\(pool)'")
        let config = #"{"data_policy":"dedicated_only","retries":0}"#
        for index in 0..<5 {
            let failure = try client.failure(
                of: "SELECT AI_CallText('pooled', 'kept \(index)', '\(config)')"
            )
            #expect(failure.number == 9_064 && failure.message.contains("CONNECT"), "\(failure)")
        }
        #expect(try client.rows("SELECT AI_CallText('pooled', 'free')") == [["echo:free"]])
        let last = try client.failure(of: "SELECT AI_CallText('pooled', 'kept', '\(config)')")
        #expect(last.message.contains("BREAKER_OPEN"), "\(last)")
        let tiers = try client.rows(
            "SELECT DISTINCT data_policy, tier, status FROM boreal_ai.requests_recent "
                + "WHERE model = 'pooled' ORDER BY data_policy, tier"
        )
        #expect(
            tiers == [
                ["any", "shared", "ok"], ["dedicated_only", "dedicated", "CONNECT"],
            ],
            "\(tiers)"
        )
    }

    @Test("who holds neither PROCESS nor SYSTEM_ADMIN sees what is his own")
    func rights() throws {
        try make("common")
        try client.query("DROP USER IF EXISTS looker")
        try client.query("CREATE USER looker IDENTIFIED BY ''")
        try client.query("GRANT PREDICT ON MODEL common TO looker")
        let other = try fixture.connect(user: "looker")
        _ = try client.rows("SELECT AI_CallText('common', 'by root')")
        _ = try other.rows("SELECT AI_CallText('common', 'by looker')")
        try client.query("CALL boreal_ai.set_budget('user', 'looker', 'tokens', 1000, 'day')")
        try client.query("CALL boreal_ai.set_budget('user', 'root', 'tokens', 1e9, 'day')")
        for table in ["requests_recent", "usage_hourly"] {
            let sql = "SELECT DISTINCT user FROM boreal_ai.\(table)"
            #expect(try other.rows(sql) == [["looker@%"]])
            #expect(try client.rows(sql + " WHERE user = 'looker@%'") == [["looker@%"]])
            #expect(try client.rows(sql + " WHERE user = 'root@localhost'").count == 1)
        }
        #expect(try other.rows("SELECT name FROM boreal_ai.budgets") == [["looker@%"]])
        #expect(try other.rows("SELECT model_id FROM polar_ai._ai_models") == [["common"]])
        #expect(try other.rows("SELECT * FROM boreal_ai.providers").isEmpty)
        #expect(try other.rows("SELECT * FROM boreal_ai.cache").isEmpty)
        let call = "CALL boreal_ai.set_budget('user', 'looker', 'tokens', 0, 'day')"
        #expect(try other.failure(of: call).number == 1_227)
        for name in ["looker", "root"] {
            try client.query("CALL boreal_ai.set_budget('user', '\(name)', 'tokens', 0, 'day')")
        }
        try client.query("DROP USER looker")
    }

    // MARK: - Budgets

    @Test("over a budget nothing is sent and the error is 9063; NULL and 0 take it away")
    func budget() throws {
        try make("spender", "chat", ", PRICE_IN='2', PRICE_OUT='4'")
        try client.query("CALL boreal_ai.set_budget('model', 'SPENDER', 'tokens', 4, 'month')")
        #expect(try client.rows("SELECT AI_CallText('spender', 'abcd')") == [["echo:abcd"]])
        try fixture.service.reset()
        let failure = try client.failure(of: "SELECT AI_CallText('spender', 'efgh')")
        #expect(failure.number == 9_063)
        #expect(failure.message.contains("BUDGET: the tokens budget of model 'spender'"))
        #expect(try fixture.service.requests() == 0)
        let standing = try client.rows(
            "SELECT scope, unit, period, budget, used >= 4 FROM boreal_ai.budgets "
                + "WHERE name = 'spender'"
        )
        #expect(standing == [["model", "tokens", "month", "4", "1"]])
        try client.query("CALL boreal_ai.set_budget('model', 'spender', 'tokens', NULL, 'month')")
        #expect(try client.rows("SELECT AI_CallText('spender', 'efgh')") == [["echo:efgh"]])

        // 1 + 3 tokens each: 0.002 + 0.012.
        try client.query("CALL boreal_ai.set_budget('model', 'spender', 'cost', 0.02, 'day')")
        #expect(try client.failure(of: "SELECT AI_CallText('spender', 'x')").number == 9_063)
        let cost = try client.rows(
            "SELECT ROUND(SUM(cost), 3) FROM boreal_ai.usage_hourly WHERE model = 'spender'"
        )
        #expect(cost == [["0.028"]], "\(cost)")
        try client.query("CALL boreal_ai.set_budget('model', 'spender', 'cost', 0, 'day')")
    }

    @Test(
        "what is no budget is refused by name",
        arguments: [
            ("'team', 'root', 'tokens', 1, 'day'", 9_055, "'user' or 'model'"),
            ("'user', 'nobody', 'tokens', 1, 'day'", 9_055, "nobody"),
            ("'user', NULL, 'tokens', 1, 'day'", 9_055, "name"),
            ("'model', 'nothing', 'tokens', 1, 'day'", 9_053, "nothing"),
            ("'model', 'priceless', 'cost', 1, 'day'", 9_055, "price_in"),
            ("'user', 'root', 'words', 1, 'day'", 9_055, "'tokens' or 'cost'"),
            ("'user', 'root', 'tokens', -1, 'day'", 9_055, "limit"),
            ("'user', 'root', 'tokens', 'many', 'day'", 9_055, "limit"),
            ("'user', 'root', 'tokens', 1, 'year'", 9_055, "'day' or 'month'"),
            ("'user', 'root', 'tokens', 1", 9_055, "set_budget("),
        ]
    )
    func badBudgets(_ arguments: String, _ number: Int, _ word: String) throws {
        try make("priceless")
        let failure = try client.failure(of: "CALL boreal_ai.set_budget(\(arguments))")
        #expect(failure.number == number, "\(failure)")
        #expect(failure.message.contains(word), "\(failure)")
        #expect(try client.rows("SELECT * FROM boreal_ai.budgets WHERE name = 'root'").isEmpty)
    }

    @Test("an open breaker and a budget that is nearly used are in the log")
    func alerts() throws {
        try make("alarming", "chat", ", RETRIES='0'")
        try client.query("CALL boreal_ai.set_budget('model', 'alarming', 'tokens', 5, 'day')")
        _ = try client.rows("SELECT AI_CallText('alarming', 'abcd')")
        try client.query("CALL boreal_ai.set_budget('model', 'alarming', 'tokens', 0, 'day')")
        for index in 0..<5 {
            _ = try? client.query("SELECT AI_CallText('alarming', '[[fault:501]] \(index)')")
        }
        let log = try String(contentsOfFile: fixture.server.logPath, encoding: .utf8)
        #expect(log.contains("% of the tokens budget of model 'alarming' for this day is used"))
        try fixture.service.faults(#"[{"kind":"500","count":6}]"#)
        for index in 0..<6 {
            _ = try? client.query("SELECT AI_CallText('alarming', 'fails \(index)')")
        }
        let later = try String(contentsOfFile: fixture.server.logPath, encoding: .utf8)
        #expect(later.contains("fails and is not called for"))
        try client.query("DROP MODEL alarming")
    }

    // MARK: - Lists

    private static let listColumns = [
        "ModelName", "Owner", "SourceType", "ModelType", "DefaultVersion", "CreateTime",
        "LastModifiedTime", "Comment",
    ]

    @Test("SHOW FULL MODELS and boreal_dialect answer in MaxCompute's form, prepared too")
    func lists() throws {
        try make("Big_Name", tail: "COMMENT 'so called'")
        let full = try client.query("SHOW FULL MODELS LIKE 'big_name'")
        #expect(full.names == Self.listColumns + ["Status"])
        let row = try #require(full.rows.first)
        #expect(row[0] == "big_name" && row[1] == "root@localhost" && row[2] == "REMOTE")
        #expect(row[3] == "LLM" && row[4] == "v1" && row[7] == "so called" && row[8] == "saved")
        #expect(row[5]?.count == 19)

        try client.query("SET boreal_dialect = 'maxcompute'")
        defer { _ = try? client.query("SET boreal_dialect = DEFAULT") }
        #expect(try client.query("SHOW MODELS").names == Self.listColumns)
        #expect(try client.query("DESC MODEL big_name").names == ["Field", "Value"])
        let versions = try client.query("SHOW VERSIONS FOR MODEL big_name")
        #expect(
            versions.names == [
                "VersionName", "IsDefault", "SourceType", "CreateTime", "LastModifiedTime",
                "Comment",
            ]
        )
        #expect(versions.rows.first?.prefix(3) == ["v1", "true", "REMOTE"])
        try client.query("PREPARE p FROM 'SHOW MODELS'")
        #expect(try client.query("EXECUTE p").names == Self.listColumns)
        #expect(try client.failure(of: "SET boreal_dialect = 'oracle'").number == 1_231)
        try client.query("SET boreal_dialect = 'polar4ai'")
        #expect(
            try client.query("SHOW MODELS").names == ["model_name", "model_class", "model_status"]
        )
    }

    @Test("DESC MODEL EXTENDED tells endpoint, masked key, limits and each version")
    func details() throws {
        try make("told", "chat", ", RPM='90', MAX_TOKENS='300'", tail: "COMMENT 'a, once'")
        try client.query(
            "ALTER MODEL told ADD VERSION other INPUT (a STRING, b BIGINT) "
                + "WITH OPTIONS (MAX_TOKENS='5') COMMENT 'second'"
        )
        let rows = try client.rows("DESC MODEL EXTENDED told").map { ($0[0] ?? "", $0[1] ?? "") }
        let fields = Dictionary(rows) { first, _ in first }
        #expect(rows.count { $0.1 == "a, once" } == 2, "the model's, and that of its first version")
        #expect(rows.count { $0.0 == "comment" } == 1)
        #expect(fields["source_type"] == "REMOTE" && fields["model_type"] == "LLM")
        #expect(fields["endpoint"] == "127.0.0.1:\(fixture.service.port)/v1/chat/completions")
        #expect(fields["key"] == "sk-***cret")
        #expect(fields["status"] == "saved" && fields["timeout_ms"] == "5000")
        #expect(fields["rpm"] == "90" && fields["max_concurrency"] == "100")
        #expect(fields["version v1: inputs"] == "prompt STRING")
        #expect(fields["version other: inputs"] == "a STRING, b BIGINT")
        #expect(fields["version other: options"]?.contains("5") == true)
        #expect(fields["version other: key"] == "sk-***cret")
        #expect(fields["version other: comment"] == "second")
        try client.query("ALTER MODEL told SET COMMENT = 'changed'")
        let later = try client.rows("DESC MODEL EXTENDED told")
        #expect(later.contains(["comment", "changed"]))
        #expect(later.contains(["version_comment", "a, once"]))
    }

    @Test("the rules of ALTER MODEL hold for remote models")
    func altering() throws {
        try make("ruled")
        func refused(_ sql: String, _ numbers: Set<Int>, _ word: String) throws {
            let failure = try client.failure(of: sql)
            #expect(numbers.contains(failure.number), "\(failure)")
            #expect(failure.message.contains(word), "\(failure)")
        }
        let a = { (count: Int) in String(repeating: "a", count: count) }
        try refused("ALTER MODEL ruled DROP VERSION v1", [9_055], "cannot be dropped")
        try client.query("ALTER MODEL ruled ADD VERSION \(a(256)) WITH OPTIONS ()")
        try refused("ALTER MODEL ruled DROP VERSION V1", [9_055], "default")
        try refused("ALTER MODEL ruled DROP VERSION v9", [9_053], "v9")
        try refused("ALTER MODEL ruled ADD VERSION v1 WITH OPTIONS ()", [9_052], "v1")
        try refused(
            "ALTER MODEL ruled ADD VERSION \(a(257)) WITH OPTIONS ()",
            [1_059, 9_055],
            "257"
        )
        try refused(
            "ALTER MODEL ruled ADD VERSION default_version WITH OPTIONS ()",
            [9_055],
            "default_version"
        )
        try refused("ALTER MODEL ruled ADD VERSION 1a WITH OPTIONS ()", [1_064, 9_055], "1a")
        for (option, word) in [
            ("MODEL_TYPE='MLLM'", "MODEL_TYPE"),
            ("MODEL_SOURCE_TYPE='IMPORT'", "MODEL_SOURCE_TYPE"),
            ("PAI_EAS_SYNC_REQUEST_TIMEOUT='4999'", "5000"),
            ("PAI_EAS_SYNC_REQUEST_TIMEOUT='1800001'", "1800000"), ("MAX_BACH='1'", "MAX_BATCH"),
        ] {
            try refused("ALTER MODEL ruled ADD VERSION w WITH OPTIONS (\(option))", [9_055], word)
        }
        try client.query(
            "ALTER MODEL ruled ADD VERSION w WITH OPTIONS (PAI_EAS_SYNC_REQUEST_TIMEOUT='1800000')"
        )
        try client.query("ALTER MODEL ruled SET COMMENT = '\(a(1_024))'")
        try refused("ALTER MODEL ruled SET COMMENT = '\(a(1_025))'", [9_055], "1024")
        try client.query("ALTER MODEL ruled VERSION w SET COMMENT = 'of w'")
        try refused("ALTER MODEL ruled VERSION w SET COMMENT = '\(a(1_025))'", [9_055], "1024")
        try refused("ALTER MODEL ruled SET DEFAULT_VERSION = v9", [9_053], "v9")
        try client.query("ALTER MODEL ruled SET DEFAULT_VERSION = w")
        try client.query("ALTER MODEL ruled DROP VERSION v1")
        let versions = try client.rows("SHOW VERSIONS FOR MODEL ruled").map { $0[0] }
        #expect(versions == [a(256), "w"])
    }

    // MARK: - Settings

    @Test("a list with a bad expression is refused as a whole, by name")
    func expressions() throws {
        for name in [
            "trusted_connector_endpoints_regex", "trusted_connector_private_endpoints_regex",
        ] {
            let before = try client.rows("SELECT @@\(name)")
            for bad in [#"["http://a/.*", "(unclosed"]"#, #"["(?=x)"]"#, #"["[z-a]"]"#] {
                let failure = try client.failure(of: "SET GLOBAL \(name) = '\(bad)'")
                #expect(failure.number == 1_231, "\(failure)")
                #expect(failure.message.contains(name))
            }
            let failure = try client.failure(of: #"SET GLOBAL \#(name) = '["(unclosed"]'"#)
            #expect(failure.message.contains("(unclosed"), "\(failure)")
            #expect(try client.failure(of: "SET GLOBAL \(name) = 'x'").number == 1_231)
            #expect(try client.rows("SELECT @@\(name)") == before)
        }
        for name in ["restricted_ip_patterns", "metadata_addresses_allowed", "own_ports_allowed"] {
            #expect(try client.failure(of: "SET GLOBAL \(name) = '[]'").number == 1_238)
        }
    }
}
