import BorealBase
package import BorealHTTP

/// One method and path of the contract.
package struct RESTRoute: Sendable {
    /// Answers a request; may answer later, and must answer once.
    package typealias Action = @Sendable (RESTRequest, RESTResponder) -> Void

    private enum Part: Sendable {
        case literal(String)
        case place(String)
    }

    let method: HTTPMethod
    /// As it was written.
    let path: String
    private let parts: [Part]
    /// Query parameters beside those that every route knows.
    let parameters: Set<String>
    let action: Action

    /// A route that answers at once, on the worker that calls it.
    ///
    /// - Parameter path: `{name}` stands for any one part.
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
        self.path = path
        parts = path.split(separator: "/").map { part in
            part.first == "{"
                ? .place(String(part.dropFirst().dropLast())) : .literal(String(part))
        }
        self.parameters = parameters
        self.action = action
    }

    /// How many parts of a path are literal; nil for a path that is another.
    func literals(in segments: [String]) -> Int? {
        guard segments.count == parts.count else { return nil }
        var literals = 0
        for (part, segment) in zip(parts, segments) {
            switch part {
            case .literal(let text):
                guard text == segment else { return nil }
                literals += 1
            case .place:
                guard !segment.isEmpty else { return nil }
            }
        }
        return literals
    }

    /// What the path binds.
    func places(in segments: [String]) -> [String: String] {
        var places: [String: String] = [:]
        for case (.place(let name), let segment) in zip(parts, segments) { places[name] = segment }
        return places
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
        var best: (route: RESTRoute, literals: Int)?
        var methods: [HTTPMethod] = []
        for route in routes {
            guard let literals = route.literals(in: segments) else { continue }
            if !methods.contains(route.method) { methods.append(route.method) }
            guard route.method == method || method == .head && route.method == .get else {
                continue
            }
            if literals > best?.literals ?? -1 { best = (route, literals) }
        }
        if let route = best?.route { return .found(route, places: route.places(in: segments)) }
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
