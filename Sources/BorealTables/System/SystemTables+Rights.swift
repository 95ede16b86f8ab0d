public import BorealBase

/// What the tables about accounts show of one account.
public struct AccountFacts: Sendable {
    /// What it may do, with its user and host.
    public var rights: AccountRights
    /// The plugin that proves it is itself.
    public var plugin = "caching_sha2_password"
    /// What its password is checked against, as SQL writes it.
    public var verifier = ""
    /// `''`, `ANY`, `X509` or `SPECIFIED`: what its connections must be.
    public var connectionType = ""
    /// What certificates of `SPECIFIED` ones must say; empty for anything.
    public var certificate = (subject: "", issuer: "", cipher: "")
    /// How many connections it may have; 0 for as many as there may be.
    public var connectionsMax = 0
    /// It may not log in.
    public var isLocked = false
    /// It must change its password first.
    public var isExpired = false
    /// When its password changed.
    public var changed = Instant.now
    /// A JSON object; empty for none.
    public var attribute = ""

    /// An account with a password like any other.
    public init(rights: AccountRights) { self.rights = rights }

    /// As GRANTEE columns quote it.
    fileprivate var grantee: TableValue { .text("'\(rights.user)'@'\(rights.host)'") }
}

/// Tables about accounts and rights. Who may not read the accounts of all sees its own.
extension SystemTables {
    static let rights: [SystemTable] = [
        information(
            "USER_PRIVILEGES",
            "GRANTEE varchar(292)!, TABLE_CATALOG varchar(512)!, PRIVILEGE_TYPE varchar(64)!, "
                + "IS_GRANTABLE varchar(3)!"
        ) { request in request.accounts.flatMap(userPrivileges) },
        information(
            "SCHEMA_PRIVILEGES",
            "GRANTEE varchar(292)!, TABLE_CATALOG varchar(512)!, TABLE_SCHEMA name!, "
                + "PRIVILEGE_TYPE varchar(64)!, IS_GRANTABLE varchar(3)!"
        ) { request in request.accounts.flatMap(schemaPrivileges) },
        information(
            "TABLE_PRIVILEGES",
            "GRANTEE varchar(292)!, TABLE_CATALOG varchar(512)!, TABLE_SCHEMA name!, "
                + "TABLE_NAME name!, PRIVILEGE_TYPE varchar(64)!, IS_GRANTABLE varchar(3)!"
        ) { request in request.accounts.flatMap(tablePrivileges) },
        information(
            "COLUMN_PRIVILEGES",
            "GRANTEE varchar(292)!, TABLE_CATALOG varchar(512)!, TABLE_SCHEMA name!, "
                + "TABLE_NAME name!, COLUMN_NAME varchar(64)!, PRIVILEGE_TYPE varchar(64)!, "
                + "IS_GRANTABLE varchar(3)!"
        ),
        information("USER_ATTRIBUTES", "USER char(32)!, HOST char(255)!, ATTRIBUTE longtext") {
            request in
            request.accounts.map {
                [
                    .text($0.rights.user), .text($0.rights.host),
                    .maybe($0.attribute.isEmpty ? nil : $0.attribute),
                ]
            }
        },
        information(
            "APPLICABLE_ROLES",
            "USER varchar(97), HOST varchar(256), GRANTEE varchar(97), GRANTEE_HOST varchar(256), "
                + "ROLE_NAME varchar(255), ROLE_HOST varchar(256), IS_GRANTABLE varchar(3)!, "
                + "IS_DEFAULT varchar(3), IS_MANDATORY varchar(3)!"
        ),
        information(
            "ENABLED_ROLES",
            "ROLE_NAME varchar(255), ROLE_HOST varchar(255), IS_DEFAULT varchar(3), "
                + "IS_MANDATORY varchar(3)!"
        ),
        SystemTable("mysql", "user", userColumns, rows: users),
        SystemTable("mysql", "db", databaseColumns, rows: databaseRights),
        SystemTable(
            "mysql",
            "tables_priv",
            "Host char(255)!, Db char(64)!, User char(32)!, Table_name char(64)!, "
                + "Grantor varchar(288)!, Timestamp timestamp!, "
                + "Table_priv set('Select','Insert','Update','Delete','Create','Drop','Grant',"
                + "'References','Index','Alter','Create View','Show view','Trigger')!, "
                + "Column_priv set('Select','Insert','Update','References')!",
            rows: tableRights
        ),
        SystemTable(
            "mysql",
            "global_grants",
            "USER char(32)!, HOST char(255)!, PRIV char(32)!, WITH_GRANT_OPTION enum('N','Y')!"
        ) { request in
            request.accounts.flatMap { account in
                account.rights.dynamic.sorted().map {
                    [
                        .text(account.rights.user), .text(account.rights.host), .text($0),
                        flag(account.rights.server.contains(.grantOption)),
                    ]
                }
            }
        },
    ]

    // MARK: - information_schema

    private static func userPrivileges(_ account: AccountFacts) -> [[TableValue]] {
        let held = account.rights.server
        let words = held.subtracting(.grantOption).words + account.rights.dynamic.sorted()
        return (words.isEmpty ? ["USAGE"] : words).map {
            [
                account.grantee, .text("def"), .text($0),
                .yesOrNo(held.contains(.grantOption)),
            ]
        }
    }

    /// Words of a level, with what says whether they may be given away.
    private static func words(_ held: Privileges) -> [(word: String, isGrantable: Bool)] {
        let words = held.subtracting(.grantOption).words
        return (words.isEmpty ? ["USAGE"] : words).map { ($0, held.contains(.grantOption)) }
    }

    private static func schemaPrivileges(_ account: AccountFacts) -> [[TableValue]] {
        account.rights.databases.sorted { $0.key < $1.key }.flatMap { database, held in
            words(held).map {
                [
                    account.grantee, .text("def"), .text(database), .text($0.word),
                    .yesOrNo($0.isGrantable),
                ]
            }
        }
    }

    private static func tablePrivileges(_ account: AccountFacts) -> [[TableValue]] {
        account.rights.sortedTables.flatMap { database, table, held in
            words(held).map {
                [
                    account.grantee, .text("def"), .text(database), .text(table), .text($0.word),
                    .yesOrNo($0.isGrantable),
                ]
            }
        }
    }

    // MARK: - mysql

    private static func flag(_ value: Bool) -> TableValue { .text(value ? "Y" : "N") }

    /// Columns of `mysql.user` that say Y or N, in MySQL's order; two more stand at the end.
    private static let serverFlags: [(name: String, privilege: Privileges)] = [
        ("Select", .select), ("Insert", .insert), ("Update", .update), ("Delete", .delete),
        ("Create", .create), ("Drop", .drop), ("Reload", .reload), ("Shutdown", .shutdown),
        ("Process", .process), ("File", .file), ("Grant", .grantOption),
        ("References", .references), ("Index", .index), ("Alter", .alter),
        ("Show_db", .showDatabases), ("Super", .superuser),
        ("Create_tmp_table", .createTemporaryTables), ("Lock_tables", .lockTables),
        ("Execute", .execute), ("Repl_slave", .replicationSlave),
        ("Repl_client", .replicationClient), ("Create_view", .createView),
        ("Show_view", .showView), ("Create_routine", .createRoutine),
        ("Alter_routine", .alterRoutine), ("Create_user", .createUser), ("Event", .event),
        ("Trigger", .trigger), ("Create_tablespace", .createTablespace),
    ]

    private static let databaseFlags = serverFlags.filter {
        $0.privilege == .grantOption || Privileges.ofDatabases.contains($0.privilege)
    }

    private static func flagColumns(_ flags: [(name: String, privilege: Privileges)]) -> String {
        flags.map { "\($0.name)_priv enum('N','Y')!" }.joined(separator: ", ")
    }

    private static let userColumns =
        "Host char(255)!, User char(32)!, \(flagColumns(serverFlags)), "
        + "ssl_type enum('','ANY','X509','SPECIFIED')!, ssl_cipher blob!, x509_issuer blob!, "
        + "x509_subject blob!, max_questions int unsigned!, max_updates int unsigned!, "
        + "max_connections int unsigned!, max_user_connections int unsigned!, plugin char(64)!, "
        + "authentication_string text, password_expired enum('N','Y')!, "
        + "password_last_changed timestamp, password_lifetime smallint unsigned, "
        + "account_locked enum('N','Y')!, Create_role_priv enum('N','Y')!, "
        + "Drop_role_priv enum('N','Y')!, Password_reuse_history smallint unsigned, "
        + "Password_reuse_time smallint unsigned, Password_require_current enum('N','Y'), "
        + "User_attributes json"

    private static let databaseColumns =
        "Host char(255)!, Db char(64)!, User char(32)!, \(flagColumns(databaseFlags))"

    /// What passwords are checked against is shown to those who may change it.
    private static func users(_ request: SystemRequest) -> [[TableValue]] {
        let showsVerifiers = request.session.rights.server.contains(.createUser)
        return request.accounts.map { account in
            let held = account.rights.server
            let flags = serverFlags.map { flag(held.contains($0.privilege)) }
            let attributes =
                account.attribute.isEmpty ? nil : "{\"metadata\": \(account.attribute)}"
            return [.text(account.rights.host), .text(account.rights.user)] + flags
                + [
                    .text(account.connectionType), .text(account.certificate.cipher),
                    .text(account.certificate.issuer), .text(account.certificate.subject),
                ]
                + [.integer(0), .integer(0), .integer(0), .count(account.connectionsMax)]
                + [
                    .text(account.plugin), .text(showsVerifiers ? account.verifier : ""),
                    flag(account.isExpired), SystemTables.time(account.changed), .null,
                    flag(account.isLocked), flag(held.contains(.createRole)),
                    flag(held.contains(.dropRole)), .null, .null, .null, .maybe(attributes),
                ]
        }
    }

    private static func databaseRights(_ request: SystemRequest) -> [[TableValue]] {
        request.accounts.flatMap { account in
            account.rights.databases.sorted { $0.key < $1.key }.map { database, held in
                [.text(account.rights.host), .text(database), .text(account.rights.user)]
                    + databaseFlags.map { flag(held.contains($0.privilege)) }
            }
        }
    }

    /// A privilege as the set of `tables_priv` spells it.
    private static func setMember(_ word: String) -> String {
        switch word {
        case "GRANT OPTION": "Grant"
        case "CREATE VIEW": "Create View"
        default: String(word.prefix(1)) + word.dropFirst().lowercased()
        }
    }

    private static func tableRights(_ request: SystemRequest) -> [[TableValue]] {
        request.accounts.flatMap { account in
            account.rights.sortedTables.map { database, table, held in
                let words = held.words.map(setMember)
                return [
                    .text(account.rights.host), .text(database), .text(account.rights.user),
                    .text(table), .text(""), SystemTables.time(account.changed),
                    .text(words.joined(separator: ",")), .text(""),
                ]
            }
        }
    }
}

extension SystemRequest {
    /// The accounts that the session may see: all for those who may read `mysql`, else its own.
    fileprivate var accounts: [AccountFacts] {
        let rights = session.rights
        let all = session.store.accounts
        if rights.held(on: "mysql").contains(.select) { return all }
        return all.filter { $0.rights.user == rights.user && $0.rights.host == rights.host }
    }
}

extension AccountRights {
    /// What is held on single tables, in the order of names.
    public var sortedTables: [(database: String, table: String, held: Privileges)] {
        tables.flatMap { database, tables in tables.map { (database, $0.key, $0.value) } }
            .sorted { ($0.0, $0.1) < ($1.0, $1.1) }
    }
}
