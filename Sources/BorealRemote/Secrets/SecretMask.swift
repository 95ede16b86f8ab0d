package import BorealBase

/// What others see of secrets.
package enum SecretMask {
    /// A key, told by its last four characters when it is long enough to stay one.
    package static func shown(_ key: String) -> String {
        guard key.count > 12 else { return "***" }
        return (key.hasPrefix("sk-") ? "sk-***" : "***") + key.suffix(4)
    }

    /// Members whose values nobody sees, whole objects among them; compared in lower case, without
    /// `_` and `-`.
    private static let names: Set<String> = [
        "token", "apikey", "credential", "credentials", "authorization", "proxyauthorization",
        "password", "secret", "secretkey", "accesskey", "xapikey", "apitoken", "accesstoken",
        "cookie",
    ]

    /// A tree without its secrets, for listings and logs.
    package static func redacted(_ value: JSON) -> JSON {
        switch value {
        case .null, .bool, .integer, .number, .literal: value
        case .string(let text): .string(redacted(header: text))
        case .array(let elements): .array(elements.map(redacted))
        case .object(let members):
            .object(
                members.map { member in
                    let isHidden = isSecret(member.key) && member.value != .null
                    return (member.key, isHidden ? .string("***") : redacted(member.value))
                }
            )
        }
    }

    /// True for a name whose value is a secret.
    package static func isSecret(_ name: String) -> Bool {
        names.contains(name.lowercased().filter { $0 != "_" && $0 != "-" })
    }

    /// The value of a header that carries a credential keeps its scheme alone.
    private static func redacted(header text: String) -> String {
        for scheme in ["Bearer ", "Basic "]
        where text.prefix(scheme.count).lowercased() == scheme.lowercased() {
            return scheme + "***"
        }
        return text
    }
}
