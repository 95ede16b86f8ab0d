import BorealBase
import BorealEngine
import BorealRemote

/// One key of `/_cluster/settings`, all of them below `plugins.ml_commons.`.
///
/// A key `a.b` is the setting `a_b` of the SQL side where there is one. The others are accepted,
/// checked and kept, so that scripts which set them work; what has no effect here is in the
/// documentation.
struct ClusterSetting: Sendable {
    /// What values it takes.
    enum Kind: Sendable {
        case flag
        case number(ClosedRange<Int64>)
        /// Regular expressions.
        case patterns
        case texts
        case text
    }

    /// Behind the prefix.
    let name: String
    let kind: Kind
    let defaultValue: JSON
    /// The setting of the SQL side; nil for one that is kept only.
    let setting: String?
    /// It cannot be set while the server runs.
    let isFinal: Bool

    /// The whole key.
    var key: String { Engine.contractPrefix + name }

    private init(
        _ name: String,
        _ kind: Kind,
        _ defaultValue: JSON,
        setting: String? = nil,
        isFinal: Bool = false
    ) {
        self.name = name
        self.kind = kind
        self.defaultValue = defaultValue
        self.setting = setting
        self.isFinal = isFinal
    }

    static let all: [ClusterSetting] = [
        .init(
            "trusted_connector_endpoints_regex",
            .patterns,
            .array([]),
            setting: "trusted_connector_endpoints_regex"
        ),
        .init(
            "connector.private_ip_enabled",
            .flag,
            .bool(false),
            setting: "connector_private_ip_enabled"
        ),
        .init(
            "trusted_connector_private_endpoints_regex",
            .patterns,
            .array([]),
            setting: "trusted_connector_private_endpoints_regex"
        ),
        .init(
            "connector.restricted_ip_patterns",
            .texts,
            .array([]),
            setting: "restricted_ip_patterns",
            isFinal: true
        ),
        .init(
            "remote_inference.enabled",
            .flag,
            .bool(true),
            setting: "remote_inference_enabled"
        ),
        .init(
            "model_auto_deploy.enable",
            .flag,
            .bool(true),
            setting: "model_auto_deploy_enable"
        ),
        .init("connector_access_control_enabled", .flag, .bool(false)),
        .init("model_access_control_enabled", .flag, .bool(false)),
        .init("max_ml_task_per_node", .number(0...10_000), .integer(10)),
        .init("max_register_model_tasks_per_node", .number(0...10), .integer(10)),
        .init("max_deploy_model_tasks_per_node", .number(0...10), .integer(10)),
        .init("max_model_on_node", .number(0...10_000), .integer(10)),
        .init("max_batch_inference_tasks", .number(0...500), .integer(100)),
        .init("max_batch_ingestion_tasks", .number(0...500), .integer(100)),
        .init("batch_ingestion_bulk_size", .number(100...100_000), .integer(500)),
        .init("ml_task_timeout_in_seconds", .number(1...86_400), .integer(600)),
        .init("monitoring_request_count", .number(0...10_000_000), .integer(100)),
        .init("jvm_heap_memory_threshold", .number(0...100), .integer(85)),
        .init("native_memory_threshold", .number(0...100), .integer(90)),
        .init("disk_free_space_threshold", .text, .string("5gb")),
        .init("safe_delete_model", .flag, .bool(false)),
        .init("controller_enabled", .flag, .bool(true)),
        .init("only_run_on_ml_node", .flag, .bool(true)),
        .init("task_dispatch_policy", .text, .string("round_robin")),
        .init("sync_up_job_interval_in_seconds", .number(0...86_400), .integer(10)),
        .init("exclude_nodes._name", .text, .string("")),
        .init("allow_registering_model_via_url", .flag, .bool(false)),
    ]

    static let byKey = Dictionary(uniqueKeysWithValues: all.map { ($0.key, $0) })

    // MARK: - Values

    /// The value as it is kept: a flag, a number, a text or an array of texts.
    ///
    /// - Throws: `RESTError` with the contract's sentences.
    func checked(_ value: JSON) throws(RESTError) -> JSON {
        switch kind {
        case .flag:
            if let flag = value.bool { return .bool(flag) }
            switch value.string {
            case "true": return .bool(true)
            case "false": return .bool(false)
            default: throw refusal(value, " as only [true] or [false] are allowed.")
            }
        case .number(let range):
            let number = value.integer ?? value.string.flatMap { Int64($0) }
            guard let number else { throw refusal(value, "") }
            if number < range.lowerBound { throw refusal(value, " must be >= \(range.lowerBound)") }
            if number > range.upperBound { throw refusal(value, " must be <= \(range.upperBound)") }
            return .integer(number)
        case .text:
            guard value.array == nil, value.object == nil else { throw refusal(value, "") }
            let text = value.string ?? value.description
            guard text.utf8.count <= 1_024 else { throw refusal(.string("..."), "") }
            return .string(text)
        case .texts, .patterns:
            let texts = value.array?.map(\.string) ?? [value.string]
            guard texts.allSatisfy({ $0 != nil }), texts.count <= Self.listMax else {
                throw refusal(value, ": a list of at most \(Self.listMax) strings is expected")
            }
            let known = texts.compactMap { $0 }
            if case .patterns = kind {
                for text in known { try Self.checkPattern(text) }
            }
            return .array(known.map { .string($0) })
        }
    }

    /// Elements of a list.
    private static let listMax = 1_000

    private func refusal(_ value: JSON, _ rest: String) -> RESTError {
        let text = UpstreamText.clean((value.string ?? value.description).utf8)
        return .illegalArgument("Failed to parse value [\(text)] for setting [\(key)]\(rest)")
    }

    private static func checkPattern(_ text: String) throws(RESTError) {
        let shown = UpstreamText.clean(text.utf8)
        let isBackReference =
            text.firstRange(of: "\\").map { _ in holdsBackReference(text) } ?? false
        do {
            guard try !TrustedPattern(text).hasNestedQuantifier else {
                throw RESTError.illegalArgument(trap(shown))
            }
        } catch let error as RESTError {
            throw error
        } catch {
            if isBackReference { throw .illegalArgument(trap(shown)) }
            let isLong = text.unicodeScalars.count > TrustedPattern.charactersMax
            let words =
                isLong
                ? "Regex pattern too long (max \(TrustedPattern.charactersMax) chars)"
                : "Invalid regex pattern"
            throw .illegalArgument("\(words): \(shown)")
        }
    }

    private static func trap(_ shown: String) -> String {
        "Regex pattern contains nested quantifiers or backreferences that may cause ReDoS: \(shown)"
    }

    /// A backslash that is none itself, before a digit from 1 on.
    private static func holdsBackReference(_ text: String) -> Bool {
        var isEscape = false
        for byte in text.utf8 {
            if isEscape, (0x31...0x39).contains(byte) { return true }
            isEscape = !isEscape && byte == UInt8(ascii: "\\")
        }
        return false
    }

    /// A value as settings of the SQL side are written.
    static func settingText(_ value: JSON) -> String {
        switch value {
        case .bool(let flag): flag ? "ON" : "OFF"
        case .string(let text): text
        default: value.description
        }
    }

    /// A setting's text as a value of the contract.
    func value(ofSetting text: String) -> JSON {
        switch kind {
        case .flag: .bool(text == "ON")
        case .number: Int64(text).map { .integer($0) } ?? .string(text)
        // Only arrays of strings are stored.
        case .patterns, .texts: (try? JSON.parse(text)) ?? .array([])
        case .text: .string(text)
        }
    }

    /// Scalars are shown as strings.
    static func shown(_ value: JSON) -> JSON {
        switch value {
        case .array, .string: value
        default: .string(value.description)
        }
    }
}
