// Readers of lists: how files keep them.

extension SequenceEncoderOperator: StoredOperator {
    /// Numbers of a token, and units of a layer, at most.
    private static let widthMax = 1 << 16
    /// Blocks at most.
    package static let blocksMax = 64

    /// What it was made with; the weights of each block are an array of their own.
    public func store(in record: inout OperatorRecord) {
        source.store(in: &record)
        record["width"] = .integer(Int64(shape.attention.width))
        record["heads"] = .integer(Int64(shape.attention.heads))
        record["hidden"] = .integer(Int64(shape.attention.hidden))
        record["ids"] = .integer(Int64(shape.ids))
        record["length"] = .integer(Int64(shape.length))
        record["target"] = .integer(Int64(shape.target ?? -1))
        record["blocks"] = .integer(Int64(shape.blocks))
        record["table"] = .floats(weights.table)
        record["positions"] = .floats(weights.positions)
        for (index, block) in weights.blocks.enumerated() {
            record["block_\(index)"] = .floats(block)
        }
    }

    /// Makes it again, with all checks.
    public static func restored(from record: RecordReader) throws(GraphError) -> Self {
        let width = try record.integer("width", in: 1...widthMax)
        let heads = try record.integer("heads", in: 1...width)
        guard width % heads == 0 else { throw record.damaged("\(heads) heads over \(width)") }
        let target = try record.integer("target", in: -1...SequenceForm.idsMax)
        let shape = EncoderShape(
            attention: AttentionShape(
                width: width,
                heads: heads,
                hidden: try record.integer("hidden", in: 1...widthMax)
            ),
            blocks: try record.integer("blocks", in: 1...blocksMax),
            ids: try record.integer("ids", in: 1...SequenceForm.idsMax),
            length: try record.integer("length", in: 1...SequenceForm.lengthMax),
            target: target < 0 ? nil : target
        )
        var blocks: [[Float]] = []
        for index in 0..<shape.blocks { blocks.append(try record.floats("block_\(index)")) }
        return try SequenceEncoderOperator(
            source: ListSource.restored(from: record),
            output: record.output(),
            shape: shape,
            weights: EncoderWeights(
                table: record.floats("table"),
                positions: record.floats("positions"),
                blocks: blocks
            )
        )
    }
}

extension ListNumbersOperator: StoredOperator {
    /// What it was made with.
    public func store(in record: inout OperatorRecord) {
        source.store(in: &record)
        record["count"] = .integer(Int64(count))
    }

    /// Makes it again, with all checks.
    public static func restored(from record: RecordReader) throws(GraphError) -> Self {
        try ListNumbersOperator(
            source: ListSource.restored(from: record),
            output: record.output(),
            count: record.integer("count", in: 1...SequenceForm.idsMax)
        )
    }
}

extension IDCountsOperator: StoredOperator {
    /// What it was made with.
    public func store(in record: inout OperatorRecord) {
        source.store(in: &record)
        record["ids"] = .integer(Int64(ids))
        record["length"] = .integer(Int64(length))
    }

    /// Makes it again, with all checks.
    public static func restored(from record: RecordReader) throws(GraphError) -> Self {
        try IDCountsOperator(
            source: ListSource.restored(from: record),
            output: record.output(),
            ids: record.integer("ids", in: 1...SequenceForm.idsMax),
            length: record.integer("length", in: 1...SequenceForm.lengthMax)
        )
    }
}
