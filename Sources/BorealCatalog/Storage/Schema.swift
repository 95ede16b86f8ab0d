import BorealBase
import BorealSQLite

/// The tables of `catalog.db`, and how an older file becomes a newer one.
///
/// `PRAGMA user_version` holds the format; `PRAGMA application_id` tells a catalog from any other
/// SQLite file. Times are microseconds since 1970 in UTC, statuses the words that clients see.
enum Schema {
    /// `BorC`: the application id in the header of the file.
    static let applicationID: Int64 = 0x426F_7243

    /// Step `i` brings a file of format `i` to format `i + 1`. A released step is never edited.
    static let steps = [
        format1, format2, format3, format4, format5, format6, format7, format8,
    ]

    /// The format that this release writes.
    static var format: Int { steps.count }

    /// Checks what the file is and brings it to the newest format.
    ///
    /// - Throws: `CatalogError.notACatalog`, `.formatTooNew`, `.database`.
    static func prepare(_ connection: SQLiteConnection, path: String) throws(CatalogError) {
        let found = try read(connection, path: path)
        guard found < format else { return }
        try catching { () throws(SQLiteError) in
            try connection.execute("BEGIN IMMEDIATE")
        }
        do {
            // Another process may have migrated between the first look and the lock.
            let current = try read(connection, path: path)
            try catching { () throws(SQLiteError) in
                if current < format {
                    for step in steps[current...] { try connection.execute(step) }
                    try connection.execute("PRAGMA application_id = \(applicationID)")
                    try connection.setUserVersion(format)
                }
                try connection.execute("COMMIT")
            }
        } catch {
            connection.rollBack()
            throw error
        }
    }

    /// The format of the file; 0 for an empty one.
    ///
    /// - Throws: `CatalogError.notACatalog`, `.formatTooNew`, `.database`.
    static func read(_ connection: SQLiteConnection, path: String) throws(CatalogError) -> Int {
        let (version, application, tables) = try catching { () throws(SQLiteError) in
            (
                try connection.userVersion(),
                try connection.rows("PRAGMA application_id").first?.first?.integer ?? 0,
                try connection.rows("SELECT count(*) FROM sqlite_schema").first?.first?.integer ?? 0
            )
        }
        if application == 0, tables == 0, version == 0 { return 0 }
        guard application == applicationID, version > 0 else { throw .notACatalog(path: path) }
        guard version <= format else {
            throw .formatTooNew(found: version, supported: format)
        }
        return version
    }

    private static let format1 = """
        CREATE TABLE artifacts (
            hash TEXT PRIMARY KEY,
            bytes INTEGER NOT NULL,
            reference_count INTEGER NOT NULL,
            created INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE models (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            key TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL,
            owner TEXT NOT NULL,
            comment TEXT NOT NULL,
            default_version INTEGER NOT NULL,
            next_number INTEGER NOT NULL,
            created INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE versions (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            model INTEGER NOT NULL REFERENCES models (id),
            number INTEGER NOT NULL,
            name TEXT NOT NULL,
            owner TEXT NOT NULL,
            status TEXT NOT NULL,
            model_class TEXT NOT NULL,
            task_kind TEXT NOT NULL,
            statement TEXT NOT NULL,
            options TEXT NOT NULL,
            comment TEXT NOT NULL,
            location TEXT NOT NULL,
            error_number INTEGER,
            error_text TEXT,
            artifact TEXT REFERENCES artifacts (hash),
            artifact_extension TEXT,
            second_artifact TEXT REFERENCES artifacts (hash),
            second_extension TEXT,
            description TEXT NOT NULL,
            importances TEXT NOT NULL,
            fingerprint TEXT NOT NULL,
            promotes INTEGER NOT NULL,
            created INTEGER NOT NULL,
            saved INTEGER,
            changed INTEGER NOT NULL,
            restarted INTEGER NOT NULL,
            UNIQUE (model, name),
            UNIQUE (model, number)
        ) STRICT;

        CREATE TABLE tasks (
            id TEXT PRIMARY KEY,
            type TEXT NOT NULL,
            owner TEXT NOT NULL,
            model_name TEXT NOT NULL,
            version_name TEXT NOT NULL,
            version INTEGER,
            statement TEXT NOT NULL,
            started INTEGER NOT NULL,
            status TEXT NOT NULL,
            ended INTEGER,
            results TEXT NOT NULL,
            artifact TEXT REFERENCES artifacts (hash),
            artifact_extension TEXT,
            model_artifact TEXT REFERENCES artifacts (hash),
            model_extension TEXT,
            restarted INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE jobs (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            kind TEXT NOT NULL,
            payload TEXT NOT NULL,
            version INTEGER REFERENCES versions (id),
            task TEXT REFERENCES tasks (id),
            user TEXT NOT NULL,
            created INTEGER NOT NULL,
            started INTEGER,
            crashes INTEGER NOT NULL
        ) STRICT;

        CREATE INDEX versions_artifact ON versions (artifact);
        CREATE INDEX versions_second_artifact ON versions (second_artifact);
        CREATE INDEX tasks_artifact ON tasks (artifact);
        CREATE INDEX tasks_model_artifact ON tasks (model_artifact);
        CREATE INDEX jobs_version ON jobs (version);
        CREATE INDEX jobs_task ON jobs (task);

        CREATE TABLE accounts (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            user TEXT NOT NULL,
            host TEXT NOT NULL,
            native_verifier BLOB,
            sha2_verifier BLOB,
            created INTEGER NOT NULL,
            altered INTEGER NOT NULL,
            UNIQUE (user, host)
        ) STRICT;

        CREATE TABLE rights (
            account INTEGER NOT NULL REFERENCES accounts (id),
            name TEXT NOT NULL,
            object TEXT NOT NULL,
            PRIMARY KEY (account, name, object)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE settings (
            name TEXT PRIMARY KEY,
            value TEXT NOT NULL,
            changed INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE server_keys (
            name TEXT PRIMARY KEY,
            key BLOB NOT NULL,
            created INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE uploads (
            name TEXT PRIMARY KEY,
            owner TEXT NOT NULL,
            bytes INTEGER NOT NULL,
            created INTEGER NOT NULL,
            used INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        """

    /// Accounts say more of themselves, and have tokens.
    private static let format2 = """
        ALTER TABLE accounts ADD COLUMN locked INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE accounts ADD COLUMN expired INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE accounts ADD COLUMN connection_type TEXT NOT NULL DEFAULT '';
        ALTER TABLE accounts ADD COLUMN connections_max INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE accounts ADD COLUMN attribute TEXT NOT NULL DEFAULT '';

        CREATE TABLE tokens (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            account INTEGER NOT NULL REFERENCES accounts (id),
            name TEXT NOT NULL,
            hash BLOB NOT NULL UNIQUE,
            created INTEGER NOT NULL,
            expires INTEGER,
            UNIQUE (account, name)
        ) STRICT;
        """

    /// Accounts say what certificates must.
    private static let format3 = """
        ALTER TABLE accounts ADD COLUMN x509_subject TEXT NOT NULL DEFAULT '';
        ALTER TABLE accounts ADD COLUMN x509_issuer TEXT NOT NULL DEFAULT '';
        ALTER TABLE accounts ADD COLUMN ssl_cipher TEXT NOT NULL DEFAULT '';
        """

    /// Statistics of columns, and the jobs that compute them.
    private static let format4 = """
        CREATE TABLE features (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            key TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL,
            owner TEXT NOT NULL,
            feature_class TEXT NOT NULL,
            statement TEXT NOT NULL,
            request TEXT NOT NULL,
            status TEXT NOT NULL,
            results TEXT NOT NULL,
            error_number INTEGER,
            error_text TEXT,
            artifact TEXT REFERENCES artifacts (hash),
            artifact_extension TEXT,
            created INTEGER NOT NULL,
            saved INTEGER,
            restarted INTEGER NOT NULL
        ) STRICT;

        CREATE INDEX features_artifact ON features (artifact);
        ALTER TABLE jobs ADD COLUMN feature INTEGER REFERENCES features (id);
        CREATE INDEX jobs_feature ON jobs (feature);
        """

    /// Remote models have a key.
    private static let format5 = """
        ALTER TABLE versions ADD COLUMN sealed_key TEXT NOT NULL DEFAULT '';
        """

    /// The REST contract's connectors, model groups and tasks, and what it keeps of models.
    private static let format6 = """
        CREATE TABLE documents (
            kind TEXT NOT NULL,
            id TEXT NOT NULL,
            owner TEXT NOT NULL,
            revision INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            created INTEGER NOT NULL,
            updated INTEGER NOT NULL,
            body TEXT NOT NULL,
            secrets TEXT NOT NULL,
            model INTEGER REFERENCES models (id),
            PRIMARY KEY (kind, id)
        ) STRICT, WITHOUT ROWID;

        CREATE INDEX documents_model ON documents (model);
        ALTER TABLE models ADD COLUMN contract_id TEXT NOT NULL DEFAULT '';
        ALTER TABLE models ADD COLUMN is_undeployed INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE models ADD COLUMN contract TEXT NOT NULL DEFAULT '';
        """

    /// What remote models were asked, by the hour, and what they may be asked.
    private static let format7 = """
        CREATE TABLE usage (
            hour INTEGER NOT NULL,
            user TEXT NOT NULL,
            model TEXT NOT NULL,
            provider TEXT NOT NULL,
            requests INTEGER NOT NULL,
            row_count INTEGER NOT NULL,
            tokens_in INTEGER NOT NULL,
            tokens_out INTEGER NOT NULL,
            estimated INTEGER NOT NULL,
            cache_hits INTEGER NOT NULL,
            cost REAL NOT NULL,
            PRIMARY KEY (hour, user, model, provider)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE usage_errors (
            hour INTEGER NOT NULL,
            user TEXT NOT NULL,
            model TEXT NOT NULL,
            provider TEXT NOT NULL,
            code TEXT NOT NULL,
            count INTEGER NOT NULL,
            PRIMARY KEY (hour, user, model, provider, code)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE budgets (
            scope TEXT NOT NULL,
            name TEXT NOT NULL,
            unit TEXT NOT NULL,
            period TEXT NOT NULL,
            amount REAL NOT NULL,
            PRIMARY KEY (scope, name, unit, period)
        ) STRICT, WITHOUT ROWID;
        """

    /// Documents may be sources: releases before know nothing of such rows.
    private static let format8 = "-- the tables are those of format 7"
}

/// Runs SQLite work and turns its error into ours.
func catching<R>(_ body: () throws(SQLiteError) -> R) throws(CatalogError) -> R {
    do { return try body() } catch { throw CatalogError(error) }
}

extension CatalogError {
    /// SQLite's error in the catalog's words.
    init(_ error: SQLiteError) {
        self =
            error.isDiskFull
            ? .diskFull : .database(code: error.extendedCode, message: error.message)
    }
}
