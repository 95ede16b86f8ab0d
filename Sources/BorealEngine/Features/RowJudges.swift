import BorealBase
import BorealBoost
package import BorealGraph

/// How the rows that judge training stand in the training query itself.
package enum RowJudges: Equatable, Sendable {
    /// A column tells rows to learn from, 0, and rows to judge by, 1.
    ///
    /// Where it is not required and there is one, rows that judge are left out of training.
    case mark(column: String, isRequired: Bool)
    /// Two more columns hold the sequence and the label of a row that judges; its other features
    /// are those of the row that they stand in.
    case pair(JudgingPair)

    /// Names of the columns.
    var names: [String] {
        switch self {
        case .mark(let column, _): [column]
        case .pair(let pair): [pair.sequence, pair.label]
        }
    }

    /// Refuses a training query without the columns.
    ///
    /// - Throws: `invalidOption`.
    func check(_ columns: [String]) throws(ServerError) {
        let known = Set(columns.map(\.asciiLowercased))
        switch self {
        case .mark(let column, true) where !known.contains(column.asciiLowercased):
            throw .invalidOption(
                "val_flag",
                "the training query has no column '\(column)', 0 for rows to learn from and 1 for "
                    + "rows to judge by; add it, or give valid or valid_fraction"
            )
        case .pair(let pair) where !names.allSatisfy { known.contains($0.asciiLowercased) }:
            throw .invalidOption(
                "val_flag",
                "the training query has no columns '\(pair.sequence)' and '\(pair.label)'; add "
                    + "them, or give version=1 and a column 'val_row'"
            )
        default: break
        }
    }
}

/// The columns of rows that judge, beside those of rows that are learnt from.
package struct JudgingPair: Equatable, Sendable {
    /// The column of sequences; NULL in rows that judge nothing.
    package var sequence: String
    /// The column of labels.
    package var label: String
    /// The feature in whose place the sequence stands.
    package var feature: String
    /// How a sequence is read.
    package var form: ListForm
}

/// Collects rows that judge from two columns of the training query.
struct JudgingPairCollector {
    private let pair: JudgingPair
    private var reader: ListReader
    /// Rows of the query that have a sequence to judge by, and their labels.
    private var rows: [Int] = []
    private var labels: [String] = []

    init(_ pair: JudgingPair) {
        self.pair = pair
        reader = ListReader(pair.form)
    }

    /// - Throws: `unknownColumn`; `badRowValue` for a cell that is no sequence and a NULL label.
    mutating func append(_ batch: RowBatch, firstRow: Int) throws(ServerError) {
        guard let sequence = batch.index(of: pair.sequence) else {
            throw .unknownColumn(pair.sequence, in: "val_flag")
        }
        guard let label = batch.index(of: pair.label) else {
            throw .unknownColumn(pair.label, in: "val_flag")
        }
        let (cells, answers) = (batch.columns[sequence], batch.columns[label])
        for row in 0..<batch.rowCount where !cells.isNull(row) {
            let number = firstRow + row + 1
            do throws(ListDefect) { try reader.append(cells, row: row) } catch {
                throw .badRowValue(row: number, column: pair.sequence, "\(error)")
            }
            guard !answers.isNull(row) else {
                throw .badRowValue(row: number, column: pair.label, "the label is NULL")
            }
            rows.append(firstRow + row)
            labels.append(NumberCell.text(answers, row))
        }
    }

    /// The rows in the features and classes of a training set.
    ///
    /// - Throws: `badRowValue` for no rows, and for labels that training does not know.
    func validation(of set: TrainingSetBuilder.Output) throws(ServerError) -> ValidationRows {
        let folded = pair.feature.asciiLowercased
        guard !rows.isEmpty else {
            throw ServerError(training: .inValidation(.emptyTrainingSet))
        }
        guard let feature = set.inputs.firstIndex(where: { $0.name.asciiLowercased == folded })
        else { throw .unknownColumn(pair.feature, in: "x_cols") }
        var data = set.data.taking(rows)
        data.columns[feature] = .doubles(rows.indices.map { Double($0) })
        data.lists[feature] = reader.lists
        for (place, text) in labels.enumerated() {
            let value = set.labels.map { $0.index(ofText: text).map(Double.init) } ?? Double(text)
            guard let value else {
                throw .badRowValue(
                    row: rows[place] + 1,
                    column: pair.label,
                    set.labels == nil
                        ? "'\(text.prefix(64))' is no number"
                        : "the label '\(text.prefix(64))' does not occur in the training data"
                )
            }
            data.label[place] = value
        }
        return ValidationRows(data: data, order: rows)
    }
}
