import BorealBase
import Testing

@testable import BorealREST

@Suite("Cluster settings")
struct ClusterSettingTests {
    static let trap =
        "!Regex pattern contains nested quantifiers or backreferences that may cause ReDoS: "
    static let long = String(repeating: "a", count: 257)

    static func check(_ name: String, _ value: String) throws -> String {
        let setting = try #require(ClusterSetting.all.first { $0.name == name })
        let value = try JSON.parse(value)
        do throws(RESTError) {
            return try setting.checked(value).description
        } catch {
            #expect(error.status == 400 && error.type == "illegal_argument_exception")
            return "!" + error.reason
        }
    }

    static let values: [(String, String, String)] = [
        ("remote_inference.enabled", "true", "true"),
        ("remote_inference.enabled", #""false""#, "false"),
        (
            "remote_inference.enabled", #""yes""#,
            "!Failed to parse value [yes] for setting "
                + "[plugins.ml_commons.remote_inference.enabled] as only [true] or [false] are "
                + "allowed."
        ),
        ("max_ml_task_per_node", "30", "30"), ("max_ml_task_per_node", #""30""#, "30"),
        (
            "max_ml_task_per_node", "10001",
            "!Failed to parse value [10001] for setting [plugins.ml_commons.max_ml_task_per_node] "
                + "must be <= 10000"
        ),
        (
            "max_ml_task_per_node", #""x""#,
            "!Failed to parse value [x] for setting [plugins.ml_commons.max_ml_task_per_node]"
        ),
        ("disk_free_space_threshold", #""10gb""#, #""10gb""#),
        ("trusted_connector_endpoints_regex", #"["^https://a/.*$"]"#, #"["^https://a/.*$"]"#),
        ("trusted_connector_endpoints_regex", #""https://a/.*""#, #"["https://a/.*"]"#),
        ("trusted_connector_endpoints_regex", #"["(a+)+"]"#, trap + "(a+)+"),
        ("trusted_connector_endpoints_regex", #"["(a)\\1"]"#, trap + #"(a)\1"#),
        ("trusted_connector_endpoints_regex", #"["a("]"#, "!Invalid regex pattern: a("),
        (
            "trusted_connector_endpoints_regex", #"["\#(long)"]"#,
            "!Regex pattern too long (max 256 chars): " + long.prefix(256)
        ),
        (
            "trusted_connector_endpoints_regex", "[1]",
            "!Failed to parse value [[1]] for setting "
                + "[plugins.ml_commons.trusted_connector_endpoints_regex]: a list of at most 1000 "
                + "strings is expected"
        ),
    ]

    @Test("values are checked by the kind of the key", arguments: values)
    func checks(name: String, value: String, expected: String) throws {
        #expect(try Self.check(name, value) == expected)
    }

    @Test("every key is there once, and its default is a value that it takes")
    func defaults() throws {
        #expect(ClusterSetting.byKey.count == ClusterSetting.all.count)
        for setting in ClusterSetting.all {
            #expect(try setting.checked(setting.defaultValue) == setting.defaultValue)
            if let name = setting.setting {
                let definition = try #require(Settings.byName[name])
                #expect(setting.value(ofSetting: definition.defaultText) == setting.defaultValue)
                #expect(ClusterSetting.settingText(setting.defaultValue) == definition.defaultText)
                // What REST cannot change either is fixed when the server starts.
                #expect(definition.scope == (setting.isFinal ? .startup : .dynamic))
            }
        }
    }
}
