import BorealBase
import BorealCatalog
import BorealSQL
import BorealTables

/// CREATE, ALTER, DROP and RENAME USER, SET PASSWORD. Each changes all its accounts or none.
struct AccountExecutor {
    typealias Name = AccountRequest.Name

    /// What some accounts of a statement stand in the way of.
    private struct Refused: Error {
        let names: [Name]
    }

    let session: ClientSession

    private var catalog: Catalog { session.engine.catalog }
    private var rights: AccountRights { session.tables.rights }

    // MARK: - CREATE USER

    /// - Returns: the passwords that were made, if any.
    func create(_ node: CreateUser) throws(ServerError) -> FixedTable? {
        try session.demand(.createUser, "CREATE USER")
        try checkCount(node.accounts.count)
        let changes = try AccountRequest.changes(node.options)
        var made: [(name: Name, verifiers: Verifiers)] = []
        var generated: [(Name, String)] = []
        for account in node.accounts {
            guard account.authentication?.replaced == nil else {
                throw .notYet("REPLACE in CREATE USER")
            }
            let name = try AccountRequest.newName(account.account, current: session.accountName)
            let (verifiers, password) = try PasswordVerifiers.make(account.authentication)
            made.append((name, verifiers))
            if let password { generated.append((name, password)) }
        }
        let known = try change("CREATE USER") { change in
            let snapshot = change.snapshot
            let taken = made.map(\.name).filter { snapshot.account($0) != nil }
            let isTwice = Set(made.map(\.name)).count < made.count
            guard !isTwice else { throw Refused(names: made.map(\.name)) }
            guard taken.isEmpty || node.ifExistence else { throw Refused(names: taken) }
            for (name, verifiers) in made where !taken.contains(name) {
                try change.createAccount(
                    name,
                    verifiers: verifiers,
                    options: changes.applied(to: AccountOptions())
                )
            }
            return taken
        }
        for name in known {
            session.tables.warn(
                TableWarning(.note, .accountKnown, "Authorization ID \(name) already exists.")
            )
        }
        return table(of: generated.filter { !known.contains($0.0) })
    }

    private func table(of generated: [(Name, String)]) -> FixedTable? {
        guard !generated.isEmpty else { return nil }
        return FixedTable(
            text: ["user", "host", "generated password", "auth_factor"],
            generated.map { [$0.user, $0.host, $1, "1"] }
        )
    }

    private func checkCount(_ count: Int) throws(ServerError) {
        guard count <= Limits.accountsPerStatementMax else {
            throw .notYet("more than \(Limits.accountsPerStatementMax) accounts in a statement")
        }
    }

    // MARK: - ALTER USER

    /// Everybody may change the own password; all else takes CREATE USER.
    ///
    /// - Returns: the passwords that were made, if any.
    func alter(_ node: CreateUser) throws(ServerError) -> FixedTable? {
        try checkCount(node.accounts.count)
        let changes = try AccountRequest.changes(node.options)
        var altered: [(name: Name, verifiers: Verifiers?)] = []
        var generated: [(Name, String)] = []
        for account in node.accounts {
            let name = AccountRequest.name(account.account, current: session.accountName)
            if name != session.accountName || !changes.isEmpty {
                try session.demand(.createUser, "CREATE USER")
            }
            try checkKeeper(name)
            guard let authentication = account.authentication else {
                altered.append((name, nil))
                continue
            }
            try checkReplaced(authentication.replaced, name)
            let (verifiers, password) = try PasswordVerifiers.make(authentication)
            altered.append((name, verifiers))
            if let password { generated.append((name, password)) }
        }
        let missing = try change("ALTER USER") { change in
            let snapshot = change.snapshot
            let missing = altered.map(\.name).filter { snapshot.account($0) == nil }
            guard missing.isEmpty || node.ifExistence else { throw Refused(names: missing) }
            for (name, verifiers) in altered {
                guard let account = snapshot.account(name) else { continue }
                var options = account.options
                if let verifiers {
                    try change.setVerifiers(of: name, to: verifiers)
                    options.isExpired = false
                }
                try change.setOptions(of: name, to: changes.applied(to: options))
            }
            return missing
        }
        warn(missing)
        return table(of: generated.filter { !missing.contains($0.0) })
    }

    /// SET PASSWORD.
    func setPassword(_ node: SetPassword) throws(ServerError) {
        let current = session.accountName
        let name = node.account.map { AccountRequest.name($0, current: current) } ?? current
        if name != current { try session.demand(.createUser, "CREATE USER") }
        try checkKeeper(name)
        guard let account = catalog.snapshot.account(name) else {
            throw ServerError(.accountMissing, "Can't find any matching row in the user table")
        }
        try checkReplaced(node.replaced, name)
        // An account of one plugin stays one.
        let plugin: String? =
            account.verifiers.sha2 == nil
            ? "mysql_native_password"
            : account.verifiers.native == nil ? "caching_sha2_password" : nil
        let authentication = Authentication(plugin: plugin, secret: .password(node.password))
        let (verifiers, _) = try PasswordVerifiers.make(authentication)
        _ = try change("SET PASSWORD") { change in
            guard let account = change.snapshot.account(name) else { throw Refused(names: [name]) }
            try change.setVerifiers(of: name, to: verifiers)
            var options = account.options
            options.isExpired = false
            try change.setOptions(of: name, to: options)
            return []
        }
    }

    // MARK: - DROP USER and RENAME USER

    func drop(_ node: AccountList) throws(ServerError) {
        try session.demand(.createUser, "CREATE USER")
        let names = node.accounts.map { AccountRequest.name($0, current: session.accountName) }
        for name in names { try checkKeeper(name) }
        let missing = try change("DROP USER") { change in
            let snapshot = change.snapshot
            let missing = names.filter { snapshot.account($0) == nil }
            guard missing.isEmpty || node.ifExistence else { throw Refused(names: missing) }
            for name in Set(names).subtracting(missing) { try change.dropAccount(name) }
            return missing
        }
        warn(missing)
    }

    func rename(_ node: RenameUsers) throws(ServerError) {
        try session.demand(.createUser, "CREATE USER")
        var pairs: [(from: Name, to: Name)] = []
        for pair in node.pairs {
            let from = AccountRequest.name(pair.from, current: session.accountName)
            try checkKeeper(from)
            let to = try AccountRequest.newName(pair.to, current: session.accountName)
            pairs.append((from, to))
        }
        _ = try change("RENAME USER") { change in
            for (from, to) in pairs {
                let snapshot = change.snapshot
                guard snapshot.account(from) != nil, snapshot.account(to) == nil else {
                    throw Refused(names: [from])
                }
                try change.renameAccount(from, to: to)
            }
            return []
        }
    }

    // MARK: - Parts

    /// `REPLACE 'password'`: who changes the own password shows that it is the one that was.
    private func checkReplaced(_ password: String?, _ name: Name) throws(ServerError) {
        guard let password else { return }
        guard name == session.accountName else {
            throw ServerError(
                .currentPasswordNotRequired,
                "Do not specify the current password while changing it for other users."
            )
        }
        guard let account = catalog.snapshot.account(name) else { return }
        guard try PasswordVerifiers.opens(account.verifiers, with: password) else {
            throw ServerError(
                .incorrectCurrentPassword,
                "Incorrect current password. Specify the correct password which has to be replaced."
            )
        }
    }

    /// Who may make accounts may not take over one that may do more: the server's keepers are
    /// changed by themselves and by each other.
    func checkKeeper(_ name: Name) throws(ServerError) {
        guard name != session.accountName, !rights.dynamic.contains("SYSTEM_ADMIN"),
            let account = catalog.snapshot.account(name),
            account.expandedRights.contains(Right("SYSTEM_ADMIN"))
        else { return }
        throw .rightNeeded("SYSTEM_ADMIN")
    }

    /// Runs a change of the registry after committing the session's transaction, as DDL does.
    ///
    /// - Returns: the accounts that the change passed over.
    private func change(
        _ operation: String,
        _ body: (CatalogTransaction) throws -> [Name]
    ) throws(ServerError) -> [Name] {
        try session.commitBeforeDefinition()
        do {
            return try catalog.write(body)
        } catch let refused as Refused {
            let names = refused.names.map(\.description).joined(separator: ",")
            throw ServerError(
                .accountOperationFailed,
                "Operation \(operation) failed for \(names)"
            )
        } catch let error as CatalogError {
            throw ServerError(error)
        } catch {
            throw .internalError("\(error)")
        }
    }

    private func warn(_ missing: [Name]) {
        for name in missing {
            session.tables.warn(
                TableWarning(.note, .accountUnknown, "Authorization ID \(name) does not exist.")
            )
        }
    }
}

extension ClientSession {
    /// - Throws: 1227 unless one of these privileges is held on everything.
    func demand(_ privileges: Privileges, _ words: String) throws(ServerError) {
        guard tables.rights.server.isDisjoint(with: privileges) else { return }
        throw .rightNeeded(words)
    }

    /// Ends the open transaction and keeps what it changed, as every definition does.
    func commitBeforeDefinition() throws(ServerError) {
        do {
            try tables.commit()
        } catch {
            throw ServerError(table: error)
        }
    }
}
