import BorealBase
import BorealSQL

/// Tables about the server itself.
extension SystemTables {
    static let server: [SystemTable] = [
        information(
            "ENGINES",
            "ENGINE varchar(64)!, SUPPORT varchar(8)!, COMMENT varchar(80)!, "
                + "TRANSACTIONS varchar(3), XA varchar(3), SAVEPOINTS varchar(3)"
        ) { _ in [["InnoDB", "DEFAULT", "Embedded tables", "YES", "NO", "YES"].map { .text($0) }] },
        information(
            "PLUGINS",
            "PLUGIN_NAME varchar(64)!, PLUGIN_VERSION varchar(20)!, PLUGIN_STATUS varchar(10)!, "
                + "PLUGIN_TYPE varchar(80)!, PLUGIN_TYPE_VERSION varchar(20)!, "
                + "PLUGIN_LIBRARY varchar(64), PLUGIN_LIBRARY_VERSION varchar(20), "
                + "PLUGIN_AUTHOR varchar(64), PLUGIN_DESCRIPTION longtext, "
                + "PLUGIN_LICENSE varchar(80), LOAD_OPTION varchar(64)!",
            rows: { _ in plugins }
        ),
        information(
            "CHARACTER_SETS",
            "CHARACTER_SET_NAME varchar(64)!, DEFAULT_COLLATE_NAME varchar(64)!, "
                + "DESCRIPTION varchar(2048)!, MAXLEN int unsigned!"
        ) { _ in
            Collations.charsets.map { entry in
                [
                    .text(entry.name), .maybe(Collations.defaultCollation(ofCharset: entry.name)),
                    .text(entry.description), .count(entry.width),
                ]
            }
        },
        information(
            "COLLATIONS",
            "COLLATION_NAME varchar(64)!, CHARACTER_SET_NAME varchar(64)!, ID bigint unsigned!, "
                + "IS_DEFAULT varchar(3)!, IS_COMPILED varchar(3)!, SORTLEN int unsigned!, "
                + "PAD_ATTRIBUTE enum('PAD SPACE','NO PAD')!",
            rows: { _ in collations }
        ),
        information(
            "COLLATION_CHARACTER_SET_APPLICABILITY",
            "COLLATION_NAME varchar(64)!, CHARACTER_SET_NAME varchar(64)!"
        ) { _ in Collations.all.map { [.text($0.name), .text($0.charset)] } },
        information("KEYWORDS", "WORD varchar(128), RESERVED int") { _ in
            Keyword.allCases.filter { $0 != .notKeyword }
                .map { [.text($0.text), .integer($0.isReserved ? 1 : 0)] }
        },
        information("PROCESSLIST", SystemTable.processColumns, rows: ownProcess),
        SystemTable(
            "performance_schema",
            "processlist",
            SystemTable.processColumns,
            rows: allProcesses
        ),
        SystemTable(
            "mysql",
            "time_zone_name",
            "Name char(64)!, Time_zone_id int unsigned!"
        ) { _ in [] },
        SystemTable(
            "mysql",
            "plugin",
            "name varchar(64)!, dl varchar(128)!"
        ) { _ in [] },
    ]

    private static let plugins: [[TableValue]] = [
        ("mysql_native_password", "AUTHENTICATION", "1.1", "Log-in by a SHA-1 scramble"),
        ("caching_sha2_password", "AUTHENTICATION", "1.1", "Log-in by a SHA-256 scramble"),
        ("InnoDB", "STORAGE ENGINE", "80036.0", "Embedded tables"),
    ].map { name, type, version, description in
        [
            .text(name), .text("1.0"), .text("ACTIVE"), .text(type), .text(version), .null, .null,
            .text("Boreal"), .text(description), .text("GPL"), .text("FORCE"),
        ]
    }

    private static let collations: [[TableValue]] = Collations.all.sorted { $0.name < $1.name }.map
    { entry in
        [
            .text(entry.name), .text(entry.charset), .count(entry.id),
            .text(entry.isDefault ? "Yes" : ""), .text("Yes"),
            .integer(entry.name.contains("0900") && !entry.name.hasSuffix("bin") ? 0 : 1),
            .text(entry.name.contains("0900") ? "NO PAD" : "PAD SPACE"),
        ]
    }

    /// The one session there is while no engine tells of others.
    private static func ownProcess(_ request: SystemRequest) -> [[TableValue]] {
        let who = request.session.identity
        let (user, host) = who.userAndHost
        return [
            [
                .unsigned(who.connectionID), .text(user), .text(host),
                .maybe(request.session.database), .text("Query"), .integer(0),
                .text("executing"), .null,
            ]
        ]
    }

    /// The same rows as information_schema's, whoever makes them.
    private static func allProcesses(_ request: SystemRequest) throws -> [[TableValue]] {
        let table = request.session.store.systemTable("information_schema", "processlist")
        return try table?.rows(request) ?? []
    }
}

extension SessionIdentity {
    /// The two sides of `user@host`.
    var userAndHost: (user: String, host: String) {
        guard let place = user.lastIndex(of: "@") else { return (user, "") }
        return (String(user[..<place]), String(user[user.index(after: place)...]))
    }
}
