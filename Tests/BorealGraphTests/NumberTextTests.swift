import Glibc
import Testing

@testable import BorealGraph

@Suite struct NumberTextTests {
    private func parse(_ text: String) -> Double? {
        var text = text
        return text.withUTF8 { NumberText.parse(UnsafeRawBufferPointer($0)) }
    }

    @Test(
        "a number is what strtod makes of it, to the last bit",
        arguments: [
            "0", "-0", "0.1", "1e22", "1e23", "9007199254740993", "123456789012345678901234567890",
            "0.30000000000000004", "2.2250738585072014e-308", "4.9e-324", "1e-400", "1e400",
            "-1.5E+3",
            "00012", ".5", "5.", "1.7976931348623157e308", "0.000000000000000000000000001",
            "8.5e-22", "1e99999999999", "9007199254740992e-22", "3.14159265358979323846",
        ]
    )
    func sameAsLibrary(text: String) {
        let want = strtod(text, nil)
        #expect(parse(text)?.bitPattern == want.bitPattern)
    }

    @Test("random doubles come back from their shortest text")
    func roundTrip() {
        var state: UInt64 = 42
        for _ in 0..<20_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let wide = Double(bitPattern: state)
            let narrow = Double(Int64(bitPattern: state) >> 40) / 1_000
            for value in [wide, narrow] where value.isFinite {
                #expect(parse(value.description) == value)
            }
        }
    }

    @Test("up to twenty digits with every power that is tabled, ties among them", arguments: 1...20)
    func digits(count: Int) {
        var state = UInt64(count)
        for power in -60...60 {
            for _ in 0..<40 {
                var digits = ""
                for _ in 0..<count {
                    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    digits.append(String((state >> 33) % 10))
                }
                let text = "\(digits)e\(power)"
                #expect(parse(text) == strtod(text, nil), "\(text)")
            }
        }
        // Halfway between neighbours, and a little beside.
        for power in 0..<10 {
            let tie = (UInt64(1) << 53) + UInt64(power * 2 + 1)
            for text in ["\(tie)", "\(tie)0e-1", "\(tie).0000000001"] {
                #expect(parse(text) == strtod(text, nil), "\(text)")
            }
        }
    }

    @Test(
        "what is no number is none",
        arguments: ["", "+", ".", "e5", "1e", "1e+", "1 ", "--1", "1.2.3", "0x1", "inf"]
    )
    func noNumber(text: String) { #expect(parse(text) == nil) }
}
