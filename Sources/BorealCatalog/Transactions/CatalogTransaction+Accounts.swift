import BorealBase
import BorealSQLite

extension CatalogTransaction {
    // MARK: - Accounts

    /// Makes an account without any right.
    ///
    /// - Throws: `CatalogError.accountExists`.
    @discardableResult
    public func createAccount(
        _ name: AccountName,
        verifiers: Verifiers
    ) throws(CatalogError) -> Account {
        guard content.accounts[name] == nil else { throw .accountExists(name) }
        let rowID = try insert(
            """
            INSERT INTO accounts (user, host, native_verifier, sha2_verifier, created, altered)
            VALUES (?, ?, ?, ?, ?, ?)
            """,
            [
                .text(name.user), .text(name.host), .bytes(verifiers.native),
                .bytes(verifiers.sha2), .time(now), .time(now),
            ]
        )
        let account = Account(
            rowID: rowID,
            name: name,
            verifiers: verifiers,
            rights: [],
            created: now,
            altered: now
        )
        content.accounts[name] = account
        return account
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
        content.accounts[name] = account
    }

    /// Renames an account; rights and password stay.
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
        content.accounts[newName] = Account(
            rowID: old.rowID,
            name: newName,
            verifiers: old.verifiers,
            rights: old.rights,
            created: old.created,
            altered: now
        )
    }

    /// Removes an account with its rights. What it owns stays.
    ///
    /// - Throws: `CatalogError.accountNotFound`.
    public func dropAccount(_ name: AccountName) throws(CatalogError) {
        let account = try account(name)
        try run("DELETE FROM rights WHERE account = ?", [.integer(account.rowID)])
        try run("DELETE FROM accounts WHERE id = ?", [.integer(account.rowID)])
        content.accounts[name] = nil
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
        content.accounts[name] = account
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
        content.accounts[name] = account
    }

    private func account(_ name: AccountName) throws(CatalogError) -> Account {
        guard let account = content.accounts[name] else { throw .accountNotFound(name) }
        return account
    }

    // MARK: - Settings

    /// Makes a setting durable; nil goes back to what the other sources say.
    public func setSetting(_ name: String, to value: String?) throws(CatalogError) {
        if let value {
            try run(
                """
                INSERT INTO settings (name, value, changed) VALUES (?, ?, ?)
                ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed = excluded.changed
                """,
                [.text(name), .text(value), .time(now)]
            )
        } else {
            try run("DELETE FROM settings WHERE name = ?", [.text(name)])
        }
        content.settings[name] = value
    }

    // MARK: - Uploads

    /// Notes a file that arrived. Another account's upload of that name is not replaced.
    ///
    /// - Throws: `CatalogError.uploadOwned`.
    func recordUpload(
        _ name: String,
        owner: String,
        bytes: Int64
    ) throws(CatalogError) -> Upload {
        if let known = content.uploads[name], known.owner != owner {
            throw .uploadOwned(name: name)
        }
        try run(
            """
            INSERT INTO uploads (name, owner, bytes, created, used) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (name) DO UPDATE SET bytes = excluded.bytes, created = excluded.created,
                used = excluded.used
            """,
            [.text(name), .text(owner), .integer(bytes), .time(now), .time(now)]
        )
        let upload = Upload(name: name, owner: owner, bytes: bytes, created: now, used: now)
        content.uploads[name] = upload
        return upload
    }

    func touchUpload(_ name: String) throws(CatalogError) {
        guard var upload = content.uploads[name] else { throw .uploadNotFound(name: name) }
        upload.used = now
        try run("UPDATE uploads SET used = ? WHERE name = ?", [.time(now), .text(name)])
        content.uploads[name] = upload
    }

    func removeUpload(_ name: String) throws(CatalogError) {
        try run("DELETE FROM uploads WHERE name = ?", [.text(name)])
        content.uploads[name] = nil
    }
}

extension SQLiteValue {
    /// Bytes, NULL for none.
    fileprivate static func bytes(_ bytes: [UInt8]?) -> SQLiteValue {
        bytes.map { .blob($0) } ?? .null
    }
}
