import BorealBoost
import BorealGraph

/// Rows as a network over sequences reads them.
struct SequenceRows: Sendable {
    /// Rows.
    let rowCount: Int
    /// By column of sequences: lists of ids.
    let lists: [NumberLists]
    /// By column of sequences `[rowCount]`: the list of each row.
    let handles: [[Int32]]
    /// Numbers of a row beside its sequences.
    let numberWidth: Int
    /// `[rowCount * numberWidth]`
    var numbers: [Float]
    /// `[rowCount]`: class numbers, or standardised numbers.
    var labels: [Float]
    /// `[rowCount]`, their mean 1; nil for 1.
    var weights: [Float]?

    /// Tokens of a row in one of the columns.
    @inline(__always)
    func tokens(_ column: Int, row: Int, _ shape: EncoderShape) -> Int {
        min(lists[column].length(Int(handles[column][row])), shape.length)
            + (shape.target == nil ? 0 : 1)
    }
}

/// Rows of a batch whose tokens fit in memory at once.
struct RowSlice {
    /// Positions in the batch.
    let rows: Range<Int>
    /// By column of sequences.
    let lists: [SequenceSlice]

    /// Cuts a batch into slices. Where it is cut depends on the rows alone, so that gradients are
    /// added up in one order whatever the number of threads.
    ///
    /// - Parameters:
    ///   - indexes: the rows of the batch.
    ///   - rowsMax: rows of a slice.
    ///   - capacity: tokens of a slice in each column.
    static func slices(
        _ indexes: UnsafeBufferPointer<Int32>,
        of data: SequenceRows,
        shapes: [EncoderShape],
        rowsMax: Int,
        capacity: Int
    ) -> [RowSlice] {
        var slices: [RowSlice] = []
        var start = 0
        while start < indexes.count {
            var used = shapes.map { _ in 0 }
            var end = start
            while end < indexes.count, end - start < rowsMax {
                let needed = shapes.enumerated().map {
                    used[$0] + data.tokens($0, row: Int(indexes[end]), $1)
                }
                guard end == start || needed.allSatisfy({ $0 <= capacity }) else { break }
                used = needed
                end += 1
            }
            let lists = shapes.enumerated().map { column, shape in
                let handles = data.handles[column]
                let rows = indexes[start..<end].map { handles[Int($0)] }
                return SequenceSlice(data.lists[column], rows[...], shape)
            }
            slices.append(RowSlice(rows: start..<end, lists: lists))
            start = end
        }
        return slices
    }
}
