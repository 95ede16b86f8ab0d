import Testing

@testable import BorealBoost

@Suite struct FloatThresholdTests {
    @Test(
        "a threshold for numbers rounded to Float becomes one for the numbers themselves",
        arguments: [
            0, 0.1, 1, -1, Double(Float(0.1)), 1e-50, -1e-50, 3.5e38, -3.5e38, 16_777_217,
            .infinity, Double(Float.leastNonzeroMagnitude), Double(Float.greatestFiniteMagnitude),
        ]
    )
    func rounding(threshold: Double) {
        var tree = Tree()
        tree.splitFeature = [0]
        tree.threshold = [threshold]
        tree.decisionType = [0]
        tree.leftChild = [~0]
        tree.rightChild = [~1]
        tree.compareUnrounded()
        let rounded = Float(threshold)
        var values = [threshold, tree.threshold[0], 0, -0.0, .infinity, -.infinity, 1e300]
        for near in [rounded, rounded.nextUp, rounded.nextDown] where near.isFinite {
            let middle = (Double(near) + Double(rounded)) / 2
            values += [Double(near), middle, middle.nextUp, middle.nextDown]
        }
        values += [tree.threshold[0].nextUp, tree.threshold[0].nextDown]
        for value in values where !value.isNaN {
            let expected = Double(Float(value)) <= threshold
            #expect((value <= tree.threshold[0]) == expected, "\(value) against \(threshold)")
        }
    }
}
