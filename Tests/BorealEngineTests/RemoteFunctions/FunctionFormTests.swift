import BorealBase
import BorealRemote
import BorealTables
import Testing

@testable import BorealEngine

@Suite("Forms of functions")
struct FunctionFormTests {
    /// Constants of a call; `?` is a column.
    private static func arguments(_ texts: [String]) -> [BatchArgument] {
        texts.map { text in
            BatchArgument(constant: text == "?" ? nil : .text(text), type: .varchar())
        }
    }

    private static func shown(_ name: String, _ texts: [String]) -> String {
        let forms = FunctionForm.forms(of: name, count: texts.count)
        return forms.map { form in
            guard let places = form.places(arguments(texts)) else { return "none" }
            return places.sorted { $0.value < $1.value }.map(\.key.rawValue).joined(separator: ",")
        }.joined(separator: "|")
    }

    @Test(
        "the number of arguments tells the form, and what they look like the rest",
        arguments: [
            ("AI_CALLMODEL", ["m", "?"], "model,text"),
            ("AI_CALLMODEL", ["m", "?", "{}"], "model,text,config"),
            ("AI_CALLMODEL", ["m"], ""),
            ("AI_PROMPT", ["?"], "text"),
            ("AI_PROMPT", ["?", "m"], "text,model"),
            ("AI_EMBEDDING", ["?", "m"], "text,model"),
            ("AI_EMBEDDING", ["m", "v", "?"], "model,version,text"),
            ("AI_SIMILARITY", ["?", "?", "m"], "text,text2,model"),
            ("AI_SIMILARITY", ["m", "v", "?", "?"], "model,version,text,text2"),
            ("AI_CLASSIFY", ["?", "[]"], "text,labels"),
            (
                "AI_CLASSIFY", ["m", "v", "?", "?", "{}"],
                "model,version,text,labels,model_parameters"
            ),
            ("AI_SENTIMENT", ["?"], "text"),
            ("AI_SENTIMENT", ["?", "m"], "text,model"),
            ("AI_SENTIMENT", ["?", " [\"a\"]"], "text,categories"),
            ("AI_SENTIMENT", ["m", "v", "?"], "model,version,text"),
            ("AI_SENTIMENT", ["m", "v", "?", "{}"], "model,version,text,model_parameters"),
            ("AI_SENTIMENT", ["m", "v", "?", "[]"], "model,version,text,categories"),
            ("AI_SENTIMENT", ["m", "v", "?", "{}", "{}"], "none"),
            ("AI_GENERATE", ["m", "v", "?"], "model,version,prompt"),
            (
                "AI_GENERATE", ["m", "v", "?", "{}"],
                "model,version,prompt,model_parameters|model,version,data,prompt"
            ),
            (
                "AI_GENERATE", ["m", "v", "?", "?", "{}"],
                "model,version,data,prompt,model_parameters"
            ),
            ("AI_GENERATE", ["m", "v", "?", "?", "image"], "model,version,data,prompt,type"),
            ("EMBEDDING", ["?", "m", "8"], "text,model,dimension"),
            ("NO_SUCH", ["?"], ""),
        ]
    )
    func places(_ name: String, _ texts: [String], _ expected: String) {
        #expect(Self.shown(name, texts) == expected)
    }

    @Test("only MaxCompute's forms have names for their first arguments")
    func names() {
        for name in FunctionForm.names {
            for count in 1...6 {
                for form in FunctionForm.forms(of: name, count: count) {
                    #expect(form.nameCount == (form.isVersioned ? 2 : 0))
                }
            }
        }
        #expect(FunctionForm.forms(of: "AI_GENERATE", count: 4).allSatisfy { $0.isVersioned })
    }

    @Test("messages show how a call is written")
    func texts() {
        #expect(
            FunctionForm.texts(of: "AI_RANK") == "AI_RANK(query, document [, model])"
        )
        #expect(
            FunctionForm.texts(of: "AI_SENTIMENT")
                == "AI_SENTIMENT(text [, categories [, model]]) or "
                + "AI_SENTIMENT(model, version, text [, categories [, model_parameters]])"
        )
    }
}

@Suite("Arguments of functions")
struct TaskArgumentTests {
    private func words(_ text: String) -> String {
        do throws(RemoteModelError) {
            return try TaskArgument.words(text, TaskArgument.labelCounts, "labels")
                .joined(separator: "/")
        } catch {
            return error.text
        }
    }

    @Test(
        "labels are an array of two to twenty different words",
        arguments: [
            (#"["a","b"]"#, "a/b"), (#"[ "a b", "\"c\"" ]"#, #"a b/"c""#),
            ("a,b", "JSON array"), (#"{"a":1}"#, "JSON array"), (#"["a",1]"#, "JSON array"),
            (#"["a"]"#, "1 elements"), ("[]", "0 elements"), (#"["a","A"]"#, "twice"),
            (#"["a"," "]"#, "empty"),
            (#"["a","\#(String(repeating: "b", count: 300))"]"#, "longer"),
            ("[" + (0..<21).map { "\"\($0)\"" }.joined(separator: ",") + "]", "21 elements"),
        ]
    )
    func labels(_ text: String, _ expected: String) {
        #expect(words(text).contains(expected))
    }

    @Test("a schema is JSON, and nothing else")
    func schema() throws {
        #expect(try TaskArgument.schema(#"{"a":"x"}"#) == #"{"a": "x"}"#)
        #expect(try TaskArgument.schema(#"["a"]"#) == #"["a"]"#)
        for text in ["", "a", "1", #"{"a":"#, #"{"a":1} {"b":2}"#] {
            #expect(throws: RemoteModelError.self) { try TaskArgument.schema(text) }
        }
    }

    @Test("a word is known in any case and inside of what models put around it")
    func folded() {
        for text in ["Yes", " yes.\n", "\"YES\"", "**yes**", "`yes`", "\u{201C}yes\u{201D}"] {
            #expect(AnswerReader.word(in: text, ["no", "yes"]) == "yes", "\(text)")
        }
        for text in ["", "yes no", "yes, it is", "y"] {
            #expect(AnswerReader.word(in: text, ["no", "yes"]) == nil, "\(text)")
        }
    }
}
