/// Makes contributions of features out of those of columns that are made of one or several of them:
/// what a column contributes is shared by its features alike.
struct ContributionFold: Sendable {
    /// For each column the features that it is made of.
    private let origins: [[Int]]
    /// Features and the bias.
    private let side: Int
    /// Columns and the bias.
    var columnSide: Int { origins.count + 1 }

    init(_ origins: [[Int]], inputCount: Int) {
        self.origins = origins
        side = inputCount + 1
    }

    /// Features that a column, or the bias behind the last, stands for.
    private func targets(_ column: Int) -> [Int] {
        column < origins.count ? origins[column] : [side - 1]
    }

    /// - Parameters:
    ///   - power: 1 for `[columns + 1]`, 2 for `[columns + 1][columns + 1]` numbers.
    ///   - part: which of the parts of `target`, one for each row and score, is filled; it holds
    ///     zeros.
    func fold(
        _ power: Int,
        _ source: UnsafePointer<Double>,
        _ target: UnsafeMutablePointer<Double>,
        _ part: Int
    ) {
        assert(power == 1 || power == 2, "contributions or interactions")
        if power == 1 {
            for column in 0..<columnSide where source[column] != 0 {
                let features = targets(column)
                let share = source[column] / Double(features.count)
                for feature in features { target[part * side + feature] += share }
            }
            return
        }
        let matrix = target + part * side * side
        for row in 0..<columnSide {
            let rows = targets(row)
            for column in 0..<columnSide where source[row * columnSide + column] != 0 {
                let columns = targets(column)
                let count = Double(rows.count * columns.count)
                let share = source[row * columnSide + column] / count
                for i in rows { for j in columns { matrix[i * side + j] += share } }
            }
        }
    }
}
