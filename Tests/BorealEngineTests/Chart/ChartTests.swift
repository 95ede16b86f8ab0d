import Foundation
import FoundationXML
import Testing

@testable import BorealEngine

@Suite struct ChartTests {
    private func table(_ header: [(String, Bool)], _ rows: [[String]]) -> ChartTable {
        ChartTable(
            columns: header.map { ChartTable.Column(name: $0.0, isNumber: $0.1) },
            rows: rows.map { row in row.map { ChartTable.Cell(text: $0, number: Double($0)) } },
            rowCount: rows.count
        )
    }

    private var sales: ChartTable {
        table(
            [("city", false), ("sold", true), ("returned", true)],
            [["Oslo", "120", "8"], ["Bergen", "75.5", "3"], ["Tromsø <north>", "-12", "0"]]
        )
    }

    @Test("axes have round ticks around all numbers and zero")
    func scales() {
        let cases: [([Double], [Double])] = [
            ([3, 18], [0, 5, 10, 15, 20]), ([-12, 120], [-50, 0, 50, 100, 150]),
            ([0.02], [0, 0.005, 0.01, 0.015, 0.02]), ([-3], [-3, -2, -1, 0]),
            ([], [0, 0.25, 0.5, 0.75, 1]), ([0, 0], [0, 0.25, 0.5, 0.75, 1]),
            ([7_300_000], [0, 2e6, 4e6, 6e6, 8e6]),
            ([1e300, -1e300], [-1e300, -5e299, 0, 5e299, 1e300]),
        ]
        for (numbers, ticks) in cases {
            let scale = ChartScale(numbers)
            let found = scale.ticks
            #expect(found.count == ticks.count, "\(numbers): \(found)")
            for (a, b) in zip(found, ticks) { #expect(abs(a - b) <= abs(b) * 1e-9, "\(numbers)") }
        }
    }

    @Test("numbers of axes are short")
    func texts() {
        let cases: [(Double, String)] = [
            (0, "0"), (0.25, "0.25"), (-0.5, "-0.5"), (12, "12"), (1_500, "1,500"),
            (123_456, "123,456"), (2_500_000, "2.5M"), (-3e9, "-3G"), (1.5e12, "1.5T"),
            (1e30, "1e+30"), (1e-7, "1e-07"), (.nan, "?"), (66.7, "66.7"), (0.005, "0.005"),
        ]
        for (number, text) in cases { #expect(ChartScale.text(number) == text) }
    }

    @Test("a model's answer is taken when it names what is there")
    func answers() {
        let text = """
            {"kind":"bar","title":"Sales","x":"CITY","y":["SOLD","returned"]}
            """
        let choice = ChartChoice("Sure:\n```json\n\(text)\n```", for: sales)
        #expect(choice == ChartChoice(text, for: sales))
        #expect(choice?.values == [1, 2] && choice?.label == 0 && choice?.title == "Sales")
        #expect(
            ChartChoice("{\"kind\":\"PIE\",\"x\":\"city\",\"y\":\"sold\"}", for: sales)?.values == [
                1
            ]
        )
        #expect(ChartChoice("{\"kind\":\"bar\",\"x\":\"city\"}", for: sales)?.values == [])
        let bad = [
            "", "no chart", "{", "}{", "[1]",
            "{\"kind\":\"radar\",\"x\":\"city\",\"y\":[\"sold\"]}",
            "{\"kind\":\"bar\",\"x\":\"town\",\"y\":[\"sold\"]}",
            "{\"kind\":\"bar\",\"x\":\"city\",\"y\":[\"city\"]}", "{\"kind\":\"bar\",\"y\":[1]}",
            "{\"kind\":\"bar\"}", String(repeating: "{", count: 5_000) + "}",
        ]
        for text in bad { #expect(ChartChoice(text, for: sales) == nil, "\(text.prefix(60))") }
    }

    @Test("without a usable answer the words and the types decide")
    func defaults() {
        let days = ChartTable(
            columns: [
                .init(name: "day", isNumber: false, isTime: true), .init(name: "n", isNumber: true),
            ],
            rows: []
        )
        let words = table([("word", false)], [["a"], ["b"], ["a"]])
        let cases: [(String, ChartTable, ChartChoice.Kind, Int?, [Int])] = [
            ("sales by city", sales, .bar, 0, [1, 2]), ("各城市销量,饼状图", sales, .pie, 0, [1]),
            ("销量,折线图", sales, .line, 0, [1, 2]), ("per day", days, .line, 0, [1]),
            ("per day,柱状图", days, .bar, 0, [1]), ("words", words, .bar, 0, []),
            ("numbers", table([("n", true)], [["1"]]), .line, nil, [0]),
        ]
        for (question, table, kind, label, values) in cases {
            let choice = ChartChoice(question: question, for: table)
            #expect(choice.kind == kind && choice.label == label, "\(question)")
            #expect(choice.values == values, "\(question)")
        }
    }

    @Test("what is counted, cut and gathered")
    func series() {
        let words = table([("word", false)], [["a"], ["b"], ["a"]])
        let counted = ChartSeries(words, ChartChoice(question: "words", for: words))
        #expect(counted.labels == ["a", "b"] && counted.numbers == [[2, 1]])
        let many = table([("k", false), ("v", true)], (1...100).map { ["k\($0)", "\($0)"] })
        var choice = ChartChoice(question: "bar chart", for: many)
        let bars = ChartSeries(many, choice)
        #expect(bars.labels.count == 60 && bars.note == "the first 60 of 100")
        choice.kind = .pie
        let pie = ChartSeries(many, choice)
        #expect(pie.labels.prefix(2) == ["k100", "k99"] && pie.labels.last == "other (89)")
        #expect(pie.numbers[0].compactMap { $0 }.reduce(0, +) == 5_050)
        choice = ChartChoice(question: "pie", for: sales)
        let shares = ChartSeries(sales, choice)
        #expect(shares.labels == ["Oslo", "Bergen"])
        #expect(shares.note == "only numbers above zero have a share")
    }

    @Test("pictures are those on disk", arguments: ChartChoice.Kind.allCases)
    func golden(_ kind: ChartChoice.Kind) throws {
        var choice = ChartChoice(question: "Sold & returned \"per\" city", for: sales)
        choice.kind = kind
        let drawn = ChartDrawing.svg(sales, choice)
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/charts/\(kind.rawValue).svg")
        if ProcessInfo.processInfo.environment["BOREAL_GOLDEN"] == "rewrite" {
            try drawn.write(to: url, atomically: true, encoding: .utf8)
        }
        #expect(drawn == (try String(contentsOf: url, encoding: .utf8)))
        let parser = XMLParser(data: Data(drawn.utf8))
        #expect(parser.parse())
    }

    @Test("nothing in the data becomes markup, and every picture is whole")
    func hostile() {
        let names = [
            "<script>", "a\"b'c&d", "\u{0}\u{8}\u{FFFE}x", "]]>",
            String(repeating: "w", count: 500),
        ]
        let odd = table(
            [("l<", false), ("v&", true), ("w\"", true)],
            names.enumerated().map { [$1, ["nan", "1e308", "-1e300", "inf", "x"][$0], "1"] }
        )
        for kind in ChartChoice.Kind.allCases {
            var choice = ChartChoice(question: "<b>\u{1}", for: odd)
            choice.kind = kind
            let svg = ChartDrawing.svg(odd, choice)
            #expect(!svg.contains("<script") && !svg.contains("<b>") && svg.hasSuffix("</svg>\n"))
            #expect(XMLParser(data: Data(svg.utf8)).parse(), "\(svg)")
            let empty = ChartDrawing.svg(
                table([("a", false), ("b", true), ("c", true)], []),
                choice
            )
            #expect(empty.contains("no numbers to show"))
        }
    }

    @Test("a line has gaps where numbers are missing, single points are dots")
    func gaps() {
        let rows = table(
            [("d", false), ("v", true)],
            [["1", "1"], ["2", "2"], ["3", ""], ["4", "3"], ["5", ""]]
        )
        var choice = ChartChoice(question: "line chart", for: rows)
        choice.kind = .line
        let svg = ChartDrawing.svg(rows, choice)
        #expect(svg.components(separatedBy: "<polyline").count == 2)
        #expect(svg.components(separatedBy: "<circle").count == 4)
    }
}
