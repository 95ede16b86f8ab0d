import BorealBase
import Testing

@testable import BorealREST

@Suite("How answers are printed")
struct AnswerTextTests {
    @Test("an answer has no blanks, or stands over lines")
    func prints() throws {
        let json = try JSON.parse(#"{"a": [1, {"b": "x\n"}], "c": {}, "d": []}"#)
        let plain = String(decoding: AnswerText.bytes(json, isPretty: false), as: UTF8.self)
        #expect(plain == #"{"a":[1,{"b":"x\n"}],"c":{},"d":[]}"#)
        let pretty = String(decoding: AnswerText.bytes(json, isPretty: true), as: UTF8.self)
        #expect(
            pretty == """
                {
                  "a" : [
                    1,
                    {
                      "b" : "x\\n"
                    }
                  ],
                  "c" : {},
                  "d" : []
                }

                """
        )
        #expect(try JSON.parse(pretty) == json)
    }

    static let whole =
        #"{"a": {"b": 1, "bc": 2, "d": {"e": 3}}, "f": [{"g": 4, "h": 5}, 6], "i": 7}"#

    static let paths: [(String, String)] = [
        ("a", #"{"a": {"b": 1, "bc": 2, "d": {"e": 3}}}"#),
        ("a.b", #"{"a": {"b": 1}}"#),
        ("a.b*", #"{"a": {"b": 1, "bc": 2}}"#),
        ("a.b,i", #"{"a": {"b": 1}, "i": 7}"#),
        ("f.g", #"{"f": [{"g": 4}]}"#),
        ("*.d", #"{"a": {"d": {"e": 3}}}"#),
        ("**.e", #"{"a": {"d": {"e": 3}}}"#),
        ("-a", #"{"f": [{"g": 4, "h": 5}, 6], "i": 7}"#),
        ("-a.d,-f.h,-i", #"{"a": {"b": 1, "bc": 2}, "f": [{"g": 4}, 6]}"#),
        ("a,-a.b*", #"{"a": {"d": {"e": 3}}}"#),
        ("z", "{}"), ("i.z", "{}"), ("", whole),
    ]

    @Test("filter_path leaves what it names", arguments: paths)
    func filters(path: String, expected: String) throws {
        let json = try JSON.parse(Self.whole)
        #expect(try FilterPath(path).filtered(json) == JSON.parse(expected))
    }

    @Test("a filter has a bounded number of paths")
    func bounded() throws {
        let many = [String](repeating: "a", count: 65).joined(separator: ",")
        #expect(throws: RESTError.self) { try FilterPath(many) }
    }

    static let patterns: [(String, String, Bool)] = [
        ("", "", true), ("", "a", false), ("*", "", true), ("*", "abc", true), ("a*", "abc", true),
        ("a*c", "abc", true), ("a*b", "abc", false), ("?b?", "abc", true), ("?", "", false),
        ("**", "x", true), ("a*b*c", "aXbYbZc", true), ("a*b*c", "aXcYb", false),
    ]

    @Test("* stands for letters, ? for one", arguments: patterns)
    func wildcards(pattern: String, text: String, expected: Bool) {
        #expect(Wildcard.matches(pattern, text) == expected)
    }

    @Test("errors come in one envelope")
    func envelope() {
        let error = RESTError.status(404, "Failed to find model")
        #expect(
            error.json.description == #"{"error": {"root_cause": [{"type": "status_exception", "#
                + #""reason": "Failed to find model"}], "type": "status_exception", "#
                + #""reason": "Failed to find model"}, "status": 404}"#
        )
    }
}
