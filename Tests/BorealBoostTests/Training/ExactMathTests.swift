import Foundation
import Testing

@testable import BorealBoost

@Suite struct ExactMathTests {
    @Test("exp agrees with the C library to two units in the last place")
    func exponential() {
        var random = TestRandom(3)
        for _ in 0..<20_000 {
            let x = (random.unit() - 0.5) * 1_400
            let expected = exp(x)
            let error = abs(ExactMath.exp(x) - expected)
            #expect(error <= 2 * expected.ulp)
        }
        #expect(ExactMath.exp(0) == 1)
        #expect(ExactMath.exp(-1_000) == 0)
        #expect(ExactMath.exp(1_000) == .infinity)
        #expect(ExactMath.exp(.nan).isNaN)
    }

    @Test("log agrees with the C library to two units in the last place")
    func logarithm() {
        var random = TestRandom(4)
        for _ in 0..<20_000 {
            let x = exp((random.unit() - 0.5) * 1_400)
            #expect(abs(ExactMath.log(x) - log(x)) <= 2 * abs(log(x)).ulp)
        }
        #expect(ExactMath.log(1) == 0)
        #expect(ExactMath.log(0) == -.infinity)
        #expect(ExactMath.log(-1).isNaN)
        #expect(
            abs(ExactMath.log(Double.leastNonzeroMagnitude) - log(Double.leastNonzeroMagnitude))
                < 1e-12
        )
    }

    @Test("eight exponentials at once are good to a Float's last places")
    func vector() {
        var random = TestRandom(5)
        for _ in 0..<5_000 {
            let x = SIMD8<Float>((0..<8).map { _ in Float((random.unit() - 0.5) * 170) })
            let result = ExactMath.exp(x)
            for lane in 0..<8 {
                let expected = exp(Double(x[lane]))
                #expect(abs(Double(result[lane]) / expected - 1) < 4e-7)
            }
        }
        #expect(ExactMath.exp(SIMD8<Float>(repeating: -1_000))[0] > 0)
        #expect(ExactMath.exp(SIMD8<Float>(repeating: 1_000))[0].isFinite)
    }
}
