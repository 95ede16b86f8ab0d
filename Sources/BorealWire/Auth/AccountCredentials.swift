/// What the server knows about the password of one account.
public struct AccountCredentials: Equatable, Sendable {
    /// For `mysql_native_password`; nil when the account cannot log in that way.
    public var native: NativePassword.Verifier?
    /// For `caching_sha2_password`; nil when the account cannot log in that way.
    public var cachingSHA2: CachingSHA2.Verifier?
    /// `SHA256(SHA256(password))`, 32 bytes, if a full authentication left it in memory.
    public var fastHash: [UInt8]?
    /// True when the account has no password: then only an empty answer opens it.
    public var isPasswordEmpty: Bool

    /// Credentials from stored verifiers.
    public init(
        native: NativePassword.Verifier? = nil,
        cachingSHA2: CachingSHA2.Verifier? = nil,
        fastHash: [UInt8]? = nil,
        isPasswordEmpty: Bool = false
    ) {
        self.native = native
        self.cachingSHA2 = cachingSHA2
        self.fastHash = fastHash
        self.isPasswordEmpty = isPasswordEmpty
    }

    /// Credentials from a clear password, as `IDENTIFIED BY` makes them. Costs about 2 ms.
    ///
    /// - Parameter plugin: makes the verifier of that plugin only (`IDENTIFIED WITH`); nil makes
    ///   both.
    /// - Throws: `malformedKey` for a password of more than 256 bytes, `cryptography`.
    public init(password: String, plugin: AuthPlugin? = nil) throws(WireError) {
        self.init(isPasswordEmpty: password.isEmpty)
        guard !password.isEmpty else { return }
        if plugin != .cachingSHA2Password { native = try .init(password: password) }
        if plugin != .nativePassword { cachingSHA2 = try .init(password: password) }
    }

    /// True when a client of that plugin can log in.
    func supports(_ plugin: AuthPlugin) -> Bool {
        switch plugin {
        case .nativePassword: native != nil || isPasswordEmpty
        case .cachingSHA2Password: cachingSHA2 != nil || isPasswordEmpty
        }
    }

    /// Stands in for an account that does not exist, so that a stranger is asked, and waits, as
    /// long as an owner who mistypes. Nothing matches it: the outcome for such an account is never
    /// looked at.
    package static let decoy: AccountCredentials = {
        let salt = Array("nobodynobodynobody..".utf8)
        let verifier = CachingSHA2.Verifier(decoySalt: salt)
        return AccountCredentials(
            native: NativePassword.Verifier(decoyBytes: [UInt8](repeating: 0, count: 20)),
            cachingSHA2: verifier
        )
    }()
}

extension AccountCredentials: CustomStringConvertible, CustomDebugStringConvertible {
    /// The plugins that open the account, without any verifier.
    public var description: String {
        let plugins = AuthPlugin.allCases.filter { supports($0) }.map(\.rawValue)
        return "AccountCredentials(\(plugins.joined(separator: ", ")))"
    }
    /// The same as `description`.
    public var debugDescription: String { description }
}

extension NativePassword.Verifier {
    /// A verifier that no password has been hashed for.
    fileprivate init(decoyBytes: [UInt8]) { bytes = decoyBytes }
}

extension CachingSHA2.Verifier {
    /// A verifier whose digest is no SHA-crypt text at all.
    fileprivate init(decoySalt: [UInt8]) {
        thousandRounds = CachingSHA2.thousandRoundsDefault
        salt = decoySalt
        digest = [UInt8](repeating: 0, count: SHA256Crypt.digestCharacters)
    }
}
