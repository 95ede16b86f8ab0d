import BorealBase
package import BorealCatalog

extension ServerError {
    /// The number and sentence of a registry error.
    package init(_ error: CatalogError) {
        switch error {
        case .invalidName(let name):
            self = .invalidOption(
                name,
                "a model name begins with a letter, then letters, digits and '_'"
            )
        case .nameTooLong(let bytes, let limit):
            self.init(
                .identifierTooLong,
                "A name of \(bytes) bytes is too long; \(limit) are allowed"
            )
        case .reservedName(let name):
            self = .invalidOption(name, "names that begin with '_polar4ai' are reserved")
        case .commentTooLong(let bytes, let limit):
            self = .invalidOption("comment", "\(bytes) bytes are too many; \(limit) are allowed")
        case .modelExists(let name): self = .modelExists(name)
        case .modelNotFound(let name): self = .modelMissing(name)
        case .versionExists(let model, let version): self = .modelExists("\(model)@\(version)")
        case .versionNotFound(let model, let version): self = .modelMissing("\(model)@\(version)")
        case .versionIsDefault(let model, let version), .versionIsOnly(let model, let version):
            self = .invalidOption(version, "the default version of '\(model)' cannot be dropped")
        case .versionNotReady(let model, let version, let status):
            self = .modelNotReady("\(model)@\(version)", status: status.rawValue)
        case .illegalModelTransition(let model, _, let from, _):
            self = .modelNotReady(model, status: from.rawValue)
        case .featureExists(let name): self = .featureExists(name)
        case .featureNotFound(let name), .illegalFeatureTransition(let name, _, _):
            self = .featureMissing(name)
        case .documentExists(let id): self = .modelExists(id)
        case .documentNotFound(let id): self = .modelMissing(id)
        case .taskNotFound(let id): self = .taskMissing(id.description)
        case .illegalTaskTransition(let id, _, _): self = .taskMissing(id.description)
        default: self = Self.storage(error)
        }
    }

    /// Errors of files, accounts and the database below.
    private static func storage(_ error: CatalogError) -> ServerError {
        switch error {
        case .tooLarge(let limit):
            ServerError(.malformedModel, "Unsupported or malformed model file: over \(limit) bytes")
        case .uploadNotFound(let name), .uploadOwned(let name):
            .cannotFetch("upload:\(name)", "there is no such upload of this account")
        case .accountExists(let name), .accountNotFound(let name), .rightNotFound(let name, _):
            .noSuchGrant(name)
        case .tokenExists(let name), .tokenNotFound(let name): .invalidOption("TOKEN", name)
        case .diskFull:
            ServerError(.diskFull, "No space left on the device; nothing of the statement was kept")
        default:
            ServerError(.unknownError, "The registry failed: \(error)")
        }
    }
}
