import BorealBase
import BorealCatalog
import BorealSQL
import Glibc

/// What CREATE USER and ALTER USER say, read and checked before anything changes.
struct AccountRequest {
    typealias Name = BorealCatalog.AccountName

    /// Changes to what an account says of itself; nil leaves as it is.
    struct Changes {
        var isLocked: Bool?
        var isExpired: Bool?
        var connectionType: AccountOptions.ConnectionType?
        /// Goes with the type.
        var certificate = AccountOptions.Certificate()
        var connectionsMax: Int?
        var comment: String?
        var attribute: JSON?
        var isEmpty: Bool {
            isLocked == nil && isExpired == nil && connectionType == nil && connectionsMax == nil
                && comment == nil && attribute == nil
        }

        /// The options of an account with these changes.
        func applied(to old: AccountOptions) -> AccountOptions {
            var new = old
            if let isLocked { new.isLocked = isLocked }
            if let isExpired { new.isExpired = isExpired }
            if let connectionType {
                new.connectionType = connectionType
                new.certificate = certificate
            }
            if let connectionsMax { new.connectionsMax = connectionsMax }
            if let comment { new.attribute = Self.merged(new.attribute, ["comment": comment]) }
            if case .object(let members)? = attribute {
                new.attribute = Self.merged(new.attribute, members)
            }
            return new
        }

        private static func merged(_ old: String, _ members: [String: String]) -> String {
            merged(old, members.map { ($0.key, .string($0.value)) })
        }

        /// The members of two objects; a NULL takes one away.
        private static func merged(_ old: String, _ new: [(key: String, value: JSON)]) -> String {
            var members: [(key: String, value: JSON)] = []
            // What the registry holds was parsed before it was stored.
            if case .object(let known)? = try? JSON.parse(old) { members = known }
            for (key, value) in new {
                members.removeAll { $0.key == key }
                if value != .null { members.append((key, value)) }
            }
            return members.isEmpty ? "" : JSON.object(members).description
        }
    }

    /// The account that a statement means.
    ///
    /// - Parameter current: whom CURRENT_USER is.
    static func name(_ node: BorealSQL.AccountName, current: Name) -> Name {
        node.isCurrentUser ? current : Name(user: node.user, host: node.host ?? "%")
    }

    /// The account that a statement makes.
    ///
    /// - Throws: 1470 for a long name, 1235 for a host that is no address and for nobody's name.
    static func newName(
        _ node: BorealSQL.AccountName,
        current: Name
    ) throws(ServerError) -> Name {
        let name = name(node, current: current)
        guard !name.user.isEmpty else { throw .notYet("accounts without a name") }
        guard name.user.unicodeScalars.count <= Limits.accountNameCharactersMax else {
            throw ServerError(
                .nameTooLong,
                "String '\(name.user)' is too long for user name "
                    + "(should be no longer than \(Limits.accountNameCharactersMax))"
            )
        }
        if name.host == "%" || name.host == "localhost" { return name }
        guard let address = address(name.host) else {
            throw .notYet("the host '\(name.host)': it is '%', 'localhost' or an address")
        }
        return Name(user: name.user, host: address)
    }

    /// An address as the system prints it; nil for anything else.
    private static func address(_ text: String) -> String? {
        for family in [AF_INET, AF_INET6] {
            var bytes = [UInt8](repeating: 0, count: 16)
            guard inet_pton(family, text, &bytes) == 1 else { continue }
            var printed = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
            guard inet_ntop(family, bytes, &printed, socklen_t(printed.count)) != nil else {
                return nil
            }
            let characters = printed.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            return String(decoding: characters, as: UTF8.self)
        }
        return nil
    }

    /// Reads the clauses behind the accounts.
    ///
    /// - Throws: 1235 for a policy that would not be kept.
    static func changes(_ options: [AccountOption]) throws(ServerError) -> Changes {
        var changes = Changes()
        for option in options {
            switch option {
            case .requireNone: changes.connectionType = .any
            case .requireSSL: changes.connectionType = .encrypted
            case .requireX509: changes.connectionType = .certified
            case .requireCertificate(let fields):
                // Empty strings demand nothing but that there is a certificate.
                let isAnybody = [fields.subject, fields.issuer, fields.cipher]
                    .allSatisfy { $0?.isEmpty ?? true }
                changes.connectionType = isAnybody ? .certified : .specified
                changes.certificate.subject = try bounded(fields.subject ?? "")
                changes.certificate.issuer = try bounded(fields.issuer ?? "")
                changes.certificate.cipher = try bounded(fields.cipher ?? "")
            case .resource("MAX_USER_CONNECTIONS", let count):
                changes.connectionsMax = Int(clamping: min(count, UInt64(UInt32.max)))
            case .resource(let name, let count):
                if count > 0 { throw .notYet(name) }
            case .locked(let isLocked): changes.isLocked = isLocked
            case .passwordPolicy(let words):
                switch words {
                case "PASSWORD EXPIRE": changes.isExpired = true
                case "PASSWORD EXPIRE NEVER", "PASSWORD EXPIRE DEFAULT": break
                case let words
                where words.hasSuffix(" DEFAULT") || words.hasSuffix(" OPTIONAL")
                    || words.hasSuffix(" 0"):
                    break
                default: throw .notYet(words)
                }
            case .comment(let text): changes.comment = try bounded(text)
            case .attribute(let text):
                // Whatever is wrong with the text, the answer is the same sentence.
                guard let json = try? JSON.parse(bounded(text)), case .object = json else {
                    throw ServerError(
                        .invalidJSONText,
                        "Invalid JSON text: an ATTRIBUTE is a JSON object"
                    )
                }
                changes.attribute = json
            case .defaultRoles: throw .notYet("roles")
            }
        }
        return changes
    }

    private static func bounded(_ text: String) throws(ServerError) -> String {
        guard text.utf8.count <= CatalogLimits.commentBytesMax else {
            throw ServerError(
                .nameTooLong,
                "String '\(text.prefix(20))...' is too long for attribute "
                    + "(should be no longer than \(CatalogLimits.commentBytesMax))"
            )
        }
        return text
    }
}
