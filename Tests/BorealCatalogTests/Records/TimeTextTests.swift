import BorealBase
import Testing

@testable import BorealCatalog

@Suite struct TimeTextTests {
    @Test(
        "a moment is 26 characters in the zone",
        arguments: [
            (Int64(1_661_155_200_000_001), 0, "2022-08-22 08:00:00.000001"),
            (1_661_155_200_000_001, 19_800, "2022-08-22 13:30:00.000001"),
            (0, -3_600, "1969-12-31 23:00:00.000000"),
            (-1, 0, "1969-12-31 23:59:59.999999"),
            (951_782_400_500_000, 0, "2000-02-29 00:00:00.500000"),
        ]
    )
    func text(microseconds: Int64, offset: Int, expected: String) {
        let text = Instant(microseconds: microseconds).text(in: .fixed(seconds: offset))
        #expect(text == expected)
        #expect(text.utf8.count == 26)
    }

    @Test("moments beyond the form are held at its ends", arguments: [Int64.min, Int64.max])
    func extremes(microseconds: Int64) {
        let moment = Instant(microseconds: microseconds)
        #expect(moment.text(in: .fixed(seconds: 0)).utf8.count == 26)
        #expect(moment.text(in: .fixed(seconds: 50_400)).utf8.count == 26)
    }

    @Test("the machine's zone is used for SYSTEM")
    func system() throws {
        let zone = try #require(TimeZoneSetting("system"))
        #expect(Instant(microseconds: 0).text(in: zone).utf8.count == 26)
    }

    @Test(
        "offsets are read as MySQL reads them",
        arguments: [
            ("+00:00", 0), ("+05:30", 19_800), ("-03:30", -12_600), ("+14:00", 50_400),
            ("-13:59", -50_340), ("+9:00", 32_400), ("UTC", 0),
        ]
    )
    func offsets(text: String, seconds: Int) {
        #expect(TimeZoneSetting(text) == .fixed(seconds: seconds))
    }

    @Test(
        "other texts are no zone",
        arguments: [
            "", "+", "+14:01", "-14:00", "05:30", "+05:60", "+05:3", "+aa:00", "+123:00",
            "Mars/Olympus",
            "+-1:00",
        ]
    )
    func wrong(text: String) {
        #expect(TimeZoneSetting(text) == nil)
    }
}
