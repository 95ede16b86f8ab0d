import Testing

@testable import BorealBoost

@Suite struct GaussLegendreTests {
    @Test(
        "n nodes integrate powers up to degree 2n - 1",
        arguments: [1, 2, 3, 4, 5, 6, 7, 8, 15, 64, 512]
    )
    func exactness(count: Int) {
        let rule = GaussLegendre(count: count)
        #expect(rule.nodes.allSatisfy { $0 > 0 && $0 < 1 })
        #expect(rule.nodes.count == count && rule.weights.allSatisfy { $0 > 0 })
        for degree in [0, 1, count, 2 * count - 1] {
            var sum = 0.0
            for (node, weight) in zip(rule.nodes, rule.weights) {
                sum += weight * (0..<degree).reduce(1) { product, _ in product * node }
            }
            let exact = 1 / Double(degree + 1)
            #expect(abs(sum - exact) < 1e-13, "degree \(degree)")
        }
    }
}
