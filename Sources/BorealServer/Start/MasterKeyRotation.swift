public import BorealBase
import BorealCatalog
import BorealEngine
import Glibc

/// Another master key for a data directory that no server holds.
public enum MasterKeyRotation {
    /// - Parameter settings: `data` and `master_key_file` count.
    /// - Returns: what was done, as a sentence.
    /// - Throws: `ServerStartError` when the directory is in use or a key does not open.
    public static func run(_ settings: Settings) throws -> String {
        let path = settings.text("data")
        guard access(DataLayout(root: path).catalog, R_OK) == 0 else {
            throw ServerStartError.storage("'\(path)' is no data directory")
        }
        do {
            let directory = try DataDirectory(path)
            defer { directory.close() }
            let catalog = try Catalog(directory)
            defer { catalog.close() }
            let outcome = try StoredKeyRotation.run(
                catalog,
                file: settings.text("master_key_file")
            ) { name in getenv(name).map { String(cString: $0) } }
            guard outcome.count > 0 else { return "No key of a remote model is stored." }
            return "\(outcome.count) stored keys are sealed with the new master key of "
                + "\(outcome.place). Backups made before need the old one."
        } catch CatalogError.directoryLocked(let path, let processID) {
            throw ServerStartError.directoryInUse(path: path, processID: processID)
        } catch let error as CatalogError {
            throw ServerStartError.storage("\(error)")
        } catch let error as ServerError {
            throw ServerStartError.storage(error.message)
        }
    }
}
