import BorealBase
import Testing

@testable import BorealRemote

@Suite("What refusals of services say")
struct UpstreamRefusalTests {
    /// Sun, 06 Nov 1994 08:49:37 GMT.
    static let now = Instant(microseconds: 784_111_777_000_000)

    static func refusal(
        _ status: Int,
        _ body: String,
        _ headers: [(String, String)] = [],
        hiding secrets: [String] = []
    ) -> UpstreamRefusal {
        let fields = headers.map { CallResponse.HeaderField($0.0, $0.1) }
        let response = CallResponse(status: status, headers: fields, body: Array(body.utf8))
        return UpstreamRefusal(response, now: now, hiding: secrets)
    }

    static let words: [(String, String)] = [
        (#"{"error":{"message":"rate limited","type":"x"}}"#, "rate limited"),
        (#"{"error":"plain"}"#, "plain"),
        (
            #"{"code":"InvalidParameter","message":"batch size is invalid"}"#,
            "batch size is invalid"
        ),
        (#"{"detail":"not here"}"#, "not here"),
        ("<html>\r\n<body>gateway</body>\u{0}</html>", "<html> <body>gateway</body> </html>"),
        ("", ""), ("   \n", ""), (#"{"a":1}"#, #"{"a":1}"#),
        ("a\u{1B}[31mred\u{202E}x\u{200B}", "a [31mred x"),
    ]

    @Test("the sentence is found and cleaned", arguments: words)
    func text(body: String, expected: String) {
        #expect(Self.refusal(500, body).text == expected)
    }

    @Test("long, broken and secret words are mended")
    func mending() {
        let long = Self.refusal(500, String(repeating: "\u{e9}", count: 300)).text
        #expect(long.utf8.count == 256)
        #expect(UpstreamText.clean([0x61, 0xFF, 0x62]) == "a\u{FFFD}b")
        let told = "bad key sk-secret-1, again sk-secret-1"
        let shown = Self.refusal(401, told, hiding: ["sk-secret-1"]).text
        #expect(shown == "bad key ***, again ***")
        let split = String(repeating: "x", count: 1_020) + "sk-secret-1"
        #expect(!Self.refusal(401, split, hiding: ["sk-secret-1"]).text.contains("sk-s"))
    }

    /// Status, body, then: is about size, quota is used up, is filtered.
    static let causes: [(Int, String, Bool, Bool, Bool)] = [
        (400, "batch size is invalid, it should not be larger than 10", true, false, false),
        (400, "This model's maximum context length is 8192 tokens", true, false, false),
        (400, "Range of input length should be [1, 2048]", true, false, false),
        (400, "unknown model", false, false, false), (413, "", true, false, false),
        (422, #"{"error":"batch size 33 > maximum allowed batch size 32"}"#, true, false, false),
        (422, "no such field", false, false, false),
        (429, "batch size", false, false, false), (500, "batch size", false, false, false),
        (402, "", false, true, false),
        (
            429,
            #"{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}"#,
            false, true, false
        ),
        (400, #"{"code":"Arrearage","message":"Access denied"}"#, false, true, false),
        (403, "Your credit balance is too low", false, true, false),
        (429, "Requests rate limit exceeded", false, false, false),
        (
            429, #"{"code":"Throttling.AllocationQuota","message":"Allocated quota exceeded"}"#,
            false,
            false, false
        ),
        (500, "insufficient_quota", false, false, false),
        (
            400, #"{"code":"DataInspectionFailed","message":"Input length may contain"}"#, false,
            false,
            true
        ),
        (400, #"{"error":{"code":"content_filter","message":"no"}}"#, false, false, true),
    ]

    @Test("size, quota and filter are told from the words", arguments: causes)
    func cause(status: Int, body: String, size: Bool, quota: Bool, filter: Bool) {
        let refusal = Self.refusal(status, body)
        #expect(refusal.isAboutSize == size)
        #expect(refusal.isQuotaUsedUp == quota)
        #expect(refusal.isFiltered == filter)
    }

    static let waits: [([(String, String)], String, Int?)] = [
        ([("retry-after", "2")], "", 2_000), ([("retry-after", "0")], "", 0),
        ([("retry-after", "1.5")], "", 1_500), ([("retry-after", "-1")], "", nil),
        ([("retry-after", "soon")], "", nil), ([("retry-after", "nan")], "", nil),
        ([("retry-after", "1e300")], "", nil),
        ([("retry-after", "Sun, 06 Nov 1994 08:50:37 GMT")], "", 60_000),
        ([("retry-after", "Sun, 06 Nov 1994 08:00:00 GMT")], "", 0),
        ([("retry-after", "9"), ("retry-after-ms", "250")], "", 250),
        ([], #"{"error":{"details":[{"a":1},{"retryDelay":"12s"}]}}"#, 12_000),
        ([], #"{"error":{"details":[{"retryDelay":"1.5s"}]}}"#, 1_500),
        ([], #"{"error":{"details":[{"retryDelay":"never"}]}}"#, nil),
        (
            [
                ("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "1m0.5s"),
                ("x-ratelimit-remaining-tokens", "100"), ("x-ratelimit-reset-tokens", "1h"),
            ], "", 60_500
        ),
        ([("x-ratelimit-reset-requests", "20ms"), ("x-ratelimit-reset-tokens", "1s")], "", 1_000),
        ([("x-ratelimit-reset", "784111787")], "", 784_111_787_000),
        ([("x-ratelimit-reset", "5")], "", 5_000), ([("x-ratelimit-reset", "5x")], "", nil),
        ([("x-ratelimit-reset", "")], "", nil), ([], "", nil),
    ]

    @Test("the demand to wait is read from wherever it stands", arguments: waits)
    func wait(headers: [(String, String)], body: String, expected: Int?) {
        let found = Self.refusal(429, body, headers).waitMilliseconds
        // 784,111,787 is a moment in 1994, and below the least that is taken for one.
        #expect(found == (expected.map { $0 > 366 * 86_400_000 ? nil : $0 } ?? nil))
    }

    @Test("a reset that is a moment is counted from now")
    func moment() {
        let fields = [CallResponse.HeaderField("x-ratelimit-reset", "1700000010")]
        let now = Instant(microseconds: 1_700_000_000_000_000)
        #expect(RetryDemand.milliseconds(fields, nil, now: now) == 10_000)
    }
}
