/// Rows of features, followed by one truth value for each question whether a feature is one of some
/// numbers: 1, 0, or NaN for a missing feature.
///
/// With these columns, trees that ask for equality become trees that compare.
public struct MembershipOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "Membership"

    /// One column of the answer.
    public struct Question: Hashable, Sendable {
        /// The feature asked.
        public var feature: Int
        /// In ascending order, without NaN.
        public var numbers: [Double]
        /// True when the whole part of the feature is looked for.
        public var truncates: Bool

        /// - Parameters: see the stored properties.
        public init(feature: Int, numbers: [Double], truncates: Bool = false) {
            assert(zip(numbers, numbers.dropFirst()).allSatisfy(<=), "numbers in order, none NaN")
            self.feature = feature
            self.numbers = numbers
            self.truncates = truncates
        }
    }

    /// Double: `[width]`.
    public let input: TensorID
    /// Double: `[width + questions.count]`.
    public let output: TensorID
    /// What is asked.
    public let questions: [Question]
    private let width: Int

    /// - Parameter width: features of a row.
    public init(input: TensorID, output: TensorID, width: Int, questions: [Question]) {
        self.input = input
        self.output = output
        self.width = width
        self.questions = questions
    }

    /// What it reads.
    public var inputs: [TensorID] { [input] }
    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// Checks the input and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        guard let type = inputTypes.first, type.element == .double, type.width == width,
            questions.allSatisfy({ $0.feature >= 0 && $0.feature < width })
        else { throw .invalidGraph(reason: "membership over \(inputTypes)") }
        return [TensorType(.double, [width + questions.count])]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        let source = memory.elements(input, as: Double.self)
        let target = memory.elements(output, as: Double.self)
        let stride = width + questions.count
        for row in 0..<rowCount {
            let (x, y) = (source + row * width, target + row * stride)
            for column in 0..<width { y[column] = x[column] }
            for (index, question) in questions.enumerated() {
                let value = x[question.feature]
                let asked = question.truncates ? value.rounded(.towardZero) : value
                y[width + index] =
                    value.isNaN ? value : (Self.holds(question.numbers, asked) ? 1 : 0)
            }
        }
    }

    /// Halves the list until the number is found or must be missing.
    private static func holds(_ numbers: [Double], _ value: Double) -> Bool {
        var (low, high) = (0, numbers.count)
        while low < high {
            let middle = (low + high) / 2
            if numbers[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low < numbers.count && numbers[low] == value
    }
}
