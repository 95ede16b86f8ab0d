import BorealBase
import Testing

@testable import BorealREST

@Suite("Searches")
struct SearchTests {
    static let documents: [SearchHit] = [
        ("a", #"{"name": "My first model", "n": 1, "tags": ["x", "y"], "o": {"p": "q"}}"#),
        ("b", #"{"name": "second", "n": 2.5, "on": true}"#),
        ("c", #"{"name": "Third", "n": 10, "none": null}"#),
    ].enumerated().map { place, row in
        SearchHit(
            index: "i",
            id: row.0,
            version: 1,
            sequence: Int64(place),
            // Written above.
            source: (try? JSON.parse(row.1)) ?? .null
        )
    }

    /// The ids that a search finds in their order; its error's sentence behind `!`.
    static func find(_ body: String) throws -> String {
        let body = try JSON.parse(body)
        do throws(RESTError) {
            let answer = try DocumentSearch(body).answer(documents).json
            let hits = answer["hits"]?["hits"]?.array ?? []
            return hits.compactMap { $0["_id"]?.string }.joined()
        } catch {
            #expect(error.status == 400)
            return "!" + error.reason
        }
    }

    static let queries: [(String, String)] = [
        (#"{"match_all": {}}"#, "abc"),
        (#"{"match": {"name": "MODEL second"}}"#, "ab"),
        (#"{"match": {"name": {"query": "my model", "operator": "and"}}}"#, "a"),
        (#"{"term": {"name": "first"}}"#, "a"),
        (#"{"term": {"name.keyword": "first"}}"#, ""),
        (#"{"term": {"name.keyword": "second"}}"#, "b"),
        (#"{"term": {"n": {"value": 10.0}}}"#, "c"), (#"{"term": {"on": true}}"#, "b"),
        (#"{"term": {"o.p": "q"}}"#, "a"), (#"{"term": {"_id": "c"}}"#, "c"),
        (#"{"terms": {"tags": ["y", "z"]}}"#, "a"),
        (#"{"ids": {"values": ["c", "a", "z"]}}"#, "ac"),
        (#"{"exists": {"field": "tags"}}"#, "a"), (#"{"exists": {"field": "none"}}"#, ""),
        (#"{"exists": {"field": "o"}}"#, "a"),
        (#"{"prefix": {"name": "se"}}"#, "b"), (#"{"prefix": {"name": "th"}}"#, ""),
        (#"{"prefix": {"name": {"value": "TH", "case_insensitive": true}}}"#, "c"),
        (#"{"wildcard": {"name": "*first*"}}"#, "a"),
        (#"{"wildcard": {"name": {"wildcard": "?econd"}}}"#, "b"),
        (#"{"range": {"n": {"gt": 1, "lte": 10}}}"#, "bc"),
        (#"{"range": {"n": {"gte": "2.5", "lt": 10}}}"#, "b"),
        (
            #"{"bool": {"must": [{"exists": {"field": "n"}}], "must_not": {"term": {"n": 1}}}}"#,
            "bc"
        ),
        (#"{"bool": {"should": [{"term": {"n": 1}}, {"term": {"n": 10}}]}}"#, "ac"),
        (#"{"bool": {"filter": [{"match_all": {}}], "should": [{"term": {"n": 1}}]}}"#, "abc"),
        (
            #"{"bool": {"should": [{"term": {"n": 1}}, {"exists": {"field": "n"}}], "#
                + #""minimum_should_match": 2}}"#, "a"
        ),
        (#"{"fuzzy": {"name": "x"}}"#, "!unknown query [fuzzy]"),
        (#"{"bool": {"must": {"script": {}}}}"#, "!unknown query [script]"),
        (#"{"bool": {"might": []}}"#, "![bool] query does not support [might]"),
        (#"{"range": {"n": {"above": 1}}}"#, "![range] query does not support [above]"),
        (#"{"terms": {"n": 1}}"#, "![terms] query requires an array of values"),
        (#"{"exists": {}}"#, "![exists] must be provided with a [field]"),
        ("{}", "![_na] query malformed, one query in an object is expected"),
    ]

    @Test("queries find what they say", arguments: queries)
    func finds(query: String, expected: String) throws {
        #expect(try Self.find(#"{"query": \#(query)}"#) == expected)
    }

    static let searches: [(String, String)] = [
        ("{}", "abc"), (#"{"size": 2}"#, "ab"), (#"{"size": 2, "from": 1}"#, "bc"),
        (#"{"from": 7}"#, ""), (#"{"size": 0}"#, ""),
        (#"{"sort": [{"n": {"order": "desc"}}]}"#, "cba"), (#"{"sort": "name"}"#, "acb"),
        (#"{"sort": [{"tags": "asc"}, {"n": "desc"}]}"#, "acb"),
        (#"{"size": -1}"#, "![size] parameter cannot be negative or no number"),
        (
            #"{"size": 9999, "from": 2}"#,
            "!Result window is too large, from + size must be less than or equal to: [10000] but "
                + "was [10001]"
        ),
        (#"{"aggs": {}}"#, "!Unknown key for a value in [aggs]."),
        ("[]", "!Expected [START_OBJECT] but found another value"),
    ]

    @Test("pages and orders", arguments: searches)
    func pages(body: String, expected: String) throws {
        #expect(try Self.find(body) == expected)
    }

    @Test("the answer counts all and shows a page")
    func answer() throws {
        let body = try JSON.parse(#"{"size": 1, "_source": {"includes": ["o.*"], "excludes": []}}"#)
        let answer = try DocumentSearch(body).answer(Self.documents).json
        #expect(answer["hits"]?["total"]?["value"] == .integer(3))
        #expect(answer["hits"]?["max_score"] == .number(1))
        let hit = try #require(answer["hits"]?["hits"]?.array?.first)
        #expect(hit["_source"]?.description == #"{"o": {"p": "q"}}"#)
        #expect(hit["_index"] == .string("i") && hit["_primary_term"] == .integer(1))
        let none = try DocumentSearch(.object([("_source", .bool(false))])).answer([]).json
        #expect(none["hits"]?["max_score"] == .null)
        #expect(none["_shards"]?["skipped"] == .integer(0))
    }

    @Test("queries in queries are bounded")
    func bounded() throws {
        var query = #"{"match_all": {}}"#
        for _ in 0..<17 { query = #"{"bool": {"must": \#(query)}}"# }
        #expect(try Self.find(#"{"query": \#(query)}"#) == "!more than 16 queries in each other")
    }
}
