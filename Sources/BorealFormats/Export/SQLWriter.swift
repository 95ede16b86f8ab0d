import BorealBase
import BorealBoost
import BorealGraph
import Glibc

/// Writes a tree ensemble as a select list that MySQL and SQLite evaluate to the model's own
/// doubles: `SELECT <file> FROM t`, where `t` has the model's features as columns.
///
/// Each score is a sum of CASE expressions in the order of the trees. Regressions and rankings give
/// `pred`, classifiers of two classes the probability of the second as `proba_<label>`, those of
/// more classes a column a class: `proba_<label>`, or `raw_<label>` where probabilities are the
/// softmax of these (the greatest is the class all the same).
struct SQLWriter {
    private let trees: ExportedTrees

    /// - Throws: `FormatError.notExportable`.
    init(_ graph: ModelGraph) throws(FormatError) {
        trees = try ExportedTrees(graph, format: .sql)
        if trees.ensemble.trees.contains(where: { $0.linear != nil }) {
            throw .notExportable(.sql, reason: "it has linear models in its leaves")
        }
        if trees.ensemble.arithmetic == .float {
            throw .notExportable(.sql, reason: "it adds 32-bit numbers")
        }
    }

    func write() -> [UInt8] {
        var text = TextBuilder()
        for index in 0..<trees.scores {
            text.append(linked(score(of: index)))
            text.append(" AS \(Self.name(columnName(index)))")
            text.append(index + 1 < trees.scores ? ",\n" : "\n")
        }
        return text.bytes
    }

    private func columnName(_ index: Int) -> String {
        guard trees.isClassifier else { return trees.scores == 1 ? "pred" : "pred_\(index)" }
        let prefix = trees.link == .softmax ? "raw" : "proba"
        return "\(prefix)_\(trees.className(trees.scores == 1 ? 1 : index))"
    }

    private func linked(_ score: String) -> String {
        let value = trees.divisor == 1 ? score : "(\(score) / \(Self.number(trees.divisor)))"
        switch trees.link {
        case .identity, .softmax: return value
        case .sigmoid(let scale):
            return "(1E0 / (1E0 + EXP(\(Self.number(-scale)) * \(value))))"
        case .exponential: return "EXP(\(value))"
        case .signedSquare: return "(SIGN(\(value)) * \(value) * \(value))"
        case .softplus: return "LN(1E0 + EXP(\(value)))"
        }
    }

    // MARK: - Trees

    /// The sum of the trees of one score, from left to right as the model adds.
    private func score(of index: Int) -> String {
        var terms = ["0E0"]
        for number in stride(from: index, to: trees.ensemble.trees.count, by: trees.scores) {
            terms.append(expression(trees.ensemble.trees[number]))
        }
        // Nothing is added to a single tree.
        if terms.count == 2 { terms.removeFirst() }
        return "(\(terms.joined(separator: "\n + ")))"
    }

    /// A tree as nested CASE expressions, written without recursion.
    private func expression(_ tree: Tree) -> String {
        enum Piece {
            case child(Int32)
            case text(String)
        }
        var result = ""
        var open: [Piece] = [.child(tree.innerCount > 0 ? 0 : ~0)]
        while let piece = open.popLast() {
            switch piece {
            case .text(let text): result += text
            case .child(let child) where child < 0:
                result += Self.number(tree.leafValue[Int(~child)])
            case .child(let child):
                let node = Int(child)
                result += "CASE WHEN \(test(tree, node)) THEN "
                open += [
                    .text(" END"), .child(tree.rightChild[node]), .text(" ELSE "),
                    .child(tree.leftChild[node]),
                ]
            }
        }
        return result
    }

    private func test(_ tree: Tree, _ node: Int) -> String {
        let input = trees.inputs[Int(tree.splitFeature[node])]
        let column = Self.name(input.name)
        let type = tree.decisionType[node]
        let missingIsLeft = type & 2 != 0
        if type & 1 == 1 {
            let test = membership(input, column, tree.categories(of: node))
            return missingIsLeft ? "\(column) IS NULL OR (\(test))" : test
        }
        let bound = Self.number(tree.threshold[node])
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
                    values.indices.contains(Int(code)) ? Self.number(values[Int(code)]) : nil
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

    private static func name(_ name: String) -> String {
        "`\(String(name.flatMap { $0 == "`" ? "``" : String($0) }))`"
    }

    private static func hexadecimal(_ text: String) -> String { "'\(hexadecimalDigits(text))'" }

    private static func hexadecimalDigits(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        let bytes = text.utf8.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A DOUBLE literal. SQLite before 3.42 is a unit off in the last place of some shortest forms;
    /// with nineteen digits it is not.
    static func number(_ value: Double) -> String {
        // Neither dialect has a word for infinity; both read this as one.
        guard value.isFinite else { return value > 0 ? "9E999" : "-9E999" }
        if value.magnitude < 1e9, (value * 1_024).rounded() == value * 1_024 {
            return "\(value)E0"
        }
        var buffer = [CChar](repeating: 0, count: 64)
        let length = withVaList([value]) { vsnprintf(&buffer, buffer.count, "%.18e", $0) }
        let digits = buffer.prefix(Int(length)).map { UInt8(bitPattern: $0) }
        return String(decoding: digits, as: UTF8.self)
    }
}
