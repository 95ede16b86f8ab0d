import BorealBase
import Testing

@Suite struct DecimalRoundingTests {
    @Test("what it decides is what the standard library reads")
    func agrees() throws {
        var state: UInt64 = 1
        func random() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ state >> 31
        }
        var decided = 0
        for _ in 0..<5_000 {
            let digits = random() >> (random() % 40) % 10_000_000_000_000_000_000
            let power = Int(random() % 80) - 40
            guard let value = DecimalRounding.double(digits, power: power) else { continue }
            decided += 1
            #expect(value == Double("\(digits)e\(power)"), "\(digits)e\(power)")
        }
        #expect(decided > 4_900)
    }

    private static let cases: [(UInt64, Int, Double?)] = [
        (0, 5, 0), (0, -400, 0), (1, 0, 1), (5, -1, 0.5),
        (9_007_199_254_740_993, 0, 9_007_199_254_740_992),
        (9_007_199_254_740_995, 0, 9_007_199_254_740_996), (1, 60, nil), (1, -60, nil),
        (17_976_931_348_623_157, 30, 17_976_931_348_623_157e30),
    ]

    @Test("ties go to the even neighbour; far powers are left to others", arguments: cases)
    func edges(digits: UInt64, power: Int, expected: Double?) {
        #expect(DecimalRounding.double(digits, power: power) == expected)
    }
}
