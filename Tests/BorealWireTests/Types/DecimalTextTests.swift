import Testing

@testable import BorealWire

@Suite struct DecimalTextTests {
    private func text(_ write: (UnsafeMutableRawPointer) -> Int) -> String {
        withUnsafeTemporaryAllocation(byteCount: DecimalText.bytesMax + 8, alignment: 1) { space in
            guard let place = space.baseAddress else { return "" }
            for i in 0..<space.count { space[i] = 0x23 }
            let count = write(place)
            // Nothing may be written behind the promised room.
            #expect(space[DecimalText.bytesMax...].allSatisfy { $0 == 0x23 })
            return String(decoding: space[..<count], as: UTF8.self)
        }
    }

    @Test("integers around every power of ten and of two")
    func integers() {
        var values: [UInt64] = [0, .max, .max - 1]
        var power: UInt64 = 1
        for _ in 0..<19 {
            power *= 10
            values += [power - 1, power, power + 1]
        }
        for bit in 1..<64 { values += [1 << UInt64(bit), (1 << UInt64(bit)) - 1] }
        for value in values {
            #expect(text { DecimalText.write(value, to: $0) } == String(value))
            let signed = Int64(bitPattern: value)
            #expect(text { DecimalText.write(signed, to: $0) } == String(signed))
        }
        #expect(text { DecimalText.write(Int64.min, to: $0) } == "-9223372036854775808")
    }

    /// As MariaDB 10.11 prints them, whose conversion is MySQL's.
    private static let doubles: [(Double, String)] = [
        (0, "0"), (1, "1"), (-1, "-1"), (100, "100"), (0.1, "0.1"), (1.5, "1.5"), (4.35, "4.35"),
        (1e14, "100000000000000"), (999_999_999_999_999, "999999999999999"), (1e15, "1e15"),
        (1e16, "1e16"), (1e20, "1e20"), (9_999_999_999_999_990, "9.99999999999999e15"),
        (9_007_199_254_740_992, "9.007199254740992e15"),
        (123_456_789_012_345_680, "1.2345678901234568e17"),
        (12_345_678_901_234_567_168, "1.2345678901234567e19"),
        (123_456_789_012_345.6, "123456789012345.6"),
        (1_234_567_890_123_456.7, "1234567890123456.8"), (123_456.789, "123456.789"),
        (1e-7, "0.0000001"), (1e-14, "0.00000000000001"), (1e-15, "0.000000000000001"),
        (1e-16, "1e-16"), (1.2345e-15, "0.0000000000000012345"), (-2.5e-9, "-0.0000000025"),
        (0.000123, "0.000123"), (1.0 / 3, "0.3333333333333333"),
        (2.0 / 3e-5, "66666.66666666667"),
        (Double.greatestFiniteMagnitude, "1.7976931348623157e308"),
        (Double.leastNonzeroMagnitude, "5e-324"),
        (Double.leastNormalMagnitude, "2.2250738585072014e-308"),
    ]

    @Test("doubles look as MySQL prints them", arguments: doubles)
    func mySQLForm(value: Double, expected: String) {
        #expect(text { DecimalText.write(value, to: $0) } == expected)
    }

    @Test("a negative zero keeps its sign")
    func negativeZero() { #expect(text { DecimalText.write(-0.0, to: $0) } == "-0") }

    @Test("floats have the digits of a Float, not of the Double beside it")
    func floats() {
        #expect(text { DecimalText.write(Float(0.1), to: $0) } == "0.1")
        #expect(text { DecimalText.write(Float(16_777_216), to: $0) } == "16777216")
        #expect(text { DecimalText.write(Float(3.4028235e38), to: $0) } == "3.4028235e38")
        #expect(text { DecimalText.write(Float(1e-45), to: $0) } == "1e-45")
        #expect(text { DecimalText.write(Float(-0.3333333), to: $0) } == "-0.3333333")
    }

    /// Significant digits of Swift's own shortest form.
    private func digits(_ description: String) -> String {
        let mantissa = description.prefix { $0 != "e" }.filter { $0.isNumber }
        let leading = mantissa.drop { $0 == "0" }
        return String(leading.reversed().drop { $0 == "0" }.reversed())
    }

    @Test("any double reads back as itself, in as few digits as Swift needs")
    func doubleRoundTrip() {
        var generator = SeededGenerator(state: 7)
        for i in 0..<60_000 {
            var value = Double(bitPattern: generator.next())
            if i % 3 == 1 { value = Double.random(in: -1...1, using: &generator) }
            if i % 3 == 2 {
                value = (Double.random(in: 0...1e6, using: &generator) * 100).rounded() / 100
            }
            guard value.isFinite else { continue }
            let printed = text { DecimalText.write(value, to: $0) }
            #expect(Double(printed)?.bitPattern == value.bitPattern)
            #expect(digits(printed) == digits(value.description))
        }
    }

    @Test("powers of two, whose lower neighbour is nearer, read back")
    func powersOfTwo() {
        for exponent in -1_074...1_023 {
            let value = Double(sign: .plus, exponent: exponent, significand: 1)
            for near in [value, value.nextUp, value.nextDown] {
                let printed = text { DecimalText.write(near, to: $0) }
                #expect(Double(printed) == near)
                #expect(digits(printed).count <= digits(near.description).count)
            }
        }
    }

    @Test("any float reads back as itself")
    func floatRoundTrip() {
        var generator = SeededGenerator(state: 9)
        for _ in 0..<30_000 {
            let value = Float(bitPattern: UInt32(truncatingIfNeeded: generator.next()))
            guard value.isFinite else { continue }
            let printed = text { DecimalText.write(value, to: $0) }
            #expect(Float(printed) == value)
            #expect(digits(printed) == digits(value.description))
        }
    }
}
