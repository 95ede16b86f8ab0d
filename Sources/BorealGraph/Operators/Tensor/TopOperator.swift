/// The greatest or least numbers along the middle extent of rows that are seen as
/// `[outer, count, inner]`, in order, and where they stood.
public struct TopOperator: GraphOperator {
    /// The name in listings.
    public static let kind = "Top"
    /// Double, Float or Int64: `outer * count * inner` a row.
    public let input: TensorID
    /// The numbers, same element: `[outer * kept * inner]`.
    public let values: TensorID
    /// Their positions, Int64: `[outer * kept * inner]`.
    public let places: TensorID
    /// How many are kept.
    public let kept: Int
    /// True for the greatest, false for the least.
    public let isGreatest: Bool
    private let shape: TensorBlock
    private let element: TensorElement

    /// - Parameters: see the stored properties; `kept` is at most `shape.count`.
    public init(
        input: TensorID,
        values: TensorID,
        places: TensorID,
        shape: TensorBlock,
        element: TensorElement,
        kept: Int,
        isGreatest: Bool
    ) {
        self.input = input
        self.values = values
        self.places = places
        self.shape = shape
        self.element = element
        self.kept = kept
        self.isGreatest = isGreatest
    }

    /// What it reads.
    public var inputs: [TensorID] { [input] }
    /// What it writes.
    public var outputs: [TensorID] { [values, places] }

    /// Checks the input and answers the types of the outputs.
    public func outputTypes(for inputTypes: [TensorType]) throws(GraphError) -> [TensorType] {
        guard let type = inputTypes.first, type.element == element, type.width == shape.width,
            element != .code, kept >= 0, kept <= shape.count
        else { throw .invalidGraph(reason: "top \(kept) of \(inputTypes)") }
        let width = shape.outer * kept * shape.inner
        return [TensorType(element, [width]), TensorType(.int64, [width])]
    }

    /// Computes the outputs for every row of the chunk.
    public func run(rowCount: Int, memory: TensorMemory) {
        switch element {
        case .double: find(rowCount, memory, Double.self)
        case .float: find(rowCount, memory, Float.self)
        case .int64, .code: find(rowCount, memory, Int64.self)
        }
    }

    /// By insertion into the list kept so far: few are wanted, and nothing is allocated.
    private func find<Number: Comparable>(
        _ rows: Int,
        _ memory: TensorMemory,
        _ type: Number.Type
    ) {
        guard kept > 0 else { return }
        let source = memory.elements(input, as: type)
        let best = memory.elements(values, as: type)
        let stood = memory.elements(places, as: Int64.self)
        let inner = shape.inner
        for block in 0..<rows * shape.outer {
            for offset in 0..<inner {
                let x = source + block * shape.count * inner + offset
                let y = best + block * kept * inner + offset
                let z = stood + block * kept * inner + offset
                for k in 0..<shape.count {
                    let value = x[k * inner]
                    var slot = min(k, kept)
                    while slot > 0, precedes(value, y[(slot - 1) * inner]) {
                        if slot < kept {
                            y[slot * inner] = y[(slot - 1) * inner]
                            z[slot * inner] = z[(slot - 1) * inner]
                        }
                        slot -= 1
                    }
                    if slot < kept {
                        y[slot * inner] = value
                        z[slot * inner] = Int64(k)
                    }
                }
            }
        }
    }

    /// Whether a number comes before another; equal ones stay in order.
    @inline(__always)
    private func precedes<Number: Comparable>(_ left: Number, _ right: Number) -> Bool {
        isGreatest ? left > right : left < right
    }
}
