import BorealBase
import BorealRemote
import Testing

@testable import BorealEngine

@Suite("Rows for remote models")
struct RemoteRowsTests {
    private static func record(
        _ task: RemoteTask = .chat,
        path: String = "",
        type: String = "LLM",
        prompt: String? = nil
    ) throws -> RemoteModelRecord {
        try RemoteModelRecord(
            modelType: type,
            task: task,
            upstreamName: "m",
            address: RemoteAddress("http://host" + (path.isEmpty ? "" : path)),
            config: .object(prompt.map { [("prompt", .string($0))] } ?? [])
        )
    }

    private static func inputs(_ columns: [(String, String)]) -> InputColumns {
        let listed = columns.map { name, type in
            JSON.object([("name", .string(name)), ("type", .string(type))])
        }
        return InputColumns(stored: JSON.object([("inputs", .array(listed))]).description)
    }

    /// One row of texts; `nil` for NULL.
    private static func batch(_ cells: [(String, String?)]) -> RowBatch {
        let columns = cells.map { name, text in
            var bytes = ByteColumn()
            bytes.append(text ?? "")
            var validity = Validity()
            validity.append(isNull: text == nil)
            return Column(
                name: name,
                type: .varchar(),
                storage: .bytes(bytes),
                validity: validity
            )
        }
        return RowBatch(columns: columns, rowCount: 1)
    }

    private static func asked(
        _ record: RemoteModelRecord,
        _ columns: [(String, String)] = [],
        _ cells: [(String, String?)]
    ) throws -> RemoteInput? {
        let rows = try RemoteRows(record, inputs: inputs(columns), columns: cells.map(\.0))
        return rows.inputs(batch(cells))[0]
    }

    @Test("a model reads the columns of its INPUT, in any case and order")
    func byName() throws {
        let chat = try Self.record()
        let cells: [(String, String?)] = [("id", "7"), ("Prompt", "p")]
        #expect(try Self.asked(chat, [("prompt", "STRING")], cells) == .prompt("p"))
        #expect(try Self.asked(chat, [("prompt", "STRING")], [("a", "x")]) == .prompt("x"))
        #expect(try Self.asked(chat, [], [("a", "x")]) == .prompt("x"))
        #expect(try Self.asked(chat, [], [("a", nil)]) == nil)
        let vector = try Self.record(.sentenceEmbedding)
        #expect(try Self.asked(vector, [], [("a", "x")]) == .text("x"))
    }

    @Test("a prompt is filled with columns, whose values are not read again")
    func prompts() throws {
        let chat = try Self.record(prompt: "{a} and {B}")
        let cells: [(String, String?)] = [("b", "2"), ("a", "{b}\""), ("c", nil)]
        #expect(try Self.asked(chat, [], cells) == .prompt("{b}\" and 2"))
        #expect(try Self.asked(chat, [], [("a", "1"), ("b", nil)]) == nil)
        #expect(throws: RemoteModelError.self) { try Self.asked(chat, [], [("a", "1")]) }
        let one = try Self.record(prompt: "say {text}")
        #expect(try Self.asked(one, [], [("other", "x")]) == .prompt("say x"))
    }

    @Test("a rerank model reads a query and a document, by name or by place")
    func pairs() throws {
        let rank = try Self.record(path: "/v1/rerank")
        let expected = RemoteInput.pair(query: "q", document: "d")
        #expect(try Self.asked(rank, [], [("a", "q"), ("b", "d")]) == expected)
        #expect(try Self.asked(rank, [], [("document", "d"), ("query", "q")]) == expected)
        #expect(throws: RemoteModelError.self) { try Self.asked(rank, [], [("a", "q")]) }
    }

    @Test("BINARY columns are pictures of a model that sees")
    func pictures() throws {
        let sees = try Self.record(type: "mllm")
        let columns = [("pic", "BINARY"), ("prompt", "STRING")]
        let cells: [(String, String?)] = [("prompt", "what"), ("pic", "GIF89a")]
        let picture = Picture(Array("GIF89a".utf8))
        #expect(
            try Self.asked(sees, columns, cells) == .pictured(prompt: "what", pictures: [picture])
        )
        #expect(
            try Self.asked(sees, [("pic", "BINARY")], [("x", "GIF89a")])
                == .pictured(prompt: "", pictures: [picture])
        )
        #expect(try Self.asked(sees, columns, [("prompt", "what"), ("pic", nil)]) == nil)
        let blind = try Self.record()
        #expect(throws: RemoteModelError.self) { try Self.asked(blind, columns, cells) }
    }

    @Test("columns that do not fit are refused by name")
    func refused() throws {
        let chat = try Self.record()
        let missing = #expect(throws: RemoteModelError.self) {
            try Self.asked(chat, [("a", "STRING"), ("b", "STRING")], [("a", "1"), ("c", "2")])
        }
        #expect(missing?.text.contains("'b'") == true)
        let several = #expect(throws: RemoteModelError.self) {
            try Self.asked(chat, [], [("a", "1"), ("c", "2")])
        }
        #expect(several?.text.contains("PROMPT") == true)
    }

    @Test("a call by place fills the one column of a prompt")
    func byPlace() throws {
        let rows = try RemoteRows(
            calling: try Self.record(prompt: "say {x}, {x}"),
            text: 1,
            document: 2
        )
        let batch = Self.batch([("a", "no"), ("b", "hi")])
        #expect(rows.inputs(batch) == [.prompt("say hi, hi")])
        #expect(throws: RemoteModelError.self) {
            try RemoteRows(calling: try Self.record(prompt: "{x} {y}"), text: 0, document: 1)
        }
    }
}
