import BorealBase
import BorealRemote
import Testing

@testable import BorealREST

@Suite("Interfaces of models")
struct JSONSchemaTests {
    /// A schema, a value that it takes, and one that it does not.
    private static let rows: [(String, String, String)] = [
        ("true", "1", ""), ("false", "", "1"), ("{}", "[1,null]", ""),
        (#"{"type":"string"}"#, #""a""#, "1"), (#"{"type":"integer"}"#, "1.0", "1.5"),
        (#"{"type":["null","number"]}"#, "2.5", "true"), (#"{"type":"boolean"}"#, "false", "0"),
        (#"{"type":"array"}"#, "[]", "{}"), (#"{"type":"object"}"#, "{}", "null"),
        (#"{"enum":[1,"a"]}"#, "1.0", #""b""#), (#"{"const":{"a":[1]}}"#, #"{"a":[1]}"#, "{}"),
        (#"{"properties":{"a":{"type":"string"}}}"#, #"{"b":1}"#, #"{"a":1}"#),
        (#"{"required":["a","b"]}"#, #"{"a":1,"b":null}"#, #"{"a":1}"#),
        (#"{"required":["a"]}"#, "[1]", "{}"),
        (
            #"{"properties":{"a":true},"additionalProperties":false}"#, #"{"a":1}"#,
            #"{"a":1,"b":2}"#
        ),
        (#"{"additionalProperties":{"type":"integer"}}"#, #"{"a":1}"#, #"{"a":"x"}"#),
        (#"{"items":{"type":"string"}}"#, #"["a","b"]"#, #"["a",1]"#),
        (
            #"{"prefixItems":[{"type":"string"}],"items":{"type":"number"}}"#, #"["a",1,2]"#,
            #"["a","b"]"#
        ),
        (#"{"minItems":1,"maxItems":2}"#, "[1]", "[]"), (#"{"maxItems":1}"#, "[1]", "[1,2]"),
        (#"{"uniqueItems":true}"#, "[1,2]", "[1,1]"),
        (#"{"minLength":2,"maxLength":3}"#, #""äöü""#, #""a""#),
        (#"{"maxLength":2}"#, "12345", #""abc""#),
        (#"{"minimum":0,"exclusiveMaximum":1}"#, "0", "1"), (#"{"maximum":5}"#, "5", "5.1"),
        (#"{"exclusiveMinimum":0}"#, "0.1", "0"), (#"{"multipleOf":0.5}"#, "1.5", "1.2"),
        (#"{"minProperties":1,"maxProperties":1}"#, #"{"a":1}"#, "{}"),
        (#"{"allOf":[{"type":"number"},{"minimum":3}]}"#, "3", "2"),
        (#"{"anyOf":[{"type":"string"},{"minimum":3}]}"#, #""a""#, "2"),
        (#"{"oneOf":[{"type":"integer"},{"minimum":3}]}"#, "2", "4"),
        (#"{"not":{"type":"string"}}"#, "1", #""a""#),
        (#"{"title":"a note","examples":[1],"x-own":5}"#, "null", ""),
    ]

    @Test("what a schema takes, and what not", arguments: 0..<rows.count)
    func values(_ index: Int) throws {
        let (text, good, bad) = Self.rows[index]
        // Given as an object and as its text.
        for form in [try JSON.parse(text), JSON.string(text)] {
            let schema = try JSONSchema(form, name: "s")
            for (value, verdict) in [(good, JSONSchema.Verdict.accepted), (bad, .refused)] {
                guard !value.isEmpty else { continue }
                #expect(schema.verdict(on: try JSON.parse(value)) == verdict, "\(text) \(value)")
            }
        }
    }

    @Test(
        "what is no schema, or cannot be held, is refused by name",
        arguments: [
            ("5", "s is no JSON Schema"), (#""{""#, "s is no JSON"),
            (##"{"$ref":"#/a"}"##, "'$ref' is not supported in s"),
            (#"{"properties":{"a":{"pattern":"x"}}}"#, "'pattern' is not supported in s"),
            (#"{"type":"text"}"#, "'type' of s is not what JSON Schema says"),
            (#"{"minItems":-1}"#, "'minItems' of s is not what JSON Schema says"),
            (#"{"required":"a"}"#, "'required' of s is not what JSON Schema says"),
            (#"{"multipleOf":0}"#, "'multipleOf' of s is not what JSON Schema says"),
        ]
    )
    func refusals(_ text: String, _ sentence: String) throws {
        do throws(ContractError) {
            _ = try JSONSchema((try? JSON.parse(text)) ?? .null, name: "s")
            Issue.record("\(text) was taken")
        } catch {
            #expect(error.reason == sentence)
        }
    }

    @Test("a check that takes too many steps is given up, whatever it would have ended in")
    func steps() throws {
        let parts = (0..<100).map { #"{"properties":{"p\#($0)":{"minimum":0}}}"# }
        let schema = try JSONSchema(
            try JSON.parse(#"{"items":{"anyOf":[\#(parts.joined(separator: ","))]}}"#),
            name: "s"
        )
        let value = JSON.array((0..<50).map { _ in .object([("p0", .integer(-1))]) })
        #expect(schema.verdict(on: value) == .accepted)
        #expect(schema.verdict(on: value, stepsMax: 100) == .tooLong)
        let all = try JSONSchema(try JSON.parse(#"{"items":{"type":"string"}}"#), name: "s")
        #expect(all.verdict(on: value, stepsMax: 100) == .refused)
    }

    @Test("a schema that is too deep is refused")
    func depth() {
        var schema = JSON.object([])
        for _ in 0..<40 { schema = .object([("not", schema)]) }
        #expect(throws: ContractError.self) { try JSONSchema(schema, name: "s") }
    }

    @Test("a side without a schema takes everything; the sentence names the side and the model")
    func sides() throws {
        let json = try JSON.parse(#"{"input":{"required":["parameters"]}}"#)
        let interface = try CallInterface(json, of: "m1")
        let body = JSON.object([])
        #expect(throws: Never.self) { try interface.check(body, .output) }
        do throws(RESTError) {
            try interface.check(body, .input)
            Issue.record("the body was taken")
        } catch {
            #expect(error.status == 400)
            #expect(
                error.reason
                    == "Error validating input schema, if you think this is expected, please "
                    + "update your 'input' field in the 'interface' field for this model: m1"
            )
        }
    }
}
