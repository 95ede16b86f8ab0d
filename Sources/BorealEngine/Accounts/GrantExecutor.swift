import BorealBase
import BorealCatalog
import BorealSQL
import BorealTables

/// GRANT and REVOKE on everything, databases, tables and models.
struct GrantExecutor {
    typealias Name = AccountRequest.Name

    let session: ClientSession

    private var rights: AccountRights { session.tables.rights }
    private var catalog: Catalog { session.engine.catalog }

    /// What a statement gives or takes.
    private struct Request {
        var object: GrantObject
        var words: Set<String>
    }

    func run(_ node: Grant) throws(ServerError) {
        guard node.roles.isEmpty else { throw .notYet("roles") }
        for account in node.accounts where account.authentication != nil {
            throw .notYet("IDENTIFIED in GRANT; CREATE USER makes accounts")
        }
        let names = node.accounts.map {
            AccountRequest.name($0.account, current: session.accountName)
        }
        guard let level = node.level else { return try revokeAll(from: names, node.ifExists) }
        let object = try object(level)
        var request = Request(object: object, words: try words(node.privileges, object))
        if request.words.contains("PREDICT"), object == .everything {
            // A right on models is one on all of them.
            request.words.remove("PREDICT")
            try run(node, Request(object: .allModels, words: ["PREDICT"]), names)
        }
        try run(node, request, names)
    }

    private func run(
        _ node: Grant,
        _ request: Request,
        _ names: [Name]
    ) throws(ServerError) {
        if node.isRevoke {
            try checkGranter(request)
            try revoke(request, from: names, node.ifExists)
        } else {
            var request = request
            if node.withGrantOption { request.words.insert("GRANT OPTION") }
            try checkExistence(request)
            try checkGranter(request)
            try grant(request, to: names)
        }
    }

    // MARK: - Reading

    private func object(_ level: PrivilegeLevel) throws(ServerError) -> GrantObject {
        switch level {
        case .global: return .everything
        case .database(let name): return .database(name.name)
        case .currentDatabase:
            guard let database = session.tables.database else { throw .noDatabaseSelected }
            return .database(database)
        case .table(let name):
            guard let database = name.database?.name ?? session.tables.database else {
                throw .noDatabaseSelected
            }
            return .table(database, name.name.name)
        case .routine(let kind, _): throw .notYet("GRANT ON \(kind.text)")
        case .model(let name):
            return name.map { .model($0.name.asciiLowercased) } ?? .allModels
        }
    }

    /// The words that may be held on such an object, ALL written out.
    private func words(
        _ privileges: [Privilege],
        _ object: GrantObject
    ) throws(ServerError) -> Set<String> {
        var words: Set<String> = []
        for privilege in privileges {
            guard privilege.columns.isEmpty else { throw .notYet("privileges on columns") }
            switch privilege.name {
            case "USAGE": continue
            case "ALL", "ALL PRIVILEGES":
                words.formUnion(Self.all(on: object))
            case let word:
                try check(word, object)
                words.insert(word)
            }
        }
        return words
    }

    /// What ALL means on such an object.
    private static func all(on object: GrantObject) -> Set<String> {
        switch object {
        case .everything: Set(Privileges.all.words).union(AccountRights.dynamicWords)
        case .database: Set(Privileges.ofDatabases.words)
        case .table: Set(Privileges.ofTables.words)
        case .model, .allModels: ["PREDICT"]
        }
    }

    private func check(_ word: String, _ object: GrantObject) throws(ServerError) {
        let isStatic = Privileges(word: word) != nil
        let isDynamic = AccountRights.dynamicWords.contains(word)
        guard isStatic || isDynamic else {
            throw ServerError(
                .privilegeUnknown,
                "Dynamic privilege '\(word)' is not registered with the server."
            )
        }
        if word == "GRANT OPTION" { return }
        switch object {
        case .everything: return
        case .database where isStatic:
            guard !Self.all(on: object).contains(word) else { return }
            throw ServerError(
                .wrongUsage,
                "Incorrect usage of DB GRANT and GLOBAL PRIVILEGES"
            )
        case .table where isStatic, .model where isStatic, .allModels where isStatic:
            guard !Self.all(on: object).contains(word) else { return }
            throw ServerError(
                .illegalGrant,
                "Illegal GRANT/REVOKE command; please consult the manual to see which "
                    + "privileges can be used"
            )
        case .model where word == "PREDICT", .allModels where word == "PREDICT": return
        default:
            throw ServerError(
                .illegalPrivilegeLevel,
                "Illegal privilege level specified for \(word)"
            )
        }
    }

    /// A right on a table that is not there yet is given together with the one to make it.
    private func checkExistence(_ request: Request) throws(ServerError) {
        switch request.object {
        case .table(let database, let name):
            let isThere = session.engine.tables.schema.table(database, name) != nil
            guard isThere || request.words.contains("CREATE") else {
                throw ServerError(
                    .noSuchTable,
                    "Table '\(database).\(name)' doesn't exist"
                )
            }
        case .model(let name):
            if ModelAccess(rights).isAdministrator { _ = try session.engine.models.resolve(name) }
        default: return
        }
    }

    // MARK: - Who may

    /// Nobody gives more than it has, and what it has only with GRANT OPTION.
    private func checkGranter(_ request: Request) throws(ServerError) {
        switch request.object {
        case .everything:
            let needed = Self.privileges(request.words).union(.grantOption)
            let dynamic = request.words.filter(AccountRights.dynamicWords.contains)
            guard rights.server.isSuperset(of: needed), rights.dynamic.isSuperset(of: dynamic)
            else {
                throw ServerError(
                    .accessDenied,
                    "Access denied for user '\(rights.user)'@'\(rights.host)' "
                        + "(using password: YES)"
                )
            }
        case .database(let name):
            let needed = Self.privileges(request.words).union(.grantOption)
            guard rights.held(onPattern: name).isSuperset(of: needed),
                name != "information_schema", name != "performance_schema"
            else {
                throw ServerError(
                    .databaseAccessDenied,
                    "Access denied for user '\(rights.user)'@'\(rights.host)' to database "
                        + "'\(name)'"
                )
            }
        case .table(let database, let name):
            let needed = Self.privileges(request.words).union(.grantOption)
            do {
                try rights.check(needed, on: database, name)
            } catch {
                throw ServerError(table: error)
            }
        case .model(let name): try checkModelGranter(name)
        case .allModels: try checkModelGranter(nil)
        }
    }

    private func checkModelGranter(_ name: String?) throws(ServerError) {
        let access = ModelAccess(rights)
        let snapshot = catalog.snapshot
        if access.isAdministrator, rights.server.contains(.grantOption) { return }
        guard let name else { throw .rightNeeded("MODEL_ADMIN and GRANT OPTION") }
        if let model = snapshot.model(named: name), model.owner == access.owner { return }
        let object = GrantObject.model(name).stored
        if let account = snapshot.account(session.accountName),
            account.rights.contains(Right("PREDICT", on: object)),
            account.rights.contains(Right("GRANT OPTION", on: object))
        {
            return
        }
        try access.checkChange("GRANT", name, snapshot)
        throw .rightNeeded("GRANT OPTION")
    }

    private static func privileges(_ words: Set<String>) -> Privileges {
        words.reduce(into: []) { $0.formUnion(Privileges(word: $1) ?? []) }
    }

    // MARK: - Changing

    private func grant(_ request: Request, to names: [Name]) throws(ServerError) {
        let given = request.words.map { Right($0, on: request.object.stored) }
        try change { change in
            for name in names {
                guard change.snapshot.account(name) != nil else {
                    throw ServerError(
                        .grantMakesNoAccount,
                        "You are not allowed to create a user with GRANT"
                    )
                }
                try change.grant(given, to: name)
            }
        }
    }

    private func revoke(
        _ request: Request,
        from names: [Name],
        _ ifExists: Bool
    ) throws(ServerError) {
        try change { change in
            for name in names {
                guard let account = change.snapshot.account(name) else {
                    if ifExists { continue }
                    throw Self.noSuchGrant(name, request.object)
                }
                try Self.expand(account, change)
                let object = request.object.stored
                let held = (change.snapshot.account(name)?.rights ?? []).filter {
                    $0.object == object
                }
                // As in MySQL a right on everything may be taken from who has it not.
                guard !held.isEmpty || request.object == .everything || ifExists else {
                    throw Self.noSuchGrant(name, request.object)
                }
                try change.revoke(
                    held.filter { request.words.contains($0.name) },
                    from: name
                )
            }
        }
    }

    /// REVOKE ALL PRIVILEGES, GRANT OPTION: nothing is left.
    private func revokeAll(from names: [Name], _ ifExists: Bool) throws(ServerError) {
        try session.demand(.createUser, "CREATE USER")
        for name in names { try AccountExecutor(session: session).checkKeeper(name) }
        try change { change in
            for name in names {
                guard let account = change.snapshot.account(name) else {
                    if ifExists { continue }
                    throw ServerError(
                        .revokeFailed,
                        "Can't revoke all privileges for one or more of the requested users"
                    )
                }
                try change.revoke(Array(account.rights), from: name)
            }
        }
    }

    /// Writes the one right for all out before a part of it is taken away.
    private static func expand(
        _ account: Account,
        _ change: CatalogTransaction
    ) throws(CatalogError) {
        let expanded = account.expandedRights
        guard expanded != account.rights else { return }
        try change.revoke(Array(account.rights.subtracting(expanded)), from: account.name)
        try change.grant(Array(expanded), to: account.name)
    }

    private static func noSuchGrant(_ name: Name, _ object: GrantObject) -> ServerError {
        if case .table(_, let table) = object {
            return ServerError(
                .noSuchTableGrant,
                "There is no such grant defined for user '\(name.user)' on host '\(name.host)' "
                    + "on table '\(table)'"
            )
        }
        return .noSuchGrant(name)
    }

    private func change(_ body: (CatalogTransaction) throws -> Void) throws(ServerError) {
        try session.commitBeforeDefinition()
        do {
            try catalog.write(body)
        } catch let error as ServerError {
            throw error
        } catch let error as CatalogError {
            throw ServerError(error)
        } catch {
            throw .internalError("\(error)")
        }
    }
}

extension ServerError {
    static func noSuchGrant(_ name: BorealCatalog.AccountName) -> ServerError {
        ServerError(
            .noSuchGrant,
            "There is no such grant defined for user '\(name.user)' on host '\(name.host)'"
        )
    }

    static var noDatabaseSelected: ServerError {
        ServerError(.noDatabaseSelected, "No database selected")
    }
}
