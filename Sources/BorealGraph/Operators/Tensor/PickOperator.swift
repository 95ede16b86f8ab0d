/// Takes elements of one operand at positions that another tells, row by row.
///
/// The position of element `j` is `bases[j] + index * stride`, where `index` is counted from the
/// end when it is negative; what lies outside becomes NaN, 0 or -1.
public struct PickOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "Pick"
    /// What is taken from.
    public let data: TensorOperand
    /// Int64: one index for each element of the answer, after its `places`.
    public let index: TensorOperand
    /// `[width]` of the data's element.
    public let output: TensorID
    /// For each element of the answer where index 0 is.
    private let bases: [Int32]
    /// From index to index.
    private let stride: Int
    /// Indexes there are.
    private let extent: Int

    /// - Parameters: see the stored properties.
    public init(
        data: TensorOperand,
        index: TensorOperand,
        output: TensorID,
        bases: [Int32],
        stride: Int,
        extent: Int
    ) {
        self.data = data
        self.index = index
        self.output = output
        self.bases = bases
        self.stride = stride
        self.extent = extent
    }

    /// What it reads.
    public var inputs: [TensorID] { [data, index].tensors }
    /// What it writes.
    public var outputs: [TensorID] { [output] }

    /// Checks the inputs and answers the type of the output.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        let last = (extent - 1).multipliedReportingOverflow(by: stride)
        guard [data, index].fit(inputTypes), index.element == .int64, index.covers(bases.count),
            extent > 0, stride >= 0, !last.overflow,
            bases.allSatisfy({ $0 >= 0 && Int($0) + last.partialValue < data.width })
        else { throw .invalidGraph(reason: "picking of \(inputTypes)") }
        return [TensorType(data.element, [bases.count])]
    }

    /// Computes the output for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        switch data.element {
        case .double: pick(rowCount, memory, Double.nan)
        case .float: pick(rowCount, memory, Float.nan)
        case .int64: pick(rowCount, memory, Int64(0))
        case .code: pick(rowCount, memory, Int32(-1))
        }
    }

    /// One element a place; positions come from the rows, so they are checked for each.
    private func pick<Element>(_ rows: Int, _ memory: TensorMemory, _ absent: Element) {
        let source = data.base(memory, as: Element.self)
        let indexes = index.base(memory, as: Int64.self)
        let target = memory.elements(output, as: Element.self)
        let count = Int64(extent)
        for row in 0..<rows {
            let values = source + row * data.rowStride
            let places = indexes + row * index.rowStride
            for j in bases.indices {
                var place = places[index.place(j)]
                if place < 0 { place &+= count }
                target[row * bases.count + j] =
                    place >= 0 && place < count
                    ? values[Int(bases[j]) + Int(place) * stride] : absent
            }
        }
    }
}
