package import BorealBase
package import BorealCatalog
package import BorealEngine
package import BorealHTTP
import BorealNet
import BorealRemote

/// A request of an account that is known, with what its path bound.
package struct RESTRequest: Sendable {
    package let engine: Engine
    package let http: HTTPRequest
    /// Who asks.
    package let account: Account
    /// The parts of the path that the route names.
    package let places: [String: String]

    /// Levels of JSON in a body.
    private static let depthMax = 64

    /// What the account may do.
    package var access: ModelAccess { engine.access(of: account, clientHost: http.peer.host) }

    /// The registry now.
    package var snapshot: CatalogSnapshot { engine.catalog.snapshot }

    /// A part of the path; empty when the route does not name it.
    package func place(_ name: String) -> String { places[name] ?? "" }

    /// True for `?name`, `?name=true`.
    package func flag(_ name: String) throws(RESTError) -> Bool {
        switch http.queryValue(name) {
        case nil, "false"?: return false
        case ""?, "true"?: return true
        case let other?:
            throw .illegalArgument(
                "Failed to parse value [\(other)] as only [true] or [false] are allowed."
            )
        }
    }

    /// The body as JSON, numbers as they were written; nil for an empty one.
    ///
    /// - Throws: `RESTError` for what is no JSON.
    package func json() throws(RESTError) -> JSON? {
        guard !http.body.allSatisfy({ $0 <= 0x20 }) else { return nil }
        do {
            return try JSON.parse(http.body, depthMax: Self.depthMax, keepsDigits: true)
        } catch {
            throw RESTError(
                type: "x_content_parse_exception",
                "the body is no JSON: \(error.reason) at byte \(error.offset)",
                status: 400
            )
        }
    }

    /// The body, which must be an object.
    ///
    /// - Parameter empty: what an empty body is refused with.
    /// - Throws: `RESTError`.
    package func object(orElse empty: RESTError) throws(RESTError) -> JSON {
        guard let json = try json() else { throw empty }
        guard json.object != nil else { throw .parse("the body must be a JSON object") }
        return json
    }

    /// - Throws: 403 unless the account may make and change models.
    package func checkAdministrator() throws(RESTError) {
        guard access.isAdministrator else { throw .forbidden("MODEL_ADMIN") }
    }

    /// - Throws: 400 while remote models are switched off.
    package func checkRemoteInference() throws(RESTError) {
        guard engine.settings.isOn("remote_inference_enabled") else {
            throw .status(
                400,
                "Remote Inference is currently disabled. To enable it, update the setting "
                    + "\"plugins.ml_commons.remote_inference.enabled\" to true."
            )
        }
    }

    /// Changes the registry.
    ///
    /// - Throws: `RESTError`, whatever `body` throws.
    package func change<Value>(
        _ body: (CatalogTransaction) throws -> Value
    ) throws(RESTError) -> Value {
        do { return try engine.catalog.write(body) } catch { throw RESTError(error) }
    }
}

/// What a route answers.
package struct RESTAnswer: Sendable {
    package let status: Int
    package let json: JSON

    /// - Parameter json: printed as the request wants it.
    package init(_ json: JSON, status: Int = 200) {
        self.status = status
        self.json = json
    }

    /// An object, members that are nil left out.
    package init(_ members: [(key: String, value: JSON?)]) {
        self.init(.members(members))
    }
}

extension JSON {
    /// An object, members that are nil left out.
    package static func members(_ members: [(key: String, value: JSON?)]) -> JSON {
        .object(members.compactMap { member in member.value.map { (member.key, $0) } })
    }

    /// Milliseconds since the epoch.
    package static func time(_ instant: Instant) -> JSON {
        .integer(instant.microseconds / 1_000)
    }
}
