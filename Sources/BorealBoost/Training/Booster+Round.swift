import BorealBase

extension Booster {
    /// One round: gradients, rows, and one tree for each score of a row.
    ///
    /// - Returns: false when no tree could split anything, which ends training. In the first round
    ///   the trees are then constants, and kept: the model of the average.
    func boost(_ round: Int) throws(TrainingError) -> Bool {
        let width = parameters.scoresPerRow
        dropTrees(round)
        if parameters.boosting != .rf || round == 0 { fillGradients() }
        if cancellation.isCancelled { throw .cancelled }
        if parameters.boosting == .goss {
            sampler.drawByGradient(
                round: round,
                scores: width,
                paddedRows: data.paddedRows,
                gradients: gradients.pointer,
                hessians: hessians.pointer
            )
        } else {
            sampler.draw(round: round)
        }
        let features = drawFeatures(round)
        var grown: [GrownTree] = []
        for score in 0..<width {
            grown.append(try growTree(score, round: round, features: features))
        }
        let hasSplit = grown.contains { !$0.nodes.isEmpty }
        if !hasSplit && round > 0 {
            factors.removeLast(width)
            return false
        }
        trees += grown
        restoreDroppedTrees(round)
        return true
    }

    private func fillGradients() {
        objective.begin(UnsafePointer(scores.pointer))
        objective.fill(
            gradients.pointer,
            hessians.pointer,
            scores: UnsafePointer(scores.pointer),
            rows: data.paddedRows,
            pool: pool,
            cancellation: cancellation
        )
    }

    private func drawFeatures(_ round: Int) -> [Bool] {
        let count = dataset.layout.features.count
        let wanted = max(1, Int((Double(count) * parameters.featureFraction).rounded()))
        guard wanted < count else { return [Bool](repeating: true, count: count) }
        var random = RandomNumbers(
            seed: parameters.featureFractionSeed ?? parameters.seed,
            stream: RandomStream.features &+ UInt64(round) &<< 8
        )
        var order = Array(0..<count)
        var isUsed = [Bool](repeating: false, count: count)
        for position in 0..<wanted {
            order.swapAt(position, position + random.next(below: count - position))
            isUsed[order[position]] = true
        }
        return isUsed
    }

    /// Grows the tree of one score and adds it to the scores.
    private func growTree(
        _ score: Int,
        round: Int,
        features: [Bool]
    ) throws(TrainingError) -> GrownTree {
        guard objective.needsTraining(score) else { return constantTree(score, round) }
        let offset = score * data.paddedRows
        let stream = RandomNumbers(
            seed: parameters.seed,
            stream: RandomStream.rounding
                &+ UInt64(round * parameters.scoresPerRow + score) &<< 8
        )
        let scales = quantiser.fill(
            grower.entries.pointer,
            count: sampler.drawnCount,
            rows: sampler.drawn,
            gradients: gradients.pointer + offset,
            hessians: hessians.pointer + offset,
            key: stream.key
        )
        var tree = try grower.grow(
            count: sampler.drawnCount,
            scales: scales,
            features: features,
            keys: treeKeys(round * parameters.scoresPerRow + score)
        )
        guard !tree.nodes.isEmpty else { return constantTree(score, round) }
        if let renewal = objective.renewal { renewLeaves(&tree, score, renewal) }
        let shrinkage = parameters.boosting == .rf ? 1 : dart.shrinkage(parameters.learningRate)
        tree.values = tree.leaves.map(\.output)
        // LightGBM's first tree has no linear leaves: they would learn the average first.
        if parameters.usesLinearTrees && round > 0 {
            tree.linear = LinearLeafFitter(
                columns: columns,
                layout: dataset.layout,
                lambda: parameters.linearLambda,
                pool: pool,
                cancellation: cancellation
            ).fit(
                tree,
                grower.entries.pointer,
                gradients.pointer + offset,
                hessians.pointer + offset
            )
        }
        tree.scale(by: shrinkage)
        if parameters.boosting != .rf { addToScores(tree, score) }
        // Training scores hold the start already; validation scores take it with the first tree.
        let hasBias = round == 0 || parameters.boosting == .rf
        let bias = hasBias ? startScores[score] : 0
        if bias != 0 { tree.shift(by: bias) }
        validation?.add(tree, score: score, pool: pool)
        factors.append((shrinkage, bias))
        return tree
    }

    private func treeKeys(_ tree: Int) -> LeafEvaluator.TreeKeys {
        func key(_ seed: Int64?, _ stream: UInt64) -> UInt64 {
            RandomNumbers(
                seed: seed ?? parameters.seed,
                stream: stream &+ UInt64(tree) &<< 8
            ).key
        }
        return LeafEvaluator.TreeKeys(
            nodes: key(parameters.featureFractionSeed, RandomStream.nodes),
            thresholds: key(parameters.extraSeed, RandomStream.thresholds)
        )
    }

    /// A tree of one leaf: in the first round the constant that fits best, later nothing.
    private func constantTree(_ score: Int, _ round: Int) -> GrownTree {
        var tree = GrownTree()
        let isFirst = round == 0 || parameters.boosting == .rf
        let value = isFirst && !hasInitialScores ? objective.initialScore(score) : 0
        let missing = isFirst && parameters.boosting != .rf ? value - startScores[score] : 0
        if missing != 0 {
            let target = scores.pointer + score * data.paddedRows
            for row in 0..<data.rowCount { target[row] += missing }
        }
        tree.leaves = [
            GrownTree.Leaf(sum: PackedSum(), count: sampler.drawnCount, output: value, start: 0)
        ]
        tree.values = [value]
        if value != 0 { validation?.add(tree, score: score, pool: pool) }
        factors.append((1, value))
        return tree
    }

    /// Adds the tree's values to the scores of all rows: leaf by leaf for the rows that were drawn,
    /// through the tree for the others.
    private func addToScores(_ tree: GrownTree, _ score: Int) {
        let target = scores.pointer + score * data.paddedRows
        let entries = UnsafePointer(grower.entries.pointer)
        let leaves = tree.leaves
        let values = tree.values
        pool.run(leaves.count) { leaf in
            let start = leaves[leaf].start
            guard tree.linear == nil else {
                for index in start..<start + leaves[leaf].count {
                    let row = Int(UInt32(truncatingIfNeeded: entries[index]))
                    target[row] += tree.output(leaf, columns, row)
                }
                return
            }
            Self.add(values[leaf], entries + start, leaves[leaf].count, target)
        }
        guard sampler.otherCount > 0, let others = sampler.others else { return }
        let walk = BinnedWalk(tree, dataset, columns)
        let count = sampler.otherCount
        let chunk = GradientQuantiser.chunkRows
        pool.run((count + chunk - 1) / chunk) { piece in
            let range = piece * chunk..<min(count, (piece + 1) * chunk)
            walk.add(to: target, rows: others, range: range)
        }
    }

    @inline(never)
    private static func add(
        _ value: Double,
        _ entries: UnsafePointer<RowEntry>,
        _ count: Int,
        _ scores: UnsafeMutablePointer<Double>
    ) {
        var index = 0
        while index < count {
            scores[Int(UInt32(truncatingIfNeeded: entries[index]))] += value
            index &+= 1
        }
    }

    /// Gives every leaf a percentile of its rows' residuals.
    private func renewLeaves(_ tree: inout GrownTree, _ score: Int, _ renewal: LeafRenewal) {
        let entries = UnsafePointer(grower.entries.pointer)
        let current = UnsafePointer(scores.pointer) + score * data.paddedRows
        let (leaves, data, cancellation) = (tree.leaves, data, cancellation)
        let outputs = AlignedBuffer<Double>(count: leaves.count)
        let target = outputs.pointer
        pool.run(leaves.count) { leaf in
            if cancellation.isCancelled { return }
            let start = leaves[leaf].start
            let rows = (start..<start + leaves[leaf].count).map {
                Int(UInt32(truncatingIfNeeded: entries[$0]))
            }
            let residuals = rows.map { Double(data.labels.pointer[$0]) - current[$0] }
            target[leaf] = renewal.value(residuals, rows: rows)
        }
        for leaf in leaves.indices { tree.leaves[leaf].output = outputs.pointer[leaf] }
    }
}
