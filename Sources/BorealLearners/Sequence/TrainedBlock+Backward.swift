import BorealBase
import BorealGraph
import CKernels

/// The way back through a block, for the tokens of one sequence.
extension TrainedBlock {
    /// Numbers that `backward` works in for sequences of so many tokens.
    static func scratchCount(_ shape: AttentionShape, tokens: Int) -> Int {
        let padded = PackedMatrix.padded(tokens)
        return tokens * shape.joinedStride
            + 2 * padded * (shape.headStride + AttentionBlock.queryRows)
    }

    /// Makes of the deltas of the output, which stand in the trace, those of the input and of
    /// everything between.
    ///
    /// - Parameters:
    ///   - token: where the sequence begins in the trace.
    ///   - scratch: `scratchCount` numbers.
    ///   - result: `[tokens][stride]`: deltas of the input.
    func backward(
        at token: Int,
        tokens: Int,
        scratch: UnsafeMutablePointer<Float>,
        into result: UnsafeMutablePointer<Float>,
        _ workshop: Workshop
    ) {
        let places = trace.places(shape, at: token)
        let numbers = tokens * shape.stride
        let contracted = trace.contractedDeltas.pointer + token * shape.stride
        let middle = trace.middleDeltas.pointer + token * shape.stride
        let joined = trace.joinedDeltas.pointer + token * shape.stride
        let hidden = trace.hiddenDeltas.pointer + token * shape.hiddenStride
        let output = trace.outputDeltas.pointer + token * shape.stride
        normalizeDeltas(secondNorm, places.secondTrace, output, tokens, into: contracted)
        self.contracted.inputDeltas(contracted, rows: tokens, into: hidden, workshop)
        boreal_rectify_deltas(hidden, places.hidden, 1, Int64(tokens * shape.hiddenStride))
        middle.update(from: contracted, count: numbers)
        expanded.inputDeltas(hidden, rows: tokens, into: middle, adds: true, workshop)
        normalizeDeltas(firstNorm, places.firstTrace, middle, tokens, into: joined)
        let attended = scratch
        self.joined.inputDeltas(joined, rows: tokens, into: attended, workshop)
        let queries = trace.queryDeltas.pointer + token * shape.queryStride
        let rest = scratch + tokens * shape.joinedStride
        for head in 0..<shape.heads {
            if workshop.cancellation.isCancelled { return }
            backward(head, tokens, places, attended, rest, into: queries, workshop)
        }
        result.update(from: joined, count: numbers)
        query.inputDeltas(queries, rows: tokens, into: result, adds: true, workshop)
    }

    private func normalizeDeltas(
        _ norm: TrainedNorm,
        _ trace: AttentionBlock.NormTrace?,
        _ deltas: UnsafePointer<Float>,
        _ tokens: Int,
        into result: UnsafeMutablePointer<Float>
    ) {
        var form = pointers.normForm(norm.pointers, tokens: tokens)
        boreal_normalize_deltas(&form, trace?.normalized, trace?.scales, deltas, result)
    }

    /// One head: its shares are computed again, some queries at a time, for all of them would be
    /// the square of the tokens.
    ///
    /// - Parameters:
    ///   - deltas: `[tokens][joinedStride]`: of what all heads found.
    ///   - result: `[tokens][queryStride]`: of queries, keys and values.
    private func backward(
        _ head: Int,
        _ tokens: Int,
        _ places: AttentionBlock.Places,
        _ deltas: UnsafePointer<Float>,
        _ scratch: UnsafeMutablePointer<Float>,
        into result: UnsafeMutablePointer<Float>,
        _ workshop: Workshop
    ) {
        let padded = PackedMatrix.padded(tokens)
        let start = head * shape.headStride
        let keyPanels = scratch
        let valuePanels = keyPanels + padded * shape.headStride
        let shares = valuePanels + padded * shape.headStride
        let scoreDeltas = shares + padded * AttentionBlock.queryRows
        for (panels, part) in [(keyPanels, 1), (valuePanels, 2)] {
            boreal_pack_rows(
                places.queries + part * shape.joinedStride + start,
                shape.queryStride,
                Int64(tokens),
                Int32(truncatingIfNeeded: shape.headStride),
                panels
            )
        }
        let block = pointers
        for first in Swift.stride(from: 0, to: tokens, by: AttentionBlock.queryRows) {
            let rows = min(AttentionBlock.queryRows, tokens - first)
            let part = HeadPart(shape: shape, first: first, rows: rows, tokens: tokens)
            workshop.multiply(
                block.scoreProduct(head, first, rows, tokens, places, keyPanels, shares)
            )
            boreal_attention_again(
                shares,
                padded,
                Int64(rows),
                Int64(tokens),
                shape.scoreScale,
                places.peaks + head * tokens + first,
                places.factors + head * tokens + first
            )
            let found = deltas + first * shape.joinedStride + start
            workshop.multiply(part.shareDeltas(found, valuePanels, into: scoreDeltas))
            boreal_attention_deltas(
                shares,
                scoreDeltas,
                padded,
                Int64(rows),
                Int64(tokens),
                shape.scoreScale
            )
            part.carryBack(
                shares,
                scoreDeltas,
                found,
                places.queries + start,
                into: result + start,
                workshop
            )
        }
    }
}

/// Some queries of one head on the way back.
private struct HeadPart {
    let shape: AttentionShape
    /// The first of the queries.
    let first: Int
    /// Queries.
    let rows: Int
    /// Keys.
    let tokens: Int

    private var padded: Int { PackedMatrix.padded(tokens) }

    /// The deltas of the shares, of those of what the queries found.
    ///
    /// - Parameters:
    ///   - found: `[rows][joinedStride]`
    ///   - panels: the head's values as `boreal_pack_rows` packs them.
    ///   - result: `[rows][padded]`
    func shareDeltas(
        _ found: UnsafePointer<Float>,
        _ panels: UnsafePointer<Float>,
        into result: UnsafeMutablePointer<Float>
    ) -> boreal_product {
        var product = boreal_product()
        product.a = found
        product.a_row = shape.joinedStride
        product.a_depth = 1
        product.b = panels
        product.b_panel = shape.headStride * PackedMatrix.panelWidth
        product.b_depth = PackedMatrix.panelWidth
        product.c = result
        product.c_panel = PackedMatrix.panelWidth
        product.c_row = padded
        product.rows = Int64(rows)
        product.columns = Int64(padded)
        product.depth = Int64(shape.headWidth)
        return product
    }

    /// Values get by the shares what the queries found; queries and keys get each other by the
    /// scores' deltas.
    ///
    /// - Parameters:
    ///   - shares, deltas: `[rows][padded]`
    ///   - found: `[rows][joinedStride]`
    ///   - lines: the head's queries, with keys and values behind: `[tokens][queryStride]`.
    ///   - result: deltas of the same.
    func carryBack(
        _ shares: UnsafePointer<Float>,
        _ deltas: UnsafePointer<Float>,
        _ found: UnsafePointer<Float>,
        _ lines: UnsafePointer<Float>,
        into result: UnsafeMutablePointer<Float>,
        _ workshop: Workshop
    ) {
        let (joined, stride) = (shape.joinedStride, shape.queryStride)
        let queries = lines + first * stride
        workshop.multiply(transposed(shares, found, stride: joined, into: result + 2 * joined))
        workshop.multiply(straight(deltas, lines + joined, into: result + first * stride))
        workshop.multiply(transposed(deltas, queries, stride: stride, into: result + joined))
    }

    /// Queries by keys, times rows of keys: rows of queries.
    private func straight(
        _ matrix: UnsafePointer<Float>,
        _ lines: UnsafePointer<Float>,
        into result: UnsafeMutablePointer<Float>
    ) -> boreal_product {
        var product = product(lines, shape.queryStride, result)
        product.a = matrix
        product.a_row = padded
        product.a_depth = 1
        product.rows = Int64(rows)
        product.depth = Int64(tokens)
        return product
    }

    /// The transpose, times rows of queries: rows of keys, added to those of the queries before.
    private func transposed(
        _ matrix: UnsafePointer<Float>,
        _ lines: UnsafePointer<Float>,
        stride: Int,
        into result: UnsafeMutablePointer<Float>
    ) -> boreal_product {
        var product = product(lines, stride, result)
        product.a = matrix
        product.a_row = 1
        product.a_depth = padded
        product.rows = Int64(tokens)
        product.depth = Int64(rows)
        product.adds = first > 0 ? 1 : 0
        return product
    }

    private func product(
        _ lines: UnsafePointer<Float>,
        _ stride: Int,
        _ result: UnsafeMutablePointer<Float>
    ) -> boreal_product {
        var product = boreal_product()
        product.b = lines
        product.b_panel = PackedMatrix.panelWidth
        product.b_depth = stride
        product.c = result
        product.c_panel = PackedMatrix.panelWidth
        product.c_row = shape.queryStride
        product.columns = Int64(shape.headStride)
        return product
    }
}
