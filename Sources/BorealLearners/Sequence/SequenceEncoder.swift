import BorealBase
import BorealBoost
import BorealGraph
import CKernels
import Glibc

/// The part of a network that reads one column of sequences, with its gradients: vectors of ids and
/// positions, blocks of attention, and what all tokens say together.
final class SequenceEncoder {
    let shape: EncoderShape
    /// `[tableRows]` vectors, `stride` numbers each.
    let table: EmbeddingTable
    /// `[positionRows]` vectors, `stride` numbers each.
    let positions: EmbeddingTable
    let blocks: [TrainedBlock]
    /// Tokens that there is room for.
    let capacity: Int
    /// `[capacity][stride]`: what the first block reads, and its deltas.
    private let input: FloatBuffer
    private let inputDeltas: FloatBuffer
    /// By lane.
    private let scratch: [FloatBuffer]

    /// - Parameters:
    ///   - capacity: tokens of all sequences that are in memory at once; at least `tokensMax`.
    ///   - lanes: sequences that are worked on at once.
    init(
        _ shape: EncoderShape,
        capacity: Int,
        lanes: Int,
        kind: OptimizerKind,
        random: inout RandomNumbers
    ) {
        precondition(capacity >= shape.tokensMax, "no room for the longest sequence")
        self.shape = shape
        self.capacity = capacity
        let attention = shape.attention
        func table(_ rows: Int) -> EmbeddingTable {
            EmbeddingTable(rowCount: rows, width: attention.stride, namesMax: rows, kind: kind)
        }
        self.table = table(shape.tableRows)
        positions = table(shape.positionRows)
        Self.draw(self.table, attention.width, &random)
        Self.place(positions, attention.width)
        var blocks: [TrainedBlock] = []
        for _ in 0..<shape.blocks {
            blocks.append(
                TrainedBlock(attention, tokens: capacity, kind: kind, random: &random)
            )
        }
        self.blocks = blocks
        input = FloatBuffer(count: capacity * attention.stride)
        inputDeltas = FloatBuffer(count: capacity * attention.stride)
        let numbers = Self.scratchCount(shape)
        scratch = (0..<lanes).map { _ in FloatBuffer(count: numbers) }
    }

    private static func scratchCount(_ shape: EncoderShape) -> Int {
        max(
            AttentionBlock.scratchCount(shape.attention, tokens: shape.tokensMax),
            TrainedBlock.scratchCount(shape.attention, tokens: shape.tokensMax)
        )
    }

    /// Numbers of 32 bits that an encoder takes.
    static func numbers(
        _ shape: EncoderShape,
        capacity: Int,
        lanes: Int,
        kind: OptimizerKind
    ) -> Int {
        let vectors = (shape.tableRows + shape.positionRows) * shape.attention.stride
        return LearnedBlock.numbers(vectors, kind: kind)
            + shape.blocks * TrainedBlock.numbers(shape.attention, tokens: capacity, kind: kind)
            + 2 * capacity * shape.attention.stride + lanes * scratchCount(shape)
    }

    /// Vectors of ids, uniform with the deviation 1 / sqrt(3).
    private static func draw(
        _ table: EmbeddingTable,
        _ width: Int,
        _ random: inout RandomNumbers
    ) {
        for row in 0..<table.rowCount {
            let vector = table.vector(row)
            for i in 0..<width { vector[i] = Float(2 * random.nextUnit() - 1) }
        }
    }

    /// Positions begin as sines and cosines of falling frequencies (Vaswani and others 2017,
    /// section 3.5), from which distances can be read, and are learnt from there.
    private static func place(_ table: EmbeddingTable, _ width: Int) {
        for pair in 0..<(width + 1) / 2 {
            let turn = ExactMath.exp(-9.210_340_371_976_184 * Double(2 * pair) / Double(width))
            for row in 0..<table.rowCount {
                // The C library's sines differ between machines in their last bits, which rounding
                // to a multiple of 2^-20 hides.
                let angle = Double(row) * turn
                let vector = table.vector(row)
                vector[2 * pair] = Float((sin(angle) * 0x1p20).rounded() * 0x1p-20)
                guard 2 * pair + 1 < width else { continue }
                vector[2 * pair + 1] = Float((cos(angle) * 0x1p20).rounded() * 0x1p-20)
            }
        }
    }

    // MARK: - Forward and back

    /// Reads a sequence.
    ///
    /// - Parameters:
    ///   - token: where its tokens begin in memory.
    ///   - pooled: `[pooledWidth]`
    func forward(
        _ list: UnsafeBufferPointer<Float>,
        at token: Int,
        lane: Int,
        into pooled: UnsafeMutablePointer<Float>,
        _ workshop: Workshop
    ) {
        let tokens = shape.tokens(of: list)
        assert(token + tokens <= capacity, "more tokens than there is room for")
        let stride = shape.attention.stride
        var values = input.pointer + token * stride
        shape.embed(
            list,
            table: table.block.weights.pointer,
            positions: positions.block.weights.pointer,
            into: values
        )
        for block in blocks where tokens > 0 {
            if workshop.cancellation.isCancelled { return }
            block.pointers.forward(
                values,
                tokens: tokens,
                block.trace.places(shape.attention, at: token),
                scratch: scratch[lane].pointer,
                multiply: workshop.multiply
            )
            values = block.trace.output.pointer + token * stride
        }
        shape.pool(values, tokens: tokens, into: pooled)
    }

    /// Carries the deltas of the answer back to the tokens.
    ///
    /// - Parameter pooled: `[pooledWidth]`
    func backward(
        _ pooled: UnsafePointer<Float>,
        at token: Int,
        tokens: Int,
        lane: Int,
        _ workshop: Workshop
    ) {
        guard tokens > 0, let last = blocks.last else { return }
        let (width, stride) = (shape.attention.width, shape.attention.stride)
        let deltas = last.trace.outputDeltas.pointer + token * stride
        let share = 1 / Float(tokens)
        for row in 0..<tokens {
            let line = deltas + row * stride
            for i in 0..<width { line[i] = pooled[i] * share }
        }
        let line = deltas + (tokens - 1) * stride
        for i in 0..<width { line[i] += pooled[width + i] }
        for (index, block) in blocks.enumerated().reversed() {
            let below = index > 0 ? blocks[index - 1].trace.outputDeltas : inputDeltas
            block.backward(
                at: token,
                tokens: tokens,
                scratch: scratch[lane].pointer,
                into: below.pointer + token * stride,
                workshop
            )
        }
    }

    // MARK: - Updates

    /// Pieces of an update, which may run side by side once all tokens went back.
    var pieceCount: Int { blocks.reduce(2) { $0 + $1.pieceCount } }

    /// Does one piece of the update by the sequences in memory.
    ///
    /// - Parameters:
    ///   - lists: their ids, in the order in which their tokens stand in memory without gaps.
    ///   - tokens: of all of them.
    func update(
        _ piece: Int,
        _ lists: SequenceSlice,
        _ part: BatchPart,
        _ workshop: Workshop
    ) {
        var rest = piece
        var source = input
        for block in blocks {
            if rest < block.pieceCount {
                block.update(rest, input: source.pointer, tokens: lists.tokens, part, workshop)
                return
            }
            rest -= block.pieceCount
            source = block.trace.output
        }
        let (vectors, isTable) = rest == 0 ? (table, true) : (positions, false)
        let stride = shape.attention.stride
        var deltas = UnsafePointer(inputDeltas.pointer)
        lists.withEachList { list in
            for token in 0..<shape.tokens(of: list) {
                let (id, position) = shape.rows(of: token, in: list)
                let gradient = vectors.gradient(isTable ? id : position)
                for i in 0..<stride { gradient[i] += deltas[i] }
                deltas += stride
            }
        }
        if let step = part.step { vectors.apply(step, penalty: 0) }
    }

    // MARK: - Weights

    /// Counts an id for each of its tokens among the training rows.
    func count(_ list: UnsafeBufferPointer<Float>) {
        for token in 0..<shape.tokens(of: list) {
            table.counts[shape.rows(of: token, in: list).id] += 1
        }
    }

    /// Gives ids that no training row has the mean of those that some do.
    func fillUnnamed() { table.fillUnnamed(0..<table.rowCount) }

    /// Everything that is learnt.
    var learned: [LearnedBlock] {
        [table.block, positions.block] + blocks.flatMap(\.blocks)
    }

    /// Brings what is derived up to date after blocks were written from outside.
    func weightsChanged() {
        for block in blocks { block.weightsChanged() }
    }
}

/// Sequences whose tokens are in memory, one behind the other.
struct SequenceSlice {
    private let lists: NumberLists
    /// Which of the lists.
    private let rows: ArraySlice<Int32>
    /// Tokens of all of them.
    let tokens: Int
    /// `[rows]`: where the tokens of each begin.
    let starts: [Int]

    init(_ lists: NumberLists, _ rows: ArraySlice<Int32>, _ shape: EncoderShape) {
        self.lists = lists
        self.rows = rows
        var starts: [Int] = []
        var tokens = 0
        let extra = shape.target == nil ? 0 : 1
        for row in rows {
            starts.append(tokens)
            tokens += min(lists.length(Int(row)), shape.length) + extra
        }
        self.starts = starts
        self.tokens = tokens
    }

    /// Lends the ids of one.
    func withList<Result>(
        _ index: Int,
        _ body: (UnsafeBufferPointer<Float>) -> Result
    ) -> Result {
        lists.withList(Int(rows[rows.startIndex + index]), body)
    }

    /// Lends the ids of each, in order.
    func withEachList(_ body: (UnsafeBufferPointer<Float>) -> Void) {
        for row in rows { lists.withList(Int(row), body) }
    }
}
