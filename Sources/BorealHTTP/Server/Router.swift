/// Answers a request; the request's body is complete. Must answer exactly once, now or later.
public typealias HTTPHandler = @Sendable (HTTPRequest, ResponseWriter) -> Void

/// Takes a body piece by piece. All calls come from workers, one after the other.
public protocol HTTPUpload: AnyObject, Sendable {
    /// Takes the next bytes of the body.
    ///
    /// - Returns: nil to go on, or the answer that ends the upload early (507 when the disk is
    ///   full).
    func write(_ bytes: [UInt8]) -> HTTPResponse?

    /// The body is complete.
    func finish() -> HTTPResponse

    /// The body will not be completed: the client went, was too slow or sent too much, or `write`
    /// has answered. Whatever was stored has to go.
    func abort()
}

/// What a streaming route says to the head of a request.
public enum HTTPUploadDecision: Sendable {
    /// The body goes here, up to so many bytes.
    case accept(any HTTPUpload, bytesMax: Int)
    /// The body is not wanted; the connection is closed after the answer unless the body was empty.
    case refuse(HTTPResponse)
}

/// Looks at the head of a request whose body is streamed; runs on a worker.
public typealias HTTPUploadHandler = @Sendable (HTTPRequest) -> HTTPUploadDecision

/// Which code answers which method and path.
///
/// A pattern is a path whose parts are literal, `{name}` (one part that is safe as a file name),
/// `{name*}` (one part, whatever it holds) or, at the end, `{name...}` (all the rest, encoded as it
/// came). Literal parts win over `{name}`. GET routes answer HEAD as well.
public struct Router: Sendable {
    /// Where a handler runs.
    public enum Place: Sendable {
        /// On the connection's loop: microseconds only.
        case loop
        /// On the worker pool.
        case worker
        /// On the loop a request with which the handler is done in a fraction of a millisecond, the
        /// others on the worker pool.
        case loopIf(@Sendable (HTTPRequest) -> Bool)
    }

    enum Action: Sendable {
        case handler(HTTPHandler, on: Place, bodyBytesMax: Int)
        case upload(HTTPUploadHandler)
    }

    enum Match: Sendable {
        case found(Action, parameters: [String: String])
        /// The path is known; these are the methods it has.
        case otherMethods([HTTPMethod])
        case unknown
    }

    private enum Part: Sendable {
        case literal(String)
        case plain(String)
        case any(String)
        case rest(String)
    }

    private struct Route: Sendable {
        let method: HTTPMethod
        let parts: [Part]
        let action: Action
    }

    /// By the first part of their paths, where that is literal.
    private var routes: [String: [Route]] = [:]
    /// The others.
    private var open: [Route] = []

    /// A router without routes.
    public init() {}

    /// Adds a route.
    ///
    /// - Parameters:
    ///   - place: where the handler runs.
    ///   - bodyBytesMax: a larger body is answered with 413.
    public mutating func on(
        _ method: HTTPMethod,
        _ pattern: String,
        place: Place = .worker,
        bodyBytesMax: Int = 1 << 20,
        handler: @escaping HTTPHandler
    ) {
        add(method, pattern, .handler(handler, on: place, bodyBytesMax: bodyBytesMax))
    }

    /// Adds a route whose body is streamed.
    public mutating func on(
        _ method: HTTPMethod,
        _ pattern: String,
        upload: @escaping HTTPUploadHandler
    ) {
        add(method, pattern, .upload(upload))
    }

    private mutating func add(_ method: HTTPMethod, _ pattern: String, _ action: Action) {
        precondition(pattern.hasPrefix("/"), "a pattern begins with a slash")
        let parts = pattern.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        let route = Route(method: method, parts: parts.map(Self.part), action: action)
        if case .literal(let first)? = route.parts.first {
            routes[first, default: []].append(route)
        } else {
            open.append(route)
        }
    }

    private static func part(_ text: Substring) -> Part {
        guard text.hasPrefix("{"), text.hasSuffix("}") else { return .literal(String(text)) }
        let name = text.dropFirst().dropLast()
        if name.hasSuffix("...") { return .rest(String(name.dropLast(3))) }
        if name.hasSuffix("*") { return .any(String(name.dropLast())) }
        return .plain(String(name))
    }

    func match(_ request: HTTPRequest) -> Match {
        var best: (weight: Int, route: Route)?
        var methods: [HTTPMethod] = []
        let named = request.segments.first.flatMap { routes[$0] } ?? []
        for route in [named, open].joined() {
            guard let rank = Self.rank(route.parts, request.segments) else { continue }
            if !methods.contains(route.method) { methods.append(route.method) }
            let answers =
                route.method == request.method
                || route.method == .get && request.method == .head
            // A route for HEAD itself wins over the GET route.
            let weight = rank * 2 + (route.method == request.method ? 1 : 0)
            if answers, weight > best?.weight ?? -1 { best = (weight, route) }
        }
        if let route = best?.route {
            let parameters = Self.parameters(route.parts, request.segments)
            return .found(route.action, parameters: parameters)
        }
        if methods.contains(.get), !methods.contains(.head) { methods.append(.head) }
        return methods.isEmpty ? .unknown : .otherMethods(methods)
    }

    /// How well a pattern fits a path: counts literal parts, earlier ones more; nil for not at all.
    private static func rank(_ parts: [Part], _ segments: [String]) -> Int? {
        var rank = 0
        for (index, part) in parts.enumerated() {
            rank &*= 2
            guard index < segments.count else { return nil }
            switch part {
            case .rest: return rank
            case .literal(let text):
                guard segments[index] == text else { return nil }
                rank += 1
            case .plain:
                guard HTTPRequest.isPlainName(segments[index]) else { return nil }
            case .any: break
            }
        }
        return segments.count == parts.count ? rank : nil
    }

    /// What a pattern binds of a path that it fits.
    private static func parameters(_ parts: [Part], _ segments: [String]) -> [String: String] {
        var parameters: [String: String] = [:]
        for (index, part) in parts.enumerated() {
            switch part {
            case .literal: break
            case .plain(let name), .any(let name): parameters[name] = segments[index]
            case .rest(let name):
                let rest = segments[index...].map(PercentEncoding.encode)
                parameters[name] = rest.joined(separator: "/")
            }
        }
        return parameters
    }
}
