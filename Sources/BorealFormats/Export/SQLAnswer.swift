import BorealBase
import BorealBoost
import BorealGraph
import Glibc

/// The select list that is a model in SQL: a column for each score, the link around it.
struct SQLAnswer {
    let answer: ExportedAnswer

    /// Writes the list.
    ///
    /// - Parameter score: writes a score as one expression; it may be asked for more than once.
    func write(
        to text: ExportSink,
        score: (Int) throws(ExportError) -> Void
    ) throws(ExportError) {
        for index in 0..<answer.scores {
            try writeLinked(text) { () throws(ExportError) in try score(index) }
            text.append(" AS \(Self.name(columnName(index)))")
            text.append(index + 1 < answer.scores ? ",\n" : "\n")
        }
    }

    private func columnName(_ index: Int) -> String {
        guard answer.isClassifier else { return answer.scores == 1 ? "pred" : "pred_\(index)" }
        let prefix = answer.link == .softmax ? "raw" : "proba"
        return "\(prefix)_\(answer.className(answer.scores == 1 ? 1 : index))"
    }

    /// The answer that the link makes of a score.
    private func writeLinked(
        _ text: ExportSink,
        _ score: () throws(ExportError) -> Void
    ) throws(ExportError) {
        switch answer.link {
        case .identity, .softmax: try score()
        case .sigmoid(let scale):
            text.append("(1E0 / (1E0 + EXP(\(Self.number(-scale)) * ")
            try score()
            text.append(")))")
        case .exponential:
            text.append("EXP(")
            try score()
            text.append(")")
        case .signedSquare:
            text.append("(SIGN(")
            try score()
            text.append(") * ")
            try score()
            text.append(" * ")
            try score()
            text.append(")")
        case .softplus:
            text.append("LN(1E0 + EXP(")
            try score()
            text.append("))")
        }
    }

    // MARK: - Words

    /// A name between back-quotes.
    static func name(_ name: String) -> String {
        "`\(String(name.flatMap { $0 == "`" ? "``" : String($0) }))`"
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

/// Writes a linear model as a select list: each score is a sum of products.
struct SQLLinearWriter: ModelWriter {
    private let linear: ExportedLinear

    /// - Throws: `FormatError.notExportable`.
    init(_ linear: ExportedLinear) throws(FormatError) {
        guard !linear.isFloat else {
            throw .notExportable(.sql, reason: "it adds 32-bit numbers")
        }
        self.linear = linear
    }

    func write(to text: ExportSink) throws(ExportError) {
        let names = linear.answer.inputs.map { SQLAnswer.name($0.name) }
        try SQLAnswer(answer: linear.answer).write(to: text) { (index) throws(ExportError) in
            text.append("(\(SQLAnswer.number(linear.terms[index]))")
            for (name, factor) in zip(names, linear.factors[index]) {
                let value = linear.skipsMissing ? "COALESCE(\(name), 0E0)" : name
                text.append("\n + \(SQLAnswer.number(factor)) * \(value)")
            }
            text.append(")")
            try text.check()
        }
    }
}
