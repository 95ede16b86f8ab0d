public import BorealBase
import BorealSQLite

extension CatalogTransaction {
    // MARK: - Accounts

    /// Makes an account without any right.
    ///
    /// - Throws: `CatalogError.accountExists`.
    @discardableResult
    public func createAccount(
        _ name: AccountName,
        verifiers: Verifiers,
        options: AccountOptions = AccountOptions()
    ) throws(CatalogError) -> Account {
        guard content.accounts[name] == nil else { throw .accountExists(name) }
        let rowID = try insert(
            """
            INSERT INTO accounts (user, host, native_verifier, sha2_verifier, created, altered,
                locked, expired, connection_type, connections_max, attribute,
                x509_subject, x509_issuer, ssl_cipher)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .text(name.user), .text(name.host), .bytes(verifiers.native),
                .bytes(verifiers.sha2), .time(now), .time(now),
            ] + values(of: options)
        )
        let account = Account(
            rowID: rowID,
            name: name,
            verifiers: verifiers,
            rights: [],
            options: options,
            created: now,
            altered: now
        )
        keep(account)
        return account
    }

    private func values(of options: AccountOptions) -> [SQLiteValue] {
        [
            .flag(options.isLocked), .flag(options.isExpired),
            .text(options.connectionType.rawValue), .integer(Int64(options.connectionsMax)),
            .text(options.attribute), .text(options.certificate.subject),
            .text(options.certificate.issuer), .text(options.certificate.cipher),
        ]
    }

    /// Puts an account where readers find it; sessions look at it when the revision has grown.
    private func keep(_ account: Account) {
        content.accounts[account.name] = account
        content.accountsRevision += 1
    }

    /// Says other things about an account.
    ///
    /// - Throws: `CatalogError.accountNotFound`.
    public func setOptions(
        of name: AccountName,
        to options: AccountOptions
    ) throws(CatalogError) {
        var account = try account(name)
        account.options = options
        try run(
            """
            UPDATE accounts SET locked = ?, expired = ?, connection_type = ?, connections_max = ?,
                attribute = ?, x509_subject = ?, x509_issuer = ?, ssl_cipher = ? WHERE id = ?
            """,
            values(of: options) + [.integer(account.rowID)]
        )
        keep(account)
    }

    /// Gives an account another password.
    ///
    /// - Throws: `CatalogError.accountNotFound`.
    public func setVerifiers(
        of name: AccountName,
        to verifiers: Verifiers
    ) throws(CatalogError) {
        var account = try account(name)
        account.verifiers = verifiers
        account.altered = now
        try run(
            "UPDATE accounts SET native_verifier = ?, sha2_verifier = ?, altered = ? WHERE id = ?",
            [
                .bytes(verifiers.native), .bytes(verifiers.sha2), .time(now),
                .integer(account.rowID),
            ]
        )
        keep(account)
    }

    /// Renames an account; rights, password and what it owns stay its own.
    ///
    /// - Throws: `CatalogError.accountNotFound`, `.accountExists`.
    public func renameAccount(
        _ name: AccountName,
        to newName: AccountName
    ) throws(CatalogError) {
        let old = try account(name)
        guard content.accounts[newName] == nil else { throw .accountExists(newName) }
        try run(
            "UPDATE accounts SET user = ?, host = ?, altered = ? WHERE id = ?",
            [.text(newName.user), .text(newName.host), .time(now), .integer(old.rowID)]
        )
        content.accounts[name] = nil
        keep(
            Account(
                rowID: old.rowID,
                name: newName,
                verifiers: old.verifiers,
                rights: old.rights,
                options: old.options,
                created: old.created,
                altered: now
            )
        )
        for (hash, token) in content.tokens where token.account == old.rowID {
            content.tokens[hash]?.owner = newName
        }
        try moveOwned(from: name.plain, to: newName.plain)
    }

    /// Models, tasks, features, jobs and uploads follow their owner's name.
    private func moveOwned(from old: String, to new: String) throws(CatalogError) {
        for (table, column) in [
            ("models", "owner"), ("versions", "owner"), ("tasks", "owner"), ("uploads", "owner"),
            ("jobs", "user"),
        ] {
            try run(
                "UPDATE \(table) SET \(column) = ? WHERE \(column) = ?",
                [.text(new), .text(old)]
            )
        }
        for var model in content.models.values {
            guard model.owner == old || model.versions.contains(where: { $0.owner == old }) else {
                continue
            }
            if model.owner == old { model.owner = new }
            for index in model.versions.indices where model.versions[index].owner == old {
                model.versions[index].owner = new
            }
            content.models[model.key] = model
        }
        for var task in content.tasks.values where task.owner == old {
            task.owner = new
            content.tasks[task.id] = task
        }
        try moveFeatures(from: old, to: new)
        try moveDocuments(from: old, to: new)
        for var job in content.jobs.values where job.user == old {
            job.user = new
            content.jobs[job.id] = job
        }
        for (key, upload) in content.uploads where upload.owner == old {
            content.uploads[key]?.owner = new
        }
    }

    /// Removes an account with its rights. What it owns stays.
    ///
    /// - Throws: `CatalogError.accountNotFound`.
    public func dropAccount(_ name: AccountName) throws(CatalogError) {
        let account = try account(name)
        for table in ["rights", "tokens"] {
            try run("DELETE FROM \(table) WHERE account = ?", [.integer(account.rowID)])
        }
        try run("DELETE FROM accounts WHERE id = ?", [.integer(account.rowID)])
        content.accounts[name] = nil
        content.accountsRevision += 1
        content.tokens = content.tokens.filter { $0.value.account != account.rowID }
    }

    /// Gives rights; those it holds already are no error.
    ///
    /// - Throws: `CatalogError.accountNotFound`.
    public func grant(_ rights: [Right], to name: AccountName) throws(CatalogError) {
        var account = try account(name)
        for right in rights where account.rights.insert(right).inserted {
            try run(
                "INSERT INTO rights (account, name, object) VALUES (?, ?, ?)",
                [.integer(account.rowID), .text(right.name), .text(right.object)]
            )
        }
        keep(account)
    }

    /// Takes rights away.
    ///
    /// - Throws: `CatalogError.accountNotFound`, `.rightNotFound` for the first one not held.
    public func revoke(_ rights: [Right], from name: AccountName) throws(CatalogError) {
        var account = try account(name)
        for right in rights {
            guard account.rights.remove(right) != nil else { throw .rightNotFound(name, right) }
            try run(
                "DELETE FROM rights WHERE account = ? AND name = ? AND object = ?",
                [.integer(account.rowID), .text(right.name), .text(right.object)]
            )
        }
        keep(account)
    }

    // MARK: - Tokens

    /// Makes a token of an account.
    ///
    /// - Parameter hash: SHA-256 of what the client will send.
    /// - Throws: `CatalogError.accountNotFound`, `.tokenExists`.
    @discardableResult
    public func createToken(
        _ name: String,
        of owner: AccountName,
        hash: [UInt8],
        expires: Instant?
    ) throws(CatalogError) -> AccountToken {
        let account = try account(owner)
        let isTaken = content.tokens.values.contains {
            $0.account == account.rowID && $0.name == name
        }
        guard !isTaken else { throw .tokenExists(name: name) }
        try run(
            "INSERT INTO tokens (account, name, hash, created, expires) VALUES (?, ?, ?, ?, ?)",
            [.integer(account.rowID), .text(name), .blob(hash), .time(now), .time(expires)]
        )
        let token = AccountToken(
            account: account.rowID,
            owner: owner,
            name: name,
            hash: hash,
            created: now,
            expires: expires
        )
        content.tokens[hash] = token
        return token
    }

    /// Removes a token; who holds it gets in no more.
    ///
    /// - Throws: `CatalogError.accountNotFound`, `.tokenNotFound`.
    public func dropToken(_ name: String, of owner: AccountName) throws(CatalogError) {
        let account = try account(owner)
        let found = content.tokens.first {
            $0.value.account == account.rowID && $0.value.name == name
        }
        guard let found else { throw .tokenNotFound(name: name) }
        try run(
            "DELETE FROM tokens WHERE account = ? AND name = ?",
            [.integer(account.rowID), .text(name)]
        )
        content.tokens[found.key] = nil
    }

    private func account(_ name: AccountName) throws(CatalogError) -> Account {
        guard let account = content.accounts[name] else { throw .accountNotFound(name) }
        return account
    }
}

extension SQLiteValue {
    /// Bytes, NULL for none.
    fileprivate static func bytes(_ bytes: [UInt8]?) -> SQLiteValue {
        bytes.map { .blob($0) } ?? .null
    }
}
