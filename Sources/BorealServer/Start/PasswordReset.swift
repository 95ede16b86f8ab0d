import BorealCatalog
import BorealEngine
import Glibc

/// Sets root's password in a data directory that no server holds.
public enum PasswordReset {
    /// - Parameter password: nil generates one.
    /// - Throws: `ServerStartError` when the directory is in use or holds no root.
    public static func run(directory path: String, password given: String?) throws {
        do {
            let directory = try DataDirectory(path)
            defer { directory.close() }
            let catalog = try Catalog(directory)
            defer { catalog.close() }
            guard let root = catalog.snapshot.accounts.first(where: { $0.name.user == "root" })
            else {
                throw ServerStartError.storage("'\(path)' has no account 'root'")
            }
            let password = given ?? RandomBytes.password()
            let verifiers = try PasswordVerifiers.make(password)
            try catalog.update { (change) throws(CatalogError) in
                try change.setVerifiers(of: root.name, to: verifiers)
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
