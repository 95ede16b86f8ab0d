extension BinMapper {
    /// Most bins a feature may have: their numbers have 16 bits.
    static let binsMax = 65_535

    /// Finds the bins of a categorical feature.
    ///
    /// Categories are taken by falling count until 99 % of the rows are covered and `max_bin` is
    /// reached; all others share bin 0 with the missing values.
    /// - Parameters:
    ///   - categoryCounts: rows of the sample for each category.
    ///   - missingCount: rows of the sample without one.
    init(categoryCounts: [Int], missingCount: Int, rules: BinRules) {
        let total = categoryCounts.reduce(0, +) + missingCount
        let present = categoryCounts.indices.filter { categoryCounts[$0] > 0 }
        // Ties are broken by category number: LightGBM sorts stably from ascending categories.
        let order = present.sorted {
            categoryCounts[$0] != categoryCounts[$1]
                ? categoryCounts[$0] > categoryCounts[$1] : $0 < $1
        }
        let cut = Int((Double(total - missingCount) * 0.99).rounded())
        let maxBin = min(order.count + (missingCount > 0 ? 1 : 0), rules.maxBin)
        var categories: [Int32] = [-1]
        var bins = [UInt16](repeating: 0, count: categoryCounts.count)
        var used = 0
        for (position, category) in order.enumerated() {
            guard used < cut || categories.count < maxBin, categories.count < Self.binsMax else {
                break
            }
            if categoryCounts[category] < rules.minDataInBin && position > 1 { break }
            bins[category] = UInt16(categories.count)
            categories.append(Int32(category))
            used += categoryCounts[category]
        }
        let coversAll = categories.count == order.count + 1 && missingCount == 0
        self.init(
            kind: .categorical(categories: categories, binOfCategory: bins),
            binCount: order.isEmpty ? 1 : categories.count,
            missing: coversAll ? .none : .nan,
            isTrivial: order.isEmpty || categories.count <= 1
        )
        var counts = categories.map { $0 >= 0 ? categoryCounts[Int($0)] : 0 }
        counts[0] = total - used
        noteCommonBin(counts)
        if !isTrivial, let filterCount = rules.filterCount, categories.count <= 2 {
            isTrivial = total - used < filterCount || used < filterCount
        }
    }
}
