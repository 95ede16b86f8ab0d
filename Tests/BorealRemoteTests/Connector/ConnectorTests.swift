import BorealBase
import Testing

@testable import BorealRemote

@Suite("Connectors")
struct ConnectorTests {
    static let action = #"{"action_type": "predict", "method": "POST", "url": "https://a/v1"}"#

    static func parse(_ text: String) throws -> JSON {
        try JSON.parse(text.utf8, keepsDigits: true)
    }

    /// A connector whose other members are good.
    static func body(
        _ further: String = "",
        actions: String = "[\(action)]"
    ) -> String {
        #"{"name": "n", "version": 1, "protocol": "http", "actions": \#(actions)\#(further)}"#
    }

    /// The sentence that a body is refused with; empty for none.
    static func refusal(_ text: String) throws -> String {
        let body = try parse(text)
        do throws(ContractError) {
            _ = try Connector(body)
            _ = try Connector.credentials(of: body)
            return ""
        } catch {
            #expect(error.status == 400)
            #expect(error.type == "illegal_argument_exception" || error.type == "parse_exception")
            return error.reason
        }
    }

    static let incomplete: [(String, String)] = [
        ("[]", "a connector is a JSON object"),
        ("{}", "Connector name is null"),
        (#"{"name": null}"#, "Connector name is null"),
        (#"{"name": "n"}"#, "Connector version is null"),
        (#"{"name": "n", "version": "1"}"#, "Connector protocol is null"),
        (
            #"{"name": "n", "version": "1", "protocol": "aws_sigv4"}"#,
            "Unsupported connector protocol. Please use one of [http]"
        ),
        (
            #"{"name": "n", "version": "1", "protocol": "http"}"#,
            "No actions configured for this connector"
        ),
        (body(actions: "[]"), "No actions configured for this connector"),
        (body(actions: "[5]"), "actions must be objects"),
        (body(actions: #"[{"url": "u", "method": "POST"}]"#), "action type can't be null"),
        (
            body(actions: #"[{"action_type": "predict", "method": "POST"}]"#),
            "url can't be null"
        ),
        (
            body(actions: #"[{"action_type": "predict", "url": "https://a/"}]"#),
            "method can't be null"
        ),
        (
            body(actions: #"[{"action_type": "dance", "url": "u", "method": "POST"}]"#),
            "unknown action type: dance"
        ),
        (
            body(actions: #"[{"action_type": "execute", "url": "u", "method": "HEAD"}]"#),
            "unsupported method HEAD"
        ),
        (body(#", "parameters": []"#), "parameters must be an object of at most 256 members"),
        (
            body(#", "backend_roles": ["a"]"#),
            "You cannot specify connector access control parameters because the Security plugin "
                + "or connector access control is disabled on your cluster."
        ),
        (body(#", "credential": "k""#), "credential must be an object of at most 32 strings"),
        (
            body(#", "credential": {"key": 5}"#),
            "credential 'key' must be a string of 1 to 8192 printable characters"
        ),
        (
            body(#", "credential": {"key": "a\r\nX: y"}"#),
            "credential 'key' must be a string of 1 to 8192 printable characters"
        ),
        (
            body(#", "credential": {"a b": "k"}"#),
            "names in credential have letters, digits, '_', '-' and '.'"
        ),
        (body(), ""), (body(#", "credential": {}"#), ""), (body(#", "unknown": [1]"#), ""),
    ]

    @Test("what is missing or of another kind is refused by name", arguments: incomplete)
    func refuses(text: String, expected: String) throws {
        #expect(try Self.refusal(text) == expected)
    }

    static let actions: [(String, String)] = [
        (
            #""headers": {"Authorization": "Bearer ${parameters.k}"}"#,
            "Header 'Authorization' cannot use ${parameters.*} placeholders for security reasons. "
                + "Use ${credential.*} instead."
        ),
        (#""headers": {"Authorization": "Bearer ${credential.k}"}"#, ""),
        (
            #""headers": {"X-Api-Key": "sk-1"}"#,
            "Header 'X-Api-Key' holds a secret: give it in credential and write "
                + "${credential.NAME} here"
        ),
        (#""request_body": "{\"a\": \"${parameters.a}\"}""#, ""),
        (#""request_body": "{\"a\": ${parameters.a:-[]}}\n{\"b\": 1}\n""#, ""),
        (#""request_body": "{\"a\": \"${parameters.a.toString()}\"}""#, ""),
        (
            #""request_body": "{\"a\": }""#, "request_body: the template is no JSON: no value here"
        ),
        (
            #""request_body": "{\"a\": ${credential.a}}""#,
            "request_body has no ${credential.a}; there is ${parameters.NAME}"
        ),
        (#""request_body": {}"#, "request_body must be a string"),
        (#""pre_process_function": "connector.pre_process.openai.embedding""#, ""),
        (
            #""post_process_function": "return params['x'];""#,
            "post_process_function takes the name of a built-in function; scripts are not supported"
        ),
        (
            #""name": "PREDICT""#,
            "action name has 1 to 64 letters, digits, '_' and '-' and is no "
                + "action type"
        ),
        (#""name": "my-action_1""#, ""),
    ]

    @Test("templates, headers and functions are checked when it is made", arguments: actions)
    func checksActions(member: String, expected: String) throws {
        let action = String(Self.action.dropLast()) + ", \(member)}"
        #expect(try Self.refusal(Self.body(actions: "[\(action)]")) == expected)
    }

    static let clients: [(String, String)] = [
        ("[]", "client_config must be an object"),
        (#"{"read_timeout": 0}"#, "client_config: read_timeout must be a number from 1 to 3600"),
        (
            #"{"max_retry_times": "x"}"#,
            "client_config: max_retry_times must be a number from -1 to 100"
        ),
        (
            #"{"skip_ssl_verification": true}"#,
            "client_config: skip_ssl_verification is not supported"
        ),
        (#"{"skip_ssl_verification": "false", "mutual_tls_enabled": false}"#, ""),
        (
            #"{"retry_backoff_policy": "fast"}"#,
            "Unsupported retry_backoff_policy, use one of "
                + "[constant, exponential_equal_jitter, exponential_full_jitter]"
        ),
        (#"{"max_retry_times": -1, "read_timeout": "60", "other": 1}"#, ""),
    ]

    @Test("client_config has ranges", arguments: clients)
    func checksClients(text: String, expected: String) throws {
        #expect(try Self.refusal(Self.body(#", "client_config": \#(text)"#)) == expected)
    }

    @Test("parameters are kept as strings, numbers as they were written")
    func parameters() throws {
        let given =
            #", "parameters": {"a": [], "b": 3, "c": "t", "d": 1.50, "e": {"x": [1, "y"]}, "#
            + #""f": true, "g": null, "h": 12345678901234567890123, "a": "later"}"#
        let connector = try Connector(try Self.parse(Self.body(given)))
        #expect(
            connector.json["parameters"]?.description
                == #"{"b": "3", "c": "t", "d": "1.50", "e": "{\"x\":[1,\"y\"]}", "f": "true", "#
                + #""h": "12345678901234567890123", "a": "later"}"#
        )
        #expect(connector.parameter("d") == "1.50" && connector.parameter("g") == nil)
    }

    @Test("it is stored and shown without its keys and read back the same")
    func stored() throws {
        let key = "planted-key"
        let body = try Self.parse(
            Self.body(
                #", "description": "d", "credential": {"api_key": "\#(key)"}, "#
                    + #""client_config": {"max_retry_times": 2}"#
            )
        )
        let connector = try Connector(body)
        let text = connector.json.description
        #expect(!text.contains(key) && !text.contains("credential"))
        #expect(text.contains(#""action_type": "PREDICT""#) && text.contains(#""version": "1""#))
        #expect(try Connector(connector.json).json == connector.json)
        let keys = try #require(try Connector.credentials(of: body))
        #expect(keys.map(\.name) == ["api_key"] && keys[0].value.text == key)
        #expect(try Connector.credentials(of: connector.json) == nil)
        #expect(connector.client?.retriesMax == 2)
        #expect(connector.action(.predict)?.method == "POST")
        #expect(connector.action(.execute) == nil)
    }

    @Test("an update merges parameters and replaces the rest whole")
    func updates() throws {
        let connector = try Connector(
            try Self.parse(Self.body(#", "parameters": {"a": "1", "b": "2"}"#))
        )
        func updated(_ text: String) throws -> JSON {
            try connector.updated(by: try Self.parse(text)).json
        }
        #expect(try updated("{}") == connector.json)
        #expect(try updated(#"{"client_config": {}, "actions": []}"#) == connector.json)
        #expect(
            try updated(#"{"parameters": {"b": 3, "c": []}}"#)["parameters"]?.description
                == ##"{"a": "1", "b": "3", "c": "[]"}"##
        )
        #expect(try updated(#"{"name": "m", "version": "2"}"#)["name"]?.string == "m")
        #expect(throws: ContractError.self) { try updated(#"{"actions": [{}]}"#) }
        #expect(throws: ContractError.self) { try updated(#"{"access_mode": "public"}"#) }
        #expect(throws: ContractError.self) { try updated("[]") }
        let open = try connector.updated(
            by: try Self.parse(#"{"access_mode": "public"}"#),
            hasAccessControl: true
        )
        #expect(open.json["access_mode"]?.string == "public")
        #expect(try open.updated(by: .object([])).json == open.json)
    }

    @Test("every URL must be on the trusted list")
    func trusted() throws {
        let connector = try Connector(try Self.parse(Self.body()))
        func refusal(_ list: [String]) throws -> String {
            let list = try TrustedList(list)
            do throws(ContractError) {
                try connector.check(list)
                return ""
            } catch {
                return error.reason
            }
        }
        #expect(
            try refusal([]) == "Trusted connector endpoints regex is not configured. Please set "
                + "plugins.ml_commons.trusted_connector_endpoints_regex."
        )
        #expect(
            try refusal(["https://b/.*"])
                == "Connector URL is not matching the trusted connector endpoint regex"
        )
        #expect(try refusal(["https://b/.*", "https://a/.*"]).isEmpty)
    }

    static let ids: [(String, String)] = [
        ("", "connector id is invalid"), ("  ", "connector id is invalid"),
        ("_a", "connector id must not start with '_'"),
        ("-a", "connector id must not start with '-'"),
        ("a b", "connector id has letters, digits, '_' and '-' only"),
        ("ä", "connector id has letters, digits, '_' and '-' only"),
        (String(repeating: "a", count: 513), "connector id is longer than 512 bytes"),
        (String(repeating: "a", count: 512), ""), ("a_-9", ""),
    ]

    @Test("ids that callers give are checked", arguments: ids)
    func checksIDs(id: String, expected: String) {
        do throws(ContractError) {
            try DocumentID.check(id, "connector id")
            #expect(expected.isEmpty)
        } catch {
            #expect(error.reason == expected)
        }
    }

    @Test("ids that are made here may be given, and are never the same")
    func makesIDs() throws {
        let ids = (0..<500).map { _ in DocumentID.random() }
        #expect(Set(ids).count == 500)
        for id in ids {
            #expect(id.utf8.count == 20)
            try DocumentID.check(id, "id")
        }
    }
}
