import BorealBase
import Testing

@testable import BorealTables

@Suite struct JSONValueTests {
    private func document(_ text: String) throws -> JSON { try JSON.parse(text) }

    /// What a path leads to, as a list.
    private func found(_ path: String, _ text: String) throws -> String {
        JSON.array(try JSONPath(path).values(in: document(text))).shown
    }

    @Test("paths lead through members, elements, ranges and wildcards")
    func paths() throws {
        let text = #"{"a": [1, {"b": 2}, [3, 4]], "c d": {"b": 5}}"#
        let cases = [
            ("$", #"[{"a": [1, {"b": 2}, [3, 4]], "c d": {"b": 5}}]"#),
            ("$.a[0]", "[1]"), ("$.a[last]", "[[3, 4]]"), ("$.a[last-2]", "[1]"),
            ("$.a[ 0 to 1 ]", #"[1, {"b": 2}]"#), ("$.a[1 to last]", #"[{"b": 2}, [3, 4]]"#),
            ("$.\"c d\".b", "[5]"), ("$**.b", "[2, 5]"), ("$.*.b", "[5]"), ("$.a[*][1]", "[4]"),
            ("$.x", "[]"), ("$.a[9]", "[]"), ("$.a[0][0][0]", "[1]"), (" $ . a [ 0 ] ", "[1]"),
        ]
        for (path, expected) in cases {
            #expect(try found(path, text) == expected, "\(path)")
        }
    }

    @Test("a malformed path is refused with the place of the mistake")
    func malformedPaths() throws {
        let cases = [
            ("", 0), ("a", 0), ("$.", 2), ("$x", 1), ("$[", 2), ("$[a]", 2), ("$[1", 3),
            ("$**", 3), ("$***.a", 3), ("$.1a", 4), ("$[-1]", 2), ("$[3 to 1]", 9),
            ("$.\"a", 4), ("$[last+1]", 6),
        ]
        for (path, position) in cases {
            do throws(JSONPath.Malformed) {
                _ = try JSONPath(path)
                Issue.record("\(path) was taken")
            } catch {
                #expect(error.position == position, "\(path)")
            }
        }
        #expect(throws: JSONPath.Malformed.self) {
            try JSONPath("$" + String(repeating: ".a", count: 101))
        }
    }

    @Test("only paths to one place count as plain")
    func wildcards() throws {
        for path in ["$.*", "$[*]", "$**.a", "$[0 to 1]"] {
            #expect(try JSONPath(path).hasWildcard, "\(path)")
        }
        for path in ["$", "$.a[last-1]", "$[0]"] {
            #expect(try !JSONPath(path).hasWildcard, "\(path)")
        }
    }

    @Test("values are put where the mode allows it")
    func putting() throws {
        let cases: [(JSONChange.Mode, String, String)] = [
            (.set, "$.a", #"{"a": 9}"#), (.insert, "$.a", #"{"a": [1]}"#),
            (.replace, "$.b", #"{"a": [1]}"#), (.insert, "$.b", #"{"a": [1], "b": 9}"#),
            (.set, "$.a[0]", #"{"a": [9]}"#), (.insert, "$.a[7]", #"{"a": [1, 9]}"#),
            (.insert, "$.a[last-7]", #"{"a": [9, 1]}"#), (.replace, "$.a[7]", #"{"a": [1]}"#),
            (.set, "$[0].b", #"{"a": [1], "b": 9}"#), (.set, "$[1]", #"[{"a": [1]}, 9]"#),
            (.set, "$", "9"), (.set, "$.b.c", #"{"a": [1]}"#),
        ]
        let base = try document(#"{"a": [1]}"#)
        for (mode, path, expected) in cases {
            let changed = JSONChange.put(.integer(9), mode, try JSONPath(path).legs[...], in: base)
            #expect(changed.normalised.shown == expected, "\(mode) \(path)")
        }
    }

    @Test("merging joins arrays, and a patch removes what is null")
    func merging() throws {
        let merges = [
            ("1", "2", "[1, 2]"), ("[1]", "2", "[1, 2]"),
            ("{\"a\":1}", "{\"a\":2}", "{\"a\": [1, 2]}"),
        ]
        for (left, right, expected) in merges {
            let merged = JSONChange.merged(try document(left), try document(right))
            #expect(merged.shown == expected)
        }
        // RFC 7396, appendix A.
        let patches = [
            (#"{"a":"b"}"#, #"{"a":"c"}"#, #"{"a": "c"}"#), (#"{"a":"b"}"#, #"{"a":null}"#, "{}"),
            (#"{"a":["b"]}"#, #"{"a":"c"}"#, #"{"a": "c"}"#), (#"["a","b"]"#, #"["c"]"#, #"["c"]"#),
            (#"{"a":{"b":"c"}}"#, #"{"a":{"b":"d","c":null}}"#, #"{"a": {"b": "d"}}"#),
            (#"{"e":null}"#, #"{"a":1}"#, #"{"a": 1, "e": null}"#),
            ("[1,2]", #"{"a":"b"}"#, #"{"a": "b"}"#),
            ("{}", #"{"a":{"bb":{"ccc":null}}}"#, #"{"a": {"bb": {}}}"#),
        ]
        for (target, patch, expected) in patches {
            let patched = JSONChange.patched(try document(target), try document(patch))
            #expect(patched.normalised.shown == expected, "\(target) \(patch)")
        }
    }

    @Test("numbers compare by value, members in any order")
    func equality() throws {
        #expect(try document("[1, 2.0]").isSame(as: document("[1.0, 2]")))
        #expect(try document(#"{"a":1,"b":2}"#).isSame(as: document(#"{"b":2,"a":1}"#)))
        #expect(try !document("1").isSame(as: document("true")))
        #expect(try !document(#""a""#).isSame(as: document(#""A""#)))
        #expect(try document("[1,[2]]").depth == 3)
        #expect(try document(#"[{"a":1}]"#).contains(document(#"{"a":1}"#)))
    }

    @Test("texts are printed with MySQL's escapes and numbers")
    func printing() throws {
        let cases = [
            (JSON.string("a\u{8}\u{C}\u{1}\"\\/\n"), #""a\b\f\u0001\"\\/\n""#),
            (.number(1), "1.0"), (.number(1e20), "1e20"), (.number(0.1), "0.1"),
            (.array([.null, .bool(true)]), "[null, true]"),
        ]
        for (value, expected) in cases { #expect(value.shown == expected) }
        #expect(
            JSON.array([.object([("a", .array([]))])]).pretty == "[\n  {\n    \"a\": []\n  }\n]"
        )
        #expect(
            JSONPath.text([.key("a"), .index(3), .key("b c"), .key("1")]) == #"$.a[3]."b c"."1""#
        )
    }
}
