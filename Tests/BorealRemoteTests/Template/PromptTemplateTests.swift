import Testing

@testable import BorealRemote

@Suite("Prompts with columns")
struct PromptTemplateTests {
    private static let values = ["a": "1", "b": "{a}", "标题": "t"]

    @Test(
        "a name in braces is a column, every other brace a brace",
        arguments: [
            ("say {a}!", "say 1!"), ("{a}{b}", "1{a}"), ("{A}", "1"),
            (#"{"label": {a}}"#, #"{"label": 1}"#), ("{ a }{}{", "{ a }{}{"),
            ("{{a}}", "{1}"), ("{1}", "{1}"), ("{a", "{a"), ("", ""), ("{标题}", "t"),
        ]
    )
    func filled(text: String, expected: String) {
        let prompt = PromptTemplate(text).filled { Self.values[$0.lowercased()] }
        #expect(prompt == expected)
    }

    @Test("a column that is NULL makes the prompt NULL")
    func null() {
        #expect(PromptTemplate("{a} {c}").filled { Self.values[$0] } == nil)
    }

    @Test("columns are told once, in order")
    func columns() {
        #expect(PromptTemplate("{b} {a} {B} {c_1}").columns == ["b", "a", "c_1"])
        #expect(PromptTemplate("none").columns.isEmpty)
    }

    @Test("a very long name is no column")
    func long() {
        let text = "{" + String(repeating: "a", count: 200) + "}"
        #expect(PromptTemplate(text).columns.isEmpty)
    }
}
