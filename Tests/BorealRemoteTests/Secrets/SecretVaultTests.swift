import BorealBase
import Glibc
import Testing

@testable import BorealRemote

@Suite("The vault and its master key")
struct SecretVaultTests {
    /// A path in a folder that is gone with the test.
    final class Folder {
        let path: String

        init() throws {
            var template = Array("/tmp/boreal-vault-XXXXXX".utf8CString)
            try #require(mkdtemp(&template) != nil)
            path = String(
                decoding: template.dropLast().map { UInt8(bitPattern: $0) },
                as: UTF8.self
            )
        }

        deinit {
            for name in ["master.key", "master.key.next", "a/b/master.key", "link.key"] {
                unlink(path + "/" + name)
            }
            for name in ["/a/b", "/a", ""] { rmdir(path + name) }
        }

        func write(_ text: String, mode: mode_t = 0o600) {
            let file = path + "/master.key"
            unlink(file)
            let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL, mode)
            _ = text.withCString { Glibc.write(descriptor, $0, strlen($0)) }
            fchmod(descriptor, mode)
            close(descriptor)
        }
    }

    @Test("the key file is made at the first secret, for its owner alone, and used ever after")
    func makesFile() throws {
        let folder = try Folder()
        let file = MasterKeyFile(path: folder.path + "/a/b/master.key")
        let vault = SecretVault(.file(file))
        #expect(throws: RemoteModelError.self) {
            try vault.open(Self.sealed(), model: "m", field: "token")
        }
        #expect(access(file.path, F_OK) != 0)
        let text = try vault.seal(SecretBytes("sk-1".utf8), model: "m", field: "token")
        var status = stat()
        #expect(stat(file.path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        let later = SecretVault(.file(file))
        #expect(try later.open(text, model: "m", field: "token").text == "sk-1")
        #expect(try file.readOrMake().id == file.read()?.id)
    }

    /// A secret that nobody's key opens.
    static func sealed() throws -> String {
        try SealedSecret(SecretBytes("x".utf8), model: "m", field: "token", key: .random()).text
    }

    @Test("a file that others may read, a link, and nonsense are refused, naming the file")
    func badFiles() throws {
        let folder = try Folder()
        let file = MasterKeyFile(path: folder.path + "/master.key")
        let good = try MasterKey.random().base64
        #expect(try file.read() == nil)
        for (text, mode, reason) in [
            (good, 0o640, "others may read it; its mode must be 0600"),
            (good, 0o604, "others may read it; its mode must be 0600"),
            ("short", 0o600, "a master key is 32 bytes in base64"),
            ("", 0o600, "a master key is 32 bytes in base64"),
        ] as [(String, mode_t, String)] {
            folder.write(text, mode: mode)
            let error = #expect(throws: RemoteModelError.self) { try file.read() }
            #expect(error?.text == "master key file '\(file.path)': \(reason)")
        }
        folder.write(good + "\n")
        #expect(try file.read()?.base64 == good)
        let link = MasterKeyFile(path: folder.path + "/link.key")
        #expect(symlink(file.path, link.path) == 0)
        #expect(throws: RemoteModelError.self) { try link.read() }
        #expect(throws: RemoteModelError.self) { try MasterKeyFile(path: folder.path).read() }
        #expect(throws: RemoteModelError.self) {
            try MasterKeyFile(path: file.path + "/below/master.key").readOrMake()
        }
    }

    @Test("another key says so and names its source; the secret is in no message")
    func wrongKey() throws {
        let vault = SecretVault(.environment(try MasterKey.random().base64))
        let error = #expect(throws: RemoteModelError.self) {
            try vault.open(Self.sealed(), model: "m", field: "token")
        }
        #expect(
            error?.text
                == "the stored token was sealed with another key; the master key is that of "
                + "BOREAL_MASTER_KEY"
        )
        let text = try vault.seal(SecretBytes("planted".utf8), model: "m", field: "token")
        let moved = #expect(throws: RemoteModelError.self) {
            try vault.open(text, model: "other", field: "token")
        }
        #expect(moved?.text.contains("is damaged") == true)
        #expect(throws: RemoteModelError.self) {
            try SecretVault(.environment("nonsense")).open(text, model: "m", field: "token")
        }
    }

    @Test("a new key takes over from the old one, wherever a rotation stops")
    func rotation() throws {
        let folder = try Folder()
        let file = MasterKeyFile(path: folder.path + "/master.key")
        let vault = SecretVault(.file(file))
        let old = try vault.seal(SecretBytes("sk-1".utf8), model: "m", field: "token")
        func opened(_ text: String) throws -> String {
            try SecretVault(.file(file)).open(text, model: "m", field: "token").text
        }
        // The new key is written, nothing is sealed with it yet.
        let first = try KeyRotation(vault) { _ in nil }
        #expect(first.place == file.path)
        #expect(try opened(old) == "sk-1")
        // Secrets are stored anew, the old key is still in its place.
        let new = try first.resealed(old, model: "m", field: "token")
        #expect(try SealedSecret(text: new).keyID != SealedSecret(text: old).keyID)
        #expect(try opened(old) == "sk-1")
        #expect(try opened(new) == "sk-1")
        // A further run goes on with the same key, and finds what has it already.
        let again = try KeyRotation(SecretVault(.file(file))) { _ in nil }
        #expect(try again.resealed(new, model: "m", field: "token") == new)
        let other = try again.resealed(old, model: "m", field: "token")
        #expect(try SealedSecret(text: other).keyID == SealedSecret(text: new).keyID)
        try again.finish()
        #expect(access(file.path + ".next", F_OK) != 0)
        #expect(try opened(new) == "sk-1")
        #expect(throws: RemoteModelError.self) { try opened(old) }
    }

    @Test("a key of the environment is replaced by another one of the environment")
    func rotationOfEnvironment() throws {
        let (old, new) = (try MasterKey.random().base64, try MasterKey.random().base64)
        let vault = SecretVault(.environment(old))
        let text = try vault.seal(SecretBytes("sk-1".utf8), model: "m", field: "token")
        let rotation = try KeyRotation(vault) { $0 == "BOREAL_NEW_MASTER_KEY" ? new : nil }
        let sealed = try rotation.resealed(text, model: "m", field: "token")
        try rotation.finish()
        let later = SecretVault(.environment(new))
        #expect(try later.open(sealed, model: "m", field: "token").text == "sk-1")
        for given in [nil, "nonsense", old] {
            #expect(throws: RemoteModelError.self) { try KeyRotation(vault) { _ in given } }
        }
        #expect(throws: RemoteModelError.self) {
            try KeyRotation(SecretVault(.memory)) { _ in new }
        }
    }

    /// Named file, ephemeral, environment, where the key comes from.
    static let sources: [(String?, Bool, [String: String], String)] = [
        ("/k", true, ["BOREAL_MASTER_KEY": "x"], "BOREAL_MASTER_KEY"),
        ("/k", true, [:], "file '/k'"),
        (nil, true, ["HOME": "/h"], "memory"),
        (nil, false, ["HOME": "/h"], "file '/h/.config/boreal/master.key'"),
        ("", false, ["HOME": "/h", "XDG_CONFIG_HOME": "/c"], "file '/c/boreal/master.key'"),
        (
            nil, false, ["HOME": "/h", "XDG_CONFIG_HOME": "rel"],
            "file '/h/.config/boreal/master.key'"
        ),
    ]

    @Test("environment, named file, memory, default file: in this order", arguments: sources)
    func order(file: String?, isEphemeral: Bool, environment: [String: String], expected: String) {
        let vault = SecretVault(file: file, isEphemeral: isEphemeral) { environment[$0] }
        #expect(vault.source.name == expected)
    }

    static let shown: [(String, String)] = [
        ("", "***"), ("short", "***"), ("sk-456789012", "***"), ("sk-4567890123", "sk-***0123"),
        ("0123456789abcdef", "***cdef"),
    ]

    @Test("a key is shown by its last four characters, if at all", arguments: shown)
    func masks(key: String, expected: String) { #expect(SecretMask.shown(key) == expected) }

    static let redacted: [(String, String)] = [
        (#"{"author_type":"token","token":"sk-1"}"#, #"{"author_type": "token", "token": "***"}"#),
        (#"{"credential":{"api_key":"sk-1","x":["y"]}}"#, #"{"credential": "***"}"#),
        (
            #"{"headers":{"Authorization":"Bearer sk-1","X-Api-Key":"k","Accept":"a"}}"#,
            #"{"headers": {"Authorization": "***", "X-Api-Key": "***", "Accept": "a"}}"#
        ),
        (
            #"["Bearer sk-1",{"APIKEY":"k","token":null}]"#,
            #"["Bearer ***", {"APIKEY": "***", "token": null}]"#
        ),
        (
            #"{"max_tokens":5,"tokens":[1],"temperature":0.5}"#,
            #"{"max_tokens": 5, "tokens": [1], "temperature": 0.5}"#
        ),
    ]

    @Test("secrets of a tree are stars", arguments: redacted)
    func redaction(text: String, expected: String) throws {
        #expect(try SecretMask.redacted(JSON.parse(text)).description == expected)
    }
}
