package import BorealBase
import BorealCatalog
package import BorealRemote

/// What a request is refused with, in the contract's envelope.
package struct RESTError: Error, Equatable, Sendable {
    /// The class of the failure in snake case.
    package let type: String
    /// The sentence.
    package let reason: String
    /// The HTTP status.
    package let status: Int

    /// - Parameter type: in snake case, ending in `_exception`.
    package init(type: String, _ reason: String, status: Int) {
        self.type = type
        self.reason = reason
        self.status = status
    }

    package init(_ error: ContractError) {
        self.init(type: error.type, error.reason, status: error.status)
    }

    /// 400 for a value that may not be.
    package static func illegalArgument(_ reason: String) -> RESTError {
        RESTError(.illegalArgument(reason))
    }

    /// 400 for a member of another kind.
    package static func parse(_ reason: String) -> RESTError { RESTError(.parse(reason)) }

    /// What the state of things forbids.
    package static func status(_ status: Int, _ reason: String) -> RESTError {
        RESTError(.status(status, reason))
    }

    /// 403, in the words of the SQL side.
    package static func forbidden(_ right: String) -> RESTError {
        RESTError(
            type: "security_exception",
            "Access denied; you need the \(right) privilege for this operation",
            status: 403
        )
    }

    /// `{"error": {"root_cause": [...], "type", "reason"}, "status": N}`
    package var json: JSON {
        let cause: [(key: String, value: JSON)] = [
            ("type", .string(type)), ("reason", .string(reason)),
        ]
        return .object([
            ("error", .object([("root_cause", .array([.object(cause)]))] + cause)),
            ("status", .integer(Int64(status))),
        ])
    }

    /// Whatever was thrown, as its client reads it. Failures of the registry tell no paths.
    init(_ error: any Error) {
        switch error {
        case let error as RESTError: self = error
        case let error as ContractError: self.init(error)
        case let error as RemoteModelError:
            self = error.code == .policy ? .illegalArgument(error.text) : .status(500, error.text)
        case CatalogError.documentExists(let id):
            self = .conflict(id)
        case CatalogError.modelExists(let name):
            self = .conflict(name)
        case CatalogError.diskFull:
            self = .status(507, "No space left on the device; nothing of the request was kept")
        case CatalogError.tooLarge(let limit):
            self = .status(429, "There are \(limit) of them already, which is the most")
        default:
            self.init(type: "exception", "The registry failed", status: 500)
        }
    }

    /// 409 for an id or name that is taken.
    static func conflict(_ id: String) -> RESTError {
        RESTError(
            type: "version_conflict_engine_exception",
            "[\(id)]: version conflict, document already exists",
            status: 409
        )
    }
}
