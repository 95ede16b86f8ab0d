extension SplitFinder {
    /// LightGBM's `FindBestThresholdCategoricalInner`: bin 0, which holds missing and rare
    /// categories, is never on the left.
    func categoricalSplit(
        _ plan: FeaturePlan,
        _ index: Int,
        _ bins: UnsafePointer<Int64>,
        _ leaf: LeafContext,
        _ shift: Double
    ) -> SplitCandidate? {
        let count = Int(plan.binCount)
        let best =
            count <= parameters.maxCategoriesToOneHot
            ? oneAgainstRest(count, index, bins, leaf, shift)
            : manyAgainstMany(count, index, bins, leaf, shift)
        return best.gain > 1e-12 * abs(shift) ? best : nil
    }

    private func oneAgainstRest(
        _ count: Int,
        _ index: Int,
        _ bins: UnsafePointer<Int64>,
        _ leaf: LeafContext,
        _ shift: Double
    ) -> SplitCandidate {
        let least = leaf.minHessian(parameters)
        var best = SplitCandidate()
        best.lambdaL2 = formula.lambdaL2
        let only = onlyCandidate(index, of: count - 1, leaf)
        for bin in stride(from: 1, to: count, by: 1) where only == nil || bin - 1 == only {
            let part = PackedSum(bits: bins[bin])
            let hessian = leaf.hessian(of: part)
            guard hessian >= least, leaf.hessian - hessian >= least else { continue }
            let gain = candidateGain(of: part, leaf, lambdaL2: formula.lambdaL2)
            guard let gain, gain - shift > best.gain else { continue }
            best.gain = gain - shift
            best.left = part
            best.categories = [UInt16(bin)]
        }
        return best
    }

    /// Sorts the categories by gradient over hessian and cuts that order, from either end.
    private func manyAgainstMany(
        _ count: Int,
        _ index: Int,
        _ bins: UnsafePointer<Int64>,
        _ leaf: LeafContext,
        _ shift: Double
    ) -> SplitCandidate {
        let order = sortedBins(count, bins, leaf)
        var best = SplitCandidate()
        best.lambdaL2 = formula.lambdaL2 + parameters.categoryL2
        let most = min(parameters.maxCategoryThreshold, (order.count + 1) / 2)
        let only = onlyCandidate(index, of: most, leaf)
        var bestCount = 0
        var isReversed = false
        for reversed in [false, true] {
            var group = 0
            var rows = 0
            var part = PackedSum()
            for position in 0..<most {
                let bin = order[reversed ? order.count - 1 - position : position]
                part.bits &+= bins[bin]
                let hessian = leaf.hessian(of: PackedSum(bits: bins[bin]))
                let binRows = Int((hessian * leaf.rowsPerHessian).rounded())
                rows += binRows
                group += binRows
                let leftHessian = leaf.hessian(of: part)
                if rows < parameters.minDataInLeaf || leftHessian < parameters.minSumHessianInLeaf {
                    continue
                }
                let otherRows = leaf.count - rows
                if otherRows < max(parameters.minDataInLeaf, parameters.minDataPerGroup) { break }
                let otherHessian = leaf.hessian - leftHessian
                if otherHessian < max(parameters.minSumHessianInLeaf, 0.5 * leaf.hessianScale) {
                    break
                }
                if group < parameters.minDataPerGroup { continue }
                group = 0
                if let only, position != only { continue }
                let gain = candidateGain(of: part, leaf, lambdaL2: best.lambdaL2)
                guard let gain, gain - shift > best.gain else { continue }
                best.gain = gain - shift
                best.left = part
                bestCount = position + 1
                isReversed = reversed
            }
        }
        let chosen = isReversed ? order.suffix(bestCount) : order.prefix(bestCount)
        best.categories = chosen.map { UInt16($0) }
        return best
    }

    /// The categories with enough rows, by G / (H + cat_smooth), ascending; ties by bin.
    private func sortedBins(
        _ count: Int,
        _ bins: UnsafePointer<Int64>,
        _ leaf: LeafContext
    ) -> [Int] {
        var order: [(key: Double, bin: Int)] = []
        order.reserveCapacity(count)
        for bin in stride(from: 1, to: count, by: 1) {
            let part = PackedSum(bits: bins[bin])
            let hessian = leaf.hessian(of: part)
            guard (hessian * leaf.rowsPerHessian).rounded() >= parameters.categorySmooth else {
                continue
            }
            order.append((leaf.gradient(of: part) / (hessian + parameters.categorySmooth), bin))
        }
        order.sort { $0.key != $1.key ? $0.key < $1.key : $0.bin < $1.bin }
        return order.map(\.bin)
    }
}
