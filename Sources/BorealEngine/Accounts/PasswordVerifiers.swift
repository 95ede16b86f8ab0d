package import BorealCatalog
package import BorealWire

/// What an account stores instead of its password.
package enum PasswordVerifiers {
    /// Both verifiers, so that a client of either plugin logs in; empty ones for an empty password.
    ///
    /// - Throws: `WireError` when the system gives no random bytes.
    package static func make(_ password: String) throws(WireError) -> Verifiers {
        guard !password.isEmpty else { return Verifiers(native: [], sha2: []) }
        return Verifiers(
            native: try NativePassword.Verifier(password: password).bytes,
            sha2: try CachingSHA2.Verifier(password: password).stored
        )
    }
}
