package import BorealBase
package import BorealFormats
package import BorealGraph

extension ServerError {
    /// The number and sentence of an error of a model at work.
    ///
    /// - Parameter firstRow: rows of the query before the batch that failed.
    package init(graph error: GraphError, firstRow: Int = 0) {
        switch error {
        case .badValue(let row, let column, let value, let expected):
            self = .badRowValue(
                row: firstRow + row + 1,
                column: column,
                "'\(value)' is no \(expected.rawValue)"
            )
        case .badList(let row, let column, let defect):
            self = .badRowValue(row: firstRow + row + 1, column: column, "\(defect)")
        case .missingValue(let row, let column):
            self = .badRowValue(
                row: firstRow + row + 1,
                column: column,
                "the value is NULL; the model takes no missing values"
            )
        case .featureCountMismatch(let expected, let given):
            self = .invalidOption(
                "x_cols",
                "\(given) columns are named, the model has \(expected) features"
            )
        case .unknownColumn(let name): self = .unknownColumn(name, in: "x_cols")
        case .outputMissing(let role):
            self = .invalidOption("output", "the model has no output '\(role.rawValue)'")
        case .invalidGraph(let reason): self = .malformedModel(reason)
        case .notExplainable(let reason): self = .unsupported("explain: \(reason)")
        case .damagedEnsemble(let defect): self = .malformedModel("\(defect)")
        case .tooLarge(let what, let limit):
            self = ServerError(.memoryLimit, "Out of memory limit: \(what) above \(limit)")
        case .cancelled: self = .interrupted
        case .columnMissing: self = .internalError("a batch lost a column")
        }
    }

    /// The number and sentence of a model file that cannot be read.
    package init(format error: FormatError) {
        if case .notExportable = error {
            self = .unsupported(error.description)
        } else {
            self = .malformedModel(error.description)
        }
    }

    /// The number and sentence of a file that was not written to its end.
    package init(export error: ExportError, as format: ExportFormat) {
        switch error {
        case .format(let reason): self.init(format: reason)
        case .tooLarge(let limit):
            self = .unsupported(
                "the model as \(format.rawValue): its file would be over \(limit) bytes"
            )
        case .cancelled: self = .interrupted
        case .target(let reason): self.init(job: reason)
        }
    }
}
