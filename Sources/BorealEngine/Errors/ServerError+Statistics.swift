import BorealBase
import BorealStatistics

extension ServerError {
    /// The number and sentence of what keeps a statistic from being computed.
    ///
    /// - Parameters:
    ///   - column: the one that was at work.
    ///   - firstCount: rows of the first of two queries; nil when there is one.
    init(statistics error: StatisticsError, column: String, firstCount: Int? = nil) {
        switch error {
        case .emptyGroup(let group):
            let name = group == 0 ? "first" : "second"
            self.init(
                .badRowValue,
                "Column '\(column)' has no value in the \(name) of the two groups that are compared"
            )
        case .valueNotFinite(let column, let row, let value):
            let before = firstCount.map { row >= $0 ? $0 : 0 } ?? 0
            self = .badRowValue(
                row: row - before + 1,
                column: column,
                "\(value) is no finite number"
            )
        case .notNumeric(let column):
            self = .invalidOption("x_cols", "column '\(column)' holds no numbers")
        case .cancelled: self = .interrupted
        }
    }

    /// Rows of a statistic that take too much memory.
    static func sampleTooLarge(limit: Int) -> ServerError {
        ServerError(
            .memoryLimit,
            "The rows take more than \(limit >> 20) MiB; ask for fewer rows or columns"
        )
    }

    /// A name that is taken, with the number of a model's.
    static func featureExists(_ name: String) -> ServerError {
        ServerError(.modelExists, "Feature '\(name)' already exists")
    }

    /// A name that nothing has, with the number of a model's.
    static func featureMissing(_ name: String) -> ServerError {
        ServerError(.modelMissing, "Feature '\(name)' does not exist")
    }
}
