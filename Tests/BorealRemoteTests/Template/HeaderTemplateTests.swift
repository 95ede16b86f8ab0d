import BorealBase
import Testing

@testable import BorealRemote

@Suite("Headers of requests")
struct HeaderTemplateTests {
    static let values = [
        "token": "sk-1", "credential.key": "c", "parameters.p": "v", "parameters.bad": "a\r\nX: y",
    ]

    static func fill(_ text: String) throws -> [String] {
        do throws(RemoteModelError) {
            let json = try JSONText.tree(text.utf8)
            return try HeaderTemplate(json).filled { values[$0] }.map { "\($0.name): \($0.value)" }
        } catch {
            #expect(error.code == .config)
            return ["!" + error.text]
        }
    }

    static let good: [(String, [String])] = [
        ("null", ["Authorization: Bearer sk-1"]), ("{}", []), (#"{"X-A": "b"}"#, ["X-A: b"]),
        (#"{"X-Key": "${token}", "Y": "a${credential.key}b"}"#, ["X-Key: sk-1", "Y: acb"]),
        (#"{"Z": "${parameters.p}${parameters.p}"}"#, ["Z: vv"]),
        (#"{"Z": "$token {x}"}"#, ["Z: $token {x}"]),
        (#"{"Authorization": "Basic ${credential.key}"}"#, ["Authorization: Basic c"]),
    ]

    @Test("places are filled with keys and parameters", arguments: good)
    func fills(text: String, expected: [String]) throws {
        #expect(try Self.fill(text) == expected)
    }

    static let wrong: [(String, String)] = [
        ("[]", "headers are a JSON object of at most 32 strings"),
        (#"{"X": 5}"#, "Header 'X' takes a string of at most 8192 printable characters"),
        (#"{"X": "a\r\nY: b"}"#, "Header 'X' takes a string of at most 8192 printable characters"),
        (#"{"X": "\u0000"}"#, "Header 'X' takes a string of at most 8192 printable characters"),
        (#"{"X": "é"}"#, "Header 'X' takes a string of at most 8192 printable characters"),
        (#"{"X Y": "a"}"#, "Header 'X Y' is no name of a header"),
        (#"{"": "a"}"#, "Header '' is no name of a header"),
        (#"{"X:\n": "a"}"#, "Header 'X:' is no name of a header"),
        (#"{"Host": "a"}"#, "Header 'Host' is written by the connection"),
        (#"{"content-LENGTH": "0"}"#, "Header 'content-LENGTH' is written by the connection"),
        (#"{"X": "a", "x": "b"}"#, "Header 'x' is given twice"),
        (#"{"X": "${token"}"#, "Header 'X' holds a placeholder that does not end"),
        (
            #"{"X": "${content}"}"#,
            "Header 'X' has no ${content}; there are ${token}, ${credential.NAME} and "
                + "${parameters.NAME}"
        ),
        (
            #"{"Authorization": "Bearer ${parameters.p}"}"#,
            "Header 'Authorization' cannot use ${parameters.*} placeholders for security reasons. "
                + "Use ${credential.*} instead."
        ),
        (
            #"{"X": "${parameters.q}"}"#,
            "Header 'X' contains unresolved placeholder. Required parameter is missing."
        ),
        (#"{"X": "${parameters.bad}"}"#, "Header 'X' would hold what no header may"),
    ]

    @Test("what could change the request beside its headers is refused", arguments: wrong)
    func refuses(text: String, expected: String) throws {
        #expect(try Self.fill(text) == ["!" + expected])
    }

    @Test("a model whose headers name the key needs one")
    func needs() throws {
        #expect(HeaderTemplate.bearer.needsToken)
        #expect(try HeaderTemplate(.object([("X", .string("a${token}"))])).needsToken)
        #expect(try !HeaderTemplate(.object([("X", .string("a"))])).needsToken)
    }
}
