import BorealBase
import CKernels

/// The vectors of a column as one scan found them, for searches to come.
///
/// One thread fills it; from then on it does not change.
final class VectorMatrix: @unchecked Sendable {
    /// Vectors of a block, which lie one behind the other.
    private static let blockRows = 1_024

    /// Numbers of each vector.
    let width: Int
    /// Rowids of the vectors, in their order.
    private var rowIDs: [Int64] = []
    /// Rowids of NULLs.
    private var nulls: [Int64] = []
    /// `blockRows` vectors each; the last may have room left.
    private var blocks: [UnsafeMutableRawPointer] = []

    /// - Parameter width: at least 1.
    init(width: Int) { self.width = width }

    deinit { for block in blocks { block.deallocate() } }

    private var vectorBytes: Int { width * VectorText.numberBytes }
    private var blockBytes: Int { Self.blockRows * vectorBytes }
    /// Memory that it takes.
    var bytes: Int { blocks.count * blockBytes + (rowIDs.count + nulls.count) * 8 }
    /// What it would take with one vector more.
    var bytesAfterNext: Int {
        bytes + 8 + (rowIDs.count % Self.blockRows == 0 ? blockBytes : 0)
    }

    /// Adds a row; `vector` has the matrix's width, or is nil for NULL.
    func append(_ rowID: Int64, _ vector: UnsafeRawBufferPointer?) {
        guard let vector, let source = vector.baseAddress else { return nulls.append(rowID) }
        assert(vector.count == vectorBytes, "vectors of one width")
        let place = rowIDs.count % Self.blockRows
        if place == 0 { blocks.append(.allocate(byteCount: blockBytes, alignment: 64)) }
        blocks[blocks.count - 1].advanced(by: place * vectorBytes)
            .copyMemory(from: source, byteCount: vectorBytes)
        rowIDs.append(rowID)
    }

    /// Offers every row to a list.
    ///
    /// - Parameter checkpoint: asked after each block; false ends the scan.
    /// - Returns: false when it was ended.
    func search(
        _ query: [UInt8],
        _ metric: VectorMetric,
        into list: inout NearestRows,
        checkpoint: () -> Bool
    ) -> Bool {
        assert(query.count == vectorBytes, "a query of the matrix's width")
        for rowID in nulls { list.add(rowID, nil) }
        var distances = [Double](repeating: 0, count: Self.blockRows)
        for (index, block) in blocks.enumerated() {
            let first = index * Self.blockRows
            let count = min(Self.blockRows, rowIDs.count - first)
            query.withUnsafeBytes { query in
                boreal_vector_distances(
                    block,
                    Int64(count),
                    Int32(width),
                    query.baseAddress,
                    metric.rawValue,
                    &distances
                )
            }
            for row in 0..<count { list.add(rowIDs[first + row], distances[row]) }
            guard checkpoint() else { return false }
        }
        return true
    }
}

/// The rows that come first by their distances, of all that were offered: a heap whose top is the
/// last of them.
struct NearestRows {
    private let isDescending: Bool
    private let limit: Int
    private var heap: [(key: Double, rowID: Int64)] = []

    /// - Parameters:
    ///   - limit: how many are wanted.
    ///   - isDescending: the greatest distances come first.
    init(limit: Int, isDescending: Bool) {
        self.limit = max(limit, 0)
        self.isDescending = isDescending
    }

    /// The rowids, in no particular order.
    var rowIDs: [Int64] { heap.map(\.rowID) }

    /// Offers a row; NULL and what is no number come first, and last when descending.
    mutating func add(_ rowID: Int64, _ distance: Double?) {
        let known = distance.flatMap { $0.isNaN ? nil : $0 } ?? -.infinity
        let key = isDescending ? -known : known
        if heap.count < limit {
            heap.append((key, rowID))
            rise()
        } else if let top = heap.first, key < top.key {
            heap[0] = (key, rowID)
            sink()
        }
    }

    private mutating func rise() {
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[parent].key < heap[child].key else { return }
            heap.swapAt(parent, child)
            child = parent
        }
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var greatest = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if heap[child].key > heap[greatest].key { greatest = child }
            }
            guard greatest != parent else { return }
            heap.swapAt(parent, greatest)
            parent = greatest
        }
    }
}
