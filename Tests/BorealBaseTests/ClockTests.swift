import Testing

@testable import BorealBase

@Suite struct SmallThingsTests {
    @Test("only A to Z are folded")
    func folding() {
        #expect("AbÅZ_9".asciiLowercased == "abÅz_9" && "abc".asciiLowercased == "abc")
    }

    @Test("seconds are rounded towards the past, also before 1970")
    func seconds() {
        #expect(Instant(microseconds: 1_999_999).seconds == 1)
        #expect(Instant(microseconds: -1).seconds == -1)
        #expect(Instant(microseconds: -1_000_000).seconds == -1)
        #expect(Instant(microseconds: 1) < Instant(microseconds: 2))
    }

    @Test("a flag stays set")
    func flag() {
        let flag = CancellationFlag()
        #expect(!flag.isCancelled)
        flag.cancel()
        #expect(flag.isCancelled)
    }

    @Test("the monotonic clock does not go back")
    func clock() {
        let first = MonotonicClock.nanoseconds
        #expect(MonotonicClock.nanoseconds >= first)
    }
}
