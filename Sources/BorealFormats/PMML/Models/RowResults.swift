/// Bounds, scales and rounds a predicted number.
struct RowTarget: RowKernel {
    /// Slot of what is asked, or changed in place.
    let slot: Int32
    /// What the document says of the target.
    let target: PMMLTarget
    /// Whether every step is rounded to 32 bits, as the model asks for.
    let isFloat: Bool
    /// For a missing one.
    let standard: Double

    /// Runs for one row; see `RowKernel`.
    func run(_ slots: Slots, _ predicates: RowPredicates) {
        var x = slots[Int(slot)]
        if x.isNaN { x = standard }
        if x.isNaN { return }
        x = min(max(x, target.low), target.high)
        if target.factor != 1 { x = rounded(x * target.factor) }
        if target.constant != 0 { x = rounded(x + target.constant) }
        switch target.cast {
        case .round?: x = RowFunction.roundHalfUp(x)
        case .ceiling?: x = x.rounded(.up)
        case .floor?: x = x.rounded(.down)
        case nil: break
        }
        slots[Int(slot)] = x
    }

    /// A number in the precision of the model.
    private func rounded(_ x: Double) -> Double { isFloat ? Double(Float(x)) : x }
}

/// The class with the greatest number, the first of equals; none when one is missing.
struct RowWinner: RowKernel {
    /// The first of a run of slots.
    let first: Int32
    /// How many slots the run has.
    let count: Int
    /// Slot of the position of the class; NaN for none.
    let label: Int32
    /// Distances instead of probabilities.
    var isLeast = false

    /// Runs for one row; see `RowKernel`.
    func run(_ slots: Slots, _ predicates: RowPredicates) {
        var best = 0
        for place in 0..<count {
            let x = slots[Int(first) + place]
            if x.isNaN {
                slots[Int(label)] = .nan
                return
            }
            let greatest = slots[Int(first) + best]
            if isLeast ? x < greatest : x > greatest { best = place }
        }
        slots[Int(label)] = count > 0 ? Double(best) : .nan
    }
}

/// Puts given probabilities where a model has no answer.
struct RowPrior: RowKernel {
    /// The first of a run of slots.
    let first: Int32
    /// Slot of the position of the class; NaN for none.
    let label: Int32
    /// One a class.
    let priors: [Double]

    /// Runs for one row; see `RowKernel`.
    func run(_ slots: Slots, _ predicates: RowPredicates) {
        guard slots[Int(label)].isNaN else { return }
        var best = 0
        for (place, prior) in priors.enumerated() {
            slots[Int(first) + place] = prior
            if prior > priors[best] { best = place }
        }
        slots[Int(label)] = Double(best)
    }
}

/// The numbers of a run of slots from greatest to least (or the other way), and whose they are.
struct RowRanking: RowKernel {
    /// Slots of the numbers that are ranked.
    let sources: [Int32]
    /// `[sources.count]`: the code of the owner.
    let owners: [Double]
    /// Slots for the code of the owner of rank 1, 2 and so on.
    let owner: [Int32]
    /// Slots for the numbers of these ranks.
    let value: [Int32]
    /// Distances: the least is the first.
    let isAscending: Bool

    /// Runs for one row; see `RowKernel`.
    func run(_ slots: Slots, _ predicates: RowPredicates) {
        // Ranks are few: each is found by looking for the best that is worse than the last.
        withUnsafeTemporaryAllocation(of: Bool.self, capacity: sources.count + 1) { isTaken in
            for place in sources.indices { isTaken[place] = false }
            for rank in owner.indices {
                var best = -1
                for (place, source) in sources.enumerated() where !isTaken[place] {
                    let x = slots[Int(source)]
                    if x.isNaN { continue }
                    guard best >= 0 else {
                        best = place
                        continue
                    }
                    let y = slots[Int(sources[best])]
                    if isAscending ? x < y : x > y { best = place }
                }
                slots[Int(owner[rank])] = best >= 0 ? owners[best] : .nan
                slots[Int(value[rank])] = best >= 0 ? slots[Int(sources[best])] : .nan
                if best >= 0 { isTaken[best] = true }
            }
        }
    }
}
