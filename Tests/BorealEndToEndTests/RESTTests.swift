import Foundation
import TestPrograms
import Testing

/// Remote models managed over HTTP, as the documents of the contract do it.
@Suite("REST", .serialized, .enabled(if: RESTClient.isAvailable, "curl is not installed"))
struct RESTTests {
    private static let server: Result<ServerProcess, any Error> = Result {
        let server = try ServerProcess.ephemeral()
        // Before anything was ever made, what is not there is said in other words.
        let rest = RESTClient(port: server.httpPort)
        #expect(try rest.send("GET", "/connectors/x").reason == "Failed to find connector")
        let group = try rest.send("POST", "/model_groups/_register", #"{"name": "first"}"#)
        let id = group.string("model_group_id") ?? ""
        #expect(try rest.send("DELETE", "/model_groups/\(id)").status == 200)
        return server
    }

    private let server: ServerProcess
    private let rest: RESTClient

    init() throws {
        server = try Self.server.get()
        rest = RESTClient(port: server.httpPort)
        try rest.trust()
    }

    // MARK: - The documents' way

    @Test("what is made is undeployed, deleted and deleted, in this order alone")
    func cleanUp() throws {
        let connector = try rest.makeConnector()
        let model = try rest.makeModel("clean_up", connector)
        #expect(try rest.send("GET", "/models/\(model)").string("model_state") == "REGISTERED")
        let deployed = try rest.send("POST", "/models/\(model)/_deploy")
        #expect(deployed.string("task_type") == "DEPLOY_MODEL")
        #expect(deployed.string("status") == "COMPLETED")
        #expect(try rest.send("POST", "/models/\(model)/_deploy").status == 200)
        let early = try rest.send("DELETE", "/models/\(model)")
        #expect(
            early.status == 400
                && early.reason == "Model cannot be deleted in deploying or deployed state. "
                    + "Try undeploy model first then delete"
        )
        let used = try rest.send("DELETE", "/connectors/\(connector)")
        #expect(
            used.status == 409
                && used.reason
                    == "1 models are still using this connector, please delete or update "
                    + "the models first: [\(model)]"
        )
        let change = try rest.send("PUT", "/connectors/\(connector)", #"{"description": "new"}"#)
        #expect(
            change.status == 400
                && change.reason == "1 models are still using this connector, please undeploy the "
                    + "models first: [\(model)]"
        )
        let stopped = try rest.send("POST", "/models/\(model)/_undeploy")
        #expect(stopped.text.contains(#"{"stats":{"\#(model)":"undeployed"}}"#))
        #expect(
            try rest.send("POST", "/models/\(model)/_undeploy").text
                .contains(#"{"stats":{"\#(model)":"not_found"}}"#)
        )
        #expect(try rest.send("GET", "/models/\(model)").string("model_state") == "UNDEPLOYED")
        let changed = try rest.send("PUT", "/connectors/\(connector)", #"{"description": "new"}"#)
        #expect(changed.string("result") == "updated" && changed.number("_version") == 2)
        #expect(try rest.send("DELETE", "/connectors/\(connector)").status == 409)
        let gone = try rest.send("DELETE", "/models/\(model)")
        #expect(gone.string("result") == "deleted" && gone.string("_index") == ".plugins-ml-model")
        #expect(try rest.send("GET", "/models/\(model)").status == 404)
        let last = try rest.send("DELETE", "/connectors/\(connector)")
        #expect(last.string("result") == "deleted" && last.string("_id") == connector)
        #expect(try rest.send("GET", "/connectors/\(connector)").status == 404)
        let task = try #require(deployed.string("task_id"))
        let noted = try rest.send("GET", "/tasks/\(task)")
        #expect(noted.string("state") == "COMPLETED" && noted.string("model_id") == model)
        #expect(try rest.send("POST", "/tasks/\(task)/_cancel").status == 400)
        #expect(try rest.send("DELETE", "/tasks/\(task)").string("result") == "deleted")
        #expect(try rest.send("GET", "/tasks/\(task)").reason == "Failed to find task")
    }

    @Test("the old names of the routes are the routes")
    func oldNames() throws {
        let connector = try rest.makeConnector()
        let body = #"{"name": "old", "function_name": "remote", "connector_id": "\#(connector)"}"#
        let model = try #require(
            try rest.send("POST", "/models/_upload?deploy=true", body).string("model_id")
        )
        #expect(try rest.send("GET", "/models/\(model)").string("model_state") == "DEPLOYED")
        #expect(try rest.send("POST", "/models/\(model)/_unload").status == 200)
        #expect(try rest.send("POST", "/models/\(model)/_load").status == 200)
        let all = try rest.send("POST", "/models/_undeploy", #"{"model_ids": ["\#(model)", "x"]}"#)
        #expect(
            all.text.contains(#""\#(model)":"undeployed""#)
                && all.text.contains(#""x":"not_found""#)
        )
        #expect(try rest.send("DELETE", "/models/\(model)").status == 200)
        #expect(try rest.send("DELETE", "/connectors/\(connector)").status == 200)
    }

    @Test("a connector is shown with strings for parameters and without its keys")
    func shownConnector() throws {
        let id = try rest.makeConnector()
        let shown = try rest.send("GET", "/connectors/\(id)")
        #expect(shown.string("parameters.dim") == "8" && shown.string("parameters.list") == "[]")
        #expect(shown.string("actions.0.action_type") == "PREDICT")
        #expect(shown["credential"] == nil && shown.number("created_time") != nil)
        let updated = try rest.send(
            "PUT",
            "/connectors/\(id)",
            #"{"parameters": {"dim": 1.50, "new": {"a": 1}}, "#
                + #""credential": {"api_key": "sk-other"}}"#
        )
        #expect(updated.status == 200, "\(updated.text)")
        let after = try rest.send("GET", "/connectors/\(id)")
        #expect(after.string("parameters.dim") == "1.50")
        #expect(after.string("parameters.new") == #"{"a":1}"#)
        #expect(after.string("parameters.model") == "text-embedding-v4")
        let search = try rest.send(
            "POST",
            "/connectors/_search",
            #"{"query": {"ids": {"values": ["\#(id)"]}}}"#
        )
        #expect(search.number("hits.total.value") == 1)
        for answer in [shown, after, search] { #expect(!answer.text.contains("sk-")) }
        #expect(!server.log(tail: 1_000_000).contains("sk-planted-rest"))
        #expect(try rest.send("DELETE", "/connectors/\(id)").status == 200)
    }

    // MARK: - Wrong requests

    private static let refused: [(String, String, String?, Int, String)] = [
        (
            "GET", "/connectors/none", nil, 404,
            "Failed to find connector with the provided connector id: none"
        ),
        (
            "DELETE", "/connectors/none", nil, 404,
            "Failed to find connector with the provided connector id: none"
        ),
        (
            "PUT", "/connectors/none", "{}", 404,
            "Failed to find connector with the provided connector id: none"
        ),
        ("POST", "/connectors/_create", "{}", 400, "Connector name is null"),
        ("POST", "/connectors/_create", nil, 400, "Create Connector request has empty body"),
        ("POST", "/connectors/_create", "[1]", 400, "the body must be a JSON object"),
        (
            "POST", "/connectors/_create", "{\"a\": }", 400,
            "the body is no JSON: no value here at byte 6"
        ),
        (
            "POST", "/connectors/_create", RESTClient.connector(url: "http://elsewhere/v1"), 400,
            "Connector URL is not matching the trusted connector endpoint regex"
        ),
        (
            "POST", "/connectors/_create", RESTClient.connector(url: "ftp://127.0.0.1:9/v1"), 400,
            "Protocol is not http or https: ftp"
        ),
        (
            "POST", "/connectors/_create",
            RESTClient.connector(members: #", "connector_id": "_x""#),
            400, "connector id must not start with '_'"
        ),
        (
            "POST", "/connectors/_create",
            RESTClient.connector(members: #", "access_mode": "public""#),
            400,
            "You cannot specify connector access control parameters because the Security plugin "
                + "or connector access control is disabled on your cluster."
        ),
        ("POST", "/models/_register", "{}", 400, "model name is null"),
        (
            "POST", "/models/_register", #"{"name": "n"}"#, 400,
            "You must provide connector content when creating a remote model without connector id!"
        ),
        (
            "POST", "/models/_register", #"{"name": "n", "function_name": "dance"}"#, 400,
            "Wrong function name"
        ),
        (
            "POST", "/models/_register", #"{"name": "n", "connector_id": "none"}"#, 404,
            "Failed to find connector:none"
        ),
        (
            "POST", "/models/_register",
            #"{"name": "n", "connector_id": "x", "rate_limiter": {"limit": "-1", "unit": "DAYS"}}"#,
            400, "Limit field must be a positive number."
        ),
        (
            "GET", "/models/none", nil, 404,
            "Failed to find model with the provided model id: none"
        ),
        ("DELETE", "/models/none", nil, 404, "Failed to find model"),
        ("POST", "/models/none/_deploy", nil, 404, "Failed to find model"),
        ("POST", "/models/none/_undeploy", nil, 404, "Failed to find model"),
        (
            "PUT", "/models/none", "{}", 404,
            "Failed to find model to update with the provided model id: none"
        ),
        ("POST", "/models/_undeploy", "{}", 400, "Must set specific model ids to undeploy"),
        ("POST", "/models/_search", #"{"query": {"fuzzy": {}}}"#, 400, "unknown query [fuzzy]"),
        ("GET", "/tasks/none", nil, 404, "Failed to find task"),
        (
            "GET", "/tasks/none?x=1", nil, 400,
            "request [/_plugins/_ml/tasks/none] contains unrecognized parameter: [x]"
        ),
        (
            "PUT", "/_cluster/settings", #"{"persistent": {"no.such": 1}}"#, 400,
            "persistent setting [no.such], not recognized"
        ),
        (
            "PUT", "/_cluster/settings", "{}", 400,
            "Validation Failed: 1: no settings to update;"
        ),
        (
            "PUT", "/_cluster/settings",
            #"{"transient": {"plugins.ml_commons.trusted_connector_endpoints_regex": ["(a+)+"]}}"#,
            400,
            "Regex pattern contains nested quantifiers or backreferences that may cause ReDoS: "
                + "(a+)+"
        ),
    ]

    @Test("wrong requests have the contract's status and sentence", arguments: refused)
    func refuses(
        _ method: String,
        _ path: String,
        _ body: String?,
        _ status: Int,
        _ reason: String
    ) throws {
        let answer = try rest.send(method, path, body)
        #expect(answer.status == status && answer.reason == reason, "\(answer.text)")
        #expect(answer.number("status") == status)
        #expect(answer.string("error.root_cause.0.reason") == reason)
        #expect(answer.headers.contains("application/json; charset=UTF-8"))
    }

    @Test("paths and methods that are not known")
    func unknownRoutes() throws {
        let unknown = try rest.send("GET", "/nothing?a=b")
        #expect(unknown.status == 400)
        #expect(
            unknown.string("error")
                == "no handler found for uri [/_plugins/_ml/nothing?a=b] and method [GET]"
        )
        let wrong = try rest.send("PUT", "/models/_register", "{}")
        #expect(wrong.status == 404, "a model may be called _register")
        let method = try rest.send("GET", "/models/a/_deploy")
        #expect(method.status == 405 && method.headers.contains("Allow: POST"))
        #expect(
            method.string("error") == "Incorrect HTTP method for uri "
                + "[/_plugins/_ml/models/a/_deploy] and method [GET], allowed: [POST]"
        )
        let large = try rest.send(
            "POST",
            "/connectors/_create",
            String(repeating: " ", count: 2 << 20)
        )
        #expect(large.status == 413)
        let deep = String(repeating: "[", count: 100_000)
        #expect(try rest.send("POST", "/models/_search", deep).status == 400)
        #expect(try rest.send("GET", "/models/%2e%2e").status == 404)
    }

    @Test("accounts of the SQL side ask, with their rights")
    func rights() throws {
        let client = try server.connect()
        try client.query("CREATE USER IF NOT EXISTS 'reader'@'%' IDENTIFIED BY 'pw1'")
        let connector = try rest.makeConnector()
        let model = try rest.makeModel("for_reader", connector)
        var other = rest
        other.user = ""
        let nobody = try other.send("GET", "/models/\(model)")
        #expect(nobody.status == 401 && nobody.headers.contains("WWW-Authenticate: Basic"))
        #expect(nobody.string("error.type") == "security_exception")
        other.user = "reader:wrong"
        #expect(try other.send("GET", "/models/\(model)").status == 401)
        other.user = "reader:pw1"
        #expect(try other.send("GET", "/models/\(model)").status == 404)
        #expect(try other.send("POST", "/models/_search").number("hits.total.value") == 0)
        #expect(try other.send("GET", "/connectors/\(connector)").status == 404)
        #expect(try other.send("POST", "/connectors/_create", RESTClient.connector()).status == 403)
        #expect(try other.send("POST", "/models/_register", "{}").status == 403)
        #expect(
            try other.send("PUT", "/_cluster/settings", #"{"persistent": {"a": 1}}"#).status == 403
        )
        try client.query("GRANT PREDICT ON *.* TO 'reader'@'%'")
        #expect(try other.send("GET", "/models/\(model)").string("name") == "for_reader")
        #expect(try other.send("DELETE", "/models/\(model)").status == 403)
        #expect(try other.send("POST", "/models/\(model)/_deploy").status == 403)
        try client.query("DROP USER 'reader'@'%'")
        #expect(try rest.send("DELETE", "/models/\(model)").status == 200)
        #expect(try rest.send("DELETE", "/connectors/\(connector)").status == 200)
    }

    // MARK: - One registry

    @Test("what REST makes is listed, described and dropped in SQL")
    func fromREST() throws {
        let client = try server.connect()
        let connector = try rest.makeConnector()
        let model = try rest.makeModel("By_Rest", connector)
        let row = try client.query("SHOW MODELS LIKE 'By_Rest'").rows
        #expect(row == [["By_Rest", "remote", "saved"]])
        _ = try rest.send("POST", "/models/\(model)/_deploy")
        #expect(try client.query("SHOW MODEL by_rest").rows[0][0] == "serving")
        let facts = try client.query("DESC MODEL EXTENDED by_rest").rows
        #expect(facts.contains { $0[0] == "options" && $0[1]?.contains(connector) == true })
        #expect(facts.contains { $0[0] == "location" && $0[1] == "127.0.0.1:9/v1/embeddings" })
        // A name that is taken, and one that is no identifier: the id stands for it.
        for name in ["by_rest", "no identifier!"] {
            let second = try rest.makeModel(name, connector)
            #expect(try rest.send("GET", "/models/\(second)").string("name") == name)
            #expect(try client.query("SHOW MODEL `\(second)`").rows[0][0] == "saved")
            #expect(try rest.send("DELETE", "/models/\(second)").status == 200)
        }
        #expect(try rest.send("GET", "/models/\(model)").string("model_version") == "1")
        try client.query("DROP MODEL by_rest")
        #expect(try rest.send("GET", "/models/\(model)").status == 404)
        #expect(try rest.send("DELETE", "/connectors/\(connector)").status == 200)
    }

    @Test("what SQL makes is shown, deployed and deleted over REST")
    func fromSQL() throws {
        let client = try server.connect()
        try client.query(
            """
            CREATE MODEL by_sql WITH VERSION V1 INPUT (prompt STRING)
            OPTIONS (MODEL_SOURCE_TYPE='REMOTE', MODEL_TYPE='LLM', TASKS='chat',
            PAI_EAS_MODEL_NAME='qwen', PAI_EAS_SERVICE_NAME='svc',
            ENDPOINT='http://127.0.0.1:9', APIKEY='sk-planted-rest-4711',
            PAI_EAS_SYNC_MODE='true')
            """
        )
        try client.query(
            """
            SELECT AI_CreateModel('by-function', 'http://127.0.0.1:9/v1/embeddings', 'p', 'e', 'n',
              '{"author_type": "token", "token": "sk-planted-rest-4711"}')
            """
        )
        for id in ["by_sql", "by-function"] {
            let shown = try rest.send("GET", "/models/\(id)")
            #expect(shown.string("algorithm") == "REMOTE" && shown.string("model_id") == id)
            #expect(shown.string("connector.protocol") == "http", "\(shown.text)")
            #expect(!shown.text.contains("sk-"))
            #expect(try rest.send("POST", "/models/\(id)/_deploy").status == 200)
            #expect(try client.query("SHOW MODEL `\(id)`").rows[0][0] == "serving")
            #expect(try rest.send("POST", "/models/\(id)/_undeploy").status == 200)
            let update = try rest.send("PUT", "/models/\(id)", #"{"connector_id": "x"}"#)
            #expect(
                update.reason == "This remote does not have a connector_id field, maybe it uses an "
                    + "internal connector."
            )
        }
        let found = try rest.send(
            "POST",
            "/models/_search",
            #"{"query": {"bool": {"must": {"prefix": {"name": "by"}}, "must_not": {"exists": "#
                + #"{"field": "chunk_number"}}}}, "sort": [{"name.keyword": "asc"}]}"#
        )
        #expect(found.number("hits.total.value") == 2, "\(found.text)")
        #expect(found.string("hits.hits.0._id") == "by-function")
        for id in ["by_sql", "by-function"] {
            #expect(try rest.send("DELETE", "/models/\(id)").status == 200)
        }
        #expect(try client.query("SHOW MODELS LIKE 'by%'").rows.isEmpty)
    }

    @Test("a connector inside a model is the model's own")
    func inlineConnector() throws {
        let body = """
            {"name": "inline", "function_name": "remote", "is_enabled": false,
             "connector": \(RESTClient.connector("inside"))}
            """
        let made = try rest.send("POST", "/models/_register", body)
        let id = try #require(made.string("model_id"), "\(made.text)")
        let shown = try rest.send("GET", "/models/\(id)")
        #expect(shown.string("connector.name") == "inside" && !shown.text.contains("sk-"))
        #expect(shown["is_enabled"] as? Bool == false && shown["connector_id"] == nil)
        let search = #"{"query": {"term": {"name": "inside"}}}"#
        #expect(
            try rest.send("POST", "/connectors/_search", search).number("hits.total.value") == 0
        )
        let update = #"{"connector": {"parameters": {"model": "m2"}}, "is_enabled": true}"#
        #expect(try rest.send("PUT", "/models/\(id)", update).string("result") == "updated")
        #expect(
            try rest.send("PUT", "/models/\(id)").reason == "Update model request has empty body"
        )
        let after = try rest.send("GET", "/models/\(id)")
        #expect(after.string("connector.parameters.model") == "m2")
        #expect(after["is_enabled"] as? Bool == true)
        #expect(try rest.send("DELETE", "/models/\(id)").status == 200)
    }

    @Test("groups count the versions of a name")
    func groups() throws {
        let connector = try rest.makeConnector()
        let first = try rest.makeModel("counted", connector)
        let second = try rest.makeModel("counted", connector)
        let shown = try rest.send("GET", "/models/\(second)")
        #expect(shown.string("model_version") == "2")
        let group = try #require(shown.string("model_group_id"))
        #expect(try rest.send("GET", "/model_groups/\(group)").number("latest_version") == 2)
        #expect(try rest.send("DELETE", "/model_groups/\(group)").status == 409)
        let taken = try rest.send("POST", "/model_groups/_register", #"{"name": "counted"}"#)
        #expect(taken.status == 400 && taken.reason?.contains(group) == true)
        let other = try rest.send("POST", "/model_groups/_register", #"{"name": "other"}"#)
        let otherID = try #require(other.string("model_group_id"))
        #expect(
            try rest.send("PUT", "/model_groups/\(otherID)", #"{"description": "x"}"#).status == 200
        )
        #expect(try rest.send("DELETE", "/model_groups/\(otherID)").status == 200)
        for id in [first, second] {
            #expect(try rest.send("DELETE", "/models/\(id)").status == 200)
        }
        #expect(try rest.send("DELETE", "/model_groups/\(group)").status == 200)
        #expect(try rest.send("DELETE", "/connectors/\(connector)").status == 200)
    }

    @Test("stats and profile say what is deployed; answers are printed as wanted")
    func stats() throws {
        let connector = try rest.makeConnector()
        let model = try rest.makeModel("profiled", connector, query: "?deploy=true")
        let stats = try rest.send("GET", "/stats")
        #expect(stats.number("ml_connector_count") == 1 && stats.number("ml_model_count") == 1)
        #expect(try rest.send("GET", "/stats/ml_model_count").text == #"{"ml_model_count":1}"#)
        #expect(try rest.send("GET", "/profile/models/\(model)").text.contains("DEPLOYED"))
        #expect(try rest.send("GET", "/profile/models/x").text == "{}")
        let pretty = try rest.send("GET", "/models/\(model)?pretty&filter_path=name,model_state")
        #expect(
            pretty.text == "{\n  \"name\" : \"profiled\",\n  \"model_state\" : \"DEPLOYED\"\n}\n"
        )
        #expect(try rest.send("POST", "/models/\(model)/_undeploy").status == 200)
        #expect(try rest.send("DELETE", "/models/\(model)").status == 200)
        #expect(try rest.send("DELETE", "/connectors/\(connector)").status == 200)
    }

    @Test("remote models can be switched off")
    func switchedOff() throws {
        let key = "plugins.ml_commons.remote_inference.enabled"
        let off = #"{"transient": {"\#(key)": false}}"#
        let answer = try rest.send("PUT", "/_cluster/settings", off)
        #expect(answer.string("transient.plugins.ml_commons.remote_inference.enabled") == "false")
        let refused = try rest.send("POST", "/connectors/_create", RESTClient.connector())
        #expect(refused.status == 400 && refused.reason?.contains(key) == true)
        let client = try server.connect()
        #expect(try client.query("SELECT @@remote_inference_enabled").rows == [["OFF"]])
        _ = try rest.send("PUT", "/_cluster/settings", #"{"transient": {"\#(key)": null}}"#)
        #expect(try client.query("SELECT @@remote_inference_enabled").rows == [["ON"]])
    }

    @Test("persistent settings outlive a restart, transient ones win and do not")
    func settings() throws {
        let folder = TestRun.folder + "rest-\(UUID().uuidString)"
        // A folder that cannot be removed harms no test.
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let server = try ServerProcess(
            arguments: ["--data", folder],
            environment: [
                "BOREAL_MASTER_KEY": Data(count: 32).base64EncodedString(),
                "BOREAL_RESTRICTED_IP_PATTERNS": #"["203.0.113.0/24"]"#,
            ]
        )
        var rest = RESTClient(port: server.httpPort)
        try rest.trust()
        let connector = try rest.makeConnector()
        let model = try rest.makeModel("kept", connector, query: "?deploy=true")
        let put = try rest.send(
            "PUT",
            "/_cluster/settings?flat_settings=true",
            """
            {"persistent": {"plugins.ml_commons.max_ml_task_per_node": 30},
             "transient": {"plugins.ml_commons.trusted_connector_endpoints_regex": ["https://a/.*"],
                           "plugins.ml_commons.controller_enabled": false}}
            """
        )
        #expect(
            put.text.contains(#""persistent":{"plugins.ml_commons.max_ml_task_per_node":"30"}"#)
        )
        #expect(try rest.send("POST", "/connectors/_create", RESTClient.connector()).status == 400)
        let bad = """
            {"persistent": {"plugins.ml_commons.max_ml_task_per_node": 31, "x": 1}}
            """
        #expect(try rest.send("PUT", "/_cluster/settings", bad).status == 400)
        #expect(server.terminate() == 0)
        try server.start()
        rest = RESTClient(port: server.httpPort)
        let after = try rest.send(
            "GET",
            "/_cluster/settings?flat_settings=true&include_defaults=true"
        )
        #expect(after.text.contains(#""plugins.ml_commons.max_ml_task_per_node":"30""#))
        #expect(after.text.contains(#""transient":{}"#))
        #expect(after.text.contains(#"restricted_ip_patterns":["203.0.113.0/24"]"#))
        #expect(after.text.contains(#""plugins.ml_commons.controller_enabled":"true""#))
        #expect(try rest.send("GET", "/models/\(model)").string("model_state") == "DEPLOYED")
        #expect(try rest.send("GET", "/connectors/\(connector)").string("name") == "embedding")
        #expect(try rest.send("POST", "/connectors/_create", RESTClient.connector()).status == 200)
        let client = try server.connect()
        #expect(try client.query("SELECT @@connector_private_ip_enabled").rows == [["ON"]])
        #expect(server.terminate() == 0)
        let audit = try String(contentsOfFile: folder + "/audit.log", encoding: .utf8)
        #expect(audit.contains("POST /_plugins/_ml/connectors/_create"))
        #expect(audit.contains("not recognized") && !audit.contains("GET /_plugins"))
        let files = try ProgramRun("/usr/bin/env", ["grep", "-rlaF", "sk-planted-rest", folder])
        #expect(files.status == 1 && files.output.isEmpty, "a key lies open: \(files.output)")
    }
}
