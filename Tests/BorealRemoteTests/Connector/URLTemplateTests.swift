import BorealBase
import Testing

@testable import BorealRemote

@Suite("URLs of connectors")
struct URLTemplateTests {
    static let own = ["endpoint": "h.example:8080", "model": "m/1", "region": "eu"]
    static let trusted = "!Connector URL is not matching the trusted connector endpoint regex"

    static func fill(_ template: String, _ given: [String: JSON]?) -> String {
        do throws(ContractError) {
            let url = try URLTemplate(template).filled(
                own: { own[$0] },
                given: given.map { given in { given[$0] } }
            )
            return url.shortText
        } catch {
            return "!" + error.reason
        }
    }

    static let rows: [(String, [String: JSON]?, String)] = [
        ("http://${parameters.endpoint}/v1", nil, "http://h.example:8080/v1"),
        ("http://${parameters.endpoint}/v1", [:], "http://h.example:8080/v1"),
        // A caller may repeat what the connector says of the host, and say nothing else.
        (
            "http://${parameters.endpoint}/v1", ["endpoint": .string("h.example:8080")],
            "http://h.example:8080/v1"
        ),
        ("http://${parameters.endpoint}/v1", ["endpoint": .string("evil")], trusted),
        ("https://a.${parameters.region}.example/x", nil, "https://a.eu.example/x"),
        ("https://a.${parameters.region}.example/x", ["region": .string("b.evil/")], trusted),
        // The connector's own values go in as they are, a caller's are encoded.
        ("https://a/${parameters.model}/x", nil, "https://a/m/1/x"),
        (
            "https://a/${parameters.model}/x", ["model": .string("b/../?c#")],
            "https://a/b%2F..%2F%3Fc%23/x"
        ),
        ("https://a/x?q=${parameters.q}", ["q": .string("a&b=ü")], "https://a/x?q=a%26b%3D%C3%BC"),
        ("https://a/x?q=${parameters.q}", ["q": .integer(5)], "https://a/x?q=5"),
        // The check at the start fills what is not known yet.
        ("https://a/${parameters.q}", nil, "https://a/x"),
        ("https://a/${parameters.q}", [:], "!Some parameter placeholder not filled in url: q"),
        ("https://a/${parameters.q:-d}", [:], "https://a/d"),
        (
            "https://${parameters.host}/x", nil,
            "!url: the connector's parameters have no 'host' for the host"
        ),
        ("https://a${parameters.x:-}/", ["x": .string(".evil")], trusted),
        ("https://a/${parameters.q", nil, "!url holds a placeholder that does not end"),
        (
            "https://a/${credential.k}", nil,
            "!url has no ${credential.k}; there is ${parameters.NAME}"
        ),
        ("ftp://a/", nil, "!Protocol is not http or https: ftp"),
        ("https://a:99999/", nil, "!url: the port is no number from 1 to 65535"),
        ("https://user@a/", nil, "!url: the URL holds a user name"),
    ]

    @Test("places are filled, and the host is the connector's", arguments: rows)
    func fills(template: String, given: [String: JSON]?, expected: String) {
        #expect(Self.fill(template, given) == expected)
    }
}
