import BorealCatalog
import BorealEngine
import Glibc

/// Gives root back to the operator, in a data directory that no server holds: a password, all
/// rights, no lock; the account itself when it was dropped.
public enum PasswordReset {
    /// - Parameter password: nil generates one.
    /// - Throws: `ServerStartError` when the directory is in use.
    public static func run(directory path: String, password given: String?) throws {
        do {
            let directory = try DataDirectory(path)
            defer { directory.close() }
            let catalog = try Catalog(directory)
            defer { catalog.close() }
            let known = catalog.snapshot.accounts.first { $0.name.user == "root" }
            let root = known?.name ?? AccountName(user: "root", host: "localhost")
            let password = given ?? RandomBytes.password()
            let verifiers = try PasswordVerifiers.make(password)
            try catalog.update { (change) throws(CatalogError) in
                if known == nil { try change.createAccount(root, verifiers: verifiers) }
                try change.setVerifiers(of: root, to: verifiers)
                try change.setOptions(of: root, to: AccountOptions())
                try change.grant([Right("ALL")], to: root)
            }
            let certificate = directory.layout.tls + "/" + ServerTLS.certificateName
            try ClientOptionFile(path: directory.layout.clientConfiguration).write(
                ClientOptionFile.Contents(
                    host: "127.0.0.1",
                    port: 3_307,
                    socket: "",
                    user: "root",
                    password: password,
                    authorityFile: access(certificate, R_OK) == 0 ? certificate : nil,
                    hasTLS: true
                )
            )
        } catch CatalogError.directoryLocked(let path, let processID) {
            throw ServerStartError.directoryInUse(path: path, processID: processID)
        } catch let error as CatalogError {
            throw ServerStartError.storage("\(error)")
        }
    }
}
