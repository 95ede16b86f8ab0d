import BorealBase
import Testing

@testable import BorealRemote

@Suite("Answers that are one of a few words")
struct ChoiceCodecTests {
    private let words = ["Positive", "Negative", "Neutral"]

    private func codec() throws -> ChoiceCodec {
        ChoiceCodec(try PackedChatTests.packed(), words: words)
    }

    @Test(
        "the word is found in what stands around it",
        arguments: [
            ("Positive", "Positive"), ("negative", "Negative"), ("**NEUTRAL**.", "Neutral"),
            ("Sentiment: Negative\n", "Negative"), ("Positive. Very positive!", "Positive"),
            ("", nil), ("good", nil), ("Positive or Negative", nil), ("Positively", nil),
        ] as [(String, String?)]
    )
    func words(_ said: String, _ word: String?) throws {
        let body = PackedChatTests.answer(said)
        let reading = try codec().read(body, for: [.prompt("a")])
        #expect(reading.usage.input == 9)
        switch reading.answers[0] {
        case .success(let answer):
            #expect(answer == RemoteAnswer(.text(word ?? "no word at all")))
        case .failure(let error):
            #expect(word == nil && error.code == .badResponse)
            #expect(error.text.contains("Positive, Negative, Neutral"))
        }
    }

    @Test("requests are those of the codec inside; what is read is another thing")
    func requests() throws {
        let inner = try PackedChatTests.packed()
        let choice = try codec()
        let rows = PackedChatTests.rows
        #expect(try choice.body(for: rows) == inner.body(for: rows))
        #expect(choice.batchMax == inner.batchMax)
        #expect(choice.canShareRequest(rows[0], rows[1]))
        #expect(inner.reading.isEmpty)
        #expect(!choice.reading.isEmpty)
        #expect(choice.reading != ChoiceCodec(inner, words: ["yes", "no"]).reading)
    }
}
