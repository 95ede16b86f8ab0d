import BorealBase
import BorealRemote
import Testing

@testable import BorealEngine

@Suite("Reading answers")
struct AnswerReaderTests {
    private static func outcome(_ value: RemoteAnswer.Value) -> RowOutcome {
        RowOutcome(.success(RemoteAnswer(value)))
    }

    /// What a task makes of one answer.
    private static func read(
        _ task: FunctionTask,
        _ value: RemoteAnswer.Value,
        words: [String] = []
    ) -> String {
        var asked = AskedRows(rowCount: 1)
        asked.inputs = [.prompt("p")]
        asked.words = [words]
        let reader = AnswerReader(task: task, isClamped: false)
        switch reader.read([outcome(value)], asked)[0] {
        case nil: return "nothing"
        case .success(.null)?: return "NULL"
        case .success(.text(let text))?: return text
        case .success(.number(let number))?: return "\(number)"
        case .failure(let error)?: return error.code.rawValue
        }
    }

    @Test("each task reads the answer as what it promises")
    func tasks() {
        let labels = ["good", "bad"]
        let cases: [(FunctionTask, RemoteAnswer.Value, String)] = [
            (.json, .text("a \"b\""), #""a \"b\"""#), (.text, .text("a \"b\""), "a \"b\""),
            (.json, .vector([1, 0.5]), "[1.0, 0.5]"), (.vector, .vector([1]), "[1.0]"),
            (.json, .json(.object([("a", .null)])), #"{"a": null}"#),
            (.text, .json(.string("x")), "x"), (.score, .score(0.25), "0.25"),
            (.score, .text("0.25"), "BAD_RESPONSE"),
            (.label, .text("Good."), "good"), (.label, .text("fine"), "BAD_RESPONSE"),
            (.sentiment, .text(" BAD "), "bad"), (.sentiment, .text("unknown"), "NULL"),
            (.sentiment, .text(""), "NULL"),
            (.similarity, .text("0.5"), "0.5"), (.similarity, .text("1.5"), "BAD_RESPONSE"),
            (.similarity, .text("high"), "BAD_RESPONSE"),
            (.extraction, .text(#"{"a":1}"#), #"{"a": 1}"#),
            (.extraction, .text("```json\n{\"a\":\n1}\n```"), #"{"a": 1}"#),
            (.extraction, .text("Here: {}"), "BAD_RESPONSE"),
            (.extraction, .json(.array([])), "[]"),
        ]
        for (task, value, expected) in cases {
            #expect(Self.read(task, value, words: labels) == expected, "\(task) \(value)")
        }
    }

    /// A similarity of texts in the form of calls.
    private static func similarity(
        _ sides: [VectorPair.Side],
        _ outcomes: [RowOutcome?],
        isClamped: Bool = false
    ) -> AnswerReader.Reading? {
        var asked = AskedRows(rowCount: 1)
        asked.pairs = [VectorPair(first: sides[0], second: sides[1])]
        return AnswerReader(task: .similarity, isClamped: isClamped).read(outcomes, asked)[0]
    }

    @Test("the similarity of vectors is the cosine of their angle")
    func cosine() {
        let vector = Self.outcome(.vector([3, 4]))
        #expect(
            Self.similarity([.asked(0), .known([6, 8])], [vector]) == .success(.number(1))
        )
        #expect(Self.similarity([.known([1, 0]), .known([0, 2])], []) == .success(.number(0)))
        let opposite: [VectorPair.Side] = [.known([1, 1e300]), .known([-1, -1e300])]
        #expect(Self.similarity(opposite, []) == .success(.number(-1)))
        #expect(Self.similarity(opposite, [], isClamped: true) == .success(.number(0)))
        #expect(Self.similarity([.known([0, 0]), .known([1, 0])], []) == .success(.null))
        #expect(
            Self.similarity([.known([0.1, 0.7]), .known([0.1, 0.7])], []) == .success(.number(1))
        )
    }

    @Test("vectors of two lengths, a blank text and a failure are told apart")
    func badVectors() {
        guard case .failure(let error)? = Self.similarity([.known([1]), .known([1, 2])], []) else {
            Issue.record("two lengths have no angle")
            return
        }
        #expect(error.code == .config)
        #expect(Self.similarity([.asked(0), .known([1])], [nil]) == .success(.null))
        let lost = RemoteModelError(.connect, "x")
        let failed = RowOutcome(.failure(lost))
        #expect(Self.similarity([.asked(0), .known([1])], [failed]) == .failure(lost))
    }

    @Test("a report tells what is known of the call, failed or not")
    func report() throws {
        var asked = AskedRows(rowCount: 2)
        asked.inputs = [.prompt("a"), nil]
        let reader = AnswerReader(task: .report, isClamped: false)
        let failed = RowOutcome(.failure(RemoteModelError(.filtered, "no")))
        let readings = reader.read([failed, nil], asked)
        #expect(readings[1] == nil)
        guard case .success(.text(let text))? = readings[0] else {
            Issue.record("a report never fails")
            return
        }
        let json = try JSON.parse(text)
        #expect(json["code"]?.string == "FILTERED" && json["error"]?.string == "no")
        #expect(json["value"] == .null && json["cached"] == .bool(false))
    }

    @Test(
        "a stored vector is an array of numbers; anything else is a text",
        arguments: [
            ("[1, -2.5]", [1, -2.5]), (" [0]", [0]), ("[]", nil), ("[1, \"a\"]", nil),
            ("[1, 2", nil), ("1", nil), ("", nil), ("[see below]", nil),
        ] as [(String, [Double]?)]
    )
    func storedVectors(_ text: String, _ expected: [Double]?) {
        #expect(RowAsker.vector(text) == expected)
    }
}

@Suite("What failed rows do")
struct FailureRuleTests {
    @Test(
        "the session decides, else the model, else the number of rows",
        arguments: [
            ("DEFAULT", nil, FailureRule.byRows), ("", .null, .nullUnlessAll),
            ("DEFAULT", .fail, .fail), ("NULL", .fail, .null), ("FAIL", .null, .fail),
        ] as [(String, RemoteModelOptions.OnError?, FailureRule)]
    )
    func rules(_ session: String, _ model: RemoteModelOptions.OnError?, _ expected: FailureRule) {
        #expect(FailureRule(session: session, model: model) == expected)
    }

    @Test("a rule decides by all failures of a chunk")
    func verdicts() {
        let a = RemoteModelError(.timeout, "a")
        let b = RemoteModelError(.badResponse, "b")
        // Rule, failures, rows that were asked, one row alone, whether the statement fails.
        let cases: [(FailureRule, [RemoteModelError], Int, Bool, Bool)] = [
            (.fail, [a], 9, false, true), (.null, [a], 1, true, false),
            (.null, [a, a], 2, false, false), (.byRows, [a], 1, true, true),
            (.byRows, [a], 2, false, false), (.byRows, [a, a], 2, false, true),
            (.byRows, [a, b], 2, false, false), (.nullUnlessAll, [a], 1, true, true),
            (.nullUnlessAll, [a, b], 2, false, false), (.fail, [], 2, false, false),
        ]
        for (rule, failures, asked, isSingle, fails) in cases {
            let verdict = rule.verdict(failures, askedRows: asked, isSingle: isSingle)
            #expect((verdict != nil) == fails, "\(rule) \(failures.count) of \(asked)")
        }
        #expect(FailureRule.byRows.verdict([a, a], askedRows: 2, isSingle: false)?.rows == 2)
    }

    @Test("what is wrong with the statement is told, whatever the rule")
    func statements() {
        for code in [RemoteModelError.Code.policy, .cancelled, .access] {
            let error = RemoteModelError(code, "x")
            let other = RemoteModelError(.timeout, "y")
            let verdict = FailureRule.null.verdict([other, error], askedRows: 9, isSingle: false)
            #expect(verdict?.code == code)
        }
    }
}
