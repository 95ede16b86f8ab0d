import Testing

@testable import BorealLearners

/// Expected values are those of NumPy 2.4.6.
@Suite("Random numbers of NumPy")
struct NumpyRandomTests {
    @Test("Numbers are those of RandomState(seed).random_sample()")
    func units() {
        var random = NumpyRandom(seed: 7)
        let first = (0..<3).map { _ in random.nextUnit() }
        #expect(first == [0.07630828937395717, 0.7799187922401146, 0.4384092314408935])
        var other = NumpyRandom(seed: 4_294_967_295)
        var last = 0.0
        for _ in 0..<700 { last = other.nextUnit() }
        #expect(last == 0.008352749376617896)
    }

    @Test("Choices are those of RandomState(seed).choice")
    func choices() {
        var random = NumpyRandom(seed: 3)
        let weights: [Double] = [1, 2, 0, 3, 2, 2]
        #expect(random.choose(weights, count: 4) == [3, 4, 1, 5])
        #expect(random.choose(weights) == 5)
    }

    @Test("Seeds of more than 32 bits differ too")
    func seeds() {
        let firsts = [Int64(1), 1 << 40, -1, 4_294_967_295].map { seed in
            var random = NumpyRandom(seed: seed)
            return random.nextUnit()
        }
        #expect(Set(firsts).count == 4)
    }
}
