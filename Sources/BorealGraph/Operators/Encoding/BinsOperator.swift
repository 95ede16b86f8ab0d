/// The bin of each column that its number falls into.
public struct BinsOperator: RowOperator {
    /// The name in listings.
    public static let kind = "Bins"
    /// `[edges.count]`
    public let input: TensorID
    /// Same: the number of inner edges at or below the number.
    public let output: TensorID
    /// Inner edges of each column in ascending order.
    public let edges: [[Double]]
    /// A number this little below an edge, in parts of itself, still counts as on it: 1e-5 in old
    /// versions of scikit-learn, which add a thousandth of that whatever the number. 0 for none.
    public let tolerance: Double

    /// - Parameters: see the stored properties.
    public init(input: TensorID, output: TensorID, edges: [[Double]], tolerance: Double = 0) {
        self.input = input
        self.output = output
        self.edges = edges
        self.tolerance = tolerance
    }

    /// Columns.
    public var inputWidth: Int { edges.count }
    /// Columns.
    public var outputWidth: Int { edges.count }

    /// Counts edges by halving.
    public func answer(_ row: UnsafePointer<Double>, into answer: UnsafeMutablePointer<Double>) {
        for column in edges.indices {
            let value = row[column] + tolerance * (1e-3 + abs(row[column]))
            var low = 0
            var high = edges[column].count
            while low < high {
                let middle = (low + high) / 2
                // NaN sorts behind all numbers.
                if value < edges[column][middle] { high = middle } else { low = middle + 1 }
            }
            answer[column] = Double(low)
        }
    }
}
