/// The label at the end of a way through a tree of centres: at each node to the nearer of two.
public struct CenterTreeOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "CenterTree"

    /// A centre, and those that it is divided into.
    public struct Node: Equatable, Sendable {
        /// None, or two later nodes.
        public var children: [Int]
        /// What rows get that end here.
        public var label: Int32

        /// - Parameters: see the stored properties.
        public init(children: [Int], label: Int32) {
            self.children = children
            self.label = label
        }
    }

    /// `[inputWidth]`
    public let input: TensorID
    /// Code, one a row.
    public let output: TensorID
    /// Numbers of a row and of a centre.
    public let inputWidth: Int
    /// `[nodes.count * inputWidth]`
    public let points: [Double]
    /// The first is the root.
    public let nodes: [Node]

    /// - Parameters: see the stored properties.
    /// - Throws: `GraphError.invalidGraph` when the nodes are no tree.
    public init(
        input: TensorID,
        output: TensorID,
        inputWidth: Int,
        points: [Double],
        nodes: [Node]
    ) throws(GraphError) {
        guard !nodes.isEmpty, points.count == nodes.count * inputWidth,
            nodes.enumerated().allSatisfy({ index, node in
                node.children.isEmpty
                    || node.children.count == 2
                        && node.children.allSatisfy { $0 > index && $0 < nodes.count }
            })
        else { throw .invalidGraph(reason: "a tree of \(nodes.count) centres") }
        self.input = input
        self.output = output
        self.inputWidth = inputWidth
        self.points = points
        self.nodes = nodes
    }

    /// What it reads.
    public var inputs: [TensorID] { [input] }
    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// Checks the input and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        guard let type = inputTypes.first, type.element == .double, type.width == inputWidth else {
            throw .invalidGraph(reason: "a tree of centres over \(inputTypes)")
        }
        return [TensorType(.code)]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        let source = memory.elements(input, as: Double.self)
        let target = memory.elements(output, as: Int32.self)
        for row in 0..<rowCount {
            let values = source + row * inputWidth
            var node = 0
            while nodes[node].children.count == 2 {
                let (left, right) = (nodes[node].children[0], nodes[node].children[1])
                node = distance(values, right) < distance(values, left) ? right : left
            }
            target[row] = nodes[node].label
        }
    }

    private func distance(_ row: UnsafePointer<Double>, _ node: Int) -> Double {
        var sum = 0.0
        for i in 0..<inputWidth {
            let difference = row[i] - points[node * inputWidth + i]
            sum += difference * difference
        }
        return sum
    }
}
