/// `'user'@'host'`.
public struct AccountName: Equatable, Sendable {
    /// The user; empty for the anonymous one.
    public var user: String
    /// The host; nil when not written, which means `%`. `CURRENT_USER` has the user
    /// `CURRENT_USER()` and `isCurrentUser`.
    public var host: String? = nil
    /// `CURRENT_USER`, `USER()`.
    public var isCurrentUser: Bool = false

    /// Makes one from its parts.
    public init(user: String, host: String? = nil, isCurrentUser: Bool = false) {
        self.user = user
        self.host = host
        self.isCurrentUser = isCurrentUser
    }
}

/// How an account proves itself.
public struct Authentication: Equatable, Sendable {
    /// What is stored for the account.
    public enum Secret: Equatable, Sendable {
        /// `BY 'password'`.
        case password(String)
        /// `AS 'hash'`.
        case hash([UInt8])
        /// `BY RANDOM PASSWORD`.
        case random
        /// Neither.
        case none
    }

    /// `IDENTIFIED WITH plugin`, lower case; nil is the server's default.
    public var plugin: String? = nil
    /// The secret.
    public var secret: Secret
    /// `REPLACE 'password'`: the one it takes the place of.
    public var replaced: String? = nil
    /// Where the secret stands in the text, so that logs can leave it out.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(plugin: String? = nil, secret: Secret, span: SourceSpan = .none) {
        self.plugin = plugin
        self.secret = secret
        self.span = span
    }
}

/// One account of `CREATE USER` and `ALTER USER`.
public struct AccountSpecification: Equatable, Sendable {
    /// The account.
    public var account: AccountName
    /// `IDENTIFIED ...`; nil when absent.
    public var authentication: Authentication? = nil

    /// Makes one from its parts.
    public init(account: AccountName, authentication: Authentication? = nil) {
        self.account = account
        self.authentication = authentication
    }
}

/// `CREATE USER` and `ALTER USER`.
public struct CreateUser: Equatable, Sendable {
    /// `ALTER USER`.
    public var isAlter: Bool = false
    /// `IF NOT EXISTS`; for `ALTER`, `IF EXISTS`.
    public var ifExistence: Bool = false
    /// The accounts.
    public var accounts: [AccountSpecification]
    /// `REQUIRE`, `WITH MAX_...`, `PASSWORD EXPIRE`, `ACCOUNT LOCK`, `COMMENT` and the like.
    public var options: [AccountOption] = []
    /// The whole statement.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(
        isAlter: Bool = false,
        ifExistence: Bool = false,
        accounts: [AccountSpecification],
        options: [AccountOption] = [],
        span: SourceSpan = .none
    ) {
        self.isAlter = isAlter
        self.ifExistence = ifExistence
        self.accounts = accounts
        self.options = options
        self.span = span
    }
}

/// What `REQUIRE` may say of a client's certificate and of what encrypts its connection.
public struct CertificateFields: Equatable, Sendable {
    /// `SUBJECT '/CN=..'`; nil for anybody's.
    public var subject: String? = nil
    /// `ISSUER '/CN=..'`; nil for whoever this server trusts.
    public var issuer: String? = nil
    /// `CIPHER '..'`; nil for any.
    public var cipher: String? = nil

    /// Nothing yet.
    public init() {}
}

/// What `CREATE USER` may say about all its accounts.
public enum AccountOption: Equatable, Sendable {
    /// `REQUIRE NONE`.
    case requireNone
    /// `REQUIRE SSL`: an encrypted connection.
    case requireSSL
    /// `REQUIRE X509`: a certificate of the client's too.
    case requireX509
    /// `REQUIRE SUBJECT '..' AND ISSUER '..' AND CIPHER '..'`: a certificate that says so.
    case requireCertificate(CertificateFields)
    /// `WITH MAX_USER_CONNECTIONS n` and its like; the name upper case.
    case resource(String, UInt64)
    /// `ACCOUNT LOCK` true, `ACCOUNT UNLOCK` false.
    case locked(Bool)
    /// `PASSWORD EXPIRE ...`, `PASSWORD HISTORY ...`, `FAILED_LOGIN_ATTEMPTS n` and so on, upper
    /// case.
    case passwordPolicy(String)
    /// `COMMENT '..'`.
    case comment(String)
    /// `ATTRIBUTE '{..}'`.
    case attribute(String)
    /// `DEFAULT ROLE ...`.
    case defaultRoles([AccountName])
}

/// `DROP USER`, `CREATE ROLE`, `DROP ROLE`, `SET DEFAULT ROLE` are lists of accounts.
public struct AccountList: Equatable, Sendable {
    /// `IF EXISTS` of `DROP`, `IF NOT EXISTS` of `CREATE`.
    public var ifExistence: Bool = false
    /// The accounts.
    public var accounts: [AccountName]
    /// The whole statement.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(ifExistence: Bool = false, accounts: [AccountName], span: SourceSpan = .none) {
        self.ifExistence = ifExistence
        self.accounts = accounts
        self.span = span
    }
}

/// `RENAME USER a TO b, ...`.
public struct RenameUsers: Equatable, Sendable {
    /// One renaming.
    public struct Pair: Equatable, Sendable {
        /// The old name.
        public var from: AccountName
        /// The new name.
        public var to: AccountName

        /// Makes one from its parts.
        public init(from: AccountName, to: AccountName) {
            self.from = from
            self.to = to
        }
    }

    /// The renamings in order.
    public var pairs: [Pair]
    /// The whole statement.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(pairs: [Pair], span: SourceSpan = .none) {
        self.pairs = pairs
        self.span = span
    }
}

/// `SET PASSWORD [FOR account] = 'password'`.
public struct SetPassword: Equatable, Sendable {
    /// The account; nil is the current user.
    public var account: AccountName? = nil
    /// The password.
    public var password: String
    /// `REPLACE 'password'`: the one it takes the place of.
    public var replaced: String? = nil
    /// Where the password stands, so that logs can leave it out.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(account: AccountName? = nil, password: String, span: SourceSpan = .none) {
        self.account = account
        self.password = password
        self.span = span
    }
}

/// One privilege of `GRANT` and `REVOKE`.
public struct Privilege: Equatable, Sendable {
    /// Its words, upper case, one blank apart: `SELECT`, `CREATE TEMPORARY TABLES`, `ALL
    /// PRIVILEGES`, `PREDICT`, `MODEL_ADMIN`.
    public var name: String
    /// Columns it is limited to.
    public var columns: [Identifier] = []

    /// Makes one from its parts.
    public init(name: String, columns: [Identifier] = []) {
        self.name = name
        self.columns = columns
    }
}

/// What privileges are on.
public enum PrivilegeLevel: Equatable, Sendable {
    /// `*.*`.
    case global
    /// `*`: the current database.
    case currentDatabase
    /// `db.*`.
    case database(Identifier)
    /// `[TABLE] db.t`, `t`.
    case table(ObjectName)
    /// `FUNCTION f`, `PROCEDURE p`.
    case routine(Keyword, ObjectName)
    /// `MODEL m`; nil for `MODEL *`: every model.
    case model(Identifier?)
}

/// `GRANT` and `REVOKE`.
public struct Grant: Equatable, Sendable {
    /// `REVOKE`.
    public var isRevoke: Bool = false
    /// The privileges; empty when `roles` are given.
    public var privileges: [Privilege] = []
    /// Roles granted: `GRANT r TO u`.
    public var roles: [AccountName] = []
    /// What the privileges are on; nil for roles, and for `REVOKE ALL PRIVILEGES, GRANT OPTION`.
    public var level: PrivilegeLevel? = nil
    /// Who gets or loses them.
    public var accounts: [AccountSpecification]
    /// `WITH GRANT OPTION`, `WITH ADMIN OPTION`; for `REVOKE ALL`, the option named with it.
    public var withGrantOption: Bool = false
    /// `REVOKE IF EXISTS`.
    public var ifExists: Bool = false
    /// The whole statement.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(
        isRevoke: Bool = false,
        privileges: [Privilege] = [],
        roles: [AccountName] = [],
        level: PrivilegeLevel? = nil,
        accounts: [AccountSpecification],
        withGrantOption: Bool = false,
        ifExists: Bool = false,
        span: SourceSpan = .none
    ) {
        self.isRevoke = isRevoke
        self.privileges = privileges
        self.roles = roles
        self.level = level
        self.accounts = accounts
        self.withGrantOption = withGrantOption
        self.ifExists = ifExists
        self.span = span
    }
}

/// `CREATE TOKEN [name] FOR account [EXPIRE {NEVER | INTERVAL n unit}]`.
public struct CreateToken: Equatable, Sendable {
    /// The token's name; nil lets the server choose one.
    public var name: String? = nil
    /// Whose token it is.
    public var account: AccountName
    /// How long it is good for; nil for ever.
    public var lifeSeconds: UInt64? = nil
    /// The whole statement.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(
        name: String? = nil,
        account: AccountName,
        lifeSeconds: UInt64? = nil,
        span: SourceSpan = .none
    ) {
        self.name = name
        self.account = account
        self.lifeSeconds = lifeSeconds
        self.span = span
    }
}

/// `DROP TOKEN [IF EXISTS] name FOR account`.
public struct DropToken: Equatable, Sendable {
    /// `IF EXISTS`.
    public var ifExists: Bool = false
    /// The token's name.
    public var name: String
    /// Whose token it is.
    public var account: AccountName
    /// The whole statement.
    @Place public var span: SourceSpan

    /// Makes one from its parts.
    public init(
        ifExists: Bool = false,
        name: String,
        account: AccountName,
        span: SourceSpan = .none
    ) {
        self.ifExists = ifExists
        self.name = name
        self.account = account
        self.span = span
    }
}
