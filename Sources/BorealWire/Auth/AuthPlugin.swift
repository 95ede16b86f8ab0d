/// The ways of proving a password that this server knows; raw values are the plugins' names on the
/// wire.
public enum AuthPlugin: String, Sendable, CaseIterable {
    /// SHA-1 challenge and response; the stored verifier is `SHA1(SHA1(password))`.
    case nativePassword = "mysql_native_password"
    /// SHA-256 challenge and response while a fast hash is remembered, else the password itself
    /// over a secure channel or under RSA; the stored verifier is a salted SHA-crypt.
    case cachingSHA2Password = "caching_sha2_password"
}
