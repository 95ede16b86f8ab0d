/// How well rows are ranked within their groups: means over groups, cut at `eval_at`.
struct RankMetrics: Sendable {
    private let groups: RankGroups
    private let labels: [Int]
    private let gain: DiscountedGain
    private let positions: [Int]
    /// `[groupCount]`: the mean weight of a group's rows; nil without weights.
    private let groupWeights: [Double]?
    /// `[groupCount][positions]`: the best gains of a group.
    private let best: [[Double]]

    init(_ data: TrainingData, _ parameters: TrainingParameters) {
        let sizes = data.groups ?? [data.rowCount]
        let groups = RankGroups(sizes: sizes)
        let gain = DiscountedGain(parameters, longest: sizes.max() ?? 0)
        let labels = data.label.map { Int($0) }
        let positions = parameters.evaluationPositions
        let needsGain = parameters.effectiveMetrics.contains(.ndcg)
        self.groups = groups
        self.gain = gain
        self.labels = labels
        self.positions = positions
        groupWeights = data.weights.map { weights in
            (0..<groups.count).map { group in
                let rows = groups.rows(group)
                let sum = rows.reduce(Float(0)) { $0 + weights[$1] }
                return Double(sum / Float(rows.count))
            }
        }
        best = (0..<(needsGain ? groups.count : 0)).map { group in
            gain.best(at: positions, Array(labels[groups.rows(group)]))
        }
    }

    /// NDCG at each position. A group without any gain counts as ranked perfectly.
    func ndcg(_ scores: [Double]) -> [Double] {
        mean(scores) { group, order in
            guard best[group][0] > 0 else { return nil }
            let start = groups.rows(group).lowerBound
            let values = gain.value(at: positions, order.map { labels[start + $0] })
            return zip(values, best[group]).map { $0 / $1 }
        }
    }

    /// Average precision at each position; labels above 0 are hits. A group without any counts as
    /// ranked perfectly.
    func map(_ scores: [Double]) -> [Double] {
        mean(scores) { group, order in
            let rows = groups.rows(group)
            let positives = rows.count { labels[$0] > 0 }
            var (hits, sum, place) = (0, 0.0, 0)
            return positions.map { position in
                let cut = min(position, order.count)
                while place < cut {
                    if labels[rows.lowerBound + order[place]] > 0 {
                        hits += 1
                        sum += Double(hits) / Double(place + 1)
                    }
                    place += 1
                }
                return positives > 0 ? sum / Double(min(positives, cut)) : 1
            }
        }
    }

    /// - Parameter values: of a group, by its places in the order of scores; nil counts 1 at every
    ///   position, whatever the group weighs, as LightGBM counts groups without gain.
    private func mean(
        _ scores: [Double],
        _ values: (_ group: Int, _ order: [Int]) -> [Double]?
    ) -> [Double] {
        var sums = [Double](repeating: 0, count: positions.count)
        var order: [Int] = []
        for group in 0..<groups.count {
            let rows = groups.rows(group)
            scores.withUnsafeBufferPointer { scores in
                guard let base = scores.baseAddress else { return }
                DiscountedGain.order(base + rows.lowerBound, rows.count, into: &order)
            }
            let weight = groupWeights?[group] ?? 1
            let own = values(group, order)
            for index in sums.indices { sums[index] += own.map { $0[index] * weight } ?? 1 }
        }
        let total = groupWeights?.reduce(0, +) ?? Double(groups.count)
        return sums.map { $0 / total }
    }
}
