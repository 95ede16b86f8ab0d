/// Pairs of rows of a group, weighed by what exchanging them would change in NDCG
/// (`objective=lambdarank`; Burges, "From RankNet to LambdaRank to LambdaMART", 2010).
struct LambdaRank: ObjectiveFunction {
    private let data: ObjectiveData
    private let groups: RankGroups
    private let gains: DiscountedGain
    private let sigmoid: Double
    private let normalises: Bool
    private let truncation: Int
    /// `[groupCount]`: one over the best DCG of the group; 0 when all gains are.
    private let inverseMaxima: [Double]
    private let sigmoids: SigmoidTable

    var blocks: [Range<Int>]? { groups.blocks }

    init(_ data: ObjectiveData, _ parameters: TrainingParameters) {
        self.data = data
        sigmoid = parameters.sigmoid
        normalises = parameters.lambdarankNormalises
        truncation = parameters.lambdarankTruncation
        sigmoids = SigmoidTable(slope: parameters.sigmoid)
        let groups = RankGroups(sizes: data.groups ?? [data.rowCount])
        let sizes = (0..<groups.count).map { groups.rows($0).count }
        let gains = DiscountedGain(parameters, longest: sizes.max() ?? 0)
        self.groups = groups
        self.gains = gains
        let (labels, truncation) = (data.labels.pointer, truncation)
        inverseMaxima = (0..<groups.count).map { group in
            let best = gains.best(at: [truncation], groups.rows(group).map { Int(labels[$0]) })[0]
            return best > 0 ? 1 / best : 0
        }
    }

    func initialScore(_ score: Int) -> Double { 0 }

    @inline(never)
    func fill(
        _ gradients: UnsafeMutablePointer<Float>,
        _ hessians: UnsafeMutablePointer<Float>,
        scores: UnsafePointer<Double>,
        range: Range<Int>
    ) {
        var order: [Int] = []
        var ranked = RankedRows()
        for group in groups.groups(in: range) {
            let rows = groups.rows(group)
            let (start, count) = (rows.lowerBound, rows.count)
            let (g, h) = (gradients + start, hessians + start)
            for place in 0..<count {
                g[place] = 0
                h[place] = 0
            }
            DiscountedGain.order(scores + start, count, into: &order)
            ranked.fill(order, scores + start, data.labels.pointer + start, gains.gains)
            let sum = addPairs(g, h, order, &ranked, inverseMaxima[group])
            if normalises && sum > 0 {
                let factor = ExactMath.log(1 + sum) / ExactMath.log(2) / sum
                for place in 0..<count {
                    g[place] = Float(Double(g[place]) * factor)
                    h[place] = Float(Double(h[place]) * factor)
                }
            }
            guard let weights = data.weights else { continue }
            for place in 0..<count {
                g[place] *= weights.pointer[start + place]
                h[place] *= weights.pointer[start + place]
            }
        }
    }

    /// Adds the pairs of one group, of which one row at least stands above the truncation.
    ///
    /// - Returns: the sum of the pairs' slopes.
    private func addPairs(
        _ gradients: UnsafeMutablePointer<Float>,
        _ hessians: UnsafeMutablePointer<Float>,
        _ order: [Int],
        _ rows: inout RankedRows,
        _ inverseMaximum: Double
    ) -> Double {
        let count = order.count
        guard count > 1 else { return 0 }
        var sum = 0.0
        let discounts = gains.discounts
        rows.list.withUnsafeMutableBufferPointer { rows in
            let weighsDistance = normalises && rows[0].score != rows[count - 1].score
            for first in 0..<min(count - 1, truncation) {
                var one = rows[first]
                let discount = discounts[first]
                for second in (first + 1)..<count {
                    let label = rows[second].label
                    if label == one.label { continue }
                    let isAbove = one.label > label
                    let gap = one.gain - rows[second].gain
                    let step = one.score - rows[second].score
                    let distance = isAbove ? step : -step
                    let weight = abs(discount - discounts[second])
                    var change = (isAbove ? gap : -gap) * weight * inverseMaximum
                    // The constant is a Float in LightGBM.
                    if weighsDistance { change /= Double(0.01 as Float) + abs(distance) }
                    let p = sigmoids.value(distance)
                    let slope = p * -sigmoid * change
                    let curvature = Float(p * (1 - p) * sigmoid * sigmoid * change)
                    let push = Float(slope)
                    one.gradient += isAbove ? push : -push
                    one.hessian += curvature
                    rows[second].gradient += isAbove ? -push : push
                    rows[second].hessian += curvature
                    sum -= 2 * slope
                }
                rows[first] = one
            }
        }
        for (place, row) in order.enumerated() {
            gradients[row] = rows.list[place].gradient
            hessians[row] = rows.list[place].hessian
        }
        return sum
    }
}

/// The rows of a group by falling score, with what pairs need beside each other.
private struct RankedRows {
    struct Row {
        var score: Double
        var gain: Double
        var label: Float
        var gradient: Float = 0
        var hessian: Float = 0
    }

    var list: [Row] = []

    mutating func fill(
        _ order: [Int],
        _ scores: UnsafePointer<Double>,
        _ labels: UnsafePointer<Float>,
        _ gains: [Double]
    ) {
        list.removeAll(keepingCapacity: true)
        for row in order {
            list.append(Row(score: scores[row], gain: gains[Int(labels[row])], label: labels[row]))
        }
    }
}

/// 1 / (1 + exp(slope * x)) looked up in steps, as LightGBM looks it up: pairs are many.
struct SigmoidTable: Sendable {
    private static let count = 1 << 20
    private let values: AlignedBuffer<Double>
    private let lowest: Double
    private let stepsPerUnit: Double

    init(slope: Double) {
        let lowest = -50 / slope / 2
        let stepsPerUnit = Double(Self.count) / (-lowest - lowest)
        values = AlignedBuffer(count: Self.count, isZeroed: false)
        for index in 0..<Self.count {
            let x = Double(index) / stepsPerUnit + lowest
            values.pointer[index] = 1 / (1 + ExactMath.exp(x * slope))
        }
        self.lowest = lowest
        self.stepsPerUnit = stepsPerUnit
    }

    @inline(__always)
    func value(_ x: Double) -> Double {
        if x <= lowest { return values.pointer[0] }
        if x >= -lowest { return values.pointer[Self.count - 1] }
        return values.pointer[Int((x - lowest) * stepsPerUnit)]
    }
}
