/// One measured property of the whole tree, with the bar it should reach.
struct Figure {
    /// The name in `ratchet.txt`.
    let name: String
    /// Rounded to one decimal.
    let value: Double
    /// Where it should lie; inside, nothing is asked of it.
    let bar: ClosedRange<Double>
    /// What to do when it gets worse.
    let advice: String

    /// How far a value lies outside the bar.
    func shortfall(_ value: Double) -> Double {
        max(bar.lowerBound - value, value - bar.upperBound, 0)
    }

    /// Every figure of the tree. A tree without product files has none.
    static func all(of tree: Repository) -> [Figure] {
        let product = tree.productFiles.filter { !$0.bytes.isEmpty }
        guard !product.isEmpty else { return [] }
        return lengths(product) + comments(product) + tests(product, tree.testFiles)
    }

    private static func lengths(_ product: [SwiftSource]) -> [Figure] {
        let files = product.map { Double($0.file.lines.count) }
        let functions = product.flatMap { $0.functions.map { Double($0.lineCount) } }
        return [
            Figure("file-lines-median", quantile(files, 0.5), 0...150, "split long files by type"),
            Figure("file-lines-p90", quantile(files, 0.9), 0...400, "split long files by type"),
            Figure(
                "function-lines-median",
                quantile(functions, 0.5),
                0...8,
                "split long functions"
            ),
            Figure("function-lines-p90", quantile(functions, 0.9), 0...30, "split long functions"),
        ]
    }

    private static func comments(_ product: [SwiftSource]) -> [Figure] {
        let commented = product.reduce(0) { $0 + $1.commentLines.subtracting($1.codeLines).count }
        let written = product.reduce(0) { $0 + $1.commentLines.union($1.codeLines).count }
        var declared = 0
        var documented = 0
        for source in product {
            for line in source.publicDeclarations {
                declared += 1
                if source.reason(forLine: line)?.contains("///") == true { documented += 1 }
            }
        }
        return [
            Figure(
                "comment-share-percent",
                percent(commented, written),
                18...30,
                "say why, units and shapes; not what the code says"
            ),
            Figure(
                "public-documented-percent",
                percent(documented, declared),
                90...100,
                "document public declarations, or make them internal"
            ),
        ]
    }

    private static func tests(_ product: [SwiftSource], _ tests: [SwiftSource]) -> [Figure] {
        let lines = product.reduce(0) { $0 + $1.codeLines.count }
        let words = ["assert", "precondition", "assertionFailure", "preconditionFailure"]
        let assertions = product.reduce(0) { sum, source in
            sum + words.reduce(0) { $0 + source.occurrences(of: $1).count }
        }
        let testCount = tests.reduce(0) { $0 + $1.occurrences(of: "@Test").count }
        let testLines = tests.reduce(0) { $0 + $1.codeLines.union($1.commentLines).count }
        let productLines = product.reduce(0) { $0 + $1.codeLines.union($1.commentLines).count }
        let unbounded = Double.greatestFiniteMagnitude
        return [
            Figure(
                "assertions-per-kloc",
                Double(assertions) * 1_000 / Double(max(1, lines)),
                10...unbounded,
                "assert what must hold where it must hold"
            ),
            Figure(
                "tests-per-kloc",
                Double(testCount) * 1_000 / Double(max(1, lines)),
                40...unbounded,
                "test what you add"
            ),
            Figure(
                "test-text-percent",
                percent(testLines, productLines),
                100...unbounded,
                "test what you add"
            ),
        ]
    }

    private init(_ name: String, _ value: Double, _ bar: ClosedRange<Double>, _ advice: String) {
        self.name = name
        self.value = (value * 10).rounded() / 10
        self.bar = bar
        self.advice = advice
    }

    private static func percent(_ part: Int, _ whole: Int) -> Double {
        whole == 0 ? 100 : Double(part) * 100 / Double(whole)
    }

    /// The value below which a share of the values lies, by nearest rank.
    static func quantile(_ values: [Double], _ share: Double) -> Double {
        guard !values.isEmpty else { return 0 }
        let rank = Int((share * Double(values.count)).rounded(.up))
        return values.sorted()[max(1, rank) - 1]
    }
}

extension SwiftSource {
    /// Lines that declare something `public`, imports and extensions apart.
    fileprivate var publicDeclarations: [Int] {
        occurrences(of: "public").compactMap { offset in
            let line = line(at: offset)
            let words = code(ofLine: line)
                .split(whereSeparator: { !($0.isLetter || $0.isNumber || $0 == "_") })
            let isSetter = code(ofLine: line).contains("public(set)")
            guard !isSetter, !words.contains("import"), !words.contains("extension") else {
                return nil
            }
            return words.contains(where: Self.declarators.contains) ? line : nil
        }
    }

    private static let declarators: Set<Substring> = [
        "func", "var", "let", "init", "struct", "class", "enum", "protocol", "subscript",
        "typealias",
        "actor", "case",
    ]
}
