import Glibc

/// Draws a chart as SVG: title, axes with round ticks, labels, a legend. The text stands for
/// itself: no script, nothing that is fetched, and colours for light and dark surroundings.
struct ChartDrawing {
    static let width = 720.0
    static let height = 420.0
    private static let top = 64.0
    private static let bottom = 52.0
    private static let right = 24.0
    /// Told apart on white and on black.
    static let colours = [
        "#4e79a7", "#f28e2b", "#59a14f", "#e15759", "#b07aa1", "#76b7b2", "#edc948", "#ff9da7",
        "#9c755f", "#bab0ac", "#86bcb6", "#d37295",
    ]

    private let series: ChartSeries
    private let kind: ChartChoice.Kind
    private let title: String
    private var svg = ""

    /// The picture of a table.
    static func svg(_ table: ChartTable, _ choice: ChartChoice) -> String {
        var drawing = ChartDrawing(ChartSeries(table, choice), choice)
        drawing.draw()
        return drawing.svg
    }

    private init(_ series: ChartSeries, _ choice: ChartChoice) {
        self.series = series
        kind = choice.kind
        title = choice.title
    }

    private mutating func draw() {
        let (w, h) = (Self.number(Self.width), Self.number(Self.height))
        svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(w) \(h)\" width=\"\(w)\" "
        svg += "height=\"\(h)\" role=\"img\" font-family=\"sans-serif\" font-size=\"12\">\n"
        svg += "<style>.p{fill:#fff}.t{fill:#222}.n{fill:#666}.g{stroke:#ddd}.a{stroke:#888}"
        svg += ".e{stroke:#fff}@media(prefers-color-scheme:dark){.p{fill:#1b1b1f}.t{fill:#eee}"
        svg += ".n{fill:#aaa}.g{stroke:#3a3a40}.a{stroke:#888}.e{stroke:#1b1b1f}}</style>\n"
        svg += "<title>\(Self.escaped(title))</title>\n"
        svg += "<rect class=\"p\" width=\"\(w)\" height=\"\(h)\"/>\n"
        text(title, Self.width / 2, 24, anchor: "middle", size: 16)
        if !series.note.isEmpty {
            text(series.note, Self.width / 2, 42, anchor: "middle", style: "n")
        }
        let known = series.numbers.joined().compactMap { $0 }
        if known.isEmpty {
            text("no numbers to show", Self.width / 2, Self.height / 2, anchor: "middle")
        } else {
            switch kind {
            case .pie: pie()
            case .bar, .line: axes(ChartScale(known))
            }
        }
        svg += "</svg>\n"
    }

    // MARK: - Axes

    private mutating func axes(_ scale: ChartScale) {
        let ticks = scale.ticks.map { ($0, ChartScale.text($0)) }
        let left = 20 + 7 * Double(ticks.map(\.1.count).max() ?? 1)
        let plot = (width: Self.width - left - Self.right, low: Self.height - Self.bottom)
        let size = plot.low - Self.top
        for (tick, label) in ticks {
            let y = plot.low - scale.place(tick) * size
            line(left, y, left + plot.width, y, tick == 0 ? "a" : "g")
            text(label, left - 6, y + 4, anchor: "end", style: "n")
        }
        let slot = plot.width / Double(max(series.labels.count, 1))
        // As many labels as have room for twelve characters.
        let every = max(1, Int((84 / slot).rounded(.up)))
        for (index, label) in series.labels.enumerated() where index % every == 0 {
            let x = left + (Double(index) + 0.5) * slot
            text(
                Self.cut(label, every == 1 ? max(4, Int(slot / 7)) : 12),
                x,
                plot.low + 18,
                anchor: "middle",
                style: "n"
            )
        }
        for (number, values) in series.numbers.enumerated() {
            let colour = Self.colours[number % Self.colours.count]
            let points = values.enumerated().map { index, value in
                value.map {
                    (x: left + (Double(index) + 0.5) * slot, y: plot.low - scale.place($0) * size)
                }
            }
            if kind == .bar {
                let zero = plot.low - scale.place(0) * size
                bars(points, colour, number, slot: slot, zero: zero)
            } else {
                polyline(points, colour)
            }
        }
        if series.names.count > 1 { legend(series.names) }
    }

    private mutating func bars(
        _ points: [(x: Double, y: Double)?],
        _ colour: String,
        _ number: Int,
        slot: Double,
        zero: Double
    ) {
        let width = slot * 0.8 / Double(series.numbers.count)
        for case let (x, y)? in points {
            let left = x - slot * 0.4 + width * Double(number)
            svg += "<rect x=\"\(Self.number(left))\" y=\"\(Self.number(min(y, zero)))\" "
            svg += "width=\"\(Self.number(max(width, 0.5)))\" "
            svg += "height=\"\(Self.number(abs(zero - y)))\" fill=\"\(colour)\"/>\n"
        }
    }

    /// A line with a gap wherever a number is missing; single points as dots.
    private mutating func polyline(_ points: [(x: Double, y: Double)?], _ colour: String) {
        for run in points.split(whereSeparator: { $0 == nil }) {
            let known = run.compactMap { $0 }
            if known.count > 1 {
                let path = known.map { "\(Self.number($0.x)),\(Self.number($0.y))" }
                svg += "<polyline points=\"\(path.joined(separator: " "))\" fill=\"none\" "
                svg += "stroke=\"\(colour)\" stroke-width=\"2\" stroke-linejoin=\"round\"/>\n"
            }
            guard known.count == 1 || points.count <= 40 else { continue }
            for (x, y) in known {
                svg += "<circle cx=\"\(Self.number(x))\" cy=\"\(Self.number(y))\" r=\"3\" "
                svg += "fill=\"\(colour)\"/>\n"
            }
        }
    }

    // MARK: - Pie

    private mutating func pie() {
        let values = (series.numbers.first ?? []).compactMap { $0 }
        let total = values.reduce(0, +)
        guard total > 0 else { return }
        let (x, y, radius) = (250.0, Self.top + 160, 150.0)
        var share = 0.0
        for (index, value) in values.enumerated() {
            let colour = Self.colours[index % Self.colours.count]
            let next = index == values.count - 1 ? 1 : share + value / total
            if values.count == 1 {
                svg += "<circle cx=\"\(Self.number(x))\" cy=\"\(Self.number(y))\" "
                svg += "r=\"\(Self.number(radius))\" fill=\"\(colour)\"/>\n"
            } else {
                let (from, to) = (Self.point(share, x, y, radius), Self.point(next, x, y, radius))
                svg += "<path class=\"e\" d=\"M\(Self.number(x)) \(Self.number(y))L\(from)"
                svg += "A\(Self.number(radius)) \(Self.number(radius)) 0 "
                svg += "\(next - share > 0.5 ? 1 : 0) 1 \(to)Z\" fill=\"\(colour)\"/>\n"
            }
            share = next
        }
        let parts = zip(series.labels, values).map { label, value in
            "\(Self.cut(label, 22)) \(ChartScale.text((value / total * 1_000).rounded() / 10)) %"
        }
        for (index, part) in parts.enumerated() {
            let line = Self.top + 24 + 24 * Double(index)
            mark(450, line - 10, Self.colours[index % Self.colours.count])
            text(part, 468, line)
        }
    }

    /// A point of the rim, from the top clockwise.
    private static func point(
        _ share: Double,
        _ x: Double,
        _ y: Double,
        _ radius: Double
    ) -> String {
        let angle = 2 * Double.pi * share
        return "\(number(x + radius * sin(angle))) \(number(y - radius * cos(angle)))"
    }

    // MARK: - Parts

    private mutating func legend(_ names: [String]) {
        let shown = names.map { Self.cut($0, 16) }
        let widths = shown.map { 30 + 7 * Double($0.count) }
        var x = (Self.width - widths.reduce(0, +)) / 2
        for (index, name) in shown.enumerated() {
            mark(x, Self.height - 20, Self.colours[index % Self.colours.count])
            text(name, x + 16, Self.height - 10)
            x += widths[index]
        }
    }

    private mutating func mark(_ x: Double, _ y: Double, _ colour: String) {
        svg += "<rect x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" width=\"11\" height=\"11\" "
        svg += "fill=\"\(colour)\"/>\n"
    }

    private mutating func line(
        _ x: Double,
        _ y: Double,
        _ toX: Double,
        _ toY: Double,
        _ style: String
    ) {
        svg += "<line class=\"\(style)\" x1=\"\(Self.number(x))\" y1=\"\(Self.number(y))\" "
        svg += "x2=\"\(Self.number(toX))\" y2=\"\(Self.number(toY))\"/>\n"
    }

    private mutating func text(
        _ text: String,
        _ x: Double,
        _ y: Double,
        anchor: String = "start",
        style: String = "t",
        size: Int? = nil
    ) {
        svg += "<text class=\"\(style)\" x=\"\(Self.number(x))\" y=\"\(Self.number(y))\""
        if anchor != "start" { svg += " text-anchor=\"\(anchor)\"" }
        if let size { svg += " font-size=\"\(size)\" font-weight=\"bold\"" }
        svg += ">\(Self.escaped(text))</text>\n"
    }

    /// A coordinate with one digit behind the point.
    private static func number(_ value: Double) -> String {
        let tenths = (value * 10).rounded()
        return tenths.truncatingRemainder(dividingBy: 10) == 0
            ? String(Int(tenths / 10)) : "\(tenths / 10)"
    }

    /// A text of at most so many characters.
    private static func cut(_ text: String, _ most: Int) -> String {
        text.count <= most ? text : text.prefix(max(most - 1, 1)) + "…"
    }

    /// Text for XML; characters that no document may hold are left out.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\t", "\n", "\r": result += " "
            case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF:
                continue
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
