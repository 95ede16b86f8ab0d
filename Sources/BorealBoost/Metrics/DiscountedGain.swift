/// Discounted cumulative gain: what NDCG is made of.
struct DiscountedGain: Sendable {
    /// What a label gains; `label_gain`, or 2^label - 1 for labels below 31.
    let gains: [Double]
    /// `[longest group]`: 1 / log2(2 + place).
    let discounts: [Double]

    init(_ parameters: TrainingParameters, longest: Int) {
        gains = parameters.gains
        let log2 = ExactMath.log(2)
        discounts = (0..<longest).map { log2 / ExactMath.log(Double($0 + 2)) }
    }

    /// The places of scores, the greatest first, equals in their order.
    static func order(_ scores: UnsafePointer<Double>, _ count: Int, into order: inout [Int]) {
        order.removeAll(keepingCapacity: true)
        order.append(contentsOf: 0..<count)
        order.sort { a, b in scores[a] != scores[b] ? scores[a] > scores[b] : a < b }
    }

    /// The gain of labels in this order, up to each of the positions, which ascend.
    func value(at positions: [Int], _ labels: [Int]) -> [Double] {
        var sum = 0.0
        var place = 0
        return positions.map { position in
            while place < min(position, labels.count) {
                sum += gains[labels[place]] * discounts[place]
                place += 1
            }
            return sum
        }
    }

    /// The greatest gain that an order of the labels can have, up to each of the positions.
    func best(at positions: [Int], _ labels: [Int]) -> [Double] {
        value(at: positions, labels.sorted(by: >))
    }
}

extension TrainingParameters {
    /// What labels gain, one for each label that ranking allows.
    var gains: [Double] {
        guard labelGain.isEmpty else { return labelGain }
        return (0..<31).map { ExactMath.powerOfTwo($0) - 1 }
    }
}
