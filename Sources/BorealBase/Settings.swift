import Synchronization

/// What a setting is: the row of the one table that docs, `SHOW VARIABLES` and the readers of
/// configuration are made from.
public struct SettingDefinition: Sendable {
    /// What values a setting takes.
    public enum Kind: Sendable, Equatable {
        /// `ON`/`OFF`/`1`/`0`
        case toggle
        /// One of the words, compared without case.
        case choice([String])
        /// Some of the words, at least one, separated by commas.
        case list([String])
        /// A whole number.
        case integer(ClosedRange<Int64>)
        /// Bytes, with the suffixes K, M, G.
        case size(ClosedRange<Int64>)
        /// Any text.
        case text
        /// A JSON array of strings.
        case texts
        /// A JSON object of strings; the empty text is one without members.
        case map
    }

    /// When it may be set.
    public enum Scope: String, Sendable {
        /// Configuration file, environment and command line only.
        case startup
        /// Also by `SET GLOBAL`, which makes it durable.
        case dynamic
    }

    /// The name in every source.
    public let name: String
    /// The values it takes.
    public let kind: Kind
    /// The value without any source.
    public let defaultText: String
    /// When it may be set.
    public let scope: Scope
    /// One sentence for the docs.
    public let help: String

    init(_ name: String, _ kind: Kind, _ value: String, _ scope: Scope, _ help: String) {
        self.name = name
        self.kind = kind
        self.defaultText = value
        self.scope = scope
        self.help = help
    }
}

/// Why a setting was refused.
public enum SettingError: Error, Equatable, Sendable {
    case unknown(name: String)
    case startupOnly(name: String)
    case badValue(name: String, value: String, expected: String)
}

/// The value of every setting. Later sources win: default, file, environment, command line, `SET
/// GLOBAL`.
public final class Settings: Sendable {
    /// Every setting there is.
    public static let definitions: [SettingDefinition] = [
        .init("data", .text, "./boreal-data", .startup, "Directory that holds everything."),
        .init("ephemeral", .toggle, "OFF", .startup, "Live in a temporary directory, forget all."),
        .init("host", .text, "127.0.0.1", .startup, "Addresses to listen on, comma-separated."),
        .init("port", .integer(0...65_535), "3307", .startup, "MySQL port; 0 picks a free one."),
        .init(
            "http_port",
            .text,
            "8307",
            .startup,
            "HTTP port; 0 picks one, none closes the door."
        ),
        .init("socket", .text, "", .startup, "Path of a unix socket to listen on as well."),
        .init(
            "log_level",
            .choice(logLevels),
            "info",
            .startup,
            "Least severe line that is logged."
        ),
        .init(
            "source",
            .text,
            "",
            .startup,
            "MySQL server whose tables are served: mysql://user:password@host:port/database."
        ),
        .init(
            "source_connect_timeout",
            .integer(1...3_600),
            "10",
            .dynamic,
            "Seconds until a connection to a source must stand, its log-in included."
        ),
        .init(
            "source_read_timeout",
            .integer(0...31_536_000),
            "28800",
            .dynamic,
            "Seconds that a source may say nothing while it owes an answer; 0 waits for ever."
        ),
        .init("public_url", .text, "", .startup, "What links to artifacts begin with."),
        .init(
            "server_version",
            .text,
            "8.0.36-boreal",
            .startup,
            "Version string of the greeting; one with MariaDB in it brings what only that has."
        ),
        .init(
            "require_hint",
            .toggle,
            "OFF",
            .dynamic,
            "Refuse model statements without the hint."
        ),
        .init(
            "require_deploy",
            .toggle,
            "OFF",
            .dynamic,
            "Refuse PREDICT on a model not deployed."
        ),
        .init(
            "tls_certificate_file",
            .text,
            "",
            .startup,
            "PEM file with the certificate and its chain; without it one is made."
        ),
        .init("tls_key_file", .text, "", .startup, "PEM file with the certificate's private key."),
        .init(
            "tls_ca_file",
            .text,
            "",
            .startup,
            "PEM file with the authorities of client certificates; without it none is asked for."
        ),
        .init(
            "tls_version",
            .text,
            "TLSv1.2,TLSv1.3",
            .startup,
            "Versions of TLS that are spoken; empty switches TLS off."
        ),
        .init(
            "require_secure_transport",
            .toggle,
            "OFF",
            .dynamic,
            "Refuse clients that use neither TLS nor a unix socket."
        ),
        .init(
            "protocol_compression_algorithms",
            .list(compressionAlgorithms),
            "zlib,zstd,uncompressed",
            .dynamic,
            "What clients may compress with; without the last word they must."
        ),
        .init(
            "http_require_tls",
            .toggle,
            "ON",
            .dynamic,
            "Take credentials over HTTP from other machines inside TLS only."
        ),
        .init("native_password_enabled", .toggle, "ON", .dynamic, "Allow mysql_native_password."),
        .init(
            "upload_private_ip_enabled",
            .choice(["ON", "OFF", "AUTO"]),
            "AUTO",
            .dynamic,
            "Let UPLOAD fetch from private addresses; AUTO: when listening on loopback only."
        ),
        .init(
            "upload_bytes_max",
            .size(1...(1 << 40)),
            "1G",
            .dynamic,
            "Bytes of a fetched model."
        ),
        .init("train_memory_limit", .text, "50%", .dynamic, "Memory one training may take."),
        .init(
            "train_threads_max",
            .integer(0...1_024),
            "0",
            .dynamic,
            "Threads of one training; 0 is one a core."
        ),
        .init("task_concurrency", .integer(1...64), "2", .dynamic, "Background jobs at once."),
        .init(
            "task_retention_days",
            .integer(1...36_500),
            "30",
            .dynamic,
            "Days until ended tasks and their files are swept."
        ),
        .init(
            "usage_retention_days",
            .integer(32...36_500),
            "400",
            .dynamic,
            "Days for which the sums of boreal_ai.usage_hourly are kept."
        ),
        .init(
            "statement_memory_limit",
            .size((64 << 20)...(1 << 40)),
            "1G",
            .dynamic,
            "Memory that running ordinary statements may hold together."
        ),
        .init("max_connections", .integer(1...100_000), "2000", .startup, "Clients at once."),
        .init(
            "max_user_connections",
            .integer(0...4_294_967_295),
            "0",
            .dynamic,
            "Clients of one account at once; 0 for any number."
        ),
        .init(
            "login_failures_max",
            .integer(0...1_000_000),
            "5",
            .dynamic,
            "Wrong passwords from one address for one user until it must wait; 0 for any number."
        ),
        .init(
            "login_failures_address_max",
            .integer(0...1_000_000),
            "100",
            .dynamic,
            "Wrong passwords from one address until it must wait; 0 for any number."
        ),
        .init(
            "login_delay_max",
            .integer(1...86_400),
            "300",
            .dynamic,
            "Seconds that such a wait grows to at most."
        ),
        .init(
            "model_cache_bytes",
            .size(0...(1 << 40)),
            "1G",
            .dynamic,
            "Memory of loaded models that are not deployed."
        ),
        .init(
            "remote_inference_enabled",
            .toggle,
            "ON",
            .dynamic,
            "Let statements call remote models."
        ),
        .init(
            "model_auto_deploy_enable",
            .toggle,
            "ON",
            .dynamic,
            "Let a call over REST deploy a remote model that was never undeployed."
        ),
        .init(
            "trusted_connector_endpoints_regex",
            .texts,
            "[]",
            .dynamic,
            "Expressions for the URLs that remote models may be called at; none allows nothing."
        ),
        .init(
            "connector_private_ip_enabled",
            .toggle,
            "OFF",
            .dynamic,
            "Let remote models live at loopback and private addresses."
        ),
        .init(
            "trusted_connector_private_endpoints_regex",
            .texts,
            "[]",
            .dynamic,
            "Expressions for URLs that may lead to private addresses all the same."
        ),
        .init(
            "metadata_addresses_allowed",
            .texts,
            "[]",
            .startup,
            "Link-local and metadata addresses that remote calls may reach, one by one."
        ),
        .init(
            "restricted_ip_patterns",
            .texts,
            "[]",
            .startup,
            "Addresses, networks and expressions for what remote models never may be called at."
        ),
        .init(
            "own_ports_allowed",
            .toggle,
            "OFF",
            .startup,
            "Let remote models be called at this server's own ports."
        ),
        .init(
            "master_key_file",
            .text,
            "",
            .startup,
            "File with the key that secrets are encrypted with; empty: in the user's configuration."
        ),
        .init(
            "import_dir",
            .text,
            "",
            .startup,
            "Folder below which file:// of an imported model may lie; empty: no file is read."
        ),
        .init(
            "cache_bytes_max",
            .size(0...(1 << 40)),
            "64M",
            .dynamic,
            "Memory of the answers of remote models that are kept."
        ),
        .init(
            "polar4ai_route",
            .map,
            "{}",
            .dynamic,
            "Which remote models answer for the built-in names; * is for every other name."
        ),
        .init(
            "polar4ai_provider",
            .text,
            "",
            .dynamic,
            "The remote model that answers for built-in names without a route of their own."
        ),
        .init(
            "vector_cache_bytes",
            .size(0...(1 << 40)),
            "512M",
            .dynamic,
            "Memory of copies of vector columns, which searches make; 0 makes none."
        ),
        .init(
            "sync_tables",
            .choice(["NORMAL", "FULL"]),
            "NORMAL",
            .startup,
            "NORMAL survives kill -9, FULL survives power loss."
        ),
    ]

    private static let compressionAlgorithms = ["zlib", "zstd", "uncompressed"]
    private static let logLevels = ["trace", "debug", "info", "notice", "warning", "error"]

    /// Definitions by name.
    public static let byName = Dictionary(uniqueKeysWithValues: definitions.map { ($0.name, $0) })

    /// Where a value comes from; later ones win.
    public enum Source: Int, CaseIterable, Sendable {
        /// Configuration file, environment, command line.
        case configuration
        /// `SET GLOBAL`, kept over restarts.
        case durable
        /// The REST contract's transient settings, gone at the next start.
        case transient
    }

    /// Normal forms of values.
    private struct Values {
        /// By source, then by name.
        private(set) var said = [[String: String]](repeating: [:], count: Source.allCases.count)
        /// By name: of every setting the one that is read.
        private(set) var inForce = Settings.byName.mapValues(\.defaultText)

        mutating func set(_ name: String, _ value: String?, by source: Source) {
            said[source.rawValue][name] = value
            let last = said.lazy.reversed().compactMap { $0[name] }.first
            inForce[name] = last ?? Settings.byName[name]?.defaultText
        }
    }

    private let values = Mutex(Values())

    /// Every setting at its default.
    public init() {}

    /// The normal form of the value in force.
    ///
    /// - Precondition: the setting exists; names come from code, not from users.
    public func text(_ name: String) -> String {
        guard let value = values.withLock({ $0.inForce[name] }) else {
            preconditionFailure("no setting is called \(name)")
        }
        return value
    }

    /// True when a toggle is ON.
    public func isOn(_ name: String) -> Bool { text(name) == "ON" }

    /// The strings of a JSON array.
    public func texts(_ name: String) -> [String] { Self.texts(in: text(name)) }

    /// The strings of the text of such a setting.
    public static func texts(in text: String) -> [String] {
        // Only arrays of strings were stored.
        (try? JSON.parse(text))?.array?.compactMap(\.string) ?? []
    }

    /// The members of a JSON object, in their order.
    public func map(_ name: String) -> [(key: String, value: String)] {
        // Only objects of strings were stored.
        let members = (try? JSON.parse(text(name)))?.object ?? []
        return members.compactMap { key, value in value.string.map { (key, $0) } }
    }

    /// The number of an integer or size setting.
    public func integer(_ name: String) -> Int {
        Int(Self.size(text(name)) ?? 0)
    }

    /// Checks and stores a value.
    ///
    /// - Parameters:
    ///   - isRunning: true for `SET GLOBAL`, which only dynamic settings allow.
    ///   - source: nil for `durable` while running and `configuration` before.
    /// - Returns: the normal form that was stored.
    /// - Throws: `SettingError` for an unknown name, a start-up setting, a value out of range.
    @discardableResult
    public func set(
        _ name: String,
        to value: String,
        isRunning: Bool = false,
        source: Source? = nil
    ) throws(SettingError) -> String {
        let normal = try Self.normalised(name, value, isRunning: isRunning)
        let source = source ?? (isRunning ? .durable : .configuration)
        values.withLock { $0.set(name, normal, by: source) }
        return normal
    }

    /// Forgets what one source said: the value is that of the sources below it.
    public func reset(_ name: String, source: Source) {
        values.withLock { $0.set(name, nil, by: source) }
    }

    /// What one source says; nil for nothing.
    public func text(_ name: String, source: Source) -> String? {
        values.withLock { $0.said[source.rawValue][name] }
    }

    /// The normal form that `set` would store.
    ///
    /// - Throws: as `set`.
    public static func normalised(
        _ name: String,
        _ value: String,
        isRunning: Bool
    ) throws(SettingError) -> String {
        guard let definition = byName[name] else { throw .unknown(name: name) }
        if isRunning, definition.scope == .startup { throw .startupOnly(name: name) }
        return try normalised(value, definition)
    }

    /// The normal form of a value: `ON`/`OFF`, the documented spelling of a choice, a number as
    /// given.
    private static func normalised(
        _ value: String,
        _ definition: SettingDefinition
    ) throws(SettingError) -> String {
        switch definition.kind {
        case .text: return value
        case .toggle:
            switch value.asciiLowercased {
            case "on", "1", "true": return "ON"
            case "off", "0", "false": return "OFF"
            default:
                throw .badValue(name: definition.name, value: value, expected: "ON or OFF")
            }
        case .choice(let words):
            let folded = value.asciiLowercased
            if let word = words.first(where: { $0.asciiLowercased == folded }) { return word }
            throw .badValue(
                name: definition.name,
                value: value,
                expected: "one of " + words.joined(separator: ", ")
            )
        case .list(let words):
            let given = value.split(separator: ",").map {
                String($0.filter { $0 != " " }).asciiLowercased
            }
            if !given.isEmpty, given.allSatisfy(words.contains), Set(given).count == given.count {
                return given.joined(separator: ",")
            }
            throw .badValue(
                name: definition.name,
                value: value,
                expected: "some of " + words.joined(separator: ", ")
            )
        case .integer(let range):
            if let number = Int64(value), range.contains(number) { return String(number) }
            throw .badValue(name: definition.name, value: value, expected: "a number in \(range)")
        case .size(let range):
            if let number = size(value), range.contains(number) { return value }
            throw .badValue(name: definition.name, value: value, expected: "bytes in \(range)")
        case .texts:
            // Whatever is wrong with the text, it is no such array.
            if let list = try? JSON.parse(value), let elements = list.array,
                elements.allSatisfy({ $0.string != nil })
            {
                return list.description
            }
            throw .badValue(
                name: definition.name,
                value: value,
                expected: "a JSON array of strings"
            )
        case .map: return try object(value, definition)
        }
    }

    /// The normal form of an object of strings.
    private static func object(
        _ value: String,
        _ definition: SettingDefinition
    ) throws(SettingError) -> String {
        if value.isEmpty { return "{}" }
        // Whatever is wrong with the text, it is no such object.
        if let object = try? JSON.parse(value), let members = object.object,
            members.allSatisfy({ $0.value.string != nil })
        {
            return object.description
        }
        throw .badValue(
            name: definition.name,
            value: value,
            expected: "a JSON object of strings"
        )
    }

    /// A number with an optional suffix K, M or G (powers of 1,024).
    private static func size(_ text: String) -> Int64? {
        let shift: Int64 =
            switch text.utf8.last.map({ $0 | 0x20 }) {
            case UInt8(ascii: "k"): 10
            case UInt8(ascii: "m"): 20
            case UInt8(ascii: "g"): 30
            default: 0
            }
        guard let number = Int64(shift == 0 ? text : String(text.dropLast())) else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: 1 << shift)
        return overflow ? nil : product
    }
}
