import BorealBase
import BorealCatalog
import BorealSQL
import BorealTables
import BorealWire

/// SHOW GRANTS, SHOW CREATE USER, SHOW TOKENS, and what the tables about accounts are made from.
struct AccountListing {
    let session: ClientSession

    /// The statement's answer; nil when it shows something else.
    ///
    /// - Throws: 1141 for an account that is not there, 1044 for one that is nobody's business.
    func table(_ subject: ShowStatement.Subject) throws(ServerError) -> FixedTable? {
        switch subject {
        case .grants(let node):
            let account = try account(node)
            return FixedTable(
                text: ["Grants for \(account.name.plain)"],
                Self.grants(account).map { [$0] }
            )
        case .createUser(let node):
            let account = try account(node)
            return FixedTable(
                text: ["CREATE USER for \(account.name.plain)"],
                [[Self.statement(account, showsHash: showsHashes)]]
            )
        case .tokens(let node): return tokens(of: try account(node).name)
        default: return nil
        }
    }

    /// The account a statement names. One's own may always be seen, others' by who may read them.
    private func account(_ node: BorealSQL.AccountName?) throws(ServerError) -> Account {
        let current = session.accountName
        let name = node.map { AccountRequest.name($0, current: current) } ?? current
        if name != current {
            let rights = session.tables.rights
            guard rights.held(on: "mysql").contains(.select) else {
                throw ServerError(
                    .databaseAccessDenied,
                    "Access denied for user '\(rights.user)'@'\(rights.host)' to database 'mysql'"
                )
            }
        }
        guard let account = session.engine.catalog.snapshot.account(name) else {
            throw .noSuchGrant(name)
        }
        return account
    }

    /// Whoever holds the hash of a password can try passwords on a machine of his own.
    private var showsHashes: Bool { session.tables.rights.server.contains(.createUser) }

    private func tokens(of name: BorealCatalog.AccountName) -> FixedTable {
        FixedTable(
            text: ["name", "created", "expires"],
            session.engine.catalog.snapshot.tokens(of: name).map {
                [
                    $0.name, $0.created.text(in: .system),
                    $0.expires?.text(in: .system) ?? "",
                ]
            }
        )
    }

    // MARK: - SHOW GRANTS

    /// The statements that give an account what it has, in MySQL's order and form.
    static func grants(_ account: Account) -> [String] {
        let all = account.expandedRights
        let to = "TO \(quoted(account.name))"
        let objects = Set(all.compactMap { GrantObject(stored: $0.object) }).union([.everything])
        var lines: [(rank: Int, line: String)] = []
        for object in objects {
            let words = Set(all.filter { $0.object == object.stored }.map(\.name))
            let option = words.contains("GRANT OPTION") ? " WITH GRANT OPTION" : ""
            let text = held(words, object)
            lines.append((rank(object), "GRANT \(text) ON \(object.sql) \(to)\(option)"))
            guard object == .everything else { continue }
            let dynamic = words.filter(AccountRights.dynamicWords.contains).sorted()
            guard !dynamic.isEmpty else { continue }
            let list = dynamic.joined(separator: ",")
            lines.append((1, "GRANT \(list) ON *.* \(to)\(option)"))
        }
        return lines.sorted { ($0.rank, $0.line) < ($1.rank, $1.line) }.map(\.line)
    }

    private static func rank(_ object: GrantObject) -> Int {
        switch object {
        case .everything: 0
        case .database: 2
        case .table: 3
        case .allModels: 4
        case .model: 5
        }
    }

    /// The words of one line: MySQL says ALL PRIVILEGES below the level of the server only.
    private static func held(_ words: Set<String>, _ object: GrantObject) -> String {
        let held = words.reduce(into: Privileges()) { $0.formUnion(Privileges(word: $1) ?? []) }
        let statics = held.subtracting(.grantOption)
        switch object {
        case .database where statics.isSuperset(of: .ofDatabases): return "ALL PRIVILEGES"
        case .table where statics.isSuperset(of: .ofTables): return "ALL PRIVILEGES"
        case .model, .allModels: return words.contains("PREDICT") ? "PREDICT" : "USAGE"
        default: return statics.isEmpty ? "USAGE" : statics.words.joined(separator: ", ")
        }
    }

    private static func quoted(_ name: BorealCatalog.AccountName) -> String {
        [name.user, name.host].map { "`" + $0.replacing("`", with: "``") + "`" }
            .joined(separator: "@")
    }

    // MARK: - SHOW CREATE USER

    /// The statement that makes the account anew. An account of both plugins is shown by the newer
    /// one's hash.
    ///
    /// - Parameter showsHash: false leaves `AS ...` out.
    static func statement(_ account: Account, showsHash: Bool) -> String {
        let (plugin, hash) = verifier(account)
        var text = "CREATE USER \(quoted(account.name)) IDENTIFIED WITH '\(plugin)'"
        if showsHash, !hash.isEmpty { text += " AS \(literal(hash))" }
        text += " REQUIRE \(requirement(account.options))"
        if account.options.connectionsMax > 0 {
            text += " WITH MAX_USER_CONNECTIONS \(account.options.connectionsMax)"
        }
        text += account.options.isExpired ? " PASSWORD EXPIRE" : " PASSWORD EXPIRE DEFAULT"
        text += account.options.isLocked ? " ACCOUNT LOCK" : " ACCOUNT UNLOCK"
        text +=
            " PASSWORD HISTORY DEFAULT PASSWORD REUSE INTERVAL DEFAULT"
            + " PASSWORD REQUIRE CURRENT DEFAULT"
        if !account.options.attribute.isEmpty {
            text += " ATTRIBUTE \(quotedText(account.options.attribute))"
        }
        return text
    }

    private static func requirement(_ options: AccountOptions) -> String {
        switch options.connectionType {
        case .any: return "NONE"
        case .encrypted, .certified: return options.connectionType.rawValue
        case .specified:
            let fields = [
                ("SUBJECT", options.certificate.subject), ("ISSUER", options.certificate.issuer),
                ("CIPHER", options.certificate.cipher),
            ]
            return fields.filter { !$0.1.isEmpty }.map { "\($0.0) \(quotedText($0.1))" }
                .joined(separator: " ")
        }
    }

    private static func quotedText(_ text: String) -> String {
        "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "''") + "'"
    }

    /// The plugin that the account is shown with, and what it checks against as SQL writes it.
    private static func verifier(_ account: Account) -> (plugin: String, hash: [UInt8]) {
        if let stored = account.verifiers.sha2 {
            return (AuthPlugin.cachingSHA2Password.rawValue, stored)
        }
        let bytes = account.verifiers.native ?? []
        // Bytes that are no verifier open nothing, and are shown as none.
        let text = (try? NativePassword.Verifier(bytes: bytes))?.text ?? ""
        return (AuthPlugin.nativePassword.rawValue, Array(text.utf8))
    }

    /// A hash in quotes; bytes that are no printable text in hexadecimal.
    private static func literal(_ bytes: [UInt8]) -> String {
        let isText = bytes.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != 0x27 && $0 != 0x5C }
        if isText { return "'" + String(decoding: bytes, as: UTF8.self) + "'" }
        return "0x"
            + bytes.map { byte in
                let digits = String(byte, radix: 16, uppercase: true)
                return digits.utf8.count == 1 ? "0" + digits : digits
            }.joined()
    }

    // MARK: - Tables

    /// What the tables of information_schema and mysql show of all accounts.
    static func facts(_ snapshot: CatalogSnapshot) -> [AccountFacts] {
        snapshot.accounts.map { account in
            let rights = AccountRights(account, name: account.name, clientHost: account.name.host)
            var facts = AccountFacts(rights: rights)
            let (plugin, hash) = verifier(account)
            facts.plugin = plugin
            facts.verifier = String(decoding: hash, as: UTF8.self)
            facts.connectionType =
                switch account.options.connectionType {
                case .any: ""
                case .encrypted: "ANY"
                case .certified: "X509"
                case .specified: "SPECIFIED"
                }
            facts.certificate = (
                subject: account.options.certificate.subject,
                issuer: account.options.certificate.issuer,
                cipher: account.options.certificate.cipher
            )
            facts.connectionsMax = account.options.connectionsMax
            facts.isLocked = account.options.isLocked
            facts.isExpired = account.options.isExpired
            facts.changed = account.altered
            facts.attribute = account.options.attribute
            return facts
        }
    }
}
