import BorealBoost
import BorealGraph

/// Writes a tree ensemble as a select list that MySQL and SQLite evaluate to the model's own
/// doubles: `SELECT <file> FROM t`, where `t` has the model's features as columns.
///
/// Each score is a sum of CASE expressions in the order of the trees. Regressions and rankings give
/// `pred`, classifiers of two classes the probability of the second as `proba_<label>`, those of
/// more classes a column a class: `proba_<label>`, or `raw_<label>` where probabilities are the
/// softmax of these (the greatest is the class all the same).
struct SQLWriter: ModelWriter {
    private let trees: ExportedTrees

    /// - Throws: `FormatError.notExportable`.
    init(_ graph: ModelGraph) throws(FormatError) {
        trees = try ExportedTrees(graph, format: .sql)
        guard !trees.ensemble.trees.contains(where: { $0.linear != nil }) else {
            throw .notExportable(.sql, reason: "it has linear models in its leaves")
        }
        if trees.ensemble.arithmetic == .float {
            throw .notExportable(.sql, reason: "it adds 32-bit numbers")
        }
    }

    func write(to text: ExportSink) throws(ExportError) {
        try SQLAnswer(answer: trees.answer).write(to: text) { (index) throws(ExportError) in
            try writeScore(index, text)
        }
    }

    // MARK: - Trees

    /// The sum of the trees of one score, from left to right as the model adds, or their average.
    private func writeScore(_ index: Int, _ text: ExportSink) throws(ExportError) {
        if trees.divisor != 1 { text.append("(") }
        let own = stride(from: index, to: trees.ensemble.trees.count, by: trees.scores)
        // Nothing is added to a single tree.
        let isOnly = trees.ensemble.trees.count == trees.scores
        text.append(isOnly ? "(" : "(0E0")
        for number in own {
            if !isOnly { text.append("\n + ") }
            write(trees.ensemble.trees[number], text)
            try text.check()
        }
        text.append(")")
        if trees.divisor != 1 { text.append(" / \(SQLAnswer.number(trees.divisor)))") }
    }

    /// A tree as nested CASE expressions, written without recursion.
    private func write(_ tree: Tree, _ text: ExportSink) {
        enum Piece {
            case child(Int32)
            case text(String)
        }
        var open: [Piece] = [.child(tree.innerCount > 0 ? 0 : ~0)]
        while let piece = open.popLast() {
            switch piece {
            case .text(let word): text.append(word)
            case .child(let child) where child < 0:
                text.append(SQLAnswer.number(tree.leafValue[Int(~child)]))
            case .child(let child):
                let node = Int(child)
                text.append("CASE WHEN \(test(tree, node)) THEN ")
                open += [
                    .text(" END"), .child(tree.rightChild[node]), .text(" ELSE "),
                    .child(tree.leftChild[node]),
                ]
            }
        }
    }

    private func test(_ tree: Tree, _ node: Int) -> String {
        let input = trees.inputs[Int(tree.splitFeature[node])]
        let column = SQLAnswer.name(input.name)
        let type = tree.decisionType[node]
        let missingIsLeft = type & 2 != 0
        if type & 1 == 1 {
            let test = membership(input, column, tree.categories(of: node))
            return missingIsLeft ? "\(column) IS NULL OR (\(test))" : test
        }
        let bound = SQLAnswer.number(tree.threshold[node])
        switch Tree.Missing(rawValue: type >> 2) {
        case .zero:
            let zero = "ABS(\(column)) <= 1.0E-35"
            return missingIsLeft
                ? "\(column) IS NULL OR \(zero) OR \(column) <= \(bound)"
                : "\(column) <= \(bound) AND NOT \(zero)"
        case .nan:
            let test = "\(column) <= \(bound)"
            return missingIsLeft ? "\(column) IS NULL OR \(test)" : test
        default:
            let test = "\(column) <= \(bound)"
            return 0 <= tree.threshold[node] ? "\(column) IS NULL OR \(test)" : test
        }
    }

    /// Text is compared by its bytes: collations take some texts for others.
    private func membership(_ input: GraphInput, _ column: String, _ codes: [Int32]) -> String {
        var members: [String] = []
        var subject = column
        switch input.kind {
        case .category(let dictionary):
            switch dictionary.categories {
            case .text(let names):
                subject = "HEX(\(column))"
                members = codes.compactMap { code in
                    names.indices.contains(Int(code)) ? Self.hexadecimal(names[Int(code)]) : nil
                }
            case .number(let values):
                members = codes.compactMap { code in
                    values.indices.contains(Int(code)) ? SQLAnswer.number(values[Int(code)]) : nil
                }
            }
        default:
            // The whole part counts, and whatever lies between -1 and 1 is category 0.
            members = codes.map(String.init)
            let list = members.joined(separator: ", ")
            return "\(column) > -1 AND FLOOR(ABS(\(column))) IN (\(list))"
        }
        return members.isEmpty ? "1 = 0" : "\(subject) IN (\(members.joined(separator: ", ")))"
    }

    // MARK: - Words

    private static func hexadecimal(_ text: String) -> String { "'\(hexadecimalDigits(text))'" }

    private static func hexadecimalDigits(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        let bytes = text.utf8.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: bytes, as: UTF8.self)
    }
}
