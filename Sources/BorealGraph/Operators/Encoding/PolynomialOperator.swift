/// Products of columns.
public struct PolynomialOperator: RowOperator {
    /// The name in listings.
    public static let kind = "Polynomial"
    /// `[inputWidth]`
    public let input: TensorID
    /// `[terms.count]`
    public let output: TensorID
    /// Columns of a row.
    public let inputWidth: Int
    /// The columns that each product is made of, with repetitions; none makes 1.
    public let terms: [[Int]]

    /// - Parameters: see the stored properties.
    /// - Throws: `GraphError.invalidGraph` for a column that is not there.
    public init(
        input: TensorID,
        output: TensorID,
        inputWidth: Int,
        terms: [[Int]]
    ) throws(GraphError) {
        guard terms.allSatisfy({ $0.allSatisfy { $0 >= 0 && $0 < inputWidth } }) else {
            throw .invalidGraph(reason: "products of columns that are not there")
        }
        self.input = input
        self.output = output
        self.inputWidth = inputWidth
        self.terms = terms
    }

    /// Products.
    public var outputWidth: Int { terms.count }

    /// Multiplies from the last factor to the first, as scikit-learn builds products of products.
    public func answer(_ row: UnsafePointer<Double>, into answer: UnsafeMutablePointer<Double>) {
        for (place, term) in terms.enumerated() {
            guard var product = term.last.map({ row[$0] }) else {
                answer[place] = 1
                continue
            }
            for column in term.dropLast().reversed() { product *= row[column] }
            answer[place] = product
        }
    }
}
