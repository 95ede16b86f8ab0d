import BorealBase

/// Tables about accounts and rights. Root is the only account of the embedded tables and has all of
/// MySQL's rights, which are rights for everything; none is held for one database or table.
extension SystemTables {
    static let rights: [SystemTable] = [
        information(
            "USER_PRIVILEGES",
            "GRANTEE varchar(292)!, TABLE_CATALOG varchar(512)!, PRIVILEGE_TYPE varchar(64)!, "
                + "IS_GRANTABLE varchar(3)!"
        ) { _ in
            rootRights.map { [.text(rootName), .text("def"), .text($0), .text("YES")] }
        },
        information(
            "SCHEMA_PRIVILEGES",
            "GRANTEE varchar(292)!, TABLE_CATALOG varchar(512)!, TABLE_SCHEMA name!, "
                + "PRIVILEGE_TYPE varchar(64)!, IS_GRANTABLE varchar(3)!"
        ),
        information(
            "TABLE_PRIVILEGES",
            "GRANTEE varchar(292)!, TABLE_CATALOG varchar(512)!, TABLE_SCHEMA name!, "
                + "TABLE_NAME name!, PRIVILEGE_TYPE varchar(64)!, IS_GRANTABLE varchar(3)!"
        ),
        information(
            "COLUMN_PRIVILEGES",
            "GRANTEE varchar(292)!, TABLE_CATALOG varchar(512)!, TABLE_SCHEMA name!, "
                + "TABLE_NAME name!, COLUMN_NAME varchar(64)!, PRIVILEGE_TYPE varchar(64)!, "
                + "IS_GRANTABLE varchar(3)!"
        ),
        information("USER_ATTRIBUTES", "USER char(32)!, HOST char(255)!, ATTRIBUTE longtext") {
            _ in [[.text("root"), .text("localhost"), .null]]
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
        SystemTable(
            "mysql",
            "user",
            "Host char(255)!, User char(32)!, Select_priv enum('N','Y')!, "
                + "Insert_priv enum('N','Y')!, Update_priv enum('N','Y')!, "
                + "Delete_priv enum('N','Y')!, Create_priv enum('N','Y')!, "
                + "Drop_priv enum('N','Y')!, Super_priv enum('N','Y')!, plugin char(64)!, "
                + "authentication_string text, password_expired enum('N','Y')!, "
                + "account_locked enum('N','Y')!"
        ) { _ in
            let cells = ["localhost", "root"] + Array(repeating: "Y", count: 7)
            return [
                cells.map { .text($0) } + [.text("caching_sha2_password"), .null]
                    + ["N", "N"].map { .text($0) }
            ]
        },
        SystemTable(
            "mysql",
            "db",
            "Host char(255)!, Db char(64)!, User char(32)!, Select_priv enum('N','Y')!"
        ) { _ in [] },
    ]

    /// As GRANTEE columns quote it.
    private static let rootName = "'root'@'localhost'"

    /// MySQL's static rights, in its order.
    static let rootRights = [
        "SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "RELOAD", "SHUTDOWN", "PROCESS",
        "FILE", "REFERENCES", "INDEX", "ALTER", "SHOW DATABASES", "SUPER",
        "CREATE TEMPORARY TABLES", "LOCK TABLES", "EXECUTE", "REPLICATION SLAVE",
        "REPLICATION CLIENT", "CREATE VIEW", "SHOW VIEW", "CREATE ROUTINE", "ALTER ROUTINE",
        "CREATE USER", "EVENT", "TRIGGER", "CREATE TABLESPACE", "CREATE ROLE", "DROP ROLE",
    ]
}
