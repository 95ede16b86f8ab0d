package import BorealBase
import BorealHTTP

/// The URL of a connector's action with places for parameters:
/// `https://${parameters.endpoint}/v1/models/${parameters.model}`.
///
/// Where a call goes is the connector's to say: a caller fills places of the path and the query,
/// percent-encoded, and can change neither scheme nor host nor port.
package struct URLTemplate: Equatable, Sendable {
    private enum Part: Equatable, Sendable {
        case text(String)
        case hole(name: String, standIn: String?)
    }

    /// As it was written.
    package let text: String
    private let parts: [Part]
    /// What it says without places, which is what most say.
    private let fixed: Result<RemoteAddress, RemoteModelError>?

    /// - Throws: `ContractError` for a placeholder without end and one that is no parameter.
    package init(_ text: String) throws(ContractError) {
        guard text.utf8.count <= RemoteAddress.bytesMax else {
            throw .illegalArgument("url is longer than \(RemoteAddress.bytesMax) bytes")
        }
        var parts: [Part] = []
        var rest = text[...]
        while let opening = rest.firstRange(of: "${") {
            guard let end = rest[opening.upperBound...].firstIndex(of: "}") else {
                throw .illegalArgument("url holds a placeholder that does not end")
            }
            if opening.lowerBound > rest.startIndex {
                parts.append(.text(String(rest[..<opening.lowerBound])))
            }
            let hole = rest[opening.upperBound..<end]
            guard hole.hasPrefix("parameters.") else {
                throw .illegalArgument(
                    "url has no ${\(UpstreamText.clean(hole.utf8))}; there is ${parameters.NAME}"
                )
            }
            let inside = hole.dropFirst("parameters.".count)
            let mark = inside.firstRange(of: ":-")
            parts.append(
                .hole(
                    name: String(inside[..<(mark?.lowerBound ?? inside.endIndex)]),
                    standIn: mark.map { String(inside[$0.upperBound...]) }
                )
            )
            rest = rest[rest.index(after: end)...]
        }
        if !rest.isEmpty { parts.append(.text(String(rest))) }
        self.text = text
        self.parts = parts
        let isFixed = parts.allSatisfy { if case .text = $0 { true } else { false } }
        fixed =
            isFixed
            ? Result { () throws(RemoteModelError) in try RemoteAddress(text) } : nil
    }

    /// The address that is called.
    ///
    /// - Parameters:
    ///   - own: the connector's parameters, which go in as they are.
    ///   - given: the caller's; nil in the check that a connector is made with, where places of the
    ///     path that nothing fills are taken as `x`.
    /// - Throws: `ContractError` for a place without value, for a caller's value that would change
    ///   the host, and for what is no URL then.
    package func filled(
        own: (String) -> String?,
        given: ((String) -> JSON?)?
    ) throws(ContractError) -> RemoteAddress {
        if let fixed { return try fixed.mapError(Self.refusal).get() }
        var url = ""
        for part in parts {
            switch part {
            case .text(let fixed): url += fixed
            case .hole(let name, let standIn):
                url += try value(name, standIn, own, given, isInPath: Self.isInPath(url))
            }
        }
        do {
            return try RemoteAddress(url)
        } catch {
            throw Self.refusal(error)
        }
    }

    private func value(
        _ name: String,
        _ standIn: String?,
        _ own: (String) -> String?,
        _ given: ((String) -> JSON?)?,
        isInPath: Bool
    ) throws(ContractError) -> String {
        let fixed = own(name)
        if let chosen = given?(name) {
            let text = chosen.string ?? chosen.compact
            if isInPath { return PercentEncoding.encode(text) }
            guard text == fixed ?? standIn else { throw Self.notTrusted }
        }
        if let fixed = fixed ?? standIn { return fixed }
        guard isInPath else {
            throw .illegalArgument("url: the connector's parameters have no '\(name)' for the host")
        }
        guard given == nil else {
            throw .illegalArgument("Some parameter placeholder not filled in url: \(name)")
        }
        return "x"
    }

    /// True when the authority has ended.
    private static func isInPath(_ url: String) -> Bool {
        guard let mark = url.firstRange(of: "://") else { return false }
        return url[mark.upperBound...].contains { $0 == "/" || $0 == "?" }
    }

    /// What the contract says of a URL that may not be called.
    package static let notTrusted = ContractError.illegalArgument(
        "Connector URL is not matching the trusted connector endpoint regex"
    )

    /// The contract has sentences of its own for schemes.
    private static func refusal(_ error: RemoteModelError) -> ContractError {
        guard error.text.hasPrefix("URLs of '") else { return ContractError(error, "url") }
        let scheme = error.text.dropFirst("URLs of '".count).prefix { $0 != "'" }
        return .illegalArgument("Protocol is not http or https: \(scheme)")
    }
}

extension TrustedList {
    /// - Throws: `ContractError` with the contract's sentences for a list that is empty and for an
    ///   address that no expression covers.
    package func checkConnector(_ address: RemoteAddress) throws(ContractError) {
        guard !isEmpty else {
            throw .illegalArgument(
                "Trusted connector endpoints regex is not configured. Please set "
                    + "plugins.ml_commons.trusted_connector_endpoints_regex."
            )
        }
        // Not to be covered is all that the check can find.
        guard (try? check(address)) != nil else { throw URLTemplate.notTrusted }
    }
}
