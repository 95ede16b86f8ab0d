/// Lists of numbers of any lengths, one a row: where each begins, and all elements one behind the
/// other.
public struct NumberLists: Equatable, Sendable {
    /// `[count + 1]`: where the list of each row begins, and where the last one ends.
    public private(set) var offsets: [Int] = [0]
    /// List after list. Whole numbers up to 16,777,216 are exact.
    public private(set) var elements: [Float] = []

    /// No list.
    public init() {}

    /// Lists, which is rows.
    public var count: Int { offsets.count - 1 }

    /// The list of a row.
    public subscript(row: Int) -> ArraySlice<Float> {
        elements[offsets[row]..<offsets[row + 1]]
    }

    /// Elements of the list of a row.
    @inline(__always)
    public func length(_ row: Int) -> Int { offsets[row + 1] - offsets[row] }

    /// Lends the list of a row.
    public func withList<Result>(
        _ row: Int,
        _ body: (UnsafeBufferPointer<Float>) -> Result
    ) -> Result {
        let range = offsets[row]..<offsets[row + 1]
        return elements.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[range])) }
    }

    /// Adds a row.
    public mutating func append(_ list: some Sequence<Float>) {
        elements.append(contentsOf: list)
        offsets.append(elements.count)
    }

    /// Adds a row whose elements are appended one by one; none when that ends in an error.
    public mutating func append<Failure: Error>(
        _ fill: (inout [Float]) throws(Failure) -> Void
    ) throws(Failure) {
        let start = elements.count
        do throws(Failure) { try fill(&elements) } catch {
            elements.removeSubrange(start...)
            throw error
        }
        offsets.append(elements.count)
    }

    /// Adds the rows of others.
    public mutating func append(contentsOf others: NumberLists) {
        let start = elements.count
        elements.append(contentsOf: others.elements)
        offsets.append(contentsOf: others.offsets.dropFirst().map { start + $0 })
    }
}
