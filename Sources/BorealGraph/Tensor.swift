/// What an element of a tensor is.
public enum TensorElement: UInt8, Equatable, Sendable {
    case double
    case float
    case int64
    /// Position in a dictionary of strings that the graph keeps, such as its labels; -1 is missing.
    case code

    /// Bytes of one element in memory.
    public var byteCount: Int {
        switch self {
        case .double, .int64: 8
        case .float, .code: 4
        }
    }
}

/// The type of a value in a graph: rows x inner shape, of one kind of element.
///
/// The number of rows is not part of it. A column has the inner shape `[]`.
public struct TensorType: Equatable, Sendable {
    /// Kind of every element.
    public var element: TensorElement
    /// Extents behind the row; `[]` for one element a row.
    public var innerShape: [Int]

    /// - Parameters: see the stored properties.
    public init(_ element: TensorElement, _ innerShape: [Int] = []) {
        self.element = element
        self.innerShape = innerShape
    }

    /// Elements of one row, or nil when the extents overflow or one is negative.
    public var width: Int? {
        var product = 1
        for extent in innerShape {
            let (next, overflow) = product.multipliedReportingOverflow(by: extent)
            guard extent >= 0, !overflow else { return nil }
            product = next
        }
        return product
    }
}

/// A value of a graph by its position in the graph's list of tensors; 0 is the matrix of features.
public struct TensorID: Hashable, Sendable {
    /// Position, counted from 0.
    public let index: Int

    /// - Parameter index: counted from 0.
    public init(_ index: Int) { self.index = index }

    /// The bound features: rows x inputs of Double, NaN where missing, category codes as numbers.
    public static let features = TensorID(0)
}

/// An element that arithmetic is done in.
protocol GraphNumber: BinaryFloatingPoint, BitwiseCopyable, Sendable {
    /// Its name among the elements of tensors.
    static var element: TensorElement { get }
}

extension Double: GraphNumber {
    static var element: TensorElement { .double }
}

extension Float: GraphNumber {
    static var element: TensorElement { .float }
}

/// Where the tensors of one chunk of rows lie while operators run. Nothing in it is owned.
public struct TensorMemory {
    /// `[tensorCount]`: first byte of each tensor, 16-byte aligned except for the features.
    let pointers: UnsafeMutablePointer<UnsafeMutableRawPointer?>
    /// The lists of features that are lists; nil without such.
    let lists: FeatureLists?

    init(
        pointers: UnsafeMutablePointer<UnsafeMutableRawPointer?>,
        lists: FeatureLists? = nil
    ) {
        self.pointers = pointers
        self.lists = lists
    }

    /// The elements of a tensor as `Element`, which must be its element type.
    ///
    /// Only legal while an operator runs, for a tensor that the operator names.
    @inline(__always)
    public func elements<Element>(
        _ tensor: TensorID,
        as type: Element.Type
    ) -> UnsafeMutablePointer<Element> {
        guard let pointer = pointers[tensor.index] else {
            preconditionFailure("a tensor is used before it has memory")
        }
        return pointer.assumingMemoryBound(to: Element.self)
    }
}
