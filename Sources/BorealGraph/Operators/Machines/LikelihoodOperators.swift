import Glibc

/// The logarithm of each class's share times how likely its normal distributions make a row.
public struct GaussianLikelihoodOperator: RowOperator {
    /// The name in listings.
    public static let kind = "GaussianLikelihood"
    /// `[inputWidth]`
    public let input: TensorID
    /// One for each class.
    public let output: TensorID
    /// Numbers of a row.
    public let inputWidth: Int
    /// `[classCount * inputWidth]`
    public let means: [Double]
    /// As many.
    public let variances: [Double]
    /// What each class begins with.
    let constants: [Double]

    /// - Parameters:
    ///   - means: `[classCount * inputWidth]`
    ///   - variances: as many.
    ///   - priors: one for each class.
    /// - Throws: `GraphError.invalidGraph` when the lengths do not fit.
    public init(
        input: TensorID,
        output: TensorID,
        inputWidth: Int,
        means: [Double],
        variances: [Double],
        priors: [Double]
    ) throws(GraphError) {
        guard means.count == priors.count * inputWidth, variances.count == means.count else {
            throw .invalidGraph(reason: "\(means.count) means of \(priors.count) classes")
        }
        self.input = input
        self.output = output
        self.inputWidth = inputWidth
        self.means = means
        self.variances = variances
        constants = priors.indices.map { index in
            var sum = 0.0
            for i in 0..<inputWidth {
                sum += Glibc.log(2 * Double.pi * variances[index * inputWidth + i])
            }
            return -0.5 * sum
        }
        logPriors = priors.map { Glibc.log($0) }
    }

    private let logPriors: [Double]

    /// Classes.
    public var outputWidth: Int { constants.count }

    /// Answers one row.
    public func answer(_ row: UnsafePointer<Double>, into answer: UnsafeMutablePointer<Double>) {
        for index in constants.indices {
            var sum = 0.0
            for i in 0..<inputWidth {
                let difference = row[i] - means[index * inputWidth + i]
                sum += difference * difference / variances[index * inputWidth + i]
            }
            answer[index] = logPriors[index] + (constants[index] - 0.5 * sum)
        }
    }
}

/// Sums of table entries: for each class what the category in each column adds to it.
public struct CategoryLikelihoodOperator: RowOperator {
    /// The name in listings.
    public static let kind = "CategoryLikelihood"
    /// Categories as whole numbers.
    public let input: TensorID
    /// One for each class.
    public let output: TensorID
    /// For each column `[classCount][categoryCount]`; a category that is not there makes NaN.
    public let tables: [[[Double]]]
    /// What is added to each class's sum.
    public let bias: [Double]

    /// - Parameters: see the stored properties.
    /// - Throws: `GraphError.invalidGraph` when the lengths do not fit.
    public init(
        input: TensorID,
        output: TensorID,
        tables: [[[Double]]],
        bias: [Double]
    ) throws(GraphError) {
        guard tables.allSatisfy({ $0.count == bias.count }) else {
            throw .invalidGraph(reason: "tables of \(bias.count) classes")
        }
        self.input = input
        self.output = output
        self.tables = tables
        self.bias = bias
    }

    /// Columns.
    public var inputWidth: Int { tables.count }
    /// Classes.
    public var outputWidth: Int { bias.count }

    /// Answers one row.
    public func answer(_ row: UnsafePointer<Double>, into answer: UnsafeMutablePointer<Double>) {
        answer.update(repeating: 0, count: bias.count)
        for column in tables.indices {
            let category = row[column] >= 0 && row[column] < 0x1p31 ? Int(row[column]) : -1
            for index in bias.indices {
                let entries = tables[column][index]
                answer[index] += entries.indices.contains(category) ? entries[category] : .nan
            }
        }
        for index in bias.indices { answer[index] += bias[index] }
    }
}

/// Sums of squares of groups of neighbouring columns.
public struct SquaredNormOperator: RowOperator {
    /// The name in listings.
    public static let kind = "SquaredNorm"
    /// All groups, one behind the other.
    public let input: TensorID
    /// One for each group.
    public let output: TensorID
    /// Columns of each group.
    public let groups: [Int]
    /// Numbers of a row.
    public let inputWidth: Int

    /// - Parameters: see the stored properties.
    public init(input: TensorID, output: TensorID, groups: [Int]) {
        self.input = input
        self.output = output
        self.groups = groups
        inputWidth = groups.reduce(0, +)
    }

    /// Groups.
    public var outputWidth: Int { groups.count }

    /// Answers one row.
    public func answer(_ row: UnsafePointer<Double>, into answer: UnsafeMutablePointer<Double>) {
        var start = 0
        for (place, count) in groups.enumerated() {
            var sum = 0.0
            for i in start..<start + count { sum += row[i] * row[i] }
            answer[place] = sum
            start += count
        }
    }
}
