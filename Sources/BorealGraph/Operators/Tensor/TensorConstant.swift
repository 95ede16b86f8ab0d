// Sendable by hand: the memory is written before the initializer returns and only read afterwards.
/// Numbers that are part of a model and the same for every row.
///
/// It has an address of its own, so that operators read it as they read a tensor.
public final class TensorConstant: @unchecked Sendable {
    /// Kind of every element.
    public let element: TensorElement
    /// Elements.
    public let count: Int
    /// The first element.
    let memory: UnsafeMutableRawPointer

    /// Copies an array; memory is never empty, so that it always has an address.
    private init<Number>(copying values: [Number], _ element: TensorElement) {
        assert(MemoryLayout<Number>.stride == element.byteCount, "elements of another size")
        self.element = element
        count = values.count
        let bytes = values.count * element.byteCount
        memory = .allocate(byteCount: max(16, bytes), alignment: 16)
        values.withUnsafeBytes { source in
            if let base = source.baseAddress, bytes > 0 {
                memory.copyMemory(from: base, byteCount: bytes)
            }
        }
    }

    /// The first `count` elements at `source`.
    init(copying source: UnsafeRawPointer, element: TensorElement, count: Int) {
        self.element = element
        self.count = count
        memory = .allocate(byteCount: max(16, count * element.byteCount), alignment: 16)
        memory.copyMemory(from: source, byteCount: count * element.byteCount)
    }

    deinit { memory.deallocate() }

    /// Numbers of 64 bits.
    public convenience init(_ values: [Double]) { self.init(copying: values, .double) }
    /// Numbers of 32 bits.
    public convenience init(_ values: [Float]) { self.init(copying: values, .float) }
    /// Whole numbers.
    public convenience init(_ values: [Int64]) { self.init(copying: values, .int64) }
    /// Positions in a dictionary.
    public convenience init(codes values: [Int32]) { self.init(copying: values, .code) }

    /// All elements as Double.
    public var doubles: [Double] { (0..<count).map { element.double(memory, at: $0) } }

    /// All elements as whole numbers; fractions are cut off, what is no number is 0.
    public var integers: [Int64] {
        switch element {
        case .int64:
            let values = memory.assumingMemoryBound(to: Int64.self)
            return Array(UnsafeBufferPointer(start: values, count: count))
        case .code:
            let values = memory.assumingMemoryBound(to: Int32.self)
            return (0..<count).map { Int64(values[$0]) }
        case .double, .float: return doubles.map { Int64(exactly: $0.rounded(.towardZero)) ?? 0 }
        }
    }
}
