/// The bookkeeping of `dart`: which earlier rounds are left out while a tree is fitted, and what
/// trees weigh afterwards (LightGBM's `DART`; Rashmi and Gilad-Bachrach 2015).
struct TreeDropper {
    private let parameters: TrainingParameters
    /// `[rounds]`: the weight each round's trees have now.
    private var weights: [Double] = []
    private var weightSum = 0.0
    /// Rounds left out at the moment.
    private(set) var dropped: [Int] = []

    init(_ parameters: TrainingParameters) {
        self.parameters = parameters
    }

    /// What the new tree is multiplied by.
    func shrinkage(_ learningRate: Double) -> Double {
        guard parameters.boosting == .dart else { return learningRate }
        let count = Double(dropped.count)
        guard parameters.usesXGBoostDart else { return learningRate / (1 + count) }
        return dropped.isEmpty ? learningRate : learningRate / (learningRate + count)
    }

    /// What the dropped trees are multiplied by when they come back.
    var restoreFactor: Double {
        let count = Double(dropped.count)
        return count / (count + (parameters.usesXGBoostDart ? parameters.learningRate : 1))
    }

    /// Chooses the rounds to leave out.
    mutating func choose(round: Int) {
        dropped = []
        guard parameters.boosting == .dart, round > 0 else { return }
        var random = RandomNumbers(
            seed: parameters.dropSeed ?? parameters.seed,
            stream: RandomStream.dart &+ UInt64(round) &<< 8
        )
        guard random.nextUnit() >= parameters.skipDrop else { return }
        var rate = parameters.dropRate
        let limit = parameters.maxDrop > 0 ? Double(parameters.maxDrop) : .infinity
        let inverseMean = Double(weights.count) / max(weightSum, 1e-300)
        if parameters.dropsUniformly {
            rate = min(rate, limit / Double(round))
        } else {
            rate = min(rate, limit * inverseMean / max(weightSum, 1e-300))
        }
        for earlier in 0..<round {
            let share = parameters.dropsUniformly ? rate : rate * weights[earlier] * inverseMean
            guard random.nextUnit() < share else { continue }
            dropped.append(earlier)
            if Double(dropped.count) >= limit { return }
        }
    }

    /// Counts the new round, and what the dropped ones lost.
    mutating func finishRound(shrinkage: Double) {
        guard parameters.boosting == .dart else { return }
        let factor = restoreFactor
        for round in dropped {
            weightSum -= weights[round] * (1 - factor)
            weights[round] *= factor
        }
        weights.append(shrinkage)
        weightSum += shrinkage
    }
}

extension Booster {
    /// Takes the chosen rounds' trees out of the scores.
    func dropTrees(_ round: Int) {
        dart.choose(round: round)
        forEachDroppedTree { tree, score in addEverywhere(tree, score, factor: -1) }
    }

    /// Puts them back, smaller, and makes them smaller in the model.
    func restoreDroppedTrees(_ round: Int) {
        guard parameters.boosting == .dart else { return }
        let factor = dart.restoreFactor
        let width = parameters.scoresPerRow
        forEachDroppedTree { tree, score in
            addEverywhere(tree, score, factor: factor)
            validation?.add(tree, score: score, pool: pool, factor: factor - 1)
        }
        for dropped in dart.dropped {
            for index in dropped * width..<(dropped + 1) * width {
                trees[index].scale(by: factor)
                factors[index].shrinkage *= factor
                factors[index].bias *= factor
            }
        }
        dart.finishRound(shrinkage: dart.shrinkage(parameters.learningRate))
    }

    private func forEachDroppedTree(_ body: (GrownTree, Int) -> Void) {
        let width = parameters.scoresPerRow
        for dropped in dart.dropped {
            for score in 0..<width { body(trees[dropped * width + score], score) }
        }
    }

    private func addEverywhere(_ tree: GrownTree, _ score: Int, factor: Double) {
        let walk = BinnedWalk(tree, dataset, columns)
        let target = scores.pointer + score * data.paddedRows
        let count = data.rowCount
        let chunk = GradientQuantiser.chunkRows
        pool.run((count + chunk - 1) / chunk) { piece in
            let range = piece * chunk..<min(count, (piece + 1) * chunk)
            walk.add(to: target, rows: nil, range: range, factor: factor)
        }
    }
}
