import Testing

@testable import BorealRemote

@Suite("Packing of batches")
struct BatchPackerTests {
    /// How many rows of these sizes fit one after the other.
    private func fitting(_ sizes: [Int], rowsMax: Int = 256, tokensMax: Int = 8_192) -> Int {
        var packer = BatchPacker(rowsMax: rowsMax, tokensMax: tokensMax)
        return sizes.prefix { packer.accept(bytes: $0) }.count
    }

    @Test(
        "rows, tokens or bytes end a batch, whichever comes first",
        arguments: [
            (Array(repeating: 10, count: 300), 256),
            (Array(repeating: 400, count: 300), 81),
            (Array(repeating: 0, count: 300), 256),
            ([100_000, 1], 1),
            ([1, 100_000], 1),
            ([], 0),
        ]
    )
    func limits(_ sizes: [Int], _ expected: Int) {
        #expect(fitting(sizes) == expected)
    }

    @Test("a body holds at most a mebibyte, however few tokens that is")
    func bytes() {
        let sizes = Array(repeating: 100_000, count: 20)
        #expect(fitting(sizes, tokensMax: 1 << 30) == 10)
    }

    @Test("a cap below one row is one row")
    func capOfNothing() {
        #expect(fitting([5, 5], rowsMax: 0) == 1)
        #expect(fitting([5, 5], tokensMax: 0) == 1)
    }

    private func refusal(_ status: Int, size: Bool = false) -> AttemptFailure {
        var refusal = UpstreamRefusal(status: status, text: "")
        refusal.isAboutSize = size
        return .refused(refusal)
    }

    @Test("a refusal for size halves the batch, and what was learned stays")
    func learned() {
        var cap = LearnedBatchCap(256)
        #expect(
            BatchRemedy(refusal(400, size: true), rows: 256, kind: .embedding, cap: &cap)
                == .pieces(rowsMax: 128)
        )
        #expect(
            BatchRemedy(refusal(413), rows: 128, kind: .embedding, cap: &cap)
                == .pieces(rowsMax: 64)
        )
        #expect(cap.value == 64)
        #expect(
            BatchRemedy(refusal(413), rows: 200, kind: .embedding, cap: &cap)
                == .pieces(rowsMax: 64)
        )
        #expect(cap.value == 64, "a larger batch that was under way teaches nothing new")
        #expect(BatchRemedy(refusal(413), rows: 1, kind: .embedding, cap: &cap) == .none)
        #expect(cap.value == 64)
    }

    @Test("any other 400 is split until the bad row is alone, and teaches nothing")
    func split() {
        var cap = LearnedBatchCap(256)
        #expect(
            BatchRemedy(refusal(400), rows: 7, kind: .embedding, cap: &cap) == .pieces(rowsMax: 4)
        )
        #expect(
            BatchRemedy(refusal(400), rows: 2, kind: .embedding, cap: &cap) == .pieces(rowsMax: 1)
        )
        #expect(BatchRemedy(refusal(400), rows: 1, kind: .embedding, cap: &cap) == .none)
        #expect(cap.value == 256)
    }

    @Test("other failures are no fault of the batch", arguments: [401, 404, 422, 429, 500, 503])
    func others(_ status: Int) {
        var cap = LearnedBatchCap(256)
        #expect(BatchRemedy(refusal(status), rows: 100, kind: .embedding, cap: &cap) == .none)
        let reset = AttemptFailure.lost(CallFailure(.reset, ""))
        #expect(BatchRemedy(reset, rows: 9, kind: .embedding, cap: &cap) == .none)
        #expect(cap.value == 256)
    }

    @Test(
        "a batch without a usable answer is split, prompts that share one are asked alone",
        arguments: [
            AttemptFailure.unreadable(RemoteModelError(.badResponse, "no JSON")),
            .lost(CallFailure(.truncated, "")), .lost(CallFailure(.tooLarge, "")),
        ]
    )
    func unreadable(_ failure: AttemptFailure) {
        var cap = LearnedBatchCap(256)
        for (rows, kind, size) in [
            (9, RemoteModelKind.embedding, 5), (9, .rerank, 5), (9, .chat, 1),
        ] {
            let remedy = BatchRemedy(failure, rows: rows, kind: kind, cap: &cap)
            #expect(remedy == .pieces(rowsMax: size))
        }
        #expect(BatchRemedy(failure, rows: 1, kind: .embedding, cap: &cap) == .none)
        let unwritten = AttemptFailure.unreadable(RemoteModelError(.config, "no form"))
        #expect(BatchRemedy(unwritten, rows: 9, kind: .embedding, cap: &cap) == .none)
        #expect(cap.value == 256)
    }
}

@Suite("Distinct rows")
struct DistinctRowsTests {
    @Test("NULL and blank rows are asked of nobody, equal rows once, and each finds its answer")
    func map() {
        let rows: [RemoteInput?] = [
            nil, .text("b"), .text(" \n"), .text("a"), .text("b"), .prompt(""), nil, .text("a"),
        ]
        let distinct = DistinctRows(rows)
        #expect(distinct.inputs == [.text("b"), .text("a"), .prompt("")])
        #expect(distinct.places == [nil, 0, nil, 1, 0, 2, nil, 1])
    }

    @Test("pairs that alternate between queries are asked query by query")
    func queries() {
        let rows: [RemoteInput?] = (0..<6).map {
            .pair(query: $0 % 2 == 0 ? "q" : "p", document: "d\($0)")
        }
        #expect(DistinctRows(rows).askingOrder == [0, 2, 4, 1, 3, 5])
        #expect(DistinctRows([.text("x"), .text("y")]).askingOrder == [0, 1])
        #expect(DistinctRows([]).askingOrder == [])
    }

    @Test("a blank document is NULL, a blank query is not")
    func blankPairs() {
        let rows: [RemoteInput?] = [
            .pair(query: "q", document: " "), .pair(query: "", document: "d"),
        ]
        #expect(DistinctRows(rows).places == [nil, 0])
    }
}
