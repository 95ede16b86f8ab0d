import BorealBase
import Testing

@testable import BorealRemote

@Suite("Options of remote models")
struct RemoteOptionsTests {
    static let required: [(name: String, value: String)] = [
        ("MODEL_SOURCE_TYPE", "REMOTE"), ("MODEL_TYPE", "LLM"), ("TASKS", "chat"),
        ("PAI_EAS_MODEL_NAME", "qwen"), ("PAI_EAS_SERVICE_NAME", "g.s"),
        ("ENDPOINT", "https://a.example"),
        ("APIKEY", "sk-planted"), ("PAI_EAS_SYNC_MODE", "true"),
    ]

    /// The required options with some changed, added, or, with nil, left out.
    static func definition(_ changes: [(String, String?)]) throws -> RemoteDefinition {
        var pairs = required
        for (name, value) in changes {
            pairs.removeAll { $0.name == name }
            if let value { pairs.append((name, value)) }
        }
        return try RemoteDefinition(pairs)
    }

    @Test("the documented options make a definition")
    func documented() throws {
        let model = try Self.definition([
            ("tasks", nil), ("TASKS", nil), ("tasks", "Sentence-Embedding"),
        ])
        #expect(model.modelType == .language)
        #expect(model.task == .sentenceEmbedding)
        #expect(model.modelName == "qwen")
        #expect(model.serviceName == "g.s")
        #expect(model.address.shortText == "https://a.example/v1/embeddings")
        #expect(model.apiKey.text == "sk-planted")
        #expect(model.options == RemoteModelOptions())
        #expect(model.options.timeoutMilliseconds == 5_000)
        #expect(model.options.concurrencyMax == 100)
        #expect(model.options.retries == 4)
        let slow = try Self.definition([
            ("PAI_EAS_SYNC_REQUEST_TIMEOUT", "1800000"), ("MODEL_TYPE", "mllm"),
        ])
        #expect(slow.options.timeoutMilliseconds == 1_800_000)
        #expect(slow.modelType == .multimodal)
    }

    static let refused: [([(String, String?)], String)] = [
        ([("APIKEY", nil)], "option 'APIKEY' is missing"),
        ([("ENDPOINT", "")], "option 'ENDPOINT' is missing"),
        ([("PAI_EAS_MODEL_NAME", nil)], "option 'PAI_EAS_MODEL_NAME' is missing"),
        ([("apikey", "x")], "option 'apikey' is given twice"),
        ([("APIKEYS", "x")], "unknown option 'APIKEYS'; did you mean 'APIKEY'?"),
        ([("MAXBATCH", "1")], "unknown option 'MAXBATCH'; did you mean 'MAX_BATCH'?"),
        ([("PAI_EAS_SYNC_MODE", "false")], "option 'PAI_EAS_SYNC_MODE' takes one of 'true'"),
        ([("MODEL_SOURCE_TYPE", "IMPORT")], "option 'MODEL_SOURCE_TYPE' takes one of 'REMOTE'"),
        ([("MODEL_TYPE", "XGB")], "option 'MODEL_TYPE' takes one of 'LLM', 'MLLM'"),
        (
            [("TASKS", "rerank")],
            "option 'TASKS' takes one of 'text-generation', 'chat', 'sentence-embedding'"
        ),
        (
            [("PAI_EAS_SYNC_REQUEST_TIMEOUT", "4999")],
            "option 'PAI_EAS_SYNC_REQUEST_TIMEOUT' takes a whole number from 5000 to 1800000"
        ),
        ([("ENDPOINT", "http://u:p@a")], "the URL holds a user name"),
        ([("APIKEY", "a b")], "a key has 1 to 8192 printable ASCII characters and no blanks"),
        ([("APIKEY", "a\r\nX: y")], "a key has 1 to 8192 printable ASCII characters and no blanks"),
        ([("TEMPERATURE", "hot")], "option 'temperature' takes a number from 0.0 to 2.0"),
        ([("TEMPERATURE", "nan")], "option 'temperature' takes a number from 0.0 to 2.0"),
        ([("POOL", "a")], "POOL: a member begins with TIER=URL"),
    ]

    @Test("a bad option is named with what it takes", arguments: refused)
    func refuses(changes: [(String, String?)], expected: String) {
        let error = #expect(throws: RemoteModelError.self) { try Self.definition(changes) }
        #expect(error?.text == expected)
    }

    @Test("our options are read from SQL's texts and from JSON alike")
    func ours() throws {
        let sql = try Self.definition([
            ("MAX_BATCH", "64"), ("MAX_CONCURRENCY", "8"), ("RPM", "600"), ("TPM", "9000"),
            ("RETRIES", "0"),
            ("CACHE_TTL", "60"), ("PROMPT", "say {a}"), ("RESPONSE_FORMAT", "JSON"),
            ("SYSTEM", "s"),
            ("TEMPERATURE", "0.5"), ("TOP_P", "1"), ("MAX_TOKENS", "7"), ("DIMENSIONS", "8"),
            ("ON_ERROR", "FAIL"),
            ("DATA_POLICY", "dedicated_only"), ("CACHE_SCOPE", "global"), ("BYPASS_CACHE", "on"),
            ("HEDGE_MS", "p95"), ("ROWS_PER_PROMPT", "4"), ("LOG_TEXT", "1"), ("STREAM", "true"),
            ("PARAMETERS", #"{"k": [1]}"#),
            ("POOL", "dedicated=http://a w=3 conc=8, shared=http://b rpm=600"),
        ]).options
        let json = """
            {"author_type":"token","token":"t","max_batch":64,"max_concurrency":8,"rpm":600,
            "tpm":9000,
            "retries":0,"cache_ttl":60,"prompt":"say {a}","response_format":"json","system":"s",
            "temperature":0.5,"top_p":1,"max_tokens":7,"dimensions":8,"on_error":"fail",
            "data_policy":"dedicated_only","cache_scope":"global","bypass_cache":true,
            "hedge_ms":"p95",
            "rows_per_prompt":4,"log_text":true,"stream":true,"parameters":{"k":[1]},
            "pool":[{"tier":"dedicated","url":"http://a","w":3,"conc":8},
            {"url":"http://b","rpm":600}]}
            """
        let config = try RemoteConfiguration(JSON.parse(json))
        #expect(config.options == sql)
        #expect(config.token?.text == "t")
        #expect(sql.batchMax == 64)
        #expect(sql.hedge == .p95)
        #expect(sql.onError == .fail)
        #expect(sql.pool.map(\.tier) == ["dedicated", "shared"])
        #expect(sql.pool[0].weight == 3)
        #expect(sql.pool[1].requestsPerMinute == 600)
        let codec = sql.codecParameters(model: "m")
        #expect(codec.maxTokens == 7)
        #expect(codec.wantsJSON)
        #expect(codec.named["k"] == .array([.integer(1)]))
    }

    static let configurations: [(String, String)] = [
        ("[]", "model_config is a JSON object"),
        ("{}", "'author_type' of model_config must be \"token\""),
        (#"{"author_type":"basic"}"#, "'author_type' of model_config must be \"token\""),
        (#"{"author_type":"token","token":5}"#, "'token' of model_config is a string"),
        (#"{"author_type":"token","tokn":"x"}"#, "unknown option 'tokn'; did you mean 'token'?"),
        (
            #"{"author_type":"token","max_batch":0}"#,
            "option 'max_batch' takes a whole number from 1 to 2048"
        ),
        (
            #"{"author_type":"token","rpm":1.5}"#,
            "option 'rpm' takes a whole number from 1 to 1000000000"
        ),
        (
            #"{"author_type":"token","bypass_cache":"maybe"}"#,
            "option 'bypass_cache' takes true or false"
        ),
        (
            #"{"author_type":"token","on_error":"skip"}"#,
            "option 'on_error' takes one of 'null', 'fail'"
        ),
        (
            #"{"author_type":"token","system":5}"#,
            "option 'system' takes a text of at most 65536 bytes"
        ),
        (#"{"author_type":"token","parameters":[]}"#, "option 'parameters' takes a JSON object"),
        (
            #"{"author_type":"token","max_concurrency":100000}"#,
            "option 'max_concurrency' takes a whole number from 1 to 99999"
        ),
    ]

    @Test("a bad member of model_config is named", arguments: configurations)
    func configuration(text: String, expected: String) throws {
        let json = try JSON.parse(text)
        let error = #expect(throws: RemoteModelError.self) { try RemoteConfiguration(json) }
        #expect(error?.code == .config)
        #expect(error?.text == expected)
    }

    static let pools: [(String, String)] = [
        ("", "POOL: a member begins with TIER=URL"),
        ("a=http://x,", "POOL: a member begins with TIER=URL"),
        ("a=http://x w", "POOL: 'w' is no NAME=NUMBER"),
        ("a=http://x w=2=3", "POOL: 'w=2=3' is no NAME=NUMBER"),
        ("a=http://x w=0", "POOL: 'w' is a number from 1 to 1000"),
        ("a=http://x cons=1", "POOL: unknown 'cons'; did you mean 'conc'?"),
        ("a-b=http://x", "POOL: 'a-b' is no name of a tier"),
        ("=http://x", "POOL: '' is no name of a tier"),
        ("a=ftp://x", "URLs of 'ftp' are not called, only http and https"),
        ("[]", "POOL: a pool has 1 to 64 members"),
        (#"[{"tier":"a"}]"#, "POOL: a member is an object with \"url\""),
        (#"[{"url":"http://x","w":"1"}]"#, "POOL: 'w' is a number from 1 to 1000"),
        ("{}", "POOL: an array of members is missing"),
    ]

    @Test("a bad pool is named", arguments: pools)
    func pool(text: String, expected: String) throws {
        let isJSON = text.hasPrefix("[") || text.hasPrefix("{")
        let json = isJSON ? try JSON.parse(text) : .string(text)
        let error = #expect(throws: RemoteModelError.self) { try PoolMember.list(json) }
        #expect(error?.text == expected)
    }

    @Test("a call changes what is a call's, and nothing else")
    func calls() throws {
        let model = try Self.definition([("TEMPERATURE", "1")]).options
        let call = try model.overridden(by: JSON.parse(#"{"Temperature":0,"bypass_cache":true}"#))
        #expect(call.temperature == 0)
        #expect(call.bypassesCache)
        #expect(call.concurrencyMax == model.concurrencyMax)
        for (text, expected) in [
            (#"{"pool":[]}"#, "'pool' belongs to the model, not to a call"),
            (#"{"rpm":1}"#, "'rpm' belongs to the model, not to a call"),
            (#"{"temprature":1}"#, "unknown option 'temprature'; did you mean 'temperature'?"),
            ("5", "the configuration of a call is a JSON object"),
        ] {
            let config = try JSON.parse(text)
            let error = #expect(throws: RemoteModelError.self) { try model.overridden(by: config) }
            #expect(error?.text == expected)
        }
    }
}
