import BorealBase
import BorealCatalog
import BorealEngine
import BorealHTTP
import BorealNet
import BorealWire

/// Basic authentication with the accounts of the SQL side.
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
        guard let credentials = request.basicCredentials else { return .failure(.unauthorized) }
        let isFree = !core.engine.settings.isOn("http_require_tls")
        guard request.isSecure || request.peer.isLocal || isFree else {
            return .failure(
                Refusal(response: .text(403, "Credentials are taken over TLS or loopback only.\n"))
            )
        }
        let account = core.engine.catalog.snapshot.account(
            user: credentials.user,
            address: request.peer.host,
            isLocal: request.peer.isLocal
        )
        guard let account, let known = core.passwords.credentials(of: account),
            check(credentials.password, known, account)
        else { return .failure(.unauthorized) }
        return .success(account)
    }

    private func check(_ password: String, _ known: AccountCredentials, _ account: Account) -> Bool
    {
        if known.isPasswordEmpty { return password.isEmpty }
        let bytes = Array(password.utf8)
        // A digest that cannot be computed opens nothing.
        guard !password.isEmpty, let hash = try? CachingSHA2.fastHash(password: bytes) else {
            return false
        }
        if let fastHash = known.fastHash { return fastHash == hash }
        if let verifier = known.cachingSHA2 {
            // A check that cannot be made opens nothing.
            guard (try? verifier.check(password: bytes)) == true else { return false }
            core.passwords.remember(hash, for: account)
            return true
        }
        guard let native = known.native else { return false }
        // A digest that cannot be computed opens nothing.
        return (try? NativePassword.Verifier(password: password)) == native
    }
}

extension HTTPLogin.Refusal {
    /// 401 with the scheme to use.
    static var unauthorized: HTTPLogin.Refusal {
        var response = HTTPResponse.text(401, "User and password of an account are needed.\n")
        response.headers["WWW-Authenticate"] = "Basic realm=\"boreal\", charset=\"UTF-8\""
        return HTTPLogin.Refusal(response: response)
    }
}
