/// The extents of a network that reads a sequence of ids and answers a row of numbers: vectors of
/// ids and of positions, blocks of attention, and what all tokens say together.
///
/// A token is the vector of its id plus that of its position, which counts from the end: the latest
/// event stands at 0. A target is one more token behind the events, with a position of its own.
package struct EncoderShape: Equatable, Sendable {
    /// Extents of each block.
    package let attention: AttentionShape
    /// Blocks one behind the other.
    package let blocks: Int
    /// Ids are below.
    package let ids: Int
    /// Events that are looked at: the latest ones.
    package let length: Int
    /// The id of the token behind the events; nil for none.
    package let target: Int?

    /// - Parameters: see the stored properties.
    package init(attention: AttentionShape, blocks: Int, ids: Int, length: Int, target: Int?) {
        precondition(blocks > 0 && ids > 0 && length > 0 && (target ?? 0) >= 0, "an empty shape")
        self.attention = attention
        self.blocks = blocks
        self.ids = ids
        self.length = length
        self.target = target
    }

    /// Rows of the table of ids.
    package var tableRows: Int { max(ids, (target ?? -1) + 1) }
    /// Rows of the table of positions; the last one is the target's.
    package var positionRows: Int { length + 1 }
    /// Tokens of a sequence at most.
    package var tokensMax: Int { length + (target == nil ? 0 : 1) }
    /// Numbers of the answer: the mean of all tokens, and the last token.
    package var pooledWidth: Int { 2 * attention.width }

    /// Weights that are no filling.
    package var weightCount: Int {
        (tableRows + positionRows) * attention.width + blocks * attention.weightCount
    }

    /// Tokens of a list of ids.
    package func tokens(of list: UnsafeBufferPointer<Float>) -> Int {
        min(list.count, length) + (target == nil ? 0 : 1)
    }

    /// The rows of both tables that a token adds up.
    ///
    /// - Parameter token: below `tokens(of: list)`.
    @inline(__always)
    package func rows(
        of token: Int,
        in list: UnsafeBufferPointer<Float>
    ) -> (id: Int, position: Int) {
        let events = min(list.count, length)
        guard token < events else { return (target ?? 0, length) }
        let number = list[list.count - events + token]
        // Whoever made the list has checked it; memory must be safe all the same.
        let id = number >= 0 && number < Float(ids) ? Int(number) : 0
        return (id, events - 1 - token)
    }

    /// Fills in the tokens of a sequence.
    ///
    /// - Parameters:
    ///   - table: `[tableRows][stride]`
    ///   - positions: `[positionRows][stride]`
    ///   - result: `[tokens][stride]`
    package func embed(
        _ list: UnsafeBufferPointer<Float>,
        table: UnsafePointer<Float>,
        positions: UnsafePointer<Float>,
        into result: UnsafeMutablePointer<Float>
    ) {
        let stride = attention.stride
        for token in 0..<tokens(of: list) {
            let (id, position) = rows(of: token, in: list)
            let (vector, place) = (table + id * stride, positions + position * stride)
            let target = result + token * stride
            for i in 0..<stride { target[i] = vector[i] + place[i] }
        }
    }

    /// The mean of the tokens, and behind it the last one; zeros when there is none.
    ///
    /// - Parameters:
    ///   - values: `[tokens][stride]`
    ///   - result: `[pooledWidth]`
    package func pool(
        _ values: UnsafePointer<Float>,
        tokens: Int,
        into result: UnsafeMutablePointer<Float>
    ) {
        let (width, stride) = (attention.width, attention.stride)
        result.update(repeating: 0, count: 2 * width)
        guard tokens > 0 else { return }
        for token in 0..<tokens {
            let line = values + token * stride
            for i in 0..<width { result[i] += line[i] }
        }
        let share = 1 / Float(tokens)
        let last = values + (tokens - 1) * stride
        for i in 0..<width {
            result[i] *= share
            result[width + i] = last[i]
        }
    }
}
