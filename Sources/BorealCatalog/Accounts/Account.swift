public import BorealBase
import COpenSSL

/// `'user'@'host'`: users by exact bytes, hosts without case.
public struct AccountName: Hashable, Sendable, CustomStringConvertible {
    /// The user part; empty for nobody.
    public let user: String
    /// `localhost`, `%` or an address, lower-case.
    public let host: String

    /// - Parameters: the two parts; the host is folded to lower case.
    public init(user: String, host: String) {
        self.user = user
        self.host = host.asciiLowercased
    }

    /// Reads what `plain` gives.
    public init(plain: String) {
        let place = plain.lastIndex(of: "@")
        let user = place.map { plain[..<$0] } ?? plain[...]
        let host = place.map { plain[plain.index(after: $0)...] } ?? ""
        self.init(user: String(user), host: String(host))
    }

    /// True for clients that may log in to the account from where they are.
    ///
    /// - Parameter isLocal: loopback address or unix socket.
    public func isOpen(to address: String, isLocal: Bool) -> Bool {
        host == "%" || host == address.asciiLowercased || (isLocal && host == "localhost")
    }

    /// `'user'@'host'`.
    public var description: String { "'\(user)'@'\(host)'" }
    /// `user@host`, as owners are stored and `CURRENT_USER()` prints.
    public var plain: String { "\(user)@\(host)" }
}

/// What a password is checked against; the bytes are made and read by the wire layer.
public struct Verifiers: Equatable, Sendable {
    /// For `mysql_native_password`; nil when the account may not use it.
    public var native: [UInt8]?
    /// For `caching_sha2_password`; nil when the account may not use it.
    public var sha2: [UInt8]?

    /// - Parameters: see the stored properties.
    public init(native: [UInt8]?, sha2: [UInt8]?) {
        self.native = native
        self.sha2 = sha2
    }
}

/// One row of what an account may do.
public struct Right: Hashable, Sendable {
    /// `MODEL_ADMIN`, `SYSTEM_ADMIN`, `PREDICT`, `SELECT`, ...
    public let name: String
    /// What it is about, in the engine's spelling; empty for everything.
    public let object: String

    /// - Parameters: see the stored properties.
    public init(_ name: String, on object: String = "") {
        self.name = name
        self.object = object
    }
}

/// What an account says beside its password and its rights.
public struct AccountOptions: Equatable, Sendable {
    /// What a connection must be for the account to be used.
    public enum ConnectionType: String, Sendable {
        /// Any.
        case any = ""
        /// Encrypted.
        case encrypted = "SSL"
        /// Encrypted, with a certificate of the client's.
        case certified = "X509"
        /// Encrypted, with a certificate that says what `certificate` demands.
        case specified = "SPECIFIED"
    }

    /// What `REQUIRE SUBJECT`, `ISSUER` and `CIPHER` demand; empty for anything.
    public struct Certificate: Equatable, Sendable {
        /// Whose certificate it is, as `/C=SE/CN=anna`.
        public var subject = ""
        /// Who signed it.
        public var issuer = ""
        /// OpenSSL's name of what encrypts the connection.
        public var cipher = ""

        /// One that may say anything.
        public init() {}
    }

    /// `ACCOUNT LOCK`: nobody logs in.
    public var isLocked = false
    /// `PASSWORD EXPIRE`: whoever logs in must change the password first.
    public var isExpired = false
    /// `REQUIRE`.
    public var connectionType = ConnectionType.any
    /// What a `specified` connection must show.
    public var certificate = Certificate()
    /// `MAX_USER_CONNECTIONS`; 0 for as many as the server allows.
    public var connectionsMax = 0
    /// `ATTRIBUTE`, a JSON object; empty for none.
    public var attribute = ""

    /// What an account has that says nothing.
    public init() {}
}

/// Somebody who may log in.
public struct Account: Equatable, Sendable {
    let rowID: Int64
    /// Who it is.
    public let name: AccountName
    /// What a password is checked against.
    public internal(set) var verifiers: Verifiers
    /// What it may do.
    public internal(set) var rights: Set<Right>
    /// What else was said about it.
    public internal(set) var options = AccountOptions()
    /// When it was created.
    public let created: Instant
    /// When its password changed last; whoever remembers a verified password compares this.
    public internal(set) var altered: Instant

    /// True when the account holds the right for everything or for that object.
    public func holds(_ right: String, on object: String = "") -> Bool {
        rights.contains(Right(right)) || rights.contains(Right(right, on: object))
    }
}

/// What opens the HTTP door in place of an account's password. The token itself is nowhere.
public struct AccountToken: Equatable, Sendable {
    let account: Int64
    /// Whose it is.
    public internal(set) var owner: AccountName
    /// Told apart by this among the tokens of its account.
    public let name: String
    /// SHA-256 of the token.
    let hash: [UInt8]
    /// When it was made.
    public let created: Instant
    /// From then on it opens nothing; nil for never.
    public let expires: Instant?

    /// Fetched once: `EVP_sha256()` makes the library look for it at each digest.
    nonisolated(unsafe) private static let algorithm = EVP_MD_fetch(nil, "SHA256", nil)

    /// What the registry keeps of a token: its SHA-256. Tokens are random, so that no salt and no
    /// rounds are needed.
    public static func hash(of secret: String) throws(CatalogError) -> [UInt8] {
        let bytes = Array(secret.utf8)
        var digest = [UInt8](repeating: 0, count: 32)
        guard EVP_Digest(bytes, bytes.count, &digest, nil, algorithm, nil) == 1 else {
            throw .cryptography
        }
        return digest
    }
}

/// What `PUT /uploads/NAME` left, until it is used or swept.
public struct Upload: Equatable, Sendable {
    /// One path member.
    public let name: String
    /// The account that sent it, as `AccountName.plain`.
    public internal(set) var owner: String
    /// Size of the file.
    public let bytes: Int64
    /// When it arrived.
    public let created: Instant
    /// When it was used last.
    public internal(set) var used: Instant
}
