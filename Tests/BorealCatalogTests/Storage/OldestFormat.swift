/// `catalog.db` as the first release wrote it. Never edited: a later release must read it.
enum OldestFormat {
    static let sql = """
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

        PRAGMA application_id = 1114600003;
        PRAGMA user_version = 1;

        INSERT INTO artifacts VALUES (
            '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824', 5, 1, 10);
        INSERT INTO models VALUES (1, 'airlines_gbm', 'Airlines_GBM', 'root@localhost', '', 1, 3,
            10);
        INSERT INTO versions VALUES (1, 1, 1, 'v1', 'root@localhost', 'saved', 'lightgbm', 'binary',
            'CREATE MODEL', '{}', '', '', NULL, NULL,
            '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824', 'txt', NULL, NULL,
            '', '', '', 1, 10, 20, 20, 0);
        INSERT INTO versions VALUES (2, 1, 2, 'v2', 'root@localhost', 'training', 'lightgbm',
            'binary', 'RETRAIN', '{}', '', '', NULL, NULL, NULL, NULL, NULL, NULL, '', '', '', 1,
            30, NULL, 30, 0);
        INSERT INTO tasks VALUES ('df05244e-21f7-11ed-be66-010203040506', 'evaluation',
            'root@localhost', 'Airlines_GBM', 'v1', 1, 'EVALUATE', 40, 'finish', 50,
            '{"acc": 0.6694}', NULL, NULL, NULL, NULL, 0);
        INSERT INTO jobs VALUES (1, 'train', '{}', 2, NULL, 'root@localhost', 30, 31, 0);
        INSERT INTO accounts VALUES (1, 'root', 'localhost', x'01', x'02', 5, 5);
        INSERT INTO rights VALUES (1, 'ALL', '');
        INSERT INTO settings VALUES ('require_hint', 'ON', 60);
        INSERT INTO server_keys VALUES ('link',
            x'0707070707070707070707070707070707070707070707070707070707070707', 1);
        """
}
