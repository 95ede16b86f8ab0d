import BorealBase
import Testing

@testable import BorealEngine

@Suite struct LoginGuardTests {
    private let settings = Settings()
    private let logins: LoginGuard

    init() throws {
        try settings.set("login_failures_max", to: "3")
        try settings.set("login_failures_address_max", to: "6")
        try settings.set("login_delay_max", to: "8")
        logins = LoginGuard(settings)
    }

    private func number(_ user: String, _ address: String, _ now: UInt64) -> Int {
        let refusal = logins.refusal(user: user, address: address, host: address, now: now)
        return Int(refusal?.error.code.rawValue ?? 0)
    }

    @Test("a user waits after wrong passwords from one address, twice as long each time")
    func doubling() {
        var now: UInt64 = 1_000
        for _ in 0..<3 {
            #expect(number("ann", "10.0.0.1", now) == 0)
            logins.failed(user: "ann", address: "10.0.0.1", now: now)
        }
        for seconds: UInt64 in [1, 2, 4] {
            #expect(number("ann", "10.0.0.1", now) == 3955)
            #expect(number("ann", "10.0.0.1", now + seconds * 1_000 - 1) == 3955)
            now += seconds * 1_000
            #expect(number("ann", "10.0.0.1", now) == 0)
            #expect(number("ann", "10.0.0.2", now) == 0, "others are not locked out")
            logins.failed(user: "ann", address: "10.0.0.1", now: now)
        }
        // Six in all: now the address waits, whoever comes from it.
        #expect(number("bea", "10.0.0.1", now) == 1129)
    }

    @Test("the wait has a longest length, and who was quiet for long begins anew")
    func limits() {
        for _ in 0..<40 { logins.failed(user: "ann", address: "::1", now: 5) }
        #expect(number("ann", "::1", 8_004) != 0)
        #expect(number("ann", "::1", 8_006) == 0)
        logins.failed(user: "ann", address: "::1", now: 200_000)
        #expect(number("ann", "::1", 200_000) == 0)
    }

    @Test("a right password forgets the wrong ones of its user, FLUSH HOSTS those of all")
    func forgetting() {
        for _ in 0..<3 { logins.failed(user: "ann", address: "a", now: 5) }
        for _ in 0..<3 { logins.failed(user: "bea", address: "b", now: 5) }
        logins.succeeded(user: "ann", address: "a")
        #expect(number("ann", "a", 6) == 0)
        #expect(number("bea", "b", 6) == 3955)
        logins.forgetAll()
        #expect(number("bea", "b", 6) == 0)
    }

    @Test("an IPv6 network is one address, whatever its owner makes of the other half")
    func networks() {
        for host in 1...6 {
            logins.failed(user: "u\(host)", address: "2001:db8:0:1::\(host)", now: 5)
        }
        #expect(number("x", "2001:db8:0:1:ffff::9", 6) == 1129)
        #expect(number("x", "2001:db8:0:2::1", 6) == 0)
    }

    @Test("what is counted is bounded; the latest stay")
    func bounds() {
        for number in 0..<(2 * Limits.loginCountersMax) {
            logins.failed(user: "u", address: "10.\(number)", now: UInt64(number))
        }
        let last = "10.\(2 * Limits.loginCountersMax - 1)"
        let now = UInt64(2 * Limits.loginCountersMax)
        for _ in 0..<2 { logins.failed(user: "u", address: last, now: now) }
        #expect(number("u", last, now) == 3955)
    }

    @Test("the first refusal of each wait is news, the others are not")
    func news() {
        func isFirst(_ user: String, _ now: UInt64) -> Bool? {
            logins.refusal(user: user, address: "a", host: "a", now: now)?.isFirst
        }
        for _ in 0..<3 { logins.failed(user: "ann", address: "a", now: 5) }
        #expect((0..<3).map { isFirst("ann", 6 + $0) } == [true, false, false])
        #expect(isFirst("ann", 1_005) == nil)
        logins.failed(user: "ann", address: "a", now: 1_005)
        #expect((0..<2).map { isFirst("ann", 1_006 + $0) } == [true, false])
        // Six in all: the address waits, and its own wait is told once whoever comes.
        for _ in 0..<2 { logins.failed(user: "bea", address: "a", now: 1_010) }
        #expect(["x", "y", "ann"].map { isFirst($0, 1_011) } == [true, false, false])
    }

    @Test("failures without a password are news up to a number from one address in a minute")
    func unasked() {
        let most = Limits.auditUnaskedPerMinuteMax
        func told(_ address: String, _ count: Int, _ now: UInt64) -> Int {
            (0..<count).filter { _ in logins.isNews(address: address, now: now) }.count
        }
        #expect(told("10.0.0.1", most + 9, 5) == most)
        #expect(told("10.0.0.2", 1, 5) == 1)
        #expect(told("10.0.0.1", 1, 60_004) == 0)
        #expect(told("10.0.0.1", most + 9, 60_005) == most)
        // More addresses than are counted: what is kept is bounded, and so is what is told.
        let many = (0..<(2 * Limits.loginCountersMax)).filter {
            logins.isNews(address: "n\($0)", now: 200_000)
        }
        #expect(many.count == Limits.loginCountersMax)
        #expect(told("n0", 1, 260_000) == 1)
    }

    @Test("0 counts nothing")
    func switchedOff() throws {
        try settings.set("login_failures_max", to: "0")
        try settings.set("login_failures_address_max", to: "0")
        for _ in 0..<100 { logins.failed(user: "ann", address: "a", now: 5) }
        #expect(number("ann", "a", 5) == 0)
    }

    @Test("the sentences tell how long")
    func sentences() throws {
        for _ in 0..<5 { logins.failed(user: "ann", address: "a", now: 5) }
        let own = try #require(logins.refusal(user: "ann", address: "a", host: "h", now: 1_005))
        #expect(
            own.error.message
                == "Access denied for user 'ann'@'h'. Account is blocked for 4 second(s) "
                + "(3 second(s) remaining) due to 5 consecutive failed logins."
        )
    }
}
