import BorealBase
import BorealHTTP
import Testing

@testable import BorealREST

@Suite("Routes of the contract")
struct RESTRouteTests {
    static let routes = RESTRoutes(
        [
            (HTTPMethod.get, "/m/{id}"), (.post, "/m/_search"), (.get, "/m/_search"),
            (.post, "/m/{id}/_deploy"), (.put, "/m/{id}"),
        ].map { method, path in
            RESTRoute(method, path) { (_) throws(RESTError) -> RESTAnswer in
                RESTAnswer(.string("\(method.rawValue) \(path)"))
            }
        }
    )

    static let rows: [(HTTPMethod, [String], String)] = [
        (.get, ["m", "a"], "get /m/{id} a"), (.head, ["m", "a"], "get /m/{id} a"),
        (.get, ["m", "_search"], "get /m/_search"), (.post, ["m", "_search"], "post /m/_search"),
        (.put, ["m", "_search"], "put /m/{id} _search"),
        (.post, ["m", "a/b", "_deploy"], "post /m/{id}/_deploy a/b"),
        (.delete, ["m", "a"], "others GET PUT"), (.get, ["m", "a", "_deploy"], "others POST"),
        (.get, ["m", ""], "unknown"), (.get, ["m"], "unknown"), (.get, [], "unknown"),
        (.get, ["m", "a", "b", "c"], "unknown"),
    ]

    @Test("the path with most literal parts answers", arguments: rows)
    func matches(method: HTTPMethod, path: [String], expected: String) {
        let found: String
        switch Self.routes.match(method, path) {
        case .found(let route, let places):
            let words = [route.method.rawValue.lowercased(), route.path] + places.values
            found = words.joined(separator: " ")
        case .otherMethods(let methods):
            found = "others " + methods.map(\.rawValue).joined(separator: " ")
        case .unknown: found = "unknown"
        }
        #expect(found == expected)
    }
}
