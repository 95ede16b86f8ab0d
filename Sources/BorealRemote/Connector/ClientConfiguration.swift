package import BorealBase

/// How a connector's calls are made: `client_config`.
package struct ClientConfiguration: Equatable, Sendable {
    /// How the time between two tries grows.
    package enum Backoff: String, CaseIterable, Sendable {
        case constant
        case equalJitter = "exponential_equal_jitter"
        case fullJitter = "exponential_full_jitter"
    }

    /// Calls at once.
    package var connectionsMax = 30
    /// Seconds until a connection stands.
    package var connectionSeconds = 30
    /// Seconds that an answer may take.
    package var readSeconds = 30
    /// Milliseconds before the first further try.
    package var backoffMilliseconds = 200
    /// Seconds in which tries may begin.
    package var retrySeconds = 30
    /// Tries after the first; nil for any number within `retrySeconds`.
    package var retriesMax: Int? = 0
    package var backoff = Backoff.constant

    package init() {}

    private static let switches = ["skip_ssl_verification", "mutual_tls_enabled"]

    /// Reads the object; members that it does not know are skipped.
    ///
    /// - Throws: `ContractError` for a value of another kind or out of its range, and for what is
    ///   not supported: unchecked certificates and certificates of the client.
    package init(_ json: JSON) throws(ContractError) {
        guard let members = json.object else {
            throw .illegalArgument("client_config must be an object")
        }
        for (name, value) in members where value != .null {
            switch name {
            case "max_connection": connectionsMax = try Self.number(name, value, 1...10_000)
            case "connection_timeout": connectionSeconds = try Self.number(name, value, 1...3_600)
            case "read_timeout": readSeconds = try Self.number(name, value, 1...3_600)
            case "retry_backoff_millis":
                backoffMilliseconds = try Self.number(name, value, 0...3_600_000)
            case "retry_timeout_seconds": retrySeconds = try Self.number(name, value, 0...3_600)
            case "max_retry_times":
                let times = try Self.number(name, value, -1...100)
                retriesMax = times < 0 ? nil : times
            case "retry_backoff_policy":
                guard let policy = value.string.flatMap({ Backoff(rawValue: $0.asciiLowercased) })
                else {
                    let known = Backoff.allCases.map(\.rawValue).joined(separator: ", ")
                    throw .illegalArgument(
                        "Unsupported retry_backoff_policy, use one of [\(known)]"
                    )
                }
                backoff = policy
            case _ where Self.switches.contains(name):
                let isOff = value == .bool(false) || value.string?.asciiLowercased == "false"
                guard isOff else {
                    throw .illegalArgument("client_config: \(name) is not supported")
                }
            default: break
            }
        }
    }

    /// Numbers may come as strings.
    private static func number(
        _ name: String,
        _ value: JSON,
        _ range: ClosedRange<Int>
    ) throws(ContractError) -> Int {
        let number = value.integer.map { Int($0) } ?? value.string.flatMap { Int($0) }
        guard let number, range.contains(number) else {
            throw .illegalArgument(
                "client_config: \(name) must be a number from \(range.lowerBound) to "
                    + "\(range.upperBound)"
            )
        }
        return number
    }

    /// All of it, as GET shows it.
    package var json: JSON {
        .object([
            ("max_connection", .integer(Int64(connectionsMax))),
            ("connection_timeout", .integer(Int64(connectionSeconds))),
            ("read_timeout", .integer(Int64(readSeconds))),
            ("retry_backoff_millis", .integer(Int64(backoffMilliseconds))),
            ("retry_timeout_seconds", .integer(Int64(retrySeconds))),
            ("max_retry_times", .integer(Int64(retriesMax ?? -1))),
            ("retry_backoff_policy", .string(backoff.rawValue)),
            ("skip_ssl_verification", .bool(false)),
        ])
    }
}
