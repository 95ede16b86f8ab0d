import BorealBase

/// Accounts, roles and privileges.
extension Parser {
    /// `'user'@'host'`, `user@host`, `user`, `CURRENT_USER()`.
    mutating func parseAccountName() throws(SyntaxError) -> AccountName {
        if at(.currentUser) {
            try advance()
            if try accept(.leftParenthesis) { try expect(.rightParenthesis) }
            return AccountName(user: "CURRENT_USER()", isCurrentUser: true)
        }
        if at(.user), try peek().kind == .leftParenthesis {
            try advance()
            try advance()
            try expect(.rightParenthesis)
            return AccountName(user: "CURRENT_USER()", isCurrentUser: true)
        }
        let user = at(.stringLiteral) ? try parseString() : try parseIdentifier().name
        if at(.userVariable) {
            let host = lexer.variableName(token).lowercased()
            try advance()
            return AccountName(user: user, host: host)
        }
        guard try accept(.at as Token.Kind) else { return AccountName(user: user) }
        return AccountName(user: user, host: try parseNameOrString().lowercased())
    }

    private mutating func parseAccountNames() throws(SyntaxError) -> [AccountName] {
        try parseList { (parser) throws(SyntaxError) in try parser.parseAccountName() }
    }

    /// `{USER | ROLE} [IF [NOT] EXISTS] account, account`.
    mutating func parseAccountList(from start: Int32) throws(SyntaxError) -> AccountList {
        try advance()
        var exists = try acceptIfExists()
        if !exists { exists = try acceptIfNotExists() }
        let accounts = try parseAccountNames()
        return AccountList(ifExistence: exists, accounts: accounts, span: span(from: start))
    }

    // MARK: - CREATE USER

    /// From `USER` on.
    mutating func parseCreateUser(
        isAlter: Bool,
        from start: Int32
    ) throws(SyntaxError) -> CreateUser {
        try expect(.user)
        let exists = isAlter ? try acceptIfExists() : try acceptIfNotExists()
        let accounts = try parseAccountSpecifications()
        var user = CreateUser(isAlter: isAlter, ifExistence: exists, accounts: accounts)
        if at(.default) {
            try advance()
            try expect(.role)
            user.options.append(.defaultRoles(try parseAccountNames()))
        }
        user.options += try parseAccountOptions()
        user.span = span(from: start)
        return user
    }

    private mutating func parseAccountSpecifications() throws(SyntaxError) -> [AccountSpecification]
    {
        try parseList { (parser) throws(SyntaxError) in
            let account = try parser.parseAccountName()
            let authentication = try parser.parseAuthentication()
            return AccountSpecification(account: account, authentication: authentication)
        }
    }

    /// `IDENTIFIED [WITH plugin] [BY 'password' | AS 'hash']`.
    private mutating func parseAuthentication() throws(SyntaxError) -> Authentication? {
        let start = token.start
        guard try accept(.identified) else { return nil }
        var authentication = Authentication(secret: .none)
        if try accept(.with) { authentication.plugin = try parseNameOrString().lowercased() }
        if try accept(.by) {
            if try accept(.random) {
                try expect(.password)
                authentication.secret = .random
            } else if try accept(.password) {
                authentication.secret = .hash(try parseByteString())
            } else {
                authentication.secret = .password(try parseString())
            }
        } else if authentication.plugin != nil, try accept(.as) {
            authentication.secret = .hash(try parseByteString())
        } else if authentication.plugin == nil {
            throw unexpected(.keyword(.by), .keyword(.with))
        }
        authentication.replaced = try parseReplaced()
        if at(.retain) { throw .unsupported("RETAIN CURRENT PASSWORD", token.span) }
        authentication.span = span(from: start)
        return authentication
    }

    /// `REPLACE 'password'`.
    mutating func parseReplaced() throws(SyntaxError) -> String? {
        try accept(.replace) ? try parseString() : nil
    }

    private mutating func parseAccountOptions() throws(SyntaxError) -> [AccountOption] {
        var options: [AccountOption] = []
        while true {
            switch token.keyword {
            case .require:
                try advance()
                options.append(try parseRequire())
            case .with:
                try advance()
                repeat {
                    let name = try takeWord()
                    options.append(.resource(name, try parseInteger()))
                } while at(.word) && token.keyword.namesResource
            case .account:
                try advance()
                let isUnlock = try accept(.unlock)
                if !isUnlock { try expect(.lock) }
                options.append(.locked(!isUnlock))
            case .comment:
                try advance()
                options.append(.comment(try parseString()))
            case .attribute:
                try advance()
                options.append(.attribute(try parseString()))
            case .password, .failedLoginAttempts, .passwordLockTime:
                options.append(.passwordPolicy(try takePasswordPolicy()))
            default: return options
            }
        }
    }

    private mutating func parseRequire() throws(SyntaxError) -> AccountOption {
        if try accept(.none) { return .requireNone }
        if try accept(.x509) { return .requireX509 }
        guard at(.subject) || at(.issuer) || at(.cipher) else {
            try expect(.ssl)
            return .requireSSL
        }
        var fields = CertificateFields()
        repeat {
            switch token.keyword {
            case .subject: try parseField(&fields.subject)
            case .issuer: try parseField(&fields.issuer)
            case .cipher: try parseField(&fields.cipher)
            default: throw unexpected(.keyword(.subject), .keyword(.issuer), .keyword(.cipher))
            }
        } while try accept(.and) || at(.subject) || at(.issuer) || at(.cipher)
        return .requireCertificate(fields)
    }

    /// One field of a certificate, which may be said once.
    private mutating func parseField(_ field: inout String?) throws(SyntaxError) {
        guard field == nil else { throw unexpected(.end) }
        try advance()
        field = try parseString()
    }

    /// The words and numbers of one policy, up to the next.
    private mutating func takePasswordPolicy() throws(SyntaxError) -> String {
        var words = [try takeWord()]
        while true {
            switch token.keyword {
            case .expire, .never, .default, .interval, .day, .history, .reuse, .require, .current,
                .optional, .unbounded:
                words.append(try takeWord())
            default:
                guard at(.integerLiteral) else { return words.joined(separator: " ") }
                words.append(String(try parseInteger()))
            }
        }
    }

    // MARK: - GRANT and REVOKE

    mutating func parseGrant() throws(SyntaxError) -> SQLStatement {
        let start = token.start
        let isRevoke = try accept(.revoke)
        if !isRevoke { try expect(.grant) }
        var grant = Grant(isRevoke: isRevoke, accounts: [])
        if isRevoke { grant.ifExists = try acceptIfExists() }
        if try namesRoles() {
            grant.roles = try parseAccountNames()
        } else {
            try parsePrivileges(&grant)
        }
        if grant.roles.isEmpty, try accept(.on) { grant.level = try parsePrivilegeLevel() }
        try expect(isRevoke ? .from : .to)
        if grant.level == nil, grant.roles.isEmpty { try checkRevokeAll(&grant) }
        grant.accounts = try parseAccountSpecifications()
        if try accept(.with) {
            if try !accept(.grant) {
                guard isWord("admin") else { throw unexpected(.keyword(.grant)) }
                try advance()
            }
            try expect(.option)
            grant.withGrantOption = true
        }
        grant.span = span(from: start)
        return .grant(grant)
    }

    /// `GRANT r TO u`: no `ON` stands in front of `TO` or `FROM`, and no `ALL`.
    private func namesRoles() throws(SyntaxError) -> Bool {
        if at(.all) { return false }
        var ahead = lexer
        var next = token
        while next.kind != .endOfText, next.keyword != .on {
            if next.keyword == .to || next.keyword == .from { return true }
            next = try ahead.next()
        }
        return false
    }

    /// Without `ON` privileges can only be `ALL PRIVILEGES, GRANT OPTION`.
    private func checkRevokeAll(_ grant: inout Grant) throws(SyntaxError) {
        guard grant.isRevoke, grant.privileges.count == 2,
            grant.privileges[1].name == "GRANT OPTION"
        else { throw unexpected(.keyword(.on)) }
        grant.withGrantOption = true
        grant.privileges.removeLast()
    }

    private mutating func parsePrivileges(_ grant: inout Grant) throws(SyntaxError) {
        grant.privileges = try parseList { (parser) throws(SyntaxError) in
            var privilege = Privilege(name: try parser.takeWord())
            while parser.at(.word), !parser.at(.on), !parser.at(.to), !parser.at(.from) {
                privilege.name += " " + (try parser.takeWord())
            }
            privilege.columns = try parser.parseOptionalNameList()
            return privilege
        }
    }

    private mutating func parsePrivilegeLevel() throws(SyntaxError) -> PrivilegeLevel {
        if try accept(.star) {
            guard try accept(.dot) else { return .currentDatabase }
            try expect(.star)
            return .global
        }
        if at(.function) || at(.procedure) {
            let kind = token.keyword
            try advance()
            return .routine(kind, try parseObjectName())
        }
        if at(.model) {
            let next = try peek()
            if next.kind == .star || next.kind == .word && !next.keyword.isReserved
                || next.kind == .quotedName
            {
                try advance()
                return .model(try accept(.star) ? nil : try parseIdentifier())
            }
        }
        _ = try accept(.table)
        let first = try parseIdentifier()
        guard try accept(.dot) else { return .table(ObjectName(name: first)) }
        if try accept(.star) { return .database(first) }
        return .table(ObjectName(database: first, name: try takeName()))
    }
}

/// Tokens of the HTTP door.
extension Parser {
    /// From `TOKEN` on.
    mutating func parseCreateToken(from start: Int32) throws(SyntaxError) -> CreateToken {
        try advance()
        let name = at(.for) ? nil : try parseNameOrString()
        try expect(.for)
        var token = CreateToken(name: name, account: try parseAccountName())
        if at(.expire) || isWord("expires") {
            try advance()
            if try !accept(.never) { token.lifeSeconds = try parseLife() }
        }
        token.span = span(from: start)
        return token
    }

    /// `INTERVAL n {SECOND | MINUTE | HOUR | DAY}`.
    private mutating func parseLife() throws(SyntaxError) -> UInt64 {
        try expect(.interval)
        let count = try parseInteger()
        let seconds: UInt64
        switch token.keyword {
        case .second: seconds = 1
        case .minute: seconds = 60
        case .hour: seconds = 3_600
        case .day: seconds = 86_400
        default: throw unexpected(.keyword(.day), .keyword(.hour))
        }
        try advance()
        let (product, overflow) = count.multipliedReportingOverflow(by: seconds)
        return overflow ? .max : product
    }

    /// From `TOKEN` on.
    mutating func parseDropToken(from start: Int32) throws(SyntaxError) -> DropToken {
        try advance()
        let ifExists = try acceptIfExists()
        let name = try parseNameOrString()
        try expect(.for)
        let account = try parseAccountName()
        return DropToken(ifExists: ifExists, name: name, account: account, span: span(from: start))
    }
}

extension Keyword {
    /// True for the limits of `WITH` in `CREATE USER`.
    fileprivate var namesResource: Bool {
        switch self {
        case .maxQueriesPerHour, .maxUpdatesPerHour, .maxConnectionsPerHour, .maxUserConnections:
            true
        default: false
        }
    }
}
