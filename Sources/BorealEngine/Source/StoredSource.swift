import BorealBase
import BorealCatalog
import BorealRemote
import BorealUpstream

/// A source by name as the registry keeps it: its URL without the password, and the password sealed
/// with the master key under the source's id.
struct StoredSource {
    /// The name as it was written; compared without regard to case.
    let name: String
    /// Where the server is and how to log in; without the password as it is read from the registry.
    var url: UpstreamURL
    var comment: String
    /// The sealed password; empty for none.
    private var sealed: String

    /// What the password is called where it is sealed.
    private static let field = "password"

    init(name: String, url: UpstreamURL, comment: String) {
        self.name = name
        self.url = url
        self.comment = comment
        sealed = ""
    }

    /// - Throws: 1105 for a document that this release cannot read.
    init(_ document: CatalogDocument) throws(ServerError) {
        // Whatever is wrong with the texts, they are none of ours.
        let body = try? JSON.parse(document.body)
        guard let name = body?["name"]?.string, let text = body?["url"]?.string,
            // As above.
            let url = try? UpstreamURL(text)
        else { throw .internalError("the stored source '\(document.id)' cannot be read") }
        self.name = name
        self.url = url
        comment = body?["comment"]?.string ?? ""
        // A source without a password has no secrets.
        let secrets = document.secrets.isEmpty ? nil : try? JSON.parse(document.secrets)
        sealed = secrets?[Self.field]?.string ?? ""
    }

    /// What the registry knows it by.
    var id: String { name.asciiLowercased }

    /// What is stored in the clear.
    var body: String {
        JSON.object([
            ("name", .string(name)), ("url", .string(url.textWithoutPassword)),
            ("comment", .string(comment)),
        ]).description
    }

    /// What the password is bound to, so that it opens for no other source and no model.
    private var owner: String { "source:\(id)" }

    /// The password of `url` as it is stored; empty for none.
    func secrets(_ vault: SecretVault) throws(ServerError) -> String {
        guard !url.password.isEmpty else { return "" }
        let secret = SecretBytes(Array(url.password.utf8))
        do throws(RemoteModelError) {
            return Self.secrets(try vault.seal(secret, model: owner, field: Self.field))
        } catch {
            throw failure(error)
        }
    }

    /// Where the server is and how to log in, the password included.
    func opened(_ vault: SecretVault) throws(ServerError) -> UpstreamURL {
        guard !sealed.isEmpty else { return url }
        var url = url
        do throws(RemoteModelError) {
            url.password = try vault.open(sealed, model: owner, field: Self.field).text
        } catch {
            throw failure(error)
        }
        return url
    }

    /// True when there is a password.
    var hasPassword: Bool { !sealed.isEmpty }

    /// The secrets under the master key of a rotation.
    func resealed(_ rotation: KeyRotation) throws(RemoteModelError) -> String {
        Self.secrets(try rotation.resealed(sealed, model: owner, field: Self.field))
    }

    private static func secrets(_ sealed: String) -> String {
        JSON.object([(field, .string(sealed))]).description
    }

    private func failure(_ error: RemoteModelError) -> ServerError {
        .invalidOption(name, "the password of the source cannot be used: \(error.text)")
    }
}
