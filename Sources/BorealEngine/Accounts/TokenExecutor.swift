import BorealBase
import BorealCatalog
import BorealSQL
import BorealTables

/// CREATE TOKEN and DROP TOKEN: what opens the HTTP door in place of a password.
///
/// The token is told once and kept nowhere; the registry holds its SHA-256. Who makes one for
/// another account needs the right to change that account's password.
struct TokenExecutor {
    let session: ClientSession

    func create(_ node: CreateToken) throws(ServerError) -> FixedTable {
        let owner = try owner(node.account)
        let secret = RandomSecret.token()
        let seconds = node.lifeSeconds.map { Int64(clamping: min($0, Self.lifeSecondsMax)) }
        let expires = seconds.map {
            Instant(microseconds: Instant.now.microseconds + $0 * 1_000_000)
        }
        let name: String
        do {
            let catalog = session.engine.catalog
            name = try catalog.update { (change) throws(CatalogError) in
                let taken = Set(change.snapshot.tokens(of: owner).map(\.name))
                let name = node.name ?? Self.freeName(taken)
                guard !name.isEmpty, name.utf8.count <= CatalogLimits.tokenNameBytesMax else {
                    throw .invalidName(name)
                }
                guard taken.count < CatalogLimits.tokensPerAccountMax else {
                    throw .tooLarge(limit: CatalogLimits.tokensPerAccountMax)
                }
                let hash = try AccountToken.hash(of: secret)
                try change.createToken(name, of: owner, hash: hash, expires: expires)
                return name
            }
        } catch {
            throw Self.error(error)
        }
        return FixedTable(
            text: ["name", "token", "expires"],
            [[name, secret, expires?.text(in: .system) ?? ""]]
        )
    }

    /// A hundred years: longer is for ever too.
    private static let lifeSecondsMax: UInt64 = 3_155_760_000

    private static func freeName(_ taken: Set<String>) -> String {
        var number = taken.count + 1
        while taken.contains("token\(number)") { number += 1 }
        return "token\(number)"
    }

    func drop(_ node: DropToken) throws(ServerError) {
        let owner = try owner(node.account)
        do {
            try session.engine.catalog.update { (change) throws(CatalogError) in
                try change.dropToken(node.name, of: owner)
            }
        } catch .tokenNotFound where node.ifExists {
            return
        } catch {
            throw Self.error(error)
        }
    }

    private func owner(
        _ node: BorealSQL.AccountName
    ) throws(ServerError) -> BorealCatalog.AccountName {
        try session.commitBeforeDefinition()
        let owner = AccountRequest.name(node, current: session.accountName)
        if owner != session.accountName { try session.demand(.createUser, "CREATE USER") }
        try AccountExecutor(session: session).checkKeeper(owner)
        return owner
    }

    private static func error(_ error: CatalogError) -> ServerError {
        switch error {
        case .accountNotFound(let name):
            ServerError(.accountOperationFailed, "Operation CREATE TOKEN failed for \(name)")
        case .tokenExists(let name): .invalidOption(name, "the account has a token of that name")
        case .tokenNotFound(let name): .invalidOption(name, "the account has no such token")
        case .invalidName(let name):
            .invalidOption(
                name,
                "a token's name has 1 to \(CatalogLimits.tokenNameBytesMax) bytes"
            )
        case .tooLarge(let limit): .invalidOption("TOKEN", "an account may have \(limit)")
        default: ServerError(error)
        }
    }
}
