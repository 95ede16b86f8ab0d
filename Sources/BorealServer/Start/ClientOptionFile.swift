import BorealBase
import Glibc

/// `client.cnf`: how the `mysql` command line connects, readable by its owner only.
struct ClientOptionFile {
    /// Where it lies.
    let path: String

    /// What goes into it.
    struct Contents: Equatable {
        var host: String
        var port: Int
        /// Empty for none.
        var socket: String
        var user: String
        /// Nil when nobody knows it (a file that was removed after the first start).
        var password: String?
        /// A file with what vouches for the server's certificate; nil when clients know.
        var authorityFile: String?
        /// False when the server speaks no TLS.
        var hasTLS = true
    }

    /// Replaces the file; a crash leaves the old one or the new one.
    ///
    /// - Throws: `ServerStartError.cannotWrite`.
    func write(_ contents: Contents) throws(ServerStartError) {
        var text = "[client]\nhost=\(contents.host)\nport=\(contents.port)\n"
        if !contents.socket.isEmpty { text += "socket=\(contents.socket)\n" }
        text += "user=\(contents.user)\n"
        if let password = contents.password { text += "password=\(Self.quoted(password))\n" }
        if !contents.hasTLS {
            // Without TLS at the server, libmariadb would send the password in clear text unless it
            // is told to forget TLS; "loose" keeps clients without the option from failing.
            text += "loose-skip-ssl\n"
        } else if let file = contents.authorityFile {
            text += "ssl-ca=\(Self.quoted(file))\n"
        }
        text += "\n[mysql]\ncomments\nlocal-infile=1\n"
        let code = PrivateFile.write(Array(text.utf8), to: path)
        guard code == 0 else {
            throw .cannotWrite(path: path, reason: String(cString: strerror(code)))
        }
    }

    /// The password that an earlier start wrote; nil when there is no file or no such line.
    var storedPassword: String? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var buffer = [CChar](repeating: 0, count: 16_384)
        while fgets(&buffer, Int32(buffer.count), file) != nil {
            let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            let line = String(decoding: bytes, as: UTF8.self)
            guard line.hasPrefix("password=") else { continue }
            return Self.unquoted(String(line.dropFirst(9).prefix { $0 != "\n" }))
        }
        return nil
    }

    /// In double quotes, with the escapes that option files know.
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for character in text.unicodeScalars {
            switch character {
            case "\\": quoted += "\\\\"
            case "\"": quoted += "\\\""
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            default: quoted.unicodeScalars.append(character)
            }
        }
        return quoted + "\""
    }

    /// The inverse of `quoted`.
    static func unquoted(_ text: String) -> String {
        guard text.count >= 2, text.first == "\"", text.last == "\"" else { return text }
        var plain = ""
        var isEscaped = false
        for character in text.dropFirst().dropLast() {
            if isEscaped {
                switch character {
                case "n": plain += "\n"
                case "r": plain += "\r"
                case "t": plain += "\t"
                default: plain.append(character)
                }
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else {
                plain.append(character)
            }
        }
        return plain
    }
}
