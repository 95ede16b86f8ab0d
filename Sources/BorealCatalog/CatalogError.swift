/// What can go wrong in the registry. The engine turns each case into a number and a sentence.
public enum CatalogError: Error, Equatable, Sendable {
    /// A name that is empty or holds a character it may not hold.
    case invalidName(String)
    /// A folded name of that many bytes, above `limit`.
    case nameTooLong(bytes: Int, limit: Int)
    /// A name that begins like those of the built-in models.
    case reservedName(String)
    /// A comment of that many bytes, above `limit`.
    case commentTooLong(bytes: Int, limit: Int)

    /// The name is taken by a model that did not fail.
    case modelExists(name: String)
    /// No model of that name.
    case modelNotFound(name: String)
    /// The model has a version of that name already.
    case versionExists(model: String, version: String)
    /// The model has no version of that name, or the version was dropped meanwhile.
    case versionNotFound(model: String, version: String)
    /// The default version cannot be dropped.
    case versionIsDefault(model: String, version: String)
    /// The only version cannot be dropped.
    case versionIsOnly(model: String, version: String)
    /// A failed or unfinished version cannot be the default one.
    case versionNotReady(model: String, version: String, status: ModelStatus)
    /// A change of status that the life of a model does not know.
    case illegalModelTransition(model: String, version: String, from: ModelStatus, to: ModelStatus)

    /// No task of that id.
    case taskNotFound(TaskID)
    /// A change of status that the life of a task does not know.
    case illegalTaskTransition(TaskID, from: TaskStatus, to: TaskStatus)
    /// The name is taken by a feature that did not fail.
    case featureExists(name: String)
    /// No feature of that name.
    case featureNotFound(name: String)
    /// A change of status that the life of a feature does not know.
    case illegalFeatureTransition(String, from: FeatureStatus, to: FeatureStatus)
    /// The id is taken by a document of the REST contract.
    case documentExists(id: String)
    /// No document of that id.
    case documentNotFound(id: String)
    /// No background job of that id.
    case jobNotFound(JobID)

    /// The artifact is in no row.
    case artifactNotFound(hash: String)
    /// The row is there, the file is not.
    case artifactMissing(hash: String)
    /// A writer that already finished or failed was used again.
    case writerClosed
    /// A stream of more bytes than its writer may take.
    case tooLarge(limit: Int)
    /// No upload of that name, or it belongs to somebody else.
    case uploadNotFound(name: String)
    /// The upload of that name belongs to another account.
    case uploadOwned(name: String)

    /// The account is there already.
    case accountExists(AccountName)
    /// No such account.
    case accountNotFound(AccountName)
    /// The account does not hold the right that was to be taken away.
    case rightNotFound(AccountName, Right)
    /// The account has a token of that name already.
    case tokenExists(name: String)
    /// The account has no token of that name.
    case tokenNotFound(name: String)

    /// The device has no room left; nothing half-written stays.
    case diskFull
    /// A call of the operating system failed on a file of the data directory.
    case file(operation: String, path: String, code: Int32)
    /// SQLite refused a statement; `code` is its extended result code.
    case database(code: Int32, message: String)
    /// The catalog was written by a later release.
    case formatTooNew(found: Int, supported: Int)
    /// The file is an SQLite database, yet no catalog.
    case notACatalog(path: String)
    /// A value in the catalog that no release ever wrote.
    case corrupt(table: String, detail: String)
    /// Another server holds the data directory; `processID` is 0 when it could not be read.
    case directoryLocked(path: String, processID: Int32)
    /// A path that exists and is no directory, or is open to others.
    case directoryUnusable(path: String, reason: DirectoryFault)
    /// The catalog was closed: the server is about to end.
    case closed
    /// The operating system gave no random bytes or OpenSSL refused a digest.
    case cryptography
}

/// Why a data directory cannot be used.
public enum DirectoryFault: Equatable, Sendable {
    /// The path names a file.
    case notADirectory
    /// The directory is there, yet holds files that are none of ours.
    case foreignContent
}

// Each case prints one sentence: the switch is a table.
extension CatalogError: CustomStringConvertible {
    /// A sentence for the log and the command line; clients get the engine's text.
    public var description: String {
        switch self {
        case .invalidName(let name): "'\(name)' is no valid name"
        case .nameTooLong(let bytes, let limit): "a name of \(bytes) bytes, above \(limit)"
        case .reservedName(let name): "the name '\(name)' is reserved"
        case .commentTooLong(let bytes, let limit): "a comment of \(bytes) bytes, above \(limit)"
        case .modelExists(let name): "the model '\(name)' exists"
        case .modelNotFound(let name): "there is no model '\(name)'"
        case .versionExists(let model, let version): "'\(model)' has a version '\(version)'"
        case .versionNotFound(let model, let version): "'\(model)' has no version '\(version)'"
        case .versionIsDefault(let model, let version):
            "'\(version)' is the default version of '\(model)'"
        case .versionIsOnly(let model, let version):
            "'\(version)' is the only version of '\(model)'"
        case .versionNotReady(let model, let version, let status):
            "version '\(version)' of '\(model)' is \(status.rawValue)"
        case .illegalModelTransition(let model, let version, let from, let to):
            "version '\(version)' of '\(model)' cannot go from \(from.rawValue) to \(to.rawValue)"
        case .taskNotFound(let id): "there is no task \(id)"
        case .illegalTaskTransition(let id, let from, let to):
            "task \(id) cannot go from \(from.rawValue) to \(to.rawValue)"
        case .featureExists(let name): "the feature '\(name)' exists"
        case .featureNotFound(let name): "there is no feature '\(name)'"
        case .illegalFeatureTransition(let name, let from, let to):
            "feature '\(name)' cannot go from \(from.rawValue) to \(to.rawValue)"
        case .jobNotFound(let id): "there is no job \(id.rawValue)"
        default: storageDescription
        }
    }

    private var storageDescription: String {
        switch self {
        case .artifactNotFound(let hash): "there is no artifact \(hash)"
        case .artifactMissing(let hash): "the file of artifact \(hash) is missing"
        case .writerClosed: "the file was already finished or given up"
        case .tooLarge(let limit): "more than \(limit)"
        case .uploadNotFound(let name): "there is no upload '\(name)'"
        case .uploadOwned(let name): "the upload '\(name)' belongs to another account"
        case .accountExists(let name): "the account \(name) exists"
        case .accountNotFound(let name): "there is no account \(name)"
        case .rightNotFound(let name, let right): "\(name) has no right \(right.name)"
        case .tokenExists(let name): "the token '\(name)' exists"
        case .tokenNotFound(let name): "there is no token '\(name)'"
        case .diskFull: "no space left on the device"
        case .file(let operation, let path, let code): "\(operation) of '\(path)': error \(code)"
        case .database(let code, let message): "SQLite error \(code): \(message)"
        case .formatTooNew(let found, let supported):
            "the catalog has format \(found), this release reads up to \(supported): "
                + "use a newer release"
        case .notACatalog(let path): "'\(path)' is no catalog of this server"
        case .corrupt(let table, let detail): "the table \(table) of the catalog: \(detail)"
        case .directoryLocked(let path, let processID):
            "'\(path)' is in use by the process \(processID)"
        case .directoryUnusable(let path, .notADirectory): "'\(path)' is no directory"
        case .directoryUnusable(let path, .foreignContent):
            "'\(path)' holds files that are none of a data directory"
        case .closed: "the catalog is closed"
        case .cryptography: "no random bytes, or no digest"
        default: "an error of the catalog"
        }
    }
}
