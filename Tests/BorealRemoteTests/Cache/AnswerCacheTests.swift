import BorealBase
import Testing

@testable import BorealRemote

@Suite("Cache of answers")
struct AnswerCacheTests {
    private func key(_ name: String) throws -> CacheKey {
        try #require(CacheKey([Array(name.utf8)]))
    }
    private func answer(_ bytes: Int) -> RemoteAnswer {
        RemoteAnswer(.text(String(repeating: "x", count: bytes)))
    }

    @Test("what was stored is found until its time is over")
    func lifetime() throws {
        var cache = AnswerCache(bytesMax: 10_000)
        cache.store(answer(10), for: try key("a"), until: 100)
        #expect(cache.answer(for: try key("a"), at: 99) == answer(10))
        #expect(cache.answer(for: try key("b"), at: 99) == nil)
        #expect(cache.answer(for: try key("a"), at: 100) == nil)
        #expect(cache.count == 0)
        #expect(cache.bytes == 0)
        #expect(cache.hits == 1)
        #expect(cache.misses == 2)
    }

    @Test("the least recently used go first when the bytes run out")
    func eviction() throws {
        let size = 100 + AnswerCache.entryBytes
        var cache = AnswerCache(bytesMax: 3 * size)
        for name in ["a", "b", "c"] { cache.store(answer(100), for: try key(name), until: 9) }
        _ = cache.answer(for: try key("a"), at: 0)
        cache.store(answer(100), for: try key("d"), until: 9)
        #expect(cache.answer(for: try key("b"), at: 0) == nil)
        for name in ["a", "c", "d"] { #expect(cache.answer(for: try key(name), at: 0) != nil) }
        cache.bytesMax = size
        #expect(cache.count == 1)
        #expect(cache.answer(for: try key("d"), at: 0) != nil)
    }

    @Test("an answer larger than the cache is not stored, an older one for its key goes")
    func tooLarge() throws {
        var cache = AnswerCache(bytesMax: 1_000)
        cache.store(answer(10), for: try key("a"), until: 9)
        cache.store(answer(1_000), for: try key("a"), until: 9)
        #expect(cache.count == 0)
        #expect(cache.bytes == 0)
    }

    @Test("bytes and order stay right through thousands of stores")
    func churn() throws {
        var cache = AnswerCache(bytesMax: 50_000)
        var generator = SplitMix(seed: 4)
        for _ in 0..<5_000 {
            let name = try key("\(Int.random(in: 0..<400, using: &generator))")
            let size = Int.random(in: 0..<500, using: &generator)
            cache.store(answer(size), for: name, until: 9)
            #expect(cache.answer(for: name, at: 0) == answer(size))
            #expect(cache.bytes <= 50_000)
        }
        #expect(cache.count > 80)
        cache.removeAll()
        #expect(cache.count == 0)
        #expect(cache.bytes == 0)
    }

    @Test("keys differ when any part does, and where one ends")
    func keys() {
        let parts: [[[UInt8]]] = [
            [[1], [2]], [[1, 2]], [[], [1, 2]], [[1, 2], []], [[2], [1]], [[1], [2], []],
        ]
        #expect(Set(parts.compactMap { CacheKey($0) }).count == parts.count)
        #expect(CacheKey([[1], [2]]) == CacheKey([[1], [2]]))
    }

    @Test(
        "what may be kept, by kind",
        arguments: [
            (RemoteModelKind.embedding, nil, false, 3_600),
            (.rerank, nil, false, 3_600),
            (.embedding, 60, false, 60),
            (.embedding, 0, false, nil),
            (.chat, nil, true, nil),
            (.chat, 60, false, nil),
            (.chat, 60, true, 60),
            (.chat, 0, true, nil),
        ] as [(RemoteModelKind, Int?, Bool, Int?)]
    )
    func policy(
        _ kind: RemoteModelKind,
        _ configured: Int?,
        _ isDeterministic: Bool,
        _ expected: Int?
    ) {
        let lifetime = CachePolicy.lifetime(
            kind: kind,
            configured: configured,
            isDeterministic: isDeterministic
        )
        #expect(lifetime == expected.map { .seconds($0) })
    }

    @Test("a cut answer is not kept")
    func truncated() {
        #expect(CachePolicy.keeps(RemoteAnswer(.text("whole"))))
        #expect(!CachePolicy.keeps(RemoteAnswer(.text("cu"), isTruncated: true)))
    }

    @Test("an entry counts what its value takes")
    func sizes() {
        #expect(RemoteAnswer(.vector([1, 2, 3])).byteCount == 24)
        #expect(RemoteAnswer(.score(1)).byteCount == 0)
        #expect(RemoteAnswer(.json(.array([.null, .string("abc")]))).byteCount > 100)
    }
}
