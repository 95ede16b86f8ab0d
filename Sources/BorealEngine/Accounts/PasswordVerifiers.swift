import BorealBase
package import BorealCatalog
import BorealSQL
package import BorealWire

/// What an account stores instead of its password.
package enum PasswordVerifiers {
    /// Both verifiers, so that a client of either plugin logs in; empty ones for an empty password.
    ///
    /// - Parameter plugin: makes the verifier of that plugin only; nil makes both.
    /// - Throws: `WireError` for a password that is too long, and when the system gives no random
    ///   bytes.
    package static func make(
        _ password: String,
        plugin: AuthPlugin? = nil
    ) throws(WireError) -> Verifiers {
        let usesNative = plugin != .cachingSHA2Password
        let usesSHA2 = plugin != .nativePassword
        guard !password.isEmpty else {
            return Verifiers(native: usesNative ? [] : nil, sha2: usesSHA2 ? [] : nil)
        }
        return Verifiers(
            native: usesNative ? try NativePassword.Verifier(password: password).bytes : nil,
            sha2: usesSHA2 ? try CachingSHA2.Verifier(password: password).stored : nil
        )
    }

    /// The verifiers that `IDENTIFIED ...` asks for, and the password that was made for it.
    static func make(
        _ authentication: BorealSQL.Authentication?
    ) throws(ServerError) -> (verifiers: Verifiers, generated: String?) {
        let plugin = try plugin(authentication?.plugin)
        switch authentication?.secret {
        case nil, .some(.none): return (try checked("", plugin), nil)
        case .password(let password): return (try checked(password, plugin), nil)
        case .random:
            let password = RandomSecret.password()
            return (try checked(password, plugin), password)
        case .hash(let hash): return (try stored(hash, plugin ?? .nativePassword), nil)
        }
    }

    /// True when an account of these verifiers opens with the password. Costs 2 ms.
    static func opens(_ verifiers: Verifiers, with password: String) throws(ServerError) -> Bool {
        if verifiers.native?.isEmpty == true || verifiers.sha2?.isEmpty == true {
            return password.isEmpty
        }
        guard !password.isEmpty, password.utf8.count <= WireLimits.passwordBytesMax else {
            return false
        }
        do {
            if let sha2 = verifiers.sha2 {
                let verifier = try CachingSHA2.Verifier(stored: sha2)
                return try verifier.check(password: Array(password.utf8))
            }
            guard let native = verifiers.native else { return false }
            let verifier = try NativePassword.Verifier(password: password)
            return verifier == (try NativePassword.Verifier(bytes: native))
        } catch {
            throw error.serverError
        }
    }

    private static func plugin(_ name: String?) throws(ServerError) -> AuthPlugin? {
        guard let name else { return nil }
        guard let plugin = AuthPlugin(rawValue: name) else {
            throw ServerError(.pluginNotLoaded, "Plugin '\(name)' is not loaded")
        }
        return plugin
    }

    private static func checked(
        _ password: String,
        _ plugin: AuthPlugin?
    ) throws(ServerError) -> Verifiers {
        do {
            return try make(password, plugin: plugin)
        } catch .malformedKey {
            throw ServerError(
                .wrongPassword,
                "Your password does not satisfy the current policy requirements: "
                    + "\(WireLimits.passwordBytesMax) bytes are allowed"
            )
        } catch {
            throw error.serverError
        }
    }

    /// `AS 'hash'`: what another server's SHOW CREATE USER printed.
    private static func stored(
        _ hash: [UInt8],
        _ plugin: AuthPlugin
    ) throws(ServerError) -> Verifiers {
        do {
            switch plugin {
            case .nativePassword:
                if hash.isEmpty { return Verifiers(native: [], sha2: nil) }
                let text = String(decoding: hash, as: UTF8.self)
                return Verifiers(native: try NativePassword.Verifier(text: text).bytes, sha2: nil)
            case .cachingSHA2Password:
                if hash.isEmpty { return Verifiers(native: nil, sha2: []) }
                return Verifiers(native: nil, sha2: try CachingSHA2.Verifier(stored: hash).stored)
            }
        } catch {
            throw ServerError(
                .wrongPasswordHash,
                "The password hash doesn't have the expected format."
            )
        }
    }
}
