import BorealBase
import BorealHTTP
import Testing

@Suite struct HTTPDateParseTests {
    private static let dates: [(String, Int64?)] = [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
        ("Sun Nov  6 08:49:37 1994", 784_111_777), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Wed, 31 Dec 2036 23:59:60 GMT", 2_114_380_800),
        ("Wed, 01-Jan-36 00:00:00 GMT", 2_082_758_400),
        ("", nil), ("soon", nil), ("Sun, 06 Nov 1994 08:49:37 PST", nil),
        ("Sun, 06 Nov 1994 24:49:37 GMT", nil), ("Sun, 06 Nov 1994 08:60:37 GMT", nil),
        ("Sun, 00 Nov 1994 08:49:37 GMT", nil), ("Sun, 06 Nob 1994 08:49:37 GMT", nil),
        ("Sun, 06 Nov 199x 08:49:37 GMT", nil), ("Sun, 06 Nov 994 08:49:37 GMT", nil),
        ("Sun, 06 Nov 1994 08:49 GMT", nil), ("Sun, 6 Nov 19940 08:49:37 GMT", nil),
    ]

    @Test("all three forms of a date are read, and nothing else", arguments: dates)
    func parses(text: String, seconds: Int64?) {
        #expect(HTTPDate.parse(text)?.seconds == seconds)
    }
}
