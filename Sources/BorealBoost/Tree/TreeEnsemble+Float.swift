extension TreeEnsemble {
    /// Makes trees that compare numbers rounded to `Float`, as XGBoost, scikit-learn and ONNX do,
    /// compare the numbers as they are, so that rows need not be rounded first.
    public mutating func compareUnrounded() {
        for index in trees.indices { trees[index].compareUnrounded() }
    }
}

extension Tree {
    /// Makes nodes that compare numbers rounded to `Float` compare the numbers themselves.
    ///
    /// `Float(x) <= t` holds up to the middle between the greatest Float that is at most `t` and
    /// its successor; the middle itself is rounded to the even one.
    mutating func compareUnrounded() {
        for node in 0..<innerCount where decisionType[node] & 1 == 0 {
            threshold[node] = Self.unrounded(threshold[node])
        }
    }

    private static func unrounded(_ threshold: Double) -> Double {
        guard threshold < .infinity else { return threshold }
        var low = Float(threshold)
        if Double(low) > threshold { low = low.nextDown }
        let high = low.nextUp
        // The infinities stand where the next Floats would.
        let below = low.isFinite ? Double(low) : -0x1p128
        let above = high.isFinite ? Double(high) : 0x1p128
        let middle = (below + above) / 2
        return low.significandBitPattern & 1 == 0 ? middle : middle.nextDown
    }
}
