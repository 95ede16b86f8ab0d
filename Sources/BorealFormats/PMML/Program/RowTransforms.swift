/// A piecewise linear function.
struct RowNormContinuous: RowKernel {
    /// Slot that is read.
    let from: Int32
    /// Slot of the answer.
    let to: Int32
    /// In ascending order of `origins`; two or more.
    let origins: [Double]
    /// What the points become.
    let norms: [Double]
    /// What becomes of numbers outside the points.
    let outliers: PMMLMiningField.Outliers
    /// The answer for a missing value; NaN for none.
    let missing: Double

    /// Runs for one row; see `RowKernel`.
    func run(_ slots: Slots, _ predicates: RowPredicates) {
        slots[Int(to)] = value(slots[Int(from)])
    }

    /// The piece that a number is on, continued beyond the ends unless told otherwise.
    private func value(_ x: Double) -> Double {
        assert(origins.count >= 2 && origins.count == norms.count, "no line")
        if x.isNaN { return missing }
        let last = origins.count - 1
        var start = 0
        if x < origins[0] || x > origins[last] {
            switch outliers {
            case .asMissingValues: return missing
            case .asExtremeValues: return x < origins[0] ? norms[0] : norms[last]
            case .asIs: start = x < origins[0] ? 0 : last - 1
            }
        } else {
            while start < last - 1, x >= origins[start + 1] { start += 1 }
        }
        let range = origins[start + 1] - origins[start]
        return norms[start] + (x - origins[start]) / range * (norms[start + 1] - norms[start])
    }
}

/// A number by the interval it is in; of overlapping ones the last counts.
struct RowDiscretize: RowKernel {
    /// Slot that is read.
    let from: Int32
    /// Slot of the answer.
    let to: Int32
    /// Intervals with what they stand for, in order.
    let bins: [(interval: PMMLInterval, value: Double)]
    /// The answer where nothing fits; NaN for none.
    let standard: Double
    /// The answer for a missing value; NaN for none.
    let missing: Double

    /// Runs for one row; see `RowKernel`.
    func run(_ slots: Slots, _ predicates: RowPredicates) {
        let x = slots[Int(from)]
        if x.isNaN {
            slots[Int(to)] = missing
        } else {
            slots[Int(to)] = bins.last { $0.interval.holds(x) }?.value ?? standard
        }
    }
}

/// What a table has for one value or a tuple of them.
struct RowLookup: RowKernel {
    /// A column of a table, as keys.
    struct Column: Sendable {
        /// Slot of what is asked, or changed in place.
        let slot: Int32
        /// In ascending order.
        let keys: [Double]
    }

    /// What a row is looked up by.
    let columns: [Column]
    /// Slot of the answer.
    let to: Int32
    /// By position of the keys, the first column weighing most.
    let rows: [Int: Double]
    /// The answer where nothing fits; NaN for none.
    let standard: Double
    /// The answer for a missing value; NaN for none.
    let missing: Double

    /// Runs for one row; see `RowKernel`.
    func run(_ slots: Slots, _ predicates: RowPredicates) {
        var position = 0
        var isFound = true
        for column in columns {
            let x = slots[Int(column.slot)]
            if x.isNaN {
                slots[Int(to)] = missing
                return
            }
            guard let key = Self.position(of: x, in: column.keys) else {
                isFound = false
                continue
            }
            position = position * column.keys.count + key
        }
        slots[Int(to)] = isFound ? rows[position] ?? standard : standard
    }

    /// Where a number stands among sorted ones; nil when it is not there.
    static func position(of x: Double, in keys: [Double]) -> Int? {
        var low = 0
        var high = keys.count
        while low < high {
            let middle = (low + high) / 2
            if keys[middle] == x { return middle }
            if keys[middle] < x { low = middle + 1 } else { high = middle }
        }
        return nil
    }
}

/// A normal distribution with a mean and a deviation of the row's own.
struct RowNormal: RowKernel {
    /// Which one.
    let function: RowFunction
    /// Slot of the number.
    let x: Int32
    /// Slot of the mean.
    let mean: Int32
    /// Slot of the standard deviation.
    let deviation: Int32
    /// Slot of the answer.
    let to: Int32

    /// Runs for one row; see `RowKernel`.
    func run(_ slots: Slots, _ predicates: RowPredicates) {
        let x = slots[Int(x)]
        let mean = slots[Int(mean)]
        let deviation = slots[Int(deviation)]
        switch function {
        case .normalIDF: slots[Int(to)] = mean + deviation * function.value(x)
        case .normalPDF: slots[Int(to)] = function.value((x - mean) / deviation) / deviation
        default: slots[Int(to)] = function.value((x - mean) / deviation)
        }
    }
}
