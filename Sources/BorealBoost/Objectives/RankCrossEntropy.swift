/// Cross-entropy between a group's scores and a randomly perturbed distribution of its gains
/// (`objective=rank_xendcg`; Bruch, "An Alternative Cross Entropy Loss for Learning-to-Rank",
/// 2021).
struct RankCrossEntropy: ObjectiveFunction {
    private let data: ObjectiveData
    private let groups: RankGroups
    /// `[groupCount]`: each group has a generator of its own, so that threads do not matter. A
    /// round moves it on.
    private let generators: AlignedBuffer<UInt32>

    var blocks: [Range<Int>]? { groups.blocks }

    init(_ data: ObjectiveData, _ parameters: TrainingParameters) {
        self.data = data
        groups = RankGroups(sizes: data.groups ?? [data.rowCount])
        generators = AlignedBuffer(count: groups.count)
        let derived = RandomNumbers(seed: parameters.seed, stream: RandomStream.objective).key
        let start = parameters.objectiveSeed.map { UInt64(bitPattern: $0) } ?? derived
        for group in 0..<groups.count {
            generators.pointer[group] = UInt32(truncatingIfNeeded: start &+ UInt64(group))
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
        for group in groups.groups(in: range) {
            let rows = groups.rows(group)
            let start = rows.lowerBound
            let (g, h) = (gradients + start, hessians + start)
            fillGroup(g, h, scores + start, data.labels.pointer + start, rows.count, group)
            guard let weights = data.weights else { continue }
            for place in 0..<rows.count {
                g[place] *= weights.pointer[start + place]
                h[place] *= weights.pointer[start + place]
            }
        }
    }

    private func fillGroup(
        _ gradients: UnsafeMutablePointer<Float>,
        _ hessians: UnsafeMutablePointer<Float>,
        _ scores: UnsafePointer<Double>,
        _ labels: UnsafePointer<Float>,
        _ count: Int,
        _ group: Int
    ) {
        guard count > 1 else {
            gradients[0] = 0
            hessians[0] = 0
            return
        }
        let shares = Self.softmax(scores, count)
        var terms = (0..<count).map { place in
            ExactMath.powerOfTwo(Int(labels[place])) - randomUnit(group)
        }
        let inverse = 1 / max(1e-15, terms.reduce(0, +))
        var sum = 0.0
        for place in 0..<count {
            let term = shares[place] - terms[place] * inverse
            gradients[place] = Float(term)
            terms[place] = term / (1 - shares[place])
            sum += terms[place]
        }
        var secondSum = 0.0
        for place in 0..<count {
            let term = shares[place] * (sum - terms[place])
            gradients[place] += Float(term)
            terms[place] = term / (1 - shares[place])
            secondSum += terms[place]
        }
        for place in 0..<count {
            gradients[place] += Float(shares[place] * (secondSum - terms[place]))
            hessians[place] = Float(shares[place] * (1 - shares[place]))
        }
    }

    /// The next number in [0, 1) of a group: LightGBM's linear congruential generator.
    private func randomUnit(_ group: Int) -> Double {
        let next = generators.pointer[group] &* 214_013 &+ 2_531_011
        generators.pointer[group] = next
        return Double(next >> 16 & 0x7FFF) / 32_768
    }

    private static func softmax(_ scores: UnsafePointer<Double>, _ count: Int) -> [Double] {
        var greatest = scores[0]
        for place in 1..<count { greatest = max(greatest, scores[place]) }
        var shares = (0..<count).map { ExactMath.exp(scores[$0] - greatest) }
        let sum = shares.reduce(0, +)
        for place in 0..<count { shares[place] /= sum }
        return shares
    }
}
