import BorealBase
import BorealBoost
import CKernels

/// Rows that are left out for a while, because they seem to stay where they are.
extension SequentialOptimizer {
    /// Leaves out rows that no pair would be made of: their slope upward is below every slope
    /// downward, and theirs downward above every one upward. Near the end all rows are looked at
    /// once more first.
    func shrink(_ leader: Leader?) {
        guard var greatest = leader?.slope else { return }
        var least = leastSlope()
        if !hasLookedAgain, greatest - least <= 10 * tolerance {
            hasLookedAgain = true
            lookAtAll()
            greatest = findLeader()?.slope ?? -.infinity
            least = leastSlope()
        }
        let pairs = partition { position in
            let error = self.errors.pointer[position]
            return error + self.up.pointer[position] < least
                && error + self.down.pointer[position] > greatest
        }
        // The loops work on whole eights; what stands behind the active rows must not be chosen.
        for position in activeCount..<min(count, (activeCount + 7) / 8 * 8) {
            up.pointer[position] = -.infinity
            down.pointer[position] = .infinity
        }
        cache.exchange(pairs)
        if activeCount < cache.slotLength / 2 { cache.narrow(to: activeCount) }
    }

    private func leastSlope() -> Double {
        var least = Double.infinity
        for position in 0..<activeCount {
            least = min(least, errors.pointer[position] + down.pointer[position])
        }
        return least
    }

    /// Brings rows that are left out behind all others; which positions were exchanged.
    private func partition(_ isLeftOut: (Int) -> Bool) -> [(first: Int, second: Int)] {
        var pairs: [(first: Int, second: Int)] = []
        var position = 0
        while position < activeCount {
            guard isLeftOut(position) else {
                position += 1
                continue
            }
            activeCount -= 1
            while activeCount > position, isLeftOut(activeCount) { activeCount -= 1 }
            if activeCount > position {
                exchange(position, activeCount)
                pairs.append((position, activeCount))
            }
            position += 1
        }
        return pairs
    }

    private func exchange(_ first: Int, _ second: Int) {
        kernelRows.exchange(first, second)
        coefficients.swapAt(first, second)
        order.swapAt(first, second)
        for buffer in [errors, up, down, diagonal] {
            let kept = buffer.pointer[first]
            buffer.pointer[first] = buffer.pointer[second]
            buffer.pointer[second] = kept
        }
    }

    /// Lets all rows take part again: the errors of those left out are computed anew from all
    /// coefficients that are not zero.
    func lookAtAll() {
        guard activeCount < count else { return }
        let first = activeCount
        activeCount = count
        cache.widen()
        let support = (0..<count).filter { coefficients[$0] != 0 }
        for position in first..<count {
            errors.pointer[position] = problem.targets[order[position]]
            setSlopes(position)
        }
        let piece = 512
        let start = first / 8 * 8
        let work = { (index: Int) in
            let begin = start + index * piece
            self.subtract(support, begin..<min(self.count, begin + piece), from: first)
        }
        let pieces = (count - start + piece - 1) / piece
        run(pieces, work)
    }

    /// Subtracts the sums over support vectors from the errors of some rows, in the order of the
    /// vectors.
    private func subtract(_ support: [Int], _ range: Range<Int>, from first: Int) {
        let width = kernelRows.width
        withUnsafeTemporaryAllocation(of: Double.self, capacity: width) { row in
            withUnsafeTemporaryAllocation(of: Float.self, capacity: range.count + 8) { values in
                guard let row = row.baseAddress, let values = values.baseAddress else { return }
                var kernel = kernelRows.kernel
                kernel.tiles += range.lowerBound * width
                let skipped = max(0, first - range.lowerBound)
                for vector in support where !surroundings.cancellation.isCancelled {
                    kernelRows.copy(vector, to: row)
                    boreal_kernel_values(&kernel, row, 0, Int32(range.count), values)
                    let factor = coefficients[vector]
                    for index in skipped..<range.count {
                        errors.pointer[range.lowerBound + index] -= factor * Double(values[index])
                    }
                }
            }
        }
    }
}
