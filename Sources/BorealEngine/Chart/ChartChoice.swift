import BorealBase

/// What a chart shows of its rows.
struct ChartChoice: Equatable {
    /// The kinds that are drawn.
    enum Kind: String, CaseIterable {
        case bar, line, pie
    }

    /// Most columns of numbers that one chart compares.
    static let seriesMax = 6
    /// Characters of a title.
    static let titleMax = 80

    var kind: Kind
    var title: String
    /// The column that labels each row; nil numbers them.
    var label: Int?
    /// Columns of numbers; empty counts the rows of each label.
    var values: [Int]

    /// What a language model answered: `{"kind": "bar", "title": "..", "x": "column", "y":
    /// ["column"]}`, perhaps with words around it.
    ///
    /// - Returns: nil for an answer that names another kind, or columns that are not there or hold
    ///   no numbers.
    init?(_ answer: String, for table: ChartTable) {
        guard let first = answer.firstIndex(of: "{"), let last = answer.lastIndex(of: "}"),
            first < last,
            // Whatever is wrong with it, the default is drawn.
            let json = try? JSON.parse(String(answer[first...last])),
            let kind = json["kind"]?.string.flatMap({ Kind(rawValue: $0.lowercased()) })
        else { return nil }
        var label: Int?
        if let name = json["x"]?.string {
            guard let place = table.column(name) else { return nil }
            label = place
        }
        let names = json["y"]?.array?.map(\.string) ?? json["y"].map { [$0.string] } ?? []
        var values: [Int] = []
        for name in names {
            guard let name, let place = table.column(name), table.columns[place].isNumber else {
                return nil
            }
            if place != label, !values.contains(place) { values.append(place) }
        }
        guard values.count <= Self.seriesMax, !values.isEmpty || label != nil else { return nil }
        self.kind = kind
        self.label = label
        self.values = kind == .pie ? Array(values.prefix(1)) : values
        title = String((json["title"]?.string ?? "").prefix(Self.titleMax))
    }

    /// The chart by the question's words and the columns' types.
    init(question: String, for table: ChartTable) {
        title = String(question.prefix(Self.titleMax))
        let label = table.columns.firstIndex { !$0.isNumber } ?? (table.columns.count > 1 ? 0 : nil)
        self.label = label
        values = Array(
            table.columns.indices.filter { $0 != label && table.columns[$0].isNumber }
                .prefix(Self.seriesMax)
        )
        let isTimed = label.map { table.columns[$0].isTime || table.columns[$0].isNumber } ?? true
        kind = Self.kind(question.lowercased()) ?? (isTimed && !values.isEmpty ? .line : .bar)
        if kind == .pie { values = Array(values.prefix(1)) }
    }

    /// The kind that a question asks for, in English or Chinese.
    private static func kind(_ question: String) -> Kind? {
        let words: [(Kind, [String])] = [
            (.pie, ["饼", "pie", "donut", "doughnut"]), (.line, ["折线", "line chart", "trend"]),
            (.bar, ["柱", "条形", "bar chart", "histogram", "column chart"]),
        ]
        return words.first { $0.1.contains { question.contains($0) } }?.0
    }
}
