import BorealBase

/// Where a MySQL server is and how to log in there, read from
/// `mysql://user:password@host:port/database?ssl-mode=REQUIRED`.
///
/// User, password, database and values may hold `%2F` and the like. The password never shows in a
/// description.
package struct UpstreamURL: Equatable, Sendable {
    /// What `ssl-mode` asks for, in MySQL's words.
    package enum SSLMode: String, CaseIterable, Sendable {
        case disabled = "DISABLED"
        case preferred = "PREFERRED"
        case required = "REQUIRED"
        case verifyCA = "VERIFY_CA"
        case verifyIdentity = "VERIFY_IDENTITY"
    }

    /// Why a URL is refused.
    package struct Problem: Error, Equatable, Sendable {
        /// What is wrong. It quotes nothing that could be a part of a password.
        package let message: String
    }

    /// The account's name.
    package var user: String
    /// Its password; only whoever stores it sealed reads it beside the connection.
    package var password: String
    /// Name or address.
    package var host: String
    /// TCP port.
    package var port: UInt16 = 3_306
    /// The path of a unix socket, which then counts instead of host and port.
    package var socket = ""
    /// The database that sessions begin in when the client names none.
    package var database: String?
    /// When TLS is used and what is checked.
    package var sslMode = SSLMode.preferred
    /// PEM: who may vouch for the server; empty for those that the system trusts.
    package var authorityFile = ""
    /// zlib frames between here and there.
    package var compresses = false
    /// Believe the server's RSA key on a channel without TLS.
    package var believesPublicKey = false

    /// Names of what may stand behind the `?`.
    static let options = [
        "ssl-mode", "ssl-ca", "socket", "compression", "get-server-public-key",
    ]

    /// Reads a URL.
    package init(_ text: String) throws(Problem) {
        guard text.utf8.count <= Limits.sourceURLBytesMax else {
            throw Problem(message: "it is longer than \(Limits.sourceURLBytesMax) bytes")
        }
        guard text.asciiLowercased.hasPrefix("mysql://") else {
            throw Problem(message: "it does not begin with mysql://")
        }
        let rest = text.dropFirst("mysql://".count)
        let parts = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        // The last @ ends the account: one in a password is found all the same.
        let authority = parts[0]
        guard let at = authority.lastIndex(of: "@") else {
            throw Problem(message: "it names no user: write mysql://user:password@host/database")
        }
        let account = authority[..<at].split(
            separator: ":",
            maxSplits: 1,
            omittingEmptySubsequences: false
        )
        user = try Self.decoded(account[0], "user")
        password = try Self.decoded(account.count > 1 ? account[1] : "", "password")
        guard !user.isEmpty else { throw Problem(message: "the user is empty") }
        let place = authority[authority.index(after: at)...].split(
            separator: "/",
            maxSplits: 1,
            omittingEmptySubsequences: false
        )
        host = ""
        try readHost(place[0])
        if place.count > 1, !place[1].isEmpty {
            database = try Self.decoded(place[1], "database")
        }
        if parts.count > 1 { try readOptions(parts[1]) }
        guard !host.isEmpty || !socket.isEmpty else { throw Problem(message: "the host is empty") }
    }

    private mutating func readHost(_ text: Substring) throws(Problem) {
        var rest = text
        if rest.first == "[" {
            guard let end = rest.firstIndex(of: "]") else {
                throw Problem(message: "the address in '[' has no ']'")
            }
            host = String(rest[rest.index(after: rest.startIndex)..<end])
            rest = rest[rest.index(after: end)...]
        } else {
            host = String(rest.prefix { $0 != ":" })
            rest = rest.dropFirst(host.count)
        }
        let isPlain = host.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "%") }
        guard isPlain, host.utf8.count <= 255 else {
            throw Problem(message: "the host is no name and no address")
        }
        guard !rest.isEmpty else { return }
        guard rest.first == ":", let number = UInt16(rest.dropFirst()), number > 0 else {
            throw Problem(message: "the port is no number from 1 to 65535")
        }
        port = number
    }

    private mutating func readOptions(_ text: Substring) throws(Problem) {
        for option in text.split(separator: "&") {
            let pair = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(pair[0]).asciiLowercased
            guard Self.options.contains(name) else {
                throw Problem(
                    message: "an option behind the '?' is not known; there are "
                        + Self.options.joined(separator: ", ")
                )
            }
            try set(name, try Self.decoded(pair.count > 1 ? pair[1] : "", "value of \(name)"))
        }
    }

    private mutating func set(_ name: String, _ value: String) throws(Problem) {
        switch name {
        case "ssl-mode":
            let mode = SSLMode.allCases.first {
                $0.rawValue.asciiLowercased == value.asciiLowercased
            }
            guard let mode else {
                let words = SSLMode.allCases.map(\.rawValue).joined(separator: ", ")
                throw Problem(message: "ssl-mode is one of \(words), not '\(value.prefix(64))'")
            }
            sslMode = mode
        case "ssl-ca": authorityFile = value
        case "socket": socket = value
        case "compression": compresses = try Self.toggle(name, value)
        default: believesPublicKey = try Self.toggle(name, value)
        }
    }

    private static func toggle(_ name: String, _ value: String) throws(Problem) -> Bool {
        switch value.asciiLowercased {
        case "on", "1", "true", "zlib": true
        case "off", "0", "false": false
        default: throw Problem(message: "\(name) is ON or OFF, not '\(value.prefix(64))'")
        }
    }

    /// Text with `%` and two digits for bytes.
    private static func decoded(_ text: Substring, _ what: String) throws(Problem) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard digits.utf8.count == 2, let value = UInt8(digits, radix: 16) else {
                throw Problem(message: "a '%' in the \(what) has no two digits behind it")
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
            throw Problem(message: "the \(what) is no text")
        }
        return text
    }
}

extension UpstreamURL {
    /// A URL that reads back as this one, but for its password.
    package var textWithoutPassword: String { text(secret: "") }

    /// As `textWithoutPassword`, with stars where there is a password.
    package var maskedText: String { text(secret: password.isEmpty ? "" : ":***") }

    private func text(secret: String) -> String {
        var text = "mysql://\(Self.encoded(user))\(secret)@"
        if !host.isEmpty {
            text += (host.contains(":") ? "[\(host)]" : host) + (port == 3_306 ? "" : ":\(port)")
        }
        if let database { text += "/" + Self.encoded(database) }
        var options: [String] = []
        if sslMode != .preferred { options.append("ssl-mode=\(sslMode.rawValue)") }
        if !authorityFile.isEmpty { options.append("ssl-ca=\(Self.encoded(authorityFile))") }
        if !socket.isEmpty { options.append("socket=\(Self.encoded(socket))") }
        if compresses { options.append("compression=ON") }
        if believesPublicKey { options.append("get-server-public-key=ON") }
        return options.isEmpty ? text : text + "?" + options.joined(separator: "&")
    }

    /// Text with `%` and two digits for the bytes that would end a part.
    private static func encoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            let isPlain = byte > 0x20 && byte < 0x7f && !marks.contains(byte)
            guard !isPlain else {
                bytes.append(byte)
                continue
            }
            let digits = String(byte, radix: 16, uppercase: true)
            bytes += Array(("%" + (digits.utf8.count == 1 ? "0" : "") + digits).utf8)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static let marks = Set("%@:?&#'\"\\".utf8)
}

extension UpstreamURL: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The server's address, for messages: `db.example:3306` or the path of its socket.
    package var address: String {
        if !socket.isEmpty { return socket }
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// The URL with stars for the password.
    package var description: String {
        let secret = password.isEmpty ? "" : ":***"
        let path = database.map { "/" + $0 } ?? ""
        return "mysql://\(user)\(secret)@\(address)\(path)?ssl-mode=\(sslMode.rawValue)"
    }

    /// As `description`.
    package var debugDescription: String { description }

    /// Nothing that holds the password.
    package var customMirror: Mirror { Mirror(self, children: ["url": description]) }
}
