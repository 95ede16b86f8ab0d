import BorealBase
import BorealCatalog
import BorealNet
import BorealSQL
import BorealTables
import BorealUpstream

/// CREATE SOURCE, ALTER SOURCE, DROP SOURCE and what is shown of sources.
///
/// They are the business of those who may change settings; to use one takes the privilege UPSTREAM.
struct SourceExecutor {
    let session: ClientSession

    private var engine: Engine { session.engine }

    // MARK: - Changes

    func create(_ node: CreateSource) throws(ServerError) {
        try demandAdministrator()
        try session.commitBeforeDefinition()
        if node.isAlter { return try alter(node) }
        let name = try checked(node.name.name)
        guard let text = node.url else {
            throw .invalidOption("OPTIONS", "a source needs a URL: OPTIONS (URL 'mysql://...')")
        }
        if let known = engine.catalog.snapshot.document(.source, name.asciiLowercased) {
            let error = ServerError.sourceExists(try StoredSource(known).name)
            guard node.ifNotExists else { throw error }
            return session.tables.warn(TableWarning(.note, error.code, error.message))
        }
        let comment = node.comment ?? ""
        let source = StoredSource(name: name, url: try url(text), comment: comment)
        try checkComment(comment)
        try check(source)
        let secrets = try source.secrets(engine.vault)
        try change(source.id) { (change) throws(CatalogError) in
            guard change.snapshot.documentCount(.source) < Limits.sourcesMax else {
                throw .tooLarge(limit: Limits.sourcesMax)
            }
            _ = try change.createDocument(
                .source,
                source.id,
                owner: session.accountName.plain,
                body: source.body,
                secrets: secrets
            )
        }
    }

    private func alter(_ node: CreateSource) throws(ServerError) {
        let id = node.name.name.asciiLowercased
        guard let document = engine.catalog.snapshot.document(.source, id) else {
            throw .sourceMissing(node.name.name)
        }
        var source = try StoredSource(document)
        if let comment = node.comment {
            try checkComment(comment)
            source.comment = comment
        }
        var secrets: String?
        if let text = node.url {
            source = StoredSource(name: source.name, url: try url(text), comment: source.comment)
            try check(source)
            secrets = try source.secrets(engine.vault)
        }
        try change(id) { (change) throws(CatalogError) in
            _ = try change.updateDocument(.source, id, body: source.body, secrets: secrets)
        }
    }

    func drop(_ node: DropSource) throws(ServerError) {
        try demandAdministrator()
        try session.commitBeforeDefinition()
        let id = node.name.name.asciiLowercased
        guard engine.catalog.snapshot.document(.source, id) != nil else {
            let error = ServerError.sourceMissing(node.name.name)
            guard node.ifExists else { throw error }
            return session.tables.warn(TableWarning(.note, error.code, error.message))
        }
        try change(id) { (change) throws(CatalogError) in
            _ = try change.dropDocument(.source, id)
        }
    }

    private func change(
        _ id: String,
        _ body: (CatalogTransaction) throws(CatalogError) -> Void
    ) throws(ServerError) {
        do throws(CatalogError) {
            try engine.catalog.update(body)
        } catch {
            switch error {
            case .tooLarge(let limit):
                throw .invalidOption("SOURCE", "there may be \(limit) sources")
            case .documentExists(let id): throw .sourceExists(id)
            case .documentNotFound(let id): throw .sourceMissing(id)
            default: throw ServerError(error)
            }
        }
        engine.sources.noteChange(of: id)
    }

    // MARK: - Checks

    /// As for settings: who may say which addresses remote models reach.
    private func demandAdministrator() throws(ServerError) {
        guard isAdministrator else { throw .rightNeeded("SYSTEM_ADMIN") }
    }

    private var isAdministrator: Bool {
        session.tables.rights.holdsAny(.superuser, "SYSTEM_ADMIN")
    }

    /// A name that can stand before a dot without quotes, and that means nothing else there.
    private func checked(_ name: String) throws(ServerError) -> String {
        guard name.utf8.count <= Limits.sourceNameBytesMax else {
            throw ServerError(
                .identifierTooLong,
                "A source's name of \(name.utf8.count) bytes is too long; "
                    + "\(Limits.sourceNameBytesMax) are allowed"
            )
        }
        let letters = name.utf8.first.map { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A } ?? false
        let isPlain = name.utf8.allSatisfy { byte in
            let lower = byte | 0x20
            return lower >= 0x61 && lower <= 0x7A || byte >= 0x30 && byte <= 0x39 || byte == 0x5F
        }
        guard letters, isPlain else {
            throw .invalidOption(
                name,
                "a source's name begins with a letter, then letters, digits and '_'"
            )
        }
        guard !Keyword.isReserved(name) else {
            throw .invalidOption(name, "a reserved word cannot name a source")
        }
        guard !isDatabase(name.asciiLowercased) else {
            throw .invalidOption(name, "a database of this server has that name")
        }
        return name
    }

    private func isDatabase(_ name: String) -> Bool {
        Self.reserved.contains(name)
            || engine.tables.schema.databases.keys.contains { $0.asciiLowercased == name }
    }

    /// Databases that are there without being made, or are made when they are needed.
    private static let reserved: Set<String> = [
        "information_schema", "performance_schema", "mysql", "sys", "boreal_ai", "polar_ai",
        "polar4ai", "local",
    ]

    private func url(_ text: String) throws(ServerError) -> UpstreamURL {
        do throws(UpstreamURL.Problem) {
            return try UpstreamURL(text)
        } catch {
            throw .invalidOption("URL", error.message)
        }
    }

    private func checkComment(_ comment: String) throws(ServerError) {
        guard comment.utf8.count > CatalogLimits.commentBytesMax else { return }
        throw ServerError(
            .commentTooLong(bytes: comment.utf8.count, limit: CatalogLimits.commentBytesMax)
        )
    }

    /// What can be known of a source before anybody connects: an address that is one, and files.
    private func check(_ source: StoredSource) throws(ServerError) {
        // Behind a socket of this machine a server takes Boreal's user of the system for its word.
        guard source.url.socket.isEmpty else {
            throw .invalidOption("URL", "a socket is for the source of the server's start")
        }
        if let address = IPAddress(source.url.host),
            !engine.sources.allows(address, port: source.url.port)
        {
            throw .sourceAddressRefused(source.url.address)
        }
        _ = try engine.sources.make(source)
    }

    // MARK: - What is shown

    /// The columns of `SHOW SOURCES`.
    static let columns = [
        "source", "address", "database", "user", "ssl_mode", "status", "comment",
    ]

    /// SHOW SOURCES: those that one may use, or change.
    func listed() throws(ServerError) -> FixedTable {
        let rights = session.tables.rights
        guard isAdministrator || rights.dynamic.contains("UPSTREAM") else {
            return FixedTable(text: Self.columns, [])
        }
        var rows: [[String]] = []
        for document in engine.catalog.snapshot.documents(.source) {
            let source = try StoredSource(document)
            rows.append([
                source.name, source.url.address, source.url.database ?? "", source.url.user,
                source.url.sslMode.rawValue, status(source), source.comment,
            ])
        }
        return FixedTable(text: Self.columns, rows.sorted { $0[0] < $1[0] })
    }

    /// What the last attempt to connect came to.
    private func status(_ source: StoredSource) -> String {
        let server: UpstreamServer
        do throws(ServerError) {
            server = try engine.sources.server(source.name)
        } catch {
            return error.numberAndSentence
        }
        let health = server.health
        if let error = health.lastError {
            return ServerError(upstream: error, server: source.url.address).numberAndSentence
        }
        guard health.connections > 0 else { return "not used yet" }
        return health.version.map { "connected, \($0)" } ?? "connected"
    }

    /// SHOW CREATE SOURCE: the statement with stars for the password.
    func definition(_ name: String) throws(ServerError) -> FixedTable {
        try demandAdministrator()
        guard let document = engine.catalog.snapshot.document(.source, name.asciiLowercased) else {
            throw .sourceMissing(name)
        }
        let source = try StoredSource(document)
        var url = source.url
        if source.hasPassword { url.password = "***" }
        var text = "CREATE SOURCE `\(source.name)` OPTIONS (URL \(Self.quoted(url.maskedText))"
        if !source.comment.isEmpty { text += ", COMMENT \(Self.quoted(source.comment))" }
        return FixedTable(text: ["Source", "Create Source"], [[source.name, text + ")"]])
    }

    private static func quoted(_ text: String) -> String {
        "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "''") + "'"
    }
}

extension ShowStatement.Subject {
    /// True for what `SourceExecutor` shows.
    var isSource: Bool {
        switch self {
        case .sources, .createSource: true
        default: false
        }
    }
}
