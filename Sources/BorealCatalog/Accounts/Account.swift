public import BorealBase

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

/// Somebody who may log in.
public struct Account: Equatable, Sendable {
    let rowID: Int64
    /// Who it is.
    public let name: AccountName
    /// What a password is checked against.
    public internal(set) var verifiers: Verifiers
    /// What it may do.
    public internal(set) var rights: Set<Right>
    /// When it was created.
    public let created: Instant
    /// When its password changed last; whoever remembers a verified password compares this.
    public internal(set) var altered: Instant

    /// True when the account holds the right for everything or for that object.
    public func holds(_ right: String, on object: String = "") -> Bool {
        rights.contains(Right(right)) || rights.contains(Right(right, on: object))
    }
}

/// What `PUT /uploads/NAME` left, until it is used or swept.
public struct Upload: Equatable, Sendable {
    /// One path member.
    public let name: String
    /// The account that sent it, as `AccountName.plain`.
    public let owner: String
    /// Size of the file.
    public let bytes: Int64
    /// When it arrived.
    public let created: Instant
    /// When it was used last.
    public internal(set) var used: Instant
}
