import Glibc

/// How far rows are from given ones, or how alike.
struct RowMeasure: Sendable {
    /// How the differences of fields are put together, as the standard names it.
    enum Metric: Sendable {
        case euclidean, squaredEuclidean, chebychev, cityBlock
        case minkowski(Double)
        /// Weights of both, only here, only there and neither, above and below the line.
        case binary(above: [Double], below: [Double])

        var isSimilarity: Bool { if case .binary = self { true } else { false } }
    }

    /// How two values of one field are compared, as the standard names it.
    enum Comparison: String, Sendable {
        case absDiff, gaussSim, delta, equal, table
    }

    /// A field of the comparison.
    struct Field: Sendable {
        /// Where it stands.
        var slot: Int32
        /// What it counts beside the others.
        var weight: Double
        /// How its values are compared.
        var comparison: Comparison
        /// The `similarityScale` of `gaussSim`; else NaN.
        var scale: Double
        /// What a missing value is made up for by.
        var adjustment: Double
    }

    /// How differences are put together.
    var metric: Metric
    /// In the order of the numbers of a reference.
    var fields: [Field]
    /// Rows of as many numbers as fields.
    var references: [Double]

    /// References: clusters or training rows.
    var count: Int { references.count / max(1, fields.count) }

    /// The distance to one of the references, or the similarity with it; NaN when all fields are
    /// missing.
    func value(_ reference: Int, _ slots: Slots) -> Double {
        assert(reference >= 0 && reference < count, "no such reference")
        let first = reference * fields.count
        switch metric {
        case .binary(let above, let below): return similarity(first, above, below, slots)
        case .euclidean: return sum(first, 2, slots).squareRoot()
        case .squaredEuclidean: return sum(first, 2, slots)
        case .cityBlock: return sum(first, 1, slots)
        case .minkowski(let power): return pow(sum(first, power, slots), 1 / power)
        case .chebychev: return sum(first, nil, slots)
        }
    }

    /// The weighed sum of powers of differences; their greatest without a power.
    private func sum(_ first: Int, _ power: Double?, _ slots: Slots) -> Double {
        var sum = 0.0
        var whole = 0.0
        var known = 0.0
        for (place, field) in fields.enumerated() {
            let x = slots[Int(field.slot)]
            whole += field.adjustment
            if x.isNaN { continue }
            known += field.adjustment
            let difference = compare(x, references[first + place], field)
            guard let power else {
                sum = max(sum, field.weight * difference)
                continue
            }
            let raised =
                power == 2
                ? difference * difference : (power == 1 ? difference : pow(difference, power))
            sum += field.weight * raised
        }
        guard known > 0 else { return .nan }
        return sum * (whole / known)
    }

    /// The inner function of the standard for one field.
    private func compare(_ x: Double, _ y: Double, _ field: Field) -> Double {
        switch field.comparison {
        case .absDiff, .table: return abs(x - y)
        case .gaussSim:
            let z = x - y
            return exp(-log(2) * (z * z) / (field.scale * field.scale))
        case .delta: return x == y ? 0 : 1
        case .equal: return x == y ? 1 : 0
        }
    }

    /// Counts fields that are true here and there, here only, there only and nowhere.
    private func similarity(
        _ first: Int,
        _ above: [Double],
        _ below: [Double],
        _ slots: Slots
    ) -> Double {
        var numerator = 0.0
        var denominator = 0.0
        for (place, field) in fields.enumerated() {
            let x = slots[Int(field.slot)]
            if x.isNaN { return .nan }
            let kind = (x != 0 ? 0 : 2) + (references[first + place] != 0 ? 0 : 1)
            numerator += above[kind]
            denominator += below[kind]
        }
        return numerator / denominator
    }
}

/// The cluster that is closest.
struct RowClusters: RowKernel {
    /// How far rows are from each other.
    let measure: RowMeasure
    /// The first of as many affinities as clusters.
    let affinities: Int32
    /// Slot of the position of the class; NaN for none.
    let label: Int32

    /// Runs for one row; see `RowKernel`.
    func run(_ slots: Slots, _ predicates: RowPredicates) {
        for cluster in 0..<measure.count {
            slots[Int(affinities) + cluster] = measure.value(cluster, slots)
        }
        RowWinner(
            first: affinities,
            count: measure.count,
            label: label,
            isLeast: !measure.metric.isSimilarity
        ).run(slots, predicates)
    }
}

/// The answer of the nearest of given rows.
struct RowNeighbors: RowKernel {
    /// How neighbours are asked for an answer, as the standard names it.
    enum Score: String {
        case average, median, weightedAverage, majorityVote, weightedMajorityVote
    }

    /// How far rows are from each other.
    let measure: RowMeasure
    /// How many slots the run has.
    let count: Int
    /// How neighbours are asked.
    let score: Score
    /// The bound that the document sets.
    let threshold: Double
    /// The target of each reference: a number, or the position of a class.
    let targets: [Double]
    /// References by class; empty for numbers.
    let classSizes: [Int]
    /// Positions of the classes in lexical order.
    let lexicalRanks: [Int]
    /// Slot of the answer.
    let to: Int32
    /// The first of as many probabilities as classes.
    let probabilities: Int32
    /// Codes of the references, and the slots of the nearest and their affinities.
    let owners: [Double]
    /// Slots for the codes of the nearest, nearest first.
    let ranking: [Int32]
    /// Slots for their distances or similarities, or the first of them.
    let affinities: [Int32]

    /// Runs for one row; see `RowKernel`.
    func run(_ slots: Slots, _ predicates: RowPredicates) {
        let all = measure.count
        assert(count <= all && targets.count == all, "rows without a target")
        withUnsafeTemporaryAllocation(of: Double.self, capacity: all + 1) { values in
            withUnsafeTemporaryAllocation(of: Int.self, capacity: count + 1) { nearest in
                let found = search(values, nearest, slots)
                for rank in ranking.indices {
                    let isThere = rank < found
                    slots[Int(ranking[rank])] = isThere ? owners[nearest[rank]] : .nan
                    slots[Int(affinities[rank])] = isThere ? values[nearest[rank]] : .nan
                }
                guard found == count else {
                    slots[Int(to)] = .nan
                    return
                }
                let chosen = UnsafeMutableBufferPointer(rebasing: nearest[..<found])
                if classSizes.isEmpty {
                    slots[Int(to)] = number(chosen, values)
                } else {
                    vote(chosen, values, slots)
                }
            }
        }
    }

    /// The nearest references in order, the first of equals first.
    private func search(
        _ values: UnsafeMutableBufferPointer<Double>,
        _ nearest: UnsafeMutableBufferPointer<Int>,
        _ slots: Slots
    ) -> Int {
        let isSimilarity = measure.metric.isSimilarity
        var found = 0
        for reference in 0..<measure.count {
            let value = measure.value(reference, slots)
            values[reference] = value
            if value.isNaN { return 0 }
            var place = found
            while place > 0 {
                let other = values[nearest[place - 1]]
                guard isSimilarity ? value > other : value < other else { break }
                place -= 1
            }
            guard place < count else { continue }
            var last = min(found, count - 1)
            while last > place {
                nearest[last] = nearest[last - 1]
                last -= 1
            }
            nearest[place] = reference
            found = min(found + 1, count)
        }
        return found
    }

    /// The nearer a neighbour, the more it counts; `threshold` keeps the weight finite.
    private func weight(_ reference: Int, _ values: UnsafeMutableBufferPointer<Double>) -> Double {
        1 / (values[reference] + threshold)
    }

    /// The mean, weighed mean or median of the targets of the neighbours.
    private func number(
        _ nearest: UnsafeMutableBufferPointer<Int>,
        _ values: UnsafeMutableBufferPointer<Double>
    ) -> Double {
        var sum = 0.0
        var weights = 0.0
        switch score {
        case .median:
            return withUnsafeTemporaryAllocation(of: Double.self, capacity: nearest.count) {
                for (place, reference) in nearest.enumerated() { $0[place] = targets[reference] }
                return RowAggregation.median($0)
            }
        case .weightedAverage:
            for reference in nearest {
                let weight = weight(reference, values)
                sum += weight * targets[reference]
                weights += weight
            }
            return sum / weights
        default:
            for reference in nearest { sum += targets[reference] }
            return sum / Double(nearest.count)
        }
    }

    /// Every neighbour votes for its class, with its weight where the document says so.
    private func vote(
        _ nearest: UnsafeMutableBufferPointer<Int>,
        _ values: UnsafeMutableBufferPointer<Double>,
        _ slots: Slots
    ) {
        let votes = slots + Int(probabilities)
        for place in classSizes.indices { votes[place] = 0 }
        var sum = 0.0
        for reference in nearest {
            let weight = score == .weightedMajorityVote ? weight(reference, values) : 1
            votes[Int(targets[reference])] += weight
            sum += weight
        }
        var best = 0
        for place in classSizes.indices.dropFirst() {
            // Of equals the one with more rows, then the one that is first by its letters.
            if votes[place] < votes[best] { continue }
            if votes[place] == votes[best] {
                if classSizes[place] < classSizes[best] { continue }
                if classSizes[place] == classSizes[best],
                    lexicalRanks[place] > lexicalRanks[best]
                {
                    continue
                }
            }
            best = place
        }
        for place in classSizes.indices { votes[place] /= sum }
        slots[Int(to)] = Double(best)
    }
}
