import BorealBoost

/// The feature that an operator reads lists of.
public struct ListSource: Equatable, Sendable {
    /// Which of the features.
    public let feature: Int
    /// Features of a row.
    public let featureCount: Int

    /// - Parameters: see the stored properties.
    /// - Throws: `GraphError.invalidGraph` for a feature that is not there.
    public init(feature: Int, of featureCount: Int) throws(GraphError) {
        guard feature >= 0, feature < featureCount else {
            throw .invalidGraph(reason: "lists of feature \(feature) among \(featureCount)")
        }
        self.feature = feature
        self.featureCount = featureCount
    }

    /// What operators read: the features, among them the numbers of the lists.
    var input: TensorID { .features }

    /// Refuses another row of features.
    func check(_ types: [TensorType]) throws(GraphError) {
        guard types == [TensorType(.double, [featureCount])] else {
            throw .invalidGraph(reason: "lists of \(types)")
        }
    }

    /// Lends the lists row by row; an empty one where a cell stands for none.
    func forEach(
        _ memory: TensorMemory,
        rowCount: Int,
        _ body: (_ row: Int, UnsafeBufferPointer<Float>) -> Void
    ) {
        let cells = memory.elements(input, as: Double.self)
        for row in 0..<rowCount {
            guard let lists = memory.lists else {
                body(row, UnsafeBufferPointer(start: nil, count: 0))
                continue
            }
            lists.withList(feature, cells[row * featureCount + feature]) { body(row, $0) }
        }
    }

    /// Puts the feature into a record.
    func store(in record: inout OperatorRecord) { record["feature"] = .integer(Int64(feature)) }

    /// The feature of a record.
    static func restored(from record: RecordReader) throws(GraphError) -> ListSource {
        guard try record.input() == .features else { throw record.damaged("no feature is read") }
        return try ListSource(
            feature: record.integer("feature", in: 0...Int(Int32.max)),
            of: record.width()
        )
    }
}
