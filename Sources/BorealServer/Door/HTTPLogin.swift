import BorealBase
import BorealCatalog
import BorealEngine
import BorealHTTP
import BorealNet
import BorealWire

/// Who asks at the HTTP door: an account of the SQL side, by user and password (`Basic`) or by one
/// of its tokens (`Bearer`).
struct HTTPLogin {
    /// Why a request is turned away.
    struct Refusal: Error {
        let response: HTTPResponse
    }

    let core: ServerCore

    /// The account a request's credentials open.
    ///
    /// A password that was verified once is remembered as a hash until the account changes; plain
    /// requests with credentials are answered on loopback only, unless `http_require_tls` is off.
    func account(of request: HTTPRequest) -> Result<Account, Refusal> {
        let basic = request.basicCredentials.map {
            (user: $0.user.cut(scalars: Limits.accountNameCharactersMax), password: $0.password)
        }
        let token = request.bearerToken
        guard basic != nil || token != nil else { return .failure(.unauthorized) }
        let isFree = !core.engine.settings.isOn("http_require_tls")
        guard request.isSecure || request.peer.isLocal || isFree else {
            return .failure(
                Refusal(response: .text(403, "Credentials are taken over TLS or loopback only.\n"))
            )
        }
        // A token names no account before it is known.
        let user = basic?.user ?? ""
        if let error = core.loginRefusal(user, request.peer) {
            return .failure(.blocked(error.message))
        }
        let found =
            token.map { account(ofToken: $0, request.peer) }
            ?? basic.flatMap { account(of: $0, request.peer) }
        guard let account = found else {
            let isPasswordUsed = basic?.password.isEmpty != true
            core.loginFailed(user, request.peer, isPasswordUsed: isPasswordUsed)
            return .failure(.unauthorized)
        }
        do throws(ServerError) {
            try LoginRules(core.engine).check(
                account,
                host: core.hostName(of: request.peer),
                isEncrypted: request.isSecure,
                tls: nil
            )
        } catch {
            core.audit(loginOf: account.name.user, request.peer, error)
            return .failure(Refusal(response: .text(403, error.message + "\n")))
        }
        guard !account.options.isExpired else {
            return .failure(Refusal(response: .text(403, "The password must be changed first.\n")))
        }
        core.loginSucceeded(user, request.peer)
        return .success(account)
    }

    private func account(ofToken token: String, _ peer: SocketAddress) -> Account? {
        // A digest that cannot be computed opens nothing.
        guard let hash = try? AccountToken.hash(of: token),
            let account = core.engine.catalog.snapshot.account(tokenHash: hash),
            account.name.isOpen(to: peer.host, isLocal: peer.isLocal)
        else { return nil }
        return account
    }

    private func account(
        of credentials: (user: String, password: String),
        _ peer: SocketAddress
    ) -> Account? {
        let account = core.engine.catalog.snapshot.account(
            user: credentials.user,
            address: peer.host,
            isLocal: peer.isLocal
        )
        let known = account.flatMap(core.passwords.credentials(of:)) ?? .decoy
        return check(credentials.password, known, account) ? account : nil
    }

    /// A wrong password costs the same whoever it is for: nobody, an account without a password or
    /// of the old plugin, or one that logged in before. How long it takes then tells nothing.
    private func check(
        _ password: String,
        _ known: AccountCredentials,
        _ account: Account?
    ) -> Bool {
        guard !password.isEmpty else { return known.isPasswordEmpty }
        let bytes = Array(password.utf8)
        // A digest that cannot be computed opens nothing.
        guard let hash = try? CachingSHA2.fastHash(password: bytes) else { return false }
        if let fastHash = known.fastHash, fastHash == hash { return true }
        let verifier = known.cachingSHA2 ?? AccountCredentials.decoy.cachingSHA2
        // A check that cannot be made opens nothing.
        let isRight = (try? verifier?.check(password: bytes)) == true
        if known.cachingSHA2 != nil {
            if isRight, let account { core.passwords.remember(hash, for: account) }
            return isRight
        }
        guard let native = known.native else { return false }
        // A digest that cannot be computed opens nothing.
        return (try? NativePassword.Verifier(password: password)) == native
    }
}

extension HTTPLogin.Refusal {
    /// 401 with the schemes to use.
    static var unauthorized: HTTPLogin.Refusal {
        var response = HTTPResponse.text(401, "User and password of an account are needed.\n")
        response.headers["WWW-Authenticate"] = "Basic realm=\"boreal\", charset=\"UTF-8\""
        return HTTPLogin.Refusal(response: response)
    }

    /// 429: too many wrong passwords came before.
    static func blocked(_ message: String) -> HTTPLogin.Refusal {
        HTTPLogin.Refusal(response: .text(429, message + "\n"))
    }
}
