import BorealBase
package import BorealHTTP

/// One method and path of the contract.
package struct RESTRoute: Sendable {
    /// Answers a request; may answer later, and must answer once.
    package typealias Action = @Sendable (RESTRequest, RESTResponder) -> Void

    let method: HTTPMethod
    /// Parts of the path; `{name}` binds one.
    let parts: [String]
    /// Query parameters beside those that every route knows.
    let parameters: Set<String>
    let action: Action

    /// A route that answers at once, on the worker that calls it.
    package init(
        _ method: HTTPMethod,
        _ path: String,
        parameters: Set<String> = [],
        _ answer: @escaping @Sendable (RESTRequest) throws(RESTError) -> RESTAnswer
    ) {
        self.init(method, path, parameters: parameters) { request, responder in
            do throws(RESTError) {
                responder.respond(try answer(request))
            } catch {
                responder.fail(error)
            }
        }
    }

    /// A route that may answer later.
    package init(
        _ method: HTTPMethod,
        _ path: String,
        parameters: Set<String> = [],
        later action: @escaping Action
    ) {
        self.method = method
        parts = path.split(separator: "/").map(String.init)
        self.parameters = parameters
        self.action = action
    }

    /// What the path binds, and how many parts are literal; nil for another path.
    func bind(_ segments: [String]) -> (places: [String: String], literals: Int)? {
        guard segments.count == parts.count else { return nil }
        var places: [String: String] = [:]
        for (part, segment) in zip(parts, segments) {
            if part.first == "{" {
                guard !segment.isEmpty else { return nil }
                places[String(part.dropFirst().dropLast())] = segment
            } else if part != segment {
                return nil
            }
        }
        return (places, parts.count - places.count)
    }
}

/// Which route answers.
struct RESTRoutes: Sendable {
    enum Match {
        case found(RESTRoute, places: [String: String])
        case otherMethods([HTTPMethod])
        case unknown
    }

    private let routes: [RESTRoute]

    init(_ routes: [RESTRoute]) { self.routes = routes }

    /// The route with most literal parts wins.
    func match(_ method: HTTPMethod, _ segments: [String]) -> Match {
        var best: (route: RESTRoute, places: [String: String], literals: Int)?
        var methods: [HTTPMethod] = []
        for route in routes {
            guard let (places, literals) = route.bind(segments) else { continue }
            if !methods.contains(route.method) { methods.append(route.method) }
            guard route.method == method || method == .head && route.method == .get else {
                continue
            }
            if literals > best?.literals ?? -1 { best = (route, places, literals) }
        }
        if let best { return .found(best.route, places: best.places) }
        return methods.isEmpty ? .unknown : .otherMethods(methods)
    }
}

/// The way back from a route to its client.
package struct RESTResponder: Sendable {
    /// For routes that stream.
    package let writer: ResponseWriter
    private let isPretty: Bool
    private let filter: FilterPath?
    /// Told of the answer: nil for a good one.
    private let ended: @Sendable (RESTError?) -> Void

    init(
        _ writer: ResponseWriter,
        isPretty: Bool,
        filter: FilterPath?,
        ended: @escaping @Sendable (RESTError?) -> Void
    ) {
        self.writer = writer
        self.isPretty = isPretty
        self.filter = filter
        self.ended = ended
    }

    /// Answers as the request wants it printed.
    package func respond(_ answer: RESTAnswer) {
        ended(nil)
        let json = filter?.filtered(answer.json) ?? answer.json
        writer.respond(Self.response(json, answer.status, isPretty: isPretty))
    }

    /// Answers with the contract's envelope.
    package func fail(_ error: RESTError) {
        ended(error)
        writer.respond(Self.response(error.json, error.status, isPretty: isPretty))
    }

    static func response(_ json: JSON, _ status: Int, isPretty: Bool = false) -> HTTPResponse {
        HTTPResponse(
            status: status,
            headers: ["Content-Type": "application/json; charset=UTF-8"],
            body: .bytes(AnswerText.bytes(json, isPretty: isPretty))
        )
    }
}
