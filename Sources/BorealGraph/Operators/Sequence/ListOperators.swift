/// The numbers of a feature whose cells are lists of as many numbers in each row.
public struct ListNumbersOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "ListNumbers"
    /// Double: `[count]`.
    public let output: TensorID
    /// The feature that is read.
    public let source: ListSource
    /// Numbers of a row.
    public let count: Int

    /// - Parameters: see the stored properties.
    public init(source: ListSource, output: TensorID, count: Int) {
        self.source = source
        self.output = output
        self.count = count
    }

    /// What it reads.
    public var inputs: [TensorID] { [source.input] }
    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// Checks the input and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        try source.check(inputTypes)
        guard count > 0 else { throw .invalidGraph(reason: "lists of \(count) numbers") }
        return [TensorType(.double, [count])]
    }

    /// Copies the numbers; where a list has fewer there are zeros.
    public func run(rowCount: Int, memory: TensorMemory) {
        let target = memory.elements(output, as: Double.self)
        source.forEach(memory, rowCount: rowCount) { row, list in
            let line = target + row * count
            for i in 0..<count { line[i] = i < list.count ? Double(list[i]) : 0 }
        }
    }
}

/// How often each id occurs in a feature of sequences, as `log(1 + count)`.
public struct IDCountsOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "IDCounts"
    /// Float: `[ids]`.
    public let output: TensorID
    /// The feature that is read.
    public let source: ListSource
    /// Ids are below.
    public let ids: Int
    /// Events that are looked at: the latest ones.
    public let length: Int

    /// - Parameters: see the stored properties.
    public init(source: ListSource, output: TensorID, ids: Int, length: Int) {
        self.source = source
        self.output = output
        self.ids = ids
        self.length = length
    }

    /// What it reads.
    public var inputs: [TensorID] { [source.input] }
    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// Checks the input and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        try source.check(inputTypes)
        guard ids > 0, length > 0 else { throw .invalidGraph(reason: "counts of \(ids) ids") }
        return [TensorType(.float, [ids])]
    }

    /// Counts the ids of every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        let target = memory.elements(output, as: Float.self)
        source.forEach(memory, rowCount: rowCount) { row, list in
            IDCounts.fill(list, ids: ids, length: length, into: target + row * ids)
        }
    }
}
