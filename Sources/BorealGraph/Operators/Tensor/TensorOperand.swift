/// What an element-wise operator reads: a tensor or constants, and which of its elements belongs to
/// each element of the answer.
public struct TensorOperand: Sendable {
    /// Where the elements are.
    public enum Source: Sendable {
        case tensor(TensorID)
        case constant(TensorConstant)
    }

    /// Where the elements are.
    public let source: Source
    /// Kind of every element.
    public let element: TensorElement
    /// Elements of one row.
    public let width: Int
    /// For each element of the answer the position in a row; nil: its own position, or the first
    /// one where there is only one.
    public let places: [Int32]?

    /// - Parameters: see the stored properties.
    public init(source: Source, element: TensorElement, width: Int, places: [Int32]? = nil) {
        assert(width >= 0, "a row of \(width) elements")
        self.source = source
        self.element = element
        self.width = width
        self.places = places
    }

    /// The tensor, if it is one.
    var tensor: TensorID? {
        if case .tensor(let id) = source { return id }
        return nil
    }

    /// The first element of the first row.
    @inline(__always)
    func base<Element>(
        _ memory: TensorMemory,
        as type: Element.Type
    ) -> UnsafeMutablePointer<Element> {
        switch source {
        case .tensor(let id): memory.elements(id, as: type)
        case .constant(let constant): constant.memory.assumingMemoryBound(to: type)
        }
    }

    /// Elements from row to row: constants stay where they are.
    @inline(__always)
    var rowStride: Int { tensor == nil ? 0 : width }

    /// True when elements lie next to each other, or there is one for all.
    var isPlain: Bool { places == nil }
    /// Elements from one element of the answer to the next, where it is plain.
    var step: Int { width == 1 ? 0 : 1 }

    /// Whether it has an element for each of `count` elements of the answer.
    func covers(_ count: Int) -> Bool {
        if let places {
            return places.count == count && places.allSatisfy { $0 >= 0 && Int($0) < width }
        }
        return width == 1 || width == count
    }

    /// Whether the tensor is of the type that was promised.
    func fits(_ type: TensorType?) -> Bool {
        switch source {
        case .tensor: type?.element == element && type?.width == width
        case .constant(let constant): constant.element == element && constant.count == width
        }
    }
}

extension [TensorOperand] {
    /// The tensors among them, in order.
    var tensors: [TensorID] { compactMap(\.tensor) }

    /// Whether all are of the types that were promised; `types` are those of the tensors alone.
    func fit(_ types: [TensorType]) -> Bool {
        var next = types[...]
        return allSatisfy { operand in
            operand.fits(operand.tensor == nil ? nil : next.popFirst())
        }
    }
}
