/// Why a request of the REST contract is turned down, in the words that its clients match on.
package struct ContractError: Error, Equatable, Sendable {
    /// The class of the failure, such as `illegal_argument_exception`.
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

    /// Something in the request is not as it must be: 400.
    package static func illegalArgument(_ reason: String) -> ContractError {
        ContractError(type: "illegal_argument_exception", reason, status: 400)
    }

    /// A member is missing or of another kind: 400.
    package static func parse(_ reason: String) -> ContractError {
        ContractError(type: "parse_exception", reason, status: 400)
    }

    /// The state of things forbids it, with a status of its own.
    package static func status(_ status: Int, _ reason: String) -> ContractError {
        ContractError(type: "status_exception", reason, status: status)
    }

    /// What the SQL side says of a template, a header or an address.
    init(_ error: RemoteModelError, _ place: String) {
        let isHeader = error.text.hasPrefix("Header '")
        self = .illegalArgument(isHeader ? error.text : "\(place): \(error.text)")
    }
}
