/// What a chart draws: labels, and for each series a number a label.
struct ChartSeries: Equatable {
    /// Most labels of bars.
    static let barsMax = 60
    /// Most slices of a pie, the rest counted as one more.
    static let slicesMax = 11
    /// Numbers beyond it, and what is none, are shown as missing.
    static let numberMax = 1e300

    var labels: [String] = []
    /// Of each series.
    var names: [String] = []
    /// By series, then by label; nil where there is no number.
    var numbers: [[Double?]] = []
    /// What is left out; empty when nothing is.
    var note = ""

    /// The numbers that a choice takes out of its rows.
    init(_ table: ChartTable, _ choice: ChartChoice) {
        if choice.values.isEmpty {
            count(table, choice)
        } else {
            labels = table.rows.enumerated().map { index, row in
                choice.label.map { row[$0].text } ?? String(index + 1)
            }
            names = choice.values.map { table.columns[$0].name }
            numbers = choice.values.map { column in
                table.rows.map { row in
                    row[column].number.flatMap { abs($0) <= Self.numberMax ? $0 : nil }
                }
            }
        }
        switch choice.kind {
        case .bar: cut(to: Self.barsMax)
        case .pie: gather()
        case .line: break
        }
        if table.rows.count < table.rowCount {
            note = "the first \(table.rows.count) of \(table.rowCount) rows"
        }
    }

    /// How many rows have each label, in the order of their first ones.
    private mutating func count(_ table: ChartTable, _ choice: ChartChoice) {
        var places: [String: Int] = [:]
        var counts: [Double] = []
        for row in table.rows {
            let text = choice.label.map { row[$0].text } ?? ""
            if let place = places[text] {
                counts[place] += 1
            } else {
                places[text] = counts.count
                labels.append(text)
                counts.append(1)
            }
        }
        names = ["rows"]
        numbers = [counts]
    }

    private mutating func cut(to most: Int) {
        guard labels.count > most else { return }
        note = "the first \(most) of \(labels.count)"
        labels = Array(labels.prefix(most))
        numbers = numbers.map { Array($0.prefix(most)) }
    }

    /// The greatest shares in falling order, what is left as one; a pie shows nothing below zero.
    private mutating func gather() {
        let shares = zip(labels, numbers.first ?? []).compactMap { label, number in
            number.flatMap { $0 > 0 ? (label: label, number: $0) : nil }
        }.sorted { $0.number > $1.number }
        if shares.count < labels.count { note = "only numbers above zero have a share" }
        var kept = Array(shares.prefix(Self.slicesMax))
        let rest = shares.dropFirst(Self.slicesMax)
        if !rest.isEmpty {
            kept.append((label: "other (\(rest.count))", number: rest.reduce(0) { $0 + $1.number }))
        }
        labels = kept.map(\.label)
        numbers = [kept.map(\.number)]
    }
}
