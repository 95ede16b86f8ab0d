import BorealWire
import Foundation

/// One conversation of `Fixtures/transcripts`.
struct Transcript {
    enum Line {
        case client([UInt8])
        case server([UInt8], meaning: String)
    }

    let name: String
    /// Words of each `@` line.
    var options: [[String]] = []
    var lines: [Line] = []
    /// How it ends: `quit` or `closed`.
    var end = ""

    static let all: [String] = {
        let folder = Fixture.folder("transcripts")
        let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
        // An unreadable folder shows as the failure of "there are transcripts".
        return (names ?? []).filter { $0.hasSuffix(".txt") }.sorted()
    }()

    init(_ name: String) throws {
        self.name = name
        let text = String(decoding: try Fixture.bytes("transcripts", name), as: UTF8.self)
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
            let words = parts[0].split(separator: " ").map(String.init)
            switch words.first {
            case "@": options.append(Array(words.dropFirst()))
            case "!": end = words[1]
            case "C>": lines.append(.client(hex(words[1])))
            case "S<":
                let meaning = parts.count > 1 ? String(parts[1]) : ""
                lines.append(.server(hex(words[1]), meaning: meaning))
            default: break
            }
        }
    }

    /// The verifiers of each `@ account` line, by name.
    func accounts() throws -> [String: AccountCredentials] {
        var accounts: [String: AccountCredentials] = [:]
        for words in options where words[0] == "account" {
            var credentials = AccountCredentials()
            var rest = words[2...]
            while let kind = rest.popFirst() {
                switch kind {
                case "empty": credentials.isPasswordEmpty = true
                case "native":
                    credentials.native = try .init(bytes: hex(rest.popFirst() ?? ""))
                case "sha2":
                    credentials.cachingSHA2 = try .init(stored: hex(rest.popFirst() ?? ""))
                default: credentials.fastHash = hex(rest.popFirst() ?? "")
                }
            }
            accounts[words[1]] = credentials
        }
        return accounts
    }

    /// The configuration that the greeting of each transcript shows.
    func configuration() -> ServerConversation.Configuration {
        var configuration = ServerConversation.Configuration(
            connectionID: 7,
            serverVersion: "8.0.36-boreal",
            nonce: Array(0x41..<0x41 + 20),
            isSecureChannel: options.contains(["secure"])
        )
        configuration.clientHost = "10.0.0.9"
        if options.contains(["tls"]) { configuration.capabilities.insert(.ssl) }
        if options.contains(["compress"]) { configuration.capabilities.insert(.compress) }
        configuration.requiresCompression = options.contains(["require-compression"])
        configuration.requiresSecureChannel = options.contains(["require-secure"])
        configuration.isNativePasswordEnabled = !options.contains(["native", "off"])
        for words in options where words[0] == "packet" {
            configuration.packetBytesMax = Int(words[1]) ?? 0
        }
        return configuration
    }
}
